// Owns: one attempt to start a server on a complete cluster, up to the moment where it accepts connections.
// Refuses to know: retrying, locks, and what the settings mean.

import { spawn, type ChildProcess } from "node:child_process";
import { open, readFile } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import pg from "pg";
import { cleanEnvironment, runToEnd, type Binaries } from "./binaries.ts";
import { accessCluster, type ClusterAccess } from "./cluster-access.ts";
import { EmbeddedPostgresError, explainOutput, type StartFailure } from "./embedded-error.ts";
import type { ClusterPlace } from "./ensure-cluster.ts";
import { endPostmaster, readPostmaster, type StopLimits } from "./postmaster.ts";
import type { RunAs } from "./run-as.ts";

export type ServerPlan = ClusterPlace & {
  readonly logFile: string;
  readonly binaries: Binaries;
  readonly runAs: RunAs;
  readonly settings: Readonly<Record<string, string>>;
  readonly startTimeoutMs: number;
  readonly stopLimits: StopLimits;
};

export type Server = { readonly child: ChildProcess; readonly pid: number; readonly port: number; readonly exited: Promise<void> };

export type StartAttempt = { readonly outcome: "ready"; readonly server: Server } | ({ readonly outcome: "failed" } & StartFailure);

export type Login = { readonly port: number; readonly password: string };

/** When the outcome is "failed", nothing is left running. */
export async function startServer(plan: ServerPlan, login: Login): Promise<StartAttempt> {
  // To a file, not to a pipe: a server that outlives us can still write, and a failed start can still be explained.
  const logFile = await open(plan.logFile, "a", 0o600);
  const { size: logOffset } = await logFile.stat();
  const access = await accessCluster(plan.clusterDir, plan.runAs);
  const { child, ended, exited } = spawnServer(plan, { ...access, port: login.port, logFd: logFile.fd });
  await logFile.close();
  const { pid } = child;
  if (pid === undefined) return { outcome: "failed", ...explainOutput(await explainSilence(plan), plan) };
  const readiness = await waitUntilReady(plan, { ...login, pid, ended });
  if (readiness === "ready") {
    child.unref();
    return { outcome: "ready", server: { child, pid, port: login.port, exited } };
  }
  if (readiness !== "ended") {
    await endPostmaster(pid, plan.stopLimits);
    await exited;
    return { outcome: "failed", retry: "never", error: new EmbeddedPostgresError("start_failed", notReadySentence(plan, readiness)) };
  }
  await exited;
  const written = (await readFile(plan.logFile)).subarray(logOffset).toString("utf8");
  const output = written === "" ? await explainSilence(plan) : written;
  return { outcome: "failed", ...explainOutput(output, { dataDir: plan.dataDir, port: login.port }) };
}

function spawnServer(plan: ServerPlan, { port, logFd, cwd, pgdata }: ClusterAccess & { readonly port: number; readonly logFd: number }) {
  const parameters = Object.entries({ ...plan.settings, port: String(port) }).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  // Detached: Ctrl-C reaches everything in the terminal's process group, and the database must outlive the application.
  const child = spawn(plan.binaries.postgres, ["-D", pgdata, ...parameters], {
    ...plan.runAs,
    env: cleanEnvironment,
    cwd,
    detached: true,
    stdio: ["ignore", logFd, logFd],
  });
  const ended = new AbortController();
  const exited = new Promise<void>((settle) => {
    const end = (): void => {
      ended.abort();
      settle();
    };
    child.once("exit", end).once("error", end);
  });
  return { child, ended: ended.signal, exited };
}

type Readiness = "ready" | "ended" | "late" | "refused";

/** Never by log text: the pid file says "ready", and then a real connection with the password proves it. */
async function waitUntilReady(
  plan: ServerPlan,
  { pid, port, password, ended }: Login & { readonly pid: number; readonly ended: AbortSignal },
): Promise<Readiness> {
  const giveUpAt = performance.now() + plan.startTimeoutMs;
  while (performance.now() < giveUpAt) {
    if (ended.aborted) return "ended";
    const postmaster = await readPostmaster(plan.clusterDir);
    if (postmaster?.pid === pid && postmaster.ready) {
      const answer = await tryToConnect({ port, password });
      if (answer !== "not-yet") return answer;
    }
    await delay(15);
  }
  return "late";
}

async function tryToConnect({ port, password }: Login): Promise<"ready" | "not-yet" | "refused"> {
  const client = new pg.Client({
    host: "127.0.0.1",
    port,
    user: "postgres",
    password,
    database: "postgres",
    connectionTimeoutMillis: 5_000,
  });
  client.on("error", () => undefined);
  try {
    await client.connect();
    return "ready";
  } catch (error) {
    const wrongPassword = typeof error === "object" && error !== null && "code" in error && error.code === "28P01";
    return wrongPassword ? "refused" : "not-yet";
  } finally {
    await client.end();
  }
}

function notReadySentence(plan: ServerPlan, readiness: "late" | "refused"): string {
  if (readiness === "refused") {
    return `The password in ${plan.passwordFile} is not that of the database in ${plan.clusterDir}: put the right file back, or move ${plan.clusterDir} away to start over.`;
  }
  return `PostgreSQL in ${plan.dataDir} was not ready after ${String(plan.startTimeoutMs)} ms; its log is ${plan.logFile}.`;
}

/** It ended without a word, or could not even begin: asking for its version fails in the same way, but into a pipe. */
async function explainSilence(plan: ServerPlan): Promise<string> {
  try {
    return (await runToEnd(plan.binaries.postgres, ["--version"], { runAs: plan.runAs })).output;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
