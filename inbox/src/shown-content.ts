// Owns: what is read of a message after its edits and its revoke, and the words for one that has none.
import type { Message } from "./inbox-client.ts";
import { plainWords } from "./plain-words.ts";

export interface ShownContent {
  readonly text: string;
  readonly isEdited: boolean;
  /** The text is a note about the message, not its words. */
  readonly isNote: boolean;
}

type Readable = Pick<Message, "text" | "type" | "edits" | "revokedAt" | "direction">;

const NOT_SHOWN = "A message that can be read on the phone only";

const KINDS: ReadonlyMap<string, string> = new Map([
  ["text", "An empty message"],
  ["image", "Photo"],
  ["video", "Video"],
  ["audio", "Audio"],
  ["document", "Document"],
  ["sticker", "Sticker"],
  ["location", "Location"],
  ["contacts", "Contact"],
  ["interactive", "A message with buttons or a list"],
  ["button", "A tapped button"],
  ["reaction", "A reaction"],
  ["order", "Order"],
  ["product", "Product"],
  ["poll", "Poll"],
  ["poll_vote", "Voted in a poll"],
  ["pin", "Pinned a message"],
  ["edit", "Edited an earlier message"],
  ["revoke", "Deleted an earlier message"],
  ["call", "Call"],
  ["placeholder", NOT_SHOWN],
  ["system", "A note from WhatsApp"],
  ["template", "Template"],
]);

/** Nobody wrote these words: they tell what happened. */
const TOLD: ReadonlySet<string> = new Set(["sticker", "poll_vote", "pin", "call", "placeholder", "system", "unsupported", "edit"]);
const TEMPLATE_NAME = /^[a-z0-9_]+$/;

export function shownContent({ text, type, edits, revokedAt, direction }: Readable): ShownContent {
  if (revokedAt !== null) {
    return { text: direction === "in" ? "The customer deleted this message." : "This message was deleted.", isEdited: false, isNote: true };
  }
  return { ...wordsOf({ type, text: edits.at(-1)?.text ?? text }), isEdited: edits.length > 0 };
}

/** Never nothing, and never the name of a type. */
export function wordsOf({ type, text }: Pick<Message, "type" | "text">): Omit<ShownContent, "isEdited"> {
  if (text === null || text.trim() === "" || type === "unknown") return { text: KINDS.get(type) ?? NOT_SHOWN, isNote: true };
  if (type === "template" && TEMPLATE_NAME.test(text)) return { text: `Template “${text}”`, isNote: true };
  return { text, isNote: TOLD.has(type) };
}

/** For a list or a quote, where marks are not drawn. */
export function previewOf({ text, isNote }: Pick<ShownContent, "text" | "isNote">): string {
  return isNote ? text : plainWords(text);
}
