// Owns: `npm run bench`: from the flags to the printed result. Progress goes to standard error, the result to standard output.
import { doubtsOf } from "./believable.ts";
import { readFlags, HELP, type Flags } from "./flags.ts";
import { renderJson, renderMarkdown, renderTables } from "./report.ts";
import { runSuite } from "./run-suite.ts";

const RENDER = { table: renderTables, json: renderJson, markdown: renderMarkdown } as const;

function understand(args: readonly string[]): Flags | "help" | undefined {
  try {
    return readFlags(args);
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\nTry --help.`);
    return undefined;
  }
}

const flags = understand(process.argv.slice(2));
if (flags === undefined) process.exitCode = 2;
else if (flags === "help") process.stdout.write(HELP);
else {
  try {
    const suite = await runSuite(flags, (line) => {
      console.error(line);
    });
    console.log(RENDER[flags.form](suite));
    const doubts = doubtsOf(suite);
    if (doubts.length > 0) {
      console.error(`THIS RUN CANNOT BE BELIEVED. ${doubts.map(({ sentence }) => sentence).join(" ")} Repeat it while nothing else runs.`);
      if (!flags.allowsBusyMachine) process.exitCode = 3;
    }
  } catch (error) {
    console.error(
      `The bench could not go on: ${error instanceof Error ? error.message : String(error)}. What it had started is stopped again.`,
    );
    process.exitCode = 1;
  }
}
