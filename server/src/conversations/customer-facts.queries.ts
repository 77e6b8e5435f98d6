// Owns: the SQL of what is known of a customer. Conversation before facts, as everywhere.
import { defineQuery } from "../db/query.ts";

export const findCustomerFacts = defineQuery({
  name: "conversations.find-customer-facts",
  role: "app",
  columns: { conversation_id: "uuid", facts: "jsonb" },
  text: `
select f.conversation_id, f.facts from customer_facts f where f.business_id = $1 and f.conversation_id = any ($2::uuid[])`,
});

/** A merge waits until the facts are written, and then takes them along. */
export const holdConversationForFacts = defineQuery({
  name: "conversations.hold-for-facts",
  role: "app",
  columns: { id: "uuid" },
  text: `select c.id from conversations c where c.business_id = $1 and c.id = $2 and c.merged_into is null for share`,
});

// The update that changes nothing takes the row's lock: of two who add a fact at the same time, the second sees what the first wrote.
export const lockCustomerFacts = defineQuery({
  name: "conversations.lock-customer-facts",
  role: "app",
  columns: { facts: "jsonb" },
  text: `
insert into customer_facts as f (business_id, conversation_id, facts, updated_at) values ($1, $2, '{}', now())
on conflict on constraint customer_facts_pkey do update set facts = f.facts
returning f.facts`,
});

export const saveCustomerFacts = defineQuery({
  name: "conversations.save-customer-facts",
  role: "app",
  columns: { conversation_id: "uuid" },
  text: `
with saved as (
  update customer_facts f set facts = $3, updated_at = now()
   where f.business_id = $1 and f.conversation_id = $2 and f.facts <> $3::jsonb
  returning f.conversation_id, f.updated_at
), event as (
  insert into events (business_id, id, type, conversation_id, subject_id, data, at)
  select $1, $4, 'customer-facts.changed', saved.conversation_id, saved.conversation_id, jsonb_build_object('facts', $5::integer, 'by', $6::text),
         saved.updated_at
    from saved
)
select saved.conversation_id from saved`,
});
