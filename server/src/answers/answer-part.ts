// Owns: the form of what an answer holds beside plain texts: files, templates, buttons, lists, what is to be said later. A part is checked before it becomes
// one, and leaves with its turn or not at all. Refuses to know: who wrote it, and how it is checked.
import { z } from "zod";
import type { BusinessId, ConversationId } from "../kernel/ids.ts";
import type { JsonObject } from "../kernel/json.ts";
import { cleanString } from "../kernel/storable-json.ts";
import { renderMarkdown } from "../whatsapp/render-markdown.ts";

/** As somebody wrote it: the Cloud API's content shape, and perhaps when it is to be said. */
export interface PartDraft {
  readonly content: JsonObject;
  /** Absent: with the answer. */
  readonly sendAt?: Date;
}

/** Checked by the rules of `POST /messages`, and as the channel of its conversation can carry it. */
export interface AnswerPart {
  readonly type: string;
  /** What people read of it. */
  readonly text: string | null;
  readonly content: JsonObject;
  /** ISO 8601. Absent: with the answer. */
  readonly sendAt?: string;
}

export interface PartPlace {
  readonly businessId: BusinessId;
  readonly conversationId: ConversationId;
}

/** What a business allows of messages for later. */
export interface LaterLimits {
  readonly maxScheduled: number;
  readonly scheduleWithinMs: number;
}

export type CheckedParts =
  | { readonly ok: true; readonly parts: readonly AnswerPart[] }
  /** For whoever wrote it, to write it again. */
  | { readonly ok: false; readonly problem: string };

/** Looks at the conversation as it is now; when the part leaves, the same is looked at once more under the lock (outbound/deliver.queries.ts). */
export type CheckParts = (place: PartPlace, drafts: readonly PartDraft[], limits: LaterLimits) => Promise<CheckedParts>;

/** As a turn that waits keeps it. */
export const storedPart = z.object({
  type: z.string(),
  text: z.string().nullable(),
  content: z.record(z.string(), z.json()),
  sendAt: z.string().exactOptional(),
});

/** Models write Markdown; what is in WhatsApp's marks already stays as it is. */
export function asWhatsAppText(written: string): string {
  return renderMarkdown(cleanString(written));
}

export function textContent(written: string): JsonObject {
  return { type: "text", text: { body: asWhatsAppText(written) } };
}
