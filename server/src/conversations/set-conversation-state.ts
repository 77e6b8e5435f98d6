// Owns: what people decide about a conversation: whether the AI answers in it, and whether it is open. What really changed is an event, in the
// same statement.
import type { Database } from "../db/database.ts";
import type { ValuesOf } from "../db/parameters.ts";
import { newId, type BusinessId } from "../kernel/ids.ts";
import { setConversationState } from "./conversation-writes.queries.ts";
import { onSurvivor } from "./surviving-conversation.ts";

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
    return onSurvivor(db, conversationId, async (survivor) => {
      const [row] = await db.run(setConversationState, { conversationId: survivor, ...valuesOf(change), eventId: newId() });
      return row?.id;
    });
  };
}

type StateValues = Pick<ValuesOf<typeof setConversationState.params>, "isOpen" | "isPaused" | "reason">;

const AS_IT_IS: StateValues = { isOpen: null, isPaused: null, reason: null };

function valuesOf(change: StateChange): StateValues {
  switch (change.change) {
    case "pause":
      return { ...AS_IT_IS, isPaused: true, reason: change.reason };
    case "resume":
      return { ...AS_IT_IS, isPaused: false };
    case "close":
      return { ...AS_IT_IS, isOpen: false };
    case "open":
      return { ...AS_IT_IS, isOpen: true };
  }
}
