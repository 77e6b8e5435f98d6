// Owns: the file that says which process of ours owns a data directory, and the take-over from an owner that has died.
// Refuses to know: PostgreSQL.

import { randomUUID } from "node:crypto";
import { link, readFile, rename, rm, writeFile } from "node:fs/promises";
import { findProcess } from "./find-process.ts";

type Owner = { readonly pid: number; readonly startToken: string; readonly since: string };

export type LockAttempt =
  | { readonly outcome: "acquired"; readonly release: () => Promise<void> }
  | { readonly outcome: "held"; readonly pid: number; readonly since: string };

/** At most one living process holds the lock; a holder that died, even if its id was given to another process, does not count. */
export async function acquireOwnerLock(path: string): Promise<LockAttempt> {
  const nonce = randomUUID();
  const mine = `${path}.${nonce}`;
  const since = new Date().toISOString();
  const text = JSON.stringify({ pid: process.pid, startToken: findProcess(process.pid)?.startToken ?? "unknown", since, nonce });
  // Written aside and linked into place: nobody ever reads half a lock.
  await writeFile(mine, text, { mode: 0o600 });
  try {
    for (;;) {
      if (await linked(mine, path)) return { outcome: "acquired", release: () => release(path, text) };
      const seen = await readIfThere(path);
      if (seen === undefined) continue;
      const owner = parseOwner(seen);
      if (owner !== undefined && findProcess(owner.pid)?.startToken === owner.startToken)
        return { outcome: "held", pid: owner.pid, since: owner.since };
      await discard(path, { seen, aside: `${mine}.stale` });
    }
  } finally {
    await rm(mine, { force: true });
  }
}

/** Removes exactly the lock that was seen: between reading and removing, another starter may have put its own there. */
async function discard(path: string, { seen, aside }: { readonly seen: string; readonly aside: string }): Promise<void> {
  try {
    await rename(path, aside);
  } catch (error) {
    if (hasCode(error, "ENOENT")) return;
    throw error;
  }
  if ((await readIfThere(aside)) !== seen) await linked(aside, path);
  await rm(aside, { force: true });
}

async function release(path: string, text: string): Promise<void> {
  if ((await readIfThere(path)) === text) await rm(path, { force: true });
}

async function linked(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if (hasCode(error, "EEXIST")) return false;
    throw error;
  }
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (hasCode(error, "ENOENT")) return undefined;
    throw error;
  }
}

function parseOwner(text: string): Owner | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== "object" || value === null) return undefined;
    if (!("pid" in value && "startToken" in value && "since" in value)) return undefined;
    const { pid, startToken, since } = value;
    return typeof pid === "number" && typeof startToken === "string" && typeof since === "string" ? { pid, startToken, since } : undefined;
  } catch {
    return undefined;
  }
}

function hasCode(error: unknown, code: string): boolean {
  return typeof error === "object" && error !== null && "code" in error && error.code === code;
}
