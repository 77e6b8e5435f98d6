// Owns: the checks of invariants 9, 10 and 12: nothing is sent twice, nothing that must not be sent. Refuses to know how a check is run.
import { IN_SLICE, type Check } from "./check.ts";

// What is not settled has neither the provider's id nor a failure (ck_message_open): so these are found by ix_message_open, without reading every message.
export const sendingChecks: readonly Check[] = [
  {
    name: "sends-forgotten",
    invariant: 9,
    severity: "broken",
    finding: "A message waits to be sent, but no lane will send it.",
    advice: "Send it again by hand, then report this: a message and its lane are written in one transaction.",
    violations: `select m.id from onethread.messages m
      left join onethread.lanes l on l.business_id = m.business_id and l.conversation_id = m.conversation_id and l.kind = 'send'
      where m.status = 'queued' and m.provider_message_id is null and m.failed_at is null and (l.wanted is null or m.seq > l.wanted or m.seq <= l.done)`,
  },
  {
    name: "sends-stuck",
    invariant: 9,
    severity: "broken",
    finding: "A message has been at the provider for over five minutes, and no lane waits for the outcome.",
    advice: "Look in the customer's chat whether it arrived, then report this: it should have become `unknown`.",
    violations: `select m.id from onethread.messages m
      left join onethread.lanes l on l.business_id = m.business_id and l.conversation_id = m.conversation_id and l.kind = 'send'
      where m.status = 'sending' and m.provider_message_id is null and m.failed_at is null and m.attempted_at < now() - interval '5 minutes' and l.check_at is null`,
  },
  {
    name: "sends-unknown",
    invariant: 9,
    severity: "warn",
    finding: "It is not known whether these messages were accepted; they are not sent again automatically.",
    advice: "A status that comes in settles them. After some minutes, look in the customer's chat and settle them by hand.",
    violations: "select id from onethread.messages where status = 'unknown' and provider_message_id is null and failed_at is null",
  },
  {
    name: "scheduled-overdue",
    invariant: 9,
    severity: "warn",
    finding: "A message that was scheduled should have left over a minute ago.",
    advice: "Is a process with the role `scheduler` running? If so, its log says why (`schedule.not-released`). The message is kept.",
    violations: "select id from onethread.scheduled_messages where send_at < now() - interval '1 minute'",
  },
  {
    name: "channels-in-trouble",
    invariant: 9,
    severity: "warn",
    finding: "Sending is stopped on these channels, or WhatsApp or their gateway reports that they cannot be used as usual.",
    advice: "What waits to be sent is kept. `onethread channel list` says what happened, and what to do.",
    // The placeholders of an adoption only hold history.
    violations: `select c.id from onethread.channels c
      where c.stopped_at is not null and coalesce(c.stopped_reason not like 'adopted:%', true) or exists (
        select from onethread.channel_signals s
         where s.business_id = c.business_id and s.channel_id = c.id and s.health <> 'ok' and coalesce(s.until > now(), true))`,
  },
  {
    name: "categories-stopped",
    invariant: 9,
    severity: "warn",
    finding: "WhatsApp refuses these accounts templates of a category.",
    advice:
      "`onethread template sync` says which and until when. Correct the categories of its templates; `onethread template resume` tries before the time is over.",
    violations: "select account_id || ' ' || category as id from onethread.category_stops where until > now()",
  },
  {
    name: "direct-send-closed",
    invariant: 12,
    severity: "warn",
    finding: "WhatsApp refused these accounts Direct Send: content without a template does not leave outside the window.",
    advice: "`onethread channel list` says why. Send templates; `onethread channel direct-send` tries it again.",
    violations: "select account as id from onethread.direct_send_access where state = 'closed' and coalesce(until > now(), true)",
  },
  {
    name: "accepted-without-provider-id",
    invariant: 9,
    severity: "broken",
    finding: "A message counts as accepted, but the provider's id for it is missing: no status can find it.",
    advice: "Check that ck_message_has_provider_id exists and is valid. Report this with the ids.",
    walks: "conversations",
    violations: `select m.id from ${IN_SLICE.messages}
      where m.provider_message_id is null and not (m.direction = 'out' and (
        m.status in ('queued', 'sending', 'unknown', 'failed', 'cancelled') or m.status = 'accepted' and m.error_code = 'settled_by_hand'))`,
  },
  {
    name: "status-behind-its-record",
    invariant: 10,
    severity: "broken",
    finding: "The status of a message is behind one that was applied to it: it went backwards.",
    advice: "Report this with the ids: a status is written only where it ranks higher.",
    walks: "conversations",
    violations: `select distinct m.id from ${IN_SLICE.messages}
      join onethread.message_statuses r on r.business_id = m.business_id and r.channel_id = m.channel_id and r.provider_message_id = m.provider_message_id
      where r.applied_at is not null and m.direction = 'out' and onethread.status_rank(r.status) > onethread.status_rank(m.status)`,
  },
  {
    name: "statuses-waiting",
    invariant: 10,
    severity: "warn",
    finding: "Statuses of messages that are there have waited for more than a minute to be applied.",
    advice: "Is a worker running? They are applied automatically when it is.",
    violations: `select distinct m.id from onethread.message_statuses s
      join onethread.messages m on m.business_id = s.business_id and m.channel_id = s.channel_id and m.provider_message_id = s.provider_message_id
      where s.applied_at is null and s.received_at < now() - interval '60 seconds'`,
  },
  {
    name: "window-times-behind",
    invariant: 12,
    severity: "broken",
    finding: "last_customer_message_at is older than the customer's newest message: the 24 hour window seems closed while it is open.",
    advice: "Report this with the ids: the time moves forward together with the message.",
    walks: "conversations",
    violations: `select c.id from ${IN_SLICE.conversations}
      where c.merged_into is null and exists (
        select from onethread.messages m where m.business_id = c.business_id and m.conversation_id = c.id
          and m.sent_at > coalesce(c.last_customer_message_at, '-infinity') and m.received_at > coalesce(c.last_customer_message_at, '-infinity')
          and m.direction = 'in' and not m.is_history and onethread.opens_window(m.type, m.content))`,
  },
  {
    name: "sent-outside-the-window",
    invariant: 12,
    severity: "broken",
    finding: "A message that is neither a template nor Direct Send was sent although the customer had not written for 24 hours.",
    advice: "Report this with the ids: the window is checked in the database right before sending.",
    // Messages written in the WhatsApp app have no attempt of ours. Five minutes: the platform's clock is not the database's. Each message is read once, however long
    // its thread.
    walks: "conversations",
    violations: `select m.id from (
        select m.business_id, m.id, m.conversation_id, m.channel_id, m.direction, m.type, m.accepted_at, m.attempted_at,
          max(m.sent_at) filter (where m.direction = 'in') over
            (partition by m.business_id, m.conversation_id order by m.seq groups between unbounded preceding and 1 preceding) as customer_at
        from ${IN_SLICE.messages}) m
      where m.direction = 'out' and m.accepted_at is not null and m.attempted_at is not null and m.type <> 'template'
        and coalesce(m.customer_at, '-infinity') <= m.attempted_at - interval '24 hours 5 minutes'
        and exists (select from onethread.channels ch where ch.business_id = m.business_id and ch.id = m.channel_id and ch.provider = 'cloud')
        -- The window of an ad, as WhatsApp reported it.
        and not exists (select from onethread.entry_windows e
          where e.business_id = m.business_id and e.conversation_id = m.conversation_id and e.channel_id = m.channel_id and e.until > m.attempted_at)
        -- Direct Send.
        and not exists (select from onethread.messages d where d.business_id = m.business_id and d.id = m.id and d.content ->> 'category' is not null)
        -- After a split, an answer that was written in the joint thread may be where its customer was silent.
        and not exists (select from onethread.merges g where g.business_id = m.business_id and m.conversation_id in (g.winner_id, g.loser_id))`,
  },
  {
    name: "sent-after-opt-out",
    invariant: 12,
    severity: "broken",
    finding: "A message was sent to a customer who had opted out.",
    advice: "Apologise, and report this with the ids: the opt-out is checked in the database right before sending.",
    walks: "conversations",
    violations: `select m.id from ${IN_SLICE.conversations}
      join onethread.messages m on m.business_id = c.business_id and m.conversation_id = c.id
      -- Known since the word was received; five seconds, as above. What confirms it goes out, and so does the answer to somebody who has written since.
      where c.opted_out_at is not null and m.direction = 'out' and m.accepted_at is not null and m.author <> 'system'
        and m.attempted_at > interval '5 seconds' + greatest(c.opted_out_at, (
          select max(w.received_at) from onethread.messages w where w.business_id = c.business_id and w.conversation_id = c.id and w.direction = 'in'
            and w.sent_at = c.consent_word_at and c.consent_word_at = c.opted_out_at))
        and (m.type = 'template' or m.content ->> 'category' is not null or not exists (
          select from onethread.messages q where q.business_id = c.business_id and q.conversation_id = c.id and q.direction = 'in' and q.sent_at > c.opted_out_at
            and q.received_at <= m.attempted_at))
        -- A merge brings the opt-out of another thread.
        and not exists (select from onethread.merges g where g.business_id = c.business_id and c.id in (g.winner_id, g.loser_id))`,
  },
  {
    name: "marketing-after-stop",
    invariant: 12,
    severity: "broken",
    finding: "A template that may be marketing was sent to a customer who had stopped marketing in WhatsApp.",
    advice: "Report this with the ids: the stop is checked in the database right before sending.",
    // Five seconds: a send may lie between the beginning of the transaction that recorded the stop and its commit.
    walks: "conversations",
    violations: `select m.id from ${IN_SLICE.conversations}
      join onethread.messages m on m.business_id = c.business_id and m.conversation_id = c.id
      where m.direction = 'out' and m.type = 'template' and m.accepted_at is not null and c.marketing_stopped_at is not null
        and m.attempted_at > c.marketing_recorded_at + interval '5 seconds'
        and not exists (select from onethread.template_states t where t.business_id = m.business_id and t.name = m.content -> 'template' ->> 'name'
          and t.language = m.content -> 'template' -> 'language' ->> 'code' and upper(t.category) in ('UTILITY', 'AUTHENTICATION'))
        and not exists (select from onethread.merges g where g.business_id = c.business_id and c.id in (g.winner_id, g.loser_id))`,
  },
  {
    name: "sent-after-takeover",
    invariant: 12,
    severity: "broken",
    finding: "The AI wrote to a customer after a person had taken over: what it still had to say should have been held back.",
    advice: "Look whether the person has to explain something, and report this with the ids: the pause is checked right before sending.",
    // As in outbound/deliver.queries.ts: what the AI still has to say when it hands over itself goes out. Five seconds: a pause counts from the beginning of the
    // transaction that set it, and a send may lie between that and its commit. A merge brings the pause of another thread.
    walks: "conversations",
    violations: `select m.id from ${IN_SLICE.conversations}
      join onethread.messages m on m.business_id = c.business_id and m.conversation_id = c.id
      where c.ai_paused_at is not null and m.author = 'ai' and m.attempts > 0 and m.received_at < c.ai_paused_at and m.attempted_at > c.ai_paused_at + interval '5 seconds'
        and not exists (select from onethread.turns t where t.business_id = m.business_id and t.conversation_id = m.conversation_id
          and t.state = 'handed_off' and t.finished_at = c.ai_paused_at)
        and not exists (select from onethread.merges g where g.business_id = m.business_id and m.conversation_id in (g.winner_id, g.loser_id))`,
  },
  {
    name: "thread-owners-astray",
    invariant: 12,
    severity: "broken",
    finding:
      "What is known of whose a thread is stands with a conversation that was merged away and not with the one it is part of, or says what nothing can have said.",
    advice: "Report this with the ids: a merge takes the newer word along. The customer's next message, or the next copy, puts it right.",
    walks: "conversations",
    violations: `select c.id from ${IN_SLICE.conversations}
      join onethread.thread_owners o on o.business_id = c.business_id and o.conversation_id = c.id
      left join onethread.thread_owners w on w.business_id = c.business_id and w.conversation_id = c.merged_into
      where c.merged_into is not null and coalesce(o.at > w.at, true)
        or (o.told_by, o.owner) not in (('standby', 'other'), ('refusal', 'other'), ('handover', 'other'), ('handover', 'us'), ('pass', 'other'), ('release', 'nobody'), ('take', 'us'))`,
  },
  {
    name: "silent-in-own-threads",
    invariant: 12,
    severity: "warn",
    finding: "The AI is silent because another app had the thread, and the thread is ours: nobody answers in it.",
    advice: "Resume the AI there (`POST /api/v1/conversations/{id}/resume`), then report this with the ids.",
    // Five minutes: what came as a copy is in the thread a moment before whose it is.
    walks: "conversations",
    violations: `select c.id from ${IN_SLICE.conversations}
      join onethread.businesses b on b.id = c.business_id
      left join onethread.thread_owners o on o.business_id = c.business_id and o.conversation_id = c.id
      where c.merged_into is null and c.ai_paused_reason = 'standby' and c.ai_paused_at < now() - interval '5 minutes'
        and onethread.pause_lasts(c.ai_paused_at, b.handoff_pause_ms, now())
        and coalesce(onethread.thread_owner(c.business_id, c.id, o.owner, o.at, c.last_customer_message_at, now()), 'us') = 'us'`,
  },
];
