// Owns: one turn as the API shows it, the ones that still wait for somebody outside included.
import { z } from "zod";
import { findTurn } from "../conversations/turn-reads.queries.ts";
import { turnSchema, turnViewOf } from "../conversations/turn-view.ts";
import type { Database } from "../db/database.ts";
import type { BusinessId } from "../kernel/ids.ts";
import { instant, isoOf } from "../kernel/shapes.ts";
import { findWaitingTurn } from "./answer-turn.queries.ts";

export const turnDetailSchema = turnSchema
  .extend({
    state: z.string().describe("waiting, or as it ended: replied, superseded, handed_off, skipped or failed."),
    finishedAt: instant.nullable().describe("Null while it waits."),
    waiting: z
      .object({
        waitsFor: z.string().describe("answer: of the business's agent. approval: of a tool call, by a person."),
        expiresAt: instant,
        answeredAt: instant.nullable(),
      })
      .nullable()
      .describe("Set while the turn waits for somebody outside."),
  })
  .meta({ id: "TurnDetail" });

export type TurnDetail = Readonly<z.output<typeof turnDetailSchema>>;

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
  pictures: null,
} as const;

export function createFindTurn({ database }: { readonly database: Database }): FindTurn {
  return async (businessId, turnId) => {
    const db = database.forBusiness(businessId);
    // Waiting first: a turn that ends between the two questions is found by the second one.
    const [waits] = await db.run(findWaitingTurn, { turnId });
    if (waits !== undefined) {
      const { id, conversation_id: conversationId, covers_from: coversFrom, covers_to: coversTo, attempts, waits_for: waitsFor } = waits;
      const [startedAt, expiresAt] = [waits.asked_at.toISOString(), waits.expires_at.toISOString()];
      const responder = waitsFor === "answer" ? "webhook" : "model";
      const waiting = { waitsFor, expiresAt, answeredAt: isoOf(waits.answered_at) };
      return { id, conversationId, coversFrom, coversTo, responder, attempts, startedAt, ...NOTHING_YET, waiting };
    }
    const [ended] = await db.run(findTurn, { turnId });
    return ended === undefined ? undefined : { ...turnViewOf(ended), waiting: null };
  };
}
