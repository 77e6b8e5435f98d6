// Owns: the PostgreSQL that comes with `npm ci`: one start, one stop, and recovery from whatever was left behind.
// Refuses to know: our schema, roles and databases. It hands out the superuser's URL, and set-up goes on from there.

import { chmod, mkdir, realpath, rename, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { findBinaries } from "./binaries.ts";
import { asEmbeddedError, EmbeddedPostgresError } from "./embedded-error.ts";
import { ensureCluster } from "./ensure-cluster.ts";
import { findFreePort } from "./find-free-port.ts";
import { acquireOwnerLock } from "./owner-lock.ts";
import { clearLeftover, endPostmaster } from "./postmaster.ts";
import { findReachableBinaries } from "./reachable-binaries.ts";
import { chooseRunAs } from "./run-as.ts";
import { startServer, type Server, type ServerPlan } from "./start-server.ts";

export type EmbeddedLog = {
  readonly info: (fields: Readonly<Record<string, unknown>>, event: string) => void;
  readonly warn: (fields: Readonly<Record<string, unknown>>, event: string) => void;
};

export type EmbeddedPostgresOptions = {
  /** Made when it is missing. Holds `postgres/` (the cluster), `postgres.password`, `postgres.log` and `postgres.lock`. */
  readonly dataDir: string;
  readonly log: EmbeddedLog;
  /** Absent or 0: a free one. */
  readonly port?: number | undefined;
  /** PostgreSQL settings on top of the defaults below. `fsync: "off"` also skips the sync of a new cluster. */
  readonly settings?: Readonly<Record<string, string>> | undefined;
  /** Crash recovery replays at most `max_wal_size`; on a slow disk that takes minutes. */
  readonly startTimeoutMs?: number | undefined;
  readonly stopTimeoutMs?: number | undefined;
};

export type EmbeddedPostgres = {
  /** Superuser, database `postgres`. */
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  /** Settles when the server has ended, for whatever reason. */
  readonly exited: Promise<void>;
  /** Ends the server and waits for it; safe to call more than once. */
  readonly stop: () => Promise<void>;
};

const defaultSettings: Readonly<Record<string, string>> = {
  listen_addresses: "127.0.0.1",
  unix_socket_directories: "",
  max_connections: "100",
  shared_buffers: "256MB",
  effective_cache_size: "1GB",
  random_page_cost: "1.1",
  fsync: "on",
  synchronous_commit: "on",
  max_wal_size: "2GB",
  min_wal_size: "256MB",
  checkpoint_timeout: "15min",
  jit: "off",
  timezone: "UTC",
  log_timezone: "UTC",
  log_checkpoints: "off",
  // Statements and details would carry message texts and phone numbers into the log file.
  log_min_error_statement: "panic",
  log_error_verbosity: "terse",
};

const logLimitBytes = 8_000_000;

type Plan = ServerPlan & { readonly port: number; readonly log: EmbeddedLog };

/** Resolves when the server accepts connections; rejects with an EmbeddedPostgresError, and then nothing is left running. */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const startedAt = performance.now();
  try {
    const dataDir = await ensureDataDir(options.dataDir);
    const lock = await acquireOwnerLock(join(dataDir, "postgres.lock"));
    if (lock.outcome === "held") {
      const sentence = `Onethread is already running on ${dataDir} (process ${String(lock.pid)}, since ${lock.since}): stop it first, or choose another directory with ONETHREAD_DATA_DIR.`;
      throw new EmbeddedPostgresError("already_running", sentence);
    }
    try {
      const plan = await makePlan(dataDir, options);
      const { server, password } = await startOwned(plan);
      const ms = Math.round(performance.now() - startedAt);
      plan.log.info({ pid: server.pid, port: server.port, ms }, "embedded.started");
      const url = `postgres://postgres:${password}@127.0.0.1:${String(server.port)}/postgres`;
      return { url, port: server.port, pid: server.pid, exited: server.exited, stop: createStop(plan, server, lock.release) };
    } catch (error) {
      await lock.release();
      throw error;
    }
  } catch (error) {
    throw asEmbeddedError(error, resolve(options.dataDir));
  }
}

async function ensureDataDir(path: string): Promise<string> {
  await mkdir(path, { recursive: true });
  const dataDir = await realpath(path);
  const { mode, uid } = await stat(dataDir);
  // PostgreSQL's user reads the password in here once; every file in here that is a secret is closed by its own mode.
  if (process.getuid?.() === 0 && uid === 0 && (mode & 0o011) !== 0o011) await chmod(dataDir, (mode & 0o7777) | 0o011);
  return dataDir;
}

async function makePlan(dataDir: string, options: EmbeddedPostgresOptions): Promise<Plan> {
  const clusterDir = join(dataDir, "postgres");
  const runAs = await chooseRunAs(clusterDir);
  return {
    dataDir,
    clusterDir,
    passwordFile: join(dataDir, "postgres.password"),
    logFile: join(dataDir, "postgres.log"),
    binaries: await findReachableBinaries(await findBinaries(), runAs),
    runAs,
    port: options.port ?? 0,
    settings: { ...defaultSettings, ...options.settings },
    startTimeoutMs: options.startTimeoutMs ?? 300_000,
    stopLimits: { fastMs: options.stopTimeoutMs ?? 20_000, immediateMs: 5_000 },
    log: options.log,
  };
}

async function startOwned(plan: Plan): Promise<{ readonly server: Server; readonly password: string }> {
  const leftover = await clearLeftover(plan.clusterDir, plan.stopLimits);
  if (leftover !== "none") plan.log.warn({ leftover }, "embedded.leftover-cleared");
  const password = await ensureCluster({ ...plan, sync: plan.settings["fsync"] !== "off" });
  await rotateLog(plan.logFile);
  const giveUpAt = performance.now() + 15_000;
  for (;;) {
    const port = plan.port === 0 ? await findFreePort() : plan.port;
    const attempt = await startServer(plan, { port, password });
    if (attempt.outcome === "ready") return { server: attempt.server, password };
    const mayRetry = attempt.retry === "later" || (attempt.retry === "other-port" && plan.port === 0);
    if (!mayRetry || performance.now() > giveUpAt) throw attempt.error;
    await delay(100);
  }
}

function createStop(plan: Plan, server: Server, release: () => Promise<void>): () => Promise<void> {
  let stopping: Promise<void> | undefined;
  const stop = async (): Promise<void> => {
    const isRunning = server.child.exitCode === null && server.child.signalCode === null;
    if (isRunning) {
      server.child.ref();
      const how = await endPostmaster(server.pid, plan.stopLimits);
      await server.exited;
      if (how === "forced") plan.log.warn({ pid: server.pid }, "embedded.stop-forced");
    }
    await release();
    plan.log.info({ pid: server.pid }, "embedded.stopped");
  };
  return () => (stopping ??= stop());
}

async function rotateLog(path: string): Promise<void> {
  const found = await stat(path).catch(() => undefined);
  if (found !== undefined && found.size > logLimitBytes) await rename(path, `${path}.1`);
}
