// Owns: the SQL that begins a conversation, moves its times, and changes what people decide about it.
import { defineQuery } from "../db/query.ts";

const conversationColumns = {
  id: "uuid",
  canonical_key: "text",
  merged_into: "uuid?",
  lead_id: "text?",
  is_open: "bool",
  last_seq: "int8",
  last_message_at: "timestamptz",
  last_customer_message_at: "timestamptz?",
  created_at: "timestamptz",
} as const;

/** The end of the chain of merges that begins at a conversation; itself when it was never merged. */
export const findSurvivingConversation = defineQuery({
  name: "conversations.find-surviving",
  role: "app",
  columns: { id: "uuid" },
  text: `
    with recursive chain as (
      select c.id, c.merged_into, 1 as depth
      from conversations c
      where c.business_id = $1 and c.id = $2
      union all
      select c.id, c.merged_into, chain.depth + 1
      from chain
      join conversations c on c.business_id = $1 and c.id = chain.merged_into
      where chain.depth < 32
    )
    select chain.id from chain where chain.merged_into is null`,
});

/** Which conversations the given identifiers lead to; the order of the input is their strength. */
export const listConversationsOfAliases = defineQuery({
  name: "conversations.list-of-aliases",
  role: "app",
  columns: { conversation_id: "uuid", ordinality: "int8" },
  text: `
    select a.conversation_id, i.ordinality
    from unnest($2::text[], $3::text[]) with ordinality as i (kind, value, ordinality)
    join aliases a on a.business_id = $1 and a.kind = i.kind and a.value = i.value
    order by i.ordinality`,
});

// The canonical key decides who is first, in one statement: a select before the insert is the race that makes two threads of one customer.
// xmax = 0 tells a new row from one that was there; a comparison of times cannot.
export const upsertConversation = defineQuery({
  name: "conversations.upsert",
  role: "app",
  columns: { ...conversationColumns, is_new: "bool" },
  text: `
    with input as (
      select $1::uuid as business_id, $2::uuid as id, $3::text as canonical_key, $4::text as lead_id, $5::text as contact_name,
        coalesce($6::timestamptz, now()) as at, $7::boolean as from_customer, now() as written_at
    )
    insert into conversations as c
      (business_id, id, canonical_key, lead_id, contact_name, last_message_at, last_customer_message_at, created_at, updated_at)
    select i.business_id, i.id, i.canonical_key, i.lead_id, i.contact_name, i.at, case when i.from_customer then i.at end, i.written_at, i.written_at
    from input i
    on conflict on constraint uq_wa_conv_canonical_key do update set
      lead_id = coalesce(c.lead_id, excluded.lead_id),
      contact_name = coalesce(excluded.contact_name, c.contact_name),
      last_message_at = greatest(c.last_message_at, excluded.last_message_at),
      last_customer_message_at = greatest(c.last_customer_message_at, excluded.last_customer_message_at),
      is_open = c.is_open or excluded.last_customer_message_at is not null,
      updated_at = excluded.updated_at
    returning c.id, c.canonical_key, c.merged_into, c.lead_id, c.is_open, c.last_seq, c.last_message_at, c.last_customer_message_at,
      c.created_at, (c.xmax = 0) as is_new`,
});

/** Sorted, so that two who add the same aliases at once wait for each other and never deadlock. Answers those that it added. */
export const addAliases = defineQuery({
  name: "conversations.add-aliases",
  role: "app",
  columns: { kind: "text", value: "text" },
  text: `
    insert into aliases (business_id, kind, value, conversation_id, created_at)
    select $1, i.kind, i.value, $2, now()
    from unnest($3::text[], $4::text[]) as i (kind, value)
    order by i.kind, i.value
    on conflict on constraint aliases_pkey do nothing
    returning kind, value`,
});

export const touchConversation = defineQuery({
  name: "conversations.touch",
  role: "app",
  columns: conversationColumns,
  text: `
    update conversations as c set
      lead_id = coalesce(c.lead_id, i.lead_id),
      contact_name = coalesce(i.contact_name, c.contact_name),
      last_message_at = greatest(c.last_message_at, i.at),
      last_customer_message_at = greatest(c.last_customer_message_at, case when i.from_customer then i.at end),
      is_open = c.is_open or i.from_customer,
      updated_at = i.written_at
    from (
      select $3::text as lead_id, $4::text as contact_name, $5::timestamptz as at, $6::boolean as from_customer, now() as written_at
    ) i
    where c.business_id = $1 and c.id = $2 and c.merged_into is null
    returning c.id, c.canonical_key, c.merged_into, c.lead_id, c.is_open, c.last_seq, c.last_message_at, c.last_customer_message_at, c.created_at`,
});

/** Null leaves a setting as it is. Pausing again keeps the first reason: it says why a human is there. */
export const setConversationState = defineQuery({
  name: "conversations.set-state",
  role: "app",
  columns: { id: "uuid" },
  text: `
    update conversations as c set
      is_open = coalesce(i.is_open, c.is_open),
      ai_paused_at = case when i.paused then coalesce(c.ai_paused_at, i.at) when not i.paused then null else c.ai_paused_at end,
      ai_paused_reason = case when i.paused then coalesce(c.ai_paused_reason, i.reason) when not i.paused then null else c.ai_paused_reason end,
      updated_at = i.at
    from (select $3::boolean as is_open, $4::boolean as paused, $5::text as reason, now() as at) i
    where c.business_id = $1 and c.id = $2 and c.merged_into is null
    returning c.id`,
});
