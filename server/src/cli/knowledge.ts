// Owns: `onethread knowledge`. Refuses to know how texts are searched.
import { readFile } from "node:fs/promises";
import type { Command } from "commander";
import type { Business } from "../businesses/businesses.ts";
import { isUuid } from "../kernel/ids.ts";
import { messageOf } from "../kernel/faults.ts";
import { noFailPoints } from "../kernel/fail-points.ts";
import { createKnowledgeBase, type KnowledgeBase } from "../knowledge/knowledge-base.ts";
import { CliFailure } from "./cli-failure.ts";
import { BUSINESS_MEANING, BUSINESS_OPTION, pickBusiness } from "./pick-business.ts";
import { readToolSettings } from "./read-settings.ts";
import { renderTable } from "./render-table.ts";
import type { Terminal } from "./terminal.ts";
import { withApplicationDatabase } from "./with-database.ts";

const EXAMPLES = `
Examples:
  $ onethread knowledge add --title "Opening hours" --body "Monday to Friday, 9 to 18."
  $ onethread knowledge add --title "Returns" --file returns.txt      the same title replaces the text
  $ onethread knowledge list
  $ onethread knowledge remove <id>`;

interface OfBusiness {
  readonly business?: string;
}
interface AddOptions extends OfBusiness {
  readonly title: string;
  readonly body?: string;
  readonly file?: string;
  readonly language?: string;
}

export function addKnowledgeCommand(program: Command, terminal: Terminal): void {
  const knowledge = program
    .command("knowledge")
    .description("the short texts from which customers are answered")
    .addHelpText("afterAll", EXAMPLES);
  knowledge
    .command("add")
    .description("add a text, or replace the one with the same title, and print its id")
    .requiredOption("--title <title>", "what it is about, in the words of customers")
    .option("--body <text>", "the answer")
    .option("--file <path>", 'read the answer from a file; "-" is standard input')
    .option("--language <language>", "of the text; absent: that of the business")
    .option(BUSINESS_OPTION, BUSINESS_MEANING)
    .action((options: AddOptions) => add(options, terminal));
  knowledge
    .command("list")
    .description("the texts of a business")
    .option("--json", "for machines")
    .option(BUSINESS_OPTION, BUSINESS_MEANING)
    .action((options: OfBusiness & { readonly json?: boolean }) => list(options, terminal));
  knowledge
    .command("remove <id>")
    .description("remove a text")
    .option(BUSINESS_OPTION, BUSINESS_MEANING)
    .action((id: string, options: OfBusiness) => remove(id, options, terminal));
}

async function inBusiness(
  terminal: Terminal,
  id: string | undefined,
  work: (base: KnowledgeBase, business: Business) => Promise<void>,
): Promise<void> {
  await withApplicationDatabase(readToolSettings(terminal), async (database) => {
    await work(createKnowledgeBase({ database, failPoints: noFailPoints }), await pickBusiness(database, id));
  });
}

async function add(options: AddOptions, terminal: Terminal): Promise<void> {
  const title = options.title.trim();
  const body = await readBody(options, terminal);
  if (title === "" || body === "") throw new CliFailure("A text needs a title and a body that are not empty. Nothing was changed.", 2);
  await inBusiness(terminal, options.business, async (base, business) => {
    const id = await base.addText({ businessId: business.id, title, body, language: options.language ?? business.language });
    terminal.print(id);
  });
}

async function readBody({ body, file }: AddOptions, terminal: Terminal): Promise<string> {
  if ((body === undefined) === (file === undefined))
    throw new CliFailure("Give the text with --body, or with --file, but not with both.", 2);
  if (body !== undefined) return body.trim();
  if (file === undefined || file === "-") return terminal.readInput();
  const read = await readFile(file, "utf8").catch((cause: unknown) => {
    throw new CliFailure(`The file ${file} cannot be read (${messageOf(cause)}). Nothing was changed.`, 1, { cause });
  });
  return read.trim();
}

async function list(options: OfBusiness & { readonly json?: boolean }, terminal: Terminal): Promise<void> {
  await inBusiness(terminal, options.business, async (base, business) => {
    const texts = await base.listTexts(business.id);
    const rows = texts.map(({ id, title, language, body }) => [id, title, language, `${String(body.length)} characters`]);
    if (options.json === true) terminal.print(JSON.stringify(texts, null, 2));
    else if (rows.length === 0) terminal.complain("This business has no texts yet. Add one with `onethread knowledge add`.");
    else terminal.print(renderTable(["id", "title", "language", "size"], rows));
  });
}

async function remove(id: string, { business }: OfBusiness, terminal: Terminal): Promise<void> {
  await inBusiness(terminal, business, async (base, { id: businessId }) => {
    const isKnown = isUuid(id) && (await base.removeText(businessId, id));
    if (!isKnown) throw new CliFailure(`This business has no text ${id}. \`onethread knowledge list\` shows them.`);
    terminal.complain(`Removed text ${id}.`);
  });
}
