// Owns: the statements that take a merge apart again. They run inside one transaction of the application's role, after both conversations and
// their lanes were locked. The positions: docs/lifecycles/conversation.md.
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

/** The merge in force that made a tombstone of this conversation; of a winner, its newest one. */
export const findMerge = defineQuery({
  name: "identity.find-merge",
  role: "app",
  columns: mergeColumns,
  text: `
select m.id, m.winner_id, m.loser_id, m.reason, m.winner_done, m.winner_last, m.loser_done, m.loser_last
  from merges m
 where m.business_id = $1 and (m.loser_id = $2 or m.winner_id = $2) and m.undone_at is null
 order by m.loser_id = $2 desc, m.winner_last desc, m.merged_at desc, m.id desc
 limit 1`,
});

// Positions only grow, so the newest merge of a winner is the one with the highest winner_last, also of several in one transaction.
export const findNewerMerge = defineQuery({
  name: "identity.find-newer-merge",
  role: "app",
  columns: { loser_id: "uuid" },
  text: `
select n.loser_id
  from merges m
  join merges n on n.business_id = $1 and n.undone_at is null and n.id <> m.id
   and (n.loser_id = m.winner_id
        or n.winner_id = m.winner_id and (n.winner_last, n.merged_at) > (m.winner_last, m.merged_at))
 where m.business_id = $1 and m.id = $2
 order by n.loser_id = m.winner_id desc, n.winner_last desc
 limit 1`,
});

/** What stands in the winner's part that came from the loser. */
export const countMergedPart = defineQuery({
  name: "identity.count-merged-part",
  role: "app",
  columns: { messages: "int8", turns: "int8", sessions: "int8", aliases: "int8" },
  text: `
with m as (
  select * from merges where business_id = $1 and id = $2
)
select (select count(*) from messages s where s.business_id = $1 and s.conversation_id = m.winner_id
          and (s.seq > m.winner_done and s.seq <= m.winner_done + m.loser_done
               or s.seq > m.winner_last + m.loser_done and s.seq <= m.winner_last + m.loser_last)) as messages,
       (select count(*) from turns t where t.business_id = $1 and t.conversation_id = m.winner_id
          and t.covers_from > m.winner_done and t.covers_to <= m.winner_done + m.loser_done) as turns,
       (select count(*) from sessions s where s.business_id = $1 and s.conversation_id = m.winner_id
          and (s.from_seq > m.winner_done and s.from_seq <= m.winner_done + m.loser_done
               or s.from_seq > m.winner_last + m.loser_done and s.from_seq <= m.winner_last + m.loser_last)) as sessions,
       (select count(*) from aliases a
          join jsonb_to_recordset(m.proof -> 'aliases') as k (kind text, value text) on k.kind = a.kind and k.value = a.value
         where a.business_id = $1 and a.conversation_id = m.winner_id) as aliases
  from m`,
});

export const countThread = defineQuery({
  name: "identity.count-thread",
  role: "app",
  columns: {
    id: "uuid",
    canonical_key: "text",
    lead_id: "text?",
    last_seq: "int8",
    messages: "int8",
    turns: "int8",
    sessions: "int8",
    aliases: "int8",
  },
  text: `
select c.id, c.canonical_key, c.lead_id, c.last_seq,
       (select count(*) from messages m where m.business_id = $1 and m.conversation_id = c.id) as messages,
       (select count(*) from turns t where t.business_id = $1 and t.conversation_id = c.id) as turns,
       (select count(*) from sessions s where s.business_id = $1 and s.conversation_id = c.id) as sessions,
       (select count(*) from aliases a where a.business_id = $1 and a.conversation_id = c.id) as aliases
  from conversations c
 where c.business_id = $1 and c.id = $2`,
});

// The loser's answered part stands between the winner's; the fences of the chain stay as they are. Answers the highest one.
export const returnTurns = defineQuery({
  name: "identity.return-turns",
  role: "app",
  columns: { count: "int8", fence: "int8?" },
  text: `
with moved as (
  update turns t set conversation_id = $3, covers_from = t.covers_from - $4::bigint, covers_to = t.covers_to - $4::bigint
   where t.business_id = $1 and t.conversation_id = $2 and t.covers_from > $4::bigint and t.covers_to <= $4::bigint + $5::bigint
  returning t.fence
)
select count(*) as count, max(fence) as fence from moved`,
});

export const addSplitTurn = defineQuery({
  name: "identity.add-split-turn",
  role: "app",
  columns: { id: "uuid" },
  text: `
insert into turns (business_id, id, conversation_id, covers_from, covers_to, state, reason, fence, started_at, finished_at)
values ($1, $2, $3, $4, $5, 'skipped', 'split_off', $6, now(), now())
returning id`,
});

export const returnMessages = defineQuery({
  name: "identity.return-messages",
  role: "app",
  columns: { count: "int8" },
  text: `
with moved as (
  update messages m set conversation_id = $3, seq = m.seq - case when m.seq <= $4::bigint + $6::bigint then $4::bigint else $5::bigint end
   where m.business_id = $1 and m.conversation_id = $2
     and (m.seq > $4::bigint and m.seq <= $4::bigint + $6::bigint or m.seq > $5::bigint + $6::bigint and m.seq <= $5::bigint + $7::bigint)
  returning 1
)
select count(*) as count from moved`,
});

// A session that went on after the merge ends with the loser's last message of then. Those that lose messages, of either thread, are about something
// else now and get a new summary.
export const returnSessions = defineQuery({
  name: "identity.return-sessions",
  role: "app",
  columns: { count: "int8" },
  text: `
with mine as (
  select s.id, case when s.from_seq <= $4::bigint + $6::bigint then $4::bigint else $5::bigint end as places
    from sessions s
   where s.business_id = $1 and s.conversation_id = $2
     and (s.from_seq > $4::bigint and s.from_seq <= $4::bigint + $6::bigint or s.from_seq > $5::bigint + $6::bigint and s.from_seq <= $5::bigint + $7::bigint)
), moved as (
  update sessions s set
    conversation_id = $3,
    from_seq = s.from_seq - mine.places,
    to_seq = case when s.to_seq is not null then greatest(s.from_seq - mine.places, least(s.to_seq - mine.places, $7::bigint)) end,
    summary_state = case when s.to_seq - mine.places > $7::bigint then 'pending' else s.summary_state end
    from mine
   where s.business_id = $1 and s.id = mine.id
  returning 1
), renewed as (
  update sessions s set summary_state = 'pending', summary_attempts = 0, summary_error = null
   where s.business_id = $1 and s.conversation_id = $2 and s.closed_at is not null and s.id not in (select id from mine)
     and (s.from_seq <= $4::bigint + $6::bigint and s.to_seq > $4::bigint and $6::bigint > 0
          or s.from_seq <= $5::bigint + $7::bigint and s.to_seq > $5::bigint + $6::bigint and $7::bigint > $6::bigint)
)
select count(*) as count from moved`,
});

/** Only those that still lead to the winner: one that has moved on to somebody else since stays there. */
export const returnAliases = defineQuery({
  name: "identity.return-aliases",
  role: "app",
  columns: { kind: "text", value: "text" },
  text: `
update aliases a set conversation_id = m.loser_id
  from merges m
  cross join lateral jsonb_to_recordset(m.proof -> 'aliases') as k (kind text, value text)
 where m.business_id = $1 and m.id = $2 and a.business_id = $1 and a.kind = k.kind and a.value = k.value and a.conversation_id = m.winner_id
returning a.kind, a.value`,
});

// Threads that had been merged into the loser before are its tombstones again.
export const returnTombstones = defineQuery({
  name: "identity.return-tombstones",
  role: "app",
  columns: { id: "uuid" },
  text: `
with recursive below as (
  select m.loser_id as id from merges m where m.business_id = $1 and m.winner_id = $2 and m.undone_at is null
  union
  select m.loser_id from below join merges m on m.business_id = $1 and m.winner_id = below.id and m.undone_at is null
)
update conversations c set merged_into = $2, updated_at = now()
  from below
 where c.business_id = $1 and c.id = below.id
returning c.id`,
});

// The loser is a thread again. Where its customer wrote last is told by who has that address now. An opt-out, or a person who took over, holds
// for both: nobody knows any more whom it was meant for. Of two pauses the later one, as in a merge.
export const reviveConversation = defineQuery({
  name: "identity.revive-conversation",
  role: "app",
  columns: { id: "uuid" },
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
  opted_out_at = coalesce(l.opted_out_at, w.opted_out_at),
  marketing_stopped_at = coalesce(l.marketing_stopped_at, w.marketing_stopped_at),
  marketing_word_at = greatest(l.marketing_word_at, w.marketing_word_at),
  marketing_recorded_at = greatest(l.marketing_recorded_at, w.marketing_recorded_at),
  -- The name that the business gave their lead meanwhile.
  lead_name = case when w.lead_id = l.lead_id then coalesce(w.lead_name, l.lead_name) else l.lead_name end,
  updated_at = now()
  from conversations w
  cross join lateral (
    select max(least(m.sent_at, m.received_at)) as last_message_at,
           max(least(m.sent_at, m.received_at)) filter (where m.direction = 'in' and opens_window(m.type, m.content)) as last_customer_message_at,
           exists (select from aliases a where a.business_id = $1 and a.kind = w.reply_kind and a.value = w.reply_address and a.conversation_id = $3) as has_address
      from messages m where m.business_id = $1 and m.conversation_id = $3) n
 where l.business_id = $1 and l.id = $3 and w.business_id = $1 and w.id = $2
returning l.id`,
});

// What the winner had from the loser only, it loses again; it was kept in the record of the merge. Runs after the loser was revived.
export const releaseConversation = defineQuery({
  name: "identity.release-conversation",
  role: "app",
  columns: { id: "uuid" },
  text: `
with before as (
  -- Merges that older versions recorded took neither the lead's name nor the user name.
  select b.*, m.proof -> 'winner' ? 'lead_name' as has_names from merges m
   cross join lateral jsonb_to_record(m.proof -> 'winner') as b (reply_channel_id uuid, reply_kind text, reply_address text, lead_id text, lead_name text,
                                                                    contact_name text, contact_username text, marketing_stopped_at timestamptz)
   where m.business_id = $1 and m.id = $4
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
    select max(least(m.sent_at, m.received_at)) as last_message_at,
           max(least(m.sent_at, m.received_at)) filter (where m.direction = 'in' and opens_window(m.type, m.content)) as last_customer_message_at,
           exists (select from conversations o
                     join aliases a on a.business_id = $1 and a.kind = o.reply_kind and a.value = o.reply_address and a.conversation_id = $3
                    where o.business_id = $1 and o.id = $2) as lost_address
      from messages m where m.business_id = $1 and m.conversation_id = $2) n
 where w.business_id = $1 and w.id = $2 and l.business_id = $1 and l.id = $3
returning w.id`,
});

export const endMerge = defineQuery({
  name: "identity.end-merge",
  role: "app",
  columns: { id: "uuid" },
  text: `update merges set undone_at = now() where business_id = $1 and id = $2 and undone_at is null returning id`,
});

// On the channel of lanes/wake-ups.ts, at the commit: every process that remembers where this person's identifiers lead forgets it.
export const announceSplit = defineQuery({
  name: "identity.announce-split",
  role: "app",
  columns: { count: "int8" },
  text: `
select count(*) as count
  from (select pg_notify('onethread_lanes', 'split:identity') from conversations c where c.business_id = $1 and c.id = $2) told`,
});
