// Owns: positions for adopted messages, and the turn that says they need no answer. Runs under the row locks of their threads.
import type { Queryable } from "../db/query.ts";
import { newId, type TurnId } from "../kernel/ids.ts";
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

export async function lockLanesOfThreads(tx: Queryable, threads: readonly PersonThread[]): Promise<ReadonlyMap<string, ReplyLane>> {
  const rows = await tx.run(lockReplyLanes, { conversationIds: threads.map(({ id }) => id) });
  return new Map(
    rows.map((row) => [
      row.conversation_id,
      { done: row.done, fence: row.fence, isBusy: row.wanted > row.done, adoptedTurnId: row.adopted_turn_id },
    ]),
  );
}

interface PositionedCandidate extends PlacedCandidate {
  readonly seq: number;
}

/** In the order given, each thread's from its last position on. */
function positionsOf(placed: readonly PlacedCandidate[]): readonly PositionedCandidate[] {
  const last = new Map<string, number>();
  return placed.map((candidate) => {
    const seq = (last.get(candidate.thread.id) ?? candidate.thread.lastSeq) + 1;
    last.set(candidate.thread.id, seq);
    return { ...candidate, seq };
  });
}

/** Throws StaleBatch when one of them was stored by somebody else since the look-up: the batch looks again. */
export async function insertMessages(tx: Queryable, placed: readonly PlacedCandidate[]): Promise<void> {
  if (placed.length === 0) return;
  const rows = positionsOf(placed);
  const inserted = await tx.run(insertAdoptedMessages, { messages: rows.map(messageRowOf) });
  if (inserted.length < rows.length) throw new StaleBatch();
  const opening = new Set(inserted.filter((row) => row.opens_window).map(({ id }) => id));
  await move(tx, rows, opening);
}

function messageRowOf({ id, thread, seq, channelId, sentAt, message }: PositionedCandidate) {
  const { direction, author, providerMessageId, type, text, content, status, errorCode, errorText, quotedId, targetId } = message;
  return {
    ...{
      id,
      conversationId: thread.id,
      seq,
      channelId,
      direction,
      author,
      providerMessageId,
      type,
      text,
      content: JSON.stringify(content),
    },
    ...{ sentAt, status, errorCode, errorText, quotedId, targetId },
  };
}

/** `opening`: the messages whose kind opens the window; of which side they are is not asked. */
async function move(tx: Queryable, all: readonly PositionedCandidate[], opening: ReadonlySet<string>): Promise<void> {
  const byThread = Map.groupBy(all, ({ thread }) => thread.id);
  const threads = [...byThread].map(([id, rows]) => {
    const newest = newestOf(rows);
    const newestIn = newestOf(rows.filter((row) => row.message.direction === "in" && opening.has(row.id)));
    const address = (newestIn ?? newest)?.person.identifiers[0];
    return {
      id,
      lastSeq: rows.at(-1)?.seq ?? 0,
      lastMessageAt: newest?.sentAt,
      lastCustomerMessageAt: newestIn?.sentAt,
      isFirst: rows[0]?.thread.isNew === true,
      replyChannelId: (newestIn ?? newest)?.channelId,
      replyKind: address?.kind,
      replyAddress: address?.value,
    };
  });
  await tx.execute(moveThreads, { threads });
}

/** Rows come in the order of their time, except those that waited. */
function newestOf(rows: readonly PositionedCandidate[]): PositionedCandidate | undefined {
  return rows.reduce<PositionedCandidate | undefined>(
    (newest, row) => (newest === undefined || row.sentAt >= newest.sentAt ? row : newest),
    undefined,
  );
}

/** One skipped turn per thread up to its last adopted inbound message; what was only sent falls into the range of the turn after it. */
export async function coverMessages(
  tx: Queryable,
  placed: readonly PlacedCandidate[],
  lanes: ReadonlyMap<string, ReplyLane>,
): Promise<void> {
  const lastInbound = new Map<string, number>();
  for (const { thread, seq, message } of positionsOf(placed)) if (message.direction === "in") lastInbound.set(thread.id, seq);
  const turns = [...lastInbound].map(([conversationId, coversTo]) => {
    const lane = lanes.get(conversationId);
    const adoptedTurnId = lane?.adoptedTurnId ?? undefined;
    return {
      conversationId,
      turnId: adoptedTurnId ?? newId<TurnId>(),
      coversFrom: (lane?.done ?? 0) + 1,
      coversTo,
      fence: lane?.fence ?? 0,
      isLonger: adoptedTurnId !== undefined,
    };
  });
  if (turns.length > 0) await tx.execute(coverAdopted, { turns });
}
