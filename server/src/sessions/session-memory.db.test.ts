// Proves that nothing a customer said falls between their summaries and the messages that a reply is shown.
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { createTestBusiness, type TestBusiness } from "../../test/support/test-business.ts";
import { createTestDatabase, type TestDatabase } from "../../test/support/test-database.ts";
import { createSessionThread, type SessionThread } from "../../test/support/session-threads.ts";
import { createTestTracker } from "../../test/support/test-tracker.ts";
import type { Database } from "../db/database.ts";
import { createLaneStore } from "../lanes/lane-store.ts";
import { createFindSessionMemory } from "./session-memory.ts";
import type { SessionMemory } from "../answers/responder.ts";

let test: TestDatabase;
let database: Database;
let business: TestBusiness;
let thread: SessionThread;

beforeAll(async () => {
  test = await createTestDatabase();
  database = test.open();
});
beforeEach(async () => {
  business = await createTestBusiness(test.superuser);
  thread = await createSessionThread(test.superuser, business);
});
afterAll(() => test.close());

async function track(): Promise<void> {
  await test.superuser.query("update onethread.lanes set check_at = now() where check_at is not null");
  const store = createLaneStore(database.acrossBusinesses);
  const run = createTestTracker(database, test.log);
  for (const lane of await store.claim({ kind: "session", limit: 100, leaseMs: 60_000, owner: "test" })) {
    await run(lane, new AbortController().signal);
  }
}
async function remember(): Promise<{ readonly to: number | null | undefined; readonly earlier: readonly string[] | undefined }> {
  const memories = await createFindSessionMemory({ database })(business.businessId, [thread.id]);
  const memory: SessionMemory | undefined = memories.get(thread.id);
  return { to: memory?.summarisedTo, earlier: memory?.earlier.map(({ summary }) => summary) };
}
/** As a worker leaves it whose model fails; `summary`: the one of before the session changed. */
const leavePending = (fromSeq: number, summary: string | null) =>
  test.superuser.query(
    "update onethread.sessions set summary_state = 'pending', summary = $3, summary_source = case when $3::text is null then null else summary_source end where conversation_id = $1 and from_seq = $2",
    [thread.id, fromSeq, summary],
  );

it("a session whose summary is still to be written is not left out, and what came before it is", async () => {
  await thread.add({ minutesAgo: 90, text: "first" }, { minutesAgo: 60, text: "second" }, { minutesAgo: 30, text: "third" });
  await thread.add({ minutesAgo: 1, text: "now" });
  await track();
  expect(await remember()).toEqual({ to: 3, earlier: ["third", "second", "first"] });
  await leavePending(2, null);
  expect(await remember()).toEqual({ to: 1, earlier: ["third", "first"] });
  await leavePending(1, null);
  expect(await remember()).toEqual({ to: 3, earlier: ["third"] });
  await leavePending(3, null);
  expect(await remember()).toEqual({ to: null, earlier: [] });
});

it("a summary that is to be written again does not count for what its session covers now", async () => {
  await thread.add({ minutesAgo: 90, text: "first" }, { minutesAgo: 60, text: "second" }, { minutesAgo: 1, text: "now" });
  await track();
  await leavePending(2, "of before");
  expect(await remember()).toEqual({ to: 1, earlier: ["of before", "first"] });
});

it("replies of a session belong to its summary; what came after it closed, or from the customer, does not", async () => {
  await thread.add({ minutesAgo: 40, text: "first" }, { minutesAgo: 39, author: "ai" });
  await track();
  expect(await remember()).toEqual({ to: 2, earlier: ["first"] });
  await thread.add({ minutesAgo: 5, author: "human" });
  expect(await remember()).toMatchObject({ to: 2 });
  await thread.add({ minutesAgo: 0, text: "the session of this is opened within a second" });
  expect(await remember()).toMatchObject({ to: 2 });
  await track();
  expect(await remember()).toMatchObject({ to: 2 });
});
