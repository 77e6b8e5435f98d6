// Owns: turns that are known outside: beginning one before its question is asked, and taking the one answer that counts.
// Refuses to know: who asks, and how the answer came.
import type { Database } from "../db/database.ts";
import type { Queryable } from "../db/query.ts";
import type { BusinessId, TurnId } from "../kernel/ids.ts";
import { askOutside, takeOutsideAnswer } from "./answer-turn.queries.ts";
import type { AgentAnswer, ReplyContext } from "../answers/responder.ts";

export type RegisterOutcome =
  | { readonly outcome: "registered"; readonly expiresAt: Date }
  /** An answer has come already, while the question was asked before: there is nothing to ask. */
  | { readonly outcome: "answered" }
  /** Another worker asks for this conversation: this one has lost its lease. */
  | { readonly outcome: "lost" };

/** From then on the turn can be answered through the API. The same turn again begins its time anew. */
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

export async function takeAnswer(db: Queryable, turnId: TurnId, answer: AgentAnswer): Promise<boolean> {
  return (await db.execute(takeOutsideAnswer, { turnId, answer: JSON.stringify(answer) })) > 0;
}
