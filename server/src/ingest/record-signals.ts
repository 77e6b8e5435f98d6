// Owns: a notice of a channel, an account or a template into the state of what it concerns, once. Refuses to know: what the fields mean (whatsapp/read-signal.ts).
import { createHash } from "node:crypto";
import { LRUCache } from "lru-cache";
import type { DirectoryChannel } from "../businesses/channel-directory.ts";
import type { Queryable } from "../db/query.ts";
import { retryTransient } from "../db/retry-transient.ts";
import { newId, type BusinessId } from "../kernel/ids.ts";
import type { Log } from "../kernel/log.ts";
import type { NoticeEvent } from "../whatsapp/events.ts";
import { readSignal } from "../whatsapp/read-signal.ts";
import type { Signal } from "../whatsapp/signal.ts";
import { findChannelsOfAccountAcrossBusinesses, recordSignalAcrossBusinesses } from "./signals.queries.ts";

interface Concerned {
  readonly businessId: BusinessId;
  readonly channelIds: readonly string[];
}

export interface RecordedNotice {
  /** Whose notice it is, as far as that can be told. */
  readonly businessId: BusinessId | undefined;
  /** Something was made of it. */
  readonly isUsed: boolean;
}

/** The raw record is written by the caller. */
export type RecordSignals = (event: NoticeEvent, channel: DirectoryChannel | undefined) => Promise<RecordedNotice>;

export function createRecordSignals({ db, log }: { readonly db: Queryable; readonly log: Log }): RecordSignals {
  const unassigned = new LRUCache<string, true>({ max: 1_000 });

  async function ofAccount({ accountKey }: NoticeEvent, { displayPhoneNumber, phoneNumberId }: Signal): Promise<readonly Concerned[]> {
    if (accountKey === undefined) return [];
    const rows = await db.run(findChannelsOfAccountAcrossBusinesses, [accountKey]);
    const names = (row: (typeof rows)[number]): boolean =>
      phoneNumberId === undefined
        ? displayPhoneNumber === undefined || row.number === displayPhoneNumber || (row.number === null && rows.length === 1)
        : row.external_id === phoneNumberId;
    return [...Map.groupBy(rows, (row) => row.business_id)].map(([businessId, own]) => ({
      businessId: businessId as BusinessId,
      channelIds: own.filter(names).map((row) => row.channel_id),
    }));
  }

  async function record(event: NoticeEvent, signal: Signal, { businessId, channelIds }: Concerned): Promise<void> {
    const aspects = channelIds.flatMap((channelId) =>
      signal.aspects.map((one) => ({ event_id: newId(), channel_id: channelId, ...one, until: one.until?.toISOString() ?? null })),
    );
    // What Baileys posts has no time and no id of its own.
    const digest = event.provider === "baileys" ? null : createHash("sha256").update(event.raw).digest("base64url");
    const values = [
      businessId,
      newId(),
      signal.at ?? null,
      event.provider,
      event.field,
      signal.severity,
      channelIds.length === 1 ? channelIds[0] : null,
      event.accountKey ?? null,
      signal.sentence,
      digest,
      JSON.stringify({ aspects, onlyIfChanged: signal.onlyIfChanged === true, template: signal.template ?? {} }),
    ];
    const [row] = await retryTransient(() => db.run(recordSignalAcrossBusinesses, values));
    if (row === undefined || row.recorded === 0) return;
    const { provider, field } = event;
    const { severity } = signal;
    if (severity === "info") log.info({ businessId, provider, field, channels: channelIds.length }, "notice.recorded");
    else log.warn({ businessId, provider, field, severity, channels: channelIds.length }, "notice.raised");
  }

  return async (event, channel) => {
    const signal = readSignal(event);
    if (signal === undefined) return { businessId: channel?.businessId, isUsed: false };
    const concerned =
      channel === undefined ? await ofAccount(event, signal) : [{ businessId: channel.businessId, channelIds: [channel.channelId] }];
    for (const one of concerned) await record(event, signal, one);
    const { provider, field } = event;
    if (concerned.length === 0 && !unassigned.has(field)) {
      unassigned.set(field, true);
      log.warn({ provider, field }, "notice.unassigned");
    }
    // Of an account that is not connected (yet): a replay finds it once it is.
    return { businessId: concerned[0]?.businessId, isUsed: concerned.length > 0 && signal.isUnknown !== true };
  };
}
