// Owns: the checks of invariants 7, 8 and 13: work is never forgotten, and every burst has one turn; events keep their order. Refuses to know how a check is run.
import { IN_SLICE, type Check } from "./check.ts";

const ADVICE_REPORT = "Report this with the ids: the turn and the lane are written in one transaction.";

export const turnChecks: readonly Check[] = [
  {
    name: "turns-not-contiguous",
    invariant: 7,
    severity: "broken",
    finding: "A turn does not begin where the one before it ended: messages are covered twice, or not at all.",
    advice: `Check that fk_turn_continues, uq_turn_covers_from and uq_turn_covers_to exist and are valid. ${ADVICE_REPORT}`,
    walks: "conversations",
    violations: `select id from (
        select t.id, t.covers_from, t.covers_to, t.state, lag(t.covers_to, 1, 0::bigint) over
          (partition by t.business_id, t.conversation_id order by t.covers_from, t.covers_to) as ended_at
        from ${IN_SLICE.turns}) t
      where covers_from <> ended_at + 1 or covers_to < covers_from
        or state not in ('replied', 'superseded', 'handed_off', 'skipped', 'failed')`,
  },
  {
    name: "inbound-not-covered",
    invariant: 7,
    severity: "broken",
    finding: "A customer's message counts as done, but no turn covers it: nobody answered it and nobody decided not to.",
    advice: `Answer these customers by hand. ${ADVICE_REPORT}`,
    // Ranges are contiguous (turns-not-contiguous), so what lies beyond the last one is what no turn covers.
    walks: "conversations",
    violations: `select m.id from ${IN_SLICE.lanes}
      cross join lateral (select coalesce(max(t.covers_to), 0) as covered from onethread.turns t
        where t.business_id = l.business_id and t.conversation_id = l.conversation_id) turns
      join onethread.messages m on m.business_id = l.business_id and m.conversation_id = l.conversation_id
        and m.direction = 'in' and m.seq > turns.covered and m.seq <= l.done
      where l.kind = 'reply' and l.done > turns.covered`,
  },
  {
    name: "turns-and-lane-disagree",
    invariant: 7,
    severity: "broken",
    finding: "The last turn of a conversation ends elsewhere than its reply lane says.",
    advice: ADVICE_REPORT,
    walks: "conversations",
    violations: `select l.conversation_id from ${IN_SLICE.lanes}
      where l.kind = 'reply' and l.done <> coalesce((
        select max(t.covers_to) from onethread.turns t where t.business_id = l.business_id and t.conversation_id = l.conversation_id), 0)`,
  },
  {
    name: "reply-lane-behind",
    invariant: 7,
    severity: "broken",
    finding: "A customer's message never reached the reply lane: nothing will answer it.",
    advice: "Answer these customers by hand, then report this: the message and its lane are written in one statement.",
    walks: "conversations",
    violations: `select c.id from ${IN_SLICE.conversations}
      left join onethread.lanes l on l.business_id = c.business_id and l.conversation_id = c.id and l.kind = 'reply'
      where c.merged_into is null and exists (
        select from onethread.messages m
        where m.business_id = c.business_id and m.conversation_id = c.id and m.direction = 'in' and not m.is_history and m.seq > coalesce(l.wanted, 0))`,
  },
  {
    name: "lanes-asleep-with-work",
    invariant: 7,
    severity: "broken",
    finding: "A lane has work, but no time at which a worker looks at it.",
    advice: "Check that ck_lane_awake exists and is valid; set check_at of these lanes to now().",
    walks: "conversations",
    violations: `select l.conversation_id from ${IN_SLICE.lanes} where l.wanted > l.done and l.check_at is null`,
  },
  {
    name: "lanes-overdue",
    invariant: 7,
    severity: "warn",
    finding: "Work has been due for more than a minute and no worker took it.",
    advice: "Is a worker running? Start one with `onethread start --roles worker`, or more of them when the number keeps growing.",
    violations: "select conversation_id from onethread.lanes where check_at < now() - interval '60 seconds'",
  },
  {
    name: "replied-turn-without-message",
    invariant: 7,
    severity: "broken",
    finding: "A turn says that it replied, but there is no message of it.",
    advice: "Answer these customers by hand, then report this: a reply and its turn are written in one transaction.",
    walks: "conversations",
    violations: `select t.id from ${IN_SLICE.turns} where t.state = 'replied' and not exists (
        select from onethread.messages m where m.business_id = t.business_id and m.turn_id = t.id)`,
  },
  {
    name: "two-replies-for-one-turn",
    invariant: 7,
    severity: "broken",
    finding: "One burst of messages was answered twice.",
    advice: "Check that uq_message_turn_part exists and is valid. Report this with the ids.",
    walks: "conversations",
    violations: `select m.turn_id from ${IN_SLICE.messages}
      cross join lateral (
        select count(*) as number, min(twin.id::text) as lowest from onethread.messages twin
        where twin.business_id = m.business_id and twin.turn_id = m.turn_id and twin.turn_part is not distinct from m.turn_part) same
      where same.number > 1 and same.lowest = m.id::text`,
  },
  {
    name: "reply-of-a-turn-that-has-none",
    invariant: 7,
    severity: "broken",
    finding: "A reply was written by a turn that is missing, or that ended without one.",
    advice: "Report this with the ids: a turn that was superseded or skipped must not leave a message.",
    walks: "conversations",
    violations: `select m.id from ${IN_SLICE.messages}
      left join onethread.turns t on t.business_id = m.business_id and t.id = m.turn_id
      where m.turn_id is not null and (t.id is null or t.conversation_id <> m.conversation_id or t.state in ('superseded', 'skipped'))`,
  },
  {
    name: "waiting-turns-astray",
    invariant: 7,
    severity: "broken",
    finding: "A question waits for an answer from outside, but its messages have their turn already, or nobody will look at it again.",
    advice: `If its lane has work and no time, set check_at of the lane to now(). ${ADVICE_REPORT}`,
    violations: `select w.id from onethread.waiting_turns w
      left join onethread.lanes l on l.business_id = w.business_id and l.conversation_id = w.conversation_id and l.kind = 'reply'
      where l.check_at is null or w.covers_to <= l.done or exists (
        select from onethread.turns t where t.business_id = w.business_id and t.conversation_id = w.conversation_id and t.covers_to >= w.covers_to)`,
  },
  {
    name: "failed-turns",
    invariant: 7,
    severity: "warn",
    finding: "Turns of the last 24 hours failed for good: these customers wait for an answer.",
    advice: "Answer them by hand; the reason is in turns.reason and turns.error.",
    walks: "conversations",
    violations: `select t.id from ${IN_SLICE.turns} where t.state = 'failed' and t.finished_at > now() - interval '24 hours'`,
  },
  {
    name: "turns-behind-their-fence",
    invariant: 8,
    severity: "broken",
    finding: "A turn was written by a worker that had lost its lease.",
    advice: "Report this with the ids: the fence is checked in the transaction that writes the turn.",
    walks: "conversations",
    violations: `select t.id from (
        select t.business_id, t.conversation_id, t.id, t.fence, lag(t.fence) over
          (partition by t.business_id, t.conversation_id order by t.covers_from) as fence_before
        from ${IN_SLICE.turns}) t
      join onethread.lanes l on l.business_id = t.business_id and l.conversation_id = t.conversation_id and l.kind = 'reply'
      where t.fence < t.fence_before or t.fence > l.fence`,
  },
  {
    name: "events-beyond-their-counter",
    invariant: 13,
    severity: "broken",
    finding: "An event has a position that its business has not assigned: who reads events in their order misses it, or another one.",
    advice: "Report this with the ids: positions are assigned under the lock of their counter (event_counters), in one statement with it.",
    // From the businesses, so that each is one look at the end of an index.
    violations: `select e.id from onethread.businesses b
      left join onethread.event_counters c on c.business_id = b.id
      join onethread.events e on e.business_id = b.id and e.position > coalesce(c.last_position, 0)`,
  },
  {
    name: "lanes-that-keep-failing",
    invariant: 13,
    severity: "warn",
    finding: "A lane fails again and again. It hinders no other lane, but its own work waits.",
    advice: "The reason is in lanes.last_error; the lane continues automatically when the cause is gone.",
    walks: "conversations",
    violations: `select l.conversation_id from ${IN_SLICE.lanes} where l.wanted > l.done and l.attempts >= 5`,
  },
];
