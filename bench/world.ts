// Owns: a fresh PostgreSQL of its own with one business in it, durable as in production, below a temporary directory.
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { createBusinesses } from "../server/src/businesses/businesses.ts";
import { createChannels } from "../server/src/businesses/channels.ts";
import { createDatabase, type Database } from "../server/src/db/database.ts";
import { startEmbeddedDatabase } from "../server/src/db/embedded-database.ts";
import { migrate } from "../server/src/db/migrate.ts";
import { noFailPoints } from "../server/src/kernel/fail-points.ts";
import { createLog, type Log } from "../server/src/kernel/log.ts";
import { createKnowledgeBase } from "../server/src/knowledge/knowledge-base.ts";

export interface World {
  readonly databaseUrl: string;
  readonly postgresPid: number;
  readonly phoneNumberId: string;
  readonly appSecret: string;
  /** Refreshes the planner's statistics, as autovacuum does within a minute of a table's growth. */
  analyze(): Promise<void>;
  close(): Promise<void>;
}

const PHONE_NUMBER_ID = "200000000000001";

async function settle(database: Database, quietMs: number): Promise<void> {
  const business = await createBusinesses({ database }).create({ name: "Aurora", quietMs, ceilingMs: Math.max(quietMs, 10_000) });
  const created = await createChannels({ database }).create({
    businessId: business.id,
    provider: "cloud",
    externalId: PHONE_NUMBER_ID,
    name: "Main",
    accountId: "300000000000001",
    displayPhoneNumber: "15550100200",
    accessToken: "bench-access-token",
  });
  if (created.outcome !== "created") throw new Error(created.sentence);
  await createKnowledgeBase({ database, failPoints: noFailPoints }).addText({
    businessId: business.id,
    title: "Opening hours",
    body: "We are open Monday to Saturday from 8 to 20 h, and on Sunday from 8 to 14 h.",
    language: "english",
  });
}

async function analyze(databaseUrl: string): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl, application_name: "bench-analyze" });
  await client.connect();
  try {
    await client.query("set role onethread_owner");
    await client.query("analyze");
  } finally {
    await client.end();
  }
}

async function prepare(databaseUrl: string, options: { readonly quietMs: number; readonly log: Log }): Promise<void> {
  const { quietMs, log } = options;
  await migrate({ url: databaseUrl, log });
  const database = createDatabase({ url: databaseUrl, appConnections: 1, ingestConnections: 1, applicationName: "bench-setup", log });
  try {
    await settle(database, quietMs);
  } finally {
    await database.close();
  }
}

/** `quietMs`: the debounce of the business. */
export async function createWorld({ quietMs }: { readonly quietMs: number }): Promise<World> {
  const dataDir = await mkdtemp(join(tmpdir(), "onethread-bench-"));
  const log = createLog({ level: "warn" });
  const postgres = await startEmbeddedDatabase({ dataDir, log });
  const close = async (): Promise<void> => {
    process.off("SIGINT", onSignal).off("SIGTERM", onSignal);
    await postgres.stop();
    await rm(dataDir, { recursive: true, force: true });
  };
  // The server outlives whoever started it; the other processes of the bench end with this one.
  const onSignal = (): void => {
    void close().finally(() => process.exit(130));
  };
  process.once("SIGINT", onSignal).once("SIGTERM", onSignal);
  try {
    await prepare(postgres.url, { quietMs, log });
    const postgresPid = Number((await readFile(join(dataDir, "postgres", "postmaster.pid"), "utf8")).split("\n", 1)[0]);
    return {
      databaseUrl: postgres.url,
      postgresPid,
      phoneNumberId: PHONE_NUMBER_ID,
      appSecret: "bench-app-secret",
      analyze: () => analyze(postgres.url),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
