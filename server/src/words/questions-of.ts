// Owns: the questions of a text, each for itself, with and without question marks. Pure, and linear in the text.
import { readCourtesy } from "./courtesies.ts";
import { isAsking } from "./courtesy-phrases.ts";
import { plainText, setOf } from "./plain-words.ts";

const QUESTION_MARK = /[?؟？]/;
/** A dot ends a sentence only before a blank: not in "2.5" or "acme.com". */
const SENTENCE_END = /(?<=[?؟？!。！\n]|\.(?=\s))/u;
/** What may join two questions; only when an asking word follows it. */
const JOINT = /\s*(?:[,،;，]|\s(?:and|y|e|et|und|و)\s)\s*/giu;
/** They may come before the word that asks. */
const BEFORE = setOf(
  "and,also,but,then,so,plus,y,e,tambien,tambem,pero,mas,et,aussi,mais,und,auch,aber,ו,גם,אבל,و,ايضا,لكن,a,hi,hello,hey,hola,oi,ola,bonjour,hallo,שלום,היי,مرحبا",
);
const MOST_QUESTIONS = 4;

function beginsToAsk(part: string): boolean {
  const words = plainText(part.slice(0, 80)).split(" ");
  const first = words.findIndex((word) => !BEFORE.has(word));
  return isAsking(words[first === -1 ? 0 : first] ?? "");
}

/** "When do you open and how much is a roll" is two; "do you have rolls and bread" is one. */
function splitJoined(sentence: string): readonly string[] {
  const parts: string[] = [];
  let from = 0;
  for (const { 0: joint, index } of sentence.matchAll(JOINT)) {
    const before = sentence.slice(from, index);
    if (!beginsToAsk(before) || !beginsToAsk(sentence.slice(index + joint.length))) continue;
    parts.push(before);
    from = index + joint.length;
  }
  return [...parts, sentence.slice(from)];
}

/** What of a sentence asks, for itself. */
function askingOf(part: string): string | undefined {
  const trimmed = part.trim();
  const asks = QUESTION_MARK.test(trimmed) || beginsToAsk(trimmed);
  return asks && readCourtesy(trimmed) === "question" ? trimmed : undefined;
}

export interface Questions {
  /** The sentences that ask. Empty when none says so itself. */
  readonly whole: readonly string[];
  /** The same, and what may be several questions in one sentence each for itself; that is a guess. */
  readonly guessed: readonly string[];
}

/** At most four of each. */
export function questionsOf(text: string): Questions {
  const whole: string[] = [];
  const guessed: string[] = [];
  for (const sentence of text.slice(0, 4_000).split(SENTENCE_END)) {
    const parts = splitJoined(sentence);
    const asking = askingOf(sentence);
    if (asking !== undefined && whole.length < MOST_QUESTIONS) whole.push(asking);
    for (const part of parts) {
      if (guessed.length === MOST_QUESTIONS) return { whole, guessed };
      const guess = parts.length === 1 ? asking : askingOf(part);
      if (guess !== undefined) guessed.push(guess);
    }
  }
  return { whole, guessed };
}
