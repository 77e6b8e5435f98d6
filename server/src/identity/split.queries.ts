// Owns: the statements that take a merge apart again. They run inside one transaction of the application's role, after both conversations and
// their lanes were locked. …Done, …Last: up to where each thread was answered at the merge, and its last position then. How the positions were moved:
// docs/lifecycles/conversation.md.
import { defineQuery } from "../db/query.ts";

const mergeColumns = {
  id: "uuid",
  winner_id: "uuid",
  loser_id: "uuid",
  reason: "text",
  winner_done: "int8",
  winner_last: "int8",
  loser_done: "int8",
  loser_last: "int8",
} as const;

const sides = {
  winnerId: "uuid",
  loserId: "uuid",
  winnerDone: "int8",
  winnerLast: "int8",
  loserDone: "int8",
  loserLast: "int8",
} as const;

/** What a conversation keeps of the times of its messages `m`. */
export const TIMES_OF_MESSAGES = `max(least(m.sent_at, m.received_at)) as last_message_at,
           max(least(m.sent_at, m.received_at)) filter (where m.direction = 'in' and opens_window(m.type, m.content)) as last_customer_message_at`;

/** The merge in force that made a tombstone of this conversation; of a winner, its newest one. */
export const findMerge = defineQuery({
  name: "identity.find-merge",
  role: "app",
  columns: mergeColumns,
  params: { conversationId: "uuid" },
  text: `
select m.id, m.winner_id, m.loser_id, m.reason, m.winner_done, m.winner_last, m.loser_done, m.loser_last
  from merges m
 where m.business_id = :business and (m.loser_id = :conversationId or m.winner_id = :conversationId) and m.undone_at is null
 order by m.loser_id = :conversationId desc, m.winner_last desc, m.merged_at desc, m.id desc
 limit 1`,
});

// Positions only grow, so the newest merge of a winner is the one with the highest winner_last, also of several in one transaction.
export const findNewerMerge = defineQuery({
  name: "identity.find-newer-merge",
  role: "app",
  columns: { loser_id: "uuid" },
  params: { mergeId: "uuid" },
  text: `
select n.loser_id
  from merges m
  join merges n on n.business_id = :business and n.undone_at is null and n.id <> m.id
   and (n.loser_id = m.winner_id
        or n.winner_id = m.winner_id and (n.winner_last, n.merged_at) > (m.winner_last, m.merged_at))
 where m.business_id = :business and m.id = :mergeId
 order by n.loser_id = m.winner_id desc, n.winner_last desc
 limit 1`,
});

/** What is now in the part of the winner that came from the loser. */
export const countMergedPart = defineQuery({
  name: "identity.count-merged-part",
  role: "app",
  columns: { messages: "int8", turns: "int8", sessions: "int8", aliases: "int8" },
  params: { mergeId: "uuid" },
  text: `
with m as (
  select * from merges where business_id = :business and id = :mergeId
)
select (select count(*) from messages s where s.business_id = :business and s.conversation_id = m.winner_id
          and (s.seq > m.winner_done and s.seq <= m.winner_done + m.loser_done
               or s.seq > m.winner_last + m.loser_done and s.seq <= m.winner_last + m.loser_last)) as messages,
       (select count(*) from turns t where t.business_id = :business and t.conversation_id = m.winner_id
          and t.covers_from > m.winner_done and t.covers_to <= m.winner_done + m.loser_done) as turns,
       (select count(*) from sessions s where s.business_id = :business and s.conversation_id = m.winner_id
          and (s.from_seq > m.winner_done and s.from_seq <= m.winner_done + m.loser_done
               or s.from_seq > m.winner_last + m.loser_done and s.from_seq <= m.winner_last + m.loser_last)) as sessions,
       (select count(*) from aliases a
          join jsonb_to_recordset(m.proof -> 'aliases') as k (kind text, value text) on k.kind = a.kind and k.value = a.value
         where a.business_id = :business and a.conversation_id = m.winner_id) as aliases
  from m`,
});

export const countThread = defineQuery({
  name: "identity.count-thread",
  role: "app",
  columns: { messages: "int8", turns: "int8", sessions: "int8", aliases: "int8" },
  params: { conversationId: "uuid" },
  text: `
select (select count(*) from messages m where m.business_id = :business and m.conversation_id = c.id) as messages,
       (select count(*) from turns t where t.business_id = :business and t.conversation_id = c.id) as turns,
       (select count(*) from sessions s where s.business_id = :business and s.conversation_id = c.id) as sessions,
       (select count(*) from aliases a where a.business_id = :business and a.conversation_id = c.id) as aliases
  from conversations c
 where c.business_id = :business and c.id = :conversationId`,
});

// The loser's answered part is between the winner's; the fences of the chain stay as they are. Answers the highest one.
export const returnTurns = defineQuery({
  name: "identity.return-turns",
  role: "app",
  columns: { fence: "int8?" },
  params: { winnerId: "uuid", loserId: "uuid", winnerDone: "int8", loserDone: "int8" },
  text: `
with moved as (
  update turns t set conversation_id = :loserId, covers_from = t.covers_from - :winnerDone, covers_to = t.covers_to - :winnerDone
   where t.business_id = :business and t.conversation_id = :winnerId and t.covers_from > :winnerDone and t.covers_to <= :winnerDone + :loserDone
  returning t.fence
)
select max(fence) as fence from moved`,
});

export const addSplitTurn = defineQuery({
  name: "identity.add-split-turn",
  role: "app",
  columns: {},
  params: { id: "uuid", conversationId: "uuid", coversFrom: "int8", coversTo: "int8", fence: "int8" },
  text: `
insert into turns (business_id, id, conversation_id, covers_from, covers_to, state, reason, fence, started_at, finished_at)
values (:business, :id, :conversationId, :coversFrom, :coversTo, 'skipped', 'split_off', :fence, now(), now())`,
});

export const returnMessages = defineQuery({
  name: "identity.return-messages",
  role: "app",
  columns: {},
  params: sides,
  text: `
update messages m set conversation_id = :loserId, seq = m.seq - case when m.seq <= :winnerDone + :loserDone then :winnerDone else :winnerLast end
 where m.business_id = :business and m.conversation_id = :winnerId
   and (m.seq > :winnerDone and m.seq <= :winnerDone + :loserDone or m.seq > :winnerLast + :loserDone and m.seq <= :winnerLast + :loserLast)`,
});

// A session that went on after the merge ends with the loser's last message of that time. Those that lose messages, of either thread, are about something
// else now and get a new summary.
export const returnSessions = defineQuery({
  name: "identity.return-sessions",
  role: "app",
  columns: {},
  params: sides,
  text: `
with mine as (
  select s.id, case when s.from_seq <= :winnerDone + :loserDone then :winnerDone else :winnerLast end as places
    from sessions s
   where s.business_id = :business and s.conversation_id = :winnerId
     and (s.from_seq > :winnerDone and s.from_seq <= :winnerDone + :loserDone or s.from_seq > :winnerLast + :loserDone and s.from_seq <= :winnerLast + :loserLast)
), renewed as (
  update sessions s set summary_state = 'pending', summary_attempts = 0, summary_error = null
   where s.business_id = :business and s.conversation_id = :winnerId and s.closed_at is not null and s.id not in (select id from mine)
     and (s.from_seq <= :winnerDone + :loserDone and s.to_seq > :winnerDone and :loserDone > 0
          or s.from_seq <= :winnerLast + :loserLast and s.to_seq > :winnerLast + :loserDone and :loserLast > :loserDone)
)
update sessions s set
  conversation_id = :loserId,
  from_seq = s.from_seq - mine.places,
  to_seq = case when s.to_seq is not null then greatest(s.from_seq - mine.places, least(s.to_seq - mine.places, :loserLast)) end,
  summary_state = case when s.to_seq - mine.places > :loserLast then 'pending' else s.summary_state end
  from mine
 where s.business_id = :business and s.id = mine.id`,
});

/** Only those that still lead to the winner: one that has moved on to somebody else since stays there. */
export const returnAliases = defineQuery({
  name: "identity.return-aliases",
  role: "app",
  columns: {},
  params: { mergeId: "uuid" },
  text: `
update aliases a set conversation_id = m.loser_id
  from merges m
  cross join lateral jsonb_to_recordset(m.proof -> 'aliases') as k (kind text, value text)
 where m.business_id = :business and m.id = :mergeId and a.business_id = :business and a.kind = k.kind and a.value = k.value and a.conversation_id = m.winner_id`,
});

// Threads that had been merged into the loser before are its tombstones again.
export const returnTombstones = defineQuery({
  name: "identity.return-tombstones",
  role: "app",
  columns: {},
  params: { conversationId: "uuid" },
  text: `
with recursive below as (
  select m.loser_id as id from merges m where m.business_id = :business and m.winner_id = :conversationId and m.undone_at is null
  union
  select m.loser_id from below join merges m on m.business_id = :business and m.winner_id = below.id and m.undone_at is null
)
update conversations c set merged_into = :conversationId, updated_at = now()
  from below
 where c.business_id = :business and c.id = below.id`,
});

// The loser is a thread again. Where its customer wrote last is shown by who has that address now. An opt-out, or a person who took over, holds
// for both: nobody knows whom it was meant for. Of two pauses the later one, as in a merge.
export const reviveConversation = defineQuery({
  name: "identity.revive-conversation",
  role: "app",
  columns: {},
  params: { winnerId: "uuid", loserId: "uuid" },
  text: `
update conversations l set
  merged_into = null,
  is_open = w.is_open,
  last_message_at = coalesce(n.last_message_at, l.last_message_at),
  last_customer_message_at = n.last_customer_message_at,
  reply_channel_id = case when n.has_address then w.reply_channel_id else l.reply_channel_id end,
  reply_kind = case when n.has_address then w.reply_kind else l.reply_kind end,
  reply_address = case when n.has_address then w.reply_address else l.reply_address end,
  ai_paused_at = greatest(l.ai_paused_at, w.ai_paused_at),
  ai_paused_reason = case when w.ai_paused_at > coalesce(l.ai_paused_at, '-infinity') then w.ai_paused_reason else l.ai_paused_reason end,
  opted_out_at = greatest(l.opted_out_at, w.opted_out_at),
  consent_word_at = greatest(l.consent_word_at, w.consent_word_at),
  marketing_stopped_at = coalesce(l.marketing_stopped_at, w.marketing_stopped_at),
  marketing_word_at = greatest(l.marketing_word_at, w.marketing_word_at),
  marketing_recorded_at = greatest(l.marketing_recorded_at, w.marketing_recorded_at),
  -- The name that the business gave their lead meanwhile.
  lead_name = case when w.lead_id = l.lead_id then coalesce(w.lead_name, l.lead_name) else l.lead_name end,
  updated_at = now()
  from conversations w
  cross join lateral (
    select ${TIMES_OF_MESSAGES},
           exists (select from aliases a where a.business_id = :business and a.kind = w.reply_kind and a.value = w.reply_address and a.conversation_id = :loserId) as has_address
      from messages m where m.business_id = :business and m.conversation_id = :loserId) n
 where l.business_id = :business and l.id = :loserId and w.business_id = :business and w.id = :winnerId`,
});

// What the winner had from the loser only, it loses again; it was kept in the record of the merge. Runs after the loser is revived.
export const releaseConversation = defineQuery({
  name: "identity.release-conversation",
  role: "app",
  columns: {},
  params: { winnerId: "uuid", loserId: "uuid", mergeId: "uuid" },
  text: `
with before as (
  -- Merges that older versions recorded took neither the lead's name nor the user name.
  select b.*, m.proof -> 'winner' ? 'lead_name' as has_names from merges m
   cross join lateral jsonb_to_record(m.proof -> 'winner') as b (reply_channel_id uuid, reply_kind text, reply_address text, lead_id text, lead_name text,
                                                                    contact_name text, contact_username text, marketing_stopped_at timestamptz)
   where m.business_id = :business and m.id = :mergeId
)
update conversations w set
  last_message_at = coalesce(n.last_message_at, w.last_message_at),
  last_customer_message_at = n.last_customer_message_at,
  reply_channel_id = case when n.lost_address then b.reply_channel_id else w.reply_channel_id end,
  reply_kind = case when n.lost_address then b.reply_kind else w.reply_kind end,
  reply_address = case when n.lost_address then b.reply_address else w.reply_address end,
  lead_id = case when w.lead_id = l.lead_id then b.lead_id else w.lead_id end,
  -- A stop that the other one's word had lifted.
  marketing_stopped_at = case when w.marketing_word_at is not null then coalesce(w.marketing_stopped_at, b.marketing_stopped_at) end,
  lead_name = case when b.has_names and w.lead_name = l.lead_name then b.lead_name else w.lead_name end,
  contact_name = case when w.contact_name = l.contact_name then b.contact_name else w.contact_name end,
  contact_username = case when b.has_names and w.contact_username = l.contact_username then b.contact_username else w.contact_username end,
  updated_at = now()
  from conversations l
  cross join before b
  cross join lateral (
    select ${TIMES_OF_MESSAGES},
           exists (select from conversations o
                     join aliases a on a.business_id = :business and a.kind = o.reply_kind and a.value = o.reply_address and a.conversation_id = :loserId
                    where o.business_id = :business and o.id = :winnerId) as lost_address
      from messages m where m.business_id = :business and m.conversation_id = :winnerId) n
 where w.business_id = :business and w.id = :winnerId and l.business_id = :business and l.id = :loserId`,
});

export const endMerge = defineQuery({
  name: "identity.end-merge",
  role: "app",
  columns: {},
  params: { mergeId: "uuid" },
  text: `update merges set undone_at = now() where business_id = :business and id = :mergeId and undone_at is null`,
});

// On the channel of lanes/wake-ups.ts, at the commit: every process that remembers where this person's identifiers lead forgets it.
export const announceSplit = defineQuery({
  name: "identity.announce-split",
  role: "app",
  columns: { count: "int8" },
  params: { conversationId: "uuid" },
  text: `
select count(*) as count
  from (select pg_notify('onethread_lanes', 'split:identity') from conversations c where c.business_id = :business and c.id = :conversationId) told`,
});
