// Owns: `onethread replay`. Refuses to know how an item is stored: it takes the way that every webhook takes.
import { type Command } from "commander";
import { createChannelDirectory } from "../businesses/channel-directory.ts";
import type { Database } from "../db/database.ts";
import { createIntake } from "../ingest/create-intake.ts";
import { listReplayableAcrossBusinesses } from "../ingest/raw-items.queries.ts";
import { createReplay, type KeptItem } from "../ingest/replay.ts";
import { withoutQuarantine } from "../ingest/webhook-log.ts";
import { noFailPoints } from "../kernel/fail-points.ts";
import { LOWEST_ID } from "../kernel/ids.ts";
import { CliFailure } from "./cli-failure.ts";
import { withServices, type Installation } from "./in-business.ts";
import { readWhole } from "./read-numbers.ts";
import { renderTable } from "./render-table.ts";
import type { Terminal } from "./terminal.ts";
import { readId } from "./read-id.ts";

const EXAMPLES = `
Examples:
  $ onethread replay --list                 what is quarantined or cannot be used yet, and why; changes nothing
  $ onethread replay --all                  give everything another chance, after the cause is gone
  $ onethread replay --id <id> --id <id>    only these

What cannot be used yet (state "unused") is replayed by --all once a newer version can make something of it, or once the account or number that it
names is connected.
Exits 1 when something is still quarantined. Nothing is stored twice: what is already known counts as done.`;

const LIST_PAGE = 1_000;

interface Options {
  readonly id?: readonly string[];
  readonly all?: boolean;
  readonly list?: boolean;
  readonly business?: string;
  readonly limit?: number;
}

export function addReplayCommand(program: Command, terminal: Terminal): void {
  program
    .command("replay")
    .description("bring in webhooks that were kept raw because they could not be stored")
    .option("--id <id>", "one item; may be repeated", collectIds)
    .option("--all", "everything that is quarantined, or could not be used yet")
    .option("--list", "only show what there is, why, and how often it was delivered")
    .option("--business <id>", "only of this business", readId)
    .option("--limit <n>", "at most this many", readWhole(1, 1_000_000))
    .addHelpText("after", EXAMPLES)
    .action((options: Options) => replay(options, terminal));
}

async function replay(options: Options, terminal: Terminal): Promise<void> {
  if (options.list !== true && options.all !== true && options.id === undefined) {
    throw new CliFailure("Say what to replay: --all, or --id <id>. `onethread replay --list` shows what there is.", 2);
  }
  await withServices({ terminal }, async (installation) => {
    if (options.list === true) terminal.print(summarise(await listQuarantined(installation.database, options)));
    else await run(options, { ...installation, terminal });
  });
}

async function run(
  { id, business, limit }: Options,
  { database, log, services, terminal }: Installation & { readonly terminal: Terminal },
): Promise<void> {
  const db = database.acrossBusinesses;
  const channels = createChannelDirectory({ database });
  const intake = createIntake({
    db,
    batches: database.batches,
    channels,
    webhookLog: withoutQuarantine(services.webhookLog),
    settleIdentity: services.settleIdentity,
    actOnRefusal: services.actOnRefusal,
    failPoints: noFailPoints,
    log,
    slots: 2,
    maxWaiting: 20_000,
    onStored: () => undefined,
    onOutbox: () => undefined,
  });
  const request = { ...(id === undefined ? {} : { ids: id }), ...(business === undefined ? {} : { businessId: business }) };
  const result = await createReplay({ db, intake }).run({ ...request, ...(limit === undefined ? {} : { limit }) });
  const { unused = 0 } = result;
  terminal.print(
    `Replayed ${String(result.replayed)}, still quarantined ${String(result.stillQuarantined.length)}${unused === 0 ? "" : `, still unused ${String(unused)} (kept; --list says why)`}.`,
  );
  if (id !== undefined && result.replayed + result.stillQuarantined.length + unused === 0) {
    throw new CliFailure("None of these ids is quarantined. `onethread replay --list` shows what is.");
  }
  if (result.stillQuarantined.length === 0) return;
  terminal.print(summarise(result.stillQuarantined));
  throw new CliFailure("Remove the cause, then replay again: these items are kept.");
}

async function listQuarantined(database: Database, { id, business, limit = 100_000 }: Options): Promise<readonly KeptItem[]> {
  const found: KeptItem[] = [];
  let after = LOWEST_ID;
  for (;;) {
    const size = Math.min(LIST_PAGE, limit - found.length);
    const rows = await database.acrossBusinesses.run(listReplayableAcrossBusinesses, {
      ids: id,
      businessId: business,
      after,
      limit: size,
    });
    found.push(...rows.map((row) => ({ id: row.id, reason: row.reason, seen: row.seen })));
    const last = rows.at(-1);
    if (last === undefined || rows.length < size || found.length >= limit) return found;
    after = last.id;
  }
}

/** One line per reason, the most frequent first. */
function summarise(items: readonly KeptItem[]): string {
  if (items.length === 0) return "Nothing is quarantined.";
  const byReason = Map.groupBy(items, (item) => item.reason);
  const rows = [...byReason]
    .toSorted(([, a], [, b]) => b.length - a.length)
    .map(([reason, of]) => [String(of.length), String(of.reduce((sum, { seen }) => sum + seen, 0)), reason, of[0]?.id ?? ""]);
  return renderTable(["items", "delivered", "reason", "for example"], rows);
}

function collectIds(written: string, before: readonly string[] = []): readonly string[] {
  return [...before, readId(written)];
}
