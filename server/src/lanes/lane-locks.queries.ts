// Owns: what others do with the lane of one conversation in a transaction of their own: locking it, and waking it. Refuses to know: what its work is.
import { defineQuery } from "../db/query.ts";

// After the conversation, before its turn and its messages (docs/decisions/0003-lock-order.md). Nobody claims it, and nobody writes under its fence, until the transaction
// ends.
export const lockLane = defineQuery({
  name: "lanes.lock",
  role: "app",
  columns: { fence: "int8", wanted: "int8" },
  params: { conversationId: "uuid", kind: "text" },
  text: `
select l.fence, l.wanted from lanes l
 where l.business_id = :business and l.conversation_id = :conversationId and l.kind = :kind
   for no key update of l`,
});

// Only a reply that could begin, and rests: while the customer may still be writing, it looks for itself when they are quiet.
export const wakeReplyOfMessage = defineQuery({
  name: "lanes.wake-reply-of-message",
  role: "app",
  columns: {},
  params: { messageId: "uuid" },
  text: `
update lanes l set check_at = now()
  from messages m
  join businesses b on b.id = :business
 where m.business_id = :business and m.id = :messageId
   and l.business_id = :business and l.conversation_id = m.conversation_id and l.kind = 'reply'
   and l.owner is null and not l.parked and l.check_at > now() and burst_ends_at(l.first_at, l.last_at, b.quiet_ms, b.ceiling_ms) <= now()`,
});

/** Only a lane that nobody holds: whoever is asking just now finds the answer without help. */
export const wakeParkedLane = defineQuery({
  name: "lanes.wake-parked",
  role: "app",
  columns: {},
  params: { conversationId: "uuid" },
  text: `
update lanes l set check_at = now()
 where l.business_id = :business and l.conversation_id = :conversationId and l.kind = 'reply' and l.parked and l.check_at is not null`,
});
