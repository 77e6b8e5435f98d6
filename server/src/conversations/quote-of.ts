// Owns: how a quoted message is put in a few words: its own, or what it is when it has none. Pure.
import { labelOf } from "../whatsapp/describe-message.ts";

interface Quote {
  readonly quoted_text: string | null;
  /** None: it is not known here, or was taken back. */
  readonly quoted_type?: string | null;
}

/** Undefined when nothing is known of it. */
export function quoteOf({ quoted_text: text, quoted_type: type }: Quote): string | undefined {
  if (text !== null && text.trim() !== "") return text;
  return type === null || type === undefined ? undefined : `(${labelOf(type)})`;
}
