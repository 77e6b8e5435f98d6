// Owns: the SQL that says whose a thread is, where several apps answer on one number, and that keeps the AI silent in another's. Refuses to know: what told it.
import { rowsOf } from "../db/parameters.ts";
import { defineQuery } from "../db/query.ts";

/**
 * Conversation, then owner, under the row lock of the conversation. The newest word holds, by its time. What another app has the AI is silent in (`standby`), unless a person
 * has silenced it anyway; that pause alone ends when the thread is ours again. An event says only what was different before.
 */
const record = (business: string): string => `
with conv as materialized (
  select c.id, c.last_customer_message_at, c.ai_paused_reason, pause_lasts(c.ai_paused_at, b.handoff_pause_ms, now()) as is_paused
    from conversations c join businesses b on b.id = ${business}
   where c.business_id = ${business} and c.id = :conversationId and c.merged_into is null
   for no key update of c
), before as materialized (
  select conv.id, thread_owner(${business}, conv.id, o.owner, o.at, conv.last_customer_message_at, now()) as owner
    from conv left join thread_owners o on o.business_id = ${business} and o.conversation_id = conv.id
), known as (
  insert into thread_owners as o (business_id, conversation_id, channel_id, owner, role, told_by, at, context, context_at)
  select ${business}, conv.id, :channelId, :owner, :role, :toldBy, least(:at, now()), :context, case when :context is not null then now() end from conv
  on conflict on constraint thread_owners_pkey do update set
    channel_id = excluded.channel_id, owner = excluded.owner, role = excluded.role, told_by = excluded.told_by, at = excluded.at,
    context = coalesce(excluded.context, o.context), context_at = coalesce(excluded.context_at, o.context_at)
   where excluded.at >= o.at
  returning o.conversation_id as id
), changed as (
  update conversations c set updated_at = now(),
         ai_paused_at = case when :owner = 'other' then greatest(now(), c.last_message_at) end,
         ai_paused_reason = case when :owner = 'other' then 'standby' end
    from known k join conv on conv.id = k.id
   where c.business_id = ${business} and c.id = conv.id
     and case when :owner = 'other' then not conv.is_paused or conv.ai_paused_reason = 'standby' else conv.ai_paused_reason = 'standby' end
), event as (
  insert into events (business_id, id, type, conversation_id, data, at)
  select ${business}, :eventId, 'conversation.owner-changed', b.id, jsonb_build_object('owner', :owner, 'toldBy', :toldBy, 'role', :role), now()
    from before b join known k on k.id = b.id
   where b.owner is distinct from :owner
)
select b.id, b.owner is distinct from :owner and k.id is not null as is_change from before b left join known k on k.id = b.id`;

const columns = { id: "uuid", is_change: "bool" } as const;
const params = {
  conversationId: "uuid",
  channelId: "uuid",
  owner: "text",
  role: "text?",
  toldBy: "text",
  at: "timestamptz",
  context: "jsonb?",
  eventId: "uuid",
} as const;

export const recordThreadOwner = defineQuery({
  name: "identity.record-thread-owner",
  role: "app",
  columns,
  params,
  text: record(":business"),
});

export const recordThreadOwnerAcrossBusinesses = defineQuery({
  name: "identity.record-thread-owner-across-businesses",
  role: "ingest",
  columns,
  params: { ...params, businessId: "uuid" },
  text: record(":businessId"),
});

// In whose threads these messages are.
export const findThreadsOfCopiesAcrossBusinesses = defineQuery({
  name: "identity.find-threads-of-copies-across-businesses",
  role: "ingest",
  columns: { ord: "int8", conversation_id: "uuid" },
  params: { messages: rowsOf({ businessId: "uuid", channelId: "uuid", providerMessageId: "text" }) },
  text: `
select k.ord, m.conversation_id
  from :messages with ordinality as k
  join messages m on m.business_id = k.business_id and m.channel_id = k.channel_id and m.provider_message_id = k.provider_message_id`,
});

// The newer word of the two; what the other app said of the conversation stays either way.
export const mergeThreadOwners = defineQuery({
  name: "identity.merge-thread-owners",
  role: "app",
  columns: {},
  params: { winnerId: "uuid", loserId: "uuid" },
  text: `
insert into thread_owners as w (business_id, conversation_id, channel_id, owner, role, told_by, at, context, context_at)
select :business, :winnerId, l.channel_id, l.owner, l.role, l.told_by, l.at, l.context, l.context_at
  from thread_owners l where l.business_id = :business and l.conversation_id = :loserId
on conflict on constraint thread_owners_pkey do update set
  channel_id = excluded.channel_id, owner = excluded.owner, role = excluded.role, told_by = excluded.told_by, at = excluded.at,
  context = coalesce(excluded.context, w.context), context_at = coalesce(excluded.context_at, w.context_at)
 where excluded.at > w.at`,
});
