// Owns: what people do about a message that has not simply gone out: cancel it while it waits, say what became of it when nobody knows, send it again.
// Refuses to know: how a message is sent, and what may be (accept-message.ts).
import { findMessage } from "../conversations/message-reads.queries.ts";
import { messageViewOf, type MessageView } from "../conversations/message-view.ts";
import type { Database } from "../db/database.ts";
import { newId, type BusinessId } from "../kernel/ids.ts";
import type { AcceptMessage, AcceptMessageOutcome } from "./accept-message.ts";
import { findIdempotencyKey } from "./accept-message.queries.ts";
import { retryKeyOf } from "./resend-unknown.ts";
import { cancelScheduledMessage, listScheduledMessages, rescheduleMessage } from "./scheduled.queries.ts";
import { cancelMessage, listOpenMessages, settleUnknownMessage } from "./settle-messages.queries.ts";

export const OPEN_STATUSES = ["scheduled", "queued", "sending", "unknown"] as const;
export type OpenStatus = (typeof OPEN_STATUSES)[number];

/** Nothing was changed: there is no such message, or it is in another state; `status` says in which. */
type Unchanged = { readonly outcome: "not_found" } | { readonly outcome: "other_status"; readonly status: string };
export type SettleOutcome = { readonly outcome: "done"; readonly message: MessageView } | Unchanged;
export type RetryOutcome = Unchanged | AcceptMessageOutcome;

export interface SettleMessages {
  /** The oldest first, at most 100. */
  listOpen(businessId: BusinessId, status: OpenStatus): Promise<readonly MessageView[]>;
  /** Of a scheduled message: when it leaves. A time that has passed means now. */
  reschedule(businessId: BusinessId, messageId: string, sendAt: Date): Promise<SettleOutcome>;
  /** Of a scheduled or queued message: it will not be sent. */
  cancel(businessId: BusinessId, messageId: string): Promise<SettleOutcome>;
  /** Of an unknown one. A status of the platform that comes later counts more. */
  settle(businessId: BusinessId, messageId: string, as: "accepted" | "failed"): Promise<SettleOutcome>;
  /** The content of a failed or cancelled one as a new message, once, however often it is asked for; whatever forbids a message forbids it. */
  retry(businessId: BusinessId, messageId: string): Promise<RetryOutcome>;
}

export function createSettleMessages(deps: { readonly database: Database; readonly acceptMessage: AcceptMessage }): SettleMessages {
  const { database, acceptMessage } = deps;

  async function unchanged(businessId: BusinessId, messageId: string): Promise<Unchanged> {
    const [row] = await database.forBusiness(businessId).run(findMessage, { messageId });
    return row?.direction === "out" ? { outcome: "other_status", status: row.status } : { outcome: "not_found" };
  }

  /** The message that the business's own rule has sent instead of it. */
  async function findResent(businessId: BusinessId, messageId: string): Promise<MessageView | undefined> {
    const db = database.forBusiness(businessId);
    const [known] = await db.run(findIdempotencyKey, { key: retryKeyOf(messageId) });
    const id = known?.message_id ?? undefined;
    const [row] = id === undefined ? [] : await db.run(findMessage, { messageId: id });
    return row === undefined ? undefined : messageViewOf(row, []);
  }

  return {
    async listOpen(businessId, status) {
      const db = database.forBusiness(businessId);
      const rows =
        status === "scheduled"
          ? await db.run(listScheduledMessages, { limit: 100 })
          : await db.run(listOpenMessages, { status, limit: 100 });
      return rows.map((row) => messageViewOf(row, []));
    },
    async reschedule(businessId, messageId, sendAt) {
      const [row] = await database.forBusiness(businessId).run(rescheduleMessage, { messageId, sendAt });
      return row === undefined ? unchanged(businessId, messageId) : { outcome: "done", message: messageViewOf(row, []) };
    },
    async cancel(businessId, messageId) {
      const db = database.forBusiness(businessId);
      const eventId = newId();
      // The schedule first: what leaves it between the two is in the outbox.
      const [scheduled] = await db.run(cancelScheduledMessage, { messageId, eventId });
      if (scheduled !== undefined) return { outcome: "done", message: messageViewOf({ ...scheduled, status: "cancelled" }, []) };
      const [row] = await db.run(cancelMessage, { messageId, eventId });
      return row === undefined ? unchanged(businessId, messageId) : { outcome: "done", message: messageViewOf(row, []) };
    },
    async settle(businessId, messageId, as) {
      const values = { messageId, isAccepted: as === "accepted", eventId: newId() };
      const [row] = await database.forBusiness(businessId).run(settleUnknownMessage, values);
      return row === undefined ? unchanged(businessId, messageId) : { outcome: "done", message: messageViewOf(row, []) };
    },
    async retry(businessId, messageId) {
      const [row] = await database.forBusiness(businessId).run(findMessage, { messageId });
      if (row?.direction !== "out") return { outcome: "not_found" };
      if (row.author === "system" || (row.status !== "failed" && row.status !== "cancelled"))
        return { outcome: "other_status", status: row.status };
      const resent = row.error_code === "sent_again" ? await findResent(businessId, messageId) : undefined;
      if (resent !== undefined) return { outcome: "accepted", message: resent, isReplay: true };
      const quoted = row.quoted_provider_message_id;
      return acceptMessage({
        businessId,
        conversationId: row.conversation_id,
        author: row.author === "human" ? "human" : "api",
        content: { ...row.content, ...(quoted === null ? {} : { context: { message_id: quoted } }) },
        idempotencyKey: retryKeyOf(messageId),
      });
    },
  };
}
