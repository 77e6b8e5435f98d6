// Owns: what a conversation is called on the screen.
import type { Conversation } from "./inbox-client.ts";

type NamedConversation = Pick<Conversation, "displayName" | "userId" | "canonicalKey">;

/** The name that the API gives, by one rule for all; where there is none, what distinguishes this customer from others, but never a LID. */
export function conversationName({ displayName, userId, canonicalKey }: NamedConversation): string {
  if (displayName !== null) return displayName;
  if (userId !== null) return userId;
  return canonicalKey.startsWith("group:") ? "Group" : "Unknown customer";
}

/** One or two letters for the picture of somebody of whom there is none. */
export function initialsOf(name: string): string {
  const words = name.match(/\p{L}[\p{L}\p{M}]*/gu) ?? [];
  const ends = words.length > 1 ? [words[0], words.at(-1)] : words;
  return (
    ends
      .map((word) => /^\p{L}\p{M}*/u.exec(word ?? "")?.[0] ?? "")
      .join("")
      .toLocaleUpperCase() || "#"
  );
}
