// Owns: the SQL of what people decide about a conversation.
import { defineQuery } from "../db/query.ts";

/** What the business calls its lead; the name that the customer gave themselves stays beside it. */
export const nameLead = defineQuery({
  name: "conversations.name-lead",
  role: "app",
  columns: {},
  params: { conversationId: "uuid", name: "text" },
  text: `
    update conversations as c set lead_name = :name, updated_at = now()
    where c.business_id = :business and c.id = :conversationId and c.lead_name is distinct from :name`,
});

// Null leaves a setting as it is. While a pause lasts, pausing again keeps it as it is, with its first reason: it says why a human is there.
// One whose time has passed is over, although its column keeps it: it begins anew. So does one that the AI began itself by handing over: from
// now on a person is there, and what the AI had still to say is not sent any more (deliver.queries.ts compares this time). Events: only for what
// was different before, judged under the row's lock, so that two who do the same at the same moment are one change.
export const setConversationState = defineQuery({
  name: "conversations.set-state",
  role: "app",
  columns: { id: "uuid" },
  params: { conversationId: "uuid", isOpen: "bool?", isPaused: "bool?", reason: "text?", eventId: "uuid" },
  text: `
    with i as (
      select :isOpen as is_open, :isPaused as paused, :reason as reason, now() as at
    ), before as materialized (
      select c.id, c.is_open, case when lasts then c.ai_paused_at end as paused_at, case when lasts then c.ai_paused_reason end as reason,
        b.handoff_pause_ms as pause_ms,
        exists (select from turns t where t.business_id = :business and t.conversation_id = c.id and t.state = 'handed_off' and t.finished_at = c.ai_paused_at) as by_ai
      from conversations c
      join businesses b on b.id = :business
      cross join lateral (select pause_lasts(c.ai_paused_at, b.handoff_pause_ms, now()) as lasts) l
      where c.business_id = :business and c.id = :conversationId and c.merged_into is null
      for no key update of c
    ), changed as (
      update conversations as c set
        is_open = coalesce(i.is_open, c.is_open),
        ai_paused_at = case when i.paused then coalesce(case when not b.by_ai then b.paused_at end, greatest(i.at, c.last_message_at))
                            when not i.paused then null else c.ai_paused_at end,
        ai_paused_reason = case when i.paused then coalesce(b.reason, i.reason) when not i.paused then null else c.ai_paused_reason end,
        updated_at = i.at
      from i cross join before b
      where c.business_id = :business and c.id = b.id
      returning c.id
    ), event as (
      insert into events (business_id, id, type, conversation_id, data, at)
      select :business, :eventId, e.type, b.id, e.data, i.at
      from i
      cross join before b
      cross join lateral (values
        ('conversation.paused', jsonb_build_object('reason', i.reason, 'until', pause_ends_at(i.at, b.pause_ms)), i.paused and b.paused_at is null),
        ('conversation.resumed', jsonb_build_object('reason', b.reason), not i.paused and b.paused_at is not null),
        ('conversation.opened', '{}'::jsonb, i.is_open and not b.is_open),
        ('conversation.closed', '{}'::jsonb, not i.is_open and b.is_open)
      ) e (type, data, happened)
      where e.happened
    )
    select changed.id from changed`,
});
