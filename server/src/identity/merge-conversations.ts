// Owns: making one thread of two, inside the transaction of the caller, who has locked both conversations in the order of their keys.
// The order of positions afterwards: what the winner has answered, what the loser's lane has dealt with, the rest of the winner, the rest of the
// loser. So the ranges of the turns stay contiguous, and what was superseded at the end of either comes after everything that is answered: it
// is part of the next burst. Threads are shown by time anyway.
import type { Queryable } from "../db/query.ts";
import { endStandby, mergeThreadOwners } from "./thread-owner.queries.ts";
import { mergeThreadRequests } from "./thread-request.queries.ts";
import { newId } from "../kernel/ids.ts";
import type { JsonObject } from "../kernel/json.ts";
import { continueThread, isSessionWanted, laneOf } from "./continue-thread.ts";
import {
  buryConversation,
  closeLanes,
  deferTurnChain,
  endSessions,
  endWaitingTurns,
  joinConversations,
  lockLanes,
  moveAliases,
  moveMessages,
  moveSessions,
  moveTurns,
  readAnsweredTo,
  readStateBeforeMerge,
  recordMerge,
  reopenLastSession,
  shiftMessages,
  shiftSessions,
  shiftTurns,
  mergeCustomerFacts,
} from "./merge.queries.ts";
import { mergeEntryWindows } from "./entry-window.queries.ts";
import { moveCalls } from "./move-calls.ts";

export type MergeReason = "payload" | "change_event" | "lead" | "provider_confirmed" | "by_hand";

export interface MergeRequest {
  readonly winner: { readonly id: string; readonly lastSeq: number };
  readonly loser: { readonly id: string; readonly lastSeq: number };
  readonly reason: MergeReason;
  /** Which payload or whose order proved it; for the audit. */
  readonly proof: JsonObject;
}

/** The longer thread stays: its messages are the ones that need not move. */
export function byLength(a: ThreadLength, b: ThreadLength): number {
  return b.last_seq - a.last_seq || (a.id < b.id ? -1 : 1);
}

interface ThreadLength {
  readonly id: string;
  readonly last_seq: number;
}

/** Far beyond every position that a thread can reach. */
const OUT_OF_THE_WAY = 1_000_000_000_000;

/** Messages, sessions, turns, lanes, aliases and state of `loser` go on in `winner`; the loser stays as a tombstone. */
export async function mergeConversations(tx: Queryable, { winner, loser, reason, proof }: MergeRequest): Promise<void> {
  const [winnerId, loserId, winnerLast, loserLast] = [winner.id, loser.id, winner.lastSeq, loser.lastSeq];
  const conversationIds = [winnerId, loserId];
  const lanes = await tx.run(lockLanes, { conversationIds });
  const answered = await tx.run(readAnsweredTo, { conversationIds: [winnerId] });
  const winnerDone = answered[0]?.answered_to ?? 0;
  const loserDone = laneOf(lanes, loserId, "reply")?.done ?? 0;
  const fenceOf = (id: string) => laneOf(lanes, id, "reply")?.fence ?? 0;

  const [before] = await tx.run(readStateBeforeMerge, { conversationId: winnerId });

  await tx.run(deferTurnChain, {});
  const sessions = [
    ...(await tx.run(endSessions, { conversationId: winnerId, done: winnerDone, last: winnerLast })),
    ...(await tx.run(endSessions, { conversationId: loserId, done: loserDone, last: loserLast })),
  ];
  const fence = fenceOf(winnerId) + fenceOf(loserId);
  if (loserDone > 0) await makeRoom(tx, { winnerId, after: winnerDone, places: loserDone, fence });
  await tx.run(moveMessages, { winnerId, loserId, winnerDone, winnerLast, loserDone });
  const calls = await moveCalls(tx, { winnerId, loserId, winnerDone });
  await tx.run(moveTurns, { winnerId, loserId, winnerDone, winnerFence: fenceOf(winnerId) });
  await tx.run(moveSessions, { winnerId, loserId, winnerDone, winnerLast, loserDone });
  if (sessions.some(({ was_open }) => was_open)) await tx.run(reopenLastSession, { conversationId: winnerId });

  await tx.run(endWaitingTurns, { conversationIds });
  await tx.run(closeLanes, { conversationId: loserId });
  await tx.run(joinConversations, { winnerId, loserId });
  await continueThread(tx, {
    conversationId: winnerId,
    lanes,
    replyDone: (laneOf(lanes, winnerId, "reply")?.done ?? 0) + loserDone,
    sendWanted: lanes.some(({ kind }) => kind === "send") ? winnerLast + loserLast : 0,
    opensSession: isSessionWanted(lanes),
  });
  await tx.run(mergeCustomerFacts, { winnerId, loserId });
  await tx.run(mergeThreadOwners, { winnerId, loserId });
  await tx.run(mergeThreadRequests, { winnerId, loserId });
  // The joint thread may be ours by the newer word, and the pause that of the other.
  await tx.execute(endStandby, { conversationIds: [winnerId] });
  await tx.run(mergeEntryWindows, { winnerId, loserId });
  const aliases = await tx.run(moveAliases, { winnerId, loserId });
  await tx.run(buryConversation, { winnerId, loserId });
  const kept = { aliases: aliases.map(({ kind, value }) => ({ kind, value })), winner: before?.state ?? {}, calls };
  const evidence = JSON.stringify({ ...proof, ...kept });
  const places = { winnerDone, winnerLast, loserDone, loserLast };
  await tx.run(recordMerge, { id: newId(), winnerId, loserId, reason, proof: evidence, ...places });
}

interface Room {
  readonly winnerId: string;
  readonly after: number;
  readonly places: number;
  /** Of the turns that move on: not below those that come before them now. */
  readonly fence: number;
}

/** What the winner has beyond its answered part moves `places` further on. */
async function makeRoom(tx: Queryable, { winnerId, after, places, fence }: Room): Promise<void> {
  for (const shift of [
    { after, places: OUT_OF_THE_WAY },
    { after: OUT_OF_THE_WAY, places: places - OUT_OF_THE_WAY },
  ]) {
    await tx.run(shiftMessages, { conversationId: winnerId, ...shift });
    await tx.run(shiftSessions, { conversationId: winnerId, ...shift });
    await tx.run(shiftTurns, { conversationId: winnerId, ...shift, fence });
  }
}
