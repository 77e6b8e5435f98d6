// Owns: positions for adopted messages, and the turn that says they need no answer. Runs under the row locks of their threads.
import type { Queryable } from "../db/query.ts";
import { newId, type BusinessId, type TurnId } from "../kernel/ids.ts";
import { coverAdopted, insertAdoptedMessages, lockReplyLanes, moveThreads } from "./adopt.queries.ts";
import type { Candidate } from "./known-messages.ts";
import { StaleBatch, type PersonThread } from "./person-thread.ts";

export interface PlacedCandidate extends Candidate {
  readonly thread: PersonThread;
}

export interface ReplyLane {
  readonly done: number;
  readonly fence: number;
  /** It has work: a worker may be writing the reply at this moment. */
  readonly isBusy: boolean;
  readonly adoptedTurnId: string | null;
}

export async function lockLanesOfThreads(
  tx: Queryable,
  businessId: BusinessId,
  threadIds: readonly string[],
): Promise<ReadonlyMap<string, ReplyLane>> {
  const rows = await tx.run(lockReplyLanes, [businessId, threadIds]);
  return new Map(
    rows.map((row) => [
      row.conversation_id,
      { done: row.done, fence: row.fence, isBusy: row.wanted > row.done, adoptedTurnId: row.adopted_turn_id },
    ]),
  );
}

interface Positioned extends PlacedCandidate {
  readonly seq: number;
}

/** In the order given, each thread's from its last position on. */
function positionsOf(placed: readonly PlacedCandidate[]): readonly Positioned[] {
  const last = new Map<string, number>();
  return placed.map((candidate) => {
    const seq = (last.get(candidate.thread.id) ?? candidate.thread.lastSeq) + 1;
    last.set(candidate.thread.id, seq);
    return { ...candidate, seq };
  });
}

/** Throws StaleBatch when one of them was stored by somebody else since the look-up: the batch looks again. */
export async function insertMessages(tx: Queryable, businessId: BusinessId, placed: readonly PlacedCandidate[]): Promise<void> {
  if (placed.length === 0) return;
  const rows = positionsOf(placed);
  const inserted = await tx.run(insertAdoptedMessages, [
    businessId,
    rows.map(({ id }) => id),
    rows.map(({ thread }) => thread.id),
    rows.map(({ seq }) => seq),
    rows.map(({ channelId }) => channelId),
    rows.map(({ message }) => message.direction),
    rows.map(({ message }) => message.author),
    rows.map(({ message }) => message.providerMessageId),
    rows.map(({ message }) => message.type),
    rows.map(({ message }) => message.text),
    rows.map(({ message }) => JSON.stringify(message.content)),
    rows.map(({ sentAt }) => sentAt),
    rows.map(({ message }) => message.status),
    rows.map(({ message }) => message.errorCode),
    rows.map(({ message }) => message.errorText),
    rows.map(({ message }) => message.quotedId),
    rows.map(({ message }) => message.targetId),
  ]);
  if (inserted.length < rows.length) throw new StaleBatch();
  const opening = new Set(inserted.filter((row) => row.opens_window).map(({ id }) => id));
  await move(tx, businessId, { rows, opening });
}

interface Moved {
  readonly rows: readonly Positioned[];
  /** The messages whose kind opens the window; of which side they are is not asked. */
  readonly opening: ReadonlySet<string>;
}

async function move(tx: Queryable, businessId: BusinessId, { rows: all, opening }: Moved): Promise<void> {
  const byThread = Map.groupBy(all, ({ thread }) => thread.id);
  const threads = [...byThread].map(([id, rows]) => {
    const newest = newestOf(rows);
    const newestIn = newestOf(rows.filter((row) => row.message.direction === "in" && opening.has(row.id)));
    const address = (newestIn ?? newest)?.person.identifiers[0];
    return { id, rows, newest, newestIn, address };
  });
  await tx.run(moveThreads, [
    businessId,
    threads.map(({ id }) => id),
    threads.map(({ rows }) => rows.at(-1)?.seq ?? 0),
    threads.map(({ newest }) => newest?.sentAt ?? null),
    threads.map(({ newestIn }) => newestIn?.sentAt ?? null),
    threads.map(({ rows }) => rows[0]?.thread.isNew === true),
    threads.map(({ newest, newestIn }) => (newestIn ?? newest)?.channelId ?? null),
    threads.map(({ address }) => address?.kind ?? null),
    threads.map(({ address }) => address?.value ?? null),
  ]);
}

/** Rows come in the order of their time, except those that waited. */
function newestOf(rows: readonly Positioned[]): Positioned | undefined {
  return rows.reduce<Positioned | undefined>(
    (newest, row) => (newest === undefined || row.sentAt >= newest.sentAt ? row : newest),
    undefined,
  );
}

interface Cover {
  readonly businessId: BusinessId;
  readonly placed: readonly PlacedCandidate[];
  readonly lanes: ReadonlyMap<string, ReplyLane>;
}

/** One skipped turn per thread up to its last adopted inbound message; what was only sent falls into the range of the turn after it. */
export async function coverMessages(tx: Queryable, { businessId, placed, lanes }: Cover): Promise<void> {
  const lastInbound = new Map<string, number>();
  for (const { thread, seq, message } of positionsOf(placed)) if (message.direction === "in") lastInbound.set(thread.id, seq);
  const covers = [...lastInbound].map(([threadId, coversTo]) => {
    const lane = lanes.get(threadId);
    const adoptedTurnId = lane?.adoptedTurnId ?? null;
    return { threadId, coversTo, lane, adoptedTurnId, turnId: adoptedTurnId ?? newId<TurnId>() };
  });
  if (covers.length === 0) return;
  await tx.run(coverAdopted, [
    businessId,
    covers.map(({ threadId }) => threadId),
    covers.map(({ turnId }) => turnId),
    covers.map(({ lane }) => (lane?.done ?? 0) + 1),
    covers.map(({ coversTo }) => coversTo),
    covers.map(({ lane }) => lane?.fence ?? 0),
    covers.map(({ adoptedTurnId }) => adoptedTurnId !== null),
  ]);
}
