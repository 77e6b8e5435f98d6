// Owns: changes of an identity that came before the person was known: found by whom they wait for, read again from the raw log, and marked once they are
// applied. Refuses to know: how a change is applied, and what brings a parked one back.
import type { ChannelDirectory } from "../businesses/channel-directory.ts";
import type { Queryable } from "../db/query.ts";
import { labelOfIdentifier } from "../identity/identifier.ts";
import { type BusinessId, LOWEST_ID } from "../kernel/ids.ts";
import type { IdentityEvent, WebhookEvent } from "../whatsapp/events.ts";
import type { FindPlaces, Place } from "./find-places.ts";
import { createIngestItem, identifiersOfItem, type IngestItem } from "./ingest-item.ts";
import { listReplayableAcrossBusinesses, listWaitingForAcrossBusinesses, markReplayedAcrossBusinesses } from "./raw-items.queries.ts";
import { readRawItem } from "./read-raw-item.ts";

/** Reported by a message, which goes into the thread, or without one. */
export type Change =
  | { readonly kind: "message"; readonly item: IngestItem }
  | { readonly kind: "identity"; readonly event: IdentityEvent; readonly places: readonly Place[] };

export interface ParkedChange {
  /** The row of the raw log, which may hold several. */
  readonly logId: string;
  readonly at: Date;
  readonly change: Change;
  /** Call when every change of its row is durable. */
  readonly markApplied: () => Promise<void>;
}

/** Somebody of a business for whom a change may wait, by one of their identifiers. */
export interface AwaitedPerson {
  readonly businessId: BusinessId;
  /** Of the identifier (`labelOfIdentifier`). */
  readonly label: string;
}

export const UNKNOWN_PERSON = "The change of an identity of which nothing is known.";

/** Whoever has one of these is the person of the change: who they were, and who they are. */
export function waitsForOf(item: IngestItem): readonly string[] {
  return identifiersOfItem(item).map(labelOfIdentifier);
}

export function peopleOfItem(item: IngestItem): readonly AwaitedPerson[] {
  return waitsForOf(item).map((label) => ({ businessId: item.businessId, label }));
}

interface ParkedChangesDeps {
  readonly db: Queryable;
  readonly channels: ChannelDirectory;
  readonly findPlaces: FindPlaces;
}

export interface ParkedChanges {
  /** Rows of the raw log. */
  listWaitingFor(who: readonly AwaitedPerson[]): Promise<readonly string[]>;
  /** In the order in which they happened. */
  read(logIds: readonly string[]): Promise<readonly ParkedChange[]>;
}

export function createParkedChanges({ db, channels, findPlaces }: ParkedChangesDeps): ParkedChanges {
  async function changeOf(event: WebhookEvent): Promise<{ readonly at: Date; readonly change: Change } | undefined> {
    if (event.kind === "identity" && event.becomes !== undefined) {
      const places = await findPlaces(event);
      return places === undefined ? undefined : { at: event.at ?? new Date(), change: { kind: "identity", event, places } };
    }
    if (event.kind !== "message" || event.becomes === undefined) return undefined;
    const channel = await channels.find(event.provider, event.channelKey);
    return channel === undefined ? undefined : { at: event.sentAt, change: { kind: "message", item: createIngestItem(event, channel) } };
  }

  return {
    async listWaitingFor(who) {
      if (who.length === 0) return [];
      const rows = await db.run(listWaitingForAcrossBusinesses, { people: who });
      return rows.map(({ log_id }) => log_id);
    },

    async read(logIds) {
      const rows = await db.run(listReplayableAcrossBusinesses, {
        ids: logIds,
        businessId: undefined,
        after: LOWEST_ID,
        limit: logIds.length,
      });
      const found: ParkedChange[] = [];
      for (const row of rows) {
        const markApplied = async (): Promise<void> => {
          await db.execute(markReplayedAcrossBusinesses, { businessId: row.business_id, id: row.id, state: "replayed" });
        };
        for (const event of readRawItem(row) ?? []) {
          const located = await changeOf(event);
          if (located !== undefined) found.push({ logId: row.id, ...located, markApplied });
        }
      }
      return found.sort((a, b) => a.at.getTime() - b.at.getTime());
    },
  };
}
