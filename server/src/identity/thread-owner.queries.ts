// Owns: the SQL that says whose a thread is, where several apps answer on one number, and that keeps the AI silent in another's. Refuses to know: what told it.
import { IMPATIENT } from "../db/impatient.ts";
import { rowsOf } from "../db/parameters.ts";
import { defineQuery } from "../db/query.ts";

/**
 * Conversation, then owner, under the row lock of the conversation. The newest word holds, by its time, in seconds as the platform counts: of two in the
 * same second the one that is heard later. In what another app has, and in what was given up, the AI is silent
 * (`standby`), unless a person has silenced it anyway; that pause alone ends when the thread is ours: also the one that a late copy began, which says of then and not of now.
 * A copy and a refusal do not say what the other app is for: it is as it was told last. An event says only what was different before.
 */
const record = (business: string, from = ""): string => `
with conv as materialized (
  select c.id, c.last_customer_message_at, c.ai_paused_reason, pause_lasts(c.ai_paused_at, b.handoff_pause_ms, now()) as is_paused
    from ${from} conversations c join businesses b on b.id = ${business}
   where c.business_id = ${business} and c.id = :conversationId and c.merged_into is null
   for no key update of c
), before as materialized (
  select conv.*, o.owner as told, o.at as told_at, thread_owner(${business}, conv.id, o.owner, o.at, conv.last_customer_message_at, now()) as owner
    from conv left join thread_owners o on o.business_id = ${business} and o.conversation_id = conv.id
), known as (
  insert into thread_owners as o (business_id, conversation_id, channel_id, owner, role, told_by, at, context, context_at)
  select ${business}, conv.id, :channelId, :owner, :role, :toldBy, date_trunc('second', least(:at, now())), :context, case when :context is not null then now() end from conv
  on conflict on constraint thread_owners_pkey do update set
    channel_id = excluded.channel_id, owner = excluded.owner, role = coalesce(excluded.role, case when o.owner = excluded.owner then o.role end), told_by = excluded.told_by, at = excluded.at,
    context = coalesce(excluded.context, o.context), context_at = coalesce(excluded.context_at, o.context_at)
   where excluded.at >= o.at
  returning o.conversation_id as id, o.owner as told, o.at as told_at
), after as materialized (
  select b.id, k.id is not null as is_newest, b.is_paused, b.ai_paused_reason, b.owner as before,
         thread_owner(${business}, b.id, coalesce(k.told, b.told), coalesce(k.told_at, b.told_at), b.last_customer_message_at, now()) as owner
    from before b left join known k on k.id = b.id
), changed as (
  update conversations c set updated_at = now(),
         ai_paused_at = case when a.owner <> 'us' then greatest(now(), c.last_message_at) end,
         ai_paused_reason = case when a.owner <> 'us' then 'standby' end
    from after a
   where c.business_id = ${business} and c.id = a.id
     and case when a.owner <> 'us' then a.is_newest and (not a.is_paused or a.ai_paused_reason = 'standby') else a.ai_paused_reason = 'standby' end
), event as (
  insert into events (business_id, id, type, conversation_id, data, at)
  select ${business}, :eventId, 'conversation.owner-changed', a.id, jsonb_build_object('owner', :owner, 'toldBy', :toldBy, 'role', :role), now()
    from after a
   where a.is_newest and a.owner = :owner and a.before is distinct from a.owner
)
select a.id, a.is_newest and a.owner = :owner and a.before is distinct from a.owner as is_change from after a`;

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
  text: record(":businessId", `${IMPATIENT} cross join`),
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

const WORD = "channel_id, owner, role, told_by, at, context, context_at";
const wordOf = (row: string): string =>
  WORD.split(", ")
    .map((column) => `${row}.${column}`)
    .join(", ");
const TAKES_WORD = `(${WORD}) = (${wordOf("excluded")})`;

// After a merge is taken apart. The loser still has its own word of before it. What was said since may be of either, and holds for both, as a pause does. What the winner had from the
// loser alone it loses again; its own stands in the record of the merge (in those of older versions it does not: it keeps the joint one).
export const returnThreadOwners = defineQuery({
  name: "identity.return-thread-owners",
  role: "app",
  columns: {},
  params: { winnerId: "uuid", loserId: "uuid", mergeId: "uuid" },
  text: `
with merge as materialized (
  select m.merged_at, m.proof -> 'winner' ? 'thread_owner' as is_known, b.* from merges m
   cross join lateral jsonb_populate_record(null::thread_owners, nullif(m.proof -> 'winner' -> 'thread_owner', 'null')) as b
   where m.business_id = :business and m.id = :mergeId
), joint as materialized (
  select o.* from thread_owners o where o.business_id = :business and o.conversation_id = :winnerId
), lent as materialized (
  select j.conversation_id from joint j
    join thread_owners l on l.business_id = :business and l.conversation_id = :loserId and (l.at, l.told_by, l.owner) = (j.at, j.told_by, j.owner)
    join merge m on m.is_known and j.at <= m.merged_at
), shared as (
  insert into thread_owners as o (business_id, conversation_id, ${WORD})
  select :business, :loserId, ${wordOf("j")} from joint j join merge m on j.at > m.merged_at
  on conflict on constraint thread_owners_pkey do update set ${TAKES_WORD} where excluded.at > o.at
), restored as (
  update thread_owners w set (${WORD}) = (${wordOf("m")})
    from lent l, merge m
   where w.business_id = :business and w.conversation_id = l.conversation_id and m.owner is not null
)
delete from thread_owners w using lent l, merge m
 where w.business_id = :business and w.conversation_id = l.conversation_id and m.owner is null`,
});

// Where the later part of a thread becomes one of its own: what was said since may be of either.
export const shareThreadOwner = defineQuery({
  name: "identity.share-thread-owner",
  role: "app",
  columns: {},
  params: { fromId: "uuid", toId: "uuid", since: "timestamptz" },
  text: `
insert into thread_owners (business_id, conversation_id, ${WORD})
select :business, :toId, ${wordOf("o")} from thread_owners o
 where o.business_id = :business and o.conversation_id = :fromId and o.at >= :since
on conflict on constraint thread_owners_pkey do nothing`,
});

// Of threads that turned out to be ours.
export const endStandby = defineQuery({
  name: "identity.end-standby",
  role: "app",
  columns: {},
  params: { conversationIds: "uuid[]" },
  text: `
update conversations c set ai_paused_at = null, ai_paused_reason = null, updated_at = now()
 where c.business_id = :business and c.id = any (:conversationIds) and c.ai_paused_reason = 'standby'
   and not exists (
     select from thread_owners o where o.business_id = :business and o.conversation_id = c.id
        and thread_owner(:business, c.id, o.owner, o.at, c.last_customer_message_at, now()) <> 'us')`,
});
