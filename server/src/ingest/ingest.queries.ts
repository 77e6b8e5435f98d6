// Owns: the ingest statements. They run under the ingest role, so they see every business; every row carries its business_id.
import { IMPATIENT } from "../db/impatient.ts";
import { rowsOf } from "../db/parameters.ts";
import { defineQuery } from "../db/query.ts";
import { NO_BUSINESS } from "../kernel/ids.ts";
import { raiseLanes } from "../lanes/raise-lanes.ts";
import { MEDIA_KINDS } from "../whatsapp/media-check.ts";

// Also what WhatsApp could not take from the customer (131052): that somebody sent a file is then all that is known.
const HAS_FILE = `p.type in (${MEDIA_KINDS.map((type) => `'${type}'`).join(", ")}) or p.type = 'unsupported' and p.content @> '{"errors":[{"code":131052}]}'`;

// The winners of the aliases that a batch brought: one look-up for all that the cache did not know.
export const findThreadsAcrossBusinesses = defineQuery({
  name: "ingest.find-threads-across-businesses",
  role: "ingest",
  columns: {
    business_id: "uuid",
    kind: "text",
    value: "text",
    canonical_key: "text",
    held_since: "timestamptz?",
    held_until: "timestamptz?",
  },
  params: { identifiers: rowsOf({ businessId: "uuid", kind: "text", value: "text" }) },
  text: `
select a.business_id, a.kind, a.value, a.held_since, a.held_until, coalesce(w.canonical_key, c.canonical_key) as canonical_key
  from :identifiers as k
  join aliases a on a.business_id = k.business_id and a.kind = k.kind and a.value = k.value
  join conversations c on c.business_id = a.business_id and c.id = a.conversation_id
  left join conversations w on w.business_id = c.business_id and w.id = c.merged_into`,
});

// One statement for a whole batch (measured against one statement per message and select-then-insert: docs/benchmarks.md).
// - fresh: what is stored already is left alone, so a redelivered webhook neither reopens a thread nor writes a row. Two deliveries that
//   run at the same moment both pass it; the unique key on the provider's message id then lets only one insert through. A scalar subquery,
//   not an anti-join: it is looked up row by row through the unique index, whatever the planner believes of the table's size.
// - conv: sorted by key, as every writer of several conversations must: unsorted batches on hot rows deadlock (measured 2026-11-22: 21 msg/s).
//   xmax = 0 tells a new row from an updated one. A tombstone takes no message: its rows are answered with the winner's key and stored again.
// - A reply goes where the customer's newest message came from; a late message does not move it back.
// - What the customer did not say (a reaction, a revoke, a system message) opens no window and reopens no thread: opens_window() is the rule.
// - The same statement without name and address is the layer below: what is in doubt about a thread is left as it is (store-batch.ts).
// - A human who answers in the WhatsApp app takes over from the AI, and each of their messages does so anew: a pause that ends by time counts from
//   the last one. It is never older than what was said while this statement waited for the row, or the AI's last words would still be sent.
// - A copy (standby) of what goes on in another app's thread silences the AI in the same way, and a person's pause keeps its reason. What the customer then writes to us
//   says that the thread is ours again, and ends that pause alone.
// - alias_conflicts: identifiers that somebody else stored first. They may lead to another thread; whoever asked settles that (settle-identity.ts).
// - parked: changes of an identity that waited for one of these identifiers. A scalar subquery for each: a batch without new ones asks nothing.
// - History wakes nobody: no lane (the turn of the next live message covers it), no window, no event, nothing reopened. It is in its place by its time.
// - lane: fed only by rows really inserted. check_at is left alone when it is set, so that the update stays HOT.
//   A reply lane with a debounce worth the name is looked at twice: at once, for the typing indicator, and when its customer is quiet
//   (lanes.queries.ts). One that is parked for an answer from outside is woken by a newer message.
// - media: the file of a message is fetched later (media/); that there is one to fetch is stored with the message.
// - Time enters once, as received_at.
export const storeMessagesAcrossBusinesses = defineQuery({
  name: "ingest.store-messages-across-businesses",
  role: "ingest",
  columns: {
    stored: "int8[]",
    redirected: "int8[]",
    redirect_keys: "text[]",
    alias_conflicts: "int8[]",
    parked: "uuid[]",
  },
  params: {
    threads: rowsOf({
      businessId: "uuid",
      canonicalKey: "text",
      newId: "uuid",
      contactName: "text?",
      contactUsername: "text?",
      replyChannelId: "uuid?",
      replyKind: "text?",
      replyAddress: "text?",
    }),
    messages: rowsOf({
      thread: "int4",
      businessId: "uuid",
      id: "uuid",
      channelId: "uuid",
      direction: "text",
      author: "text",
      providerMessageId: "text",
      type: "text",
      text: "text?",
      content: "jsonb",
      quotedProviderMessageId: "text?",
      targetProviderMessageId: "text?",
      sentAt: "timestamptz",
      quietMs: "int4",
      provider: "text",
      channelKey: "text",
      raw: "text",
      isHistory: "bool",
      takesOver: "text?",
    }),
    identifiers: rowsOf({ businessId: "uuid", kind: "text", value: "text", scope: "text?", canonicalKey: "text" }),
  },
  text: `
with thread as (
  select t.*, t.ord as thread from :threads with ordinality as t
), input as (
  select t.*, now() as received_at from :messages with ordinality as t
), fresh as materialized (
  select i.* from input i
   where (select m.seq from messages m
           where m.business_id = i.business_id and m.channel_id = i.channel_id and m.provider_message_id = i.provider_message_id) is null
), conv as (
  insert into conversations as c (business_id, id, canonical_key, last_seq, last_message_at, last_customer_message_at, contact_name, contact_username,
                                  is_open, reply_channel_id, reply_kind, reply_address, ai_paused_at, ai_paused_reason, created_at, updated_at)
  select t.business_id, t.new_id, t.canonical_key, f.count, f.last_message_at, f.last_customer_message_at, t.contact_name, t.contact_username, f.is_live,
         t.reply_channel_id, t.reply_kind, t.reply_address, f.taken_over_at, f.taken_over_by,
         f.received_at, f.received_at
    from (select thread, count(*) as count, max(received_at) as received_at,
                 max(least(sent_at, received_at)) as last_message_at,
                 max(least(sent_at, received_at)) filter (where direction = 'in' and not is_history and opens_window(type, content)) as last_customer_message_at,
                 bool_or(not is_history) as is_live,
                 max(received_at) filter (where takes_over is not null) as taken_over_at, max(takes_over) as taken_over_by
            from fresh group by thread) f
    join thread t using (thread)
   order by t.business_id, t.canonical_key
  on conflict on constraint uq_wa_conv_canonical_key do update set
    last_seq = c.last_seq + excluded.last_seq,
    last_message_at = greatest(c.last_message_at, excluded.last_message_at),
    last_customer_message_at = greatest(c.last_customer_message_at, excluded.last_customer_message_at),
    is_open = c.is_open or (excluded.is_open and excluded.last_customer_message_at is not null),
    contact_name = coalesce(excluded.contact_name, c.contact_name),
    contact_username = coalesce(excluded.contact_username, c.contact_username),
    reply_channel_id = case when excluded.reply_address is not null
                             and (excluded.last_customer_message_at >= coalesce(c.last_customer_message_at, '-infinity') or c.reply_address is null)
                            then excluded.reply_channel_id else c.reply_channel_id end,
    reply_kind = case when excluded.reply_address is not null
                       and (excluded.last_customer_message_at >= coalesce(c.last_customer_message_at, '-infinity') or c.reply_address is null)
                      then excluded.reply_kind else c.reply_kind end,
    reply_address = case when excluded.reply_address is not null
                          and (excluded.last_customer_message_at >= coalesce(c.last_customer_message_at, '-infinity') or c.reply_address is null)
                         then excluded.reply_address else c.reply_address end,
    ai_paused_at = case when excluded.ai_paused_at is not null then greatest(excluded.ai_paused_at, c.last_message_at)
                        when c.ai_paused_reason = 'standby' and excluded.last_customer_message_at >= date_trunc('second', c.ai_paused_at) then null else c.ai_paused_at end,
    ai_paused_reason = case when excluded.ai_paused_reason = 'standby' then
                              -- A person's pause that is over by its time has left its reason behind.
                              case when (select pause_lasts(c.ai_paused_at, b.handoff_pause_ms, excluded.updated_at) from businesses b where b.id = c.business_id) then coalesce(c.ai_paused_reason, 'standby') else 'standby' end
                            when excluded.ai_paused_reason is not null then excluded.ai_paused_reason
                            when c.ai_paused_reason = 'standby' and excluded.last_customer_message_at >= date_trunc('second', c.ai_paused_at) then null else c.ai_paused_reason end,
    updated_at = excluded.updated_at
  returning business_id, id, canonical_key, last_seq, merged_into
), placed as (
  select f.*, conv.id as conversation_id, conv.last_seq - count(*) over w + row_number() over (w order by f.ord) as seq
    from fresh f
    join thread t using (thread)
    join conv on conv.business_id = t.business_id and conv.canonical_key = t.canonical_key
   where conv.merged_into is null
  window w as (partition by f.thread)
), message as (
  insert into messages (business_id, id, conversation_id, seq, channel_id, direction, author, provider_message_id, type, text, content,
                        quoted_provider_message_id, target_provider_message_id, sent_at, received_at, status, is_history)
  select business_id, id, conversation_id, seq, channel_id, direction, author, provider_message_id, type, text, content,
         quoted_provider_message_id, target_provider_message_id, sent_at, received_at, case direction when 'in' then 'received' else 'sent' end, is_history
    from placed
  on conflict on constraint uq_message_provider_id do nothing
  returning business_id, id, conversation_id, seq
), stored as (
  select p.ord, p.business_id, p.conversation_id, p.id, p.seq, p.direction, p.author, p.received_at, p.quiet_ms, p.provider, p.channel_key, p.raw, p.is_history, p.takes_over,
         ${HAS_FILE} as has_file
    from message join placed p using (business_id, id)
), identifier as materialized (
  select a.*, conv.id as conversation_id
    from :identifiers with ordinality as a
    join conv using (business_id, canonical_key)
   where conv.merged_into is null
), alias as (
  insert into aliases (business_id, kind, value, scope, conversation_id, created_at)
  select business_id, kind, value, scope, conversation_id, now() from identifier
   order by business_id, kind, value
  on conflict do nothing
  returning business_id, kind, value
), lane as (
  ${raiseLanes(`
  select s.business_id, s.conversation_id, k.kind,
         max(s.received_at) + case when k.kind = 'session' then interval '1 second'
                                   when shows_typing_early(max(s.quiet_ms)) then interval '0' else max(s.quiet_ms) * interval '1 millisecond' end,
         max(s.received_at), max(s.received_at), max(s.seq)
    from stored s cross join (values ('reply'), ('session')) as k (kind)
   where s.direction = 'in' and not s.is_history
   group by s.business_id, s.conversation_id, k.kind
   order by s.business_id, s.conversation_id, k.kind`)}
), media as (
  insert into media (business_id, id, message_id, due_at, is_history, created_at, state_at)
  select business_id, id, id, received_at, is_history, received_at, received_at from stored where has_file
), event as (
  -- The message's own id: one takeover is one event.
  insert into events (business_id, id, type, conversation_id, subject_id, data, at)
  select business_id, id, 'conversation.taken-over', conversation_id, id, jsonb_build_object('by', takes_over), received_at
    from stored where takes_over is not null
), log as (
  insert into webhook_log (business_id, id, received_at, state, provider, kind, channel_key, body)
  select business_id, id, received_at, 'stored', provider, 'message', channel_key, raw from stored
)
select coalesce((select array_agg(ord) from stored), '{}') as stored,
       coalesce(array_agg(r.thread), '{}') as redirected,
       coalesce(array_agg(r.canonical_key), '{}') as redirect_keys,
       coalesce((select array_agg(i.ord) from identifier i where (i.business_id, i.kind, i.value) not in (select business_id, kind, value from alias)), '{}') as alias_conflicts,
       coalesce((select array_agg(distinct log_id)
                   from identifier i cross join unnest((select array_agg(w.log_id) from webhook_items w
                                                   where w.waits_for @> array[i.kind || ':' || i.value] and w.business_id in (i.business_id, '${NO_BUSINESS}'))) as log_id), '{}') as parked
  from (select t.thread, (select w.canonical_key from conversations w where w.business_id = conv.business_id and w.id = conv.merged_into) as canonical_key
          from conv
          join thread t on t.business_id = conv.business_id and t.canonical_key = conv.canonical_key
         where conv.merged_into is not null) r`,
});

// After a lock time-out: of which threads somebody holds the row, that of the winner, or a lane. It waits for no row and keeps its own locks for this
// statement only. Scalar subqueries: it runs with the pinned plans of the batches. A thread that another transaction has begun, and not committed, is
// not seen here; neither are held identifiers and messages.
export const findHeldThreadsAcrossBusinesses = defineQuery({
  name: "ingest.find-held-threads-across-businesses",
  role: "ingest",
  columns: { ord: "int8" },
  params: { threads: rowsOf({ businessId: "uuid", canonicalKey: "text" }) },
  text: `
with thread as materialized (
  select t.ord, t.business_id,
         (select coalesce(c.merged_into, c.id) from conversations c where c.business_id = t.business_id and c.canonical_key = t.canonical_key) as id
    from :threads with ordinality as t
), taken as materialized (
  select ord, business_id, id, (select c.id from conversations c where c.business_id = t.business_id and c.id = t.id for update skip locked) is null as is_held
    from thread t where id is not null
)
select ord from taken t
 where is_held
    or (select count(*) from lanes l where l.business_id = t.business_id and l.conversation_id = t.id and l.kind in ('reply', 'session')) >
       (select count(*) from (select from lanes l where l.business_id = t.business_id and l.conversation_id = t.id and l.kind in ('reply', 'session')
                                 for update skip locked) free)`,
});

// Where messages are stored that were delivered again under another name of their sender.
export const findThreadsOfMessagesAcrossBusinesses = defineQuery({
  name: "ingest.find-threads-of-messages-across-businesses",
  role: "ingest",
  columns: { ord: "int8", canonical_key: "text" },
  params: { messages: rowsOf({ businessId: "uuid", channelId: "uuid", providerMessageId: "text" }) },
  text: `
select k.ord, c.canonical_key
  from :messages with ordinality as k
  join messages m on m.business_id = k.business_id and m.channel_id = k.channel_id and m.provider_message_id = k.provider_message_id
  join conversations c on c.business_id = m.business_id and c.id = m.conversation_id`,
});

// The layer below the upsert asks first: a thread is not begun without its name and its address.
export const findConversationOfKeyAcrossBusinesses = defineQuery({
  name: "ingest.find-conversation-of-key-across-businesses",
  role: "ingest",
  columns: { id: "uuid" },
  params: { businessId: "uuid", canonicalKey: "text" },
  text: "select id from conversations where business_id = :businessId and canonical_key = :canonicalKey",
});

// A status is recorded once, whether or not we know its message (yet). It finds its message by the provider's id, else by the id that we
// put into biz_opaque_callback_data; the highest rank wins in any order of arrival.
// - counted: what a message costs, and whether it was delivered, before and after, so that it is in one row of usage_days whatever came in what order, twice, or at the
//   same moment: `before` is what the lock on its row has found. The rows of usage_days are locked after all messages, in order.
// - patience: one message whose row somebody holds must not keep the statuses of all others waiting. For this statement only, and without one more.
export const storeStatusesAcrossBusinesses = defineQuery({
  name: "ingest.store-statuses-across-businesses",
  role: "ingest",
  columns: { recorded: "int8", applied: "int8" },
  params: {
    statuses: rowsOf({
      businessId: "uuid",
      channelId: "uuid",
      providerMessageId: "text",
      status: "text",
      participant: "text",
      at: "timestamptz",
      callbackId: "uuid?",
      errorCode: "text?",
      errorText: "text?",
      pricing: "jsonb?",
      entryWindow: "jsonb?",
      templateId: "text?",
      price: "text?",
    }),
  },
  text: `
with input as (
  select t.*, now() as received_at
    from ${IMPATIENT}
   cross join :statuses as t
), target as materialized (
  select i.*, coalesce(
           (select m.id from messages m
             where m.business_id = i.business_id and m.channel_id = i.channel_id and m.provider_message_id = i.provider_message_id
               and m.direction = 'out'),
           (select m.id from messages m
             where m.business_id = i.business_id and m.id = i.callback_id and m.channel_id = i.channel_id
               and m.direction = 'out' and m.provider_message_id is null)) as message_id
    from input i
), recorded as (
  insert into message_statuses (business_id, channel_id, provider_message_id, status, participant, at, message_id, error_code, error_text,
                                pricing, entry_window, template_id, price, received_at, applied_at)
  select business_id, channel_id, provider_message_id, status, participant, at, message_id, error_code, error_text,
         pricing, entry_window, template_id, price, received_at,
         case when message_id is not null then received_at end
    from target
   order by business_id, channel_id, provider_message_id, status, participant
  on conflict do nothing
  returning 1
), best as (
  select business_id, message_id, min(provider_message_id) as provider_message_id,
         (array_agg(status order by status_rank(status) desc))[1] as status,
         min(at) as first_at,
         min(at) filter (where status = 'delivered') as delivered_at,
         min(at) filter (where status in ('read', 'played')) as read_at,
         min(at) filter (where status = 'failed') as failed_at,
         min(error_code) as error_code, min(error_text) as error_text,
         max(price collate "C") as price
    from target where message_id is not null
   group by business_id, message_id
), locked as materialized (
  select m.business_id, m.id, m.price, m.delivered_at is not null or m.read_at is not null as is_delivered
    from messages m join best b on b.business_id = m.business_id and b.message_id = m.id
   order by m.business_id, m.id for update of m
), applied as (
  update messages m set
    provider_message_id = coalesce(m.provider_message_id, b.provider_message_id),
    status = case when status_rank(b.status) > status_rank(m.status) then b.status else m.status end,
    accepted_at = coalesce(m.accepted_at, b.first_at),
    delivered_at = coalesce(m.delivered_at, b.delivered_at),
    read_at = coalesce(m.read_at, b.read_at),
    failed_at = coalesce(m.failed_at, b.failed_at),
    error_code = coalesce(case when m.error_code not in ('outcome_unknown', 'not_sent_again', 'settled_by_hand', 'sent_again') then m.error_code end, b.error_code, case when b.status = 'failed' then 'unknown' end),
    error_text = coalesce(case when m.error_code not in ('outcome_unknown', 'not_sent_again', 'settled_by_hand', 'sent_again') then m.error_text end, b.error_text),
    price = greatest(m.price, b.price)
    from best b, locked k
   where m.business_id = b.business_id and m.id = b.message_id and k.business_id = b.business_id and k.id = b.message_id
  returning m.business_id, m.channel_id, m.price, m.delivered_at is not null or m.read_at is not null as is_delivered,
            k.price as price_before, k.is_delivered as was_delivered
), counted as (
  select a.business_id, a.channel_id, substr(c.price, 3) as price, sum(c.messages) as messages, sum(c.delivered) as delivered
    from applied a
   cross join lateral (values (a.price, 1, a.is_delivered::int), (a.price_before, -1, -a.was_delivered::int)) as c (price, messages, delivered)
   where (a.price is distinct from a.price_before or a.is_delivered <> a.was_delivered) and c.price is not null
   group by 1, 2, 3
  having sum(c.messages) <> 0 or sum(c.delivered) <> 0
), usage as (
  insert into usage_days as u (business_id, channel_id, day, category, type, market, shard, messages, delivered)
  select business_id, channel_id, split_part(price, ' ', 1)::date, split_part(price, ' ', 2), split_part(price, ' ', 3), split_part(price, ' ', 4),
         pg_backend_pid() % 8, messages, delivered
    from counted order by business_id, channel_id, price
  on conflict on constraint usage_days_pkey do update set messages = u.messages + excluded.messages, delivered = u.delivered + excluded.delivered
)
select (select count(*) from recorded) as recorded, (select count(*) from applied) as applied`,
});

// Statuses that came before our own record of the message: looked at again while a send may still be under way (ONETHREAD_SEND_TIMEOUT_MS allows five minutes). Older ones
// belong to messages that somebody else sent on this number. Those of a message that somebody holds take no place from the others: they are of the next pass.
export const listWaitingStatusesAcrossBusinesses = defineQuery({
  name: "ingest.list-waiting-statuses-across-businesses",
  role: "ingest",
  columns: {
    business_id: "uuid",
    channel_id: "uuid",
    provider_message_id: "text",
    status: "text",
    participant: "text",
    at: "timestamptz",
    error_code: "text?",
    error_text: "text?",
    pricing: "jsonb?",
    entry_window: "jsonb?",
    template_id: "text?",
    price: "text?",
  },
  params: {},
  text: `
select s.business_id, s.channel_id, s.provider_message_id, s.status, s.participant, s.at, s.error_code, s.error_text,
       s.pricing, s.entry_window, s.template_id, s.price
  from message_statuses s
  join messages m on m.business_id = s.business_id and m.channel_id = s.channel_id and m.provider_message_id = s.provider_message_id
                 and m.direction = 'out'
 where s.applied_at is null and s.received_at > now() - interval '6 minutes'
 order by s.received_at
 limit 500 for update of m skip locked`,
});

// Exactly those that were listed: of the same message others may wait still, beyond the limit or written since.
export const markStatusesAppliedAcrossBusinesses = defineQuery({
  name: "ingest.mark-statuses-applied-across-businesses",
  role: "ingest",
  columns: {},
  params: { statuses: rowsOf({ businessId: "uuid", channelId: "uuid", providerMessageId: "text", status: "text", participant: "text" }) },
  text: `
update message_statuses s set
  applied_at = now(),
  message_id = (select m.id from messages m
                 where m.business_id = s.business_id and m.channel_id = s.channel_id
                   and m.provider_message_id = s.provider_message_id and m.direction = 'out')
  from ${IMPATIENT} cross join :statuses as t
 where s.business_id = t.business_id and s.channel_id = t.channel_id and s.provider_message_id = t.provider_message_id
   and s.status = t.status and s.participant = t.participant and s.applied_at is null`,
});
