// Owns: WhatsApp's marks in a text (bold, italic, struck through, code) and its links, as a tree. Pure, and one walk for each depth: what a customer
// wrote may be made to cost. Refuses to know: how it is drawn.

export type Piece =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "link"; readonly text: string; readonly address: string }
  | { readonly kind: "code"; readonly text: string }
  | { readonly kind: "bold" | "italic" | "struck"; readonly pieces: readonly Piece[] };

const MARKS: Readonly<Record<string, "bold" | "italic" | "struck">> = { "*": "bold", _: "italic", "~": "struck" };
const LINK = /(?:https?:\/\/|www\.|mailto:|tel:)[^\s<>"]+/gi;
const CLOSING = new Set(".,;:!?)]}*_~'»”’");
const WORD = /[\p{L}\p{N}]/u;
const BLANK = /\s/;
const BLOCK = "```";
const MAX_DEPTH = 4;

interface Span {
  readonly from: number;
  readonly to: number;
}

function linksIn(text: string): readonly Span[] {
  return [...text.matchAll(LINK)].map(({ 0: match, index }) => {
    let length = match.length;
    while (length > 0 && CLOSING.has(match[length - 1] ?? "")) length -= 1;
    return { from: index, to: index + length };
  });
}

/** Only addresses that lead out of the page, and none that runs a script. */
function addressOf(written: string): string | undefined {
  const address = /^www\./i.test(written) ? `https://${written}` : written;
  return URL.canParse(address) && /^(?:https?|mailto|tel):$/.test(new URL(address).protocol) ? address : undefined;
}

/** Where each mark can close: behind something that is no blank, and not in the middle of a word; from the last to the first. */
function closersOf(text: string, inLink: (at: number) => boolean): Map<string, number[]> {
  const closers = new Map<string, number[]>();
  for (let at = text.length - 1; at > 0; at -= 1) {
    const sign = text[at] ?? "";
    if (MARKS[sign] === undefined && sign !== "`") continue;
    if (inLink(at) || BLANK.test(text[at - 1] ?? " ") || WORD.test(text[at + 1] ?? "")) continue;
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

function plain(text: string, links: readonly Span[], { from, to }: Span): readonly Piece[] {
  const pieces: Piece[] = [];
  let at = from;
  for (let next = firstFrom(links, from); next < links.length; next += 1) {
    const link = links[next];
    if (link === undefined || link.from >= to) break;
    const written = text.slice(link.from, link.to);
    const address = addressOf(written);
    if (address === undefined) continue;
    if (link.from > at) pieces.push({ kind: "text", text: text.slice(at, link.from) });
    pieces.push({ kind: "link", text: written, address });
    at = link.to;
  }
  if (at < to) pieces.push({ kind: "text", text: text.slice(at, to) });
  return pieces;
}

function readLine(text: string, depth = 0): readonly Piece[] {
  const links = linksIn(text);
  const pieces: Piece[] = [];
  const isInLink = (at: number): boolean => at < (links[firstFrom(links, at + 1) - 1]?.to ?? 0);
  const closers = closersOf(text, isInLink);
  let from = 0;
  for (let at = 0; at < text.length; at += 1) {
    const sign = text[at] ?? "";
    const kind = MARKS[sign];
    if ((kind === undefined && sign !== "`") || isInLink(at)) continue;
    if (WORD.test(text[at - 1] ?? "") || BLANK.test(text[at + 1] ?? " ") || depth >= MAX_DEPTH) continue;
    const waiting = closers.get(sign) ?? [];
    while (waiting.length > 0 && (waiting.at(-1) ?? 0) <= at + 1) waiting.pop();
    const close = waiting.at(-1);
    if (close === undefined) continue;
    pieces.push(...plain(text, links, { from, to: at }));
    const inner = text.slice(at + 1, close);
    pieces.push(kind === undefined ? { kind: "code", text: inner } : { kind, pieces: readLine(inner, depth + 1) });
    at = close;
    from = close + 1;
  }
  return [...pieces, ...plain(text, links, { from, to: text.length })];
}

/** The lines of the text, the blocks of code among them as one piece. */
export function readMarks(text: string): readonly Piece[] {
  const pieces: Piece[] = [];
  let from = 0;
  for (;;) {
    const open = text.indexOf(BLOCK, from);
    const close = open < 0 ? -1 : text.indexOf(BLOCK, open + BLOCK.length);
    const to = close < 0 ? text.length : open;
    for (const [index, line] of text.slice(from, to).split("\n").entries()) {
      if (index > 0) pieces.push({ kind: "text", text: "\n" });
      if (line !== "") pieces.push(...readLine(line));
    }
    if (close < 0) return pieces;
    pieces.push({ kind: "code", text: text.slice(open + BLOCK.length, close) });
    from = close + BLOCK.length;
  }
}
