// Owns: what WhatsApp reports of a customer's consent to marketing, into their thread. A customer of whom nothing is known gets a closed thread, so that
// the word holds when they write, or are written to. Refuses to know: what the customer said in their own words.
import type { DirectoryChannel } from "../businesses/channel-directory.ts";
import { canonicalKeyOf } from "../conversations/canonical-key.ts";
import type { Queryable } from "../db/query.ts";
import { retryTransient } from "../db/retry-transient.ts";
import type { SettleIdentity } from "../identity/settle-identity.ts";
import { newId } from "../kernel/ids.ts";
import type { Preference, PreferenceEvent } from "../whatsapp/events.ts";
import { aliasesOf, identifiersOfAliases } from "./ingest-item.ts";
import { recordMarketingWordAcrossBusinesses } from "./preferences.queries.ts";

export interface LocatedPreferences {
  readonly event: PreferenceEvent;
  readonly channel: DirectoryChannel;
}

/** Resolves when all of them are durable; doing it again changes nothing. */
export type RecordPreferences = (located: LocatedPreferences) => Promise<void>;

export function createRecordPreferences(deps: { readonly db: Queryable; readonly settleIdentity: SettleIdentity }): RecordPreferences {
  async function record({ businessId, channelId, scope }: DirectoryChannel, { customer, value, at }: Preference): Promise<void> {
    const identifiers = identifiersOfAliases(aliasesOf(customer, undefined), { scope });
    const { phone, userId, parentUserId } = customer;
    const newKeys = [{ phone }, { userId }, { userId: parentUserId }]
      .map((identity) => canonicalKeyOf(businessId, identity))
      .filter((key) => key !== undefined);
    if (newKeys.length === 0) return;
    for (;;) {
      const proof = { source: "user_preferences", channelId };
      const settled = await deps.settleIdentity({ businessId, identifiers, newKeys, reason: "payload", proof, create: true, at });
      if (settled === undefined) throw new Error("a customer with identifiers was not settled");
      const values = [businessId, settled.conversationId, value === "stop", at, newId(), settled.isNew];
      const [row] = await retryTransient(() => deps.db.run(recordMarketingWordAcrossBusinesses, values));
      // Merged away between the two statements: its winner is found next.
      if (row !== undefined) return;
    }
  }
  return async ({ event, channel }) => {
    for (const preference of event.preferences) await record(channel, preference);
  };
}
