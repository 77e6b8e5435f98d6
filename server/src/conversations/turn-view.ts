// Owns: a turn as the API shows it.
import { z } from "zod";
import type { Row } from "../db/query.ts";
import type { JsonObject } from "../kernel/json.ts";
import { isArray, isObject, readInteger, readString } from "../kernel/read-json.ts";
import { instant, uuid } from "../kernel/shapes.ts";
import type { findTurn } from "./turn-reads.queries.ts";

export const turnState = z.string().describe("replied, superseded, handed_off, skipped or failed.");

export const turnSchema = z
  .object({
    id: uuid,
    conversationId: uuid,
    coversFrom: z.int(),
    coversTo: z.int(),
    state: turnState,
    reason: z.string().nullable().describe("Why it was handed off, skipped or failed. All reasons: docs/lifecycles/turn.md."),
    responder: z.string().nullable(),
    attempts: z.int(),
    error: z.string().nullable(),
    startedAt: instant,
    finishedAt: instant,
    model: z.string().nullable().describe("Which model answered; null where none was asked."),
    inputTokens: z.int().nullable(),
    outputTokens: z.int().nullable(),
    costMicros: z.int().nullable().describe("Millionths of the currency in which the business has entered its model's price."),
    latencyMs: z.int().nullable().describe("How long writing took, without waiting for the customer to finish."),
    toolCalls: z.array(z.object({ tool: z.string(), state: z.string(), ms: z.number().nullable() })).readonly(),
    sources: z
      .array(z.object({ id: z.string(), title: z.string() }))
      .readonly()
      .describe("The business's texts that the reply rests on."),
    pictures: z
      .object({ shown: z.int(), refused: z.boolean().describe("The model takes none: it was asked again, once, without.") })
      .nullable()
      .describe("How many pictures of the customer the model was shown; null: none."),
  })
  .meta({ id: "Turn" });

export type TurnView = Readonly<z.output<typeof turnSchema>>;

export function turnViewOf(row: Row<typeof findTurn>): TurnView {
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
    pictures: picturesOf(row.pictures),
    sources: objectsOf(row.sources).map((source) => ({ id: readString(source, "id") ?? "", title: readString(source, "title") ?? "" })),
  };
}

function picturesOf(column: JsonObject | null): TurnView["pictures"] {
  return column === null ? null : { shown: readInteger(column, "shown") ?? 0, refused: column["refused"] === true };
}

/** The columns hold arrays; a row of another shape shows nothing rather than breaking the list. */
function objectsOf(column: unknown): readonly JsonObject[] {
  return isArray(column) ? column.filter(isObject) : [];
}
