// Owns: what a conversation is called on the screen.
import type { Conversation } from "./inbox-client.ts";

type Named = Pick<Conversation, "contactName" | "phone" | "userId" | "canonicalKey">;

export function conversationName({ contactName, phone, userId, canonicalKey }: Named): string {
  // WhatsApp gives the number itself where somebody has no name.
  if (contactName !== null && contactName.trim() !== "" && contactName !== phone) return contactName;
  if (phone !== null) return `+${phone}`;
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
