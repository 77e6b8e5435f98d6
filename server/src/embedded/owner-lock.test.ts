import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { acquireOwnerLock } from "./owner-lock.ts";

async function makeFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "onethread-lock-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** The id is alive (it is ours), but it was given to another process when that lock was written. */
const deadOwner = (nonce: string): string =>
  JSON.stringify({ pid: process.pid, startToken: "another", since: "2020-01-01T00:00:00.000Z", nonce });

test("a living owner keeps the lock until it releases it, and a release leaves nothing behind", async () => {
  const folder = await makeFolder();
  const path = join(folder, "lock");
  const first = await acquireOwnerLock(path);
  expect(await acquireOwnerLock(path)).toMatchObject({ outcome: "held", pid: process.pid });
  if (first.outcome === "acquired") await first.release();
  expect(await readdir(folder)).toEqual([]);
  expect(await acquireOwnerLock(path)).toMatchObject({ outcome: "acquired" });
});

test.each([
  ["whose process id now belongs to another process", deadOwner("x")],
  ["that a power cut has emptied", ""],
  ["that is not ours to understand", "[]"],
])("a lock %s is taken over", async (_, left) => {
  const folder = await makeFolder();
  const path = join(folder, "lock");
  await writeFile(path, left);
  expect(await acquireOwnerLock(path)).toMatchObject({ outcome: "acquired" });
  expect(await readdir(folder)).toEqual(["lock"]);
  expect(await readFile(path, "utf8")).toContain(`"pid":${process.pid}`);
});

test("a successor that died in the middle of its take-over has a successor of its own", async () => {
  const folder = await makeFolder();
  const path = join(folder, "lock");
  await writeFile(path, deadOwner("x"));
  await writeFile(`${path}.after-x`, deadOwner("y"));
  expect(await acquireOwnerLock(path)).toMatchObject({ outcome: "acquired" });
  expect(await readdir(folder)).toEqual(["lock"]);
});

test("of many that take over from a dead owner at once, exactly one succeeds, every time", async () => {
  const path = join(await makeFolder(), "lock");
  for (let round = 0; round < 100; round += 1) {
    await writeFile(path, deadOwner(`round-${round}`));
    const attempts = await Promise.all(Array.from({ length: 12 }, () => acquireOwnerLock(path)));
    const acquired = attempts.filter((attempt) => attempt.outcome === "acquired");
    expect(acquired).toHaveLength(1);
    for (const attempt of acquired) await attempt.release();
  }
});
