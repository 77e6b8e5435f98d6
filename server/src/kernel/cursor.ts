// Owns: the opaque cursors of lists. A cursor is the sort key of the last row that was given out, so a list stays right while rows are added.
import { Fault } from "./faults.ts";
import { isUuid } from "./ids.ts";
import { isStorable } from "./storable-json.ts";

/** An instant as PostgreSQL writes it: a Date would lose the microseconds, and with them rows. */
export interface TimeIdCursor {
  readonly at: string;
  readonly id: string;
}

export interface TimeSeqCursor {
  readonly at: string;
  readonly seq: number;
}

/**
 * Where a list begins, the newest first, and the oldest first. Statements get a place and never null: `coalesce()` around a parameter is no index condition
 * where row-level security is on (PostgreSQL takes it for a function that might leak), so that each page would read all rows before it.
 */
export const NEWEST: TimeIdCursor & TimeSeqCursor = {
  at: "infinity",
  id: "ffffffff-ffff-ffff-ffff-ffffffffffff",
  seq: Number.MAX_SAFE_INTEGER,
};
export const OLDEST: TimeSeqCursor = { at: "-infinity", seq: 0 };

const INSTANT = /^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}(\.\d{1,6})?\+00$/;

export function encodeCursor(parts: readonly (string | number)[]): string {
  return Buffer.from(JSON.stringify(parts)).toString("base64url");
}

function decodeParts(cursor: string): readonly unknown[] {
  try {
    const parts: unknown = JSON.parse(Buffer.from(cursor, "base64url").toString("utf8"));
    if (Array.isArray(parts)) return parts;
  } catch {
    // Said below, with every other way of being no cursor.
  }
  return [];
}

function notACursor(): Fault {
  return new Fault(
    "bad_request",
    'The "cursor" is not one that this list gave out. Take "nextCursor" of the page before, unchanged, or leave it away.',
  );
}

/** Date.parse takes the 30th of February for the 2nd of March; PostgreSQL does not. */
function isDate(part: string): boolean {
  const at = new Date(`${part.slice(0, 19).replace(" ", "T")}Z`);
  return !Number.isNaN(at.getTime()) && at.toISOString().startsWith(part.slice(0, 10));
}

function readInstant(part: unknown): string {
  if (typeof part !== "string" || !INSTANT.test(part) || !isDate(part)) throw notACursor();
  return part;
}

export function decodeTimeId(cursor: string): TimeIdCursor {
  const [at, id, ...more] = decodeParts(cursor);
  if (typeof id !== "string" || !isUuid(id) || more.length > 0) throw notACursor();
  return { at: readInstant(at), id };
}

export function decodeTimeSeq(cursor: string): TimeSeqCursor {
  const [at, seq, ...more] = decodeParts(cursor);
  if (typeof seq !== "number" || !Number.isSafeInteger(seq) || more.length > 0) throw notACursor();
  return { at: readInstant(at), seq };
}

export function decodeSeq(cursor: string): number {
  const [seq, ...more] = decodeParts(cursor);
  if (typeof seq !== "number" || !Number.isSafeInteger(seq) || more.length > 0) throw notACursor();
  return seq;
}

export function decodeText(cursor: string): string {
  const [text, ...more] = decodeParts(cursor);
  if (typeof text !== "string" || !isStorable(text) || more.length > 0) throw notACursor();
  return text;
}

export function decodeTextId(cursor: string): { readonly text: string; readonly id: string } {
  const [text, id, ...more] = decodeParts(cursor);
  if (typeof text !== "string" || !isStorable(text) || typeof id !== "string" || !isUuid(id) || more.length > 0) throw notACursor();
  return { text, id };
}

export interface Page<Item> {
  readonly data: readonly Item[];
  readonly nextCursor: string | null;
}

/** Queries ask for one row more than the limit: so it is known without counting whether there is a next page. */
export function pageOf<Row, Item>(
  rows: readonly Row[],
  limit: number,
  shape: { readonly item: (row: Row) => Item; readonly cursor: (row: Row) => string },
): Page<Item> {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  return { data: shown.map(shape.item), nextCursor: rows.length > limit && last !== undefined ? shape.cursor(last) : null };
}
