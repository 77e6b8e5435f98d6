// Owns: a summary without a model: the customer's own words, picked by their place and their question marks, so it works in every language. Pure.
// Refuses to know: what the words mean.
import { cleanString } from "../kernel/storable-json.ts";
import { describeMessage, labelOf } from "../whatsapp/describe-message.ts";
import type { ContextMessage } from "../answers/responder.ts";
import type { SessionSummary, SessionToSummarize, Summarizer } from "./summarizer.ts";

const TOPIC_LENGTH = 100;
const QUOTE_LENGTH = 240;
const MAX_OPEN_POINTS = 5;
const NAME_LENGTH = 60;
const MAX_NAMES = 5;
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
    topic: topic === undefined ? null : clip(topic.text, TOPIC_LENGTH),
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

interface Quote {
  readonly text: string;
  readonly from?: string;
}

const hasWords = (message: ContextMessage): message is ContextMessage & Quote => message.text !== null && message.text.trim() !== "";

function topicOf(customers: readonly ContextMessage[]): Quote | undefined {
  const written = customers.filter(hasWords);
  const substantial = written.filter(({ text }) => text.trim().length >= SUBSTANCE_LENGTH);
  const isQuestion = ({ text }: Quote): boolean => QUESTION.test(text);
  return substantial.find(isQuestion) ?? substantial[0] ?? written.find(isQuestion) ?? written[0];
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
  const written = unanswered.filter(hasWords);
  const questions = written.filter(({ text }) => QUESTION.test(text));
  const points = questions.length > 0 ? questions : written.slice(-1);
  return points.slice(-MAX_OPEN_POINTS).map(({ text, from }) => clip(from === undefined ? text : `${nameOf(from)}: ${text}`, QUOTE_LENGTH));
}

const nameOf = (from: string): string => clip(from, NAME_LENGTH);

/** Who wrote: of a group its members, by name. */
function writersOf(customers: readonly ContextMessage[]): string {
  const names = [...new Set(customers.flatMap(({ from }) => (from === undefined ? [] : [nameOf(from)])))];
  if (names.length === 0) return "the customer";
  const others = names.length - MAX_NAMES;
  return [...names.slice(0, MAX_NAMES), ...(others > 0 ? [`${String(others)} more`] : [])].join(", ");
}

function sentencesOf(customers: readonly ContextMessage[], topic: Quote | undefined, answer: ContextMessage | undefined): string {
  const last = customers.findLast(hasWords);
  const wordless = [...new Set(customers.filter((message) => !hasWords(message)).map(({ type }) => labelOf(type)))];
  const quote = (label: string, { text, from }: Quote): string =>
    `${label}${from === undefined ? "" : ` (${nameOf(from)})`}: “${clip(text, QUOTE_LENGTH)}”`;
  const parts = [
    `${String(customers.length)} messages of ${writersOf(customers)}.`,
    ...(topic === undefined ? [] : [quote("Asked", topic)]),
    ...(last === undefined || last.text === topic?.text ? [] : [quote("Last", last)]),
    ...(wordless.length === 0 ? [] : [`Sent: ${wordless.join(", ")}.`]),
    ...(answer === undefined ? [] : [quote("Answer", { text: describeMessage(answer) })]),
  ];
  return parts.join(" ");
}

/** On one line, no longer than that, cut between words where possible. */
export function clip(text: string, length: number): string {
  const line = cleanString(text.replaceAll(/\s+/gu, " ").trim());
  if (line.length <= length) return line;
  // A cut through a surrogate pair would leave half a character.
  const cut = cleanString(line.slice(0, length - 1).replace(/[\uD800-\uDBFF]$/u, ""));
  const space = cut.lastIndexOf(" ");
  return `${(space > length / 2 ? cut.slice(0, space) : cut).trimEnd()}…`;
}
