// Owns: the memory of sessions, and of what a customer said about themselves, in the form that replies read it. Refuses to know: how replies use it.
import type { CustomerMemory } from "../answers/responder.ts";
import { factsOf } from "../conversations/customer-facts.ts";
import type { Database } from "../db/database.ts";
import type { Row } from "../db/query.ts";
import type { BusinessId, ConversationId } from "../kernel/ids.ts";
import { loadSessionMemory } from "./session-memory.queries.ts";

/** One entry for each conversation that was asked for, also for one that has no session. */
export type FindSessionMemory = (
  businessId: BusinessId,
  conversationIds: readonly ConversationId[],
) => Promise<ReadonlyMap<ConversationId, CustomerMemory>>;

export function createFindSessionMemory({ database }: { readonly database: Pick<Database, "forBusiness"> }): FindSessionMemory {
  return async (businessId, conversationIds) =>
    collectSessionMemory(await database.forBusiness(businessId).run(loadSessionMemory, { conversationIds }));
}

export function collectSessionMemory(rows: readonly Row<typeof loadSessionMemory>[]): ReadonlyMap<ConversationId, CustomerMemory> {
  const memories = new Map<ConversationId, CustomerMemory>();
  for (const row of rows) {
    const id = row.conversation_id as ConversationId;
    const earlier = memories.get(id)?.earlier ?? [];
    const session = row.opened_at === null || row.summary === null ? [] : [{ openedAt: row.opened_at, summary: row.summary }];
    const facts = row.facts === null ? {} : { facts: factsOf(row.facts) };
    memories.set(id, { summarisedTo: row.summarised_to, earlier: [...earlier, ...session], ...facts });
  }
  return memories;
}
