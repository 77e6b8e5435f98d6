// Owns: what is compared: four ways to take a webhook, behind the same server and route.
import type { ChannelDirectory } from "../server/src/businesses/channel-directory.ts";
import type { Services } from "../server/src/compose/services.ts";
import type { Database } from "../server/src/db/database.ts";
import { createIntake } from "../server/src/ingest/create-intake.ts";
import type { WebhookIntake } from "../server/src/ingest/webhook-intake.ts";
import { noFailPoints } from "../server/src/kernel/fail-points.ts";
import type { Log } from "../server/src/kernel/log.ts";
import { createSelectThenInsert } from "./select-then-insert.ts";

export const VARIANTS = ["discard", "select-then-insert", "upsert", "onethread"] as const;
export type Variant = (typeof VARIANTS)[number];

export const LETTERS: Readonly<Record<Variant, "a" | "b" | "c" | "d">> = {
  discard: "a",
  "select-then-insert": "b",
  upsert: "c",
  onethread: "d",
};

export const MEANINGS: Readonly<Record<Variant, string>> = {
  discard: "verify and discard",
  "select-then-insert": "select, then insert",
  upsert: "one upsert statement per message",
  onethread: "Onethread",
};

/** How many connections one statement at a time needs to work in parallel; Onethread needs only its smaller default. */
const CONNECTIONS_WITHOUT_BATCHES = 10;

export interface VariantDeps {
  readonly database: Database;
  readonly channels: ChannelDirectory;
  readonly services: Pick<Services, "actOnRefusal" | "settleIdentity" | "webhookLog">;
  readonly log: Log;
  readonly connections: number;
  readonly maxWaiting: number;
  readonly onStored: () => void;
}

/** `defaultConnections`: the setting ONETHREAD_INGEST_CONNECTIONS. */
export function connectionsOf(variant: Variant, defaultConnections: number): number {
  return variant === "onethread" ? defaultConnections : CONNECTIONS_WITHOUT_BATCHES;
}

export function createVariant(variant: Variant, deps: VariantDeps): WebhookIntake {
  const { database, channels, log } = deps;
  const db = database.acrossBusinesses;
  switch (variant) {
    case "discard":
      return {
        receive: (events) => Promise.resolve({ stored: events.length, duplicates: 0, quarantined: 0 }),
        applyWaitingFor: () => Promise.resolve(),
      };
    case "select-then-insert":
      return createSelectThenInsert({ db, channels });
    case "upsert":
    case "onethread":
      return createIntake({
        db,
        batches: database.batches,
        channels,
        webhookLog: deps.services.webhookLog,
        settleIdentity: deps.services.settleIdentity,
        actOnRefusal: deps.services.actOnRefusal,
        failPoints: noFailPoints,
        log,
        slots: deps.connections,
        maxWaiting: deps.maxWaiting,
        ...(variant === "upsert" ? { maxBatch: 1 } : {}),
        onStored: deps.onStored,
        onOutbox: () => undefined,
      });
  }
}
