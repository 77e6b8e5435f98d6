// Owns: taking a merge apart again: what came from the loser goes back to it, at the positions that it had. Refuses to know: whose messages
// came since; they stay where they were put.
import type { Database } from "../db/database.ts";
import type { Queryable, RowOf } from "../db/query.ts";
import { newId, type BusinessId } from "../kernel/ids.ts";
import type { Log } from "../kernel/log.ts";
import { continueThread, fenceBeyond, isSessionWanted, laneOf, type LockedLane } from "./continue-thread.ts";
import { deferTurnChain, endWaitingTurns, lockConversations, lockLanes, readAnsweredTo } from "./identity.queries.ts";
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

type Merge = RowOf<typeof findMerge.columns>;

/** All of it or nothing; doing it twice answers "not_merged" the second time. */
export function createSplitConversations(deps: { readonly database: Database; readonly log: Log }): SplitConversations {
  return async ({ businessId, conversationId, execute }) => {
    const result = await deps.database.forBusiness(businessId).transaction(async (tx): Promise<SplitOutcome> => {
      const [found] = await tx.run(findMerge, [businessId, conversationId]);
      if (found === undefined) return { outcome: "not_merged" };
      if (execute) await tx.run(lockConversations, { conversationIds: [found.winner_id, found.loser_id] });
      // Again, under the locks: somebody else may have split it meanwhile, or merged more.
      const [merge] = await tx.run(findMerge, [businessId, found.loser_id]);
      if (merge?.id !== found.id) return { outcome: "not_merged" };
      const [newer] = await tx.run(findNewerMerge, [businessId, merge.id]);
      if (newer !== undefined) return { outcome: "not_newest", newerId: newer.loser_id };
      const [moves] = await tx.run(countMergedPart, [businessId, merge.id]);
      if (moves === undefined) return { outcome: "not_merged" };
      if (execute) {
        await takeApart(tx, businessId, merge);
        await tx.run(announceSplit, [businessId, merge.winner_id]);
      }
      return { outcome: execute ? "split" : "planned", winnerId: merge.winner_id, loserId: merge.loser_id, reason: merge.reason, moves };
    });
    if (result.outcome === "split") {
      deps.log.info({ businessId, winnerId: result.winnerId, loserId: result.loserId, reason: result.reason }, "conversation.split");
    }
    return result;
  };
}

async function takeApart(tx: Queryable, businessId: BusinessId, merge: Merge): Promise<void> {
  const { winner_id: winnerId, loser_id: loserId } = merge;
  const lanes = await tx.run(lockLanes, { conversationIds: [winnerId, loserId] });
  const places = [merge.winner_done, merge.winner_last, merge.loser_done, merge.loser_last] as const;
  const done = laneOf(lanes, winnerId, "reply")?.done ?? 0;
  const [answered] = await tx.run(readAnsweredTo, { conversationIds: [winnerId] });
  // How much of what waited at the loser was answered in the joint thread; the rest waits for its answer at the loser again.
  const dealtWith = Math.min(
    Math.max((answered?.answered_to ?? 0) - merge.winner_last - merge.loser_done, 0),
    merge.loser_last - merge.loser_done,
  );
  const loserDone = merge.loser_done + dealtWith;

  await tx.run(returnCalls, { winnerId, loserId, winnerDone: merge.winner_done, loserDone: merge.loser_done, mergeId: merge.id });
  await tx.run(deferTurnChain, {});
  const [turns] = await tx.run(returnTurns, [businessId, winnerId, loserId, merge.winner_done, merge.loser_done]);
  if (merge.loser_done > 0) {
    const range = [merge.winner_done + 1, merge.winner_done + merge.loser_done];
    await tx.run(addSplitTurn, [businessId, newId(), winnerId, ...range, turns?.fence ?? 0]);
  }
  if (dealtWith > 0) await tx.run(addSplitTurn, [businessId, newId(), loserId, merge.loser_done + 1, loserDone, fenceBeyond(lanes)]);
  await tx.run(returnMessages, [businessId, winnerId, loserId, ...places]);
  await tx.run(returnSessions, [businessId, winnerId, loserId, ...places]);
  await tx.run(returnAliases, [businessId, merge.id]);
  await tx.run(reviveConversation, [businessId, winnerId, loserId]);
  await tx.run(releaseConversation, [businessId, winnerId, loserId, merge.id]);
  await tx.run(endWaitingTurns, { conversationIds: [winnerId, loserId] });
  await tx.run(endMerge, [businessId, merge.id]);
  await tx.run(returnTombstones, [businessId, loserId]);
  await continueBoth(tx, { merge, lanes, done, loserDone });
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
