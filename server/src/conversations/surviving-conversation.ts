// Owns: which conversation an id means: itself, or the one that it was merged into.
import type { Queryable } from "../db/query.ts";
import { findSurvivingConversation } from "./surviving-conversation.queries.ts";

/** Undefined when there is no such conversation. */
export async function findSurvivor(db: Queryable, conversationId: string): Promise<string | undefined> {
  const [survivor] = await db.run(findSurvivingConversation, { conversationId });
  return survivor?.id;
}

/** What `work` answers for the surviving conversation; undefined when there is none. `work` answers undefined when that was merged away meanwhile, and runs again. */
export async function onSurvivor<T>(
  db: Queryable,
  conversationId: string,
  work: (survivor: string) => Promise<T | undefined>,
): Promise<T | undefined> {
  for (;;) {
    const survivor = await findSurvivor(db, conversationId);
    if (survivor === undefined) return undefined;
    const result = await work(survivor);
    if (result !== undefined) return result;
  }
}
