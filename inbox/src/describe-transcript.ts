// Owns: what is shown of the words of a voice note. Refuses to know: how that looks.
import type { Message } from "./inbox-client.ts";

export interface ShownTranscript {
  readonly text: string;
  /** About the words, and not the words themselves. */
  readonly isNote: boolean;
}

/** Undefined: nobody wants them written down, or the message was taken back. */
export function describeTranscript({ media, revokedAt }: Pick<Message, "media" | "revokedAt">): ShownTranscript | undefined {
  const transcript = media?.transcript ?? null;
  if (transcript === null || revokedAt !== null) return undefined;
  const { state, text, error } = transcript;
  if (state === "pending") return { text: "Writing down what is said …", isNote: true };
  if (state === "failed") return { text: `Not written down: ${error?.text ?? "it did not work."}`, isNote: true };
  return text === null || text === "" ? { text: "No words were heard.", isNote: true } : { text, isNote: false };
}
