// Owns: the SQL that looks after messages of which nobody knows whether they were sent. The trigger list_unknown_send keeps their list.
import { defineQuery } from "../db/query.ts";

// A few of each business, so that the outage of one gateway does not keep the others waiting. Whoever claims one has moved its next look: nobody else asks at the same time.
// After a day the provider is not asked any more.
export const claimUnknownSendsAcrossBusinesses = defineQuery({
  name: "outbound.claim-unknown-sends-across-businesses",
  role: "ingest",
  columns: { business_id: "uuid", message_id: "uuid" },
  params: {},
  text: `
    with recursive business (id) as (
      (select u.business_id from unknown_sends u where u.look_at is not null order by u.business_id limit 1)
      union all
      select (select u.business_id from unknown_sends u where u.look_at is not null and u.business_id > b.id order by u.business_id limit 1)
      from business b where b.id is not null
    ), due as materialized (
      select d.* from business b
      cross join lateral (
        select u.business_id, u.message_id from unknown_sends u
        where u.business_id = b.id and u.look_at <= now()
        order by u.look_at limit 5
        for update skip locked) d
      limit 50
    )
    update unknown_sends u set
      looks = u.looks + 1,
      look_at = case when u.since > now() - interval '1 day' then now() + least(interval '1 hour', interval '1 minute' * power(2, least(u.looks, 10))) end
    from due d
    where u.business_id = d.business_id and u.message_id = d.message_id
    returning u.business_id, u.message_id`,
});

export const findUnknownSend = defineQuery({
  name: "outbound.find-unknown-send",
  role: "app",
  columns: {
    type: "text",
    content: "jsonb",
    attempted_at: "timestamptz",
    channel_id: "uuid",
    provider: "text",
    settings: "jsonb",
    external_id: "text",
    access_token: "text",
    reply_kind: "text?",
    reply_address: "text?",
    is_off: "bool",
  },
  params: { messageId: "uuid" },
  text: `
    select m.type, m.content, m.attempted_at, m.channel_id, ch.provider, ch.settings, ch.external_id, s.access_token, c.reply_kind, c.reply_address,
      exists (
        select from channel_probes p
        where p.business_id = :business and p.channel_id = m.channel_id and p.probe = 'sent_lookup' and p.off_until > now()) as is_off
    from messages m
    join conversations c on c.business_id = :business and c.id = m.conversation_id
    join channels ch on ch.business_id = :business and ch.id = m.channel_id
    join channel_secrets s on s.business_id = :business and s.channel_id = m.channel_id
    where m.business_id = :business and m.id = :messageId and m.status = 'unknown' and m.attempted_at is not null`,
});

export const listKnownIds = defineQuery({
  name: "outbound.list-known-ids",
  role: "app",
  columns: { provider_message_id: "text" },
  params: { channelId: "uuid", ids: "text[]" },
  text: `
    select m.provider_message_id from messages m
    where m.business_id = :business and m.channel_id = :channelId and m.provider_message_id = any (:ids)`,
});

// Only while it is unknown, and while no other message of ours may be the one that was found: none has the id by now, none is being sent or unknown that could be it. Of a
// list without texts that is any on the number; nor may anybody have written in the WhatsApp app on it lately: those come later than the list.
// Its statuses may have come before, when its id said nothing to us: they are looked at once more.
export const settleFoundSend = defineQuery({
  name: "outbound.settle-found-send",
  role: "app",
  columns: { id: "uuid" },
  params: { messageId: "uuid", providerMessageId: "text", isOfNumber: "bool", sinceId: "uuid", eventId: "uuid" },
  text: `
    with m as (
      update messages as q set status = 'accepted', provider_message_id = :providerMessageId, accepted_at = coalesce(q.accepted_at, q.attempted_at),
        error_code = null, error_text = null
      where q.business_id = :business and q.id = :messageId and q.status = 'unknown'
        and not exists (
          select from messages k where k.business_id = :business and k.channel_id = q.channel_id and k.provider_message_id = :providerMessageId)
        and not exists (
          select from messages o
          where o.business_id = :business and o.provider_message_id is null and o.failed_at is null and o.status in ('sending', 'unknown')
            and o.channel_id = q.channel_id and o.id <> q.id
            and (:isOfNumber or o.conversation_id = q.conversation_id and o.text is not distinct from q.text))
        and (not :isOfNumber or not exists (
          select from messages p
          where p.business_id = :business and p.id >= :sinceId and p.channel_id = q.channel_id and p.author = 'human' and p.attempts = 0
            and p.provider_message_id is not null))
      returning q.business_id, q.id, q.conversation_id, q.channel_id
    ), again as (
      update message_statuses s set received_at = now()
      from m
      where s.business_id = :business and s.channel_id = m.channel_id and s.provider_message_id = :providerMessageId and s.applied_at is null
    ), event as (
      insert into events (business_id, id, type, conversation_id, subject_id, data, at)
      select :business, :eventId, 'message.settled', m.conversation_id, m.id, jsonb_build_object('as', 'accepted', 'by', 'provider'), now() from m
    )
    select m.id from m`,
});

export const endLooking = defineQuery({
  name: "outbound.end-looking",
  role: "app",
  columns: {},
  params: { messageId: "uuid" },
  text: "update unknown_sends set look_at = null where business_id = :business and message_id = :messageId",
});

// The account may have it one day, the gateway another version: a month is a long while.
export const switchLookupOff = defineQuery({
  name: "outbound.switch-lookup-off",
  role: "app",
  columns: {},
  params: { channelId: "uuid", reason: "text" },
  text: `
    insert into channel_probes as p (business_id, channel_id, probe, off_until, reason)
    values (:business, :channelId, 'sent_lookup', now() + interval '30 days', :reason)
    on conflict on constraint channel_probes_pkey do update set off_until = excluded.off_until, reason = excluded.reason`,
});
