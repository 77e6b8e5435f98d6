// Owns: the memory of sessions, in the form that replies read it. Refuses to know: how replies use it.
import type { Database } from "../db/database.ts";
import type { Row } from "../db/query.ts";
import type { BusinessId, ConversationId } from "../kernel/ids.ts";
import type { SessionMemory } from "../answers/responder.ts";
import { loadSessionMemory } from "./session-memory.queries.ts";

/** One entry for each conversation that was asked for, also for one that has no session. */
export type FindSessionMemory = (
  businessId: BusinessId,
  conversationIds: readonly ConversationId[],
) => Promise<ReadonlyMap<ConversationId, SessionMemory>>;

export function createFindSessionMemory({ database }: { readonly database: Database }): FindSessionMemory {
  return async (businessId, conversationIds) =>
    collectSessionMemory(await database.forBusiness(businessId).run(loadSessionMemory, { conversationIds }));
}

export function collectSessionMemory(rows: readonly Row<typeof loadSessionMemory>[]): ReadonlyMap<ConversationId, SessionMemory> {
  const memories = new Map<ConversationId, SessionMemory>();
  for (const row of rows) {
    const id = row.conversation_id as ConversationId;
    const earlier = memories.get(id)?.earlier ?? [];
    const session = row.opened_at === null || row.summary === null ? [] : [{ openedAt: row.opened_at, summary: row.summary }];
    memories.set(id, { summarisedTo: row.summarised_to, earlier: [...earlier, ...session] });
  }
  return memories;
}
