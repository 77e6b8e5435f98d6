// Owns: asking providers what became of messages of which nobody knows: one pass, a few at a time. Only what is proven changes anything; whatever else is answered, and whatever
// fails, leaves the message unknown. Refuses to know: what proves it (prove-sent.ts), and how each provider is asked.
import type { Database } from "../db/database.ts";
import type { Row } from "../db/query.ts";
import { messageOf } from "../kernel/faults.ts";
import { newId, type BusinessId } from "../kernel/ids.ts";
import type { Log } from "../kernel/log.ts";
import { readObject } from "../kernel/read-json.ts";
import { readSendAddress } from "../whatsapp/send-address.ts";
import type { SentAnswer, SentLookup, SentLookupOf } from "../whatsapp/sent-lookup.ts";
import { proveSent } from "./prove-sent.ts";
import {
  claimUnknownSendsAcrossBusinesses,
  endLooking,
  findUnknownSend,
  listKnownIds,
  settleFoundSend,
  switchLookupOff,
} from "./unknown-sends.queries.ts";

export interface LookUpUnknownDeps {
  readonly database: Database;
  readonly lookupOf: SentLookupOf;
  readonly log: Log;
}

/** One pass; answers how many messages it settled. */
export type LookUpUnknown = () => Promise<number>;

type UnknownSend = Row<typeof findUnknownSend>;

/** A gateway that hangs for one must not hold up the pass. */
const AT_ONCE = 8;
/** Somebody who wrote in the WhatsApp app on the number within that time may have done so just now. */
const APP_IN_USE_MS = 7 * 86_400_000;

export function createLookUpUnknown({ database, lookupOf, log }: LookUpUnknownDeps): LookUpUnknown {
  async function lookUp(businessId: BusinessId, messageId: string): Promise<boolean> {
    const db = database.forBusiness(businessId);
    const [unknown] = await db.run(findUnknownSend, { messageId });
    if (unknown === undefined) return false;
    const lookup = unknown.is_off ? undefined : lookupOf(unknown.provider, unknown.settings);
    const answer = await ask(lookup, unknown);
    if (answer.outcome === "refused" || lookup === undefined) {
      // A person settles it, or a status.
      await db.execute(endLooking, { messageId });
      if (answer.outcome === "refused" && lookup !== undefined) await switchOff(businessId, unknown, answer.reason);
      return false;
    }
    if (answer.outcome === "failed") return false;
    const ids = answer.records.map(({ providerMessageId }) => providerMessageId);
    const rows = await db.run(listKnownIds, { channelId: unknown.channel_id, ids });
    const known = new Set(rows.map((row) => row.provider_message_id));
    const text = readObject(unknown.content, "text")?.["body"];
    const found = proveSent({
      ...answer,
      scope: lookup.scope,
      known,
      attemptedAt: unknown.attempted_at,
      text: unknown.type === "text" && typeof text === "string" ? text : undefined,
    });
    if (found === undefined) return false;
    const sinceId = newId(Date.now() - APP_IN_USE_MS);
    const values = { messageId, providerMessageId: found, isOfNumber: lookup.scope === "number", sinceId, eventId: newId() };
    return (await db.run(settleFoundSend, values)).length > 0;
  }

  async function switchOff(businessId: BusinessId, { channel_id: channelId }: UnknownSend, reason: string): Promise<void> {
    await database.forBusiness(businessId).execute(switchLookupOff, { channelId, reason });
    log.info({ businessId, channelId, reason }, "send.lookup-off");
  }

  return async () => {
    const due = [...(await database.acrossBusinesses.run(claimUnknownSendsAcrossBusinesses, {}))];
    let settled = 0;
    const work = async (): Promise<void> => {
      for (let next = due.shift(); next !== undefined; next = due.shift()) {
        const { business_id: businessId, message_id: messageId } = next;
        try {
          if (await lookUp(businessId as BusinessId, messageId)) settled += 1;
        } catch (error) {
          // It is asked for again; the others have their turn.
          log.warn({ businessId, messageId, error: messageOf(error) }, "send.not-looked-up");
        }
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    return settled;
  };
}

function ask(lookup: SentLookup | undefined, unknown: UnknownSend): Promise<SentAnswer> {
  const chat = readSendAddress(unknown);
  if (lookup === undefined || chat === undefined) return Promise.resolve({ outcome: "failed", reason: "There is nobody to ask." });
  const channel = { key: unknown.external_id, accessToken: unknown.access_token };
  return lookup.list({ channel, chat, since: new Date(unknown.attempted_at.getTime() - 60_000) });
}
