// Owns: a conversation as the code paths see it that begin or touch one. Refuses to know: how the API shows it (conversation-view.ts).
import type { RowOf } from "../db/query.ts";
import type { ConversationId } from "../kernel/ids.ts";
import type { touchConversation } from "./conversation-writes.queries.ts";

export interface Conversation {
  readonly id: ConversationId;
  readonly canonicalKey: string;
  readonly leadId: string | null;
  readonly isOpen: boolean;
  readonly lastSeq: number;
  readonly lastMessageAt: Date;
  readonly lastCustomerMessageAt: Date | null;
  readonly createdAt: Date;
}

export function conversationOf(row: RowOf<typeof touchConversation.columns>): Conversation {
  return {
    id: row.id as ConversationId,
    canonicalKey: row.canonical_key,
    leadId: row.lead_id,
    isOpen: row.is_open,
    lastSeq: row.last_seq,
    lastMessageAt: row.last_message_at,
    lastCustomerMessageAt: row.last_customer_message_at,
    createdAt: row.created_at,
  };
}
