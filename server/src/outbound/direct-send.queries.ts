// Owns: the SQL of what is known of an account's access to Direct Send, as sends have told it, and of what can be sent when the window is closed.
import { defineQuery } from "../db/query.ts";

// An accepted send. What is known already changes nothing, and what was told later holds.
export const openDirectSend = defineQuery({
  name: "outbound.open-direct-send",
  role: "app",
  columns: { account: "text" },
  params: { messageId: "uuid", eventId: "uuid" },
  text: `
    with opened as (
      insert into direct_send_access as a (business_id, account, state, since, event_id)
      select :business, coalesce(ch.account_id, ch.id::text), 'open', m.attempted_at, :eventId
      from messages m
      join channels ch on ch.business_id = :business and ch.id = m.channel_id
      where m.business_id = :business and m.id = :messageId and m.attempted_at is not null
      on conflict on constraint direct_send_access_pkey do update set
        state = excluded.state, since = excluded.since, until = null, reason = null, event_id = excluded.event_id
      where a.state <> 'open' and a.since < excluded.since
      returning a.account
    ), event as (
      insert into events (business_id, id, type, data, at)
      select :business, :eventId, 'direct-send.changed', jsonb_build_object('account', o.account, 'state', 'open', 'until', null), now() from opened o
    )
    select o.account from opened o`,
});

// A refusal, at once or later in a status: of when the message was tried. One of before it was opened again says nothing. It ends where WhatsApp reported when, else by hand.
export const closeDirectSendOf = defineQuery({
  name: "outbound.close-direct-send",
  role: "app",
  columns: { account: "text" },
  params: {
    messageId: "uuid?",
    channelId: "uuid?",
    providerMessageId: "text?",
    at: "timestamptz?",
    reason: "text",
    eventId: "uuid",
    noticeId: "uuid",
  },
  text: `
    with refused as materialized (
      select coalesce(ch.account_id, ch.id::text) as account, ch.id as channel_id, ch.account_id, least(coalesce(:at, m.attempted_at), now()) as at, (
          select max(g.until) from channel_signals g
          where g.business_id = :business and g.channel_id = ch.id and g.until > now() and g.aspect = 'restriction:RESTRICTED_DIRECT_SEND_UTILITY_TEMPLATES') as until
      from messages m
      join channels ch on ch.business_id = :business and ch.id = m.channel_id
      where m.business_id = :business and m.direction = 'out' and m.content ->> 'category' is not null and m.id = coalesce(:messageId, (
        select k.id from messages k where k.business_id = :business and k.channel_id = :channelId and k.provider_message_id = :providerMessageId))
    ), closed as (
      insert into direct_send_access as a (business_id, account, state, since, until, reason, event_id)
      select :business, r.account, 'closed', r.at, r.until, :reason, :eventId from refused r where r.at is not null
      on conflict on constraint direct_send_access_pkey do update set
        state = excluded.state, since = excluded.since, until = excluded.until, reason = excluded.reason, event_id = excluded.event_id
      where excluded.since > a.since and (a.state <> 'closed' or a.until <= now())
      returning a.account
    ), event as (
      insert into events (business_id, id, type, data, at)
      select :business, :eventId, 'direct-send.changed', jsonb_build_object('account', c.account, 'state', 'closed', 'until', r.until), now()
      from closed c join refused r on r.account = c.account
    ), notice as (
      insert into notices (business_id, id, received_at, at, provider, field, severity, channel_id, account_id, sentence)
      select :business, :noticeId, now(), now(), 'cloud', 'send', 'warning', r.channel_id, r.account_id,
        :reason || ' Until that changes, only templates are sent outside the window. \`onethread channel direct-send\` tries it again.'
      from closed c join refused r on r.account = c.account
    )
    select c.account from closed c`,
});

// A look after a refusal, without a lock: which templates could be sent now, and what is known of Direct Send.
export const findAlternatives = defineQuery({
  name: "outbound.find-alternatives",
  role: "app",
  columns: { has_copy: "bool", templates: "int8", direct_send: "text" },
  params: { conversationId: "uuid" },
  text: `
    select coalesce(k.synced_at is not null, false) as has_copy, (
        select count(*) from template_states t
        where t.business_id = :business and t.account_id = ch.account_id and upper(t.status) = 'APPROVED' and t.components is not null
          and not exists (select from category_stops s
            where s.business_id = :business and s.account_id = t.account_id and s.category = upper(t.category) and s.until > now())) as templates,
      case when c.reply_kind = 'group' or obstacle_of_direct_send(:business, ch.id, ch.account_id, b.direct_send, now()) is not null then 'closed'
           else coalesce((select a.state from direct_send_access a
             where a.business_id = :business and a.account = coalesce(ch.account_id, ch.id::text) and a.state = 'open'), 'unknown') end as direct_send
    from conversations o
    join conversations c on c.business_id = :business and c.id = coalesce(o.merged_into, o.id)
    join businesses b on b.id = :business
    join channels ch on ch.business_id = :business and ch.id = c.reply_channel_id
    left join template_accounts k on k.business_id = :business and k.account_id = ch.account_id
    where o.business_id = :business and o.id = :conversationId`,
});
