// Owns: everything that is known when a turn begins: its conversation, the thread, the settings, and whether it has been waiting for somebody outside.
// Turns of a business that begin at the same time are loaded together. Refuses to know: what comes of it.
import { createBusinessBatcher } from "../db/business-batcher.ts";
import type { Database } from "../db/database.ts";
import type { Row } from "../db/query.ts";
import { newId, type TurnId } from "../kernel/ids.ts";
import type { ClaimedLane } from "../lanes/lane-store.ts";
import type { ReplySettings } from "../settings/reply-settings.ts";
import type { ReplySettingsStore } from "../settings/reply-settings-store.ts";
import { maySupersede } from "./may-supersede.ts";
import { readThread, type RecentMessage, type Thread } from "./read-thread.ts";
import { loadRecentMessages, loadReplyState } from "./replies.queries.ts";
import { readWaitingTurn, type WaitingTurn } from "./waiting-turn.ts";

export type ReplyState = Row<typeof loadReplyState>;

/** What the words of an ending depend on. */
export interface Circumstances {
  readonly state: ReplyState;
  readonly thread: Thread;
  readonly settings: ReplySettings;
}

export interface TurnInProgress extends Circumstances {
  readonly id: TurnId;
  readonly lane: ClaimedLane;
  /** What the thread was read from. */
  readonly rows: readonly RecentMessage[];
  readonly waiting: WaitingTurn | undefined;
  /** Superseded so often already that this one answers, whatever comes. */
  readonly final: boolean;
}

/** Throws when there is no such conversation. */
export type LoadTurn = (lane: ClaimedLane) => Promise<TurnInProgress>;

interface LoadedThread {
  readonly state: ReplyState | undefined;
  readonly rows: readonly RecentMessage[];
}

export function createLoadTurn({ database, settings }: LoadTurnDeps): LoadTurn {
  const loadThread = createBusinessBatcher<ClaimedLane, LoadedThread>({
    slots: 2,
    async run(businessId, lanes) {
      const db = database.forBusiness(businessId);
      const states = await db.run(loadReplyState, { conversationIds: lanes.map((lane) => lane.conversationId) });
      const stateOf = new Map(states.map((row) => [row.conversation_id, row]));
      const threads = lanes.map(({ conversationId, wanted }) => ({
        conversationId,
        upTo: wanted,
        answeredTo: stateOf.get(conversationId)?.answered_to ?? 0,
      }));
      const messages = await db.run(loadRecentMessages, { threads });
      const rowsOf = Map.groupBy(messages, (row) => row.conversation_id);
      return lanes.map((lane) => ({ state: stateOf.get(lane.conversationId), rows: rowsOf.get(lane.conversationId) ?? [] }));
    },
  });
  return async (lane) => {
    const [{ state, rows }, found] = await Promise.all([loadThread(lane.businessId, lane), settings.find(lane.businessId)]);
    if (state === undefined) throw new Error("the conversation of this lane does not exist");
    const waiting = readWaitingTurn(state, lane);
    return {
      id: waiting?.id ?? newId<TurnId>(),
      lane,
      state,
      rows,
      thread: readThread(rows, state.answered_to),
      settings: found,
      waiting,
      final: !maySupersede(state.superseded_since),
    };
  };
}

export interface LoadTurnDeps {
  readonly database: Database;
  readonly settings: Pick<ReplySettingsStore, "find">;
}
