// Owns: writing the end of a turn: gathered into one statement per business, and written without its event when only the outbox refuses it.
import { createBusinessBatcher, type BusinessBatcher } from "../db/business-batcher.ts";
import { classifyDatabaseError } from "../db/classify-error.ts";
import type { Database } from "../db/database.ts";
import type { RowOf } from "../db/query.ts";
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
export type EndTurn = BusinessBatcher<TurnEnd, RowOf<typeof commitTurns.columns> | undefined>;
export type ParkTurn = BusinessBatcher<TurnPark, RowOf<typeof parkTurns.columns> | undefined>;

/** Statements at once: one that waits for the row of a long merge must not hold up everybody else. */
const SLOTS = 4;

const json = (value: unknown): string | null => (value === undefined ? null : JSON.stringify(value));

function parametersOf(businessId: BusinessId, ends: readonly TurnEnd[], tells: boolean): readonly unknown[] {
  const works = ends.map(({ ending }) => ending.work);
  return [
    businessId,
    ends.map(({ lane }) => lane.conversationId),
    ends.map(({ lane }) => lane.fence),
    ends.map(({ turnId }) => turnId),
    ends.map(({ lane }) => lane.done + 1),
    ends.map(({ coversTo }) => coversTo),
    ends.map(({ ending }) => ending.state),
    ends.map(({ ending }) => ending.reason),
    ends.map(({ ending }) => ending.responder ?? null),
    ends.map(({ final }) => final),
    ends.map(({ ending }) => (ending.texts.length === 0 ? null : json(ending.texts.map((text) => ({ id: newId<MessageId>(), text }))))),
    ends.map(({ ending }) => ending.error?.slice(0, 1_000) ?? null),
    ends.map(({ lane }) => lane.attempts + 1),
    works.map((work) => work?.model ?? null),
    works.map((work) => work?.inputTokens ?? null),
    works.map((work) => work?.outputTokens ?? (work?.inputTokens === undefined ? null : 0)),
    works.map((work) => (work?.costMicros === undefined ? null : Math.round(work.costMicros))),
    ends.map(({ begunAt }) => Math.round(performance.now() - begunAt)),
    works.map((work) => json(work?.toolCalls)),
    works.map((work) => json(work?.sources)),
    ends.map(() => newId()),
    ends.map(() => tells),
  ];
}

export function createEndTurn(deps: { readonly database: Database; readonly log: Log }): EndTurn {
  async function write(businessId: BusinessId, ends: readonly TurnEnd[]): Promise<readonly RowOf<typeof commitTurns.columns>[]> {
    const db = deps.database.forBusiness(businessId);
    try {
      return await db.run(commitTurns, parametersOf(businessId, ends, true));
    } catch (error) {
      // Several together come again one by one (business-batcher.ts); what is refused of one alone may be its event, which is not worth a silence.
      if (ends.length > 1 || classifyDatabaseError(error) !== "data") throw error;
      const rows = await db.run(commitTurns, parametersOf(businessId, ends, false));
      deps.log.error({ conversationId: ends[0]?.lane.conversationId, error: messageOf(error) }, "turn.event-lost");
      return rows;
    }
  }

  return createBusinessBatcher<TurnEnd, RowOf<typeof commitTurns.columns> | undefined>({
    slots: SLOTS,
    async run(businessId, ends) {
      const byConversation = new Map((await write(businessId, ends)).map((row) => [row.conversation_id, row]));
      return ends.map(({ lane }) => byConversation.get(lane.conversationId));
    },
  });
}

export function createParkTurn(deps: { readonly database: Database }): ParkTurn {
  return createBusinessBatcher<TurnPark, RowOf<typeof parkTurns.columns> | undefined>({
    slots: SLOTS,
    async run(businessId, parks) {
      const db = deps.database.forBusiness(businessId);
      const rows = await db.run(parkTurns, [
        businessId,
        parks.map(({ lane }) => lane.conversationId),
        parks.map(({ lane }) => lane.fence),
        parks.map(({ turnId }) => turnId),
        parks.map(({ coversTo }) => coversTo),
        parks.map(({ answeredTo }) => answeredTo),
        parks.map(({ waitsFor }) => waitsFor),
        parks.map(({ final }) => final),
        parks.map(({ waitMs }) => waitMs),
        parks.map(({ work }) => json(work)),
      ]);
      const forApproval = parks.filter(({ waitsFor }) => waitsFor === "approval").map(({ lane }) => lane.conversationId);
      const decided = new Set(
        forApproval.length === 0 ? [] : (await db.run(wakeDecidedTurns, [businessId, forApproval])).map((row) => row.conversation_id),
      );
      const byConversation = new Map(
        rows.map((row) => [row.conversation_id, { ...row, due: row.due || decided.has(row.conversation_id) }]),
      );
      return parks.map(({ lane }) => byConversation.get(lane.conversationId));
    },
  });
}
