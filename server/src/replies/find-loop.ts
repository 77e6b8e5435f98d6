// Owns: noticing that the other side is a machine, or a person whom one more answer does not help: the same text again and again, or more turns in a
// few minutes than anybody reads. From the thread itself, so every process sees the same and it ends automatically. Pure.
import { asksSomething, readCourtesy } from "../words/courtesies.ts";
import { questionsOf } from "../words/questions-of.ts";
import type { RecentMessage } from "./read-thread.ts";
import type { ReplySettings } from "../settings/reply-settings.ts";

export interface LoopSite {
  readonly answeredTo: number;
  /** The database's time. */
  readonly at: Date;
  readonly brake: ReplySettings["loopBrake"];
}

const plain = (text: string): string =>
  text
    .normalize("NFKC")
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, " ")
    .trim();

const LOOKED_AT = 2_000;
const HAS_DIGIT = /\p{N}/u;
/** So many words besides its numbers, and a text is more than a number that somebody was asked for. */
const WORDS_OF_A_TEXT = 3;
/** What is longer does not only answer our question. */
const LONGEST_ANSWER = 6;

/**
 * What a text says, for comparing it with others. Counters, times, dates, amounts and ids are one in a text of several words: a machine changes them
 * with each message. They stay where they are what a person says: in a short answer ("order 1832"), in a question ("for 10 people?").
 */
function sayingOf(text: string, answersUs: boolean): string {
  const words = text.split(/\s+/u).flatMap((word) => (HAS_DIGIT.test(word) ? ["#"] : plain(word).split(" ").filter(Boolean)));
  const lettered = words.filter((word) => word !== "#").length;
  const isNumberAround = lettered === WORDS_OF_A_TEXT - 1 && words.at(-1) !== "#";
  if (lettered === words.length || (lettered < WORDS_OF_A_TEXT && !isNumberAround)) return plain(text);
  if (answersUs && words.length <= LONGEST_ANSWER) return plain(text);
  if (questionsOf(text).whole.some((question) => HAS_DIGIT.test(question))) return plain(text);
  return words.filter((word, at) => word !== "#" || words[at - 1] !== "#").join(" ");
}

type Sayings = ReadonlyMap<RecentMessage, string>;

/** Of the customer's messages; without those that are often the same and mean something else each time ("yes", "1"). */
function sayingsOf(rows: readonly RecentMessage[]): Sayings {
  const sayings = new Map<RecentMessage, string>();
  let answersUs = false;
  for (const row of rows) {
    if (row.direction === "out") answersUs = asksSomething(row.text ?? "");
    const text = (row.text ?? "").slice(0, LOOKED_AT);
    if (row.direction !== "in" || row.is_history || plain(text) === "" || readCourtesy(text) === "answer") continue;
    sayings.set(row, sayingOf(text, answersUs));
  }
  return sayings;
}

/** How many bursts with this saying were replied to; the same one twice in one burst is one. */
function countAnswered(rows: readonly RecentMessage[], sayings: Sayings, saying: string): number {
  let count = 0;
  let isSaid = false;
  for (const row of rows) {
    if (sayings.get(row) === saying) isSaid = true;
    if (row.direction !== "out" || row.turn_id === null || !isSaid) continue;
    count += 1;
    isSaid = false;
  }
  return count;
}

export function isLoop(rows: readonly RecentMessage[], { answeredTo, at, brake }: LoopSite): boolean {
  if (brake === null) return false;
  const recent = rows.filter((row) => at.getTime() - row.sent_at.getTime() <= brake.withinMs);
  const turns = new Set(recent.flatMap((row) => (row.direction === "out" && row.turn_id !== null ? [row.turn_id] : [])));
  if (turns.size >= brake.turns) return true;
  if (turns.size < brake.repeats) return false;
  const inOrder = recent.toSorted((a, b) => a.seq - b.seq);
  const sayings = sayingsOf(inOrder);
  const answered = inOrder.filter((row) => row.direction === "out" || row.seq <= answeredTo);
  const said = new Set([...sayings].flatMap(([row, saying]) => (row.seq > answeredTo ? [saying] : [])));
  // One message that is new in the burst is a reason to answer it.
  return said.size > 0 && [...said].every((saying) => countAnswered(answered, sayings, saying) >= brake.repeats);
}
