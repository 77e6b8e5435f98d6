// Owns: moving a conversation's times forward, for the code paths that are not webhooks (those go through the ingest statement).
import type { Database } from "../db/database.ts";
import type { Queryable } from "../db/query.ts";
import type { BusinessId, ConversationId } from "../kernel/ids.ts";
import { conversationOf, type Conversation } from "./conversation.ts";
import { findSurvivingConversation, touchConversation } from "./conversation-writes.queries.ts";

export interface Touch {
  /** Absent: no time moves. */
  readonly at?: Date | undefined;
  /** A customer's sign of life also opens the 24 h window and reopens what was closed. */
  readonly fromCustomer?: boolean | undefined;
  /** Set only while the conversation has none. */
  readonly leadId?: string | undefined;
  readonly contactName?: string | undefined;
}

export interface TouchInput extends Touch {
  readonly businessId: BusinessId;
  readonly conversationId: ConversationId;
}

export type TouchConversation = (input: TouchInput) => Promise<Conversation | undefined>;

/** Times only move forward. A merged conversation's touch reaches its winner. Undefined when the business has no such conversation. */
export function createTouch(deps: { readonly database: Database }): TouchConversation {
  return ({ businessId, conversationId, ...touch }) =>
    touchSurvivor(deps.database.forBusiness(businessId), { businessId, conversationId, touch });
}

interface SurvivorTouch {
  readonly businessId: BusinessId;
  readonly conversationId: string;
  readonly touch: Touch;
}

/** The same inside somebody else's transaction. */
export async function touchSurvivor(
  db: Queryable,
  { businessId, conversationId, touch }: SurvivorTouch,
): Promise<Conversation | undefined> {
  for (;;) {
    const [survivor] = await db.run(findSurvivingConversation, [businessId, conversationId]);
    if (survivor === undefined) return undefined;
    const values = [touch.leadId ?? null, touch.contactName ?? null, touch.at ?? null, touch.fromCustomer ?? false];
    const [row] = await db.run(touchConversation, [businessId, survivor.id, ...values]);
    // No row: it was merged between the two statements; its own winner is found next.
    if (row !== undefined) return conversationOf(row);
  }
}
