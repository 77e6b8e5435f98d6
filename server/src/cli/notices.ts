// Owns: `onethread notices`. Refuses to know how notices are stored.
import type { Command } from "commander";
import { createListNotices } from "../businesses/list-notices.ts";
import { BUSINESS_MEANING, BUSINESS_OPTION, pickBusiness } from "./pick-business.ts";
import { readWhole } from "./read-numbers.ts";
import { readToolSettings } from "./read-settings.ts";
import { renderTable } from "./render-table.ts";
import type { Terminal } from "./terminal.ts";
import { withApplicationDatabase } from "./with-database.ts";

interface Options {
  readonly business?: string;
  readonly limit: number;
  readonly json?: boolean;
}

export function addNoticesCommand(program: Command, terminal: Terminal): void {
  program
    .command("notices")
    .description("what WhatsApp and the gateways reported of numbers, accounts and templates, the newest first")
    .option("--limit <n>", "at most this many", readWhole(1, 100), 20)
    .option("--json", "for machines")
    .option(BUSINESS_OPTION, BUSINESS_MEANING)
    .action((options: Options) => list(options, terminal));
}

async function list({ business, limit, json }: Options, terminal: Terminal): Promise<void> {
  await withApplicationDatabase(readToolSettings(terminal), async (database) => {
    const { id } = await pickBusiness(database, business);
    const { data } = await createListNotices({ database })(id, { limit });
    if (json === true) terminal.print(JSON.stringify(data, null, 2));
    else if (data.length === 0) terminal.complain("Nothing was reported yet.");
    else
      terminal.print(
        renderTable(
          ["at", "severity", "about", "kind", "what"],
          data.map((one) => [
            one.at,
            one.severity,
            one.channelId ?? (one.accountId === null ? "" : `account ${one.accountId}`),
            one.field,
            one.sentence,
          ]),
        ),
      );
  });
}
