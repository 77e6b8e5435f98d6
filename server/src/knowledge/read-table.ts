// Owns: tables (CSV): with a column of questions and one of answers they are pairs, else every row is a piece with the names of its columns in it.
import { parse } from "csv-parse/sync";
import type { Chunk } from "./chunk-text.ts";
import { MAX_CHUNKS, MAX_CHUNKS_LENGTH } from "./media-types.ts";

const QUESTION = /^(?:questions?|preguntas?|perguntas?|שאלה|frage|q)$/iu;
const ANSWER = /^(?:answers?|respuestas?|respostas?|תשובה|antwort|a)$/iu;
const MAX_FIELD = 4_000;
/** Of a column's name: it is written into every row. */
const MAX_NAME = 80;
const MAX_HEADING = 200;

/** Throws what the parser says when it is no CSV. */
export function readTable(csv: string): readonly Chunk[] {
  const delimiter = guessDelimiter(csv);
  const [names = [], ...rows] = parse(csv, {
    bom: true,
    delimiter,
    relaxColumnCount: true,
    relaxQuotes: true,
    skipEmptyLines: true,
    trim: true,
  });
  const [question, answer] = [names.findIndex((name) => QUESTION.test(name)), names.findIndex((name) => ANSWER.test(name))];
  if (question >= 0 && answer >= 0) return pairsOf(rows, question, answer);
  return rowsOf(
    rows,
    names.map((name) => name.slice(0, MAX_NAME)),
  );
}

/** Stops after the first piece beyond the limits: a table with so many is refused as a whole. */
function rowsOf(rows: readonly (readonly string[])[], names: readonly string[]): readonly Chunk[] {
  const chunks: Chunk[] = [];
  let letters = 0;
  for (const row of rows) {
    const body = bodyOf(row, names);
    if (body === "") continue;
    const heading = (row[0] ?? "").slice(0, MAX_HEADING);
    chunks.push({ heading, body });
    letters += heading.length + body.length;
    if (chunks.length > MAX_CHUNKS || letters > MAX_CHUNKS_LENGTH) break;
  }
  return chunks;
}

function bodyOf(row: readonly string[], names: readonly string[]): string {
  let body = "";
  for (const [column, value] of row.entries()) {
    if (value !== "") body += `${body === "" ? "" : "\n"}${names[column] ?? String(column + 1)}: ${value}`;
    if (body.length > MAX_FIELD) break;
  }
  return body.slice(0, MAX_FIELD);
}

function pairsOf(rows: readonly (readonly string[])[], question: number, answer: number): readonly Chunk[] {
  return rows.flatMap((row) => {
    const [heading = "", body = ""] = [row[question], row[answer]];
    return heading === "" || body === "" ? [] : [{ heading: heading.slice(0, MAX_FIELD), body: body.slice(0, MAX_FIELD) }];
  });
}

/** The one that the first line has most of: spreadsheets write what their country uses. */
function guessDelimiter(csv: string): string {
  const [line = ""] = csv.split("\n", 1);
  const count = (sign: string): number => line.split(sign).length;
  return [",", ";", "\t"].toSorted((a, b) => count(b) - count(a))[0] ?? ",";
}
