// Owns: changes of an identity that are reported without a message: applied before they are acknowledged, or parked until the person is known.
// Refuses to know: what a change does to a thread, and what brings a parked one back.
import { identifiersOfChange, labelOfIdentifier } from "../identity/identifier.ts";
import type { SettleIdentity } from "../identity/settle-identity.ts";
import type { IdentityEvent } from "../whatsapp/events.ts";
import type { Place } from "./find-places.ts";
import { lessonOf, settleLesson } from "./learn-identity.ts";
import { type AwaitedPerson, UNKNOWN_PERSON } from "./parked-changes.ts";
import type { WebhookLogWriter } from "./webhook-log.ts";

/** Where there are several places, only the businesses that know the customer learn of the change. */
export interface LocatedChange {
  readonly event: IdentityEvent;
  readonly places: readonly Place[];
}

/** False: nobody knows the person. */
export type ChangeIdentity = (change: LocatedChange) => Promise<boolean>;

export function createChangeIdentity(settleIdentity: SettleIdentity): ChangeIdentity {
  return async ({ event, places }) => {
    let isKnown = false;
    for (const place of places) isKnown = (await settleLesson(settleIdentity, lessonOf(event, place))) !== undefined || isKnown;
    return isKnown;
  };
}

/** Whoever has one of these is the person. */
const labelsOf = ({ customer, becomes }: IdentityEvent): readonly string[] =>
  identifiersOfChange(customer, becomes, null).map(labelOfIdentifier);

export function peopleOfChange({ event, places }: LocatedChange): readonly AwaitedPerson[] {
  const labels = labelsOf(event);
  return places.flatMap(({ businessId }) => labels.map((label) => ({ businessId, label })));
}

interface ChangeIdentitiesDeps {
  readonly changeIdentity: ChangeIdentity;
  readonly webhookLog: WebhookLogWriter;
  readonly applyWaiting: (people: readonly AwaitedPerson[]) => Promise<void>;
}

/** For all changes of one delivery; answers those that are applied, and how many raw items are parked. */
export function createChangeIdentities({ changeIdentity, webhookLog, applyWaiting }: ChangeIdentitiesDeps) {
  return async (changes: readonly LocatedChange[]): Promise<{ readonly applied: readonly LocatedChange[]; readonly parked: number }> => {
    const applied: LocatedChange[] = [];
    let parked = 0;
    // A raw item with several changes is one row of the log, which waits for each of them.
    for (const [first, ...more] of Map.groupBy(changes, ({ event }) => event.raw).values()) {
      if (first === undefined) continue;
      const waiting: LocatedChange[] = [];
      for (const change of [first, ...more]) if (!(await changeIdentity(change))) waiting.push(change);
      if (waiting.length === 0) applied.push(first);
      else {
        parked += 1;
        const { event, places } = first;
        const waitsFor = waiting.flatMap((change) => labelsOf(change.event));
        const businessId = places.length === 1 ? places[0]?.businessId : undefined;
        await webhookLog.quarantine([{ businessId, event, reason: UNKNOWN_PERSON, waitsFor: [...new Set(waitsFor)] }]);
      }
      // Someone may have become known between the look and the record.
      await applyWaiting([first, ...more].flatMap(peopleOfChange));
    }
    return { applied, parked };
  };
}
