// Owns: a fresh PostgreSQL of its own with the businesses of a measurement in it, durable as in production, below a temporary directory.
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { createServices, type Services } from "../server/src/compose/services.ts";
import { createDatabase } from "../server/src/db/database.ts";
import { startEmbeddedDatabase } from "../server/src/embedded/embedded-database.ts";
import { migrate } from "../server/src/db/migrate.ts";
import { noFailPoints } from "../server/src/kernel/fail-points.ts";
import type { JsonObject } from "../server/src/kernel/json.ts";
import { createLog, type Log } from "../server/src/kernel/log.ts";
import { countStatements } from "./statements.ts";
import { createOutsideHttp } from "../server/src/outside/outside-http.ts";
import { createGraphTemplates } from "../server/src/whatsapp/graph-templates.ts";
import { createGraphThreadControl } from "../server/src/whatsapp/graph-thread-control.ts";

export interface WorldPlan {
  /** The debounce of the businesses. */
  readonly quietMs: number;
  /** One number each. Default 1. */
  readonly businesses?: number;
  /** Of each business. Default: as a new business has them. */
  readonly replySettings?: JsonObject;
  /** Whether PostgreSQL counts them (statements.ts). Default: no. */
  readonly countsStatements?: boolean;
  /** Used again when there is a database in it, with the businesses that it has, and never removed. Default: a temporary one. */
  readonly keptIn?: string | undefined;
}

export interface World {
  readonly databaseUrl: string;
  readonly postgresPid: number;
  /** Of the first business. */
  readonly phoneNumberId: string;
  /** One of each business. */
  readonly phoneNumberIds: readonly string[];
  readonly appSecret: string;
  /** Refreshes the planner's statistics, as autovacuum does within a minute of a table's growth. */
  analyze(): Promise<void>;
  /** How much WAL PostgreSQL has written so far. */
  readWalBytes(): Promise<number>;
  close(): Promise<void>;
}

const FIRST_PHONE_NUMBER_ID = 200_000_000_000_001;

const phoneNumberIdsOf = ({ businesses = 1 }: WorldPlan): readonly [string, ...string[]] => [
  String(FIRST_PHONE_NUMBER_ID),
  ...Array.from({ length: businesses - 1 }, (_, index) => String(FIRST_PHONE_NUMBER_ID + 1 + index)),
];

async function settle(services: Services, phoneNumberId: string, { quietMs, replySettings = {} }: WorldPlan): Promise<void> {
  const business = await services.businesses.create({ name: "Aurora", quietMs, ceilingMs: Math.max(quietMs, 10_000) });
  const created = await services.channels.create({
    businessId: business.id,
    provider: "cloud",
    externalId: phoneNumberId,
    name: "Main",
    accountId: "300000000000001",
    displayPhoneNumber: "15550100200",
    accessToken: "bench-access-token",
  });
  if (created.outcome !== "created") throw new Error(created.sentence);
  // Faster than any machine: the pace is kept, and holds nothing up.
  await services.channels.setPace(business.id, created.channel.id, { perSecond: 10_000, inARow: 45 });
  await services.knowledge.addText({
    businessId: business.id,
    title: "Opening hours",
    body: "We are open Monday to Saturday from 8 to 20 h, and on Sunday from 8 to 14 h.",
    language: "english",
  });
  const changed = await services.replySettings.change(business.id, replySettings);
  if (changed.outcome !== "changed") throw new Error(changed.problems.join("; "));
}

async function withClient<T>(databaseUrl: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: databaseUrl, application_name: "bench" });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

const analyze = (databaseUrl: string): Promise<void> =>
  withClient(databaseUrl, async (client) => {
    await client.query("set role onethread_owner");
    await client.query("analyze");
  });

const readWalBytes = (databaseUrl: string): Promise<number> =>
  withClient(databaseUrl, async (client) => {
    const { rows } = await client.query<{ bytes: number }>("select (pg_current_wal_insert_lsn() - '0/0')::float8 as bytes");
    return rows[0]?.bytes ?? Number.NaN;
  });

async function prepare(databaseUrl: string, plan: WorldPlan, log: Log): Promise<void> {
  const database = createDatabase({ url: databaseUrl, appConnections: 1, ingestConnections: 1, applicationName: "bench-setup", log });
  const outside = createOutsideHttp({ privateHosts: [] });
  const templatePlatform = createGraphTemplates({ baseUrl: () => "", version: "v26.0" });
  const threadPlatform = createGraphThreadControl({ baseUrl: () => "", version: "v26.0" });
  try {
    const services = createServices({
      database,
      log,
      failPoints: noFailPoints,
      outside,
      templatePlatform,
      threadPlatform,
      mediaStore: { open: () => Promise.resolve(undefined) },
      wake: () => undefined,
      onKnown: () => Promise.resolve(),
    });
    for (const phoneNumberId of phoneNumberIdsOf(plan)) await settle(services, phoneNumberId, plan);
  } finally {
    await outside.close();
    await database.close();
  }
}

export async function createWorld(plan: WorldPlan): Promise<World> {
  const dataDir = plan.keptIn ?? (await mkdtemp(join(tmpdir(), "onethread-bench-")));
  const isUsedAgain = existsSync(join(dataDir, "postgres", "PG_VERSION"));
  const log = createLog({ level: "warn" });
  let postgres = await startEmbeddedDatabase({ dataDir, log });
  const close = async (): Promise<void> => {
    process.off("SIGINT", onSignal).off("SIGTERM", onSignal);
    await postgres.stop();
    if (plan.keptIn === undefined) await rm(dataDir, { recursive: true, force: true });
  };
  // The server outlives whoever started it; the other processes of the bench end with this one.
  const onSignal = (): void => {
    void close().finally(() => process.exit(130));
  };
  process.once("SIGINT", onSignal).once("SIGTERM", onSignal);
  try {
    if (plan.countsStatements === true) {
      await countStatements(postgres.url);
      await postgres.stop();
      postgres = await startEmbeddedDatabase({ dataDir, log });
    }
    await migrate({ url: postgres.url, log });
    if (!isUsedAgain) await prepare(postgres.url, plan, log);
    const postgresPid = Number((await readFile(join(dataDir, "postgres", "postmaster.pid"), "utf8")).split("\n", 1)[0]);
    const phoneNumberIds = phoneNumberIdsOf(plan);
    return {
      databaseUrl: postgres.url,
      postgresPid,
      phoneNumberId: phoneNumberIds[0],
      phoneNumberIds,
      appSecret: "bench-app-secret",
      analyze: () => analyze(postgres.url),
      readWalBytes: () => readWalBytes(postgres.url),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
