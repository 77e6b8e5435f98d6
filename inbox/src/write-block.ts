// Owns: why nothing can be written to a customer right now. Refuses to know: the last word, which the server has at the moment of sending.
import type { Conversation } from "./inbox-client.ts";

type Facts = Pick<Conversation, "windowClosesAt" | "hasWindow" | "optOutForbids">;

export function isWindowClosed({ windowClosesAt, hasWindow }: Pick<Facts, "windowClosesAt" | "hasWindow">, now: number): boolean {
  return hasWindow && (windowClosesAt === null || Date.parse(windowClosesAt) <= now);
}

/** A sentence; undefined while everything may be written. */
export function writeBlock(conversation: Facts, now: number): string | undefined {
  if (conversation.optOutForbids) return "This customer asked not to be written to.";
  if (!conversation.hasWindow) return undefined;
  if (conversation.windowClosesAt === null) return "The customer has not written yet. WhatsApp allows only templates until then.";
  if (!isWindowClosed(conversation, now)) return undefined;
  return "The customer last wrote more than 24 hours ago. WhatsApp allows only templates until the customer writes again.";
}
