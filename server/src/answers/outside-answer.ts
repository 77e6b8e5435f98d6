// Owns: what an agent outside may answer: its form on the wire, the limits of it, and how it is kept. Refuses to know: turns, HTTP and the database.
import { z } from "zod";
import type { JsonObject } from "../kernel/json.ts";
import { TEXT_MAX } from "../whatsapp/validate-content.ts";
import { cleanString } from "../kernel/storable-json.ts";
import { asWhatsAppText, textContent, type CheckParts, type LaterLimits, type PartDraft, type PartPlace } from "./answer-part.ts";
import type { AgentAnswer } from "./responder.ts";

const MOST_MESSAGES = 10;

const text = z
  .string()
  .transform(asWhatsAppText)
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

const part = z
  .looseObject({ type: z.string(), sendAt: z.iso.datetime({ offset: true }).optional().describe("When it is to be said; absent: now.") })
  .describe("Anything but text, as POST /conversations/{id}/messages takes it: a file, buttons, a list, a template; or a text for later.")
  .meta({ id: "AnswerPart" });

export const outsideMessages = z
  .array(z.union([text, part]))
  .min(1, "must have at least one message")
  .max(MOST_MESSAGES, `must have at most ${String(MOST_MESSAGES)} messages`);
export const outsideHandoff = z.object({ reason, text: text.optional() });

/** Messages, or a handoff, and not both. */
export interface WrittenAnswer {
  readonly messages?: readonly (string | z.output<typeof part>)[] | undefined;
  readonly handoff?: { readonly reason: string; readonly text?: string | undefined } | undefined;
}

interface Refused {
  readonly ok: false;
  readonly problem: string;
}

export type ReadAnswer = { readonly ok: true; readonly answer: AgentAnswer } | Refused;

/** Read, and not yet checked against its conversation. */
export type DraftedAnswer =
  | { readonly outcome: "reply"; readonly texts: readonly string[]; readonly drafts: readonly PartDraft[] }
  | Extract<AgentAnswer, { readonly outcome: "handoff" }>;

export type ReadDraft = { readonly ok: true; readonly answer: DraftedAnswer } | Refused;

export function readOutsideAnswer({ messages, handoff }: WrittenAnswer, { maxMessages }: { readonly maxMessages: number }): ReadDraft {
  if ((messages === undefined) === (handoff === undefined)) return { ok: false, problem: "It must have either messages or handoff." };
  if (handoff !== undefined) {
    const { reason: why, text: said } = handoff;
    return { ok: true, answer: { outcome: "handoff", reason: why, ...(said === undefined ? {} : { text: said }) } };
  }
  const written = messages ?? [];
  if (written.length > maxMessages)
    return {
      ok: false,
      problem: `It has ${String(written.length)} messages; the business allows ${String(maxMessages)} (the setting maxMessages).`,
    };
  if (written.every((message) => typeof message !== "string" && message.sendAt !== undefined))
    return { ok: false, problem: "It must say something now: at least one message without sendAt." };
  const first = written.findIndex((message) => typeof message !== "string");
  const texts = written.slice(0, first === -1 ? written.length : first).filter((message) => typeof message === "string");
  return { ok: true, answer: { outcome: "reply", texts, drafts: written.slice(texts.length).map(draftOf) } };
}

/** A text that follows a part keeps its place by being one. */
function draftOf(message: string | z.output<typeof part>): PartDraft {
  // What was rendered once stays as it is.
  if (typeof message === "string") return { content: textContent(message) };
  const { sendAt, ...content } = message;
  // It came out of JSON.parse.
  return { content: content as JsonObject, ...(sendAt === undefined ? {} : { sendAt: new Date(sendAt) }) };
}

export interface AnswerCheck {
  readonly place: PartPlace;
  readonly checkParts: CheckParts;
  readonly limits: LaterLimits;
}

/** The answer as it can be committed. An answer of texts alone costs no look at the database. */
export async function checkAnswer(drafted: DraftedAnswer, { place, checkParts, limits }: AnswerCheck): Promise<ReadAnswer> {
  if (drafted.outcome === "handoff") return { ok: true, answer: drafted };
  const { outcome, texts, drafts } = drafted;
  if (drafts.length === 0) return { ok: true, answer: { outcome, texts } };
  const checked = await checkParts(place, drafts, limits);
  return checked.ok ? { ok: true, answer: { outcome, texts, parts: checked.parts } } : checked;
}

const inlineBody = z.object({
  messages: outsideMessages.optional(),
  text: text.optional(),
  handoff: outsideHandoff.optional(),
  later: z.boolean().optional(),
});

export type InlineAnswer = ReadDraft | { readonly ok: true; readonly answer: { readonly outcome: "later" } };

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
