// Owns: `onethread knowledge`. Refuses to know how texts are searched and indexed.
import { readFile } from "node:fs/promises";
import type { Command } from "commander";
import type { Business } from "../businesses/businesses.ts";
import { messageOf } from "../kernel/faults.ts";
import { isUuid } from "../kernel/ids.ts";
import { evaluate, readCases } from "../knowledge/evaluate.ts";
import type { IndexWorker } from "../knowledge/index-worker.ts";
import type { KnowledgeBase } from "../knowledge/knowledge-base.ts";
import type { KnowledgeText } from "../knowledge/knowledge-text.ts";
import { CliFailure } from "./cli-failure.ts";
import { BUSINESS_MEANING, BUSINESS_OPTION, inBusiness } from "./in-business.ts";
import { readKnowledgeSource, type SourceOptions } from "./read-knowledge-source.ts";
import { renderTable } from "./render-table.ts";
import type { Terminal } from "./terminal.ts";

const EXAMPLES = `
Examples:
  $ onethread knowledge add --title "Opening hours" --body "Monday to Friday, 9 to 18."
  $ onethread knowledge add --question "Do you deliver?" --question "Is shipping free?" --answer "Yes, within 5 km."
  $ onethread knowledge add --file returns.pdf             the same title replaces the text
  $ onethread knowledge add --file faq.csv                 with the columns question and answer
  $ onethread knowledge add --url https://example.com/faq
  $ onethread knowledge search "when are you open"         what would answer, and how sure it is
  $ onethread knowledge eval questions.csv --min 0.9       columns question,expected (a title, or handoff)`;

interface OfBusiness {
  readonly business?: string;
}
interface ListOptions extends OfBusiness {
  readonly json?: boolean;
}
interface AddOptions extends OfBusiness, SourceOptions {
  readonly language?: string;
}

const collect = (value: string, earlier: readonly string[] = []): readonly string[] => [...earlier, value];

export function addKnowledgeCommand(program: Command, terminal: Terminal): void {
  const knowledge = program
    .command("knowledge")
    .description("the texts from which customers are answered")
    .addHelpText("afterAll", EXAMPLES);
  const leaf = (name: string, meaning: string): Command =>
    knowledge.command(name).description(meaning).option(BUSINESS_OPTION, BUSINESS_MEANING);
  leaf("add", "add a text, or replace the one with the same title, and print its id")
    .option("--title <title>", "what it is about, in the words of customers")
    .option("--body <text>", "the answer")
    .option("--question <text>", "a way to ask for --answer; may be given several times", collect)
    .option("--answer <text>", "the answer to the questions")
    .option("--file <path>", 'text, Markdown, HTML, CSV or PDF; "-" is text from standard input')
    .option("--url <address>", "read a page; reindex reads it again")
    .option("--language <language>", "of the text; absent: that of the business")
    .action((options: AddOptions) => add(options, terminal));
  leaf("list", "the texts of a business, and how far their indexing is")
    .option("--json", "for machines")
    .action((options: ListOptions) => list(options, terminal));
  leaf("show <id>", "one text with all that is known about it").action((id: string, options: OfBusiness) => show(id, options, terminal));
  leaf("remove <id>", "remove a text").action((id: string, options: OfBusiness) => remove(id, options, terminal));
  leaf("reindex [id]", "read and index a text again, or all of them").action((id: string | undefined, options: OfBusiness) =>
    reindex(id, options, terminal),
  );
  leaf("search <question>", "what would be found, best first")
    .option("--json", "for machines")
    .action((question: string, options: ListOptions) => search(question, options, terminal));
  leaf("eval <file>", "ask a labelled set of questions (CSV or JSON lines: question, expected)")
    .option("--min <share>", "fail when less than this share is right, such as 0.9", Number)
    .action((file: string, options: OfBusiness & { readonly min?: number }) => runEvaluation(file, options, terminal));
}

async function add(options: AddOptions, terminal: Terminal): Promise<void> {
  if (options.title?.trim() === "" || options.body?.trim() === "")
    throw new CliFailure("A text needs a title and a body that are not empty. Nothing was changed.", 2);
  const source = await readKnowledgeSource(options, options.language ?? "", terminal);
  await inBusiness({ terminal, business: options.business }, async ({ services: { knowledge: base, indexWorker: worker }, business }) => {
    const saved = await base.add(business.id, { ...source, language: options.language ?? business.language });
    if (saved.outcome !== "saved") throw new CliFailure(`${saved.reason} Nothing was changed.`);
    await indexHere(worker, business, saved.id);
    terminal.print(saved.id);
  });
}

/** Now, so that it answers when the command ends; what cannot be done now is tried again by the worker. */
async function indexHere(worker: IndexWorker, business: Business, id: string): Promise<void> {
  const outcome = await worker.indexNow(business.id, id);
  if (outcome?.outcome !== "failed") return;
  throw new CliFailure(
    `Text ${id} is kept, but not indexed: ${outcome.reason}${outcome.isFinal ? "" : " The running Onethread tries again."}`,
  );
}

const stateOf = ({ state, chunks, isLive }: KnowledgeText): string => {
  if (state === "indexing") return `indexing ${String(chunks.done)} of ${String(chunks.total)}`;
  return state === "ready" || !isLive ? state : `${state}, the earlier version answers`;
};

async function list({ business: id, json }: ListOptions, terminal: Terminal): Promise<void> {
  await inBusiness({ terminal, business: id }, async ({ services: { knowledge: base }, business }) => {
    const texts = await base.listTexts(business.id);
    const rows = texts.map((text) => [
      text.id,
      text.title.slice(0, 60),
      text.kind,
      text.language,
      `${String(text.length)} characters`,
      stateOf(text),
    ]);
    if (json === true) terminal.print(JSON.stringify(texts, null, 2));
    else if (rows.length === 0) terminal.complain("This business has no texts yet. Add one with `onethread knowledge add`.");
    else terminal.print(renderTable(["id", "title", "kind", "language", "size", "state"], rows));
  });
}

const unknown = (id: string): CliFailure => new CliFailure(`This business has no text ${id}. \`onethread knowledge list\` shows them.`);

async function show(id: string, { business: of }: OfBusiness, terminal: Terminal): Promise<void> {
  await inBusiness({ terminal, business: of }, async ({ services: { knowledge: base }, business }) => {
    const text = isUuid(id) ? await base.findText(business.id, id) : undefined;
    if (text === undefined) throw unknown(id);
    terminal.print(JSON.stringify(text, null, 2));
  });
}

async function remove(id: string, { business: of }: OfBusiness, terminal: Terminal): Promise<void> {
  await inBusiness({ terminal, business: of }, async ({ services: { knowledge: base }, business }) => {
    const isKnown = isUuid(id) && (await base.removeText(business.id, id));
    if (!isKnown) throw unknown(id);
    terminal.complain(`Removed text ${id}.`);
  });
}

async function reindex(id: string | undefined, { business: of }: OfBusiness, terminal: Terminal): Promise<void> {
  await inBusiness({ terminal, business: of }, async ({ services: { knowledge: base, indexWorker: worker }, business }) => {
    if (id !== undefined && (!isUuid(id) || (await base.findText(business.id, id)) === undefined)) throw unknown(id);
    const texts = id === undefined ? await base.listTexts(business.id) : [{ id }];
    await base.reindex(business.id, id);
    for (const text of texts) await indexHere(worker, business, text.id);
    terminal.complain(`Indexed ${String(texts.length)} ${texts.length === 1 ? "text" : "texts"} again.`);
  });
}

async function search(question: string, { business: of, json }: ListOptions, terminal: Terminal): Promise<void> {
  await inBusiness({ terminal, business: of }, async ({ services: { knowledge: base }, business }) => {
    const hits = await base.search({ businessId: business.id, text: question, language: business.language, limit: 10 });
    const rows = hits.map(({ answers, score, similarity, title, heading, body }) => [
      answers ? "yes" : "no",
      score.toFixed(2),
      similarity?.toFixed(2) ?? "",
      [title, heading].filter(Boolean).join(" › ").slice(0, 60),
      body.replace(/\s+/g, " ").slice(0, 80),
    ]);
    if (json === true) terminal.print(JSON.stringify(hits, null, 2));
    else if (rows.length === 0) terminal.complain("Nothing was found: a person would be fetched.");
    else terminal.print(renderTable(["answers", "score", "meaning", "text", "begins"], rows));
  });
}

async function runEvaluation(
  file: string,
  { business: of, min }: OfBusiness & { readonly min?: number },
  terminal: Terminal,
): Promise<void> {
  const cases = await readFile(file, "utf8")
    .then(readCases)
    .catch((cause: unknown) => {
      throw new CliFailure(`${file} cannot be read as labelled questions (${messageOf(cause)}).`, 1, { cause });
    });
  if (cases.length === 0) throw new CliFailure(`${file} has no questions: it needs the columns question and expected.`);
  await inBusiness({ terminal, business: of }, async ({ services: { knowledge: base }, business }) => {
    const ask = (text: string): ReturnType<KnowledgeBase["search"]> =>
      base.search({ businessId: business.id, text, language: business.language });
    const { cases: all, accuracy, best } = await evaluate(cases, ask);
    const wrong = all.filter(({ isRight }) => !isRight);
    const rows = wrong.map(({ question, expected, got, score }) => [
      question.slice(0, 60),
      expected ?? "handoff",
      (got ?? "handoff").slice(0, 40),
      score.toFixed(2),
    ]);
    if (rows.length > 0) terminal.print(renderTable(["question", "expected", "got", "score"], rows));
    terminal.print(`${String(all.length - wrong.length)} of ${String(all.length)} right (${accuracy.toFixed(3)}).`);
    terminal.print(`By words alone, a threshold of ${best.threshold.toFixed(2)} would get ${best.accuracy.toFixed(3)} right.`);
    if (min !== undefined && !(accuracy >= min)) throw new CliFailure(`That is less than ${String(min)}.`);
  });
}
