// Owns: one long answer as several messages, broken where a reader pauses. Pure. Refuses to know: how they are sent.
import { TEXT_MAX } from "../whatsapp/validate-content.ts";

export interface SplitLimits {
  readonly maxMessages: number;
  readonly maxMessageLength: number;
}

const ELLIPSIS = "…";
const LOOK_AHEAD = 64;

const graphemes = new Intl.Segmenter(undefined, { granularity: "grapheme" });
const sentences = new Intl.Segmenter(undefined, { granularity: "sentence" });
const words = new Intl.Segmenter(undefined, { granularity: "word" });

const BLANK = /\s/;

type Breaks = (text: string, limit: number) => number;

/** Where the last segment ends that fits whole; 0: not even the first one does. */
function lastEnd(segmenter: Intl.Segmenter, text: string, limit: number): number {
  let end = 0;
  // What comes after the limit is seen as well: without it, a torn segment would look whole.
  for (const { index, segment } of segmenter.segment(text.slice(0, limit + LOOK_AHEAD)))
    if (index + segment.length <= limit) end = index + segment.length;
  return end;
}

const atParagraph: Breaks = (text, limit) => Math.max(0, text.lastIndexOf("\n\n", limit));
const atSentence: Breaks = (text, limit) =>
  Math.max(atParagraph(text, limit), text.lastIndexOf("\n", limit), lastEnd(sentences, text, limit));
const atWord: Breaks = (text, limit) => {
  let space = Math.min(limit, text.length - 1);
  while (space >= 0 && !BLANK.test(text.charAt(space))) space -= 1;
  // Without any space (Thai, Chinese, a long address) the language's own words.
  return space > 0 ? space : lastEnd(words, text, limit);
};
const atGrapheme: Breaks = (text, limit) => {
  const end = lastEnd(graphemes, text, limit);
  if (end > 0) return end;
  // A cluster longer than a message: at least no code point is torn.
  return /[\uD800-\uDBFF]$/.test(text.slice(0, limit)) ? limit - 1 : limit;
};

/** From where a reader pauses longest to where none does. */
const MANNERS: readonly Breaks[] = [atParagraph, atSentence, atWord, atGrapheme];

function splitFrom(first: number, text: string, limit: number): string[] {
  const pieces: string[] = [];
  let rest = text.trim();
  while (rest.length > limit) {
    const end = MANNERS.slice(first).reduce((found, breaks) => (rest.slice(0, found).trim() === "" ? breaks(rest, limit) : found), 0);
    pieces.push(rest.slice(0, end).trim());
    rest = rest.slice(end).trim();
  }
  if (rest !== "") pieces.push(rest);
  return pieces;
}

/** Where it has to be cut, the end of a sentence is worth a quarter of the message; then that of a word. */
function cut(text: string, limit: number): string {
  const room = limit - ELLIPSIS.length;
  const end = [atSentence(text, room), atWord(text, room)].find((found) => found >= room * 0.75) ?? atGrapheme(text, room);
  return text.slice(0, end).trimEnd() + ELLIPSIS;
}

/** Whether it fits without anything being cut away. */
export function fitsReply(text: string, limits: SplitLimits): boolean {
  const limit = Math.min(limits.maxMessageLength, TEXT_MAX);
  return splitFrom(MANNERS.length - 1, text, limit).length <= limits.maxMessages;
}

/** Nothing but blank space is lost, unless it does not fit at all: then its end is. Empty for a blank text. */
export function splitReply(text: string, limits: SplitLimits): readonly string[] {
  const limit = Math.min(limits.maxMessageLength, TEXT_MAX);
  for (const manner of MANNERS.keys()) {
    const pieces = splitFrom(manner, text, limit);
    if (pieces.length <= limits.maxMessages) return pieces;
  }
  const pieces = splitFrom(MANNERS.indexOf(atWord), text, limit);
  const [kept, over] = [pieces.slice(0, limits.maxMessages - 1), pieces.slice(limits.maxMessages - 1)];
  return [...kept, cut(over.join(" "), limit)];
}
