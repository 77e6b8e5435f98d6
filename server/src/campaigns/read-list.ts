// Owns: a list of recipients as people give it, a table with a first line of column names: read line by line, however long, each line with what is wrong with it. Refuses to
// know: who is meant, and where the rows go.
import type { Readable } from "node:stream";
import { parse } from "csv-parse";
import type { JsonObject } from "../kernel/json.ts";
import { messageOf } from "../kernel/faults.ts";
import { isUuid } from "../kernel/ids.ts";
import { cleanString, isStorable } from "../kernel/storable-json.ts";
import { readWrittenPhone } from "../kernel/written-phone.ts";
import { columnName } from "./fill-placeholders.ts";

export interface ListRow {
  /** From 2 on: the first line has the names. Of a row of several lines its last one. */
  readonly line: number;
  readonly address: string;
  /** Digits. */
  readonly phone: string | undefined;
  readonly conversationId: string | undefined;
  readonly fields: JsonObject;
  /** A sentence: this row names nobody. */
  readonly problem: string | undefined;
}

/** The list as a whole cannot be read on: a sentence. */
export class UnreadableList extends Error {}

export const MOST_ROWS = 200_000;
const LONGEST_ROW = 16_384;
export const LONGEST_FIELD = 2_000;
const LONGEST_ADDRESS = 200;
const DELIMITERS = [",", ";", "\t"] as const;
const PHONE_COLUMNS: readonly string[] = ["phone", "number", "to"];
const CONVERSATION_COLUMN = "conversation_id";
/** Of a connection that was lost. */
const BROKEN_OFF: ReadonlySet<string> = new Set(["ERR_STREAM_PREMATURE_CLOSE", "ECONNRESET"]);

export const listTooLong = (): UnreadableList =>
  new UnreadableList(`The list has more than ${MOST_ROWS.toLocaleString("en-US")} rows: make several campaigns of it.`);

interface Columns {
  readonly phone: number;
  readonly conversation: number;
  /** Where each wanted column is. */
  readonly fields: readonly (readonly [string, number])[];
}

/** `wanted`: the columns that the template asks for; the others are not kept. Throws an UnreadableList. */
export async function* readList(source: Readable, wanted: readonly string[]): AsyncGenerator<ListRow> {
  const text = source.setEncoding("utf8");
  const { delimiter, rest } = await peek(text);
  const parser = parse({
    ...{ bom: true, delimiter, info: true, trim: true, skip_empty_lines: true, relax_column_count: true, relax_quotes: true },
    max_record_size: LONGEST_ROW,
  });
  const feeding = feed(parser, rest);
  feeding.catch((error: unknown) => parser.destroy(error instanceof Error ? error : new Error(String(error))));
  let columns: Columns | undefined;
  let rows = 0;
  try {
    for await (const { record, info } of parser as AsyncIterable<{ record: readonly string[]; info: { lines: number } }>) {
      if (columns === undefined) {
        columns = columnsIn(record, wanted);
        continue;
      }
      rows += 1;
      if (rows > MOST_ROWS) throw listTooLong();
      yield rowOf(record, columns, info.lines);
    }
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    if (code.startsWith("CSV_")) throw new UnreadableList(`It cannot be read as a table: ${messageOf(error).slice(0, 200)}`);
    if (BROKEN_OFF.has(code)) throw new UnreadableList("The list broke off before its end.");
    throw error;
  } finally {
    source.destroy();
  }
  if (columns === undefined) throw new UnreadableList("The list is empty: its first line must name the columns.");
}

/** What separates the columns is what the first line has most of. */
async function peek(source: Readable): Promise<{ readonly delimiter: string; readonly rest: AsyncIterable<string> }> {
  const chunks = source[Symbol.asyncIterator]() as AsyncIterator<string>;
  let head = "";
  while (!head.includes("\n") && head.length < LONGEST_ROW) {
    const next = await chunks.next();
    if (next.done === true) break;
    head += next.value;
  }
  const [first = ""] = head.split("\n", 1);
  const unquoted = first.replaceAll(/"[^"]*"/g, "");
  const countOf = (delimiter: string): number => unquoted.split(delimiter).length;
  const delimiter = DELIMITERS.toSorted((a, b) => countOf(b) - countOf(a))[0] ?? ",";
  return { delimiter, rest: { [Symbol.asyncIterator]: () => withHead(head, chunks) } };
}

async function* withHead(head: string, chunks: AsyncIterator<string>): AsyncGenerator<string> {
  yield head;
  for (let next = await chunks.next(); next.done !== true; next = await chunks.next()) yield next.value;
}

/** No faster than it is read. */
async function feed(parser: ReturnType<typeof parse>, chunks: AsyncIterable<string>): Promise<void> {
  for await (const chunk of chunks) {
    if (parser.destroyed) return;
    if (!parser.write(chunk))
      await new Promise<void>((resolve) => {
        const go = (): void => {
          parser.off("drain", go).off("close", go);
          resolve();
        };
        parser.once("drain", go).once("close", go);
      });
  }
  parser.end();
}

function columnsIn(names: readonly string[], wanted: readonly string[]): Columns {
  const columns = names.map(columnName);
  const twice = columns.find((name, at) => name !== "" && columns.indexOf(name) !== at);
  if (twice !== undefined) throw new UnreadableList(`The first line names the column "${shorten(twice)}" twice.`);
  const phone = columns.findIndex((name) => PHONE_COLUMNS.includes(name));
  const conversation = columns.indexOf(CONVERSATION_COLUMN);
  if (phone < 0 && conversation < 0)
    throw new UnreadableList(`The first line names neither a column "phone" nor "${CONVERSATION_COLUMN}": one says who gets the message.`);
  const missing = wanted.filter((name) => !columns.includes(name));
  if (missing.length > 0)
    throw new UnreadableList(
      `The first line lacks ${missing.map((name) => `"${shorten(name)}"`).join(", ")}, which the template is filled in with.`,
    );
  return { phone, conversation, fields: wanted.map((name) => [name, columns.indexOf(name)] as const) };
}

function rowOf(record: readonly string[], columns: Columns, line: number): ListRow {
  const cell = (at: number): string => record[at] ?? "";
  const written = cell(columns.phone);
  const conversationId = cell(columns.conversation);
  const fields = Object.fromEntries(columns.fields.map(([name, at]) => [name, cleanString(cell(at))]));
  const address = shorten(cleanString(conversationId === "" ? written : conversationId));
  const base = { line, address, fields, phone: undefined, conversationId: undefined };
  const long = columns.fields.find(([, at]) => cell(at).length > LONGEST_FIELD);
  if (long !== undefined)
    return { ...base, fields: {}, problem: `"${long[0]}" has more than ${LONGEST_FIELD.toLocaleString("en-US")} characters.` };
  if (record.some((value) => !isStorable(value))) return { ...base, problem: "It holds characters that are no text. Is the file UTF-8?" };
  if (conversationId !== "") {
    const problem = isUuid(conversationId) ? undefined : "The conversation_id is not one.";
    return { ...base, conversationId: problem === undefined ? conversationId.toLowerCase() : undefined, problem };
  }
  if (written === "") return { ...base, problem: "It names nobody." };
  const phone = readWrittenPhone(written);
  return phone.outcome === "read" ? { ...base, phone: phone.digits, problem: undefined } : { ...base, problem: phone.reason };
}

const shorten = (text: string): string => text.slice(0, LONGEST_ADDRESS).toWellFormed();
