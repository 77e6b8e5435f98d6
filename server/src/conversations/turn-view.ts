// Owns: a turn as the API shows it.
import type { RowOf } from "../db/query.ts";
import type { listTurns } from "./conversation-reads.queries.ts";

export interface TurnView {
  readonly id: string;
  readonly conversationId: string;
  readonly coversFrom: number;
  readonly coversTo: number;
  readonly state: string;
  readonly reason: string | null;
  readonly responder: string | null;
  readonly attempts: number;
  readonly error: string | null;
  readonly startedAt: string;
  readonly finishedAt: string;
}

export function turnViewOf(row: RowOf<typeof listTurns.columns>): TurnView {
  return {
    id: row.id,
    conversationId: row.conversation_id,
    coversFrom: row.covers_from,
    coversTo: row.covers_to,
    state: row.state,
    reason: row.reason,
    responder: row.responder,
    attempts: row.attempts,
    error: row.error,
    startedAt: row.started_at.toISOString(),
    finishedAt: row.finished_at.toISOString(),
  };
}
