// Owns: how a message is said whose words do not say it all. Refuses to know: who reads it, and its content.
import { kindOf } from "./message-kinds.ts";

interface SaidMessage {
  readonly type: string;
  readonly text: string | null;
}

export function labelOf(type: string): string {
  return kindOf(type).label;
}

/** What a caption belongs to is said too. */
export function describeMessage({ type, text }: SaidMessage, label: (type: string) => string = labelOf): string {
  const written = text?.trim() ?? "";
  if (text === null || written === "") return `(${label(type)})`;
  switch (kindOf(type).text) {
    case "words":
      return text;
    case "caption":
      return `(${label(type)}) ${written}`;
    case "details":
      return `(${label(type)}: ${written})`;
  }
}
