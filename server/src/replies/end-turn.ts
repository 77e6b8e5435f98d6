// Owns: writing the end of a turn: gathered into one statement per business, and written without its event when only the outbox refuses it.
import { createBusinessBatcher, type BusinessBatcher } from "../db/business-batcher.ts";
import { classifyDatabaseError } from "../db/classify-error.ts";
import type { Database } from "../db/database.ts";
import type { ValuesOf } from "../db/parameters.ts";
import type { Row } from "../db/query.ts";
import { messageOf } from "../kernel/faults.ts";
import { newId, type BusinessId, type MessageId, type TurnId } from "../kernel/ids.ts";
import type { Log } from "../kernel/log.ts";
import type { ClaimedLane } from "../lanes/lane-store.ts";
import { commitTurns, parkTurns, wakeDecidedTurns } from "./replies.queries.ts";
import type { TurnWork } from "../answers/responder.ts";

export interface Ending {
  readonly state: "replied" | "handed_off" | "skipped" | "failed" | "superseded";
  readonly reason: string | null;
  /** One message each; none: nothing is said. */
  readonly texts: readonly string[];
  readonly error?: string;
  readonly responder?: string;
  readonly work?: TurnWork;
}

/** What a run comes to: the end of its turn up to `coversTo`, or waiting for somebody outside. */
export type TurnResult =
  | { readonly ending: Ending; readonly coversTo: number }
  | { readonly waitsFor: "answer" | "approval"; readonly waitMs: number; readonly coversTo: number; readonly work?: TurnWork };

export interface TurnEnd {
  readonly lane: ClaimedLane;
  readonly turnId: TurnId;
  readonly coversTo: number;
  readonly ending: Ending;
  /** A newer message does not supersede it any more. */
  readonly final: boolean;
  /** By `performance.now()`: how long it took is measured here, when it was is said by the database. */
  readonly begunAt: number;
}

export interface TurnPark {
  readonly lane: ClaimedLane;
  readonly turnId: TurnId;
  readonly coversTo: number;
  readonly answeredTo: number;
  readonly waitsFor: "answer" | "approval";
  readonly waitMs: number;
  readonly final: boolean;
  readonly work?: TurnWork;
}

/** Undefined: the lane is somebody else's by now, and nothing was written. */
export type EndTurn = BusinessBatcher<TurnEnd, Row<typeof commitTurns> | undefined>;
export type ParkTurn = BusinessBatcher<TurnPark, Row<typeof parkTurns> | undefined>;

/** Statements at once: one that waits for the row of a long merge must not hold up everybody else. */
const SLOTS = 4;

const json = (value: unknown): string | null => (value === undefined ? null : JSON.stringify(value));
const rounded = (value: number | undefined): number | undefined => (value === undefined ? undefined : Math.round(value));
const partsOf = (texts: readonly string[]): string | null =>
  texts.length === 0 ? null : JSON.stringify(texts.map((text) => ({ id: newId<MessageId>(), text })));

type EndRow = ValuesOf<typeof commitTurns.params>["ends"][number];

function rowOf({ lane, turnId, coversTo, ending, final, begunAt }: TurnEnd): EndRow {
  const { state, reason, texts, error, responder, work } = ending;
  const inputTokens = rounded(work?.inputTokens);
  return {
    conversationId: lane.conversationId,
    fence: lane.fence,
    turnId,
    coversFrom: lane.done + 1,
    coversTo,
    state,
    reason,
    responder,
    final,
    parts: partsOf(texts),
    error: error?.slice(0, 1_000),
    attempts: lane.attempts + 1,
    model: work?.model,
    inputTokens,
    outputTokens: rounded(work?.outputTokens) ?? (inputTokens === undefined ? undefined : 0),
    costMicros: rounded(work?.costMicros),
    latencyMs: Math.round(performance.now() - begunAt),
    toolCalls: json(work?.toolCalls),
    sources: json(work?.sources),
    eventId: newId(),
  };
}

export function createEndTurn(deps: { readonly database: Database; readonly log: Log }): EndTurn {
  async function write(businessId: BusinessId, ends: readonly TurnEnd[]): Promise<readonly Row<typeof commitTurns>[]> {
    const db = deps.database.forBusiness(businessId);
    try {
      return await db.run(commitTurns, { ends: ends.map(rowOf), withEvents: true });
    } catch (error) {
      // Several together come again one by one (business-batcher.ts); what is refused of one alone may be its event, which is not worth a silence.
      if (ends.length > 1 || classifyDatabaseError(error) !== "data") throw error;
      const rows = await db.run(commitTurns, { ends: ends.map(rowOf), withEvents: false });
      deps.log.error({ conversationId: ends[0]?.lane.conversationId, error: messageOf(error) }, "turn.event-lost");
      return rows;
    }
  }

  return createBusinessBatcher<TurnEnd, Row<typeof commitTurns> | undefined>({
    slots: SLOTS,
    async run(businessId, ends) {
      const byConversation = new Map((await write(businessId, ends)).map((row) => [row.conversation_id, row]));
      return ends.map(({ lane }) => byConversation.get(lane.conversationId));
    },
  });
}

export function createParkTurn(deps: { readonly database: Database }): ParkTurn {
  return createBusinessBatcher<TurnPark, Row<typeof parkTurns> | undefined>({
    slots: SLOTS,
    async run(businessId, parks) {
      const db = deps.database.forBusiness(businessId);
      const rows = await db.run(parkTurns, {
        parks: parks.map(({ lane, turnId, coversTo, answeredTo, waitsFor, final, waitMs, work }) => ({
          conversationId: lane.conversationId,
          fence: lane.fence,
          turnId,
          coversTo,
          answeredTo,
          waitsFor,
          final,
          waitMs,
          work: json(work),
        })),
      });
      const conversationIds = parks.filter(({ waitsFor }) => waitsFor === "approval").map(({ lane }) => lane.conversationId);
      const decided = new Set(
        conversationIds.length === 0 ? [] : (await db.run(wakeDecidedTurns, { conversationIds })).map((row) => row.conversation_id),
      );
      const byConversation = new Map(
        rows.map((row) => [row.conversation_id, { ...row, due: row.due || decided.has(row.conversation_id) }]),
      );
      return parks.map(({ lane }) => byConversation.get(lane.conversationId));
    },
  });
}
