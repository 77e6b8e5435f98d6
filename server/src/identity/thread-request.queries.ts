// Owns: the SQL of what was asked of the platform about whose a thread is. Refuses to know: how it is asked, and whose the thread is then.
import { defineQuery } from "../db/query.ts";

// Before the platform is asked, so that a crash leaves it behind as asked. Conversation first, as everywhere.
export const askForThread = defineQuery({
  name: "identity.ask-for-thread",
  role: "app",
  columns: { id: "uuid" },
  params: { conversationId: "uuid", requestId: "uuid", action: "text", role: "text?" },
  text: `
with conv as materialized (
  select c.id from conversations c where c.business_id = :business and c.id = :conversationId and c.merged_into is null for no key update of c
)
insert into thread_requests as r (business_id, conversation_id, id, action, role, state, at)
select :business, conv.id, :requestId, :action, :role, 'asked', now() from conv
on conflict on constraint thread_requests_pkey do update set
  id = excluded.id, action = excluded.action, role = excluded.role, state = excluded.state, at = excluded.at
returning r.id`,
});

// A newer request than this one keeps its own state.
export const endThreadRequest = defineQuery({
  name: "identity.end-thread-request",
  role: "app",
  columns: {},
  params: { conversationId: "uuid", requestId: "uuid", state: "text" },
  text: `
update thread_requests r set state = :state
 where r.business_id = :business and r.conversation_id = :conversationId and r.id = :requestId`,
});

// The newer of the two.
export const mergeThreadRequests = defineQuery({
  name: "identity.merge-thread-requests",
  role: "app",
  columns: {},
  params: { winnerId: "uuid", loserId: "uuid" },
  text: `
insert into thread_requests as w (business_id, conversation_id, id, action, role, state, at)
select :business, :winnerId, l.id, l.action, l.role, l.state, l.at
  from thread_requests l where l.business_id = :business and l.conversation_id = :loserId
on conflict on constraint thread_requests_pkey do update set
  id = excluded.id, action = excluded.action, role = excluded.role, state = excluded.state, at = excluded.at
 where excluded.at > w.at`,
});
