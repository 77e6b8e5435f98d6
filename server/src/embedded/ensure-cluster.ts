// Owns: that a complete cluster and its password exist on disk before anything is started.
// Refuses to know: running servers.

import { randomBytes, randomUUID } from "node:crypto";
import { chown, mkdir, open, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { runToEnd, type Binaries } from "./binaries.ts";
import { accessCluster, type ClusterAccess } from "./cluster-access.ts";
import { EmbeddedPostgresError, explainOutput } from "./embedded-error.ts";
import type { RunAs } from "./run-as.ts";

/** An initdb whose parent was killed goes on for a moment, and fills what is being removed. In all: 5.5 s. */
const WHILE_WRITTEN = { maxRetries: 10, retryDelay: 100 } as const;

const majorVersion = "18";

export type ClusterPlace = { readonly dataDir: string; readonly clusterDir: string; readonly passwordFile: string };

export type ClusterPlan = ClusterPlace & { readonly binaries: Binaries; readonly runAs: RunAs; readonly sync: boolean };

/** Gives the superuser's password. `initdb` works in a directory aside that is renamed when complete, so half a cluster is never taken for a whole one. */
export async function ensureCluster(plan: ClusterPlan): Promise<string> {
  await removePartials(plan.clusterDir);
  if (await isThere(plan.clusterDir)) {
    await assertUsable(plan);
    return readPassword(plan);
  }
  const password = await writePassword(plan);
  const partial = `${plan.clusterDir}.partial-${randomUUID()}`;
  await mkdir(partial, { mode: 0o700 });
  if (plan.runAs !== undefined) await chown(partial, plan.runAs.uid, plan.runAs.gid);
  const access = await accessCluster(partial, plan.runAs);
  const { code, output } = await runToEnd(plan.binaries.initdb, initdbArguments(plan, access), { runAs: plan.runAs, cwd: access.cwd });
  if (code !== 0) {
    await rm(partial, { recursive: true, force: true, ...WHILE_WRITTEN });
    throw explainOutput(output, plan).error;
  }
  await rename(partial, plan.clusterDir);
  if (plan.sync) await syncDirectory(plan.dataDir);
  return password;
}

function initdbArguments(plan: ClusterPlan, { pgdata }: ClusterAccess): readonly string[] {
  return [
    `--pgdata=${pgdata}`,
    "--username=postgres",
    `--pwfile=${pgdata}/../${basename(plan.passwordFile)}`,
    "--auth=scram-sha-256",
    "--encoding=UTF8",
    "--locale=C",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--no-instructions",
    ...(plan.sync ? [] : ["--no-sync"]),
  ];
}

async function assertUsable({ clusterDir }: ClusterPlace): Promise<void> {
  const version = await readFile(join(clusterDir, "PG_VERSION"), "utf8").catch((error: unknown) => {
    if (typeof error === "object" && error !== null && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  });
  if (version === undefined) {
    const sentence = `${clusterDir} is not a PostgreSQL data directory (it has no PG_VERSION): move it away, then start again.`;
    throw new EmbeddedPostgresError("data_unusable", sentence);
  }
  if (version.trim() !== majorVersion) {
    const sentence = `${clusterDir} was written by PostgreSQL ${version.trim()}, and this Onethread brings PostgreSQL ${majorVersion}: dump it with the old version, or choose another data directory with ONETHREAD_DATA_DIR.`;
    throw new EmbeddedPostgresError("data_unusable", sentence);
  }
}

async function readPassword({ clusterDir, passwordFile }: ClusterPlace): Promise<string> {
  const text = (await isThere(passwordFile)) ? (await readFile(passwordFile, "utf8")).trim() : "";
  if (text !== "") return text;
  const sentence = `The password of the database in ${clusterDir} is gone (${passwordFile}): put that file back, or move ${clusterDir} away to start over.`;
  throw new EmbeddedPostgresError("data_unusable", sentence);
}

/** The file belongs to PostgreSQL's user, because initdb reads it as that user. */
async function writePassword({ passwordFile, runAs }: ClusterPlan): Promise<string> {
  const password = randomBytes(24).toString("base64url");
  await rm(passwordFile, { force: true });
  await writeFile(passwordFile, `${password}\n`, { mode: 0o600, flag: "wx", flush: true });
  if (runAs !== undefined) await chown(passwordFile, runAs.uid, runAs.gid);
  return password;
}

async function removePartials(clusterDir: string): Promise<void> {
  const parent = dirname(clusterDir);
  for (const name of await readdir(parent)) {
    if (name.startsWith(`${basename(clusterDir)}.partial-`))
      await rm(join(parent, name), { recursive: true, force: true, ...WHILE_WRITTEN });
  }
}

async function isThere(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined;
}

async function syncDirectory(path: string): Promise<void> {
  if (process.platform === "win32") return;
  const handle = await open(path, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
