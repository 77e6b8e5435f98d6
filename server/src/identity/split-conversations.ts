// Owns: taking a merge apart again: what came from the loser goes back to it, at the positions that it had. Refuses to know: whose messages
// came since; they stay where they were put.
import type { Database } from "../db/database.ts";
import type { Queryable, Row } from "../db/query.ts";
import { newId, type BusinessId } from "../kernel/ids.ts";
import type { Log } from "../kernel/log.ts";
import { continueThread, fenceBeyond, isSessionWanted, laneOf, type LockedLane } from "./continue-thread.ts";
import { lockConversations } from "./identity.queries.ts";
import { returnEntryWindows } from "./entry-window.queries.ts";
import { deferTurnChain, endWaitingTurns, lockLanes, readAnsweredTo } from "./merge.queries.ts";
import {
  addSplitTurn,
  announceSplit,
  countMergedPart,
  endMerge,
  findMerge,
  findNewerMerge,
  releaseConversation,
  returnAliases,
  returnMessages,
  returnSessions,
  returnTombstones,
  returnTurns,
  reviveConversation,
} from "./split.queries.ts";
import { endStandby, returnThreadOwners } from "./thread-owner.queries.ts";
import { returnCalls } from "./tool-calls.queries.ts";

export interface MovedParts {
  readonly messages: number;
  readonly turns: number;
  readonly sessions: number;
  readonly aliases: number;
}

export type SplitOutcome =
  | {
      readonly outcome: "planned" | "split";
      readonly winnerId: string;
      readonly loserId: string;
      readonly reason: string;
      readonly moves: MovedParts;
    }
  | { readonly outcome: "not_merged" }
  /** That one has to be split off first. */
  | { readonly outcome: "not_newest"; readonly newerId: string };

export interface SplitRequest {
  readonly businessId: BusinessId;
  /** The conversation that was merged away; or the winner, for its newest merge. */
  readonly conversationId: string;
  /** False: a dry run. */
  readonly execute: boolean;
}

export type SplitConversations = (request: SplitRequest) => Promise<SplitOutcome>;

type Merge = Row<typeof findMerge>;

/** All of it or nothing; doing it twice answers "not_merged" the second time. */
export function createSplitConversations(deps: { readonly database: Database; readonly log: Log }): SplitConversations {
  return async ({ businessId, conversationId, execute }) => {
    const result = await deps.database.forBusiness(businessId).transaction(async (tx): Promise<SplitOutcome> => {
      const [found] = await tx.run(findMerge, { conversationId });
      if (found === undefined) return { outcome: "not_merged" };
      if (execute) await tx.run(lockConversations, { conversationIds: [found.winner_id, found.loser_id] });
      // Again, under the locks: somebody else may have split it meanwhile, or merged more.
      const [merge] = await tx.run(findMerge, { conversationId: found.loser_id });
      if (merge?.id !== found.id) return { outcome: "not_merged" };
      const [newer] = await tx.run(findNewerMerge, { mergeId: merge.id });
      if (newer !== undefined) return { outcome: "not_newest", newerId: newer.loser_id };
      const [moves] = await tx.run(countMergedPart, { mergeId: merge.id });
      if (moves === undefined) return { outcome: "not_merged" };
      if (execute) {
        await takeApart(tx, merge);
        await tx.run(announceSplit, { conversationId: merge.winner_id });
      }
      return { outcome: execute ? "split" : "planned", winnerId: merge.winner_id, loserId: merge.loser_id, reason: merge.reason, moves };
    });
    if (result.outcome === "split") {
      deps.log.info({ businessId, winnerId: result.winnerId, loserId: result.loserId, reason: result.reason }, "conversation.split");
    }
    return result;
  };
}

async function takeApart(tx: Queryable, merge: Merge): Promise<void> {
  const { winner_id: winnerId, loser_id: loserId } = merge;
  const lanes = await tx.run(lockLanes, { conversationIds: [winnerId, loserId] });
  const { winner_done: winnerDone, winner_last: winnerLast, loser_done: loserDone, loser_last: loserLast } = merge;
  const done = laneOf(lanes, winnerId, "reply")?.done ?? 0;
  const [answered] = await tx.run(readAnsweredTo, { conversationIds: [winnerId] });
  // How much of what waited at the loser was answered in the joint thread; the rest waits for its answer at the loser again.
  const dealtWith = Math.min(Math.max((answered?.answered_to ?? 0) - winnerLast - loserDone, 0), loserLast - loserDone);

  await tx.run(returnCalls, { winnerId, loserId, winnerDone, loserDone, mergeId: merge.id });
  await tx.run(deferTurnChain, {});
  const [turns] = await tx.run(returnTurns, { winnerId, loserId, winnerDone, loserDone });
  if (loserDone > 0) {
    const range = { coversFrom: winnerDone + 1, coversTo: winnerDone + loserDone };
    await tx.run(addSplitTurn, { id: newId(), conversationId: winnerId, ...range, fence: turns?.fence ?? 0 });
  }
  if (dealtWith > 0) {
    const range = { coversFrom: loserDone + 1, coversTo: loserDone + dealtWith };
    await tx.run(addSplitTurn, { id: newId(), conversationId: loserId, ...range, fence: fenceBeyond(lanes) });
  }
  await tx.run(returnMessages, { winnerId, loserId, winnerDone, winnerLast, loserDone, loserLast });
  await tx.run(returnSessions, { winnerId, loserId, winnerDone, winnerLast, loserDone, loserLast });
  await tx.run(returnAliases, { mergeId: merge.id });
  await tx.run(reviveConversation, { winnerId, loserId });
  await tx.run(releaseConversation, { winnerId, loserId, mergeId: merge.id });
  await tx.execute(returnThreadOwners, { winnerId, loserId, mergeId: merge.id });
  await tx.execute(endStandby, { conversationIds: [winnerId, loserId] });
  await tx.run(endWaitingTurns, { conversationIds: [winnerId, loserId] });
  await tx.execute(returnEntryWindows, { winnerId, loserId, mergeId: merge.id });
  await tx.run(endMerge, { mergeId: merge.id });
  await tx.run(returnTombstones, { conversationId: loserId });
  await continueBoth(tx, { merge, lanes, done, loserDone: loserDone + dealtWith });
}

interface SplitThreads {
  readonly merge: Merge;
  readonly lanes: readonly LockedLane[];
  readonly done: number;
  readonly loserDone: number;
}

async function continueBoth(tx: Queryable, { merge, lanes, done, loserDone }: SplitThreads): Promise<void> {
  const { winner_id: winnerId, loser_id: loserId } = merge;
  const opensSession = isSessionWanted(lanes.filter((lane) => lane.conversation_id === winnerId));
  const sent = laneOf(lanes, winnerId, "send")?.wanted ?? 0;
  const loserSent = laneOf(lanes, loserId, "send") === undefined ? 0 : merge.loser_last;
  await continueThread(tx, { conversationId: winnerId, lanes, replyDone: done, sendWanted: sent, opensSession });
  await continueThread(tx, { conversationId: loserId, lanes, replyDone: loserDone, sendWanted: loserSent, opensSession: false });
}
