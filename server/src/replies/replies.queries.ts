// Owns: what the reply lane reads before it answers, and the one statement with which a turn ends.
import { rowsOf } from "../db/parameters.ts";
import { defineQuery } from "../db/query.ts";
import type { JsonObject } from "../kernel/json.ts";
import { raiseLanes } from "../lanes/raise-lanes.ts";

/** As `to_jsonb` writes a row of RECENT. */
export interface ThreadRow {
  readonly seq: number;
  readonly direction: string;
  readonly author: string;
  readonly type: string;
  readonly text: string | null;
  readonly provider_message_id: string | null;
  readonly quoted_provider_message_id: string | null;
  readonly target_provider_message_id: string | null;
  readonly turn_id: string | null;
  readonly sent_at: string;
  readonly is_history: boolean;
  readonly content: JsonObject | null;
  readonly participant: JsonObject | null;
  readonly quoted_text: string | null;
  readonly quoted_type: string | null;
  readonly referral: JsonObject | null;
  readonly referred_product: JsonObject | null;
}

// What Onethread itself said to a message of the burst (the confirmation of a word about consent) comes after it.
const UP_TO = `select m.seq, m.direction, m.author, m.type, m.text, m.provider_message_id, m.quoted_provider_message_id, m.target_provider_message_id, m.turn_id, m.sent_at, m.is_history,
         m.channel_id, m.content -> 'participant' as participant, m.content -> 'referral' as referral,
         m.content #> '{context,referred_product}' as referred_product
    from messages m
   where m.business_id = :business and m.conversation_id = i.conversation_id and (m.seq <= i.up_to or m.author = 'system')`;

// The newest of the thread, and the whole burst even when it arrived so late that the thread has gone on in the meantime.
const RECENT = `select m.seq, m.direction, m.author, m.type, m.text, m.provider_message_id, m.quoted_provider_message_id, m.target_provider_message_id,
         m.turn_id, m.sent_at, m.is_history,
         -- Only of what is to be answered, and of what changes a message: the words of the customer are read from it.
         case when m.direction = 'in' and m.seq > answered.answered_to
              then (select f.content from messages f where f.business_id = :business and f.conversation_id = i.conversation_id and f.seq = m.seq) end as content,
         m.participant,
         -- However far back it is; most messages quote nothing.
         case when m.quoted_provider_message_id is not null
              then quoted_text(:business, i.conversation_id, m.channel_id, m.quoted_provider_message_id, 200) end as quoted_text,
         case when m.quoted_provider_message_id is not null
              then quoted_type(:business, i.conversation_id, m.channel_id, m.quoted_provider_message_id) end as quoted_type,
         m.referral, m.referred_product
    from (
      (${UP_TO}
        order by m.sent_at desc, m.seq desc limit 50)
      union
      (${UP_TO} and m.seq > answered.answered_to
          and m.direction = 'in' and not m.is_history
        order by m.seq desc limit 50)) m`;

// Everything that a turn needs to know when it begins, of as many conversations as have one now. The messages are one value, and not rows of their own:
// then it is one round trip, and reading it is cheaper than reading as many rows.
export const loadTurns = defineQuery({
  name: "replies.load-turns",
  role: "app",
  columns: {
    conversation_id: "uuid",
    at: "timestamptz",
    business_name: "text",
    contact_name: "text?",
    lead_id: "text?",
    lead_name: "text?",
    ai_paused: "bool",
    opted_out: "bool",
    window_open: "bool",
    reply_kind: "text?",
    ai_enabled: "bool",
    answers_groups: "bool",
    language: "text",
    handoff_text: "text",
    shows_typing_early: "bool",
    channel_external_id: "text?",
    channel_provider: "text?",
    channel_settings: "jsonb?",
    reply_address: "text?",
    channel_stopped: "bool",
    access_token: "text?",
    answered_to: "int8",
    last_state: "text?",
    last_turn_id: "uuid?",
    last_reason: "text?",
    last_finished_at: "timestamptz?",
    superseded_since: "int8",
    waiting_id: "uuid?",
    waiting_covers_to: "int8?",
    waits_for: "text?",
    waiting_expired: "bool",
    waiting_answer: "jsonb?",
    waiting_in_ms: "float8?",
    waiting_work: "jsonb?",
    approval_open: "bool",
    tools_version: "text?",
    has_called_tools: "bool",
    messages: "jsonb?",
  },
  params: { lanes: rowsOf({ conversationId: "uuid", wanted: "int8" }) },
  text: `
select c.id as conversation_id, now() as at, b.name as business_name, c.contact_name, c.lead_id, c.lead_name,
       pause_lasts(c.ai_paused_at, b.handoff_pause_ms, now()) as ai_paused, opt_out_forbids(c.opted_out_at, c.last_customer_message_at, b.answers_after_stop, false) as opted_out,
       window_is_open(c.last_customer_message_at, ch.provider, now()) as window_open,
       c.reply_kind, c.reply_address, b.ai_enabled and coalesce((select w.is_on from switches w where w.name = 'ai'), true) as ai_enabled,
       b.answers_groups, b.language, b.handoff_text, shows_typing_early(b.quiet_ms),
       ch.external_id as channel_external_id, ch.provider as channel_provider, ch.settings as channel_settings, ch.stopped_at is not null as channel_stopped, s.access_token,
       answered.answered_to, last.state as last_state, last.id as last_turn_id,
       last.reason as last_reason, last.finished_at as last_finished_at,
       (select count(*) from turns t
         where t.business_id = :business and t.conversation_id = c.id and t.covers_to > answered.answered_to) as superseded_since,
       wt.id as waiting_id, wt.covers_to as waiting_covers_to, wt.waits_for, coalesce(wt.expires_at <= now(), false) as waiting_expired, wt.answer as waiting_answer,
       (extract(epoch from wt.expires_at - now()) * 1000)::float8 as waiting_in_ms, wt.work as waiting_work,
       coalesce(wt.waits_for = 'approval' and exists (select from tool_calls tc where tc.business_id = :business and tc.conversation_id = c.id
                                                        and tc.answered_to = wt.answered_to and tc.state = 'waiting'), false) as approval_open,
       -- Of the tools that the business defines: changes with each of them (tools/own-tools.ts).
       (select md5(string_agg(tl.id::text || tl.updated_at::text, ',' order by tl.id)) from tools tl where tl.business_id = :business) as tools_version,
       exists (select from tool_calls tc
                where tc.business_id = :business and tc.conversation_id = c.id and tc.answered_to = answered.answered_to) as has_called_tools,
       (select jsonb_agg(to_jsonb(r) order by r.sent_at, r.seq) from (${RECENT}) r) as messages
  from (select l.conversation_id, l.wanted as up_to from :lanes as l) i
  join conversations c on c.business_id = :business and c.id = i.conversation_id
  join businesses b on b.id = :business
  left join channels ch on ch.business_id = :business and ch.id = c.reply_channel_id
  left join channel_secrets s on s.business_id = :business and s.channel_id = c.reply_channel_id
  left join waiting_turns wt on wt.business_id = :business and wt.conversation_id = c.id
  left join lateral (
    select t.covers_to, t.state, t.id, t.reason, t.finished_at from turns t
     where t.business_id = :business and t.conversation_id = c.id and t.state <> 'superseded'
     order by t.covers_to desc limit 1) last on true
  cross join lateral (select coalesce(last.covers_to, 0) as answered_to) answered`,
});

// The end of a turn: turn, reply, and both lanes, in one statement under the fence. Lock order: conversation → lane → turn → message.
// - locked: in the order of the canonical key, as ingest takes them; only where the fence is still ours. The row lock holds back ingest and
//   the inbox, so what is decided below (a human took over, an opt-out, a closed window, a newer message) cannot change before the commit.
// - lane: the fence is compared again after the wait for the lock. No row here means that somebody else owns the lane: nothing is written.
// - A newer message supersedes the reply, unless this turn was superseded too often already (final).
// - parts: the messages of the reply, [{"id", "text"}], and what is no plain text also with "type" and "content"; null when nothing is said. They follow one
//   another in the thread. later: what is to be said at its "sendAt", likewise, never without parts; it is scheduled by this same statement, or not at all.
// - event: what happened, for whoever asks later. :withEvents is false only when the outbox itself refused the row: a reply counts more.
export const commitTurns = defineQuery({
  name: "replies.commit-turns",
  role: "app",
  columns: { conversation_id: "uuid", state: "text" },
  params: {
    ends: rowsOf({
      conversationId: "uuid",
      fence: "int8",
      turnId: "uuid",
      coversFrom: "int8",
      coversTo: "int8",
      state: "text",
      reason: "text?",
      responder: "text?",
      final: "bool",
      parts: "jsonb?",
      later: "jsonb?",
      laterYields: "bool",
      error: "text?",
      attempts: "int4",
      model: "text?",
      inputTokens: "int4?",
      outputTokens: "int4?",
      costMicros: "int8?",
      latencyMs: "int4",
      toolCalls: "jsonb?",
      sources: "jsonb?",
      pictures: "jsonb?",
      eventId: "uuid",
    }),
    withEvents: "bool",
  },
  text: `
with input as (select i.* from :ends as i), locked as materialized (
  select c.id, c.canonical_key, c.reply_channel_id,
         opt_out_forbids(c.opted_out_at, c.last_customer_message_at, b.answers_after_stop, false) as opted_out,
         pause_lasts(c.ai_paused_at, b.handoff_pause_ms, now()) as ai_paused,
         window_is_open(c.last_customer_message_at, ch.provider, now()) as window_open
    from conversations c
    join input i on i.conversation_id = c.id
    join businesses b on b.id = :business
    left join channels ch on ch.business_id = :business and ch.id = c.reply_channel_id
   where c.business_id = :business
     and exists (select from lanes l where l.business_id = :business and l.conversation_id = c.id and l.kind = 'reply' and l.fence = i.fence)
   order by c.canonical_key
   for no key update of c
), lane as (
  update lanes l set
    done = i.covers_to,
    check_at = case when l.wanted > i.covers_to then greatest(now(), burst_ends_at(l.first_at, l.last_at, b.quiet_ms, b.ceiling_ms)) end,
    first_at = case when l.wanted > i.covers_to then now() else l.first_at end,
    owner = null, attempts = 0, last_error = null, parked = false
    from input i
    join locked k on k.id = i.conversation_id
    join businesses b on b.id = :business
   where l.business_id = :business and l.conversation_id = i.conversation_id and l.kind = 'reply' and l.fence = i.fence and l.done = i.covers_from - 1
     -- Nothing is superseded by nothing: such a burst would stay without an answer.
     and (i.state <> 'superseded' or l.wanted > i.covers_to)
  returning l.conversation_id, l.wanted > i.covers_to as more
), verdict as (
  select i.*, k.reply_channel_id, lane.more, v.blocked, coalesce(jsonb_array_length(i.parts), 0) as part_count,
         case when i.state in ('superseded', 'skipped') or i.state = 'failed' and i.parts is null then i.state
              when v.blocked is not null then 'skipped'
              when i.parts is not null and lane.more and not i.final then 'superseded'
              else i.state end as final_state
    from lane
    join input i using (conversation_id)
    join locked k on k.id = i.conversation_id
    cross join lateral (select case when k.ai_paused then 'taken_over'
                                    when k.opted_out then 'opted_out'
                                    when not k.window_open then 'window_closed'
                                    when k.reply_channel_id is null then 'no_address' end as blocked) v
), conv as (
  update conversations c set
    last_seq = c.last_seq + v.part_count,
    last_message_at = case when v.part_count = 0 then c.last_message_at else greatest(c.last_message_at, now()) end,
    -- A reply ends a pause whose time has passed; one that still lasts does not let a reply come here.
    ai_paused_at = case when v.final_state = 'handed_off' then now() end,
    ai_paused_reason = case when v.final_state = 'handed_off' then coalesce(v.reason, 'handoff') end,
    updated_at = now()
    from verdict v
   where c.business_id = :business and c.id = v.conversation_id
     and (v.final_state = 'handed_off' or v.final_state in ('replied', 'failed') and v.part_count > 0)
  returning c.id, c.last_seq
), turn as (
  insert into turns (business_id, id, conversation_id, covers_from, covers_to, state, reason, responder, fence, attempts, error, started_at, finished_at,
                     model, input_tokens, output_tokens, cost_micros, latency_ms, tool_calls, sources, pictures)
  select :business, v.turn_id, v.conversation_id, v.covers_from, v.covers_to, v.final_state,
         case v.final_state when 'superseded' then null when 'skipped' then coalesce(v.blocked, v.reason) else v.reason end,
         v.responder, v.fence, v.attempts, v.error, now() - v.latency_ms * interval '1 millisecond', now(),
         v.model, v.input_tokens, v.output_tokens, v.cost_micros, v.latency_ms, v.tool_calls, v.sources, v.pictures
    from verdict v
), waited as (
  delete from waiting_turns w using verdict v where w.business_id = :business and w.conversation_id = v.conversation_id
), message as (
  insert into messages (business_id, id, conversation_id, seq, channel_id, direction, author, type, text, content, sent_at, received_at, status, turn_id, turn_part)
  select :business, (p.part ->> 'id')::uuid, conv.id, conv.last_seq - v.part_count + p.ord, v.reply_channel_id, 'out', 'ai', coalesce(p.part ->> 'type', 'text'), p.part ->> 'text',
         coalesce(p.part -> 'content', jsonb_build_object('type', 'text', 'text', jsonb_build_object('body', p.part ->> 'text'))), now(), now(), 'queued', v.turn_id, p.ord
    from verdict v
    join conv on conv.id = v.conversation_id
    cross join lateral jsonb_array_elements(v.parts) with ordinality as p (part, ord)
), later as (
  insert into scheduled_messages (business_id, id, conversation_id, author, type, text, content, send_at, yields_to_customer)
  select :business, (p.part ->> 'id')::uuid, v.conversation_id, 'ai', p.part ->> 'type', p.part ->> 'text', p.part -> 'content',
         (p.part ->> 'sendAt')::timestamptz, v.later_yields
    from verdict v
    cross join lateral jsonb_array_elements(v.later) as p (part)
   where v.final_state = 'replied'
  returning id, conversation_id, send_at
), send_lane as (
  ${raiseLanes(`
  select :business, conv.id, 'send', now(), now(), now(), conv.last_seq
    from conv
    join verdict v on v.conversation_id = conv.id
   where v.part_count > 0
   order by conv.id`)}
), event as (
  insert into events (business_id, id, type, conversation_id, subject_id, data, at)
  select :business, e.id, e.type, v.conversation_id, v.turn_id, e.data, now()
    from verdict v
    cross join lateral (
      select v.turn_id as id, 'turn.' || replace(v.final_state, '_', '-') as type,
             jsonb_build_object('coversFrom', v.covers_from, 'coversTo', v.covers_to, 'reason', coalesce(v.blocked, v.reason)) as data
      union all
      select v.event_id, 'conversation.handed-off', jsonb_build_object('reason', v.reason) where v.final_state = 'handed_off') e
   where :withEvents
  union all
  -- Its id is the message's, which has no other event yet that is not named after another one.
  select :business, l.id, 'message.scheduled', l.conversation_id, l.id, jsonb_build_object('by', 'ai', 'turnId', v.turn_id, 'sendAt', l.send_at), now()
    from later l
    join verdict v using (conversation_id)
   where :withEvents
)
select conversation_id, final_state as state from verdict`,
});

// A turn that waits for somebody outside releases its lane: it runs again when it is answered, when a newer message comes (ingest), or when
// its time is over. The answer may have come already, while the question was still being asked; then it is kept.
// final: this turn will not be superseded any more, so newer messages wait for it.
export const parkTurns = defineQuery({
  name: "replies.park-turns",
  role: "app",
  columns: { conversation_id: "uuid", due: "bool" },
  params: {
    parks: rowsOf({
      conversationId: "uuid",
      fence: "int8",
      turnId: "uuid",
      coversTo: "int8",
      answeredTo: "int8",
      waitsFor: "text",
      final: "bool",
      waitMs: "float8",
      work: "jsonb?",
    }),
  },
  text: `
with input as (select p.*, now() as at from :parks as p), mine as materialized (
  select l.conversation_id, l.wanted, l.last_at, i.turn_id, i.covers_to, i.answered_to, i.waits_for, i.final, i.work, i.at, i.at + i.wait_ms * interval '1 millisecond' as expires_at
    from lanes l
    join input i on i.conversation_id = l.conversation_id
   where l.business_id = :business and l.kind = 'reply' and l.fence = i.fence
   order by l.conversation_id
   for no key update of l
), waiting as (
  insert into waiting_turns as w (business_id, conversation_id, id, covers_to, answered_to, waits_for, work, asked_at, expires_at)
  select :business, conversation_id, turn_id, covers_to, answered_to, waits_for, work, at, expires_at from mine order by conversation_id
  on conflict on constraint waiting_turns_pkey do update set
    id = excluded.id, covers_to = excluded.covers_to, answered_to = excluded.answered_to, waits_for = excluded.waits_for,
    asked_at = case when w.id = excluded.id then w.asked_at else excluded.asked_at end,
    expires_at = case when w.id = excluded.id and w.waits_for = excluded.waits_for then w.expires_at else excluded.expires_at end,
    answer = case when w.id = excluded.id then w.answer end,
    answered_at = case when w.id = excluded.id then w.answered_at end,
    work = coalesce(excluded.work, case when w.id = excluded.id then w.work end)
  returning w.conversation_id, w.expires_at, w.answer is not null as answered
)
update lanes l set
  check_at = case when w.answered then now()
                  when l.wanted > mine.covers_to and not mine.final then greatest(now(), l.last_at + b.quiet_ms * interval '1 millisecond')
                  else greatest(w.expires_at, now()) end,
  owner = null, attempts = 0, last_error = null, parked = true
  from mine
  join waiting w using (conversation_id)
  join businesses b on b.id = :business
 where l.business_id = :business and l.conversation_id = mine.conversation_id and l.kind = 'reply'
returning l.conversation_id, l.check_at <= now() as due`,
});

// A person may have decided between the moment at which the call was written down and the one at which its turn was parked; then nobody has woken the
// lane. A statement of its own: what was decided in the meantime is not in the snapshot of the one that parked.
export const wakeDecidedTurns = defineQuery({
  name: "replies.wake-decided-turns",
  role: "app",
  columns: { conversation_id: "uuid" },
  params: { conversationIds: "uuid[]" },
  text: `
update lanes l set check_at = now()
  from waiting_turns w
 where l.business_id = :business and l.conversation_id = any (:conversationIds) and l.kind = 'reply' and l.parked and l.check_at > now()
   and w.business_id = :business and w.conversation_id = l.conversation_id and w.waits_for = 'approval'
   and not exists (select from tool_calls c where c.business_id = :business and c.conversation_id = w.conversation_id and c.answered_to = w.answered_to
                      and c.state = 'waiting')
returning l.conversation_id`,
});
