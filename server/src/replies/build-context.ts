// Owns: what a responder sees of a conversation, within a token budget. Pure; it is given one conversation and knows no other.
import type { ContextKnowledge, ContextMessage, ContextSession, ReplyContext } from "../answers/responder.ts";

export interface ContextParts extends Omit<ReplyContext, "history" | "earlier" | "knowledge"> {
  readonly history: readonly ContextMessage[];
  /** Newest first. */
  readonly earlier: readonly ContextSession[];
  /** Best first. */
  readonly knowledge: readonly ContextKnowledge[];
  /** The summaries cover the messages up to this one. Null: they cover none. */
  readonly summarisedTo: number | null;
}

/** Of what the burst leaves of the budget, knowledge gets at most this share. */
const KNOWLEDGE_SHARE = 0.5;
const EARLIER_SHARE = 0.25;
const PER_MESSAGE = 8;

/**
 * An upper guess of a text's tokens, without any model's own table: a token holds four bytes of English, and about two of everything that UTF-8
 * writes with more than one byte per letter.
 */
export function estimateTokens(text: string): number {
  const bytes = Buffer.byteLength(text);
  return Math.ceil(bytes === text.length ? bytes / 4 : bytes / 2.2);
}

function tokensOf({ text, quote, about }: ContextMessage): number {
  return PER_MESSAGE + estimateTokens(text ?? "") + estimateTokens(quote ?? "") + estimateTokens(about ?? "");
}

/** What a model is shown, without the rules that come before it. */
export function tokensOfContext({ burst, history, knowledge, earlier }: ReplyContext): number {
  const messages = [...burst, ...history].reduce((sum, message) => sum + tokensOf(message), 0);
  const texts = knowledge.reduce((sum, { title, body }) => sum + estimateTokens(title) + estimateTokens(body), 0);
  return messages + texts + earlier.reduce((sum, { summary }) => sum + estimateTokens(summary), 0);
}

/** As many from the beginning as fit; the first that does not fit ends it, so that nothing is left out in between. */
function takeWhileFitting<T>(
  items: readonly T[],
  budget: number,
  tokens: (item: T) => number,
): { readonly taken: readonly T[]; readonly used: number } {
  let used = 0;
  const taken: T[] = [];
  for (const item of items) {
    const cost = tokens(item);
    if (used + cost > budget) break;
    used += cost;
    taken.push(item);
  }
  return { taken, used };
}

/** The newest of the burst, and of the first that does not fit its end: what they wrote last is what they ask. */
function fitBurst(burst: readonly ContextMessage[], budget: number): readonly ContextMessage[] {
  const { taken, used } = takeWhileFitting(burst.toReversed(), budget, tokensOf);
  const next = burst[burst.length - 1 - taken.length];
  if (next === undefined) return burst;
  const room = Math.max(budget - used, taken.length === 0 ? budget : 0) - PER_MESSAGE;
  const characters = [...(next.text ?? "")];
  const rest = room > PER_MESSAGE ? [{ ...next, text: characters.slice(-Math.floor(room * 2)).join("") }] : [];
  return [...rest, ...taken.toReversed()];
}

/**
 * The burst first, then knowledge (best first), then the open session's messages (newest first), then summaries of earlier sessions (newest first), as
 * far as `settings.contextTokens` reaches. Messages that a summary covers are left out; without summaries they stay, as far as they fit.
 */
export function buildContext({ summarisedTo, ...parts }: ContextParts): ReplyContext {
  const budget = parts.settings.contextTokens;
  const burst = fitBurst(parts.burst, budget);
  const rest = Math.max(0, budget - burst.reduce((sum, message) => sum + tokensOf(message), 0));
  const knowledge = takeWhileFitting(
    parts.knowledge,
    rest * KNOWLEDGE_SHARE,
    ({ title, body }) => PER_MESSAGE + estimateTokens(title) + estimateTokens(body),
  );
  const summaries = takeWhileFitting(parts.earlier, rest * EARLIER_SHARE, ({ summary }) => PER_MESSAGE + estimateTokens(summary));
  const isSummarised = (message: ContextMessage): boolean =>
    summarisedTo !== null && summaries.taken.length > 0 && message.seq <= summarisedTo;
  const spoken = parts.history.filter((message) => !isSummarised(message)).toReversed();
  const history = takeWhileFitting(spoken, rest - knowledge.used - summaries.used, tokensOf);
  return { ...parts, burst, history: history.taken.toReversed(), earlier: summaries.taken, knowledge: knowledge.taken };
}
