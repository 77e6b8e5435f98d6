// Owns: the SQL of the record of an adoption: how far it is, what went where, what was left over.
import { rowsOf } from "../db/parameters.ts";
import { defineQuery } from "../db/query.ts";

const adoption = {
  cursor_at: "text?",
  cursor_id: "text?",
  placed: "int8",
  already_there: "int8",
  without_conversation: "int8",
} as const;

/** A finished one begins anew: what is there already is only counted. */
export const beginAdoption = defineQuery({
  name: "adopt.begin",
  role: "app",
  columns: adoption,
  params: { source: "text", oldBusinessId: "text" },
  text: `
    insert into adoptions as a (business_id, source, old_business_id, started_at)
    values (:business, :source, :oldBusinessId, now())
    on conflict on constraint adoptions_pkey do update set
      cursor_at = case when a.finished_at is null then a.cursor_at end,
      cursor_id = case when a.finished_at is null then a.cursor_id end,
      placed = case when a.finished_at is null then a.placed else 0 end,
      already_there = case when a.finished_at is null then a.already_there else 0 end,
      without_conversation = case when a.finished_at is null then a.without_conversation else 0 end,
      started_at = case when a.finished_at is null then a.started_at else excluded.started_at end,
      finished_at = null
    returning a.cursor_at::text, a.cursor_id, a.placed, a.already_there, a.without_conversation`,
});

export const dropLeftovers = defineQuery({
  name: "adopt.drop-leftovers",
  role: "app",
  columns: {},
  params: { source: "text", oldBusinessId: "text" },
  text: "delete from adoption_leftovers where business_id = :business and source = :source and old_business_id = :oldBusinessId",
});

export const advanceAdoption = defineQuery({
  name: "adopt.advance",
  role: "app",
  columns: adoption,
  params: {
    source: "text",
    oldBusinessId: "text",
    cursorAt: "text?",
    cursorId: "text?",
    placed: "int8",
    alreadyThere: "int8",
    withoutConversation: "int8",
    isFinished: "bool",
  },
  text: `
    update adoptions a set
      cursor_at = coalesce(:cursorAt::timestamptz, a.cursor_at),
      cursor_id = coalesce(:cursorId, a.cursor_id),
      placed = a.placed + :placed,
      already_there = a.already_there + :alreadyThere,
      without_conversation = a.without_conversation + :withoutConversation,
      finished_at = case when :isFinished then now() else a.finished_at end
    where a.business_id = :business and a.source = :source and a.old_business_id = :oldBusinessId
    returning a.cursor_at::text, a.cursor_id, a.placed, a.already_there, a.without_conversation`,
});

export const recordLeftovers = defineQuery({
  name: "adopt.record-leftovers",
  role: "app",
  columns: {},
  params: { source: "text", oldBusinessId: "text", leftovers: rowsOf({ oldMessageId: "text", state: "text", reason: "text" }) },
  text: `
    insert into adoption_leftovers (business_id, source, old_business_id, old_message_id, state, reason)
    select :business, :source, :oldBusinessId, i.old_message_id, i.state, i.reason
    from :leftovers as i
    order by i.old_message_id
    on conflict on constraint adoption_leftovers_pkey do update set state = excluded.state, reason = excluded.reason`,
});

export const settleLeftovers = defineQuery({
  name: "adopt.settle-leftovers",
  role: "app",
  columns: {},
  params: { source: "text", oldMessageIds: "text[]" },
  text: "delete from adoption_leftovers where business_id = :business and source = :source and old_message_id = any (:oldMessageIds)",
});

export const listLeftovers = defineQuery({
  name: "adopt.list-leftovers",
  role: "app",
  columns: { old_message_id: "text", reason: "text" },
  params: { source: "text", oldBusinessId: "text", state: "text", after: "text", limit: "int4" },
  text: `
    select l.old_message_id, l.reason from adoption_leftovers l
    where l.business_id = :business and l.source = :source and l.old_business_id = :oldBusinessId and l.state = :state and l.old_message_id > :after
    order by l.old_message_id
    limit :limit`,
});

export const recordAdoptedConversations = defineQuery({
  name: "adopt.record-conversations",
  role: "app",
  columns: {},
  params: { source: "text", conversations: rowsOf({ oldConversationId: "text", conversationId: "uuid" }) },
  text: `
    insert into adopted_conversations (business_id, source, old_conversation_id, conversation_id)
    select :business, :source, i.old_conversation_id, i.conversation_id
    from :conversations as i
    order by i.old_conversation_id
    on conflict on constraint adopted_conversations_pkey do nothing`,
});

export const listAdoptionsAcrossBusinesses = defineQuery({
  name: "adopt.list-across-businesses",
  role: "ingest",
  columns: { business_id: "uuid", old_business_id: "text" },
  params: { source: "text" },
  text: "select a.business_id, a.old_business_id from adoptions a where a.source = :source",
});

/** A place for the history of a number that is not connected here: stopped, so that nothing is ever sent on it. */
export const insertPlaceholderChannel = defineQuery({
  name: "adopt.insert-placeholder-channel",
  role: "app",
  columns: {},
  params: { id: "uuid", provider: "text", externalId: "text", name: "text" },
  text: `
    insert into channels as c (business_id, id, provider, external_id, name, stopped_at, stopped_reason)
    values (:business, :id, :provider, :externalId, :name, now(), 'adopted: only its history is here')
    on conflict on constraint channels_pkey do update set external_id = c.external_id`,
});

// A session of an adopted thread covers all of its history at once, and only where nothing else has tracked a session yet. The lane stands
// at its end, so that the next session begins behind it.
export const addAdoptedSessions = defineQuery({
  name: "adopt.add-sessions",
  role: "app",
  columns: {},
  params: { sessions: rowsOf({ id: "uuid", conversationId: "uuid", summary: "text", openedAt: "text", closedAt: "text" }) },
  text: `
    with input as (
      select id, conversation_id, summary, opened_at::timestamptz, closed_at::timestamptz from :sessions
    ), thread as materialized (
      select c.id, c.last_seq, i.id as session_id, i.summary, i.opened_at, i.closed_at
      from conversations c
      join input i on i.conversation_id = c.id
      where c.business_id = :business and c.merged_into is null and c.last_seq > 0
        and not exists (select from sessions s where s.business_id = :business and s.conversation_id = c.id)
        and not exists (select from messages m where m.business_id = :business and m.conversation_id = c.id and not m.is_history)
      order by c.canonical_key
      for no key update of c
    ), lane as (
      insert into lanes as l (business_id, conversation_id, kind, first_at, last_at, wanted, done)
      select :business, t.id, 'session', now(), now(), t.last_seq, t.last_seq from thread t
      order by t.id
      on conflict on constraint lanes_pkey do nothing
      returning l.conversation_id
    )
    insert into sessions as s (business_id, id, conversation_id, from_seq, to_seq, opened_at, closed_at, closed_reason, summary, summary_state, summary_source,
      summarized_at)
    select :business, t.session_id, t.id, 1, t.last_seq, least(t.opened_at, t.closed_at), greatest(t.opened_at, t.closed_at), 'inactive', t.summary, 'done', 'adopted',
      now()
    from thread t
    join lane on lane.conversation_id = t.id
    on conflict do nothing`,
});

export const countAdoptedSessions = defineQuery({
  name: "adopt.count-sessions",
  role: "app",
  columns: { count: "int8" },
  params: { ids: "uuid[]" },
  text: "select count(*) as count from sessions s where s.business_id = :business and s.id = any (:ids)",
});
