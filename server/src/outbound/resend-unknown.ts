// Owns: sending again, after the time that a business has set, what nobody knows of: settled and put into the outbox as a new message in one transaction, which says of itself that it
// may be a second one. Refuses to know: what may leave; the window is looked at when it does (deliver.queries.ts).
import type { Database } from "../db/database.ts";
import type { Row } from "../db/query.ts";
import { messageOf } from "../kernel/faults.ts";
import { newId, type BusinessId } from "../kernel/ids.ts";
import type { Log } from "../kernel/log.ts";
import { lockForSending, refusalOnChannel, targetOf } from "./accept-message.ts";
import { insertIdempotencyKey, insertOutboundMessage } from "./accept-message.queries.ts";
import {
  findUnknownToResend,
  keepUnknown,
  listBusinessesWithUnknownAcrossBusinesses,
  listUnknownToResend,
  markPossibleDuplicate,
  settleAsSentAgain,
} from "./resend-unknown.queries.ts";

export interface ResendUnknownDeps {
  readonly database: Database;
  readonly settings: { find(businessId: BusinessId): Promise<{ readonly resendUnknownAfterMs: number | null }> };
  readonly wake: (kind: "send") => void;
  readonly log: Log;
}

/** One pass; answers how many it sent again. */
export type ResendUnknown = () => Promise<number>;

/** Under which `retry` finds the message that was sent again. */
export const retryKeyOf = (messageId: string): string => `retry:${messageId}`;

/** Rolls back: what a status, a look-up or a person has settled meanwhile is not sent again. */
class Settled extends Error {}

export function createResendUnknown({ database, settings, wake, log }: ResendUnknownDeps): ResendUnknown {
  async function resend(businessId: BusinessId, messageId: string): Promise<boolean> {
    return database.forBusiness(businessId).transaction(async (tx) => {
      const [first] = await tx.run(findUnknownToResend, { messageId });
      if (first === undefined) return false;
      const conversation = await lockForSending(tx, first.conversation_id, first);
      // Under the lock: who takes over now waits for this.
      const [unknown] = await tx.run(findUnknownToResend, { messageId });
      if (unknown === undefined || conversation === undefined) return false;
      const reason = reasonAgainst(conversation, unknown);
      if (reason !== undefined) {
        await tx.execute(keepUnknown, { messageId, reason });
        return false;
      }
      const newMessageId = newId();
      const { type, text, content, quoted_provider_message_id: quoted } = unknown;
      const settled = await tx.run(settleAsSentAgain, { messageId, resentAs: newMessageId, eventId: newId() });
      if (settled.length === 0) throw new Settled();
      const what = { author: "api", type, text, content: JSON.stringify(content), quoted, target: targetOf(unknown) };
      await tx.run(insertOutboundMessage, { ...what, conversationId: conversation.id, messageId: newMessageId, eventId: newId() });
      await tx.execute(markPossibleDuplicate, { messageId: newMessageId, of: messageId });
      await tx.execute(insertIdempotencyKey, { key: retryKeyOf(messageId), requestHash: "sent again", messageId: newMessageId });
      return true;
    });
  }

  async function resendOf(businessId: BusinessId): Promise<number> {
    const { resendUnknownAfterMs: afterMs } = await settings.find(businessId);
    if (afterMs === null) return 0;
    let sent = 0;
    for (const { message_id: messageId } of await database.forBusiness(businessId).run(listUnknownToResend, { afterMs })) {
      const isSent = await resend(businessId, messageId).catch((error: unknown) => {
        // The others have their turn; this one is tried again at the next pass.
        if (!(error instanceof Settled)) log.warn({ businessId, messageId, error: messageOf(error) }, "send.not-resent");
        return false;
      });
      if (isSent) {
        log.warn({ businessId, messageId }, "send.resent");
        sent += 1;
      }
    }
    return sent;
  }

  return async () => {
    let sent = 0;
    for (const { business_id: businessId } of await database.acrossBusinesses.run(listBusinessesWithUnknownAcrossBusinesses, {})) {
      sent += await resendOf(businessId as BusinessId);
    }
    if (sent > 0) wake("send");
    return sent;
  };
}

type Locked = NonNullable<Awaited<ReturnType<typeof lockForSending>>>;
type Unknown = Pick<Row<typeof findUnknownToResend>, "content" | "is_taken_over">;

function reasonAgainst(conversation: Locked, { content, is_taken_over: isTakenOver }: Unknown): string | undefined {
  if (conversation.is_opted_out) return "opted_out";
  if (conversation.is_marketing_stopped) return "marketing_stopped";
  if (isTakenOver) return "taken_over";
  if (!conversation.has_address) return "no_address";
  // The customer writes by another channel now.
  return refusalOnChannel(conversation, content) === undefined ? undefined : "unsupported_on_channel";
}
