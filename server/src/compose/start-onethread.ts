// Owns: building and wiring. The only place that knows all parts; each part knows only what it is given. Tests override the ports.
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Registry } from "prom-client";
import { startSimulator } from "@onethread/simulator";
import { createReleaseCampaigns } from "../campaigns/release-campaigns.ts";
import { createChannelDirectory } from "../businesses/channel-directory.ts";
import { mediaDirectoryOf, openMediaStore, openUploads } from "./media-work.ts";
import { startSettling } from "./start-settling.ts";
import { startWorker } from "./start-worker.ts";
import type { Overrides, Parts } from "./parts.ts";
import { createServices } from "./services.ts";
import type { Config } from "../config/config.ts";
import { createDatabase } from "../db/database.ts";
import { startEmbeddedDatabase } from "../embedded/embedded-database.ts";
import { checkMigrations, migrate } from "../db/migrate.ts";
import { ensureDemoBusiness, removeDemoFacts, writeDemoFacts, type DemoIdentity } from "../demo/demo-business.ts";
import { openReaderLogin } from "../demo/reader-login.ts";
import { createHttpApp } from "../http/app.ts";
import { createMetrics } from "../http/metrics.ts";
import { createIntake, type Intake } from "../ingest/create-intake.ts";
import { createImportHistory } from "../ingest/import-history.ts";
import { createStatusStore } from "../ingest/store-statuses.ts";
import { noFailPoints } from "../kernel/fail-points.ts";
import type { Log } from "../kernel/log.ts";
import { packageFile } from "../kernel/package-files.ts";
import { withTimeout } from "../kernel/with-timeout.ts";
import { createWakeUps } from "../lanes/wake-ups.ts";
import { forgetEventsAcrossBusinesses, forgetIdempotencyKeysAcrossBusinesses } from "../maintenance/maintenance.queries.ts";
import { createForget } from "../maintenance/forget-old.ts";
import { createPeriodic } from "../maintenance/periodic.ts";
import { createReleaseScheduled } from "../outbound/release-scheduled.ts";
import { createRemoveUnsent } from "../media/remove-unsent.ts";
import { createServeMedia } from "../media/serve-media.ts";
import { createOutsideHttp, type OutsideHttp } from "../outside/outside-http.ts";
import { createReadDueTemplates } from "../templates/read-due-templates.ts";
import { createGraphTemplates } from "../whatsapp/graph-templates.ts";
import { createGraphThreadControl } from "../whatsapp/graph-thread-control.ts";

export interface StartOptions {
  readonly config: Config;
  readonly demo: boolean;
  readonly log: Log;
  readonly overrides?: Overrides;
}

export interface RunningOnethread {
  readonly url: string;
  /** For the person at the terminal. */
  readonly greeting: string;
  /** Finishes what was begun, then ends; safe to call more than once. */
  stop(): Promise<void>;
  /** Settles when it has ended; rejects when it could not go on. */
  readonly finished: Promise<void>;
}

/** In the demo a model or an agent on this machine may be asked. */
const LOOPBACK = ["localhost", "127.0.0.1", "::1"];
const ORPHANED_STATUS_INTERVAL_MS = 2_000;
/** How much later than asked a scheduled message may leave. */
const SCHEDULE_INTERVAL_MS = 1_000;
const HISTORY_INTERVAL_MS = 1_000;
const CAMPAIGNS_INTERVAL_MS = 1_000;
const FORGET_INTERVAL_MS = 3_600_000;
const TEMPLATES_INTERVAL_MS = 2_000;
/** Longer than the closing of the API (4 s) and what running turns are waited for (5 s) each take at most. */
const STOP_STEP_LIMIT_MS = 6_000;

function composeIntake(parts: Omit<Parts, "intake">): Intake {
  const { config, database, channels, log, failPoints, services, wakeUps } = parts;
  const intake = createIntake({
    db: database.acrossBusinesses,
    batches: database.batches,
    channels,
    webhookLog: services.webhookLog,
    settleIdentity: services.settleIdentity,
    actOnRefusal: services.actOnRefusal,
    failPoints,
    log,
    slots: config.ingestConnections,
    maxWaiting: config.ingestQueue,
    onStored: () => {
      wakeUps.wake("reply");
      wakeUps.wake("session");
    },
    onMedia: () => {
      wakeUps.wake("media");
    },
    onOutbox: () => {
      wakeUps.wake("send");
    },
  });
  wakeUps.on("identity", () => {
    intake.forget();
  });
  parts.atEnd(() => intake.idle());
  return intake;
}

/** One chunk at a time in each process that works. */
function startImporting({ database, intake, log, atEnd }: Parts): void {
  const runOnce = createImportHistory({ db: database.acrossBusinesses, intake, log });
  const task = createPeriodic({ name: "history", everyMs: HISTORY_INTERVAL_MS, log, runOnce });
  task.start();
  atEnd(() => task.stop());
}

async function listenForHttp(
  parts: Parts,
  secrets: { readonly appSecrets: readonly string[]; readonly verifyToken: string },
): Promise<string> {
  const { config, database, log } = parts;
  const app = createHttpApp({
    services: {
      ...parts.services,
      uploadMedia: openUploads({ ...parts, ...config, store: parts.mediaStore, directory: mediaDirectoryOf(config) }),
    },
    ping: () => database.ping(),
    channels: parts.channels,
    intake: parts.intake,
    log,
    metrics: parts.metrics,
    serveMedia: createServeMedia({ database, store: parts.mediaStore }),
    ...secrets,
    listPendingMigrations: async () => (await checkMigrations({ url: parts.databaseUrl, log })).pending,
    servesApi: config.roles.has("api"),
    bodies: { maxBytes: config.waitingBodiesMb * 1024 * 1024 },
    inboxDirectory: fileURLToPath(packageFile("../inbox/dist")),
  });
  parts.atEnd(() => app.close());
  return app.listen({ host: config.host, port: config.port });
}

function startScheduler(parts: Parts): void {
  const { database, log, failPoints, services } = parts;
  const db = database.acrossBusinesses;
  const statuses = createStatusStore({ db, webhookLog: services.webhookLog, actOnRefusal: services.actOnRefusal, failPoints });
  const wake = (kind: "send"): void => {
    parts.wakeUps.wake(kind);
  };
  const releaseScheduled = createReleaseScheduled({ database, log, wake });
  const { beginConversations, resolveConversation } = services;
  const releaseCampaigns = createReleaseCampaigns({ database, log, wake, beginConversations, resolveConversation });
  const tasks = [
    createPeriodic({ name: "scheduled-messages", everyMs: SCHEDULE_INTERVAL_MS, log, runOnce: releaseScheduled }),
    createPeriodic({ name: "campaigns", everyMs: CAMPAIGNS_INTERVAL_MS, log, runOnce: releaseCampaigns }),
    createPeriodic({ name: "orphaned-statuses", everyMs: ORPHANED_STATUS_INTERVAL_MS, log, runOnce: () => statuses.applyWaitingOnce() }),
    createPeriodic({
      name: "templates",
      everyMs: TEMPLATES_INTERVAL_MS,
      log,
      runOnce: createReadDueTemplates({ database, syncTemplates: services.syncTemplates, log }),
    }),
    createPeriodic({
      name: "unsent-media",
      everyMs: FORGET_INTERVAL_MS,
      log,
      runOnce: createRemoveUnsent({ database, store: parts.mediaStore, log }),
    }),
    createPeriodic({
      name: "idempotency-keys",
      everyMs: FORGET_INTERVAL_MS,
      log,
      runOnce: createForget({ db, query: forgetIdempotencyKeysAcrossBusinesses }),
    }),
    createPeriodic({
      name: "events",
      everyMs: FORGET_INTERVAL_MS,
      log,
      runOnce: createForget({ db, query: forgetEventsAcrossBusinesses }),
    }),
  ];
  for (const task of tasks) {
    task.start();
    parts.atEnd(() => task.stop());
  }
}

interface DatabasePlace {
  readonly url: string;
  /** Settles when an embedded server ended unexpectedly; never for a database of the user's own. */
  readonly exited: Promise<void>;
}

async function openDatabase({ config, demo, log }: StartOptions, atEnd: Parts["atEnd"]): Promise<DatabasePlace> {
  let place: DatabasePlace = { url: config.databaseUrl ?? "", exited: new Promise(() => undefined) };
  if (config.databaseUrl === undefined) {
    const embedded = await startEmbeddedDatabase({ dataDir: config.dataDir, log });
    atEnd(() => embedded.stop());
    place = embedded;
  }
  if (demo) await migrate({ url: place.url, log });
  const { pending } = await checkMigrations({ url: place.url, log });
  if (pending.length > 0) {
    throw new Error(`The database lacks ${pending.join(", ")}. Nothing was started; run "onethread migrate" first.`);
  }
  return place;
}

function openOutside({ config, demo }: StartOptions, atEnd: Parts["atEnd"]): OutsideHttp {
  const outside = createOutsideHttp({ privateHosts: [...config.privateHosts, ...(demo ? LOOPBACK : [])] });
  atEnd(() => outside.close());
  return outside;
}

interface DemoWorld {
  readonly identity: DemoIdentity;
  readonly simulatorUrl: string;
  readonly tellUrl: (url: string) => void;
}

async function openDemo(parts: Parts): Promise<DemoWorld> {
  const { config, services } = parts;
  await removeDemoFacts(config.dataDir);
  const identity = await ensureDemoBusiness({ ...services, dataDir: config.dataDir });
  let url = "";
  const simulator = await startSimulator({
    host: config.simulatorHost,
    port: config.simulatorPort,
    webhookUrl: () => `${url}/webhooks/whatsapp`,
    appSecret: identity.appSecret,
    accessToken: identity.accessToken,
    verifyToken: identity.verifyToken,
    numbers: [
      {
        phoneNumberId: identity.phoneNumberId,
        displayPhoneNumber: identity.displayPhoneNumber,
        wabaId: identity.accountId,
        verifiedName: "Aurora",
      },
    ],
    stateFile: join(config.dataDir, "simulator.jsonl"),
  });
  parts.atEnd(() => simulator.stop());
  return { identity, simulatorUrl: simulator.url, tellUrl: (listening) => (url = listening) };
}

function secretsOf(config: Config, world: DemoWorld | undefined): { readonly appSecrets: readonly string[]; readonly verifyToken: string } {
  if (world === undefined) return { appSecrets: config.appSecrets ?? [], verifyToken: config.verifyToken ?? "" };
  return { appSecrets: [world.identity.appSecret], verifyToken: world.identity.verifyToken };
}

async function announceDemo(parts: Parts, demo: DemoWorld, url: string): Promise<string> {
  const { dataDir, simulatorHost } = parts.config;
  parts.atEnd(() => removeDemoFacts(dataDir));
  const databaseUrl = await openReaderLogin(parts.databaseUrl);
  await writeDemoFacts(dataDir, demo.identity, { url, databaseUrl, simulatorUrl: demo.simulatorUrl });
  return [
    "Onethread is ready",
    `  Inbox       ${url}/inbox   (sign in with the key)`,
    `  API         ${url}/docs`,
    `  Simulator   ${demo.simulatorUrl}   (listens on ${simulatorHost}; needs no login)`,
    `  Key         ${demo.identity.apiKey}`,
    `  Facts       ${join(dataDir, "demo.json")}`,
    "",
    "Write to it as a customer would:",
    `  curl -s ${demo.simulatorUrl}/sim/inbound -H 'content-type: application/json' -d '{"from":"12025550147","text":"When are you open on Sunday?"}'`,
    `  curl -s ${demo.simulatorUrl}/sim/outbox`,
    "or watch twenty at once: npx onethread simulate",
    "",
    "Ctrl-C stops everything; the data stays.",
  ].join("\n");
}

/** `graphUrl`: where the Cloud API is reached; in the demo not known before the demo is. */
function openParts(options: StartOptions, place: DatabasePlace & { readonly graphUrl: () => string }, atEnd: Parts["atEnd"]): Parts {
  const { config, log, overrides = {} } = options;
  const database = createDatabase({
    url: place.url,
    appConnections: config.databaseConnections,
    ingestConnections: config.ingestConnections,
    applicationName: "onethread",
    log,
  });
  atEnd(() => database.close());
  const origin = `${String(process.pid)}-${randomBytes(4).toString("hex")}`;
  const wakeUps = createWakeUps({ url: place.url, origin, listen: config.roles.has("worker") || config.roles.has("api"), log });
  atEnd(() => wakeUps.stop());
  wakeUps.start();
  const outside = openOutside(options, atEnd);
  const failPoints = overrides.failPoints ?? noFailPoints;
  const metrics = createMetrics({ registry: new Registry(), database, log, failPoints });
  const wake = (kind: Parameters<typeof wakeUps.wake>[0]): void => {
    wakeUps.wake(kind);
  };
  const channels = createChannelDirectory({ database });
  const mediaStore = openMediaStore(config);
  atEnd(() => mediaStore.close());
  const base = {
    config,
    log,
    overrides,
    failPoints,
    outside,
    metrics,
    channels,
    databaseUrl: place.url,
    database,
    wakeUps,
    mediaStore,
    atEnd,
  };
  const platform = { baseUrl: place.graphUrl, version: config.graphVersion };
  const [templatePlatform, threadPlatform] = [
    createGraphTemplates({ ...platform, appId: config.metaAppId }),
    createGraphThreadControl(platform),
  ];
  atEnd(async () => {
    await Promise.all([templatePlatform.close(), threadPlatform.close()]);
  });
  const services = createServices({ ...base, templatePlatform, threadPlatform, wake, onKnown: (person) => intake.applyWaitingFor(person) });
  const intake = composeIntake({ ...base, services });
  return { ...base, services, intake };
}

/** Starts the roles of this process. Rejects, with everything stopped again, when one of them cannot start. */
export async function startOnethread(options: StartOptions): Promise<RunningOnethread> {
  const { config, demo, log } = options;
  const steps: (() => Promise<void>)[] = [];
  const atEnd = (step: () => Promise<void>): void => {
    steps.push(step);
  };
  const stopped = Promise.withResolvers<undefined>();
  let ending: Promise<void> | undefined;
  const stop = (): Promise<void> =>
    (ending ??= runInReverse(steps, log).then(() => {
      stopped.resolve(undefined);
    }));
  try {
    const place = await openDatabase(options, atEnd);
    let graphUrl = config.graphUrl;
    const parts = openParts(options, { ...place, graphUrl: () => graphUrl }, atEnd);
    const world = demo ? await openDemo(parts) : undefined;
    graphUrl = world?.simulatorUrl ?? config.graphUrl;
    if (config.roles.has("worker")) {
      startWorker(parts, graphUrl);
      startSettling(parts, graphUrl);
      startImporting(parts);
    }
    if (config.roles.has("scheduler")) startScheduler(parts);
    const url = await listenForHttp(parts, secretsOf(config, world));
    world?.tellUrl(url);
    const greeting =
      world === undefined ? `Onethread is ready\n  ${[...config.roles].join(", ")} at ${url}` : await announceDemo(parts, world, url);
    log.info({ url, roles: [...config.roles] }, "onethread.ready");
    return { url, greeting, stop, finished: finish(Promise.race([place.exited, stopped.promise]), () => ending, stop) };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Settles with `stop`; rejects when the embedded PostgreSQL ended without being asked to. */
async function finish(ended: Promise<void>, endingOf: () => Promise<void> | undefined, stop: () => Promise<void>): Promise<void> {
  await ended;
  const wasAsked = endingOf() !== undefined;
  await stop();
  if (!wasAsked)
    throw new Error(
      "The embedded PostgreSQL ended unexpectedly. Everything was stopped; nothing that was acknowledged is lost. Start again.",
    );
}

/** A step that hangs is abandoned after a while: the steps after it (the embedded PostgreSQL is the last) must still run. */
async function runInReverse(steps: readonly (() => Promise<void>)[], log: Log): Promise<void> {
  for (const step of steps.toReversed()) {
    await withTimeout(step(), STOP_STEP_LIMIT_MS).catch((error: unknown) => {
      log.warn({ error }, "stop.step-failed");
    });
  }
}
