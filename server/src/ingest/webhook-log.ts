// Owns: the raw record of everything that is not a stored message or status: notices, and what could not be stored, with the reason.
import type { Queryable } from "../db/query.ts";
import { newId, NO_BUSINESS, type BusinessId } from "../kernel/ids.ts";
import type { Log } from "../kernel/log.ts";
import type { Provider, WebhookEvent } from "../whatsapp/events.ts";
import { logWebhooksAcrossBusinesses } from "./ingest.queries.ts";
import { retryTransient } from "../db/retry-transient.ts";

export interface LogEntry {
  readonly businessId: BusinessId | undefined;
  readonly event: WebhookEvent;
}

export interface WebhookLogWriter {
  /** Kept raw with its reason, replayable. */
  quarantine(...entries: readonly (LogEntry & { readonly reason: string })[]): Promise<void>;
  /** Recorded as it came; nothing else is to be done with it. */
  record(entries: readonly LogEntry[]): Promise<void>;
}

interface LogRow {
  readonly businessId: BusinessId | undefined;
  readonly state: "stored" | "quarantined";
  readonly reason: string | null;
  readonly provider: Provider;
  readonly kind: string;
  readonly channelKey: string | null;
  readonly body: string;
}

function rowOf({ businessId, event }: LogEntry, reason: string | null): LogRow {
  return {
    businessId,
    state: reason === null ? "stored" : "quarantined",
    reason: reason === null ? null : reason.replaceAll("\0", "\uFFFD").slice(0, 2000),
    provider: event.provider,
    kind: event.kind === "notice" ? event.field : event.kind,
    channelKey: event.channelKey ?? null,
    // PostgreSQL text takes every character but this one.
    body: event.raw.replaceAll("\0", "\uFFFD"),
  };
}

export function createWebhookLog(deps: { readonly db: Queryable; readonly log: Log }): WebhookLogWriter {
  async function write(rows: readonly LogRow[]): Promise<void> {
    if (rows.length === 0) return;
    await retryTransient(() =>
      deps.db.run(logWebhooksAcrossBusinesses, [
        rows.map((row) => row.businessId ?? NO_BUSINESS),
        rows.map(() => newId()),
        rows.map((row) => row.state),
        rows.map((row) => row.reason),
        rows.map((row) => row.provider),
        rows.map((row) => row.kind),
        rows.map((row) => row.channelKey),
        rows.map((row) => row.body),
      ]),
    );
  }

  return {
    async quarantine(...entries) {
      await write(entries.map((entry) => rowOf(entry, entry.reason)));
      for (const { businessId, event, reason } of entries) deps.log.warn({ businessId, kind: event.kind, reason }, "ingest.quarantined");
    },
    record: (entries) => write(entries.map((entry) => rowOf(entry, null))),
  };
}

/** For a replay: an item that is refused again stays in the row that it came from instead of making a second one. */
export function withoutQuarantine(webhookLog: WebhookLogWriter): WebhookLogWriter {
  return { quarantine: () => Promise.resolve(), record: (entries) => webhookLog.record(entries) };
}
