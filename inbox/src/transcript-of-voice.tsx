// Owns: the words of a voice note on the screen, below its sound and its length, said to be a machine's.
import { describeTranscript } from "./describe-transcript.ts";
import type { Message } from "./inbox-client.ts";

export function TranscriptOfVoice({ message }: { readonly message: Message }) {
  const shown = describeTranscript(message);
  if (shown === undefined) return null;
  if (shown.isNote) {
    return (
      <p role="note" className="mt-1 text-sm text-soft italic">
        {shown.text}
      </p>
    );
  }
  return (
    <figure className="mt-1 border-s-2 border-line ps-2">
      <figcaption className="text-xs text-soft">What a machine heard</figcaption>
      <p dir="auto" className="text-[0.9375rem] leading-snug break-words whitespace-pre-wrap">
        {shown.text}
      </p>
    </figure>
  );
}
