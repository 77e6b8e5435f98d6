// Owns: what people decide about a conversation: whether the AI answers in it, and whether it is open. What really changed is an event, in the
// same statement.
import type { Database } from "../db/database.ts";
import { newId, type BusinessId } from "../kernel/ids.ts";
import { findSurvivingConversation, setConversationState } from "./conversation-writes.queries.ts";

export type StateChange =
  | { readonly change: "pause"; readonly reason: string }
  | { readonly change: "resume" }
  | { readonly change: "close" }
  | { readonly change: "open" };

/** Answers the id of the conversation that was changed (the winner of a merged one), or undefined when there is none. Doing it twice is doing it once. */
export type SetConversationState = (businessId: BusinessId, conversationId: string, change: StateChange) => Promise<string | undefined>;

export function createSetConversationState(deps: { readonly database: Database }): SetConversationState {
  return async (businessId, conversationId, change) => {
    const db = deps.database.forBusiness(businessId);
    for (;;) {
      const [survivor] = await db.run(findSurvivingConversation, [businessId, conversationId]);
      if (survivor === undefined) return undefined;
      const [row] = await db.run(setConversationState, [businessId, survivor.id, ...valuesOf(change), newId()]);
      if (row !== undefined) return row.id;
    }
  };
}

function valuesOf(change: StateChange): readonly [isOpen: boolean | null, paused: boolean | null, reason: string | null] {
  switch (change.change) {
    case "pause":
      return [null, true, change.reason];
    case "resume":
      return [null, false, null];
    case "close":
      return [false, null, null];
    case "open":
      return [true, null, null];
  }
}
