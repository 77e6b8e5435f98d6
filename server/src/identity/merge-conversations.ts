// Owns: making one thread of two, inside the transaction of the caller, who has locked both conversations in the order of their keys.
// The order of positions afterwards: what the winner has answered, what the loser's lane has dealt with, the rest of the winner, the rest of the
// loser. So the ranges of the turns stay contiguous, and what was superseded at the end of either comes after everything that is answered: it
// is part of the next burst. Threads are shown by time anyway.
import type { Queryable } from "../db/query.ts";
import { newId, type BusinessId } from "../kernel/ids.ts";
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
} from "./identity.queries.ts";
import { moveCalls } from "./move-calls.ts";

export type MergeReason = "payload" | "change_event" | "lead" | "provider_confirmed" | "by_hand";

export interface MergeRequest {
  readonly businessId: BusinessId;
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
export async function mergeConversations(tx: Queryable, { businessId, winner, loser, reason, proof }: MergeRequest): Promise<void> {
  const lanes = await tx.run(lockLanes, [businessId, [winner.id, loser.id]]);
  const answered = await tx.run(readAnsweredTo, { conversationIds: [winner.id] });
  const winnerDone = answered[0]?.answered_to ?? 0;
  const loserDone = laneOf(lanes, loser.id, "reply")?.done ?? 0;
  const fenceOf = (id: string) => laneOf(lanes, id, "reply")?.fence ?? 0;

  const [before] = await tx.run(readStateBeforeMerge, [businessId, winner.id]);

  await tx.run(deferTurnChain, []);
  const sessions = [
    ...(await tx.run(endSessions, [businessId, winner.id, winnerDone, winner.lastSeq])),
    ...(await tx.run(endSessions, [businessId, loser.id, loserDone, loser.lastSeq])),
  ];
  const fence = fenceOf(winner.id) + fenceOf(loser.id);
  if (loserDone > 0) await makeRoom(tx, { businessId, winnerId: winner.id, after: winnerDone, places: loserDone, fence });
  const places = [loserDone, winnerDone, winner.lastSeq] as const;
  await tx.run(moveMessages, [businessId, loser.id, winner.id, ...places]);
  const calls = await moveCalls(tx, { winnerId: winner.id, loserId: loser.id, winnerDone });
  await tx.run(moveTurns, [businessId, loser.id, winner.id, winnerDone, fenceOf(winner.id)]);
  await tx.run(moveSessions, [businessId, loser.id, winner.id, ...places]);
  if (sessions.some(({ was_open }) => was_open)) await tx.run(reopenLastSession, [businessId, winner.id]);

  await tx.run(endWaitingTurns, [businessId, [winner.id, loser.id]]);
  await tx.run(closeLanes, [businessId, loser.id]);
  await tx.run(joinConversations, [businessId, winner.id, loser.id]);
  await continueThread(tx, {
    businessId,
    conversationId: winner.id,
    lanes,
    done: (laneOf(lanes, winner.id, "reply")?.done ?? 0) + loserDone,
    sent: lanes.some(({ kind }) => kind === "send") ? winner.lastSeq + loser.lastSeq : 0,
    opensSession: isSessionWanted(lanes),
  });
  await tx.run(mergeCustomerFacts, [businessId, winner.id, loser.id]);
  const aliases = await tx.run(moveAliases, [businessId, winner.id, loser.id]);
  await tx.run(buryConversation, [businessId, winner.id, loser.id]);
  const kept = { aliases: aliases.map(({ kind, value }) => ({ kind, value })), winner: before?.state ?? {}, calls };
  const evidence = JSON.stringify({ ...proof, ...kept });
  const layout = [winnerDone, winner.lastSeq, loserDone, loser.lastSeq];
  await tx.run(recordMerge, [businessId, newId(), winner.id, loser.id, reason, evidence, ...layout]);
}

interface Room {
  readonly businessId: BusinessId;
  readonly winnerId: string;
  readonly after: number;
  readonly places: number;
  /** Of the turns that move on: not below those that come before them now. */
  readonly fence: number;
}

/** What the winner has beyond its answered part moves `places` further on. */
async function makeRoom(tx: Queryable, { businessId, winnerId, after, places, fence }: Room): Promise<void> {
  for (const [from, by] of [
    [after, OUT_OF_THE_WAY],
    [OUT_OF_THE_WAY, places - OUT_OF_THE_WAY],
  ]) {
    await tx.run(shiftMessages, [businessId, winnerId, from, by]);
    await tx.run(shiftSessions, [businessId, winnerId, from, by]);
    await tx.run(shiftTurns, [businessId, winnerId, from, by, fence]);
  }
}
