// Owns: the SQL of turns whose answer comes from outside: asking for it, taking it, and reading it.
import { defineQuery } from "../db/query.ts";

// Written before the question is asked, so that an answer is never for a turn that nobody knows. Until the lane is parked (replies.park-turns) the row
// is "asking": that is how the engine asks again, under the same id, when whoever was asking dies or has to try again.
// - The row of another turn gives way only to a turn that covers more: a worker that lost its lease must not take the question from its successor,
//   nor ask one that is answered already.
export const askOutside = defineQuery({
  name: "replies.ask-outside",
  role: "app",
  columns: { expires_at: "timestamptz", is_answered: "bool" },
  params: { conversationId: "uuid", turnId: "uuid", coversTo: "int8", answeredTo: "int8", waitMs: "float8" },
  text: `
insert into waiting_turns as w (business_id, conversation_id, id, covers_to, answered_to, waits_for, asked_at, expires_at)
select :business, :conversationId, :turnId, :coversTo, :answeredTo, 'asking', now(), now() + :waitMs * interval '1 millisecond'
 where exists (select from lanes l where l.business_id = :business and l.conversation_id = :conversationId and l.kind = 'reply' and l.done < :coversTo)
on conflict on constraint waiting_turns_pkey do update set
  id = excluded.id, covers_to = excluded.covers_to, answered_to = excluded.answered_to,
  waits_for = case when w.id = excluded.id and w.answer is not null then w.waits_for else excluded.waits_for end,
  asked_at = case when w.id = excluded.id then w.asked_at else excluded.asked_at end,
  expires_at = excluded.expires_at,
  answer = case when w.id = excluded.id then w.answer end,
  answered_at = case when w.id = excluded.id then w.answered_at end
  where w.id = excluded.id or w.covers_to < excluded.covers_to
returning w.expires_at, w.answer is not null as is_answered`,
});

/** The first answer stays. Nothing changed: there is one already, or the turn is gone. */
export const takeOutsideAnswer = defineQuery({
  name: "replies.take-outside-answer",
  role: "app",
  columns: {},
  params: { turnId: "uuid", answer: "jsonb" },
  text: `
update waiting_turns w set answer = :answer, answered_at = now(), waits_for = 'answer'
 where w.business_id = :business and w.id = :turnId and w.answer is null`,
});

export const findWaitingConversation = defineQuery({
  name: "replies.find-waiting-conversation",
  role: "app",
  columns: { conversation_id: "uuid" },
  params: { turnId: "uuid" },
  text: `select w.conversation_id from waiting_turns w where w.business_id = :business and w.id = :turnId`,
});

// Locks in the order conversation → lane → turn; each is a statement of its own, because a join promises no order.
export const lockWaitingConversation = defineQuery({
  name: "replies.lock-waiting-conversation",
  role: "app",
  columns: { ai_paused: "bool" },
  params: { conversationId: "uuid" },
  text: `
select pause_lasts(c.ai_paused_at, b.handoff_pause_ms, now()) as ai_paused
  from conversations c
  join businesses b on b.id = :business
 where c.business_id = :business and c.id = :conversationId
   for no key update of c`,
});

// superseded_since: a turn that was superseded too often already answers, whatever came since (replies.load-turns).
export const lockWaitingTurn = defineQuery({
  name: "replies.lock-waiting-turn",
  role: "app",
  columns: { covers_to: "int8", answer: "jsonb?", is_expired: "bool", is_approval: "bool", superseded_since: "int8" },
  params: { turnId: "uuid" },
  text: `
select w.covers_to, w.answer, w.expires_at <= now() as is_expired,
       w.waits_for = 'approval' as is_approval,
       (select count(*) from turns t where t.business_id = :business and t.conversation_id = w.conversation_id and t.covers_to > w.answered_to) as superseded_since
  from waiting_turns w
 where w.business_id = :business and w.id = :turnId
   for update of w`,
});

export const listTurnTexts = defineQuery({
  name: "replies.list-turn-texts",
  role: "app",
  columns: { type: "text", text: "text?", content: "jsonb" },
  params: { turnId: "uuid" },
  text: `select m.type, m.text, m.content from messages m where m.business_id = :business and m.turn_id = :turnId order by m.turn_part`,
});

export const findWaitingTurn = defineQuery({
  name: "replies.find-waiting-turn",
  role: "app",
  columns: {
    id: "uuid",
    conversation_id: "uuid",
    covers_from: "int8",
    covers_to: "int8",
    waits_for: "text",
    asked_at: "timestamptz",
    expires_at: "timestamptz",
    answered_at: "timestamptz?",
    attempts: "int4",
  },
  params: { turnId: "uuid" },
  text: `
select w.id, w.conversation_id, coalesce(l.done, 0) + 1 as covers_from, w.covers_to,
       case w.waits_for when 'approval' then 'approval' else 'answer' end as waits_for,
       w.asked_at, w.expires_at, w.answered_at, coalesce(l.attempts, 0) + 1 as attempts
  from waiting_turns w
  left join lanes l on l.business_id = :business and l.conversation_id = w.conversation_id and l.kind = 'reply'
 where w.business_id = :business and w.id = :turnId`,
});
