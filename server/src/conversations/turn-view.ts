// Owns: a turn as the API shows it.
import type { RowOf } from "../db/query.ts";
import type { JsonObject } from "../kernel/json.ts";
import { isArray, isObject, readString } from "../kernel/read-json.ts";
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
  /** What answered, as its provider names it; null where no model was asked. */
  readonly model: string | null;
  readonly inputTokens: number | null;
  readonly outputTokens: number | null;
  /** Millionths of the currency in which the business has entered its model's price. */
  readonly costMicros: number | null;
  /** How long writing took, without the debounce. */
  readonly latencyMs: number | null;
  readonly toolCalls: readonly TurnToolCallView[];
  /** The texts of the business that the reply rests on. */
  readonly sources: readonly { readonly id: string; readonly title: string }[];
}

export interface TurnToolCallView {
  readonly tool: string;
  readonly state: string;
  readonly ms: number | null;
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
    model: row.model,
    inputTokens: row.input_tokens,
    outputTokens: row.output_tokens,
    costMicros: row.cost_micros,
    latencyMs: row.latency_ms,
    toolCalls: objectsOf(row.tool_calls).map((call) => ({
      tool: readString(call, "tool") ?? "",
      state: readString(call, "state") ?? "",
      ms: typeof call["ms"] === "number" ? call["ms"] : null,
    })),
    sources: objectsOf(row.sources).map((source) => ({ id: readString(source, "id") ?? "", title: readString(source, "title") ?? "" })),
  };
}

/** The columns hold arrays; a row of another shape shows nothing rather than breaking the list. */
function objectsOf(column: unknown): readonly JsonObject[] {
  return isArray(column) ? column.filter(isObject) : [];
}
