// Owns: recording a notice of a channel, an account or a template in the state of what it concerns, once. Refuses to know: what the fields mean
// (whatsapp/read-signal.ts).
import { createHash } from "node:crypto";
import { LRUCache } from "lru-cache";
import type { DirectoryChannel } from "../businesses/channel-directory.ts";
import type { Queryable } from "../db/query.ts";
import { newId, type BusinessId } from "../kernel/ids.ts";
import type { Log } from "../kernel/log.ts";
import type { NoticeEvent } from "../whatsapp/events.ts";
import { readSignal } from "../whatsapp/read-signal.ts";
import type { Signal, TemplateFacts } from "../whatsapp/signal.ts";
import { findChannelsOfAccountAcrossBusinesses, recordSignalAcrossBusinesses } from "./signals.queries.ts";

/** Whom it concerns. */
interface NoticeTarget {
  readonly businessId: BusinessId;
  readonly accountId: string | undefined;
  readonly channelIds: readonly string[];
}

export interface RecordedNotice {
  /** Whose notice it is, as far as that can be known. */
  readonly businessId: BusinessId | undefined;
  /** Something was made of it. */
  readonly isUsed: boolean;
  /** What is missing, when it is not used: for whoever looks through what can be replayed. */
  readonly reason?: string;
}

/** The others are only counted. */
const LOGGED_IDS = 5;

/** The raw record is written by the caller. */
export type RecordSignals = (event: NoticeEvent, channel: DirectoryChannel | undefined) => Promise<RecordedNotice>;

export function createRecordSignals({ db, log }: { readonly db: Queryable; readonly log: Log }): RecordSignals {
  const unassigned = new LRUCache<string, true>({ max: 1_000 });

  async function ofAccount(
    { accountKey }: NoticeEvent,
    { accountId, displayPhoneNumber, phoneNumberId }: Signal,
  ): Promise<readonly NoticeTarget[]> {
    const ids = [accountId, accountKey].filter((id) => id !== undefined);
    if (ids.length === 0) return [];
    const found = await db.run(findChannelsOfAccountAcrossBusinesses, { accountIds: ids });
    const rows = found.filter((row) => row.account_id === found[0]?.account_id);
    const names = (row: (typeof rows)[number]): boolean =>
      phoneNumberId === undefined
        ? displayPhoneNumber === undefined || row.number === displayPhoneNumber || (row.number === null && rows.length === 1)
        : row.external_id === phoneNumberId;
    return [...Map.groupBy(rows, (row) => row.business_id)].map(([businessId, own]) => ({
      businessId: businessId as BusinessId,
      accountId: own[0]?.account_id ?? undefined,
      channelIds: own.filter(names).map((row) => row.channel_id),
    }));
  }

  async function record(event: NoticeEvent, signal: Signal, { businessId, accountId, channelIds }: NoticeTarget): Promise<void> {
    const aspects = channelIds.flatMap((channelId) =>
      signal.aspects.map(({ aspect, state, health, until, sentence }) => ({
        eventId: newId(),
        ...{ channelId, aspect, state, health, until, sentence },
      })),
    );
    const { template } = signal;
    const [row] = await db.run(recordSignalAcrossBusinesses, {
      businessId,
      id: newId(),
      at: signal.at ?? event.receivedAt,
      provider: event.provider,
      field: event.field,
      severity: signal.severity,
      channelId: channelIds.length === 1 ? channelIds[0] : undefined,
      accountId,
      sentence: signal.sentence,
      digest: signal.comesAlike === true ? undefined : createHash("sha256").update(event.raw).digest("base64url"),
      // Of a number that is not connected (yet) nothing can be known, so that everything is new.
      onlyIfChanged: signal.onlyIfChanged === true && aspects.length > 0,
      aspects,
      templates: template === undefined ? [] : [templateRowOf(template)],
    });
    if (row === undefined || row.recorded + row.moved === 0) return;
    const { provider, field } = event;
    const { severity } = signal;
    if (severity === "info")
      log.info(
        { businessId, provider, field, channels: channelIds.length, channelIds: channelIds.slice(0, LOGGED_IDS) },
        "notice.recorded",
      );
    else
      log.warn(
        { businessId, provider, field, severity, channels: channelIds.length, channelIds: channelIds.slice(0, LOGGED_IDS) },
        "notice.raised",
      );
  }

  return async (event, channel) => {
    const signal = readSignal(event);
    if (signal === undefined) return { businessId: channel?.businessId, isUsed: false };
    const concerned: readonly NoticeTarget[] =
      channel === undefined
        ? await ofAccount(event, signal)
        : [{ businessId: channel.businessId, accountId: event.accountKey, channelIds: [channel.channelId] }];
    for (const one of concerned) await record(event, signal, one);
    const { provider, field } = event;
    if (concerned.length === 0 && !unassigned.has(field)) {
      unassigned.set(field, true);
      log.warn({ provider, field }, "notice.unassigned");
    }
    const reason = whatIsMissing(event, signal, concerned);
    return { businessId: concerned[0]?.businessId, isUsed: reason === undefined && signal.isUnknown !== true, ...(reason && { reason }) };
  };
}

function templateRowOf(facts: TemplateFacts) {
  return {
    id: newId(),
    ...{ category: undefined, status: undefined, quality: undefined, providerId: undefined, reason: undefined },
    ...{ pausedMs: undefined, nextCategory: undefined, nextCategoryAt: undefined },
    ...facts,
  };
}

/** Of an account or a number that is not connected (yet): a replay finds it once it is. */
function whatIsMissing({ accountKey }: NoticeEvent, signal: Signal, concerned: readonly NoticeTarget[]): string | undefined {
  if (concerned.length === 0) {
    const account = signal.accountId ?? accountKey;
    return account === undefined
      ? "It names no account and no number."
      : `No channel belongs to the WhatsApp Business Account ${account}. Connect one, or name the account of a channel.`;
  }
  if (signal.aspects.length === 0 || concerned.some(({ channelIds }) => channelIds.length > 0)) return undefined;
  return "The number that it names is not connected.";
}
