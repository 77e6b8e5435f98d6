// Owns: a running server process on a cluster directory: what its pid file says, ending it, and clearing away one that was left behind.
// Refuses to know: how a server is started, and who owns the directory.

import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { findProcess, type FoundProcess } from "./find-process.ts";

export type Postmaster = { readonly pid: number; readonly ready: boolean };

export async function readPostmaster(clusterDir: string): Promise<Postmaster | undefined> {
  const text = await readFile(join(clusterDir, "postmaster.pid"), "utf8").catch(() => "");
  const lines = text.split("\n");
  const pid = Number.parseInt(lines[0] ?? "", 10);
  if (!Number.isSafeInteger(pid) || pid <= 0) return undefined;
  return { pid, ready: (lines[7] ?? "").trim() === "ready" };
}

export type StopLimits = { readonly fastMs: number; readonly immediateMs: number };

/** Fast shutdown (sessions are ended, everything is written), then immediate (recovered at the next start), then kill. */
export async function endPostmaster(pid: number, limits: StopLimits): Promise<"fast" | "forced"> {
  const victim = findProcess(pid);
  const isGone = (): boolean => victim === undefined || findProcess(pid)?.startToken !== victim.startToken;
  const steps = [
    ["SIGINT", limits.fastMs],
    ["SIGQUIT", limits.immediateMs],
    ["SIGKILL", 5_000],
  ] as const;
  for (const [signal, limitMs] of steps) {
    if (isGone()) return "fast";
    sendSignal(pid, signal);
    if (await until(isGone, limitMs)) return signal === "SIGINT" ? "fast" : "forced";
  }
  return "forced";
}

/**
 * Makes way for a new server on a directory whose owner is known to be gone.
 * A server that survived its owner is ended; a pid file that now names a stranger is pointed at nobody.
 */
export async function clearLeftover(clusterDir: string, limits: StopLimits): Promise<"none" | "ended" | "stale"> {
  const left = await readPostmaster(clusterDir);
  if (left === undefined) return "none";
  const found = findProcess(left.pid);
  if (found !== undefined && isPostgresOn(clusterDir, found)) {
    await endPostmaster(left.pid, limits);
    return "ended";
  }
  await pointAtNobody(clusterDir);
  return "stale";
}

/** A server works in its data directory; where that cannot be seen, its command line names it. */
function isPostgresOn(clusterDir: string, { command, cwd }: FoundProcess): boolean {
  return command.includes("postgres") && (cwd === undefined ? command.includes(clusterDir) : cwd === clusterDir);
}

/**
 * PostgreSQL refuses to start while the pid in its file exists: even when that id was given to another program, and even when the
 * old server is dead and only waits to be reaped, which in a container without an init it does for ever.
 * The file is not removed: its other lines let PostgreSQL find backends that outlived their postmaster.
 */
async function pointAtNobody(clusterDir: string): Promise<void> {
  const path = join(clusterDir, "postmaster.pid");
  const lines = (await readFile(path, "utf8")).split("\n");
  let nobody = 4_194_303;
  while (findProcess(nobody) !== undefined) nobody -= 1;
  await writeFile(path, [String(nobody), ...lines.slice(1)].join("\n"));
}

async function until(condition: () => boolean, limitMs: number): Promise<boolean> {
  const endAt = performance.now() + limitMs;
  while (!condition()) {
    if (performance.now() > endAt) return false;
    await delay(15);
  }
  return true;
}

function sendSignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It ended in between.
  }
}
