// Owns: recording in their thread what WhatsApp reports of a customer's consent to marketing. A customer of whom nothing is known gets a closed thread, so
// that the choice holds when they write, or are written to. Refuses to know: what the customer said in their own words.
import { identifiersOf, keysOf } from "../identity/identifier.ts";
import type { Queryable } from "../db/query.ts";
import type { SettleIdentity } from "../identity/settle-identity.ts";
import { newId } from "../kernel/ids.ts";
import type { Preference, PreferenceEvent } from "../whatsapp/events.ts";
import type { Place } from "./find-places.ts";
import { recordMarketingWordAcrossBusinesses } from "./preferences.queries.ts";

export interface LocatedPreferences {
  readonly event: PreferenceEvent;
  /** One per business. Where there are several, only those who know the customer learn of it. */
  readonly places: readonly Place[];
}

/** Resolves when all of them are durable; doing it again changes nothing. False: a customer was found nowhere. */
export type RecordPreferences = (located: LocatedPreferences) => Promise<boolean>;

export function createRecordPreferences(deps: { readonly db: Queryable; readonly settleIdentity: SettleIdentity }): RecordPreferences {
  async function record({ businessId, channelId, scope }: Place, { customer, value, at }: Preference, create: boolean): Promise<boolean> {
    const identifiers = identifiersOf(customer, scope);
    const keys = keysOf(businessId, identifiers);
    if (keys === undefined) return false;
    const newKeys = create ? keys : undefined;
    for (;;) {
      const proof = { source: "user_preferences", channelId };
      const settled = await deps.settleIdentity({ businessId, identifiers, newKeys, reason: "payload", proof, at });
      if (settled === undefined) return false;
      const [row] = await deps.db.run(recordMarketingWordAcrossBusinesses, {
        businessId,
        conversationId: settled.conversationId,
        isStop: value === "stop",
        at,
        eventId: newId(),
        isNewThread: settled.isNew,
      });
      // Merged away between the two statements: its winner is found next.
      if (row !== undefined) return true;
    }
  }
  return async ({ event, places }) => {
    let isComplete = true;
    for (const preference of event.preferences) {
      let isKnown = false;
      for (const place of places) isKnown = (await record(place, preference, places.length === 1)) || isKnown;
      isComplete &&= isKnown;
    }
    return isComplete;
  };
}
