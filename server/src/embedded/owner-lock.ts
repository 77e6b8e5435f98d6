// Owns: the file that says which process of ours owns a data directory, and the take-over from an owner that has died.
// Refuses to know: PostgreSQL.

import { randomUUID } from "node:crypto";
import { link, readFile, rename, rm, writeFile } from "node:fs/promises";
import { findProcess } from "./find-process.ts";

type Owner = { readonly pid: number; readonly startToken: string; readonly since: string; readonly nonce: string };

export type LockAttempt =
  | { readonly outcome: "acquired"; readonly release: () => Promise<void> }
  | { readonly outcome: "held"; readonly pid: number; readonly since: string };

/**
 * At most one living process holds the lock; a holder that died, even if its id was given to another process, does not count.
 *
 * A dead owner's file is never removed to make room: between reading it and removing it, a quicker starter may have put its own there
 * (seen in tests: two owners). Instead exactly one starter can create the file `after-<nonce of the dead owner>`, and the owner is the
 * last of that chain. The new owner then replaces the first file by its own, and a starter that still acted on the old chain
 * notices, because its own link cannot be reached any more.
 */
export async function acquireOwnerLock(path: string): Promise<LockAttempt> {
  const me = describeMyself();
  const mine = `${path}.${me.nonce}`;
  // Written aside and linked into place: nobody ever reads half a lock.
  await writeFile(mine, JSON.stringify(me), { mode: 0o600, flush: true });
  const acquired: LockAttempt = { outcome: "acquired", release: () => release(path, me) };
  try {
    for (;;) {
      if (await linked(mine, path)) return acquired;
      const chain = await readChain(path);
      const last = chain.at(-1);
      if (last === undefined) continue;
      if (isAlive(last)) return { outcome: "held", pid: last.pid, since: last.since };
      const place = successorOf(path, last);
      if (!(await linked(mine, place))) continue;
      if ((await readChain(path)).at(-1)?.nonce === me.nonce) {
        await rename(mine, path);
        for (const dead of chain) await rm(successorOf(path, dead), { force: true });
        return acquired;
      }
      await rm(place, { force: true });
    }
  } finally {
    await rm(mine, { force: true });
  }
}

function describeMyself(): Owner {
  const startToken = findProcess(process.pid)?.startToken ?? "unknown";
  return { pid: process.pid, startToken, since: new Date().toISOString(), nonce: randomUUID() };
}

function isAlive({ pid, startToken }: Owner): boolean {
  return findProcess(pid)?.startToken === startToken;
}

async function release(path: string, me: Owner): Promise<void> {
  if ((await readOwner(path))?.nonce === me.nonce) await rm(path, { force: true });
}

async function readChain(path: string): Promise<readonly Owner[]> {
  const chain: Owner[] = [];
  for (let at = await readOwner(path); at !== undefined; at = await readOwner(successorOf(path, at))) chain.push(at);
  return chain;
}

function successorOf(path: string, { nonce }: Owner): string {
  return `${path}.after-${nonce}`;
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

async function readOwner(path: string): Promise<Owner | undefined> {
  try {
    return parseOwner(await readFile(path, "utf8"));
  } catch (error) {
    if (hasCode(error, "ENOENT")) return undefined;
    throw error;
  }
}

/** A lock that cannot be read (a power cut can empty a file) belongs to nobody alive. */
function parseOwner(text: string): Owner {
  const nobody: Owner = { pid: 0, startToken: "", since: "", nonce: "unreadable" };
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== "object" || value === null) return nobody;
    if (!("pid" in value && "startToken" in value && "since" in value && "nonce" in value)) return nobody;
    const { pid, startToken, since, nonce } = value;
    if (typeof pid !== "number" || typeof startToken !== "string" || typeof since !== "string") return nobody;
    return typeof nonce === "string" && /^[\w-]+$/.test(nonce) ? { pid, startToken, since, nonce } : nobody;
  } catch {
    return nobody;
  }
}

function hasCode(error: unknown, code: string): boolean {
  return typeof error === "object" && error !== null && "code" in error && error.code === code;
}
