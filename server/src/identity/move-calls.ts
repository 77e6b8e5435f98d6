// Owns: that recorded calls of tools follow their burst through a merge: a burst that is asked again finds what both sides have called already, and
// what waits for a person still waits for them. Refuses to know: what the calls do.
import type { Queryable } from "../db/query.ts";
import { readAnsweredTo } from "./merge.queries.ts";
import { moveCallsToWinner, settleTwinCalls, shiftOpenCalls } from "./tool-calls.queries.ts";

/** For the record of the merge: a split gives back what the loser had. */
export interface MovedCalls {
  /** The position of the joint burst. */
  readonly answeredTo: number;
  /** Those of it that the loser had made. */
  readonly ids: readonly string[];
}

export interface MoveCallsRequest {
  readonly winnerId: string;
  readonly loserId: string;
  /** Behind how many positions of the winner the answered part of the loser goes. */
  readonly winnerDone: number;
}

/** Runs before the loser's turns move. */
export async function moveCalls(tx: Queryable, { winnerId, loserId, winnerDone }: MoveCallsRequest): Promise<MovedCalls> {
  const answered = await tx.run(readAnsweredTo, { conversationIds: [winnerId, loserId] });
  const answeredTo = (id: string): number => answered.find((row) => row.conversation_id === id)?.answered_to ?? 0;
  const [winnerAnsweredTo, loserAnsweredTo] = [answeredTo(winnerId), answeredTo(loserId)];
  const jointAnsweredTo = loserAnsweredTo > 0 ? winnerDone + loserAnsweredTo : winnerAnsweredTo;
  await tx.run(settleTwinCalls, { winnerId, loserId, winnerAnsweredTo, loserAnsweredTo });
  await tx.run(shiftOpenCalls, { winnerId, winnerAnsweredTo, jointAnsweredTo });
  const moved = await tx.run(moveCallsToWinner, { loserId, winnerId, loserAnsweredTo, jointAnsweredTo, winnerDone });
  return { answeredTo: jointAnsweredTo, ids: moved.filter(({ is_open }) => is_open).map(({ id }) => id) };
}
