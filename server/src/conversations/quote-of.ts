// Owns: how a quoted message is said in a few words: its own, or what it is when it has none. Pure.
import { labelOf } from "../whatsapp/describe-message.ts";

interface Quoted {
  readonly quoted_text: string | null;
  /** None: it is not known here, or was taken back. */
  readonly quoted_type?: string | null;
}

/** Undefined when nothing can be said of it. */
export function quoteOf({ quoted_text: text, quoted_type: type }: Quoted): string | undefined {
  if (text !== null && text.trim() !== "") return text;
  return type === null || type === undefined ? undefined : `(${labelOf(type)})`;
}
