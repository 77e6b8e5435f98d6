// Owns: a summary without a model: the customer's own words, picked by their place and their question marks, so it works in every language. Pure.
// Refuses to know: what the words mean.
import { cleanString } from "../whatsapp/storable-json.ts";
import type { ContextMessage } from "../replies/responder.ts";
import type { SessionSummary, SessionToSummarize, Summarizer } from "./summarizer.ts";

const TOPIC_LENGTH = 100;
const QUOTE_LENGTH = 240;
const MAX_OPEN_POINTS = 5;
/** Of Latin, Greek, Arabic, Armenian, Chinese and Ethiopic writing; Spanish also opens with one. */
const QUESTION = /[?¿\u037E\u061F\u055E\uFF1F\u1367]/u;
/** What is shorter is a greeting, a thank-you or a yes. */
const SUBSTANCE_LENGTH = 12;

/** The same session always gets the same summary; it never fails. */
export const extractiveSummarizer: Summarizer = (session) => Promise.resolve(summarizeExtractively(session));

export function summarizeExtractively({ messages, lastTurn }: Pick<SessionToSummarize, "messages" | "lastTurn">): SessionSummary {
  const customers = messages.filter(({ author }) => author === "customer");
  const isHandedOver = lastTurn?.state === "handed_off";
  const answer = lastAnswer(messages, isHandedOver);
  const unanswered = customers.filter(({ seq }) => seq > (answer?.seq ?? 0));
  const topic = topicOf(customers);
  return {
    source: "extractive",
    summary: sentencesOf(customers, topic, answer),
    topic: topic === undefined ? null : clip(topic, TOPIC_LENGTH),
    outcome: outcomeOf({ isHandedOver, reason: lastTurn?.reason ?? null, answer, unanswered }),
    openPoints: openPointsOf(unanswered),
  };
}

/** What the customer got last. That a person will come is no answer yet. */
function lastAnswer(messages: readonly ContextMessage[], isHandedOver: boolean): ContextMessage | undefined {
  const lastOfCustomer = messages.findLast(({ author }) => author === "customer")?.seq ?? 0;
  const burstFrom = messages.findLast(({ author, seq }) => author !== "customer" && seq < lastOfCustomer)?.seq ?? 0;
  return messages.findLast(({ author, seq }) => author !== "customer" && !(isHandedOver && author === "ai" && seq > burstFrom));
}

function topicOf(customers: readonly ContextMessage[]): string | undefined {
  const texts = customers.flatMap(({ text }) => (text === null || text.trim() === "" ? [] : [text]));
  const substantial = texts.filter((text) => text.trim().length >= SUBSTANCE_LENGTH);
  return substantial.find((text) => QUESTION.test(text)) ?? substantial[0] ?? texts.find((text) => QUESTION.test(text)) ?? texts[0];
}

function outcomeOf(of: {
  readonly isHandedOver: boolean;
  readonly reason: string | null;
  readonly answer: ContextMessage | undefined;
  readonly unanswered: readonly ContextMessage[];
}): string {
  if (of.unanswered.length > 0 && of.isHandedOver) return of.reason === null ? "handed over" : `handed over: ${of.reason}`;
  if (of.unanswered.length > 0 || of.answer === undefined) return "open";
  return of.answer.author === "human" ? "answered by a person" : "answered";
}

function openPointsOf(unanswered: readonly ContextMessage[]): readonly string[] {
  const texts = unanswered.flatMap(({ text }) => (text === null || text.trim() === "" ? [] : [text]));
  const questions = texts.filter((text) => QUESTION.test(text));
  const points = questions.length > 0 ? questions : texts.slice(-1);
  return points.slice(-MAX_OPEN_POINTS).map((text) => clip(text, QUOTE_LENGTH));
}

function sentencesOf(customers: readonly ContextMessage[], topic: string | undefined, answer: ContextMessage | undefined): string {
  const last = customers.findLast(({ text }) => text !== null && text.trim() !== "")?.text ?? undefined;
  const wordless = [...new Set(customers.filter(({ text }) => text === null).map(({ type }) => type))];
  const answerText = answer?.text ?? null;
  const parts = [
    `${String(customers.length)} messages of the customer.`,
    ...(topic === undefined ? [] : [`Asked: “${clip(topic, QUOTE_LENGTH)}”`]),
    ...(last === undefined || last === topic ? [] : [`Last: “${clip(last, QUOTE_LENGTH)}”`]),
    ...(wordless.length === 0 ? [] : [`Sent: ${wordless.join(", ")}.`]),
    ...(answerText === null ? [] : [`Answer: “${clip(answerText, QUOTE_LENGTH)}”`]),
  ];
  return parts.join(" ");
}

/** On one line, no longer than that, cut between words where there is one. */
export function clip(text: string, length: number): string {
  const line = cleanString(text.replaceAll(/\s+/gu, " ").trim());
  if (line.length <= length) return line;
  // A cut through a surrogate pair would leave half a character.
  const cut = cleanString(line.slice(0, length - 1).replace(/[\uD800-\uDBFF]$/u, ""));
  const space = cut.lastIndexOf(" ");
  return `${(space > length / 2 ? cut.slice(0, space) : cut).trimEnd()}…`;
}
