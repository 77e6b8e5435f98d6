// Owns: reading a file or page of a business, and the sentences for what cannot be read. Refuses to know: how each kind is read (read-text.ts), and
// where that runs (run-text-work.ts).
import type { BusinessId } from "../kernel/ids.ts";
import type { MediaType, ReadOutcome } from "./media-types.ts";
import { runTextWork, type RunTextWork, type TextWorkOutcome } from "./run-text-work.ts";

export interface SourceToRead {
  readonly bytes: Buffer;
  readonly mediaType: MediaType;
  readonly charset?: string | undefined;
}

export const TOO_BUSY = "Too many texts are being read right now. Nothing was changed; try again in a minute.";

/** Why it failed: how a sentence such as "It could not be read as …" ends. */
export function failureOf(failed: Extract<TextWorkOutcome, { outcome: "failed" }>): string {
  const reasons = {
    time: ` within ${failed.limit}. Give it as plain text, or in several parts.`,
    memory: `: it takes too much memory (more than ${failed.limit}). Give it as plain text, or in several parts.`,
    error: ". Give it as plain text, or in several parts.",
  };
  return reasons[failed.why];
}

/** Never throws: what cannot be read is refused with a sentence. */
export async function readSource(
  businessId: BusinessId,
  { bytes, mediaType, charset }: SourceToRead,
  run: RunTextWork = runTextWork,
): Promise<ReadOutcome> {
  const work = await run(businessId, { kind: "read", bytes, mediaType, charset });
  switch (work.outcome) {
    case "done":
      return work.result.read;
    case "busy":
      return { outcome: "busy", reason: TOO_BUSY };
    case "failed":
      return { outcome: "refused", reason: `It could not be read as ${mediaType}${failureOf(work)}` };
  }
}
