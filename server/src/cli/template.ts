// Owns: `onethread template`. Refuses to know how templates are kept and read.
import type { Command } from "commander";
import type { TemplateAccountView, TemplateView } from "../templates/template-view.ts";
import { CliFailure } from "./cli-failure.ts";
import { BUSINESS_MEANING, BUSINESS_OPTION, inBusiness } from "./in-business.ts";
import { readId } from "./read-id.ts";
import { renderTable } from "./render-table.ts";
import type { Terminal } from "./terminal.ts";

const EXAMPLES = `
Examples:
  $ onethread template sync                     read them from WhatsApp
  $ onethread template list --status APPROVED
  $ onethread template show <id>                what it says, and what it said before`;

interface OfBusiness {
  readonly business?: string;
  readonly json?: boolean;
}
interface ListOptions extends OfBusiness {
  readonly account?: string;
  readonly name?: string;
  readonly language?: string;
  readonly status?: string;
  readonly category?: string;
}

export function addTemplateCommand(program: Command, terminal: Terminal): void {
  const template = program.command("template").description("the message templates of the accounts").addHelpText("afterAll", EXAMPLES);
  template
    .command("list")
    .description("what is known of them, by name; the first 100")
    .option("--account <id>", "of this WhatsApp Business Account only")
    .option("--name <part>", "with this in their name")
    .option("--language <code>", "such as en_US")
    .option("--status <word>", "such as APPROVED; without it all that were not deleted")
    .option("--category <word>", "MARKETING, UTILITY or AUTHENTICATION")
    .option("--json", "for machines")
    .option(BUSINESS_OPTION, BUSINESS_MEANING)
    .action((options: ListOptions) => list(options, terminal));
  template
    .command("sync")
    .description("read them from WhatsApp anew; what takes long goes on in the running scheduler")
    .option("--account <id>", "of this WhatsApp Business Account only")
    .option("--json", "for machines")
    .option(BUSINESS_OPTION, BUSINESS_MEANING)
    .action((options: OfBusiness & { readonly account?: string }) => sync(options, terminal));
  template
    .command("show")
    .description("one of them as JSON, with what it said before")
    .argument("<id>", "the template", readId)
    .option(BUSINESS_OPTION, BUSINESS_MEANING)
    .action((id: string, { business }: OfBusiness) =>
      inBusiness({ terminal, business }, async ({ services, businessId }) => {
        const found = await services.templates.find(businessId, id);
        if (found === undefined) throw unknownTemplate(id);
        terminal.print(JSON.stringify({ ...found, versions: await services.templates.versions(businessId, id) }, null, 2));
      }),
    );
}

export function unknownTemplate(id: string): CliFailure {
  return new CliFailure(`This business has no template ${id}. \`onethread template list\` shows them.`);
}

async function list({ business, json, account, ...filter }: ListOptions, terminal: Terminal): Promise<void> {
  await inBusiness({ terminal, business }, async ({ services, businessId }) => {
    const { data, nextCursor } = await services.templates.list(businessId, { ...filter, accountId: account, limit: 100 });
    if (json === true) terminal.print(JSON.stringify(data, null, 2));
    else if (data.length === 0) terminal.complain("No template is known. `onethread template sync` reads them from WhatsApp.");
    else terminal.print(renderTable(["id", "name", "language", "category", "status", "quality"], data.map(rowOf)));
    if (nextCursor !== null) terminal.complain("There are more: narrow the list down with --name, --language, --status or --category.");
  });
}

function rowOf({ id, name, language, category, status, obstacle, quality, pausedUntil }: TemplateView): readonly string[] {
  const state = pausedUntil === null || obstacle === null ? (status ?? "") : `${status ?? ""} until ${pausedUntil}`;
  return [id, name, language, category ?? "", state, quality ?? ""];
}

async function sync({ business, json, account }: OfBusiness & { readonly account?: string }, terminal: Terminal): Promise<void> {
  await inBusiness({ terminal, business }, async ({ services, businessId }) => {
    const accounts = await services.templates.sync(businessId, account);
    if (accounts.length === 0) {
      const which = account === undefined ? "says to which WhatsApp Business Account it belongs" : `belongs to the account ${account}`;
      throw new CliFailure(`No channel of this business ${which}. Say it with \`onethread channel set-account <id> --account-id <id>\`.`);
    }
    if (json === true) terminal.print(JSON.stringify(accounts, null, 2));
    else for (const one of accounts) terminal.print(stateOf(one));
    if (accounts.some(({ error }) => error !== null))
      throw new CliFailure("Not all templates could be read. What was known before is kept.");
  });
}

function stateOf({ accountId, error, isReading, syncedAt, templateCount, templateLimit }: TemplateAccountView): string {
  if (error !== null) return `${accountId}: not read. ${error}`;
  const count =
    templateCount === null ? "" : `, ${String(templateCount)} of at most ${templateLimit === null ? "?" : String(templateLimit)} templates`;
  return isReading ? `${accountId}: being read${count}` : `${accountId}: read at ${syncedAt ?? "no time yet"}${count}`;
}
