// Owns: the sentences that say whose a chat is, where several apps answer on one number, and what can be done. Refuses to know: how they look.
import type { Conversation } from "./inbox-client.ts";

export interface OwnerLine {
  /** What is so, in a few words. */
  readonly what: string;
  readonly advice: string;
  /** It is worth asking WhatsApp for the chat. */
  readonly canTake: boolean;
}

type Facts = Pick<Conversation, "threadOwner" | "threadRequest">;

/** In WhatsApp's word, as people say it. */
const ROLES: ReadonlyMap<string, string> = new Map([
  ["ai_agent", "WhatsApp’s AI agent"],
  ["ctwa", "the app for advertisements"],
  ["customer_service", "the app for customer service"],
  ["escalation", "the app that people are handed over to"],
  ["marketing", "the app for marketing"],
  ["utility", "the app for notifications"],
]);

const ASKED: Readonly<Record<NonNullable<Conversation["threadRequest"]>["action"], string>> = {
  pass: "WhatsApp was asked to give this chat to another app",
  release: "WhatsApp was asked to take this chat from us",
  take: "WhatsApp was asked for this chat",
};

/** Undefined while the chat is ours, or nobody else answers on the number. */
export function ownerLine({ threadOwner, threadRequest }: Facts): OwnerLine | undefined {
  if (threadRequest !== null)
    return {
      what: `${ASKED[threadRequest.action]}, and has not said whether it did`,
      advice: "What comes next in the chat shows whose it is.",
      canTake: threadRequest.action === "take",
    };
  if (threadOwner?.owner === "other") {
    const who = threadOwner.role === null ? undefined : ROLES.get(threadOwner.role);
    return {
      what: who === undefined ? "Another app has this chat" : `Another app has this chat: ${who}`,
      advice: "The AI is silent in it.",
      canTake: true,
    };
  }
  if (threadOwner?.owner === "nobody" && threadOwner.toldBy === "release")
    return {
      what: "This chat was given up",
      advice: "The customer’s next message decides which app has it. The AI is silent until then.",
      canTake: false,
    };
  return undefined;
}

/** The pause says nothing that this line does not say. */
export const isPauseOfOwner = (conversation: Pick<Conversation, "aiPaused">): boolean => conversation.aiPaused?.reason === "standby";

/** What the app that had the chat before said of it: its summary, and its note beside it. */
export function handedOverWith({ threadOwner }: Pick<Conversation, "threadOwner">): readonly string[] {
  const { summary, note } = threadOwner?.context ?? {};
  const text = summary instanceof Object && "text" in summary ? summary.text : summary;
  const said = [text, note].filter((part) => typeof part === "string").filter((part) => part.trim() !== "");
  return [...new Set(said)];
}
