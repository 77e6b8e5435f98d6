// Proves that a photo whose worker is killed while it is being fetched, or has no room for it, is fetched by the next one, and that nothing is left in doubt.
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { createStack, type Stack } from "../support/start-stack.ts";
import { createTestDatabase, type TestDatabase } from "../support/test-database.ts";

let database: TestDatabase;
let stack: Stack;
let directory: string;

beforeAll(async () => {
  database = await createTestDatabase();
  directory = await mkdtemp(join(tmpdir(), "onethread-killed-"));
  stack = await createStack(database, { env: { ONETHREAD_MEDIA_DIR: directory } });
});
afterAll(async () => {
  await stack.stop();
  await database.close();
  await rm(directory, { recursive: true, force: true });
});

const count = (state: string): Promise<number> => stack.count("select count(*) from onethread.media where state = $1", [state]);

test("a photo for which there is no room on the disk waits and leaves nothing behind; one whose worker dies in the middle is seen all the same", async () => {
  await stack.start("api");
  const dying = await stack.start("worker", { failPoints: "media.after-store=exit", maxFileBytes: 64 * 1024 });
  const large = Buffer.concat([Buffer.from("/9j/4AAQSkZJRg==", "base64"), Buffer.alloc(200_000)]).toString("base64");
  await stack.simulator.inbound({ from: "12025550148", type: "image", image: { base64: large } });
  const full =
    "select count(*) from onethread.media where state = 'pending' and error_code = 'store_unavailable' and error_text like '%EFBIG%'";
  await eventually(
    () => stack.count(full),
    (waiting) => waiting === 1,
    { what: "the photo that has no room" },
  );
  expect((await readdir(directory, { recursive: true })).filter((name) => name.endsWith(".part"))).toEqual([]);
  await stack.simulator.inbound({ from: "12025550147", type: "image", image: { caption: "this one" } });
  await dying.exited;
  expect([(await count("fetching")) > 0, await count("ready")]).toEqual([true, 0]);
  await stack.start("worker");
  // Its patience is not under test.
  await database.superuser.query("update onethread.media set due_at = now() where state = 'pending'");
  await eventually(
    () => stack.count("select count(*) from onethread.media where state = 'ready' and attempts > 1"),
    (ready) => ready === 2,
    { what: "the photos" },
  );
  expect(await stack.count("select count(*) from onethread.events where type = 'media.ready'")).toBe(2);
  expect(await stack.audit()).toEqual([]);
});
