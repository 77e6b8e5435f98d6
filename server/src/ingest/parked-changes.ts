// Owns: changes of an identity that came before the person was known: read again from the raw log, and marked once they are applied.
// Refuses to know: how a change is applied, and what brings a parked one back.
import type { ChannelDirectory } from "../businesses/channel-directory.ts";
import type { Queryable } from "../db/query.ts";
import { retryTransient } from "../db/retry-transient.ts";
import { createIngestItem, identifiersOf, type IngestItem } from "./ingest-item.ts";
import { listReplayableAcrossBusinesses, markReplayedAcrossBusinesses } from "./raw-items.queries.ts";
import { readRawItem } from "./read-raw-item.ts";

export interface ParkedChange {
  readonly item: IngestItem;
  /** Call when its content is durable. */
  readonly markApplied: () => Promise<void>;
}

const NO_ID = "00000000-0000-0000-0000-000000000000";

/** By any of these the person of a change may come: who they were, and who they are. */
export function waitsForOf(item: IngestItem): readonly string[] {
  return identifiersOf(item).map(({ kind, value }) => `${kind}:${value}`);
}

/** In the order in which they happened. */
export function createFindParkedChanges({ db, channels }: { readonly db: Queryable; readonly channels: ChannelDirectory }) {
  return async (logIds: readonly string[]): Promise<readonly ParkedChange[]> => {
    const rows = await db.run(listReplayableAcrossBusinesses, [logIds, null, NO_ID, logIds.length]);
    const changes: ParkedChange[] = [];
    for (const row of rows) {
      for (const event of readRawItem(row) ?? []) {
        if (event.kind !== "message" || event.becomes === undefined) continue;
        const channel = await channels.find(event.provider, event.channelKey);
        if (channel === undefined) continue;
        const markApplied = async (): Promise<void> => {
          await retryTransient(() => db.run(markReplayedAcrossBusinesses, [row.business_id, row.id, "replayed"]));
        };
        changes.push({ item: createIngestItem(event, channel), markApplied });
      }
    }
    return changes.sort((a, b) => a.item.event.sentAt.getTime() - b.item.event.sentAt.getTime());
  };
}
