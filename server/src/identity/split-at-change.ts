// Owns: ending a thread where its number changed hands, if it went on after that: what came since, from the number's next holder, becomes a thread of
// their own, with its turns, sessions and calls. Refuses to know: who the next holder is; they may be merged with somebody afterwards.
import type { Queryable, Row } from "../db/query.ts";
import { newId, type BusinessId } from "../kernel/ids.ts";
import { continueThread, fenceBeyond, isSessionWanted, laneOf } from "./continue-thread.ts";
import { keyOfLaterHolder } from "./identifier.ts";
import { returnEntryWindows } from "./entry-window.queries.ts";
import { insertConversation } from "./identity.queries.ts";
import { deferTurnChain, endWaitingTurns, lockLanes } from "./merge.queries.ts";
import { addFormerHolder, boundFormerTenure, boundTenure, takeNumber } from "./number-holders.queries.ts";
import { isRepeatedChange, justAfter, justBefore, type NumberChange, type Tenure } from "./number-holders.ts";
import {
  findLaterPart,
  moveLaterCalls,
  moveLaterMessages,
  moveLaterTenures,
  readKeptTurns,
  startAtLaterPart,
  stopAtChange,
} from "./split-at-change.queries.ts";
import { endStandby, shareThreadOwner } from "./thread-owner.queries.ts";
import { addSplitTurn, announceSplit, returnSessions, returnTurns, reviveConversation } from "./split.queries.ts";

/** A thread that holds a number beyond the second in which it changed hands. */
export interface Overrun {
  readonly conversationId: string;
  readonly number: string;
  /** From when on the number is somebody else's. */
  readonly since: Date;
  /** Until when the thread had it; null: until now. */
  readonly until: Date | null;
  /** False: somebody else has it after that. */
  readonly isCurrent: boolean;
}

export interface SplitOff {
  readonly winnerId: string;
  readonly loserId: string;
}

/** Whose threads may hold what the number's next holder wrote: who left a number then, and who had the number that was taken. */
export function listOverruns(numbers: ReadonlyMap<string, readonly Tenure[]>, change: NumberChange, at: Date): readonly Overrun[] {
  const left = change.left === undefined ? [] : (numbers.get(change.left) ?? []);
  const taken = numbers.get(change.taken) ?? [];
  if (isRepeatedChange(left, taken, at)) return [];
  const leaver = overrunOf(left, at);
  const former = overrunOf(taken, at);
  const overruns: Overrun[] = [];
  if (leaver !== undefined && change.left !== undefined) {
    overruns.push({ ...leaver, number: change.left, since: justAfter(at) });
  }
  if (former !== undefined && former.conversationId !== leaver?.conversationId && former.begunAt < at) {
    overruns.push({ ...former, number: change.taken, since: at });
  }
  return overruns;
}

const overrunOf = (tenures: readonly Tenure[], at: Date): Tenure | undefined =>
  tenures.find(({ since, until, begunAt }) => {
    return (since === null || since < at) && (until === null || until > at) && begunAt <= at;
  });

type Thread = Pick<Row<typeof findLaterPart>, "first_seq" | "last_seq">;

/** The caller has locked the conversation. Undefined: nobody wrote there since, or WhatsApp itself says who did. */
export async function splitAtChange(tx: Queryable, businessId: BusinessId, overrun: Overrun): Promise<SplitOff | undefined> {
  const { conversationId, number, since } = overrun;
  const [later] = await tx.run(findLaterPart, { conversationId, since });
  if (later === undefined) return undefined;
  const key = keyOfLaterHolder(businessId, number, since);
  const made = await begin(tx, { keys: [key, `${key}/${conversationId}`], since });
  if (made === undefined) return undefined;
  await moveLaterPart(tx, { from: conversationId, to: made.id, thread: later, since });
  await tx.run(moveLaterTenures, { fromId: conversationId, toId: made.id, since });
  await giveNumber(tx, { overrun, to: made.id });
  await tx.run(startAtLaterPart, { conversationId: made.id, lastSeq: later.last_seq - (later.first_seq - 1) });
  await tx.run(reviveConversation, { winnerId: conversationId, loserId: made.id });
  await tx.run(stopAtChange, { conversationId });
  await tx.execute(shareThreadOwner, { fromId: conversationId, toId: made.id, since });
  await tx.execute(endStandby, { conversationIds: [conversationId, made.id] });
  await tx.execute(returnEntryWindows, { winnerId: conversationId, loserId: made.id, mergeId: undefined });
  await tx.run(announceSplit, { conversationId });
  return { winnerId: conversationId, loserId: made.id };
}

/** A thread that was merged away keeps its key. */
async function begin(
  tx: Queryable,
  { keys, since }: { readonly keys: readonly string[]; readonly since: Date },
): Promise<{ readonly id: string } | undefined> {
  for (const key of keys) {
    const [made] = await tx.run(insertConversation, { id: newId(), canonicalKey: key, at: since });
    if (made !== undefined) return made;
  }
  return undefined;
}

interface Gift {
  readonly overrun: Overrun;
  readonly to: string;
}

/** From the second of the change on, for as long as the thread had it. */
async function giveNumber(tx: Queryable, { overrun: { number, since, until, isCurrent }, to }: Gift): Promise<void> {
  if (isCurrent) {
    await tx.run(takeNumber, { number, conversationId: to, since });
    if (until !== null) await tx.run(boundTenure, { number, since: null, until });
  } else if (until !== null) {
    await tx.run(boundFormerTenure, { number, heldUntil: until, since: null, until: justBefore(since) });
    await tx.run(addFormerHolder, { number, conversationId: to, since, until });
  }
}

interface Move {
  readonly from: string;
  readonly to: string;
  readonly thread: Thread;
  readonly since: Date;
}

/** Positions are kept: the later part begins with 1. A turn that answered both parts stays with the first. */
async function moveLaterPart(tx: Queryable, { from, to, thread, since }: Move): Promise<void> {
  const before = thread.first_seq - 1;
  const length = thread.last_seq - before;
  const lanes = await tx.run(lockLanes, { conversationIds: [from] });
  const done = laneOf(lanes, from, "reply")?.done ?? 0;
  const doneThere = Math.max(0, done - before);

  await tx.run(moveLaterCalls, { fromId: from, toId: to, before });
  await tx.run(deferTurnChain, {});
  await tx.run(returnTurns, { winnerId: from, loserId: to, winnerDone: before, loserDone: length });
  await tx.run(moveLaterMessages, { fromId: from, toId: to, before, since });
  const places = { winnerDone: before, winnerLast: before, loserDone: length, loserLast: length };
  await tx.run(returnSessions, { winnerId: from, loserId: to, ...places });
  const [kept] = await tx.run(readKeptTurns, { fromId: from, toId: to });
  const keptTo = kept?.kept_to ?? 0;
  const movedFrom = kept?.moved_from ?? doneThere + 1;
  if (keptTo < done) {
    const range = { coversFrom: keptTo + 1, coversTo: done };
    await tx.run(addSplitTurn, { id: newId(), conversationId: from, ...range, fence: fenceBeyond(lanes) });
  }
  if (movedFrom > 1) await tx.run(addSplitTurn, { id: newId(), conversationId: to, coversFrom: 1, coversTo: movedFrom - 1, fence: 0 });
  await tx.run(endWaitingTurns, { conversationIds: [from, to] });
  const sent = laneOf(lanes, from, "send");
  const opensSession = isSessionWanted(lanes);
  await continueThread(tx, { conversationId: from, lanes, replyDone: done, sendWanted: sent?.wanted ?? 0, opensSession });
  const sentThere = sent === undefined ? 0 : length;
  await continueThread(tx, { conversationId: to, lanes, replyDone: doneThere, sendWanted: sentThere, opensSession: true });
}
