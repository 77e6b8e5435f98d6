// Proves that a photo whose worker is killed while it is being fetched is fetched by the next one, and that nothing is left in doubt.
import { mkdtemp, rm } from "node:fs/promises";
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

test("a photo whose worker dies in the middle is seen all the same", async () => {
  await stack.start("api");
  const dying = await stack.start("worker", { failPoints: "media.after-store=exit" });
  await stack.simulator.inbound({ from: "12025550147", type: "image", image: { caption: "this one" } });
  await dying.exited;
  expect(await stack.count("select count(*) from onethread.media where state = 'fetching'")).toBe(1);
  await stack.start("worker");
  await eventually(
    () => stack.count("select count(*) from onethread.media where state = 'ready' and attempts = 2"),
    (ready) => ready === 1,
    { what: "the photo" },
  );
  expect(await stack.count("select count(*) from onethread.events where type = 'media.ready'")).toBe(1);
  expect(await stack.audit()).toEqual([]);
});
