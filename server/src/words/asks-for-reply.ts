// Owns: whether a burst asks for a reply, and of whom: the one decision for every provider and responder. Each message is looked at for itself. Pure.
// Refuses to know: what is answered, and whether it may be said (decide-turn.ts).
import type { JsonObject } from "../kernel/json.ts";
import { readObject, readString } from "../kernel/read-json.ts";
import { kindOf, type MessageKind, UNSUPPORTED_CHANGES } from "../whatsapp/message-kinds.ts";
import { asksSomething, readCourtesy, type SpeechAct } from "./courtesies.ts";

/**
 * `unreadable`: something was said that only a person can look at (a voice note, a photo without words). `order`: a person has to take it.
 * `chosen`: one of the choices that they were given, which asks for nothing itself. `shared`: a place, a card or a file without words.
 */
export type Asks = SpeechAct | MessageKind["asks"] | "chosen";

export interface MessageToRead {
  readonly type: string;
  /** The customer's own (customer-words.ts). */
  readonly words: string | null;
  readonly content: JsonObject;
}

export function asksOf({ type, words, content }: MessageToRead): Asks {
  const { asks } = kindOf(type);
  if (asks === "order") return asks;
  if (words !== null) return wordsAsk({ type, content }, words);
  if (type === "unsupported" && UNSUPPORTED_CHANGES.has(readString(readObject(content, "unsupported"), "type") ?? "")) return "nothing";
  return asks;
}

function wordsAsk({ type, content }: Pick<MessageToRead, "type" | "content">, words: string): Asks {
  const said = readCourtesy(words);
  const isTapped =
    type === "button" || (type === "interactive" && (readString(readObject(content, "interactive"), "type") ?? "").endsWith("_reply"));
  return isTapped && (said === "answer" || said === "thanks" || said === "greeting") ? "chosen" : said;
}

/** What of a burst only a person can deal with, whatever else in it has its answer; for whoever reads words alone. */
export function leftForPerson(burst: readonly { readonly asks?: Asks }[]): "order" | "unreadable" | undefined {
  return (["order", "unreadable"] as const).find((left) => burst.some(({ asks }) => asks === left));
}

/** What answers a question of ours, and is none itself. */
const ANSWERING: readonly Asks[] = ["answer", "thanks", "greeting", "shared"];

export type BurstDecision =
  | { readonly outcome: "ask" }
  /** Nothing is said, and the AI stays on. `mayGreet`: the business's short courtesy fits. */
  | { readonly outcome: "skip"; readonly reason: "nothing_to_answer" | "stop_word"; readonly mayGreet: boolean }
  /** A person was asked for. */
  | { readonly outcome: "handoff" };

export interface BurstCircumstances {
  /** What knows the business's texts only answers what they say; the others understand what was said before. */
  readonly understands: boolean;
  /** What we (the AI, a person, the API) said last; null: nothing yet. */
  readonly lastSaid: string | null;
  /** Whether a wish for a person is looked for. */
  readonly findsPerson: boolean;
}

export function decideBurst(
  burst: readonly { readonly asks?: Asks }[],
  { understands, lastSaid, findsPerson }: BurstCircumstances,
): BurstDecision {
  const asks = new Set(burst.map((message) => message.asks));
  if (asks.has("person") && findsPerson) return { outcome: "handoff" };
  if (asks.has("person") || asks.has("question") || asks.has("order") || asks.has("unreadable")) return { outcome: "ask" };
  if (asks.has("stop")) return { outcome: "skip", reason: "stop_word", mayGreet: false };
  if (understands && asks.has("chosen")) return { outcome: "ask" };
  if (understands && lastSaid !== null && asksSomething(lastSaid) && ANSWERING.some((kind) => asks.has(kind))) return { outcome: "ask" };
  // A business may have texts for greetings and thanks; a model greets without being told to.
  if (asks.has("greeting") || (asks.has("thanks") && !understands)) return { outcome: "ask" };
  return { outcome: "skip", reason: "nothing_to_answer", mayGreet: asks.has("thanks") };
}
