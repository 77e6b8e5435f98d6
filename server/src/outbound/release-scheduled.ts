// Owns: putting what is due into the outbox: out of the schedule and into its thread in one transaction, once, whoever else does it at the same moment. What forbids
// it is looked at when it leaves (deliver.queries.ts), and then it has failed with the reason.
import type { Database } from "../db/database.ts";
import type { Queryable, Row } from "../db/query.ts";
import { messageOf } from "../kernel/faults.ts";
import { newId, type BusinessId } from "../kernel/ids.ts";
import type { Log } from "../kernel/log.ts";
import { lockForSending, targetOf } from "./accept-message.ts";
import { insertOutboundMessage } from "./accept-message.queries.ts";
import { readTextOf } from "./check-template.ts";
import { dropScheduledMessage, listDueMessagesAcrossBusinesses, takeScheduledMessage } from "./scheduled.queries.ts";

export interface ReleaseScheduledDeps {
  readonly database: Database;
  readonly wake: (kind: "send") => void;
  readonly log: Log;
}

/** One pass; answers how many it released. */
export type ReleaseScheduled = () => Promise<number>;

type Due = Row<typeof takeScheduledMessage>;

/** The AI says nothing while a person answers, nor what the customer's own words have overtaken. */
async function isDropped(
  tx: Queryable,
  { yields_to_customer: yields, created_at: since }: Due,
  message: { readonly conversationId: string; readonly messageId: string },
): Promise<boolean> {
  const [dropped] = await tx.run(dropScheduledMessage, { ...message, yields, since, eventId: newId() });
  return dropped !== undefined;
}

export function createReleaseScheduled({ database, wake, log }: ReleaseScheduledDeps): ReleaseScheduled {
  async function release(businessId: BusinessId, messageId: string): Promise<boolean> {
    return database.forBusiness(businessId).transaction(async (tx) => {
      const [due] = await tx.run(takeScheduledMessage, { messageId });
      if (due === undefined) return false;
      const { author, type, content, quoted_provider_message_id: quoted } = due;
      const conversation = await lockForSending(tx, due.conversation_id, due);
      if (conversation === undefined) throw new Error("the conversation of a scheduled message does not exist");
      if (author === "ai" && (await isDropped(tx, due, { conversationId: conversation.id, messageId }))) return false;
      // As the template reads now.
      const text = type === "template" ? readTextOf(conversation, due) : due.text;
      const what = { author, type, text, content: JSON.stringify(content), quoted, target: targetOf(due) };
      await tx.run(insertOutboundMessage, { ...what, conversationId: conversation.id, messageId, eventId: newId() });
      return true;
    });
  }

  return async () => {
    const due = await database.acrossBusinesses.run(listDueMessagesAcrossBusinesses, {});
    let released = 0;
    for (const { business_id: businessId, id: messageId } of due) {
      try {
        if (await release(businessId as BusinessId, messageId)) released += 1;
      } catch (error) {
        // The others are due all the same; this one is tried again at the next pass.
        log.warn({ businessId, messageId, error: messageOf(error) }, "schedule.not-released");
      }
    }
    if (released > 0) wake("send");
    return released;
  };
}
