// Owns: the checks of invariants 1 to 6: messages are stored once, in the one thread of their customer. Refuses to know how a check is run.
import { IN_SLICE, type Check } from "./check.ts";

// Of rows that are the same, the one with the lowest id stands for all: one violation, whichever slices they are in. Counted aside: in a join of a table with itself
// by a unique index PostgreSQL takes the index's word that there is nobody else, and does not look.
export const threadChecks: readonly Check[] = [
  {
    name: "quarantined-webhooks",
    invariant: 1,
    severity: "warn",
    finding: "Webhook items are kept raw because they could not be stored as messages.",
    advice: "Read their reasons with `onethread replay --list`, remove the cause, then run `onethread replay --all`.",
    violations: "select id from onethread.webhook_log where state = 'quarantined'",
  },
  {
    name: "webhooks-without-message",
    invariant: 1,
    severity: "broken",
    finding: "A message that was acknowledged is in the raw log, but not among the messages.",
    advice: "Restore it from the raw log (webhook_log.body), then report this with the ids: both are written in one statement.",
    // The raw record of a message has the message's own id.
    walks: "webhooks",
    violations: `select w.id from slice s
      join onethread.webhook_log w on w.business_id = s.business_id and w.id = s.id
      left join onethread.messages m on m.business_id = w.business_id and m.id = w.id
      where w.state = 'stored' and w.kind = 'message' and m.id is null`,
  },
  {
    name: "history-waiting",
    invariant: 1,
    severity: "warn",
    finding:
      "Earlier chats that WhatsApp handed over have waited for more than an hour to be imported, or their import fails again and again.",
    advice: "Is a worker running? Look for maintenance.failed of the task history in its log; nothing is lost.",
    violations:
      "select id from onethread.history_chunks where due_at is not null and (received_at < now() - interval '1 hour' or attempts >= 5)",
  },
  {
    name: "duplicate-provider-ids",
    invariant: 2,
    severity: "broken",
    finding: "A provider's message is stored more than once.",
    advice: "Check that uq_message_provider_id exists and is valid, then report this: an import may have gone around it.",
    walks: "conversations",
    violations: `select m.id from ${IN_SLICE.messages}
      cross join lateral (
        select count(*) as number, min(twin.id::text) as lowest from onethread.messages twin
        where twin.business_id = m.business_id and twin.channel_id = m.channel_id and twin.provider_message_id = m.provider_message_id) same
      where same.number > 1 and same.lowest = m.id::text`,
  },
  {
    name: "duplicate-canonical-keys",
    invariant: 3,
    severity: "broken",
    finding: "A customer has more than one conversation under the same canonical key.",
    advice: "Check that uq_wa_conv_canonical_key exists and is valid, then merge the conversations.",
    walks: "conversations",
    violations: `select c.id from ${IN_SLICE.conversations}
      cross join lateral (
        select count(*) as number, min(twin.id::text) as lowest from onethread.conversations twin
        where twin.business_id = c.business_id and twin.canonical_key = c.canonical_key) same
      where same.number > 1 and same.lowest = c.id::text`,
  },
  {
    name: "threads-without-person",
    invariant: 3,
    severity: "warn",
    finding: "Threads hold messages whose sender had no usable identifier; several strangers may be in one of them.",
    advice: "An older version stored them like this. Read them in the inbox, then close them: no further message can come in.",
    walks: "conversations",
    violations: `select c.id from ${IN_SLICE.conversations} where c.canonical_key like 'user:%:unnamed:%' and c.is_open`,
  },
  {
    name: "conversation-times-behind",
    invariant: 3,
    severity: "broken",
    finding: "last_message_at of a conversation is older than its newest message, so the list shows it too far down.",
    advice: "Report this with the ids: times may only move forward, together with the message.",
    // A phone whose clock is ahead does not move a thread into the future. Two comparisons instead of least(): the first is found in ix_message_thread.
    walks: "conversations",
    violations: `select c.id from ${IN_SLICE.conversations}
      where c.merged_into is null and exists (
        select from onethread.messages m where m.business_id = c.business_id and m.conversation_id = c.id
          and m.sent_at > c.last_message_at and m.received_at > c.last_message_at)`,
  },
  {
    name: "messages-without-conversation",
    invariant: 4,
    severity: "broken",
    finding: "A message has no conversation.",
    advice: "Check that fk_message_conversation exists and is valid; restore the conversation from the backup.",
    walks: "conversations",
    violations: `with gone as materialized (
        select s.business_id, s.id from slice s
        where not exists (select from onethread.conversations c where c.business_id = s.business_id and c.id = s.id))
      select m.id from gone join onethread.messages m on m.business_id = gone.business_id and m.conversation_id = gone.id`,
  },
  {
    name: "messages-in-tombstones",
    invariant: 4,
    severity: "broken",
    finding: "A message is in a conversation that was merged into another one, where nobody sees it.",
    advice: "Report this with the ids: a merge moves every message in its own transaction.",
    walks: "conversations",
    violations: `select m.id from ${IN_SLICE.conversations}
      join onethread.messages m on m.business_id = c.business_id and m.conversation_id = c.id
      where c.merged_into is not null`,
  },
  {
    name: "messages-beyond-last-seq",
    invariant: 4,
    severity: "broken",
    finding: "A message has a higher position than its conversation ever assigned, so the next message will collide with it.",
    advice: "Set last_seq of these conversations to their highest seq, then report this.",
    walks: "conversations",
    violations: `select c.id from ${IN_SLICE.conversations}
      where exists (select from onethread.messages m where m.business_id = c.business_id and m.conversation_id = c.id and m.seq > c.last_seq)`,
  },
  {
    name: "messages-of-unknown-channel",
    invariant: 4,
    severity: "broken",
    finding: "A message names a channel that its business does not have.",
    advice: "Report this with the ids: messages carry no foreign key to channels, for speed, and rely on the directory.",
    // From one channel to the next in the index of provider ids, however many messages are between them.
    violations: `with recursive used as (
        (select business_id, channel_id from onethread.messages order by 1, 2 limit 1)
        union all
        select next.* from used u cross join lateral (
          select m.business_id, m.channel_id from onethread.messages m where (m.business_id, m.channel_id) > (u.business_id, u.channel_id)
          order by 1, 2 limit 1) next)
      select used.channel_id from used
      left join onethread.channels c on c.business_id = used.business_id and c.id = used.channel_id
      where c.id is null`,
  },
  {
    name: "merge-chains",
    invariant: 5,
    severity: "broken",
    finding: "A merged conversation points to one that was itself merged.",
    advice: "Point merged_into of these conversations at the last one of the chain, then report this.",
    walks: "conversations",
    violations: `select c.id from ${IN_SLICE.conversations}
      join onethread.conversations winner on winner.business_id = c.business_id and winner.id = c.merged_into
      where winner.merged_into is not null`,
  },
  {
    name: "duplicate-aliases",
    invariant: 5,
    severity: "broken",
    finding: "One identifier leads to more than one conversation.",
    advice: "Check that aliases_pkey exists and is valid, then merge the conversations.",
    walks: "conversations",
    violations: `select a.conversation_id from ${IN_SLICE.aliases}
      cross join lateral (
        select count(*) as number, min(twin.conversation_id::text) as lowest from onethread.aliases twin
        where twin.business_id = a.business_id and twin.kind = a.kind and twin.value = a.value) same
      where same.number > 1 and same.lowest = a.conversation_id::text
      group by a.business_id, a.kind, a.value, a.conversation_id`,
  },
  {
    name: "aliases-to-nowhere",
    invariant: 5,
    severity: "broken",
    finding: "An identifier leads to a conversation that is missing or was merged into another one.",
    advice: "Point these aliases at the conversation in merged_into, then report this.",
    walks: "conversations",
    violations: `select a.conversation_id from ${IN_SLICE.aliases}
      left join onethread.conversations c on c.business_id = a.business_id and c.id = a.conversation_id
      where c.id is null or c.merged_into is not null`,
  },
  {
    name: "two-open-sessions",
    invariant: 6,
    severity: "broken",
    finding: "A conversation has more than one open session.",
    advice: "Check that uq_session_open exists and is valid, then close the older session.",
    walks: "conversations",
    violations: `select x.conversation_id from ${IN_SLICE.sessions} where x.closed_at is null
      group by x.business_id, x.conversation_id having count(*) > 1`,
  },
  {
    name: "overlapping-sessions",
    invariant: 6,
    severity: "broken",
    finding: "Two sessions of a conversation cover the same messages.",
    advice: "Report this with the ids: a session begins after the last one ended.",
    walks: "conversations",
    violations: `select id from (
        select x.id, x.from_seq, lag(coalesce(x.to_seq, 9223372036854775807)) over
          (partition by x.business_id, x.conversation_id order by x.from_seq, x.to_seq nulls last) as ended_at
        from ${IN_SLICE.sessions}) x
      where from_seq <= ended_at`,
  },
  {
    name: "sessions-forgotten",
    invariant: 6,
    severity: "broken",
    finding: "A session is open, or waits for its summary, and no lane will look at it again.",
    advice: "Run `onethread sessions rebuild --execute`, then report this with the ids.",
    walks: "conversations",
    violations: `select x.id from ${IN_SLICE.sessions}
      left join onethread.lanes l on l.business_id = x.business_id and l.conversation_id = x.conversation_id and l.kind = 'session'
      where (x.closed_at is null or x.summary_state = 'pending') and l.check_at is null`,
  },
  {
    name: "summaries-missing",
    invariant: 6,
    severity: "warn",
    finding: "A session was closed more than an hour ago and still has no summary.",
    advice: "Read summary_error of these sessions. They are tried again every few seconds while a worker runs.",
    violations: `select id from onethread.sessions
      where summary_state = 'pending' and closed_at < now() - interval '1 hour'`,
  },
];
