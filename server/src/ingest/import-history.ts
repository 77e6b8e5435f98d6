// Owns: importing what a number brings along of its past, a slice of a chunk at a time, on the path that every message takes, and never in its way: as long as a slice
// takes, the next one waits. How far it is stands in the chunk; a slice that is imported again finds its messages stored. Refuses to know: how a chunk is read.
import { setTimeout as delay } from "node:timers/promises";
import type { Queryable } from "../db/query.ts";
import { newId, type BusinessId, type ChannelId } from "../kernel/ids.ts";
import type { Log } from "../kernel/log.ts";
import { type PastMessage, readPastMessages } from "../whatsapp/history.ts";
import { MEDIA_KINDS } from "../whatsapp/media-check.ts";
import {
  advanceHistoryChunkAcrossBusinesses,
  claimHistoryChunkAcrossBusinesses,
  fillPlaceholdersAcrossBusinesses,
  tellPastStatusesAcrossBusinesses,
} from "./history.queries.ts";
import type { WebhookIntake } from "./webhook-intake.ts";

export interface ImportHistoryDeps {
  readonly db: Queryable;
  readonly intake: Pick<WebhookIntake, "receive">;
  readonly log: Log;
  /** Between two slices; absent: as long as the one before has taken, so that the other half of the time is everybody else's. */
  readonly rest?: (tookMs: number) => Promise<unknown>;
}

/** One pass: works on one chunk for some seconds; answers how many of its messages it has gone through. 0: none waits. */
export type ImportHistory = () => Promise<number>;

/** Less than half of a batch: what comes in live finds room in each. */
const SLICE = 100;
/** After that the chunk is given back, and whoever waits longest is next. */
const PASS_MS = 2_000;

interface Chunk {
  readonly businessId: BusinessId;
  readonly channelId: ChannelId;
}

export function createImportHistory({ db, intake, log, rest = (tookMs) => delay(tookMs) }: ImportHistoryDeps): ImportHistory {
  /** Of the files those that found their placeholder: nothing more is to be stored of them. */
  async function fill({ businessId, channelId }: Chunk, slice: readonly PastMessage[]): Promise<ReadonlySet<PastMessage>> {
    const files = slice.flatMap((message, ord) => {
      const { event, isMedia } = message;
      if (!isMedia || event.kind !== "message" || !MEDIA_KINDS.some((kind) => kind === event.type)) return [];
      const { providerMessageId, direction, type, text, content } = event;
      return [{ ord, businessId, channelId, providerMessageId, direction, type, text, content: JSON.stringify(content) }];
    });
    if (files.length === 0) return new Set();
    const filled = await db.run(fillPlaceholdersAcrossBusinesses, { files });
    return new Set(filled.flatMap(({ ord }) => slice[ord] ?? []));
  }

  async function importSlice(chunk: Chunk, slice: readonly PastMessage[]): Promise<number> {
    const filled = await fill(chunk, slice);
    const rest = slice.filter((message) => !filled.has(message));
    const { stored } = rest.length === 0 ? { stored: 0 } : await intake.receive(rest.map(({ event }) => event));
    const messages = slice.flatMap(({ event, status }) =>
      status === undefined || status === "sent" || event.kind !== "message"
        ? []
        : [{ ...chunk, providerMessageId: event.providerMessageId, status }],
    );
    if (messages.length > 0) await db.execute(tellPastStatusesAcrossBusinesses, { messages });
    return stored + filled.size;
  }

  return async () => {
    const [row] = await db.run(claimHistoryChunkAcrossBusinesses, {});
    if (row === undefined) return 0;
    const chunk: Chunk = { businessId: row.business_id as BusinessId, channelId: row.channel_id as ChannelId };
    const messages = readPastMessages(row.body, row.received_at);
    const endsAt = performance.now() + PASS_MS;
    let seen = 0;
    let slice: PastMessage[] = [];
    /** False: somebody else has the chunk. */
    const end = async (isOver: boolean): Promise<boolean> => {
      const beganAt = performance.now();
      const imported = slice.length === 0 ? 0 : await importSlice(chunk, slice);
      const tookMs = performance.now() - beganAt;
      const isReleased = isOver || performance.now() >= endsAt;
      const fields = { id: row.id, fence: row.fence, done: seen, imported, isOver, isReleased, eventId: newId() };
      const held = await db.run(advanceHistoryChunkAcrossBusinesses, { businessId: chunk.businessId, ...fields });
      slice = [];
      if (held.length > 0 && !isReleased) await rest(tookMs);
      return held.length > 0 && !isReleased;
    };
    for (const message of messages) {
      seen += 1;
      if (seen <= row.done) continue;
      slice.push(message);
      if (slice.length === SLICE && !(await end(false))) return seen - row.done;
    }
    await end(true);
    log.info({ businessId: chunk.businessId, channelId: chunk.channelId, messages: seen }, "history.imported");
    return Math.max(1, seen - row.done);
  };
}
