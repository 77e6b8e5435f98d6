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
import { loadTurns, type ThreadRow } from "./replies.queries.ts";
import { readWaitingTurn, type WaitingTurn } from "./waiting-turn.ts";

export type ReplyState = Omit<Row<typeof loadTurns>, "messages">;

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

/** As `jsonb_agg` of the statement writes them. */
const messagesOf = ({ messages }: Row<typeof loadTurns>): readonly RecentMessage[] =>
  ((messages ?? []) as unknown as readonly ThreadRow[]).map((message) => ({ ...message, sent_at: new Date(message.sent_at) }));

export function createLoadTurn({ database, settings }: LoadTurnDeps): LoadTurn {
  const load = createBusinessBatcher<ClaimedLane, Row<typeof loadTurns> | undefined>({
    slots: 2,
    async run(businessId, lanes) {
      const found = await database
        .forBusiness(businessId)
        .run(loadTurns, { lanes: lanes.map(({ conversationId, wanted }) => ({ conversationId, wanted })) });
      const byConversation = new Map(found.map((row) => [row.conversation_id, row]));
      return lanes.map(({ conversationId }) => byConversation.get(conversationId));
    },
  });
  return async (lane) => {
    const [state, found] = await Promise.all([load(lane.businessId, lane), settings.find(lane.businessId)]);
    if (state === undefined) throw new Error("the conversation of this lane does not exist");
    const rows = messagesOf(state);
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
