// Owns: WhatsApp's marks in a text (bold, italic, struck through, code, quotes, lists) and its links, as a tree. Pure, and one walk for each depth: what
// a customer wrote may be made to cost. Refuses to know: how it is drawn.
import { findLinks, type Link, type Span } from "./find-links.ts";

/** What is in a line. */
export type Words =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "link"; readonly text: string; readonly address: string }
  | { readonly kind: "code"; readonly text: string; readonly isBlock: false }
  | { readonly kind: "bold" | "italic" | "struck"; readonly pieces: readonly Words[] };

/** What has lines of its own. */
export type Block =
  | { readonly kind: "code"; readonly text: string; readonly isBlock: true }
  | { readonly kind: "quote"; readonly pieces: readonly Words[] }
  | { readonly kind: "list"; readonly items: readonly ListItem[] };

export type Piece = Words | Block;

export interface ListItem {
  /** As it was written; undefined behind a bullet. */
  readonly number: number | undefined;
  readonly pieces: readonly Words[];
}

const MARKS: Readonly<Record<string, "bold" | "italic" | "struck">> = { "*": "bold", _: "italic", "~": "struck" };
const WORD = /[\p{L}\p{N}\p{M}]/u;
const BLANK = /\s/;
const BLOCK = "```";
const MAX_DEPTH = 4;

/** The letter that ends here: two halves may be one. */
const before = (text: string, at: number): string => /[^]$/u.exec(text.slice(Math.max(0, at - 2), at))?.[0] ?? "";
const behind = (text: string, at: number): string => /^[^]/u.exec(text.slice(at + 1, at + 3))?.[0] ?? "";

/** Where each mark can close: behind something that is no blank, and not in the middle of a word; from the last to the first. */
function closersOf(text: string, inLink: (at: number) => boolean): Map<string, number[]> {
  const closers = new Map<string, number[]>();
  for (let at = text.length - 1; at > 0; at -= 1) {
    const sign = text[at] ?? "";
    if (MARKS[sign] === undefined && sign !== "`") continue;
    if (inLink(at) || BLANK.test(text[at - 1] ?? " ") || WORD.test(behind(text, at))) continue;
    const known = closers.get(sign);
    if (known === undefined) closers.set(sign, [at]);
    else known.push(at);
  }
  return closers;
}

/** The first link that begins at or behind this place. */
function firstFrom(links: readonly Span[], at: number): number {
  let [low, high] = [0, links.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((links[middle]?.from ?? 0) < at) low = middle + 1;
    else high = middle;
  }
  return low;
}

function plain(text: string, links: readonly Link[], { from, to }: Span): readonly Words[] {
  const pieces: Words[] = [];
  let at = from;
  for (let next = firstFrom(links, from); next < links.length; next += 1) {
    const link = links[next];
    if (link === undefined || link.from >= to) break;
    if (link.from > at) pieces.push({ kind: "text", text: text.slice(at, link.from) });
    pieces.push({ kind: "link", text: link.text, address: link.address });
    at = link.to;
  }
  if (at < to) pieces.push({ kind: "text", text: text.slice(at, to) });
  return pieces;
}

function readWords(text: string, depth = 0): readonly Words[] {
  const links = findLinks(text);
  const pieces: Words[] = [];
  const isInLink = (at: number): boolean => at < (links[firstFrom(links, at + 1) - 1]?.to ?? 0);
  const closers = closersOf(text, isInLink);
  let from = 0;
  for (let at = 0; at < text.length; at += 1) {
    const sign = text[at] ?? "";
    const kind = MARKS[sign];
    if ((kind === undefined && sign !== "`") || isInLink(at) || text[at + 1] === sign) continue;
    if (WORD.test(before(text, at)) || BLANK.test(text[at + 1] ?? " ") || depth >= MAX_DEPTH) continue;
    const waiting = closers.get(sign) ?? [];
    while (waiting.length > 0 && (waiting.at(-1) ?? 0) <= at + 1) waiting.pop();
    const close = waiting.at(-1);
    if (close === undefined) continue;
    pieces.push(...plain(text, links, { from, to: at }));
    const inner = text.slice(at + 1, close);
    pieces.push(kind === undefined ? { kind: "code", text: inner, isBlock: false } : { kind, pieces: readWords(inner, depth + 1) });
    at = close;
    from = close + 1;
  }
  return [...pieces, ...plain(text, links, { from, to: text.length })];
}

interface Line {
  readonly kind: "words" | "quote" | "list";
  readonly number: number | undefined;
  readonly words: string;
}

function lineOf(line: string): Line {
  const [, sign, digits] = /^(?:(>|[*-])|(\d{1,3})\.) +(?=\S)/.exec(line) ?? [];
  if (sign === undefined && digits === undefined) return { kind: "words", number: undefined, words: line };
  const words = line.slice((sign ?? `${digits ?? ""}.`).length).trimStart();
  return { kind: sign === ">" ? "quote" : "list", number: digits === undefined ? undefined : Number(digits), words };
}

const isOneRun = (a: Line, b: Line): boolean => a.kind === b.kind && (a.number === undefined) === (b.number === undefined);

/** `isMidLine`: what comes before the first line is a part of it. */
function readLines(text: string, isMidLine: boolean): readonly Piece[] {
  const pieces: Piece[] = [];
  let run: Line[] = [];
  const flush = (): void => {
    const kind = run[0]?.kind;
    if (kind === "list") pieces.push({ kind, items: run.map(({ number, words }) => ({ number, pieces: readWords(words) })) });
    else if (kind === "quote") pieces.push({ kind, pieces: wordsOf(run) });
    else for (const piece of wordsOf(run)) pieces.push(piece);
    run = [];
  };
  for (const [index, written] of text.split("\n").entries()) {
    const line: Line = index === 0 && isMidLine ? { kind: "words", number: undefined, words: written } : lineOf(written);
    if (run[0] !== undefined && !isOneRun(run[0], line)) flush();
    run.push(line);
  }
  flush();
  return pieces;
}

function wordsOf(lines: readonly Line[]): readonly Words[] {
  return lines.flatMap(({ words }, index): readonly Words[] => {
    const pieces = words === "" ? [] : readWords(words);
    return index === 0 ? pieces : [{ kind: "text", text: "\n" }, ...pieces];
  });
}

/** The text in its order. A line break beside a quote, a list or a block of code is theirs, and left out. */
export function readMarks(text: string): readonly Piece[] {
  const pieces: Piece[] = [];
  const add = (lines: string, isMidLine: boolean): void => {
    if (lines !== "") for (const piece of readLines(lines, isMidLine)) pieces.push(piece);
  };
  let from = 0;
  let isMidLine = false;
  for (let open = text.indexOf(BLOCK); open >= 0;) {
    const close = text.indexOf(BLOCK, open + BLOCK.length);
    if (close < 0) break;
    const inner = text.slice(open + BLOCK.length, close);
    const end = close + BLOCK.length;
    if (inner.trim() === "") {
      open = text.indexOf(BLOCK, end);
      continue;
    }
    const above = text.slice(from, open);
    const isBlock: boolean = inner.includes("\n") || (beginsLine(above, isMidLine) && endsLine(text, end));
    add(isBlock ? above.replace(/\n$/, "") : above, isMidLine);
    pieces.push(isBlock ? { kind: "code", text: inner.replace(/^\n|\n$/g, ""), isBlock } : { kind: "code", text: inner, isBlock });
    from = isBlock && text[end] === "\n" ? end + 1 : end;
    isMidLine = !isBlock;
    open = text.indexOf(BLOCK, from);
  }
  add(text.slice(from), isMidLine);
  return pieces;
}

function beginsLine(above: string, isMidLine: boolean): boolean {
  const lineFrom = above.lastIndexOf("\n") + 1;
  return (lineFrom > 0 || !isMidLine) && above.slice(lineFrom).trim() === "";
}

function endsLine(text: string, at: number): boolean {
  const next = /\S|\n/g;
  next.lastIndex = at;
  const found = next.exec(text)?.[0];
  return found === undefined || found === "\n";
}
