import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { createRecordingTerminal } from "../../test/support/recording-terminal.ts";
import { createTestBusiness, type TestBusiness } from "../../test/support/test-business.ts";
import { createTestDatabase, type TestDatabase } from "../../test/support/test-database.ts";
import { createSessionThread, type SessionThread } from "../../test/support/session-threads.ts";
import { createTestTracker } from "../../test/support/test-tracker.ts";
import type { Database } from "../db/database.ts";
import { newId } from "../kernel/ids.ts";
import { createLaneStore } from "../lanes/lane-store.ts";
import { runCli } from "./program.ts";

let testDatabase: TestDatabase;
let database: Database;
let business: TestBusiness;
let thread: SessionThread;

beforeAll(async () => {
  testDatabase = await createTestDatabase();
  database = testDatabase.open();
});
afterAll(() => testDatabase.close());
beforeEach(async () => {
  await testDatabase.superuser.query("truncate onethread.businesses cascade");
  business = await createTestBusiness(testDatabase.superuser);
  thread = await createSessionThread(testDatabase.superuser, business);
  await thread.add({ minutesAgo: 90, text: "first" }, { minutesAgo: 1, text: "now" });
  const run = createTestTracker(database, testDatabase.log);
  for (const lane of await createLaneStore(database.acrossBusinesses).claim({
    kind: "session",
    limit: 9,
    leaseMs: 60_000,
    owner: "test",
  })) {
    await run(lane, new AbortController().signal);
  }
});

async function sessions(...args: readonly string[]) {
  const terminal = createRecordingTerminal({ DATABASE_URL: testDatabase.url });
  const code = await runCli(["sessions", ...args], terminal);
  return { code, out: terminal.printed.join("\n"), err: terminal.complained.join("\n") };
}
async function rows(): Promise<readonly object[]> {
  const { rows: found } = await testDatabase.superuser.query<object>(
    "select from_seq::int as from, to_seq::int as to, closed_reason as reason, summary from onethread.sessions where conversation_id = $1 order by from_seq",
    [thread.id],
  );
  return found;
}

test("lists sessions with their summaries, as a table and for machines", async () => {
  const table = await sessions("list", thread.id);
  expect(table).toMatchObject({ code: 0, err: "" });
  expect(table.out).toMatch(/open[^]*2–[^]*inactive[^]*1–1[^]*first/);
  const { out } = await sessions("list", thread.id, "--json", "--limit", "1");
  expect(JSON.parse(out)).toMatchObject([{ fromSeq: 2, closed: null }]);
});

test("closes the open session once, and says what happened", async () => {
  expect(await sessions("close", thread.id)).toMatchObject({ code: 0, out: expect.stringContaining("messages 2 to 2") });
  expect(await sessions("close", thread.id)).toMatchObject({ code: 0, out: expect.stringContaining("Nothing was changed") });
  expect(await rows()).toMatchObject([{ from: 1 }, { from: 2, to: 2, reason: "by_hand" }]);
});

test("rebuild only looks; with --execute it makes the sessions what the messages say, and then finds nothing to do", async () => {
  const before = await rows();
  expect(await sessions("rebuild")).toMatchObject({ code: 0, out: expect.stringContaining("Nothing was changed.") });
  await testDatabase.superuser.query("delete from onethread.sessions where closed_at is null");
  await testDatabase.superuser.query("update onethread.sessions set from_seq = 2, to_seq = 2 where to_seq = 1");
  const spoilt = await rows();
  const dryRun = await sessions("rebuild");
  expect(dryRun.out).toContain(thread.id);
  expect(dryRun.out).toContain("Add --execute to do it.");
  expect(await rows()).toEqual(spoilt);
  expect(await sessions("rebuild", "--execute", "--conversation", thread.id)).toMatchObject({
    code: 0,
    out: expect.stringContaining("rebuilt the sessions of 1"),
  });
  expect((await rows()).map((row) => ({ ...row, summary: null }))).toEqual(before.map((row) => ({ ...row, summary: null })));
  expect((await sessions("rebuild")).out).toContain("Nothing was changed.");
});

test("an unknown conversation, and one of another business, is refused by every command, and nothing is changed", async () => {
  const before = await rows();
  const other = await createTestBusiness(testDatabase.superuser);
  for (const [id, owner] of [
    [newId(), business],
    [thread.id, other],
  ] as const) {
    for (const args of [
      ["list", id],
      ["close", id],
      ["rebuild", "--execute", "--conversation", id],
    ]) {
      const answer = await sessions(...args, "--business", owner.businessId);
      expect(answer).toMatchObject({ code: 1, out: "", err: expect.stringContaining(`no conversation ${id}`) });
    }
  }
  expect((await sessions("list", "nonsense")).code).not.toBe(0);
  expect(await rows()).toEqual(before);
});
