// Owns: the SQL of what a refusal of one message says about more than that message.
import { rowsOf } from "../db/parameters.ts";
import { defineQuery } from "../db/query.ts";

// 131050: the platform knows that the customer stopped marketing, whether or not its webhook about it came. It knew when the message was tried, so a resume of later than that
// lifts it, in whatever order the two are heard. Nothing here touches what the customer said. Conversation before message: it waits for a row no longer than it is told.
// Of a message that we do not know (another app on the number sent it, or it is older than we are) it is the stop of whom the status names, where they have a thread; a user id says
// more than a number, and a number that was given to somebody else since says nothing.
export const recordRefusedMarketing = defineQuery({
  name: "outbound.record-refused-marketing",
  role: "app",
  columns: { id: "uuid" },
  params: {
    messageId: "uuid?",
    channelId: "uuid?",
    providerMessageId: "text?",
    identifiers: rowsOf({ kind: "text", value: "text" }),
    at: "timestamptz?",
    eventId: "uuid",
    patience: "text",
  },
  text: `
    with patience as materialized (
      select set_config('lock_timeout', :patience, true)
    ), known as materialized (
      select m.id, coalesce(c.merged_into, c.id) as conversation_id, date_trunc('second', least(coalesce(:at, m.attempted_at), now())) as at
      from messages m
      join conversations c on c.business_id = :business and c.id = m.conversation_id
      where m.business_id = :business and m.direction = 'out' and m.id = coalesce(:messageId, (
        select k.id from messages k where k.business_id = :business and k.channel_id = :channelId and k.provider_message_id = :providerMessageId))
    ), refused as materialized (
      select k.id, k.conversation_id, k.at from known k
      union all
      (select null, coalesce(c.merged_into, c.id), date_trunc('second', least(:at, now()))
       from :identifiers as i
       join aliases a on a.business_id = :business and a.kind = i.kind and a.value = i.value
       join conversations c on c.business_id = :business and c.id = a.conversation_id
       where not exists (select from known) and coalesce(a.held_since <= :at, true) and coalesce(a.held_until > :at, true)
       order by i.kind = 'phone' limit 1)
    ), before as materialized (
      select c.id, c.marketing_stopped_at is not null as was, r.at, r.id as message_id
      from refused r
      join conversations c on c.business_id = :business and c.id = r.conversation_id and c.merged_into is null
      cross join patience
      order by c.id
      for no key update of c
    ), changed as (
      update conversations as c set
        marketing_stopped_at = coalesce(c.marketing_stopped_at, b.at),
        marketing_word_at = b.at,
        marketing_recorded_at = now(),
        updated_at = now()
      from before b
      where c.business_id = :business and c.id = b.id
        and (c.marketing_word_at is null or c.marketing_word_at < b.at or (c.marketing_word_at = b.at and not b.was))
      returning c.id
    ), event as (
      insert into events (business_id, id, type, conversation_id, subject_id, data, at)
      select :business, :eventId, 'consent.changed', c.id, b.message_id, jsonb_build_object('source', 'platform', 'scope', 'marketing', 'optedOut', true), now()
      from changed c
      join before b on b.id = c.id
      where not b.was
    )
    select r.conversation_id as id from refused r where not exists (select from before)`,
});

// 131064: the whole account may send no template of this category for now, and nothing of it by Direct Send. When that ends is not said, except where a report of the account did. A refusal of before a person resumed
// it, or one that is older than the stop would last, says nothing any more. Of a template whose category is not known nothing can be stopped.
export const stopRefusedCategory = defineQuery({
  name: "outbound.stop-category",
  role: "app",
  columns: { account_id: "text", category: "text", until: "timestamptz" },
  params: {
    messageId: "uuid?",
    channelId: "uuid?",
    providerMessageId: "text?",
    at: "timestamptz?",
    lastsMs: "int4",
    reason: "text",
    eventId: "uuid",
    noticeId: "uuid",
  },
  text: `
    with refused as materialized (
      select ch.account_id, k.category, least(coalesce(:at, m.attempted_at), now()) as at, coalesce((
          select max(g.until) from channel_signals g
          where g.business_id = :business and g.channel_id = ch.id and g.until > now() and g.aspect = 'restriction:RESTRICTED_' || k.category || '_TEMPLATES'),
        least(coalesce(:at, m.attempted_at), now()) + :lastsMs * interval '1 millisecond') as until
      from messages m
      join channels ch on ch.business_id = :business and ch.id = m.channel_id
      left join template_states t on t.business_id = :business and t.account_id = ch.account_id
        and t.name = m.content -> 'template' ->> 'name' and t.language = m.content -> 'template' -> 'language' ->> 'code'
      cross join lateral (select upper(coalesce(t.category, m.content ->> 'category')) as category) k
      where m.business_id = :business and m.direction = 'out' and ch.account_id is not null and k.category in ('MARKETING', 'UTILITY', 'AUTHENTICATION') and m.id = coalesce(:messageId, (
        select k.id from messages k where k.business_id = :business and k.channel_id = :channelId and k.provider_message_id = :providerMessageId))
    ), stop as (
      insert into category_stops as s (business_id, account_id, category, since, until, reason, event_id)
      select :business, r.account_id, r.category, r.at, r.until, :reason, :eventId from refused r where r.until > now()
      on conflict on constraint category_stops_pkey do update set
        -- Anew only when the last one was over.
        (since, event_id) = (select case when n.w then excluded.since else s.since end, case when n.w then excluded.event_id else s.event_id end from (select excluded.since > s.until) as n (w)),
        until = greatest(s.until, excluded.until),
        reason = excluded.reason
      where s.until > now() or excluded.since > s.until
      returning s.account_id, s.category, s.until, s.event_id
    ), began as (
      select * from stop where event_id = :eventId
    ), event as (
      insert into events (business_id, id, type, data, at)
      select :business, :eventId, 'category.stopped', jsonb_build_object('accountId', b.account_id, 'category', b.category, 'until', b.until), now() from began b
    ), notice as (
      insert into notices (business_id, id, received_at, at, provider, field, severity, account_id, sentence)
      select :business, :noticeId, now(), now(), 'cloud', 'send', 'critical', b.account_id,
        'WhatsApp refuses templates of the category ' || b.category || ' of the account ' || b.account_id || '. ' || :reason from began b
    )
    select account_id, category, until from began`,
});

// A refusal that comes later, in a status, was of the token of then: one of before a person resumed the channel, or gave it another token, says nothing any more.
export const stopChannelRefusedLater = defineQuery({
  name: "outbound.stop-channel-refused-later",
  role: "app",
  columns: {},
  params: { channelId: "uuid?", reason: "text", at: "timestamptz?" },
  text: `
    update channels c set stopped_at = now(), stopped_reason = :reason
    where c.business_id = :business and c.id = :channelId and c.stopped_at is null and :at > now() - interval '10 minutes'
      and coalesce(:at > c.resumed_at, true)
      and exists (select from channel_secrets s where s.business_id = :business and s.channel_id = :channelId and s.updated_at < :at)`,
});

export const findRefusedContent = defineQuery({
  name: "outbound.find-refused-content",
  role: "app",
  columns: { content: "jsonb" },
  params: { channelId: "uuid?", providerMessageId: "text?" },
  text: `
    select m.content from messages m
    where m.business_id = :business and m.channel_id = :channelId and m.provider_message_id = :providerMessageId and m.direction = 'out'`,
});

// 131047 for what had left because of an ad's window alone: whether such content may be sent was not known, and now it is. Of a message inside the 24 hours it says nothing.
export const closeEntryWindowOf = defineQuery({
  name: "outbound.close-entry-window",
  role: "app",
  columns: { channel_id: "uuid" },
  params: { messageId: "uuid?", channelId: "uuid?", providerMessageId: "text?" },
  text: `
    update entry_windows e set refused_at = now()
    from messages m
    join conversations c on c.business_id = :business and c.id = m.conversation_id
    join channels ch on ch.business_id = :business and ch.id = m.channel_id
    where m.business_id = :business and m.direction = 'out' and m.type <> 'template' and m.content ->> 'category' is null and m.id = coalesce(:messageId, (
        select k.id from messages k where k.business_id = :business and k.channel_id = :channelId and k.provider_message_id = :providerMessageId))
      and not window_is_open(c.last_customer_message_at, ch.provider, m.attempted_at)
      and e.business_id = :business and e.conversation_id = m.conversation_id and e.channel_id = m.channel_id and e.until > m.attempted_at
      and coalesce(e.refused_at <= m.attempted_at - interval '30 days', true)
    returning e.channel_id`,
});
