// Owns: how words of others are shown to a model: as data, inside a frame that they cannot close or open. Pure. Refuses to know: what they say.
import { createHash } from "node:crypto";

/**
 * The mark in the tags of a conversation's frames. It cannot be guessed (conversation ids are never shown to customers), and stays the same over
 * the turns of a conversation, so that providers can reuse what they have read before.
 */
export function frameMark(secretId: string): string {
  return createHash("sha256").update(`frame:${secretId}`).digest("hex").slice(0, 10);
}

// What looks like < or >: no tag of any kind can be written by a customer, ours or a model's own (<|im_start|>), with or without the mark.
const OPENING = /[<\uFF1C\uFE64\u2039\u27E8\u3008\u276E\u2329]/g;
const CLOSING = /[>\uFF1E\uFE65\u203A\u27E9\u3009\u276F\u232A]/g;
// Read by models and seen by nobody: control characters, direction overrides, zero-width ones (joiners stay: emoji and Persian need them), tag
// characters and the supplementary variation selectors, in which whole sentences can be hidden.
const INVISIBLE =
  /[\u0000-\u0008\u000B-\u001F\u007F-\u009F\u00AD\u180E\u200B\u200E\u200F\u202A-\u202E\u2060-\u206F\uFEFF\uFFF9-\uFFFB]|[\u{E0000}-\u{E01EF}]/gu;

/** Text that can be in a frame with this mark. */
export function cleanText(text: string, mark: string): string {
  return text
    .toWellFormed()
    .replace(/\r\n?|[\u2028\u2029]/g, "\n")
    .replace(INVISIBLE, "")
    .replace(OPENING, "\u2039")
    .replace(CLOSING, "\u203A")
    .replace(/\[(\/?INST|\/?SYS)\]/gi, "($1)")
    .replaceAll(new RegExp(mark, "gi"), "#");
}

/** Without line breaks of any kind, nor control characters. */
export function toOneLine(text: string): string {
  return text.replace(/[\s\p{Cc}\u2028\u2029]+/gu, " ").trim();
}

const cleanAttribute = (text: string, mark: string): string => toOneLine(cleanText(text, mark)).replaceAll('"', "'");

export interface Frame {
  readonly kind: string;
  readonly mark: string;
  readonly attributes?: Readonly<Record<string, string | undefined>>;
}

export function frameText(text: string, { kind, mark, attributes = {} }: Frame): string {
  const written = Object.entries(attributes)
    .filter((entry): entry is [string, string] => entry[1] !== undefined)
    .map(([name, value]) => ` ${name}="${cleanAttribute(value, mark)}"`);
  return `<${kind}-${mark}${written.join("")}>\n${cleanText(text, mark)}\n</${kind}-${mark}>`;
}
