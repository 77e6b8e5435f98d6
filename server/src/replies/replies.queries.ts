// Owns: what the reply lane reads before it answers, and the one statement with which a turn ends.
import { defineQuery } from "../db/query.ts";

export const loadReplyState = defineQuery({
  name: "replies.load-state",
  role: "app",
  columns: {
    conversation_id: "uuid",
    contact_name: "text?",
    ai_paused: "bool",
    opted_out: "bool",
    window_open: "bool",
    reply_kind: "text?",
    ai_enabled: "bool",
    answers_groups: "bool",
    language: "text",
    handoff_text: "text",
    channel_external_id: "text?",
    channel_provider: "text?",
    channel_settings: "jsonb?",
    reply_address: "text?",
    channel_stopped: "bool",
    access_token: "text?",
    answered_to: "int8",
    superseded_since: "int8",
  },
  text: `
select c.id as conversation_id, c.contact_name,
       c.ai_paused_at is not null and (b.handoff_pause_ms is null or c.ai_paused_at + b.handoff_pause_ms * interval '1 millisecond' > now()) as ai_paused, c.opted_out_at is not null as opted_out,
       coalesce(c.last_customer_message_at > now() - interval '24 hours' or ch.provider <> 'cloud', false) as window_open,
       c.reply_kind, c.reply_address, b.ai_enabled, b.answers_groups, b.language, b.handoff_text,
       ch.external_id as channel_external_id, ch.provider as channel_provider, ch.settings as channel_settings, ch.stopped_at is not null as channel_stopped, s.access_token,
       coalesce(answered.covers_to, 0) as answered_to,
       (select count(*) from turns t
         where t.business_id = $1 and t.conversation_id = c.id and t.covers_to > coalesce(answered.covers_to, 0)) as superseded_since
  from unnest($2::uuid[]) as i (conversation_id)
  join conversations c on c.business_id = $1 and c.id = i.conversation_id
  join businesses b on b.id = $1
  left join channels ch on ch.business_id = $1 and ch.id = c.reply_channel_id
  left join channel_secrets s on s.business_id = $1 and s.channel_id = c.reply_channel_id
  left join lateral (
    select t.covers_to from turns t
     where t.business_id = $1 and t.conversation_id = c.id and t.state <> 'superseded'
     order by t.covers_to desc limit 1) answered on true`,
});

// The newest of the thread, and the whole burst even when it arrived so late that the thread has gone on in the meantime.
export const loadRecentMessages = defineQuery({
  name: "replies.load-recent-messages",
  role: "app",
  columns: {
    conversation_id: "uuid",
    seq: "int8",
    direction: "text",
    author: "text",
    type: "text",
    text: "text?",
    provider_message_id: "text?",
    target_provider_message_id: "text?",
    sent_at: "timestamptz",
    is_history: "bool",
  },
  text: `
select i.conversation_id, m.seq, m.direction, m.author, m.type, m.text, m.provider_message_id, m.target_provider_message_id, m.sent_at, m.is_history
  from unnest($2::uuid[], $3::bigint[], $4::bigint[]) as i (conversation_id, up_to, answered_to)
  cross join lateral (
    (select m.seq, m.direction, m.author, m.type, m.text, m.provider_message_id, m.target_provider_message_id, m.sent_at, m.is_history
       from messages m
      where m.business_id = $1 and m.conversation_id = i.conversation_id and m.seq <= i.up_to
      order by m.sent_at desc, m.seq desc limit 50)
    union
    (select m.seq, m.direction, m.author, m.type, m.text, m.provider_message_id, m.target_provider_message_id, m.sent_at, m.is_history
       from messages m
      where m.business_id = $1 and m.conversation_id = i.conversation_id and m.seq <= i.up_to and m.seq > i.answered_to
        and m.direction = 'in' and not m.is_history
      order by m.seq desc limit 50)) m
 order by i.conversation_id, m.sent_at, m.seq`,
});

// The end of a turn: turn, reply, and both lanes, in one statement under the fence. Lock order: conversation → lane → turn → message.
// - locked: in the order of the canonical key, as ingest takes them; only where the fence is still ours. The row lock holds back ingest and
//   the inbox, so what is decided below (a human took over, an opt-out, a closed window, a newer message) cannot change before the commit.
// - lane: the fence is compared again after the wait for the lock. No row here means that somebody else owns the lane: nothing is written.
// - A newer message supersedes the reply, unless this turn was superseded too often already (final).
export const commitTurns = defineQuery({
  name: "replies.commit-turns",
  role: "app",
  columns: { conversation_id: "uuid", state: "text", reason: "text?", more: "bool" },
  text: `
with input as (
  select * from unnest($2::uuid[], $3::bigint[], $4::uuid[], $5::bigint[], $6::bigint[], $7::text[], $8::text[], $9::text[], $10::boolean[],
                       $11::uuid[], $12::text[], $13::text[], $14::int[], $15::timestamptz[])
    as t (conversation_id, fence, turn_id, covers_from, covers_to, state, reason, responder, final, message_id, reply_text, error, attempts, started_at)
), locked as materialized (
  select c.id, c.canonical_key, c.opted_out_at, c.reply_channel_id,
         c.ai_paused_at is not null and (b.handoff_pause_ms is null or c.ai_paused_at + b.handoff_pause_ms * interval '1 millisecond' > now()) as ai_paused,
         coalesce(c.last_customer_message_at > now() - interval '24 hours' or ch.provider <> 'cloud', false) as window_open
    from conversations c
    join input i on i.conversation_id = c.id
    join businesses b on b.id = $1
    left join channels ch on ch.business_id = $1 and ch.id = c.reply_channel_id
   where c.business_id = $1
     and exists (select from lanes l where l.business_id = $1 and l.conversation_id = c.id and l.kind = 'reply' and l.fence = i.fence)
   order by c.canonical_key
   for no key update of c
), lane as (
  update lanes l set
    done = i.covers_to,
    check_at = case when l.wanted > i.covers_to
                    then greatest(now(), least(l.last_at + b.quiet_ms * interval '1 millisecond', l.first_at + b.ceiling_ms * interval '1 millisecond')) end,
    first_at = case when l.wanted > i.covers_to and (i.final or i.reply_text is null) then now() else l.first_at end,
    owner = null, attempts = 0, last_error = null
    from input i
    join locked k on k.id = i.conversation_id
    join businesses b on b.id = $1
   where l.business_id = $1 and l.conversation_id = i.conversation_id and l.kind = 'reply' and l.fence = i.fence and l.done = i.covers_from - 1
  returning l.conversation_id, l.wanted > i.covers_to as more
), verdict as (
  select i.*, k.reply_channel_id, lane.more, v.blocked,
         case when i.reply_text is null then i.state
              when v.blocked is not null then 'skipped'
              when lane.more and not i.final then 'superseded'
              else i.state end as final_state
    from lane
    join input i using (conversation_id)
    join locked k on k.id = i.conversation_id
    cross join lateral (select case when k.ai_paused then 'taken_over'
                                    when k.opted_out_at is not null then 'opted_out'
                                    when not k.window_open then 'window_closed'
                                    when k.reply_channel_id is null then 'no_address' end as blocked) v
), conv as (
  update conversations c set
    last_seq = c.last_seq + case when v.reply_text is null then 0 else 1 end,
    last_message_at = case when v.reply_text is null then c.last_message_at else greatest(c.last_message_at, now()) end,
    -- A reply ends a pause whose time has passed; one that still lasts does not let a reply come here.
    ai_paused_at = case when v.final_state = 'handed_off' then now() end,
    ai_paused_reason = case when v.final_state = 'handed_off' then coalesce(v.reason, 'handoff') end,
    updated_at = now()
    from verdict v
   where c.business_id = $1 and c.id = v.conversation_id
     and (v.final_state = 'handed_off' or v.final_state in ('replied', 'failed') and v.reply_text is not null)
  returning c.id, c.last_seq
), turn as (
  insert into turns (business_id, id, conversation_id, covers_from, covers_to, state, reason, responder, fence, attempts, error, started_at, finished_at)
  select $1, v.turn_id, v.conversation_id, v.covers_from, v.covers_to, v.final_state,
         case v.final_state when 'superseded' then null when 'skipped' then coalesce(v.reason, v.blocked) else v.reason end,
         v.responder, v.fence, v.attempts, v.error, v.started_at, now()
    from verdict v
), message as (
  insert into messages (business_id, id, conversation_id, seq, channel_id, direction, author, type, text, content, sent_at, received_at, status, turn_id, turn_part)
  select $1, v.message_id, conv.id, conv.last_seq, v.reply_channel_id, 'out', 'ai', 'text', v.reply_text,
         jsonb_build_object('type', 'text', 'text', jsonb_build_object('body', v.reply_text)), now(), now(), 'queued', v.turn_id, 1
    from verdict v
    join conv on conv.id = v.conversation_id
   where v.reply_text is not null
), send_lane as (
  insert into lanes as l (business_id, conversation_id, kind, check_at, first_at, last_at, wanted)
  select $1, conv.id, 'send', now(), now(), now(), conv.last_seq
    from conv
    join verdict v on v.conversation_id = conv.id
   where v.reply_text is not null
   order by conv.id
  on conflict on constraint lanes_pkey do update set
    wanted = greatest(l.wanted, excluded.wanted),
    last_at = excluded.last_at,
    first_at = case when l.check_at is null then excluded.first_at else l.first_at end,
    check_at = coalesce(l.check_at, excluded.check_at)
)
select conversation_id, final_state as state, coalesce(reason, blocked) as reason, more from verdict`,
});
