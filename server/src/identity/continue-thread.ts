// Owns: how the lanes of a thread go on after a merge or a split, from what the lanes say that were locked for it. Refuses to know: which messages moved.
import type { Queryable, Row } from "../db/query.ts";
import { continueLanes, type lockLanes } from "./merge.queries.ts";

export type LockedLane = Row<typeof lockLanes>;

export interface Continuation {
  readonly conversationId: string;
  /** All that are locked, also those of the other thread: their fences are left behind, and their times hold on. */
  readonly lanes: readonly LockedLane[];
  /** The last position that the reply lane has dealt with. */
  readonly replyDone: number;
  /** The last position that the send lane was asked for; 0 when it never was. */
  readonly sendWanted: number;
  /** Messages that came just now have still to be put into a session. */
  readonly opensSession: boolean;
}

/** Above every fence that anybody holds. */
export const fenceBeyond = (lanes: readonly LockedLane[]): number => lanes.reduce((sum, lane) => sum + lane.fence, 1);

export function laneOf(lanes: readonly LockedLane[], conversationId: string, kind: string): LockedLane | undefined {
  return lanes.find((lane) => lane.conversation_id === conversationId && lane.kind === kind);
}

export const isSessionWanted = (lanes: readonly LockedLane[]): boolean =>
  lanes.some(({ kind, wanted, done }) => kind === "session" && wanted > done);

/** Nothing is done where neither thread had a lane. */
export async function continueThread(tx: Queryable, continuation: Continuation): Promise<void> {
  const { conversationId, lanes, replyDone, sendWanted, opensSession } = continuation;
  if (lanes.length === 0) return;
  const firstAt = new Date(Math.min(...lanes.map((lane) => lane.first_at.getTime())));
  const lastAt = new Date(Math.max(...lanes.map((lane) => lane.last_at.getTime())));
  await tx.run(continueLanes, { conversationId, replyDone, sendWanted, firstAt, lastAt, fence: fenceBeyond(lanes), opensSession });
}
