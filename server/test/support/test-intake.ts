// Owns: an intake as a process of its own would have it: own caches and, unless it is given some, own connections, on the same database.
import { createChannelDirectory } from "../../src/businesses/channel-directory.ts";
import type { Database } from "../../src/db/database.ts";
import { createIntake, type Intake, type IntakeDeps } from "../../src/ingest/create-intake.ts";
import type { WebhookLogWriter } from "../../src/ingest/webhook-log.ts";
import { noFailPoints } from "../../src/kernel/fail-points.ts";
import type { TestDatabase } from "./test-database.ts";
import { createTestServices } from "./test-services.ts";

interface TestIntakeOptions extends Partial<Pick<IntakeDeps, "deadlineMs" | "maxWaiting" | "slots" | "slowMs">> {
  readonly database?: Database;
  /** What another process does meanwhile, or what the log of raw webhooks does otherwise. */
  readonly changeLog?: (webhookLog: WebhookLogWriter) => WebhookLogWriter;
}

export function createTestIntake(
  test: Pick<TestDatabase, "log" | "open">,
  { database = test.open(), changeLog = (webhookLog) => webhookLog, ...limits }: TestIntakeOptions = {},
): Intake {
  const { log } = test;
  const { actOnRefusal, settleIdentity, webhookLog } = createTestServices({ database, log });
  return createIntake({
    db: database.acrossBusinesses,
    batches: database.batches,
    channels: createChannelDirectory({ database }),
    webhookLog: changeLog(webhookLog),
    settleIdentity,
    actOnRefusal,
    failPoints: noFailPoints,
    log,
    slots: 2,
    maxWaiting: 10_000,
    onStored: () => undefined,
    onOutbox: () => undefined,
    ...limits,
  });
}
