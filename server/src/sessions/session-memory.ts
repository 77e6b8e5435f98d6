// Owns: the memory of sessions, in the form that replies read it. Refuses to know: how replies use it.
import type { Queryable, RowOf } from "../db/query.ts";
import type { BusinessId, ConversationId } from "../kernel/ids.ts";
import type { ContextSession } from "../answers/responder.ts";
import { loadSessionMemory } from "./session-memory.queries.ts";

export interface SessionMemory {
  /**
   * The summaries stand for every message up to this one; what comes after it is said nowhere else. It ends before the first session whose summary
   * is still to be written, else before the open one with what the business wrote since the last one closed. Null: they stand for none.
   */
  readonly summarisedTo: number | null;
  /** The newest first, at most five. */
  readonly earlier: readonly ContextSession[];
}

/** One entry for each conversation that was asked for, also for one that has no session. */
export async function readSessionMemory(
  db: Queryable,
  businessId: BusinessId,
  conversationIds: readonly ConversationId[],
): Promise<ReadonlyMap<ConversationId, SessionMemory>> {
  return collectSessionMemory(await db.run(loadSessionMemory, [businessId, conversationIds]));
}

export function collectSessionMemory(rows: readonly RowOf<typeof loadSessionMemory.columns>[]): ReadonlyMap<ConversationId, SessionMemory> {
  const memories = new Map<ConversationId, SessionMemory>();
  for (const row of rows) {
    const id = row.conversation_id as ConversationId;
    const earlier = memories.get(id)?.earlier ?? [];
    const session = row.opened_at === null || row.summary === null ? [] : [{ openedAt: row.opened_at, summary: row.summary }];
    memories.set(id, { summarisedTo: row.summarised_to, earlier: [...earlier, ...session] });
  }
  return memories;
}
