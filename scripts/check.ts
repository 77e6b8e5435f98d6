// Owns: `npm run check`: all parts are run, whatever the others find, side by side as far as there are cores; what one part says stays together.
// Refuses to know: what a part checks. That is in its own configuration.

import { spawn } from "node:child_process";
import { availableParallelism } from "node:os";
import { text } from "node:stream/consumers";

/** The longest first. Each keeps one core busy, and none needs what another makes. */
const parts = ["npm run --silent lint", "node scripts/check-imports.ts", "knip", "oxfmt --check ."];

/** Whether it found nothing wrong. Its output is shown when it is complete. */
async function runPart(part: string): Promise<boolean> {
  const child = spawn(part, { shell: true, stdio: ["ignore", "pipe", "pipe"] });
  const ended = new Promise<number | null>((resolve, reject) => child.once("close", resolve).once("error", reject));
  const [said, complained, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  process.stdout.write(said);
  process.stderr.write(complained);
  if (code !== 0) console.error(`The check has failed: ${part}`);
  return code === 0;
}

const waiting = [...parts];
const outcomes: boolean[] = [];
const runInTurn = async (): Promise<void> => {
  for (let part = waiting.shift(); part !== undefined; part = waiting.shift()) outcomes.push(await runPart(part));
};
await Promise.all(Array.from({ length: availableParallelism() }, runInTurn));
process.exitCode = outcomes.length === parts.length && outcomes.every(Boolean) ? 0 : 1;
