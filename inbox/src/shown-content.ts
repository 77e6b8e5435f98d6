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

interface Kind {
  /** What is shown of one without words. */
  readonly title: string;
  /** Nobody wrote its text: it says what happened. */
  readonly isNote: boolean;
}

const NOT_SHOWN = "A message that can be read on the phone only";

const KINDS: Readonly<Record<Message["type"], Kind>> = {
  text: { title: "An empty message", isNote: false },
  image: { title: "Photo", isNote: false },
  video: { title: "Video", isNote: false },
  audio: { title: "Audio", isNote: false },
  document: { title: "Document", isNote: false },
  sticker: { title: "Sticker", isNote: true },
  location: { title: "Location", isNote: false },
  contacts: { title: "Contact", isNote: false },
  interactive: { title: "A message with buttons or a list", isNote: false },
  button: { title: "A tapped button", isNote: false },
  reaction: { title: "A reaction", isNote: false },
  order: { title: "Order", isNote: false },
  poll: { title: "Poll", isNote: false },
  poll_vote: { title: "Voted in a poll", isNote: true },
  pin: { title: "Pinned a message", isNote: true },
  edit: { title: "Edited an earlier message", isNote: true },
  revoke: { title: "Deleted an earlier message", isNote: false },
  call: { title: "Call", isNote: true },
  placeholder: { title: NOT_SHOWN, isNote: true },
  system: { title: "A note from WhatsApp", isNote: true },
  template: { title: "Template", isNote: false },
  unsupported: { title: NOT_SHOWN, isNote: true },
  unknown: { title: NOT_SHOWN, isNote: false },
};
/** A server that is newer than this page may know more of them. */
const BY_TYPE: ReadonlyMap<string, Kind> = new Map(Object.entries(KINDS));

const TEMPLATE_NAME = /^[a-z0-9_]+$/;

export function shownContent({ text, type, edits, revokedAt, direction }: Readable): ShownContent {
  if (revokedAt !== null) {
    return { text: direction === "in" ? "The customer deleted this message." : "This message was deleted.", isEdited: false, isNote: true };
  }
  return { ...wordsOf({ type, text: edits.at(-1)?.text ?? text }), isEdited: edits.length > 0 };
}

/** Never nothing, and never the name of a type. */
export function wordsOf({ type, text }: Pick<Message, "type" | "text">): Omit<ShownContent, "isEdited"> {
  if (text === null || text.trim() === "" || type === "unknown") return { text: BY_TYPE.get(type)?.title ?? NOT_SHOWN, isNote: true };
  if (type === "template" && TEMPLATE_NAME.test(text)) return { text: `Template “${text}”`, isNote: true };
  return { text, isNote: BY_TYPE.get(type)?.isNote ?? false };
}

/** For a list or a quote, where marks are not drawn. */
export function previewOf({ text, isNote }: Pick<ShownContent, "text" | "isNote">): string {
  return isNote ? text : plainWords(text);
}
