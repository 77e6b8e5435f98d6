// Owns: `onethread campaign`. Refuses to know how a campaign becomes messages.
import { createReadStream } from "node:fs";
import type { Command } from "commander";
import { audienceSchema } from "../campaigns/audience.ts";
import type { CampaignView, QuietHours } from "../campaigns/campaign-view.ts";
import type { ListOutcome } from "../campaigns/fill-list.ts";
import type { CampaignOutcome } from "../campaigns/manage-campaigns.ts";
import { isObject, parseJson } from "../kernel/read-json.ts";
import { isUuid } from "../kernel/ids.ts";
import { CliFailure } from "./cli-failure.ts";
import { BUSINESS_MEANING, BUSINESS_OPTION, inBusiness } from "./in-business.ts";
import { readId } from "./read-id.ts";
import { readWhole } from "./read-numbers.ts";
import { renderTable } from "./render-table.ts";
import type { Terminal } from "./terminal.ts";

const EXAMPLES = `
Examples:
  $ onethread campaign create --name Autumn --channel <id> --template '{"name":"order_ready","language":{"code":"en_US"},
      "components":[{"type":"body","parameters":[{"type":"text","text":"{{first name}}"}]}]}'
  $ onethread campaign upload <id> customers.csv     its first line: phone,first name
  $ onethread campaign select <id> --country BR --since 2026-10-01T00:00:00Z --default name=there
  $ onethread campaign preview <id>                  every bad row, and what the first customers would read
  $ onethread campaign test <id> +12025550147        one message, as the first customer would get it
  $ onethread campaign start <id> --at 2027-01-07T09:00:00+02:00
  $ onethread campaign show <id>                     how far it is
  $ onethread campaign pause <id>`;

const LAST_LINE = 2_147_483_647;

interface OfBusiness {
  readonly business?: string;
  readonly json?: boolean;
}

export function addCampaignCommand(program: Command, terminal: Terminal): void {
  const campaign = program
    .command("campaign")
    .description("one template to many customers: make, start, pause, cancel, and see how far it is")
    .addHelpText("afterAll", EXAMPLES);
  addDraftCommands(campaign, terminal);
  campaign
    .command("list")
    .description("all of them, the newest first; the first 100")
    .option("--json", "for machines")
    .option(BUSINESS_OPTION, BUSINESS_MEANING)
    .action((options: OfBusiness) => list(options, terminal));
  campaign
    .command("show")
    .description("one as JSON, with how far it is at this moment")
    .argument("<id>", "the campaign", readId)
    .option(BUSINESS_OPTION, BUSINESS_MEANING)
    .action((id: string, { business }: OfBusiness) =>
      inBusiness({ terminal, business }, async ({ services, businessId }) => {
        const found = await services.campaigns.find(businessId, id);
        if (found === undefined) throw unknownCampaign(id);
        terminal.print(JSON.stringify(found, null, 2));
      }),
    );
  addChanges(campaign, terminal);
}

interface CreateOptions extends OfBusiness {
  readonly name: string;
  readonly channel: string;
  readonly template: string;
  readonly quiet?: string;
}

function addDraftCommands(campaign: Command, terminal: Terminal): void {
  campaign
    .command("create")
    .description("make one and print its id; nothing is sent before it is started")
    .requiredOption("--name <name>", "for people")
    .requiredOption("--channel <id>", "the number that it is sent from")
    .requiredOption("--template <json>", "the template of a message; {{column}} in it is filled in from each row")
    .option("--quiet <hours>", "of the recipient's day, such as 21:00-09:00: nothing leaves then")
    .option(BUSINESS_OPTION, BUSINESS_MEANING)
    .action((options: CreateOptions) => create(options, terminal));
  campaign
    .command("upload")
    .description("give it its list; it replaces the one before")
    .argument("<id>", "the campaign", readId)
    .argument("<file>", "a table (CSV) with the column phone or conversation_id")
    .option(BUSINESS_OPTION, BUSINESS_MEANING)
    .action((id: string, file: string, { business }: OfBusiness) =>
      inBusiness({ terminal, business }, async ({ services, businessId }) => {
        sayList(await services.uploadList(businessId, id, createReadStream(file)), { id, terminal });
      }),
    );
  campaign
    .command("select")
    .description("give it the customers that are known as its list, those of a filter; it replaces the one before")
    .argument("<id>", "the campaign", readId)
    .option("--channel <id>", "the next message to them goes out through it")
    .option("--since <time>", "they wrote then or later")
    .option("--before <time>", "they wrote last before then")
    .option("--country <codes...>", "of their numbers, such as BR PT")
    .option("--open", "their conversation is open")
    .option("--closed", "their conversation is closed")
    .option("--opted-in", "they have said themselves that they want messages")
    .option("--default <column=value...>", "filled in where nothing is known of a customer")
    .option(BUSINESS_OPTION, BUSINESS_MEANING)
    .action((id: string, options: SelectOptions) => select(id, options, terminal));
  campaign
    .command("preview")
    .description("every bad row (the first 100), what the first customers would read, and the limits")
    .argument("<id>", "the campaign", readId)
    .option(BUSINESS_OPTION, BUSINESS_MEANING)
    .action((id: string, { business }: OfBusiness) => preview(id, business, terminal));
  campaign
    .command("test")
    .description("send one message of it to a number; it is of no row and in no count")
    .argument("<id>", "the campaign", readId)
    .argument("<number>", "with its country code, such as +12025550147")
    .option("--line <line>", "filled in as for this row of its list; default: the first one", readWhole(1, LAST_LINE))
    .option("--set <column=value...>", "filled in, instead of what the row has; without --line nothing else is")
    .option(BUSINESS_OPTION, BUSINESS_MEANING)
    .action((id: string, to: string, options: TestOptions) => test(id, to, { options, terminal }));
}

interface SelectOptions extends OfBusiness {
  readonly channel?: string;
  readonly since?: string;
  readonly before?: string;
  readonly country?: readonly string[];
  readonly open?: boolean;
  readonly closed?: boolean;
  readonly optedIn?: boolean;
  readonly default?: readonly string[];
}

async function select(id: string, { business, ...options }: SelectOptions, terminal: Terminal): Promise<void> {
  const { channel: channelId, since, before, country: countries, default: defaults, optedIn } = options;
  if (options.open === true && options.closed === true) throw new CliFailure("--open and --closed together are nobody.", 2);
  const open = options.open === true ? true : options.closed === true ? false : undefined;
  const timeOf = (written: string | undefined): string | undefined => (written === undefined ? undefined : readTime(written).toISOString());
  const filter = { channelId, lastInboundSince: timeOf(since), lastInboundBefore: timeOf(before), countries, open, optedIn };
  const audience = audienceSchema.safeParse({ filter, defaults: defaults && Object.fromEntries(defaults.map(readField)) });
  if (!audience.success)
    throw new CliFailure(audience.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`).join(" "), 2);
  await inBusiness({ terminal, business }, async ({ services, businessId }) => {
    sayList(await services.selectList(businessId, id, audience.data), { id, terminal });
  });
}

function sayList(outcome: ListOutcome, { id, terminal }: { readonly id: string; readonly terminal: Terminal }): void {
  if (outcome.outcome === "not_found") throw unknownCampaign(id);
  if (outcome.outcome === "not_draft") throw new CliFailure("It was started: its list stays as it is. Nothing was changed.");
  if (outcome.outcome === "unreadable") throw new CliFailure(`${outcome.reason} It cannot be started before its list is given again.`);
  terminal.complain(`${String(outcome.counts.ready)} rows get a message, ${String(outcome.counts.bad)} do not.`);
}

interface TestOptions extends OfBusiness {
  readonly line?: number;
  readonly set?: readonly string[];
}

async function test(
  id: string,
  to: string,
  { options: { business, line, set }, terminal }: { readonly options: TestOptions; readonly terminal: Terminal },
): Promise<void> {
  const fields = set === undefined ? undefined : Object.fromEntries(set.map(readField));
  await inBusiness({ terminal, business }, async ({ services, businessId }) => {
    const outcome = await services.sendTest(businessId, id, { to, line, fields });
    if (outcome.outcome === "not_found") throw unknownCampaign(id);
    if (outcome.outcome === "refused") throw new CliFailure(outcome.sentence);
    terminal.print(outcome.message.id);
    terminal.complain("It is queued, and leaves in the ordinary way.");
  });
}

function readField(written: string): readonly [string, string] {
  const at = written.indexOf("=");
  if (at < 1) throw new CliFailure("What is filled in is written as column=value.", 2);
  return [written.slice(0, at), written.slice(at + 1)];
}

function addChanges(campaign: Command, terminal: Terminal): void {
  campaign
    .command("start")
    .description("let its rows leave, now or at a time")
    .argument("<id>", "the campaign", readId)
    .option("--at <time>", "such as 2027-01-07T09:00:00+02:00")
    .option("--without-bad", "although rows of its list get no message")
    .option(BUSINESS_OPTION, BUSINESS_MEANING)
    .action((id: string, { business, at, withoutBad }: OfBusiness & { readonly at?: string; readonly withoutBad?: boolean }) =>
      inBusiness({ terminal, business }, async ({ services, businessId }) => {
        const startAt = at === undefined ? undefined : readTime(at);
        say(doneOrFail(await services.campaigns.start(businessId, id, { startAt, withoutBad: withoutBad === true }), id), terminal);
      }),
    );
  const changes = [
    ["pause", "queue nothing more of it; what is queued still leaves"],
    ["resume", "go on with a paused one"],
    ["cancel", "end it for good, and take back what is queued"],
  ] as const;
  for (const [change, description] of changes) {
    campaign
      .command(change)
      .description(description)
      .argument("<id>", "the campaign", readId)
      .option(BUSINESS_OPTION, BUSINESS_MEANING)
      .action((id: string, { business }: OfBusiness) =>
        inBusiness({ terminal, business }, async ({ services, businessId }) => {
          say(doneOrFail(await services.campaigns[change](businessId, id), id), terminal);
        }),
      );
  }
  campaign
    .command("retry")
    .description("send its failed rows once more, where that is allowed, each after the time that WhatsApp asks for")
    .argument("<id>", "the campaign", readId)
    .option("--code <codes...>", "only what failed with one of these")
    .option(BUSINESS_OPTION, BUSINESS_MEANING)
    .action((id: string, { business, code }: OfBusiness & { readonly code?: readonly string[] }) =>
      inBusiness({ terminal, business }, async ({ services, businessId }) => {
        const outcome = await services.campaigns.retry(businessId, id, code);
        if (outcome.outcome === "not_found") throw unknownCampaign(id);
        if (outcome.outcome === "refused") throw new CliFailure(outcome.sentence);
        terminal.complain(`${String(outcome.retried)} rows are sent once more.`);
      }),
    );
}

async function create({ business, name, channel, template, quiet }: CreateOptions, terminal: Terminal): Promise<void> {
  const given = parseJson(template);
  if (!isObject(given)) throw new CliFailure("--template must be an object, as JSON.", 2);
  if (!isUuid(channel)) throw new CliFailure(`There is no channel ${channel}. \`onethread channel list\` shows them.`, 2);
  const hours = quiet === undefined ? undefined : readHours(quiet);
  await inBusiness({ terminal, business }, async ({ services, businessId }) => {
    const { timeZone } = await services.replySettings.find(businessId);
    const quietHours = hours === undefined ? undefined : { ...hours, timeZone };
    const made = doneOrFail(await services.campaigns.create(businessId, { name, channelId: channel, template: given, quietHours }), "");
    terminal.print(made.id);
    terminal.complain(`Made "${made.name}", a draft: give it its list with \`onethread campaign upload ${made.id} <file>\`.`);
  });
}

async function list({ business, json }: OfBusiness, terminal: Terminal): Promise<void> {
  await inBusiness({ terminal, business }, async ({ services, businessId }) => {
    const { data, nextCursor } = await services.campaigns.list(businessId, { limit: 100 });
    if (json === true) terminal.print(JSON.stringify(data, null, 2));
    else if (data.length === 0) terminal.complain("There is no campaign yet. `onethread campaign create --help` shows how to make one.");
    else {
      const rows = data.map(({ id, name, state, counts }) => [
        ...[id, name, state],
        ...[counts.total, counts.ready, counts.queued, counts.delivered + counts.read, counts.failed].map(String),
      ]);
      terminal.print(renderTable(["id", "name", "state", "rows", "ready", "queued", "delivered", "failed"], rows));
    }
    if (nextCursor !== null) terminal.complain("There are more.");
  });
}

async function preview(id: string, business: string | undefined, terminal: Terminal): Promise<void> {
  await inBusiness({ terminal, business }, async ({ services, businessId }) => {
    const found = await services.campaigns.preview(businessId, id);
    if (found === undefined) throw unknownCampaign(id);
    for (const { line, address, problem } of found.bad) terminal.print(`line ${String(line)} (${address}): ${problem}`);
    for (const { line, text } of found.examples) terminal.print(`\nline ${String(line)} would read:\n${text ?? ""}`);
    const { ready, bad } = found.campaign.counts;
    terminal.complain(`${String(ready)} rows get a message, ${String(bad)} do not.`);
    if (found.portfolioLimit !== null) terminal.complain(found.portfolioLimit.sentence);
    if (found.obstacle !== null) terminal.complain(`The template cannot be sent now: ${found.obstacle}.`);
  });
}

function say({ state, counts }: CampaignView, terminal: Terminal): void {
  terminal.complain(`It is ${state}: ${String(counts.ready)} rows are ready, ${String(counts.queued)} are queued and leave.`);
}

function doneOrFail(outcome: CampaignOutcome, id: string): CampaignView {
  if (outcome.outcome === "done") return outcome.campaign;
  if (outcome.outcome === "not_found") throw unknownCampaign(id);
  throw new CliFailure(outcome.sentence);
}

function unknownCampaign(id: string): CliFailure {
  return new CliFailure(`This business has no campaign ${id}. \`onethread campaign list\` shows them.`);
}

function readTime(written: string): Date {
  const at = new Date(written);
  if (Number.isNaN(at.getTime())) throw new CliFailure(`${written} is no time, such as 2027-01-07T09:00:00+02:00.`, 2);
  return at;
}

function readHours(written: string): Pick<QuietHours, "from" | "to"> {
  const [, from, to] = /^((?:[01]\d|2[0-3]):[0-5]\d)-((?:[01]\d|2[0-3]):[0-5]\d)$/.exec(written) ?? [];
  if (from === undefined || to === undefined) throw new CliFailure("--quiet must be hours such as 21:00-09:00.", 2);
  return { from, to };
}
