// Owns: the two statements around every send. Lock order: lane → channel → message (conversation is only read). docs/lifecycles/outbound-message.md.
import { rowsOf } from "../db/parameters.ts";
import { defineQuery } from "../db/query.ts";

/** Meta, "Pair rate limits": 10 messages a minute to one customer. */
const PAIR_SPACING = "interval '6 seconds'";
/**
 * What waits for its number comes back over as long as all that waits will take, so that a long queue is not asked again and again. Counted up to 5,000, only
 * where something has to wait, and once for all that has to.
 */
const SPREAD = "case when p.turn > '0' then random() * p.spacing * (select sends_waiting(:business)) else '0' end";

// Before the request: the fence is compared under the lane's row lock, then the oldest queued message becomes `sending`. That is durable
// before a byte leaves, so a crash leaves `sending` behind, which the next worker turns into `unknown`: it may have been accepted, and is
// never sent again. What would be too fast for its number or its customer stays queued, and its lane sleeps until then. What may not leave at all (opt-out, closed window, the AI's words after a person took over) fails here, in the database, whoever wrote it.
export const startSends = defineQuery({
  name: "outbound.start-sends",
  role: "app",
  columns: {
    conversation_id: "uuid",
    wanted: "int8",
    verdict: "text",
    message_id: "uuid?",
    seq: "int8?",
    content: "jsonb?",
    names: "jsonb?",
    attempts: "int2?",
    channel_id: "uuid?",
    provider: "text?",
    settings: "jsonb?",
    external_id: "text?",
    access_token: "text?",
    reply_kind: "text?",
    reply_address: "text?",
    is_marketing: "bool",
    /** Direct Send, and nothing has told yet that the account has it. */
    is_trial: "bool",
  },
  params: { lanes: rowsOf({ conversationId: "uuid", fence: "int8" }) },
  text: `
with mine as materialized (
  select l.conversation_id, l.wanted, l.sends_until
    from lanes l
    join :lanes as i on i.conversation_id = l.conversation_id
   where l.business_id = :business and l.kind = 'send' and l.fence = i.fence
   order by l.conversation_id
   for no key update of l
), interrupted as (
  update messages m set status = 'unknown',
    error_code = 'outcome_unknown', error_text = 'The worker ended while this message was being sent. It may have been accepted.'
    -- Lateral and offset: joined otherwise, all that waits in the business is read, which the planner takes for one row.
    from mine
    cross join lateral (
      select q.id from messages q
       where q.business_id = :business and q.conversation_id = mine.conversation_id and q.status = 'sending'
         and q.provider_message_id is null and q.failed_at is null
      offset 0) s
   where m.business_id = :business and m.id = s.id and m.status = 'sending'
), next as (
  select mine.conversation_id,
         -- As of this statement's snapshot, like the messages below: after a wait for the lane, mine.wanted counts a message that is not visible yet.
         (select s.wanted from lanes s where s.business_id = :business and s.conversation_id = mine.conversation_id and s.kind = 'send') as wanted, m.id, m.seq, m.type, m.content, coalesce(m.target_provider_message_id, m.quoted_provider_message_id) as names_id, m.attempts,
         m.author, m.received_at, m.turn_id,
         m.channel_id, m.type = 'template' and goes_as_marketing(:business, ch.account_id, m.content -> 'template' ->> 'name', m.content -> 'template' -> 'language' ->> 'code') as is_marketing,
         m.content ->> 'category' is not null and not exists (
           select from direct_send_access a where a.business_id = :business and a.account = coalesce(ch.account_id, ch.id::text) and a.state = 'open') as is_trial,
         ch.provider, ch.settings, ch.external_id, ch.account_id, ch.stopped_at, s.access_token, sends_ahead(case when m.campaign_id is null then m.author else 'campaign' end) as ahead,
         -- How long this customer has had enough for.
         mine.sends_until - (sends_in_a_row(ch.provider, ch.sends_in_a_row) - 1) * ${PAIR_SPACING} - now() as pair_wait
    from mine
    left join lateral (
      select * from messages q
       where q.business_id = :business and q.conversation_id = mine.conversation_id and q.status = 'queued'
         and q.provider_message_id is null and q.failed_at is null
       order by q.seq limit 1) m on true
    left join channels ch on ch.business_id = :business and ch.id = m.channel_id
    left join channel_secrets s on s.business_id = :business and s.channel_id = m.channel_id
), channel as materialized (
  -- Each number's places are given out by one statement at a time. What has no rate is not locked.
  select ch.id, greatest(ch.sends_until, now()) as sends_until, coalesce(ch.held_until - now(), '0') as hold,
         interval '1 second' / number_rate(ch.provider, ch.sends_per_second, ch.throughput_level, ch.is_on_app,
           exists (select from channel_signals t where t.business_id = :business and t.channel_id = ch.id and t.aspect = 'throughput'))
           * (case when ch.slowed_until > now() then 2 else 1 end) as spacing
    from channels ch
   where ch.business_id = :business and ch.id in (select n.channel_id from next n)
     and sends_per_second(ch.provider, ch.sends_per_second, false) is not null
   order by ch.id for no key update of ch
), rules as materialized (
  -- Lanes and numbers are ours now (its argument reads both): what was committed before that forbids, also when this statement began earlier and had to wait.
  select r.* from read_send_rules(:business, (select array_agg(n.conversation_id) from next n left join channel ch on ch.id = n.channel_id)) r
), judged as (
  select n.*, c.reply_kind, c.reply_address,
         case when n.id is null then 'none'
              -- What confirms an opt-out goes out all the same.
              when n.author <> 'system' and opt_out_forbids(c.opted_out_at, c.last_customer_message_at, b.answers_after_stop, n.type = 'template' or n.content ->> 'category' is not null) then 'opted_out'
              when c.marketing_stopped_at is not null and n.type = 'template'
                   and may_be_marketing(:business, n.account_id, n.content -> 'template' ->> 'name', n.content -> 'template' -> 'language' ->> 'code') then 'marketing_stopped'
              when c.reply_address is null then 'no_address'
              -- What the AI had still to say when a person took over. The pause that it began itself by handing over lets its own words out.
              when n.author = 'ai' and c.ai_paused_at >= n.received_at
                   and not exists (select from turns t where t.business_id = :business and t.conversation_id = n.conversation_id and t.state = 'handed_off' and t.finished_at = c.ai_paused_at) then 'taken_over'
              when n.type <> 'template' and not window_is_open(c.last_customer_message_at, n.provider, c.read_at) and n.content ->> 'category' is null
                   and entry_window_until(:business, n.conversation_id, n.channel_id, c.read_at) is null then 'window_closed'
              when n.stopped_at is not null or n.access_token is null then 'channel_stopped'
              when n.type = 'template' then coalesce(obstacle_of_template(:business, n.account_id,
                     n.content -> 'template' ->> 'name', n.content -> 'template' -> 'language' ->> 'code', now()), 'send')
              when n.content ->> 'category' is not null then coalesce(obstacle_of_direct_send(:business, n.channel_id, n.account_id, b.direct_send, c.read_at), 'send')
              else 'send' end as verdict
    from next n
    join rules c on c.conversation_id = n.conversation_id
    join businesses b on b.id = :business
), placed as materialized (
  select n.*, ch.sends_until, ch.spacing, ch.hold,
         -- When its turn comes, counted from now; not above zero: it is now. Null: it takes no place.
         case when e.takes_place then
           ch.sends_until + (row_number() over (partition by n.channel_id, e.takes_place order by n.ahead desc, n.id) - 1) * ch.spacing - n.ahead - now() end as turn
    from judged n
    left join channel ch on ch.id = n.channel_id
   cross join lateral (select coalesce(n.verdict = 'send' and ch.hold <= '0' and coalesce(n.pair_wait, '0') <= '0', false) as takes_place) e
), pace as (
  update channels ch set sends_until = p.sends_until + p.taken * p.spacing
    from (select channel_id, sends_until, spacing, count(*) as taken from placed where turn <= '0' group by channel_id, sends_until, spacing) p
   where ch.business_id = :business and ch.id = p.channel_id
), decided as materialized (
  select p.*, case when p.verdict = 'send' then greatest(p.pair_wait, p.hold, p.turn + ${SPREAD}) end as wait from placed p
), asleep as (
  update lanes l set check_at = now() + least(n.wait, interval '1 minute'), owner = null
    from decided n
   where l.business_id = :business and l.conversation_id = n.conversation_id and l.kind = 'send' and n.wait > '0'
), started as (
  update messages m set
    status = case when n.verdict = 'send' then 'sending' else 'failed' end,
    attempts = m.attempts + (n.verdict = 'send')::int,
    attempted_at = now(),
    failed_at = case when n.verdict <> 'send' then now() end,
    error_code = case when n.verdict = 'marketing_stopped' then 'opted_out' when n.verdict in ('direct_send_off', 'direct_send_closed') then 'direct_send_unavailable'
                      when n.verdict <> 'send' then n.verdict end,
    error_text = case n.verdict when 'opted_out' then 'The customer opted out; nothing is sent to them.'
                                when 'marketing_stopped' then 'The customer stopped marketing in WhatsApp, and this template is not known to be anything else.'
                                when 'window_closed' then 'More than 24 hours have passed since the customer wrote; only a template may be sent.'
                                when 'direct_send_off' then 'The business sends by Direct Send only where its settings allow it.'
                                when 'direct_send_closed' then 'WhatsApp does not let this account send by Direct Send.'
                                when 'taken_over' then 'A person took over before this was sent.'
                                when 'no_address' then 'Nothing is known to send this message to.'
                                when 'template_paused' then 'WhatsApp has paused this template.'
                                when 'template_disabled' then 'WhatsApp has disabled this template for good.'
                                when 'template_rejected' then 'WhatsApp has rejected this template.'
                                when 'template_deleted' then 'This template was deleted.'
                                when 'template_archived' then 'This template is archived.'
                                when 'category_stopped' then 'WhatsApp refuses this category of the account for now.' end
    from decided n
   where m.business_id = :business and m.id = n.id and m.status = 'queued' and n.verdict not in ('none', 'channel_stopped') and coalesce(n.wait <= '0', true)
  returning m.id
)
-- Cancelled while this statement waited for its row: there is nothing to send.
select conversation_id, wanted,
       case when wait > '0' then 'paced'
            when verdict = 'send' and id not in (select s.id from started s) then 'none' else verdict end as verdict, id as message_id, seq, content,
       -- Looked for only where a message names another one.
       case when names_id is not null then
         (select jsonb_build_object('id', named.id, 'isOurs', coalesce(n.direction = 'out', false), 'text', left(n.text, 1000), 'participant', n.content -> 'participant')
            from (values (names_id)) named (id)
            left join messages n on n.business_id = :business and n.channel_id = decided.channel_id and n.provider_message_id = named.id) end as names,
       attempts, channel_id, provider, settings, external_id,
       access_token, reply_kind, reply_address, coalesce(is_marketing, false) as is_marketing, coalesce(is_trial, false) as is_trial
  from decided`,
});

// After the request. A status that was faster than the answer has moved the message on already: then only what is missing is filled in.
// The lane advances to this message, or is put to sleep when the message has to be sent again later.
export const finishSends = defineQuery({
  name: "outbound.finish-sends",
  role: "app",
  columns: { conversation_id: "uuid", more: "bool" },
  params: {
    ends: rowsOf({
      conversationId: "uuid",
      fence: "int8",
      messageId: "uuid?",
      settledTo: "int8",
      status: "text?",
      providerMessageId: "text?",
      errorCode: "text?",
      errorText: "text?",
      retryInMs: "int4?",
      isSent: "bool",
      /** Of the event that says so: the provider holds it. */
      heldEventId: "uuid?",
      isUnstarted: "bool",
    }),
  },
  text: `
with input as (select i.* from :ends as i), lane as (
  update lanes l set
    done = greatest(l.done, i.settled_to),
    check_at = case when l.wanted <= greatest(l.done, i.settled_to) then null
                    when i.retry_in_ms is not null then now() + i.retry_in_ms * interval '1 millisecond'
                    else l.check_at end,
    owner = case when l.wanted <= greatest(l.done, i.settled_to) or i.retry_in_ms is not null then null else l.owner end,
    -- What was not begun has not failed.
    attempts = case when i.retry_in_ms is null then 0 else l.attempts + (not i.is_unstarted)::int end,
    last_error = case when i.retry_in_ms is null then null else i.error_text end,
    sends_until = case when i.is_sent then greatest(l.sends_until, now()) + ${PAIR_SPACING} else l.sends_until end
    from (select i.* from input i
            join lanes l on l.business_id = :business and l.conversation_id = i.conversation_id and l.kind = 'send' and l.fence = i.fence
           order by i.conversation_id for no key update of l) i
   where l.business_id = :business and l.conversation_id = i.conversation_id and l.kind = 'send' and l.fence = i.fence
  returning l.conversation_id, l.wanted > greatest(l.done, i.settled_to) as more
), locked as materialized (
  -- In the order in which statuses take them: these come for the very same messages, milliseconds later.
  select m.id from messages m join input i on i.message_id = m.id join lane on lane.conversation_id = i.conversation_id
   where m.business_id = :business
   order by m.id for no key update of m
), settled as (
  update messages m set
    status = case when m.status = 'sending' then i.status else m.status end,
    -- Nothing of it was sent, and nobody tried.
    attempts = case when i.is_unstarted and m.status = 'sending' then m.attempts - 1 else m.attempts end,
    provider_message_id = coalesce(m.provider_message_id, i.provider_message_id),
    accepted_at = case when i.status = 'accepted' then coalesce(m.accepted_at, now()) else m.accepted_at end,
    held_at = case when i.held_event_id is not null and m.status = 'sending' then now() else m.held_at end,
    failed_at = case when i.status = 'failed' and m.status = 'sending' then now() else m.failed_at end,
    error_code = case when m.status = 'sending' then i.error_code else m.error_code end,
    error_text = case when m.status = 'sending' then i.error_text else m.error_text end
    from input i
    join locked k on k.id = i.message_id
   where m.business_id = :business and m.id = i.message_id
  returning m.id, m.held_at
), held as (
  insert into events (business_id, id, type, conversation_id, subject_id, data, at)
  select :business, i.held_event_id, 'message.held', i.conversation_id, i.message_id, '{}', now()
    from input i join settled s on s.id = i.message_id
    -- By this very statement: whoever did not learn that it was committed repeats it.
   where i.held_event_id is not null and s.held_at = now()
)
select conversation_id, more from lane`,
});

const lastWord = (where: string, order: string): string => `
      select v.at, coalesce(v.data ->> 'by', v.data ->> 'reason') as reason, v.type <> 'conversation.resumed' as is_pause from events v
       where v.business_id = :business and v.conversation_id = e.conversation_id and v.at <= e.received_at and v.id <> e.id and ${where}
         and v.type in ('conversation.taken-over', 'conversation.paused', 'conversation.handed-off', 'conversation.resumed')
       order by ${order} limit 1`;

// A person's message under the id that the answer to our own request names: it is the echo of that, and was faster. It gives the id back with what was reported
// of it, and is hidden behind the message that it is the echo of (a row with a target is not in the list of its thread); nothing is deleted, so that positions stay. The pause ends when it was this one's: a later one
// goes on, and so does one of before.
export const takeEchoBack = defineQuery({
  name: "outbound.take-echo-back",
  role: "app",
  columns: { id: "uuid" },
  params: { messageId: "uuid", providerMessageId: "text", eventId: "uuid" },
  text: `
with conv as materialized (
  select c.id, c.ai_paused_reason from conversations c
   where c.business_id = :business and c.id = (select m.conversation_id from messages m where m.business_id = :business and m.id = :messageId)
   for no key update of c
), own as materialized (
  select m.id, m.channel_id, m.sent_at from messages m join conv on conv.id = m.conversation_id
   where m.business_id = :business and m.id = :messageId and m.provider_message_id is null
), heard as materialized (
  select m.id, m.price, m.delivered_at, m.read_at from messages m join own on own.channel_id = m.channel_id
   where m.business_id = :business and m.provider_message_id = :providerMessageId and m.id <> own.id and m.direction = 'out' and m.author = 'human' and m.attempts = 0
), locked as materialized (
  -- In the order in which statuses take them.
  select m.id from messages m where m.business_id = :business and m.id in (select h.id from heard h union all select :messageId from heard) order by m.id for no key update of m
), echo as (
  update messages e set
    provider_message_id = 'echo:' || e.provider_message_id, target_provider_message_id = e.provider_message_id, type = 'system', text = null, price = null,
    content = '{"type": "system", "system": {"type": "echo"}}', author = 'system', sent_at = own.sent_at - interval '1 millisecond'
    from own, heard h, (select count(*) from locked) l
   where e.business_id = :business and e.id = h.id
  returning e.id, e.conversation_id, e.received_at
), told as (
  -- What was reported of it is of ours, and was counted already; once ours has its id, the statuses are looked at again.
  update messages o set price = h.price, delivered_at = h.delivered_at, read_at = h.read_at
    from heard h join echo e on e.id = h.id
   where o.business_id = :business and o.id = :messageId
), again as (
  update message_statuses s set applied_at = null, message_id = null, received_at = now()
    from own cross join echo
   where s.business_id = :business and s.channel_id = own.channel_id and s.provider_message_id = :providerMessageId
), before as (
  -- Who answered until then: only the events of the conversation still tell (the echo's own has its id). Those that nobody has read have no position: of these a day is looked at.
  select l.at, l.reason from echo e cross join lateral (
    (${lastWord("v.position is not null", "v.position desc")}) union all (${lastWord("v.position is null and v.at > now() - interval '1 day'", "v.at desc")})
    order by at desc limit 1) l
   where l.is_pause
), ended as (
  update conversations c set ai_paused_at = case when p.lasts then c.ai_paused_at end, ai_paused_reason = case when p.lasts then p.reason end, updated_at = now()
    from echo e
    join conv on conv.id = e.conversation_id
    join businesses b on b.id = :business
   cross join lateral (
     select coalesce(bool_or(pause_lasts(w.at, b.handoff_pause_ms, e.received_at)), false) as lasts, max(w.reason) as reason from before w) p
   where c.business_id = :business and c.id = conv.id and conv.ai_paused_reason = 'phone_app'
     and not exists (
       select from messages p where p.business_id = :business and p.conversation_id = c.id and p.author = 'human' and p.received_at >= e.received_at and p.id <> e.id)
  returning c.id, p.lasts
), event as (
  insert into events (business_id, id, type, conversation_id, data, at)
  select :business, :eventId, 'conversation.resumed', r.id, jsonb_build_object('reason', 'phone_app'), now() from ended r where not r.lasts
)
select e.id from echo e`,
});

// Only while the token that was refused is still the channel's: a late answer must not stop a channel whose token was just replaced.
export const stopRefusedChannel = defineQuery({
  name: "outbound.stop-channel",
  role: "app",
  columns: {},
  params: { channelId: "uuid?", reason: "text", accessToken: "text?" },
  text: `
update channels set stopped_at = now(), stopped_reason = :reason
 where business_id = :business and id = :channelId and stopped_at is null
   and exists (select from channel_secrets s where s.business_id = :business and s.channel_id = :channelId and s.access_token = :accessToken)`,
});

// What the provider asked for concerns all that this number sends, by any process. The longest time counts.
export const holdChannel = defineQuery({
  name: "outbound.hold-channel",
  role: "app",
  columns: {},
  params: { channelId: "uuid?", holdMs: "int4", slowMs: "int4", reason: "text" },
  text: `
update channels set
  held_until = case when :holdMs > 0 then greatest(held_until, now() + :holdMs * interval '1 millisecond') else held_until end,
  held_reason = case when :holdMs > 0 then :reason else held_reason end,
  slowed_until = case when :slowMs > 0 then greatest(slowed_until, now() + :slowMs * interval '1 millisecond') else slowed_until end
 where business_id = :business and id = :channelId`,
});
