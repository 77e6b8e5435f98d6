// Owns: `onethread notices`. Refuses to know how notices are stored.
import type { Command } from "commander";
import { BUSINESS_MEANING, BUSINESS_OPTION, inBusiness } from "./in-business.ts";
import { readWhole } from "./read-numbers.ts";
import { renderTable } from "./render-table.ts";
import type { Terminal } from "./terminal.ts";

const EXAMPLES = `
Examples:
  $ onethread notices                    bans, quality ratings, lost connections, changes of templates
  $ onethread notices --limit 100 --json`;

interface Options {
  readonly business?: string;
  readonly limit: number;
  readonly json?: boolean;
}

export function addNoticesCommand(program: Command, terminal: Terminal): void {
  program
    .command("notices")
    .description("what WhatsApp and the gateways reported about numbers, accounts and templates, the newest first")
    .option("--limit <n>", "at most this many", readWhole(1, 100), 20)
    .option("--json", "for machines")
    .option(BUSINESS_OPTION, BUSINESS_MEANING)
    .addHelpText("after", EXAMPLES)
    .action((options: Options) => list(options, terminal));
}

async function list({ business, limit, json }: Options, terminal: Terminal): Promise<void> {
  await inBusiness({ terminal, business }, async ({ services, businessId }) => {
    const { data } = await services.listNotices(businessId, { limit });
    if (json === true) terminal.print(JSON.stringify(data, null, 2));
    else if (data.length === 0) terminal.complain("Nothing has been reported yet.");
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
