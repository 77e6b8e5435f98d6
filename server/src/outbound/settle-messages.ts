// Owns: what people do about a message that has not simply gone out: cancel it while it waits, say what became of it when nobody knows, send it again.
// Refuses to know: how a message is sent, and what may be (accept-message.ts).
import { findMessage } from "../conversations/message-reads.queries.ts";
import { messageViewOf, type MessageView } from "../conversations/message-view.ts";
import type { Database } from "../db/database.ts";
import type { Queryable } from "../db/query.ts";
import { newId, type BusinessId } from "../kernel/ids.ts";
import type { JsonObject } from "../kernel/json.ts";
import { readableText } from "../whatsapp/readable-text.ts";
import { readProvider } from "../whatsapp/providers.ts";
import { type ValidatedContent, validateOutboundContent } from "../whatsapp/validate-content.ts";
import { type AcceptMessage, type AcceptMessageOutcome, type AcceptRefusal, whatForbids } from "./accept-message.ts";
import { findIdempotencyKey } from "./accept-message.queries.ts";
import { findState } from "./check-answer-parts.ts";
import { fitFiles } from "./fit-files.ts";
import { retryKeyOf } from "./resend-unknown.ts";
import { cancelScheduledMessage, editScheduledMessage, listScheduledMessages, lockScheduledMessage } from "./scheduled.queries.ts";
import { cancelMessage, listOpenMessages, settleUnknownMessage } from "./settle-messages.queries.ts";

export const OPEN_STATUSES = ["scheduled", "queued", "sending", "unknown"] as const;
export type OpenStatus = (typeof OPEN_STATUSES)[number];

/** Nothing was changed: there is no such message, or it is in another state; `status` says in which. */
type Unchanged = { readonly outcome: "not_found" } | { readonly outcome: "other_status"; readonly status: string };
export type SettleOutcome = { readonly outcome: "done"; readonly message: MessageView } | Unchanged;
export interface ScheduledEdit {
  readonly sendAt?: Date | undefined;
  /** Anything but a template, whose parameters are checked against its copy: that one is cancelled, and another one scheduled. */
  readonly content?: JsonObject | undefined;
}
type Written = Extract<ValidatedContent, { readonly ok: true }>;
export type EditOutcome = SettleOutcome | AcceptRefusal;
export type RetryOutcome = Unchanged | AcceptMessageOutcome;

export interface SettleMessages {
  /** The oldest first, at most 100; of all conversations, or of one. */
  listOpen(businessId: BusinessId, status: OpenStatus, conversationId?: string): Promise<readonly MessageView[]>;
  /** Of a scheduled message: when it leaves (a time that has passed means now), and what it says. */
  edit(businessId: BusinessId, messageId: string, edit: ScheduledEdit): Promise<EditOutcome>;
  /** Of a scheduled or queued message: it will not be sent. */
  cancel(businessId: BusinessId, messageId: string): Promise<SettleOutcome>;
  /** Of an unknown one. A status of the platform that comes later counts more. */
  settle(businessId: BusinessId, messageId: string, as: "accepted" | "failed"): Promise<SettleOutcome>;
  /** The content of a failed or cancelled one as a new message, once, however often it is asked for; whatever forbids a message forbids it. */
  retry(businessId: BusinessId, messageId: string): Promise<RetryOutcome>;
}

const NO_TEMPLATE_EDIT =
  "A scheduled message cannot become a template, whose parameters are checked when it is accepted. Cancel it, and schedule the template. Nothing was changed.";

interface Edit {
  readonly sendAt: Date | undefined;
  /** Undefined: it says what it said. */
  readonly written: Written | undefined;
}

/** A change that must leave nothing behind: thrown to roll its transaction back, so that files which were named by it alone do not stay. */
class EditRefused extends Error {
  readonly refusal: AcceptRefusal;
  constructor(refusal: AcceptRefusal) {
    super(refusal.outcome);
    this.refusal = refusal;
  }
}

/** Undefined: it is not scheduled any more. Throws an EditRefused. */
async function writeEdit(tx: Queryable, messageId: string, { sendAt, written }: Edit): Promise<EditOutcome | undefined> {
  const fitted = written === undefined ? undefined : await fitToThread(tx, messageId, written);
  if (written !== undefined && fitted === undefined) return undefined;
  if (fitted !== undefined && "outcome" in fitted) throw new EditRefused(fitted);
  const words =
    fitted === undefined
      ? { type: null, text: null, content: null }
      : { type: fitted.type, text: readableText(fitted.type, fitted.content), content: JSON.stringify(fitted.content) };
  const [row] = await tx.run(editScheduledMessage, { messageId, sendAt, ...words });
  return row === undefined ? undefined : { outcome: "done", message: messageViewOf(row, []) };
}

/** By the rules of what is accepted for later: as its channel sends it, with files that are there and stay. Undefined: it is not scheduled any more. */
async function fitToThread(tx: Queryable, messageId: string, written: Written): Promise<Written | AcceptRefusal | undefined> {
  const [scheduled] = await tx.run(lockScheduledMessage, { messageId });
  const state = scheduled === undefined ? undefined : await findState(tx, scheduled.conversation_id, written);
  if (state === undefined) return undefined;
  const forbidden = whatForbids(state, written, { isForLater: true });
  if (forbidden !== undefined) return forbidden;
  const fitted = await fitFiles(tx, written.content, readProvider(state.provider) ?? "cloud");
  return fitted.ok ? { ...written, content: fitted.content } : { outcome: "invalid_content", reason: fitted.reason };
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
    async listOpen(businessId, status, conversationId) {
      const db = database.forBusiness(businessId);
      const which = { conversationId, limit: 100 };
      const rows =
        status === "scheduled" ? await db.run(listScheduledMessages, which) : await db.run(listOpenMessages, { ...which, status });
      return rows.map((row) => messageViewOf(row, []));
    },
    async edit(businessId, messageId, { sendAt, content }) {
      const checked = content === undefined ? undefined : validateOutboundContent(content);
      if (checked?.ok === false) return { outcome: "invalid_content", reason: checked.reason };
      if (checked?.type === "template") return { outcome: "invalid_content", reason: NO_TEMPLATE_EDIT };
      try {
        const outcome = await database.forBusiness(businessId).transaction((tx) => writeEdit(tx, messageId, { sendAt, written: checked }));
        return outcome ?? (await unchanged(businessId, messageId));
      } catch (error) {
        if (error instanceof EditRefused) return error.refusal;
        throw error;
      }
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
        insteadOf: messageId,
        // A person may err: the customer may have both.
        mayRepeat: row.error_code === "settled_by_hand" ? messageId : undefined,
      });
    },
  };
}
