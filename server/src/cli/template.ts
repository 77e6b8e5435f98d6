// Owns: `onethread template`. Refuses to know how templates are kept and read.
import { readFile } from "node:fs/promises";
import type { Command } from "commander";
import { createTemplateBody, newTemplateOf } from "../templates/template-form-body.ts";
import { isArray, isObject, parseJson } from "../kernel/read-json.ts";
import type { ManageOutcome } from "../templates/manage-templates.ts";
import { previewTemplate } from "../templates/preview-template.ts";
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
  $ onethread template show <id>                what it says, and what it said before
  $ onethread template preview <id> --components '[{"type":"body","parameters":[{"type":"text","text":"Ana"}]}]'
  $ onethread template create --file order.json  the form of POST /api/v1/templates; "-" reads it from standard input
  $ onethread template archive <id>             unarchive takes it out again
  $ onethread template delete <id>`;

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
    .command("resume")
    .description("send templates of a category again that WhatsApp refused an account; refused anew, it is stopped anew")
    .argument("<account>", "the WhatsApp Business Account")
    .argument("<category>", "MARKETING, UTILITY or AUTHENTICATION")
    .option(BUSINESS_OPTION, BUSINESS_MEANING)
    .action((accountId: string, category: string, { business }: OfBusiness) =>
      inBusiness({ terminal, business }, async ({ services, businessId }) => {
        if (!(await services.resumeCategory(businessId, { accountId, category })))
          throw new CliFailure(`Templates of the category ${category.toUpperCase()} of the account ${accountId} are not stopped.`);
        terminal.complain(`Templates of the category ${category.toUpperCase()} of the account ${accountId} are sent again.`);
      }),
    );
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
  addManagement(template, terminal);
}

const ARCHIVE = [
  ["archive", true, "put one into the archive: nothing of it is sent, and WhatsApp deletes it after 28 days"],
  ["unarchive", false, "take one out of the archive"],
] as const;

function addManagement(template: Command, terminal: Terminal): void {
  template
    .command("preview")
    .description("what a message of it would say, and everything that does not fit; nothing is sent")
    .argument("<id>", "the template", readId)
    .option("--components <json>", "the components of a template message, with their parameters", "[]")
    .option(BUSINESS_OPTION, BUSINESS_MEANING)
    .action((id: string, options: OfBusiness & { readonly components: string }) => preview(id, options, terminal));
  template
    .command("create")
    .description("make one and print its id; WhatsApp reviews it")
    .requiredOption("--file <path>", 'its form as JSON; "-" reads it from standard input')
    .option(BUSINESS_OPTION, BUSINESS_MEANING)
    .action((options: OfBusiness & { readonly file: string }) => create(options, terminal));
  for (const [name, archived, what] of ARCHIVE)
    template
      .command(name)
      .description(what)
      .argument("<id>", "the template", readId)
      .option(BUSINESS_OPTION, BUSINESS_MEANING)
      .action((id: string, { business }: OfBusiness) =>
        inBusiness({ terminal, business }, async ({ services, businessId }) => {
          const moved = doneOrFail(await services.manageTemplates.archive(businessId, id, archived), id);
          terminal.complain(`The template "${moved.name}" (${moved.language}) is ${moved.status ?? "not known yet"}.`);
        }),
      );
  template
    .command("delete")
    .description("delete one; WhatsApp blocks its name for 30 days")
    .argument("<id>", "the template", readId)
    .option("--all-languages", "in every language of its name")
    .option(BUSINESS_OPTION, BUSINESS_MEANING)
    .action((id: string, { business, allLanguages }: OfBusiness & { readonly allLanguages?: boolean }) =>
      inBusiness({ terminal, business }, async ({ services, businessId }) => {
        const gone = doneOrFail(await services.manageTemplates.remove(businessId, id, { allLanguages: allLanguages === true }), id);
        terminal.complain(`Deleted the template "${gone.name}"${allLanguages === true ? "" : ` (${gone.language})`}.`);
      }),
    );
}

async function preview(
  id: string,
  { business, components }: OfBusiness & { readonly components: string },
  terminal: Terminal,
): Promise<void> {
  const given = parseJson(components);
  if (!isArray(given)) throw new CliFailure("--components must be a list, as JSON.", 2);
  await inBusiness({ terminal, business }, async ({ services, businessId }) => {
    const found = await services.templates.find(businessId, id);
    if (found === undefined) throw unknownTemplate(id);
    const shown = previewTemplate(found, given.filter(isObject));
    if (shown === null) throw new CliFailure("Only reports about this template are known: `onethread template sync` reads it.");
    terminal.print(shown.text ?? "");
    for (const { path, message } of shown.problems) terminal.complain(`${path}: ${message}`);
    if (shown.obstacle !== null) terminal.complain(`It cannot be sent now: ${shown.obstacle}.`);
    if (shown.problems.length > 0 || shown.obstacle !== null) throw new CliFailure("It cannot be sent like this.");
  });
}

async function create({ business, file }: OfBusiness & { readonly file: string }, terminal: Terminal): Promise<void> {
  const form = createTemplateBody.safeParse(parseJson(file === "-" ? await terminal.readInput() : await readFile(file, "utf8")));
  if (!form.success) {
    const problems = form.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`);
    throw new CliFailure(["The form is not one of POST /api/v1/templates:", ...problems].join("\n"), 2);
  }
  await inBusiness({ terminal, business }, async ({ services, businessId }) => {
    const made = doneOrFail(await services.manageTemplates.create(businessId, newTemplateOf(form.data)), "");
    terminal.print(made.id);
    terminal.complain(`Made "${made.name}" (${made.language}): it is ${made.status ?? "being reviewed"}.`);
  });
}

function doneOrFail(outcome: ManageOutcome, id: string): TemplateView {
  if (outcome.outcome === "done") return outcome.template;
  if (outcome.outcome === "not_found") throw unknownTemplate(id);
  throw new CliFailure([outcome.sentence, ...outcome.problems.map(({ path, message }) => `${path}: ${message}`)].join("\n"));
}

function unknownTemplate(id: string): CliFailure {
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

function stateOf({ accountId, error, isReading, stoppedCategories, syncedAt, templateCount, templateLimit }: TemplateAccountView): string {
  if (error !== null) return `${accountId}: not read. ${error}`;
  const stops = stoppedCategories.map(({ category, until, reason }) => `\n  ${category} stopped until ${until}: ${reason}`).join("");
  const count =
    templateCount === null ? "" : `, ${String(templateCount)} of at most ${templateLimit === null ? "?" : String(templateLimit)} templates`;
  return isReading ? `${accountId}: being read${count}${stops}` : `${accountId}: read at ${syncedAt ?? "no time yet"}${count}${stops}`;
}
