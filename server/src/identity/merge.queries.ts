// Owns: the steps of a merge, and of them those that a split takes too. They run inside one transaction of the application's role, after both
// conversations were locked in the order of their canonical keys. …Done, …Last: up to where each thread is answered, and its last position.
import { defineQuery } from "../db/query.ts";

export const lockLanes = defineQuery({
  name: "identity.lock-lanes",
  role: "app",
  columns: {
    conversation_id: "uuid",
    kind: "text",
    wanted: "int8",
    done: "int8",
    fence: "int8",
    first_at: "timestamptz",
    last_at: "timestamptz",
  },
  params: { conversationIds: "uuid[]" },
  text: `
select l.conversation_id, l.kind, l.wanted, l.done, l.fence, l.first_at, l.last_at
  from lanes l
 where l.business_id = :business and l.conversation_id = any (:conversationIds)
 order by l.conversation_id, l.kind
   for update`,
});

// The unanswered part of the winner makes room for the answered part of the loser. In two steps, because a unique key is checked row by row.
export const shiftMessages = defineQuery({
  name: "identity.shift-messages",
  role: "app",
  columns: {},
  params: { conversationId: "uuid", after: "int8", places: "int8" },
  text: `
update messages m set seq = m.seq + :places
 where m.business_id = :business and m.conversation_id = :conversationId and m.seq > :after`,
});

export const moveMessages = defineQuery({
  name: "identity.move-messages",
  role: "app",
  columns: {},
  params: { loserId: "uuid", winnerId: "uuid", loserDone: "int8", winnerDone: "int8", winnerLast: "int8" },
  text: `
update messages m set conversation_id = :winnerId, seq = m.seq + case when m.seq <= :loserDone then :winnerDone else :winnerLast end
 where m.business_id = :business and m.conversation_id = :loserId`,
});

/** Up to where each thread is answered. What is between there and its lane was superseded: the next reply is for that, too. */
export const readAnsweredTo = defineQuery({
  name: "identity.read-answered-to",
  role: "app",
  columns: { conversation_id: "uuid", answered_to: "int8" },
  params: { conversationIds: "uuid[]" },
  text: `
select t.conversation_id, max(t.covers_to) as answered_to
  from turns t
 where t.business_id = :business and t.conversation_id = any (:conversationIds) and t.state <> 'superseded'
 group by t.conversation_id`,
});

export const deferTurnChain = defineQuery({
  name: "identity.defer-turn-chain",
  role: "app",
  columns: {},
  params: {},
  text: `set constraints onethread.fk_turn_continues deferred`,
});

// The winner's superseded turns come after the loser's, with a fence above theirs. In two steps, like the messages.
export const shiftTurns = defineQuery({
  name: "identity.shift-turns",
  role: "app",
  columns: {},
  params: { conversationId: "uuid", after: "int8", places: "int8", fence: "int8" },
  text: `
update turns t set covers_from = t.covers_from + :places, covers_to = t.covers_to + :places, fence = :fence
 where t.business_id = :business and t.conversation_id = :conversationId and t.covers_from > :after`,
});

// The fences of a chain of turns never go back, so the loser's continue from where the winner's lane was.
export const moveTurns = defineQuery({
  name: "identity.move-turns",
  role: "app",
  columns: {},
  params: { loserId: "uuid", winnerId: "uuid", winnerDone: "int8", winnerFence: "int8" },
  text: `
update turns t set conversation_id = :winnerId, covers_from = t.covers_from + :winnerDone, covers_to = t.covers_to + :winnerDone, fence = t.fence + :winnerFence
 where t.business_id = :business and t.conversation_id = :loserId`,
});

// Before the positions of two threads are interleaved: a session ends with the part (answered, waiting) that it began in, so that
// no session reaches over somebody else's messages; what it is about has changed, so it gets a new summary. Answers whether one was open.
export const endSessions = defineQuery({
  name: "identity.end-sessions",
  role: "app",
  columns: { was_open: "bool" },
  params: { conversationId: "uuid", done: "int8", last: "int8" },
  text: `
with open as (
  select exists (select from sessions s where s.business_id = :business and s.conversation_id = :conversationId and s.closed_at is null) as was_open
), ended as (
  update sessions s set
    to_seq = greatest(s.from_seq, least(coalesce(s.to_seq, :last), case when s.from_seq <= :done then :done else :last end)),
    closed_at = coalesce(s.closed_at, now()),
    closed_reason = coalesce(s.closed_reason, 'merged'),
    summary_state = 'pending', summary_attempts = 0, summary_error = null
   where s.business_id = :business and s.conversation_id = :conversationId and (s.closed_at is null or (s.from_seq <= :done and s.to_seq > :done))
)
select was_open from open`,
});

export const shiftSessions = defineQuery({
  name: "identity.shift-sessions",
  role: "app",
  columns: {},
  params: { conversationId: "uuid", after: "int8", places: "int8" },
  text: `
update sessions s set from_seq = s.from_seq + :places, to_seq = s.to_seq + :places
 where s.business_id = :business and s.conversation_id = :conversationId and s.from_seq > :after`,
});

export const moveSessions = defineQuery({
  name: "identity.move-sessions",
  role: "app",
  columns: {},
  params: { loserId: "uuid", winnerId: "uuid", loserDone: "int8", winnerDone: "int8", winnerLast: "int8" },
  text: `
update sessions s set
  conversation_id = :winnerId,
  from_seq = s.from_seq + case when s.from_seq <= :loserDone then :winnerDone else :winnerLast end,
  to_seq = s.to_seq + case when s.from_seq <= :loserDone then :winnerDone else :winnerLast end
 where s.business_id = :business and s.conversation_id = :loserId`,
});

// The customer's window of activity goes on in the last session of the thread.
export const reopenLastSession = defineQuery({
  name: "identity.reopen-last-session",
  role: "app",
  columns: {},
  params: { conversationId: "uuid" },
  text: `
update sessions s set to_seq = null, closed_at = null, closed_reason = null, summary_state = 'none', summary_attempts = 0, summary_error = null
 where s.business_id = :business and s.id = (select l.id from sessions l where l.business_id = :business and l.conversation_id = :conversationId order by l.from_seq desc limit 1)`,
});

// The loser's lanes are empty from now on, and whoever still holds them has lost the fence.
export const closeLanes = defineQuery({
  name: "identity.close-lanes",
  role: "app",
  columns: {},
  params: { conversationId: "uuid" },
  text: `
update lanes l set wanted = 0, done = 0, check_at = null, owner = null, parked = false, fence = l.fence + 1
 where l.business_id = :business and l.conversation_id = :conversationId`,
});

// Whoever was asked for an answer outside is asked again, for all of it; an answer to the old question is refused.
export const endWaitingTurns = defineQuery({
  name: "identity.end-waiting-turns",
  role: "app",
  columns: {},
  params: { conversationIds: "uuid[]" },
  text: `delete from waiting_turns w where w.business_id = :business and w.conversation_id = any (:conversationIds)`,
});

// The winner's reply lane goes on with what neither has answered; both fences are passed, so a reply that is being written is written
// again, once, for all of it. A lane that has nothing left to do is written too: a split may leave it none of its messages. Sends that wait go
// on; one that was under way becomes unknown and is settled by its status. Summaries that are wanted are work of the session lane too.
// - replyDone: up to where the reply lane is done. sendWanted: up to where the send lane has been asked for.
// - firstAt, lastAt: of the burst. fence: above that of every lane before.
// - opensSession: messages that came just now have still to be put into a session.
export const continueLanes = defineQuery({
  name: "identity.continue-lanes",
  role: "app",
  columns: {},
  params: {
    conversationId: "uuid",
    replyDone: "int8",
    sendWanted: "int8",
    firstAt: "timestamptz",
    lastAt: "timestamptz",
    fence: "int8",
    opensSession: "bool",
  },
  text: `
with newest as (
  select coalesce((select m.seq from messages m where m.business_id = :business and m.conversation_id = :conversationId and m.direction = 'in' order by m.seq desc limit 1), 0) as inbound,
         coalesce((select min(m.seq) from messages m where m.business_id = :business and m.conversation_id = :conversationId and m.status in ('queued', 'sending') and m.provider_message_id is null and m.failed_at is null), 0) as first_queued,
         coalesce((select max(m.seq) from messages m where m.business_id = :business and m.conversation_id = :conversationId and m.status in ('queued', 'sending') and m.provider_message_id is null and m.failed_at is null), 0) as last_queued,
         (select s.from_seq from sessions s where s.business_id = :business and s.conversation_id = :conversationId and s.closed_at is null) as open_from,
         coalesce((select max(s.to_seq) from sessions s where s.business_id = :business and s.conversation_id = :conversationId), 0) as last_session_to,
         (select min(s.from_seq) from sessions s where s.business_id = :business and s.conversation_id = :conversationId and s.summary_state = 'pending') as pending_from
), goal as (
  select 'reply' as kind, greatest(n.inbound, :replyDone) as wanted, :replyDone as done from newest n
  union all
  select 'send', greatest(n.last_queued, :sendWanted), case when n.first_queued > 0 then n.first_queued - 1 else greatest(n.last_queued, :sendWanted) end from newest n
  union all
  select 'session', greatest(n.inbound, s.done), s.done
    from newest n
    cross join lateral (select least(n.pending_from - 1,
                                     case when n.open_from is not null then n.open_from - 1
                                          when :opensSession then least(n.inbound, n.last_session_to) else n.inbound end) as done) s
)
insert into lanes as l (business_id, conversation_id, kind, check_at, first_at, last_at, wanted, done, fence)
select :business, :conversationId, g.kind, case when g.wanted > g.done then now() end, :firstAt, :lastAt, g.wanted, g.done, :fence
  from goal g
 where g.wanted > 0 or exists (select from lanes o where o.business_id = :business and o.conversation_id = :conversationId and o.kind = g.kind)
 order by g.kind
on conflict on constraint lanes_pkey do update set
  wanted = excluded.wanted, done = excluded.done, check_at = excluded.check_at, first_at = excluded.first_at, last_at = excluded.last_at,
  fence = excluded.fence, owner = null, attempts = 0, last_error = null, parked = false`,
});

// What the customer wrote last, on either thread, says where a reply goes. Of two pauses the later one holds, with its reason: the time of the
// other one may have passed long ago (businesses.handoff_pause_ms), and it stays in its column until somebody replies.
export const joinConversations = defineQuery({
  name: "identity.join-conversations",
  role: "app",
  columns: {},
  params: { winnerId: "uuid", loserId: "uuid" },
  text: `
update conversations w set
  last_seq = w.last_seq + l.last_seq,
  is_open = w.is_open or l.is_open,
  last_message_at = greatest(w.last_message_at, l.last_message_at),
  last_customer_message_at = greatest(w.last_customer_message_at, l.last_customer_message_at),
  contact_name = coalesce(w.contact_name, l.contact_name),
  contact_username = coalesce(w.contact_username, l.contact_username),
  lead_id = coalesce(w.lead_id, l.lead_id),
  -- The business's own name for them belongs to the lead.
  lead_name = case when w.lead_id is null and l.lead_id is not null then coalesce(l.lead_name, w.lead_name) else coalesce(w.lead_name, l.lead_name) end,
  reply_channel_id = case when newer.loser then l.reply_channel_id else w.reply_channel_id end,
  reply_kind = case when newer.loser then l.reply_kind else w.reply_kind end,
  reply_address = case when newer.loser then l.reply_address else w.reply_address end,
  ai_paused_at = greatest(w.ai_paused_at, l.ai_paused_at),
  ai_paused_reason = case when l.ai_paused_at > coalesce(w.ai_paused_at, '-infinity') then l.ai_paused_reason else w.ai_paused_reason end,
  opted_out_at = greatest(w.opted_out_at, l.opted_out_at),
  consent_word_at = greatest(w.consent_word_at, l.consent_word_at),
  -- Of two reports of the platform the newer one; of two of the same second the stop.
  marketing_stopped_at = case when newer.word then l.marketing_stopped_at else w.marketing_stopped_at end,
  marketing_word_at = case when newer.word then l.marketing_word_at else w.marketing_word_at end,
  marketing_recorded_at = case when newer.word then l.marketing_recorded_at else w.marketing_recorded_at end,
  updated_at = now()
  from conversations l
  join conversations o on o.business_id = :business and o.id = :winnerId
  cross join lateral (select l.reply_address is not null and (o.reply_address is null
                             or l.last_customer_message_at > coalesce(o.last_customer_message_at, '-infinity')) as loser,
                      l.marketing_word_at is not null and (o.marketing_word_at is null or l.marketing_word_at > o.marketing_word_at
                        or l.marketing_word_at = o.marketing_word_at and l.marketing_stopped_at is not null) as word) newer
 where w.business_id = :business and w.id = :winnerId and l.business_id = :business and l.id = :loserId`,
});

export const buryConversation = defineQuery({
  name: "identity.bury-conversation",
  role: "app",
  columns: {},
  params: { winnerId: "uuid", loserId: "uuid" },
  text: `
update conversations c set merged_into = :winnerId, is_open = false, updated_at = now()
 where c.business_id = :business and (c.id = :loserId or c.merged_into = :loserId)`,
});

export const moveAliases = defineQuery({
  name: "identity.move-aliases",
  role: "app",
  columns: { kind: "text", value: "text" },
  params: { winnerId: "uuid", loserId: "uuid" },
  text: `
update aliases a set conversation_id = :winnerId where a.business_id = :business and a.conversation_id = :loserId
returning a.kind, a.value`,
});

/** What a merge joins, and a split has to separate again. */
export const readStateBeforeMerge = defineQuery({
  name: "identity.read-state-before-merge",
  role: "app",
  columns: { state: "jsonb" },
  params: { conversationId: "uuid" },
  text: `
select jsonb_build_object('reply_channel_id', c.reply_channel_id, 'reply_kind', c.reply_kind, 'reply_address', c.reply_address,
         'lead_id', c.lead_id, 'lead_name', c.lead_name, 'contact_name', c.contact_name, 'contact_username', c.contact_username,
         'marketing_stopped_at', c.marketing_stopped_at,
         'thread_owner', (select to_jsonb(o) from thread_owners o where o.business_id = :business and o.conversation_id = c.id),
         'entry_windows', coalesce((select jsonb_agg(jsonb_build_object('channel_id', e.channel_id, 'until', e.until))
                                      from entry_windows e where e.business_id = :business and e.conversation_id = c.id), '[]')) as state
  from conversations c
 where c.business_id = :business and c.id = :conversationId`,
});

export const recordMerge = defineQuery({
  name: "identity.record-merge",
  role: "app",
  columns: {},
  params: {
    id: "uuid",
    winnerId: "uuid",
    loserId: "uuid",
    reason: "text",
    proof: "jsonb",
    winnerDone: "int8",
    winnerLast: "int8",
    loserDone: "int8",
    loserLast: "int8",
  },
  text: `
insert into merges (business_id, id, winner_id, loser_id, reason, proof, winner_done, winner_last, loser_done, loser_last)
values (:business, :id, :winnerId, :loserId, :reason, :proof, :winnerDone, :winnerLast, :loserDone, :loserLast)`,
});

// Both sides at once must fit into what the table takes; a merge is never refused for it, so the winner's alone stay where they do not.
// The loser keeps its row: a split finds it again.
export const mergeCustomerFacts = defineQuery({
  name: "identity.merge-customer-facts",
  role: "app",
  columns: {},
  params: { winnerId: "uuid", loserId: "uuid" },
  text: `
insert into customer_facts as w (business_id, conversation_id, facts, updated_at)
select :business, :winnerId, l.facts, l.updated_at from customer_facts l where l.business_id = :business and l.conversation_id = :loserId
on conflict on constraint customer_facts_pkey do update set
  facts = case when length((excluded.facts || w.facts)::text) <= 8000 then excluded.facts || w.facts else w.facts end,
  updated_at = greatest(excluded.updated_at, w.updated_at)`,
});
