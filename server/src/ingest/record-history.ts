// Owns: keeping what a number brings along of its past until it is imported, and its address book. Both are durable when they resolve. Refuses to know: how a chunk is
// imported (import-history.ts).
import { createHash } from "node:crypto";
import type { Queryable } from "../db/query.ts";
import { identifiersOf } from "../identity/identifier.ts";
import { newId } from "../kernel/ids.ts";
import type { ContactsEvent, HistoryEvent } from "../whatsapp/events.ts";
import { insertHistoryChunksAcrossBusinesses, recordBookAcrossBusinesses } from "./history.queries.ts";
import type { Located } from "./sort-delivery.ts";

/** What one statement takes; the rest follows. */
const SLICE_ENTRIES = 1_000;

export interface RecordHistory {
  /** Each chunk once, however often it is delivered. */
  keepChunks(chunks: readonly Located<HistoryEvent>[]): Promise<void>;
  /** Doing it again changes nothing. */
  recordContacts(located: Located<ContactsEvent>): Promise<void>;
}

export function createRecordHistory({ db }: { readonly db: Queryable }): RecordHistory {
  return {
    async keepChunks(chunks) {
      // One by one: each may have three million characters.
      for (const { event, channel } of chunks) {
        const { messages, phase, progress, raw } = event;
        const digest = createHash("sha256").update(raw).digest("base64url");
        const { businessId, channelId } = channel;
        // PostgreSQL text takes every character but this one.
        const body = raw.replaceAll("\0", "\uFFFD");
        const chunk = { businessId, id: newId(), channelId, phase, progress, messages, digest, body };
        await db.execute(insertHistoryChunksAcrossBusinesses, { chunks: [chunk] });
      }
    },
    async recordContacts({ event, channel }) {
      const rows = event.entries.flatMap(({ customer, name, at }) =>
        identifiersOf(customer, channel.scope)
          .filter(({ kind }) => kind === "phone" || kind === "user")
          .map(({ kind, value }) => ({ businessId: channel.businessId, kind, value, name, at })),
      );
      for (let from = 0; from < rows.length; from += SLICE_ENTRIES)
        await db.execute(recordBookAcrossBusinesses, { entries: rows.slice(from, from + SLICE_ENTRIES) });
    },
  };
}
