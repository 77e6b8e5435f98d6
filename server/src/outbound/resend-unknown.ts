// Owns: sending again, after the time that a business has set, what nobody knows of: settled and put into the outbox as a new message in one transaction, which says of itself that it
// may be a second one. Refuses to know: what may leave; the window is looked at when it does (deliver.queries.ts).
import type { Database } from "../db/database.ts";
import type { Row } from "../db/query.ts";
import { messageOf } from "../kernel/faults.ts";
import { newId, type BusinessId } from "../kernel/ids.ts";
import type { JsonObject } from "../kernel/json.ts";
import type { Log } from "../kernel/log.ts";
import { lockForSending, refusalOnChannel, targetOf } from "./accept-message.ts";
import { insertIdempotencyKey, insertOutboundMessage } from "./accept-message.queries.ts";
import {
  findUnknownToResend,
  followInCampaign,
  holdCampaign,
  keepUnknown,
  listBusinessesWithUnknownAcrossBusinesses,
  listUnknownToResend,
  markPossibleDuplicate,
  settleAsSentAgain,
} from "./resend-unknown.queries.ts";

export interface ResendUnknownDeps {
  readonly database: Database;
  readonly settings: { find(businessId: BusinessId): Promise<{ readonly resendUnknownAfterMs: number | null }> };
  /** Whether it is too early or too late to write to a number of this country, by the hours that its campaign has set. */
  readonly isQuiet: (hours: JsonObject, country: string, at: Date) => boolean;
  readonly wake: (kind: "send") => void;
  readonly log: Log;
}

/** One pass; answers how many it sent again. */
export type ResendUnknown = () => Promise<number>;

/** Under which `retry` finds the message that was sent again. */
export const retryKeyOf = (messageId: string): string => `retry:${messageId}`;

/** Rolls back: what a status, a look-up or a person has settled meanwhile is not sent again. */
class Settled extends Error {}

const AT_ONCE = 50;

/** Why it stays unknown, in a sentence that is shown with the message. */
const SENTENCES = {
  opted_out: "the customer has opted out",
  marketing_stopped: "the customer has stopped marketing in WhatsApp",
  taken_over: "a person has taken over since then",
  no_address: "nothing is known any more to send it to",
  unsupported_on_channel: "the number that the customer is reached through now does not send messages of this kind",
  campaign_cancelled: "its campaign was cancelled",
} as const;
type Reason = keyof typeof SENTENCES;

export function createResendUnknown({ database, settings, isQuiet, wake, log }: ResendUnknownDeps): ResendUnknown {
  async function resend(businessId: BusinessId, messageId: string): Promise<boolean> {
    return database.forBusiness(businessId).transaction(async (tx) => {
      const [first] = await tx.run(findUnknownToResend, { messageId });
      if (first === undefined) return false;
      const [campaign] = await tx.run(holdCampaign, { messageId });
      if (campaign?.state === "paused") return false;
      const conversation = await lockForSending(tx, first.conversation_id, first);
      // Under the lock: who takes over now waits for this.
      const [unknown] = await tx.run(findUnknownToResend, { messageId });
      if (unknown === undefined || conversation === undefined) return false;
      const reason = campaign?.state === "cancelled" ? "campaign_cancelled" : reasonAgainst(conversation, unknown);
      if (reason !== undefined) {
        const sentence = `Nobody knows whether it was sent. It is not sent again: ${SENTENCES[reason]}.`;
        await tx.execute(keepUnknown, { messageId, reason, sentence });
        return false;
      }
      const newMessageId = newId();
      const { type, text, content, quoted_provider_message_id: quoted } = unknown;
      const settled = await tx.run(settleAsSentAgain, { messageId, resentAs: newMessageId, eventId: newId() });
      if (settled.length === 0) throw new Settled();
      // The AI's words stay its own: who takes over until they leave holds them back. A person's message is theirs already, and pauses nothing once more.
      const what = {
        author: unknown.author === "ai" ? "ai" : "api",
        type,
        text,
        content: JSON.stringify(content),
        quoted,
        target: targetOf(unknown),
      };
      await tx.run(insertOutboundMessage, { ...what, conversationId: conversation.id, messageId: newMessageId, eventId: newId() });
      await tx.execute(markPossibleDuplicate, { messageId: newMessageId, of: messageId });
      await tx.execute(followInCampaign, { messageId: newMessageId, of: messageId });
      await tx.execute(insertIdempotencyKey, { key: retryKeyOf(messageId), requestHash: "sent again", messageId: newMessageId });
      return true;
    });
  }

  async function resendOf(businessId: BusinessId): Promise<number> {
    const { resendUnknownAfterMs: afterMs } = await settings.find(businessId);
    if (afterMs === null) return 0;
    let sent = 0;
    const listed = await database.forBusiness(businessId).run(listUnknownToResend, { afterMs });
    const awake = listed.filter(({ quiet_hours: hours, country, now }) => hours === null || !isQuiet(hours, country ?? "", now));
    for (const { message_id: messageId } of awake.slice(0, AT_ONCE)) {
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

function reasonAgainst(conversation: Locked, { content, is_taken_over: isTakenOver }: Unknown): Reason | undefined {
  if (conversation.is_opted_out) return "opted_out";
  if (conversation.is_marketing_stopped) return "marketing_stopped";
  if (isTakenOver) return "taken_over";
  if (!conversation.has_address) return "no_address";
  // The customer writes by another channel now.
  return refusalOnChannel(conversation, content) === undefined ? undefined : "unsupported_on_channel";
}
