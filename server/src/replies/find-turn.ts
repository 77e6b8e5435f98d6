// Owns: one turn as the API shows it, the ones that still wait for somebody outside included.
import { turnViewOf, type TurnView } from "../conversations/turn-view.ts";
import type { Database } from "../db/database.ts";
import type { BusinessId } from "../kernel/ids.ts";
import { findTurn, findWaitingTurn } from "./answer-turn.queries.ts";

export interface WaitingView {
  readonly waitsFor: string;
  readonly expiresAt: string;
  readonly answeredAt: string | null;
}

export type TurnDetail = Omit<TurnView, "finishedAt"> & {
  /** Null while it waits. */
  readonly finishedAt: string | null;
  /** Set while it waits; its state is then `waiting`. */
  readonly waiting: WaitingView | null;
};

export type FindTurn = (businessId: BusinessId, turnId: string) => Promise<TurnDetail | undefined>;

const NOTHING_YET = {
  state: "waiting",
  reason: null,
  error: null,
  finishedAt: null,
  model: null,
  inputTokens: null,
  outputTokens: null,
  costMicros: null,
  latencyMs: null,
  toolCalls: [],
  sources: [],
} as const;

export function createFindTurn({ database }: { readonly database: Database }): FindTurn {
  return async (businessId, turnId) => {
    const db = database.forBusiness(businessId);
    // Waiting first: a turn that ends between the two questions is found by the second one.
    const [waits] = await db.run(findWaitingTurn, [businessId, turnId]);
    if (waits !== undefined) {
      const { id, conversation_id: conversationId, covers_from: coversFrom, covers_to: coversTo, attempts, waits_for: waitsFor } = waits;
      const [startedAt, expiresAt] = [waits.asked_at.toISOString(), waits.expires_at.toISOString()];
      const responder = waitsFor === "answer" ? "webhook" : "model";
      const waiting = { waitsFor, expiresAt, answeredAt: waits.answered_at?.toISOString() ?? null };
      return { id, conversationId, coversFrom, coversTo, responder, attempts, startedAt, ...NOTHING_YET, waiting };
    }
    const [ended] = await db.run(findTurn, [businessId, turnId]);
    return ended === undefined ? undefined : { ...turnViewOf(ended), waiting: null };
  };
}
