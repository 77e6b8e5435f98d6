// Owns: the SQL that reads what is needed to ask the platform for a thread.
import { defineQuery } from "../db/query.ts";

export const findThreadToControl = defineQuery({
  name: "conversations.find-thread-to-control",
  role: "app",
  columns: {
    id: "uuid",
    reply_kind: "text?",
    reply_address: "text?",
    channel_id: "uuid?",
    provider: "text?",
    external_id: "text?",
    access_token: "text?",
    owner: "text?",
    asked_action: "text?",
    asked_role: "text?",
    asked_state: "text?",
  },
  params: { conversationId: "uuid" },
  text: `
    select c.id, c.reply_kind, c.reply_address, ch.id as channel_id, ch.provider, ch.external_id, s.access_token,
      thread_owner(:business, c.id, o.owner, o.at, c.last_customer_message_at, now()) as owner,
      r.action as asked_action, r.role as asked_role, r.state as asked_state
    from conversations c
    left join channels ch on ch.business_id = :business and ch.id = c.reply_channel_id
    left join channel_secrets s on s.business_id = :business and s.channel_id = ch.id
    left join thread_owners o on o.business_id = :business and o.conversation_id = c.id
    left join thread_requests r on r.business_id = :business and r.conversation_id = c.id
    where c.business_id = :business and c.id = :conversationId and c.merged_into is null`,
});
