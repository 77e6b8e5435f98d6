// Owns: an intake as a process of its own would have it: own connections, own caches, on the same database.
import { createChannelDirectory } from "../../src/businesses/channel-directory.ts";
import { createSettleIdentity } from "../../src/identity/settle-identity.ts";
import { createIntake } from "../../src/ingest/create-intake.ts";
import type { WebhookIntake } from "../../src/ingest/webhook-intake.ts";
import { createWebhookLog } from "../../src/ingest/webhook-log.ts";
import { noFailPoints } from "../../src/kernel/fail-points.ts";
import type { TestDatabase } from "./test-database.ts";

/** `beforeQuarantine`: what another process does meanwhile. */
export function createTestIntake(test: TestDatabase, beforeQuarantine?: () => Promise<unknown>): WebhookIntake {
  const { log } = test;
  const database = test.open();
  const db = database.acrossBusinesses;
  const webhookLog = createWebhookLog({ db, log });
  return createIntake({
    db,
    batches: database.batches,
    channels: createChannelDirectory({ database }),
    webhookLog: {
      ...webhookLog,
      async quarantine(...entries) {
        await beforeQuarantine?.();
        await webhookLog.quarantine(...entries);
      },
    },
    settleIdentity: createSettleIdentity({ database, log }),
    failPoints: noFailPoints,
    log,
    slots: 2,
    maxWaiting: 10_000,
    onStored: () => undefined,
  });
}
