// Owns: what /metrics says. Counting never fails its caller, and a gauge that cannot be read is left out of one scrape. No labels from outside.
import { Counter, Gauge, Histogram, type Registry } from "prom-client";
import type { Database } from "../db/database.ts";
import type { FailPoints } from "../kernel/fail-points.ts";
import { messageOf } from "../kernel/faults.ts";
import type { Log } from "../kernel/log.ts";
import type { IntakeResult } from "../ingest/webhook-intake.ts";
import {
  countQuarantinedAcrossBusinesses,
  countUnsettledMessagesAcrossBusinesses,
  measureLanesAcrossBusinesses,
  measureMediaAcrossBusinesses,
} from "./metrics.queries.ts";
import { withTimeout } from "../kernel/with-timeout.ts";

export interface MetricsDeps {
  readonly registry: Registry;
  readonly database: Pick<Database, "acrossBusinesses">;
  readonly log: Log;
  readonly failPoints: FailPoints;
  /** How long one scrape waits for the database. */
  readonly timeoutMs?: number;
}

export interface FinishedRequest {
  readonly method: string;
  /** The pattern, never the address itself. */
  readonly route: string;
  readonly status: number;
  readonly seconds: number;
}

export interface Metrics {
  ingested(result: IntakeResult): void;
  requestFinished(request: FinishedRequest): void;
  /** `state`: one of the five ends of a turn. */
  turnEnded(state: string, seconds: number): void;
  render(): Promise<{ readonly contentType: string; readonly body: string }>;
}

export function createMetrics(deps: MetricsDeps): Metrics {
  const { registry } = deps;
  const registers = [registry];
  const events = new Counter({
    name: "onethread_ingest_events_total",
    help: "Webhook events by what became of them",
    labelNames: ["outcome"],
    registers,
  });
  const requests = new Histogram({
    name: "onethread_http_request_duration_seconds",
    help: "HTTP requests by route",
    labelNames: ["method", "route", "status"],
    buckets: [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers,
  });
  const turns = new Histogram({
    name: "onethread_turn_duration_seconds",
    help: "Turns by how they ended, from the claim to the commit",
    labelNames: ["state"],
    buckets: [0.01, 0.05, 0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 120],
    registers,
  });
  const refreshGauges = createGauges(deps);
  const record = createRecorder(deps);
  return {
    ingested: (result) => {
      record(() => {
        if (result.stored > 0) events.inc({ outcome: "stored" }, result.stored);
        if (result.duplicates > 0) events.inc({ outcome: "duplicate" }, result.duplicates);
        if (result.quarantined > 0) events.inc({ outcome: "quarantined" }, result.quarantined);
      });
    },
    requestFinished: ({ method, route, status, seconds }) => {
      record(() => {
        requests.observe({ method, route, status }, seconds);
      });
    },
    turnEnded: (state, seconds) => {
      record(() => {
        turns.observe({ state }, seconds);
      });
    },
    async render() {
      await refreshGauges();
      return { contentType: registry.contentType, body: await registry.metrics() };
    },
  };
}

function createRecorder({ log, failPoints }: MetricsDeps): (count: () => void) => void {
  const failed = (error: unknown): void => {
    log.warn({ error: messageOf(error) }, "metrics.record-failed");
  };
  return (count) => {
    try {
      const armed = failPoints.hit("metrics.record");
      if (armed === undefined) count();
      else armed.then(count).catch(failed);
    } catch (error) {
      failed(error);
    }
  };
}

function createGauges({ registry, database, log, timeoutMs = 2_000 }: MetricsDeps): () => Promise<void> {
  const registers = [registry];
  const waiting = new Gauge({ name: "onethread_lanes_waiting", help: "Lanes with work", labelNames: ["kind"], registers });
  const due = new Gauge({ name: "onethread_lanes_due", help: "Lanes whose time has come", labelNames: ["kind"], registers });
  const oldest = new Gauge({
    name: "onethread_lane_oldest_due_seconds",
    help: "How late the oldest lane is",
    labelNames: ["kind"],
    registers,
  });
  const unsettled = new Gauge({
    name: "onethread_messages_unsettled",
    help: "Outbound messages without an outcome",
    labelNames: ["status"],
    registers,
  });
  const files = new Gauge({ name: "onethread_media_waiting", help: "Files that are not fetched yet", labelNames: ["state"], registers });
  const oldestFile = new Gauge({ name: "onethread_media_oldest_due_seconds", help: "How late the oldest file is", registers });
  const quarantined = new Gauge({ name: "onethread_webhooks_quarantined", help: "Webhook items kept for a replay", registers });
  const failures = new Counter({ name: "onethread_metrics_failures_total", help: "Gauges that could not be read", registers });
  const readings: readonly (() => Promise<void>)[] = [
    async () => {
      const lanes = await database.acrossBusinesses.run(measureLanesAcrossBusinesses, {});
      for (const gauge of [waiting, due, oldest]) gauge.reset();
      for (const lane of lanes) {
        waiting.set({ kind: lane.kind }, lane.waiting);
        due.set({ kind: lane.kind }, lane.due);
        oldest.set({ kind: lane.kind }, lane.oldest_due_seconds);
      }
    },
    async () => {
      const counts = await database.acrossBusinesses.run(countUnsettledMessagesAcrossBusinesses, {});
      unsettled.reset();
      for (const { status, messages } of counts) unsettled.set({ status }, messages);
    },
    async () => {
      const states = await database.acrossBusinesses.run(measureMediaAcrossBusinesses, {});
      files.reset();
      for (const { state, files: count } of states) files.set({ state }, count);
      oldestFile.set(Math.max(0, ...states.map(({ oldest_due_seconds }) => oldest_due_seconds)));
    },
    async () => {
      const [count] = await database.acrossBusinesses.run(countQuarantinedAcrossBusinesses, {});
      quarantined.set(count?.quarantined ?? 0);
    },
  ];
  return async () => {
    const results = await Promise.allSettled(readings.map((read) => withTimeout(read(), timeoutMs)));
    for (const result of results) {
      if (result.status === "fulfilled") continue;
      failures.inc();
      log.warn({ error: messageOf(result.reason) }, "metrics.read-failed");
    }
  };
}
