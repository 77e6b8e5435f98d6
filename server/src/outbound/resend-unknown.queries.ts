// Owns: the SQL with which a message of which nobody knows is sent again, when its business wants that.
import { defineQuery } from "../db/query.ts";

/** Businesses of which something is unknown, each once, however much. */
export const listBusinessesWithUnknownAcrossBusinesses = defineQuery({
  name: "outbound.list-businesses-with-unknown-across-businesses",
  role: "ingest",
  columns: { business_id: "uuid" },
  params: {},
  text: `
    with recursive business (id) as (
      (select u.business_id from unknown_sends u where u.not_resent is null order by u.business_id limit 1)
      union all
      select (select u.business_id from unknown_sends u where u.not_resent is null and u.business_id > b.id order by u.business_id limit 1)
      from business b where b.id is not null
    )
    select b.id as business_id from business b where b.id is not null`,
});

// What was sent again already is not sent a third time, and what Onethread itself said (a confirmation) not a second time. What its campaign keeps back (a pause, the quiet hours of its
// row's country) comes last, so that it keeps nothing else waiting.
export const listUnknownToResend = defineQuery({
  name: "outbound.list-unknown-to-resend",
  role: "app",
  columns: { message_id: "uuid", quiet_hours: "jsonb?", country: "text?", now: "timestamptz" },
  params: { afterMs: "int8" },
  text: `
    select u.message_id, c.quiet_hours, r.country, now() as now
    from unknown_sends u
    join messages m on m.business_id = :business and m.id = u.message_id
    left join campaigns c on c.business_id = :business and c.id = m.campaign_id
    left join campaign_recipients r on r.business_id = :business and r.message_id = m.id
    where u.business_id = :business and u.not_resent is null and u.since <= now() - :afterMs * interval '1 millisecond'
      and m.status = 'unknown' and m.author in ('ai', 'human', 'api') and m.possible_duplicate_of is null and c.state is distinct from 'paused'
    order by m.campaign_id is not null, u.since
    limit 1000`,
});

/** The state of the campaign that the message is of, which stays so until the end of the transaction: who pauses or cancels it waits. None: it is of none. */
export const holdCampaign = defineQuery({
  name: "outbound.hold-campaign",
  role: "app",
  columns: { state: "text" },
  params: { messageId: "uuid" },
  text: `
    select c.state from campaigns c
    where c.business_id = :business and c.id = (select m.campaign_id from messages m where m.business_id = :business and m.id = :messageId)
    for share`,
});

/**
 * `is_taken_over`: the AI wrote it, and since then a person has written, or the AI is silent for another reason than that it fetched a person itself. By the time of a thread, of which WhatsApp
 * gives whole seconds.
 */
export const findUnknownToResend = defineQuery({
  name: "outbound.find-unknown-to-resend",
  role: "app",
  columns: {
    conversation_id: "uuid",
    author: "text",
    type: "text",
    text: "text?",
    content: "jsonb",
    quoted_provider_message_id: "text?",
    is_taken_over: "bool",
  },
  params: { messageId: "uuid" },
  text: `
    select m.conversation_id, m.author, m.type, m.text, m.content, m.quoted_provider_message_id,
      m.author = 'ai' and (
        coalesce(c.ai_paused_at >= m.received_at, false) and not exists (
          select from turns t where t.business_id = :business and t.conversation_id = c.id and t.state = 'handed_off' and t.finished_at = c.ai_paused_at)
        or exists (
          select from messages p where p.business_id = :business and p.conversation_id = c.id and p.author = 'human' and not p.is_history
            and p.sent_at >= date_trunc('second', m.sent_at))) as is_taken_over
    from messages m
    join conversations c on c.business_id = :business and c.id = m.conversation_id
    where m.business_id = :business and m.id = :messageId and m.status = 'unknown'`,
});

// Only while it is unknown: a status, a look-up or a person that is faster wins, and nothing is sent again. A status that comes later still counts more.
export const settleAsSentAgain = defineQuery({
  name: "outbound.settle-as-sent-again",
  role: "app",
  columns: { id: "uuid" },
  params: { messageId: "uuid", resentAs: "uuid", eventId: "uuid" },
  text: `
    with m as (
      update messages as q set status = 'failed', failed_at = now(), error_code = 'sent_again',
        error_text = 'Nobody knows whether it was sent. As the business wants, it was sent again, as another message.'
      where q.business_id = :business and q.id = :messageId and q.status = 'unknown'
      returning q.id, q.conversation_id
    ), event as (
      insert into events (business_id, id, type, conversation_id, subject_id, data, at)
      select :business, :eventId, 'message.settled', m.conversation_id, m.id, jsonb_build_object('as', 'failed', 'by', 'rule', 'resentAs', :resentAs::uuid), now() from m
    )
    select m.id from m`,
});

export const markPossibleDuplicate = defineQuery({
  name: "outbound.mark-possible-duplicate",
  role: "app",
  columns: {},
  params: { messageId: "uuid", of: "uuid" },
  text: "update messages set possible_duplicate_of = :of where business_id = :business and id = :messageId",
});

// The row of a campaign follows the message that stands for its first one now: whatever is counted of it is of the newest. A row that waited for another try of that message has had it.
export const followInCampaign = defineQuery({
  name: "outbound.follow-in-campaign",
  role: "app",
  columns: {},
  params: { messageId: "uuid", of: "uuid" },
  text: `
    with wanted as (
      select r.campaign_id, r.position from campaign_recipients r where r.business_id = :business and r.message_id = :of
      union all
      select r.campaign_id, r.position
        from messages m
        join campaign_recipients r on r.business_id = :business and r.campaign_id = m.campaign_id and r.state = 'ready' and r.previous_message_id = m.id
       where m.business_id = :business and m.id = :of and m.error_code <> 'sent_again'
    ), moved as (
      update campaign_recipients r set state = 'released', message_id = :messageId, previous_message_id = :of, released_at = coalesce(r.released_at, now()), attempts = r.attempts + 1
        from wanted w
       where r.business_id = :business and r.campaign_id = w.campaign_id and r.position = w.position
      returning r.campaign_id
    )
    update messages m set campaign_id = r.campaign_id from moved r where m.business_id = :business and m.id = :messageId`,
});

export const keepUnknown = defineQuery({
  name: "outbound.keep-unknown",
  role: "app",
  columns: {},
  params: { messageId: "uuid", reason: "text", sentence: "text" },
  text: `
    with kept as (
      update unknown_sends set not_resent = :reason where business_id = :business and message_id = :messageId
    )
    update messages set error_code = 'not_sent_again', error_text = :sentence where business_id = :business and id = :messageId and status = 'unknown'`,
});
