// Owns: the checks of invariants 1 to 6: messages are stored once, in the one thread of their customer. Refuses to know how a check is run.
import type { Check } from "./check.ts";

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
    violations: `select w.id from onethread.webhook_log w
      left join onethread.messages m on m.business_id = w.business_id and m.id = w.id
      where w.state = 'stored' and w.kind = 'message' and m.id is null`,
  },
  {
    name: "duplicate-provider-ids",
    invariant: 2,
    severity: "broken",
    finding: "A provider's message is stored more than once.",
    advice: "Check that uq_message_provider_id exists and is valid, then report this: an import may have gone around it.",
    violations: `select min(id::text) from onethread.messages
      where provider_message_id is not null
      group by business_id, channel_id, provider_message_id having count(*) > 1`,
  },
  {
    name: "duplicate-canonical-keys",
    invariant: 3,
    severity: "broken",
    finding: "A customer has more than one conversation under the same canonical key.",
    advice: "Check that uq_wa_conv_canonical_key exists and is valid, then merge the conversations.",
    violations: `select min(id::text) from onethread.conversations
      group by business_id, canonical_key having count(*) > 1`,
  },
  {
    name: "threads-without-person",
    invariant: 3,
    severity: "warn",
    finding: "Threads hold messages whose sender had no usable identifier; several strangers may be in one of them.",
    advice: "An older version stored them like this. Read them in the inbox, then close them: no further message can come in.",
    violations: "select id from onethread.conversations where canonical_key like 'user:%:unnamed:%' and is_open",
  },
  {
    name: "conversation-times-behind",
    invariant: 3,
    severity: "broken",
    finding: "last_message_at of a conversation is older than its newest message, so the list shows it too far down.",
    advice: "Report this with the ids: times may only move forward, together with the message.",
    // A phone whose clock is ahead does not move a thread into the future.
    violations: `select c.id from onethread.conversations c
      where c.merged_into is null and c.last_message_at < (
        select max(least(m.sent_at, m.received_at)) from onethread.messages m where m.business_id = c.business_id and m.conversation_id = c.id)`,
  },
  {
    name: "messages-without-conversation",
    invariant: 4,
    severity: "broken",
    finding: "A message has no conversation.",
    advice: "Check that fk_message_conversation exists and is valid; restore the conversation from the backup.",
    violations: `select m.id from onethread.messages m
      left join onethread.conversations c on c.business_id = m.business_id and c.id = m.conversation_id
      where c.id is null`,
  },
  {
    name: "messages-in-tombstones",
    invariant: 4,
    severity: "broken",
    finding: "A message is in a conversation that was merged into another one, where nobody sees it.",
    advice: "Report this with the ids: a merge moves every message in its own transaction.",
    violations: `select m.id from onethread.messages m
      join onethread.conversations c on c.business_id = m.business_id and c.id = m.conversation_id
      where c.merged_into is not null`,
  },
  {
    name: "messages-beyond-last-seq",
    invariant: 4,
    severity: "broken",
    finding: "A message has a higher position than its conversation ever assigned, so the next message will collide with it.",
    advice: "Set last_seq of these conversations to their highest seq, then report this.",
    violations: `select c.id from onethread.conversations c
      where c.last_seq < (select max(m.seq) from onethread.messages m where m.business_id = c.business_id and m.conversation_id = c.id)`,
  },
  {
    name: "messages-of-unknown-channel",
    invariant: 4,
    severity: "broken",
    finding: "A message names a channel that its business does not have.",
    advice: "Report this with the ids: messages carry no foreign key to channels, for speed, and rely on the directory.",
    // The few distinct channels first: one look-up per channel instead of one per message.
    violations: `select used.channel_id from (select distinct business_id, channel_id from onethread.messages) used
      left join onethread.channels c on c.business_id = used.business_id and c.id = used.channel_id
      where c.id is null`,
  },
  {
    name: "merge-chains",
    invariant: 5,
    severity: "broken",
    finding: "A merged conversation points to one that was itself merged.",
    advice: "Point merged_into of these conversations at the last one of the chain, then report this.",
    violations: `select loser.id from onethread.conversations loser
      join onethread.conversations winner on winner.business_id = loser.business_id and winner.id = loser.merged_into
      where winner.merged_into is not null`,
  },
  {
    name: "duplicate-aliases",
    invariant: 5,
    severity: "broken",
    finding: "One identifier leads to more than one conversation.",
    advice: "Check that aliases_pkey exists and is valid, then merge the conversations.",
    violations: `select min(conversation_id::text) from onethread.aliases
      group by business_id, kind, value having count(*) > 1`,
  },
  {
    name: "aliases-to-nowhere",
    invariant: 5,
    severity: "broken",
    finding: "An identifier leads to a conversation that is missing or was merged into another one.",
    advice: "Point these aliases at the conversation in merged_into, then report this.",
    violations: `select a.conversation_id from onethread.aliases a
      left join onethread.conversations c on c.business_id = a.business_id and c.id = a.conversation_id
      where c.id is null or c.merged_into is not null`,
  },
  {
    name: "two-open-sessions",
    invariant: 6,
    severity: "broken",
    finding: "A conversation has more than one open session.",
    advice: "Check that uq_session_open exists and is valid, then close the older session.",
    violations: `select conversation_id from onethread.sessions where closed_at is null
      group by business_id, conversation_id having count(*) > 1`,
  },
  {
    name: "overlapping-sessions",
    invariant: 6,
    severity: "broken",
    finding: "Two sessions of a conversation cover the same messages.",
    advice: "Report this with the ids: a session begins after the last one ended.",
    violations: `select id from (
        select id, from_seq, lag(coalesce(to_seq, 9223372036854775807)) over
          (partition by business_id, conversation_id order by from_seq, to_seq nulls last) as ended_at
        from onethread.sessions) s
      where from_seq <= ended_at`,
  },
  {
    name: "sessions-forgotten",
    invariant: 6,
    severity: "broken",
    finding: "A session is open, or waits for its summary, and no lane will look at it again.",
    advice: "Run `onethread sessions rebuild --execute`, then report this with the ids.",
    violations: `select s.id from onethread.sessions s
      left join onethread.lanes l on l.business_id = s.business_id and l.conversation_id = s.conversation_id and l.kind = 'session'
      where (s.closed_at is null or s.summary_state = 'pending') and l.check_at is null`,
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
