// Owns: `onethread adopt`. Refuses to know how an older database is read, and how its rows are stored.
import { writeFile } from "node:fs/promises";
import { InvalidArgumentError, type Command } from "commander";
import type { AdoptionReport } from "../adopt/adopt-report.ts";
import { loadMapping, SHIPPED_MAPPINGS } from "../adopt/mapping.ts";
import { renderAdoption } from "../adopt/render-adoption.ts";
import { AdoptionRefusal, runAdoption } from "../adopt/run-adoption.ts";
import { openSource } from "../adopt/source.ts";
import type { Database } from "../db/database.ts";
import { messageOf } from "../kernel/faults.ts";
import { createAdoptionProgress } from "./adoption-progress.ts";
import { CliFailure } from "./cli-failure.ts";
import { readWhole } from "./read-numbers.ts";
import { readToolSettings } from "./read-settings.ts";
import type { Terminal } from "./terminal.ts";
import { withApplicationDatabase } from "./with-database.ts";

const EXAMPLES = `
Examples:
  $ onethread adopt --from postgres://…/old                     only look: who is there twice, what belongs where, what nobody can place
  $ onethread adopt --from postgres://…/old --create-businesses --execute
  $ onethread adopt --from postgres://…/old --business 7=0198c2f0-0000-7000-8000-000000000000 --channel cloud=<channel id> --execute
  $ onethread adopt --from postgres://…/chatwoot --mapping chatwoot --report report.json

Nothing is ever written to the older database. The same command continues where it was stopped or killed, and changes nothing when it is
repeated. Businesses keep receiving messages meanwhile. docs/adopt.md says how rows find their place.`;

interface Options {
  readonly from: string;
  readonly mapping: string;
  readonly source?: string;
  readonly execute?: boolean;
  readonly business?: ReadonlyMap<string, string>;
  readonly createBusinesses?: boolean;
  readonly channel?: ReadonlyMap<string, string>;
  readonly report?: string;
  readonly json?: boolean;
  readonly batch: number;
  readonly wait: number;
}

export function addAdoptCommand(program: Command, terminal: Terminal): void {
  program
    .command("adopt")
    .description("take over the conversations and messages of an older database; without --execute only look")
    .requiredOption("--from <url>", "the older PostgreSQL database; it is only read")
    .option("--mapping <name|file>", `where its columns are: ${SHIPPED_MAPPINGS.join(", ")}, or a file`, "legacy")
    .option("--source <name>", "what this database is called in the record; by default the name in its URL", readName)
    .option("--execute", "do it, instead of only looking")
    .option("--business <old=id>", "which business an old one becomes; may be repeated", collectPairs)
    .option("--create-businesses", "make a business for each old one that --business does not name")
    .option("--channel <provider=id>", "the connected channel of an old provider; may be repeated", collectPairs)
    .option("--report <file>", "write the whole report, with every row that could not be placed, as JSON")
    .option("--json", "print the report as JSON")
    .option("--batch <n>", "rows per transaction", readWhole(1, 10_000), 2_000)
    .option("--wait <seconds>", "how long the end waits for threads whose reply is being written", readWhole(0, 3_600), 60)
    .addHelpText("after", EXAMPLES)
    .action((options: Options) => adopt(options, terminal));
}

async function adopt(options: Options, terminal: Terminal): Promise<void> {
  const loaded = await loadMapping(options.mapping);
  if (!loaded.ok) throw new CliFailure(loaded.problem, 2);
  const { mapping } = loaded;
  const sourceName = options.source ?? nameOf(options.from);
  const needsTarget = options.execute === true || options.business !== undefined || options.createBusinesses === true;
  const settings = readToolSettings(terminal);
  const source = await openSource(options.from, mapping).catch((cause: unknown) => {
    throw new CliFailure(`The older database cannot be opened (${withoutPassword(messageOf(cause), options.from)}). Check --from.`, 1, {
      cause,
    });
  });
  let isStopped = false;
  const forget = terminal.onStop(() => {
    isStopped = true;
  });
  const progress = createAdoptionProgress(terminal);
  const run = (database: Database | undefined): Promise<AdoptionReport> =>
    runAdoption(
      { source, database, onProgress: progress, isStopped: () => isStopped },
      {
        sourceName,
        execute: options.execute === true,
        businesses: options.business ?? new Map(),
        createBusinesses: options.createBusinesses === true,
        channels: options.channel ?? new Map(),
        keepLeadIds: mapping.keepLeadIds,
        batchSize: options.batch,
        waitMs: options.wait * 1_000,
      },
    );
  try {
    await show(await (needsTarget ? withApplicationDatabase(settings, run) : run(undefined)), options, terminal);
  } catch (error) {
    if (error instanceof AdoptionRefusal) throw new CliFailure(error.message, 2);
    throw error;
  } finally {
    forget();
    await source.close();
  }
}

async function show(report: AdoptionReport, options: Options, terminal: Terminal): Promise<void> {
  if (options.report !== undefined) await writeFile(options.report, `${JSON.stringify(report, null, 2)}\n`);
  terminal.print(options.json === true ? JSON.stringify(report, null, 2) : renderAdoption(report, options.report));
  if (!report.isComplete) throw new CliFailure("This is not complete yet: run the same command again to continue.");
  if (!report.sumsAddUp)
    throw new CliFailure("The sums do not add up: the older database changed in the meantime. Run the same command again.");
}

function nameOf(url: string): string {
  const name = URL.canParse(url) ? decodeURIComponent(new URL(url).pathname.slice(1)) : "";
  const usable = name.toLowerCase().replaceAll(/[^a-z0-9_-]/g, "-");
  if (usable === "") throw new CliFailure("--from must be a URL with the name of a database, such as postgres://user@host/old.", 2);
  return usable.slice(0, 60);
}

function readName(written: string): string {
  if (/^[a-z0-9_-]{1,60}$/.test(written)) return written;
  throw new InvalidArgumentError("It must be 1 to 60 lower-case letters, digits, hyphens or underscores.");
}

function collectPairs(written: string, before: ReadonlyMap<string, string> = new Map()): ReadonlyMap<string, string> {
  const at = written.lastIndexOf("=");
  if (at < 1 || at === written.length - 1) throw new InvalidArgumentError("It must be <old>=<id>.");
  return new Map([...before, [written.slice(0, at), written.slice(at + 1)]]);
}

function withoutPassword(text: string, url: string): string {
  const password = URL.canParse(url) ? decodeURIComponent(new URL(url).password) : "";
  return password === "" ? text : text.replaceAll(password, "***");
}
