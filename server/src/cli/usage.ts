// Owns: `onethread usage`. Refuses to know how messages are counted, and what they cost.
import type { Command } from "commander";
import { USAGE_GROUPS, type UsageGroup, type UsageView } from "../usage/read-usage.ts";
import { CliFailure } from "./cli-failure.ts";
import { BUSINESS_MEANING, BUSINESS_OPTION, inBusiness } from "./in-business.ts";
import { renderTable } from "./render-table.ts";
import type { Terminal } from "./terminal.ts";

const EXAMPLES = `
Examples:
  $ onethread usage                                 this month, a row for each category
  $ onethread usage --from 2026-11-01 --to 2026-11-30 --by day,category
  $ onethread usage --by channel,market --currency EUR --json`;

interface Options {
  readonly business?: string;
  readonly from?: string;
  readonly to?: string;
  readonly by: string;
  readonly currency?: string;
  readonly json?: boolean;
}

export function addUsageCommand(program: Command, terminal: Terminal): void {
  program
    .command("usage")
    .description("messages that WhatsApp has named a price for, what they come to, and what is left of the free ones")
    .option("--from <day>", "the first day, in the business's time zone (default: the first of the month)")
    .option("--to <day>", "the last day (default: today)")
    .option("--by <groups>", `a row for each of these: ${USAGE_GROUPS.join(", ")}`, "category")
    .option("--currency <code>", "of the estimate (default: the only one of which rates are loaded)")
    .option("--json", "for machines")
    .option(BUSINESS_OPTION, BUSINESS_MEANING)
    .addHelpText("after", EXAMPLES)
    .action((options: Options) => show(options, terminal));
}

async function show({ business, from, to, by, currency, json }: Options, terminal: Terminal): Promise<void> {
  const groupBy = by.split(",").map(readGroup);
  await inBusiness({ terminal, business }, async ({ services, businessId }) => {
    const outcome = await services.readUsage(businessId, { from, to, groupBy, currency });
    if (outcome.outcome === "invalid") throw new CliFailure(outcome.problem, 2);
    const { usage } = outcome;
    if (json === true) terminal.print(JSON.stringify(usage, null, 2));
    else render(usage, groupBy, terminal);
  });
}

function readGroup(word: string): UsageGroup {
  const group = USAGE_GROUPS.find((known) => known === word.trim());
  if (group === undefined) throw new CliFailure(`There is no ${word.trim()} to group by. There are ${USAGE_GROUPS.join(", ")}.`, 2);
  return group;
}

function render(usage: UsageView, groupBy: readonly UsageGroup[], terminal: Terminal): void {
  const { from, to, timeZone, data, total, freeTier } = usage;
  if (data.length === 0) terminal.complain(`From ${from} to ${to} (${timeZone}) WhatsApp has named no price for any message.`);
  else {
    const rows = data.map((row) => [...groupBy.map((group) => row[group === "channel" ? "channelId" : group] ?? ""), ...cellsOf(row)]);
    const sum = [...groupBy.map((_, at) => (at === 0 ? "total" : "")), ...cellsOf(total)];
    terminal.print(renderTable([...groupBy, "messages", "delivered", usage.currency ?? "cost", ""], [...rows, sum]));
  }
  if (freeTier.length > 0) {
    const head = ["number", "month", "free", "charged", "remaining", "expected"];
    const rows = freeTier.map((one) => [
      one.channelId,
      one.month,
      ...[one.free, one.charged, one.remaining, one.expected ?? ""].map(String),
    ]);
    terminal.print(`\nService messages, of which WhatsApp delivers 1,000 per number and month free:\n${renderTable(head, rows)}`);
  }
  if (usage.currency === null) terminal.complain(missingCurrency(usage));
}

function cellsOf({ messages, delivered, cost }: UsageView["total"]): readonly string[] {
  const without = cost === null || cost.withoutRate === 0 ? "" : `and ${String(cost.withoutRate)} without a known rate`;
  return [String(messages), String(delivered), cost?.amount ?? "unknown", without];
}

function missingCurrency({ currencies }: UsageView): string {
  return currencies.length === 0
    ? "What they cost is unknown: no rates are loaded (`onethread rates load`)."
    : `What they cost: say in which currency with --currency (${currencies.join(", ")}).`;
}
