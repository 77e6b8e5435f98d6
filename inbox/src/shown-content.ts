// Owns: what is read of a message after its edits and its revoke.
import type { Message } from "./inbox-client.ts";

export interface ShownContent {
  readonly text: string;
  readonly isEdited: boolean;
  /** The text is a note about the message, not its words. */
  readonly isNote: boolean;
}

type Readable = Pick<Message, "text" | "type" | "edits" | "revokedAt" | "direction">;

export function shownContent({ text, type, edits, revokedAt, direction }: Readable): ShownContent {
  if (revokedAt !== null) {
    return { text: direction === "in" ? "The customer deleted this message." : "This message was deleted.", isEdited: false, isNote: true };
  }
  const words = edits.at(-1)?.text ?? text;
  const isEmpty = words === null || words.trim() === "";
  return { text: isEmpty ? `A message of the type “${type}”` : words, isEdited: edits.length > 0, isNote: isEmpty };
}
