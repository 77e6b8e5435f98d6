// Owns: the raw record of everything that is not a stored message or status: notices, and what could not be stored, with the reason. Each item once,
// however often it is delivered; how often is counted.
import type { ValuesOf } from "../db/parameters.ts";
import type { Queryable } from "../db/query.ts";
import { newId, NO_BUSINESS, type BusinessId } from "../kernel/ids.ts";
import type { Log } from "../kernel/log.ts";
import type { WebhookEvent } from "../whatsapp/events.ts";
import { logWebhooksAcrossBusinesses } from "./raw-items.queries.ts";

export interface LogEntry {
  readonly businessId: BusinessId | undefined;
  readonly event: WebhookEvent;
}

export interface RefusedEntry extends LogEntry {
  readonly reason: string;
  /** It can be applied once somebody with one of these identifiers ("phone:12025550147") is known. */
  readonly waitsFor?: readonly string[] | undefined;
}

export interface NoticeEntry extends LogEntry {
  /** False: nothing can be made of it yet; a replay uses it once a newer version can. */
  readonly isUsed: boolean;
  /** Absent: this version makes nothing of it. */
  readonly reason?: string | undefined;
}

export interface WebhookLogWriter {
  /** Kept raw with its reason, replayable. */
  quarantine(entries: readonly RefusedEntry[]): Promise<void>;
  /** Recorded as it came. */
  record(entries: readonly NoticeEntry[]): Promise<void>;
}

interface Verdict {
  readonly state: "stored" | "quarantined" | "unused";
  readonly reason?: string;
  readonly waitsFor?: readonly string[] | undefined;
}

type LogRow = ValuesOf<typeof logWebhooksAcrossBusinesses.params>["entries"][number];

/** What one statement takes; the rest follows. */
const SLICE_ROWS = 500;
const SLICE_CHARACTERS = 4_000_000;

function rowOf({ businessId, event }: LogEntry, { state, reason, waitsFor }: Verdict): LogRow {
  return {
    businessId: businessId ?? NO_BUSINESS,
    id: newId(),
    state,
    reason: reason?.replaceAll("\0", "\uFFFD").slice(0, 2000),
    provider: event.provider,
    kind: event.kind === "notice" ? event.field : event.kind,
    channelKey: event.channelKey,
    // PostgreSQL text takes every character but this one.
    body: event.raw.replaceAll("\0", "\uFFFD"),
    waitsFor: waitsFor === undefined ? undefined : JSON.stringify(waitsFor),
  };
}

function noticeRowOf(entry: NoticeEntry): LogRow {
  if (entry.isUsed) return rowOf(entry, { state: "stored" });
  const name = entry.event.kind === "notice" ? entry.event.field : entry.event.kind;
  return rowOf(entry, { state: "unused", reason: entry.reason ?? `Nothing can be made of "${name}" yet.` });
}

export function createWebhookLog(deps: { readonly db: Queryable; readonly log: Log }): WebhookLogWriter {
  async function write(rows: readonly LogRow[]): Promise<void> {
    for (const entries of slicesOf(rows)) await deps.db.execute(logWebhooksAcrossBusinesses, { entries });
  }

  return {
    async quarantine(entries) {
      await write(entries.map((entry) => rowOf(entry, { state: "quarantined", reason: entry.reason, waitsFor: entry.waitsFor })));
      for (const { businessId, event, reason } of entries) deps.log.warn({ businessId, kind: event.kind, reason }, "ingest.quarantined");
    },
    record: (entries) => write(entries.map(noticeRowOf)),
  };
}

function* slicesOf(rows: readonly LogRow[]): Generator<readonly LogRow[]> {
  let slice: LogRow[] = [];
  let characters = 0;
  for (const row of rows) {
    if (slice.length === SLICE_ROWS || (slice.length > 0 && characters + row.body.length > SLICE_CHARACTERS)) {
      yield slice;
      slice = [];
      characters = 0;
    }
    slice.push(row);
    characters += row.body.length;
  }
  if (slice.length > 0) yield slice;
}

/** For a replay: an item that is refused again, or still cannot be used, stays in the row that it came from and is not counted. */
export function withoutQuarantine(webhookLog: WebhookLogWriter): WebhookLogWriter {
  return {
    quarantine: () => Promise.resolve(),
    record: (entries) => webhookLog.record(entries.filter(({ isUsed }) => isUsed)),
  };
}
