// Owns: finding out, before it is stored, whether an echo is of a message that we are just sending, or of one of which nobody knows whether it was sent: it then proves
// it, and is no message of a person. Nothing is asked for what customers write. Refuses to know: how a person's message is stored.
import type { Queryable } from "../db/query.ts";
import { newId } from "../kernel/ids.ts";
import type { Log } from "../kernel/log.ts";
import { kindOf } from "../whatsapp/message-kinds.ts";
import type { IngestItem } from "./ingest-item.ts";
import { claimOwnEchoesAcrossBusinesses } from "./echoes.queries.ts";

/** The items that were echoes of our own sends. That is durable when it resolves. */
export type ClaimOwnEchoes = (items: readonly IngestItem[]) => Promise<ReadonlySet<IngestItem>>;

const NONE: ReadonlySet<IngestItem> = new Set();

/** A reaction or an edit changes a message; what we send of these has no words to tell it by. */
const mayBeOurs = ({ event }: IngestItem): boolean =>
  event.direction === "out" && event.isHistory !== true && event.standby !== true && kindOf(event.type).role === "message";

export function createClaimOwnEchoes({ db, log }: { readonly db: Queryable; readonly log: Log }): ClaimOwnEchoes {
  return async (items) => {
    const candidates = items.filter(mayBeOurs);
    if (candidates.length === 0) return NONE;
    const echoes = candidates.flatMap((item, ord) => {
      const { event, businessId, channelId, identifiers } = item;
      const { providerMessageId, type, text, sentAt, provider, channelKey, raw } = event;
      const eventId = newId();
      return identifiers.map(({ kind, value }) => ({
        ...{ ord, businessId, channelId, kind, value, providerMessageId, type, text, sentAt, eventId, provider, channelKey, raw },
      }));
    });
    const rows = await db.run(claimOwnEchoesAcrossBusinesses, { echoes });
    const own = new Set(rows.flatMap(({ ord }) => candidates[ord] ?? []));
    if (own.size > 0) log.info({ messages: own.size }, "ingest.own-echoes");
    return own;
  };
}
