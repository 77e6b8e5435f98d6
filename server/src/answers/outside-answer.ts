// Owns: what an agent outside may answer: its form on the wire, the limits of it, and how it is kept. Refuses to know: turns, HTTP and the database.
import { z } from "zod";
import { renderMarkdown } from "../whatsapp/render-markdown.ts";
import { TEXT_MAX } from "../whatsapp/validate-content.ts";
import { cleanString } from "../kernel/storable-json.ts";
import type { AgentAnswer } from "./responder.ts";

const MOST_MESSAGES = 10;

const text = z
  .string()
  // Agents are mostly models, and models write Markdown; what is in WhatsApp's marks already stays as it is.
  .transform((written) => renderMarkdown(cleanString(written)))
  .pipe(
    z
      .string()
      .min(1, "must not be empty")
      .max(TEXT_MAX, `must have at most ${String(TEXT_MAX)} characters`),
  );
const reason = z
  .string()
  .transform((written) => cleanString(written).trim())
  .pipe(z.string().min(1, "must not be empty").max(200, "must have at most 200 characters"));

export const outsideMessages = z
  .array(text)
  .min(1, "must have at least one message")
  .max(MOST_MESSAGES, `must have at most ${String(MOST_MESSAGES)} messages`);
export const outsideHandoff = z.object({ reason, text: text.optional() });

/** Messages, or a handoff, and not both. */
export interface WrittenAnswer {
  readonly messages?: readonly string[] | undefined;
  readonly handoff?: { readonly reason: string; readonly text?: string | undefined } | undefined;
}

export type ReadAnswer = { readonly ok: true; readonly answer: AgentAnswer } | { readonly ok: false; readonly problem: string };

export function readOutsideAnswer({ messages, handoff }: WrittenAnswer, { maxMessages }: { readonly maxMessages: number }): ReadAnswer {
  if ((messages === undefined) === (handoff === undefined)) return { ok: false, problem: "It must have either messages or handoff." };
  if (handoff !== undefined) {
    const { reason: why, text: said } = handoff;
    return { ok: true, answer: { outcome: "handoff", reason: why, ...(said === undefined ? {} : { text: said }) } };
  }
  const texts = messages ?? [];
  if (texts.length > maxMessages)
    return {
      ok: false,
      problem: `It has ${String(texts.length)} messages; the business allows ${String(maxMessages)} (the setting maxMessages).`,
    };
  return { ok: true, answer: { outcome: "reply", texts } };
}

const inlineBody = z.object({
  messages: outsideMessages.optional(),
  text: text.optional(),
  handoff: outsideHandoff.optional(),
  later: z.boolean().optional(),
});

export type InlineAnswer = ReadAnswer | { readonly ok: true; readonly answer: { readonly outcome: "later" } };

/** The body with which an agent answers at once. `text` is short for one message. */
export function readInlineAnswer(body: unknown, limits: { readonly maxMessages: number }): InlineAnswer {
  const parsed = inlineBody.safeParse(body);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    return { ok: false, problem: `${pathOf(issue?.path ?? [])}: ${issue?.message ?? "is not valid"}.` };
  }
  const { messages, text: only, handoff, later } = parsed.data;
  const parts = [messages, only, handoff, later === true ? later : undefined].filter((part) => part !== undefined);
  if (parts.length !== 1) return { ok: false, problem: "It must have exactly one of messages, text, handoff and later." };
  if (later === true) return { ok: true, answer: { outcome: "later" } };
  return readOutsideAnswer({ messages: only === undefined ? messages : [only], handoff }, limits);
}

function pathOf(path: readonly PropertyKey[]): string {
  return path.length === 0 ? "The body" : path.map(String).join(".");
}
