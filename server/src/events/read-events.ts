// Owns: reading the outbox of events in an order that misses nothing. Refuses to know: who writes them, and what they mean.
import { decodeSeq, encodeCursor } from "../kernel/cursor.ts";
import { findSurvivor } from "../conversations/surviving-conversation.ts";
import type { BusinessDatabase, Database } from "../db/database.ts";
import type { BusinessId } from "../kernel/ids.ts";
import { eventViewOf, type EventView } from "./event-view.ts";
import { findEventState, listEvents, lockEventCounter, placeEvents } from "./events.queries.ts";

export interface EventRequest {
  /** `nextCursor` of an earlier answer; absent: from the oldest that is kept. */
  readonly after?: string | undefined;
  readonly types?: readonly string[] | undefined;
  readonly conversationId?: string | undefined;
  readonly limit: number;
}

export interface EventPage {
  readonly data: readonly EventView[];
  /** Never null: after the last page it is where to continue later. */
  readonly nextCursor: string;
  /** False: everything that was committed before this request has been given out. */
  readonly hasMore: boolean;
}

/** Oldest first. Whoever continues from `nextCursor` gets every event once, in whatever order their transactions committed. */
export type ReadEvents = (businessId: BusinessId, request: EventRequest) => Promise<EventPage>;

const PLACED_AT_ONCE = 2_000;

export function createReadEvents(deps: { readonly database: Database; readonly placedAtOnce?: number }): ReadEvents {
  return async (businessId, { after, types, conversationId, limit }) => {
    const db = deps.database.forBusiness(businessId);
    const from = after === undefined ? 0 : decodeSeq(after);
    const conversationIds = conversationId === undefined ? undefined : await threadsOf(db, conversationId);
    const { upTo, isComplete } = await place(db, deps.placedAtOnce ?? PLACED_AT_ONCE);
    const rows = await db.run(listEvents, { after: from, upTo, types, conversationIds, limit: limit + 1 });
    const shown = rows.slice(0, limit);
    const isCut = rows.length > limit;
    // What a filter left out has been looked at too: the next request does not look again.
    const reached = isCut ? (shown.at(-1)?.position ?? from) : Math.max(from, upTo);
    return { data: shown.map(eventViewOf), nextCursor: encodeCursor([reached]), hasMore: isCut || !isComplete };
  };
}

/** Events from before a merge keep the conversation that they were written for; the id of a merged one stands for its winner, too. */
async function threadsOf(db: BusinessDatabase, conversationId: string): Promise<readonly string[]> {
  const survivor = await findSurvivor(db, conversationId);
  return [conversationId, ...(survivor === undefined ? [] : [survivor])];
}

/** Gives positions to what has been committed since the last reading; answers up to which position everything is in place. */
async function place(db: BusinessDatabase, atOnce: number): Promise<{ upTo: number; isComplete: boolean }> {
  const [state] = await db.run(findEventState, {});
  const known = state?.last_position ?? 0;
  if (state?.has_unplaced !== true) return { upTo: known, isComplete: true };
  return db.transaction(async (tx) => {
    const [counter] = await tx.run(lockEventCounter, {});
    const before = counter?.last_position ?? 0;
    const [placed] = await tx.run(placeEvents, { limit: atOnce });
    const upTo = placed?.last_position ?? before;
    return { upTo, isComplete: upTo - before < atOnce };
  });
}
