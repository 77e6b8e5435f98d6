// Owns: turns that are answered from outside: registering one before its question is asked, and taking at most one answer, never too late, never over a
// person. Refuses to know: who asks, and how the turn then ends (the reply lane reads the answer and commits it).
import { isDeepStrictEqual } from "node:util";
import type { JsonObject } from "../kernel/json.ts";
import { findTurn } from "../conversations/turn-reads.queries.ts";
import type { Database } from "../db/database.ts";
import type { Queryable, Row } from "../db/query.ts";
import type { BusinessId, ConversationId, TurnId } from "../kernel/ids.ts";
import { readObject, readString } from "../kernel/read-json.ts";
import {
  askOutside,
  findWaitingConversation,
  listTurnTexts,
  lockWaitingConversation,
  lockWaitingTurn,
  takeOutsideAnswer,
} from "./answer-turn.queries.ts";
import { lockLane, wakeParkedLane } from "../lanes/lane-locks.queries.ts";
import { maySupersede } from "./may-supersede.ts";
import type { CheckParts } from "../answers/answer-part.ts";
import { checkAnswer, readOutsideAnswer, type DraftedAnswer, type ReadAnswer, type WrittenAnswer } from "../answers/outside-answer.ts";
import type { ReplySettingsStore } from "../settings/reply-settings-store.ts";
import type { AgentAnswer, ReplyContext } from "../answers/responder.ts";

export type RegisterOutcome =
  | { readonly outcome: "registered"; readonly expiresAt: Date }
  /** An answer has come already, while the question was asked before: there is nothing to ask. */
  | { readonly outcome: "answered" }
  /** Another worker asks for this conversation: this one has lost its lease. */
  | { readonly outcome: "lost" };

/** From then on the turn can be answered through the API. Registering it again restarts its time. */
export type RegisterTurn = (context: ReplyContext, waitMs: number) => Promise<RegisterOutcome>;
/** True when this answer is the one that counts; false when another one was first, or the turn is over. */
export type TakeAnswer = (turn: { readonly businessId: BusinessId; readonly turnId: TurnId }, answer: AgentAnswer) => Promise<boolean>;

export function createRegisterTurn({ database }: { readonly database: Database }): RegisterTurn {
  return async ({ businessId, conversationId, turnId, coversTo, answeredTo }, waitMs) => {
    const db = database.forBusiness(businessId);
    const [row] = await db.run(askOutside, { conversationId, turnId, coversTo, answeredTo, waitMs });
    if (row === undefined) return { outcome: "lost" };
    return row.is_answered ? { outcome: "answered" } : { outcome: "registered", expiresAt: row.expires_at };
  };
}

export function createTakeAnswer({ database }: { readonly database: Database }): TakeAnswer {
  return ({ businessId, turnId }, answer) => takeAnswer(database.forBusiness(businessId), turnId, answer);
}

async function takeAnswer(db: Queryable, turnId: TurnId, answer: AgentAnswer): Promise<boolean> {
  return (await db.execute(takeOutsideAnswer, { turnId, answer: JSON.stringify(answer) })) > 0;
}

export type AnswerOutcome =
  /** Also for the same answer a second time. */
  | { readonly outcome: "accepted"; readonly conversationId: string }
  | { readonly outcome: "not_found" | "answered" | "expired" | "superseded" | "taken_over" }
  /** It ended without an answer, or waits for something else; `because` as the turn's row says it. */
  | { readonly outcome: "not_waiting"; readonly because: string }
  | { readonly outcome: "invalid"; readonly problem: string };

export type AnswerTurn = (
  turn: { readonly businessId: BusinessId; readonly turnId: string },
  written: WrittenAnswer,
) => Promise<AnswerOutcome>;

export interface AnswerTurnDeps {
  readonly database: Database;
  readonly settings: Pick<ReplySettingsStore, "find">;
  readonly checkParts: CheckParts;
  /** Called after the commit. */
  readonly wake: (kind: "reply") => void;
}

interface AnswerFromOutside {
  readonly turnId: TurnId;
  readonly answer: AgentAnswer;
}

export function createAnswerTurn(deps: AnswerTurnDeps): AnswerTurn {
  return async ({ businessId, turnId }, written) => {
    const settings = await deps.settings.find(businessId);
    const db = deps.database.forBusiness(businessId);
    const drafted = readOutsideAnswer(written, settings);
    if (!drafted.ok) return { outcome: "invalid", problem: drafted.problem };
    const conversationId = hasParts(drafted.answer) ? await findConversation(db, turnId) : undefined;
    if (hasParts(drafted.answer) && conversationId === undefined) return { outcome: "not_found" };
    const place = { businessId, conversationId: conversationId as ConversationId };
    const read: ReadAnswer = await checkAnswer(drafted.answer, { place, checkParts: deps.checkParts, limits: settings.tools });
    if (!read.ok) return (await outcomeOfRepeated(db, turnId, drafted.answer)) ?? { outcome: "invalid", problem: read.problem };
    const outside: AnswerFromOutside = { turnId: turnId as TurnId, answer: read.answer };
    const outcome = await db.transaction((tx) => acceptAnswer(tx, outside));
    if (outcome.outcome === "accepted") deps.wake("reply");
    return outcome;
  };
}

const hasParts = (answer: DraftedAnswer): boolean => answer.outcome === "reply" && answer.drafts.length > 0;

async function findConversation(db: Queryable, turnId: string): Promise<string | undefined> {
  const [waiting] = await db.run(findWaitingConversation, { turnId });
  const [ended] = waiting === undefined ? await db.run(findTurn, { turnId }) : [];
  return waiting?.conversation_id ?? ended?.conversation_id;
}

/**
 * What could not be said any more may have been said already, by whoever did not learn that it was accepted: the time of a part has passed since, or the part itself is among
 * those that are scheduled. Undefined: the turn still waits.
 */
async function outcomeOfRepeated(db: Queryable, turnId: string, drafted: DraftedAnswer): Promise<AnswerOutcome | undefined> {
  const [waiting] = await db.run(findWaitingConversation, { turnId });
  if (waiting !== undefined || drafted.outcome !== "reply") return undefined;
  const parts = drafted.drafts.map(({ content, sendAt }) => ({
    type: readString(content, "type") ?? "",
    text: readString(readObject(content, "text"), "body") ?? null,
    content,
    ...(sendAt === undefined ? {} : { sendAt: sendAt.toISOString() }),
  }));
  return outcomeOfEnded(db, { turnId: turnId as TurnId, answer: { outcome: "reply", texts: drafted.texts, parts } });
}

async function acceptAnswer(tx: Queryable, { turnId, answer }: AnswerFromOutside): Promise<AnswerOutcome> {
  const [waiting] = await tx.run(findWaitingConversation, { turnId });
  if (waiting === undefined) return outcomeOfEnded(tx, { turnId, answer });
  const { conversation_id: conversationId } = waiting;
  const [conversation] = await tx.run(lockWaitingConversation, { conversationId });
  const [lane] = await tx.run(lockLane, { conversationId, kind: "reply" });
  const [turn] = await tx.run(lockWaitingTurn, { turnId });
  // It ended while its locks were waited for.
  if (turn === undefined || conversation === undefined || lane === undefined) return outcomeOfEnded(tx, { turnId, answer });
  if (turn.answer !== null)
    return isDeepStrictEqual(turn.answer, answer) ? { outcome: "accepted", conversationId } : { outcome: "answered" };
  if (turn.is_approval) return { outcome: "not_waiting", because: "it waits for a person's approval" };
  if (conversation.ai_paused) return { outcome: "taken_over" };
  if (lane.wanted > turn.covers_to && maySupersede(turn.superseded_since)) return { outcome: "superseded" };
  if (turn.is_expired) return { outcome: "expired" };
  await takeAnswer(tx, turnId, answer);
  await tx.execute(wakeParkedLane, { conversationId });
  return { outcome: "accepted", conversationId };
}

async function outcomeOfEnded(tx: Queryable, { turnId, answer }: AnswerFromOutside): Promise<AnswerOutcome> {
  const [turn] = await tx.run(findTurn, { turnId });
  if (turn === undefined) return { outcome: "not_found" };
  switch (turn.state) {
    case "superseded":
      return { outcome: "superseded" };
    case "replied":
    case "handed_off":
      return outcomeOfAnswered(tx, turn, answer);
    case "skipped":
      return turn.reason === "taken_over" ? { outcome: "taken_over" } : { outcome: "not_waiting", because: turn.reason ?? turn.state };
    default:
      return turn.reason === "gave_up" ? { outcome: "not_waiting", because: "gave_up" } : { outcome: "expired" };
  }
}

/** Reasons with which a turn ends because there was no answer. */
const WITHOUT_ANSWER = new Set(["no_answer", "responder_failed", "empty_answer"]);

/** What it says at once: of a text its words, of everything else its content. */
function saidBy({ texts, parts = [] }: Extract<AgentAnswer, { outcome: "reply" }>): readonly (string | null | JsonObject)[] {
  const now = parts.filter(({ sendAt }) => sendAt === undefined);
  return [...texts, ...now.map(({ type, text, content }) => (type === "text" ? text : content))];
}

/** Whoever did not learn that their answer was accepted sends it again: what was said shows whether it was theirs. */
async function outcomeOfAnswered(tx: Queryable, turn: Row<typeof findTurn>, answer: AgentAnswer): Promise<AnswerOutcome> {
  if (turn.state === "handed_off" && WITHOUT_ANSWER.has(turn.reason ?? "")) return { outcome: "expired" };
  const said = await tx.run(listTurnTexts, { turnId: turn.id });
  const isSame =
    answer.outcome === "reply"
      ? turn.state === "replied" &&
        isDeepStrictEqual(
          said.map(({ type, text, content }) => (type === "text" ? text : content)),
          saidBy(answer),
        )
      : turn.state === "handed_off" &&
        turn.reason === answer.reason &&
        (answer.text === undefined || said.some(({ text }) => text === answer.text));
  return isSame ? { outcome: "accepted", conversationId: turn.conversation_id } : { outcome: "answered" };
}
