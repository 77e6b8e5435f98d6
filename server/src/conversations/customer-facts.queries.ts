// Owns: the SQL of what is known of a customer. Conversation before facts, as everywhere.
import { defineQuery } from "../db/query.ts";

export const findCustomerFacts = defineQuery({
  name: "conversations.find-customer-facts",
  role: "app",
  columns: { facts: "jsonb" },
  params: { conversationId: "uuid" },
  text: `select f.facts from customer_facts f where f.business_id = :business and f.conversation_id = :conversationId`,
});

/** A merge waits until the facts are written, and then takes them along. */
export const holdConversationForFacts = defineQuery({
  name: "conversations.hold-for-facts",
  role: "app",
  columns: { id: "uuid" },
  params: { conversationId: "uuid" },
  text: `select c.id from conversations c where c.business_id = :business and c.id = :conversationId and c.merged_into is null for share`,
});

// The update that changes nothing takes the row's lock: of two who add a fact at the same time, the second sees what the first wrote.
export const lockCustomerFacts = defineQuery({
  name: "conversations.lock-customer-facts",
  role: "app",
  columns: { facts: "jsonb" },
  params: { conversationId: "uuid" },
  text: `
insert into customer_facts as f (business_id, conversation_id, facts, updated_at) values (:business, :conversationId, '{}', now())
on conflict on constraint customer_facts_pkey do update set facts = f.facts
returning f.facts`,
});

export const saveCustomerFacts = defineQuery({
  name: "conversations.save-customer-facts",
  role: "app",
  columns: {},
  params: { conversationId: "uuid", facts: "jsonb", count: "int4", by: "text", eventId: "uuid" },
  text: `
with saved as (
  update customer_facts f set facts = :facts, updated_at = now()
   where f.business_id = :business and f.conversation_id = :conversationId and f.facts <> :facts
  returning f.conversation_id, f.updated_at
)
insert into events (business_id, id, type, conversation_id, subject_id, data, at)
select :business, :eventId, 'customer-facts.changed', saved.conversation_id, saved.conversation_id, jsonb_build_object('facts', :count, 'by', :by),
       saved.updated_at
  from saved`,
});
