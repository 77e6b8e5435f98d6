// Proves that sessions can be thrown away and computed again, that closing by hand is a fact which a rebuild respects, and that both are safe beside a worker.
import fc from "fast-check";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { createTestBusiness, type TestBusiness } from "../../test/support/test-business.ts";
import { createTestDatabase, type TestDatabase } from "../../test/support/test-database.ts";
import { createSessionThread, type SessionThread } from "../../test/support/session-threads.ts";
import { createTestTracker } from "../../test/support/test-tracker.ts";
import type { Database } from "../db/database.ts";
import { createLaneStore, type ClaimedLane } from "../lanes/lane-store.ts";
import { DEFAULT_REPLY_SETTINGS } from "../settings/reply-settings.ts";
import { createCloseSession, type CloseSession } from "./close-session.ts";
import { createListSessions } from "./read-sessions.ts";
import { createRebuildSessions, type RebuiltThread } from "./rebuild-sessions.ts";
import { createFindSessionMemory } from "./session-memory.ts";

let test: TestDatabase;
let database: Database;
let business: TestBusiness;
let thread: SessionThread;
let closeSession: CloseSession;
const settings = { find: () => Promise.resolve(DEFAULT_REPLY_SETTINGS), read: () => Promise.resolve(DEFAULT_REPLY_SETTINGS) };
const never = new AbortController().signal;

beforeAll(async () => {
  test = await createTestDatabase();
  database = test.open();
  closeSession = createCloseSession({ database, settings, wake: () => undefined });
});
beforeEach(async () => {
  await test.superuser.query("truncate onethread.businesses cascade");
  business = await createTestBusiness(test.superuser);
  thread = await createSessionThread(test.superuser, business);
});
afterAll(() => test.close());

async function claim(): Promise<readonly ClaimedLane[]> {
  await test.superuser.query("update onethread.lanes set check_at = now() where check_at is not null");
  return createLaneStore(database.acrossBusinesses).claim({ kind: "session", limit: 100, leaseMs: 60_000, owner: "test" });
}
async function track(lanes?: readonly ClaimedLane[]): Promise<void> {
  const run = createTestTracker(database, test.log);
  for (const lane of lanes ?? (await claim())) await run(lane, never);
}
async function rebuild(execute: boolean): Promise<readonly RebuiltThread[]> {
  return Array.fromAsync(createRebuildSessions({ database, settings })({ businessId: business.businessId, execute }));
}
const pictureOf = async (id: string = thread.id) =>
  (
    await test.superuser.query<Record<string, unknown>>(
      `select from_seq::int as "from", to_seq::int as "to", closed_reason as reason, closed_at, summary_state as state, summary
         from onethread.sessions where conversation_id = $1 order by from_seq`,
      [id],
    )
  ).rows;

it("whatever the order of messages, runs and hand closes was, a rebuild finds nothing to do; and it restores what was spoilt", async () => {
  const step = fc.record({
    kind: fc.constantFrom("message", "message", "message", "run", "close"),
    minutes: fc.integer({ min: 0, max: 25 }),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 14 }), fc.nat(3), async (steps, spoil) => {
      thread = await createSessionThread(test.superuser, business);
      let minutesAgo = steps.reduce((sum, { minutes }) => sum + minutes, 0) + 0.5;
      for (const { kind, minutes } of steps) {
        minutesAgo -= minutes;
        if (kind === "message") await thread.add({ minutesAgo });
        if (kind === "run") await track();
        if (kind === "close") await closeSession(business.businessId, thread.id);
      }
      await track();
      const live = await pictureOf();
      expect((await rebuild(false)).filter(({ isChanged }) => isChanged)).toEqual([]);
      const spoils = [
        "delete from onethread.sessions where conversation_id = $1 and (closed_reason is null or closed_reason <> 'by_hand')",
        "update onethread.sessions set to_seq = to_seq + 1 where conversation_id = $1 and closed_reason = 'inactive'",
        "update onethread.sessions set to_seq = null, closed_at = null, closed_reason = null, summary_state = 'none' where closed_reason = 'inactive' and id = (select id from onethread.sessions where conversation_id = $1 order by from_seq desc limit 1)",
        "update onethread.lanes set check_at = null, done = wanted where conversation_id = $1",
      ];
      await test.superuser.query(spoils[spoil] ?? "", [thread.id]);
      await rebuild(true);
      await track();
      const ranges = (rows: readonly Record<string, unknown>[]) => rows.map(({ from, to, reason, state }) => ({ from, to, reason, state }));
      if (spoil !== 1) expect(ranges(await pictureOf())).toEqual(ranges(live));
      expect((await rebuild(false)).filter(({ isChanged }) => isChanged)).toEqual([]);
    }),
    { numRuns: 15 },
  );
});

it("looking changes nothing; doing it keeps the summaries of sessions that stay, and writes the others again", async () => {
  await thread.add({ minutesAgo: 90 }, { minutesAgo: 89 }, { minutesAgo: 60, text: "still there?" }, { minutesAgo: 30 });
  await track();
  await test.superuser.query("update onethread.sessions set summary = 'kept' where conversation_id = $1 and from_seq = 1", [thread.id]);
  await test.superuser.query("update onethread.sessions set to_seq = 4 where conversation_id = $1 and from_seq = 3", [thread.id]);
  await test.superuser.query("delete from onethread.sessions where conversation_id = $1 and from_seq = 4", [thread.id]);
  const before = await pictureOf();
  const [planned] = await rebuild(false);
  expect(planned).toMatchObject({ counts: { kept: 1, added: 1, changed: 1, removed: 0 }, summaries: 2 });
  expect(await pictureOf()).toEqual(before);
  await rebuild(true);
  expect(await pictureOf()).toMatchObject([
    { from: 1, to: 2, state: "done", summary: "kept" },
    { from: 3, to: 3, state: "pending" },
    { from: 4, to: 4, state: "pending" },
  ]);
  await track();
  expect((await pictureOf()).map(({ state }) => state)).toEqual(["done", "too_short", "too_short"]);
});

it("a worker that held the lane when it was rebuilt or closed by hand writes nothing any more", async () => {
  await thread.add({ minutesAgo: 1 });
  const held = await claim();
  expect(await closeSession(business.businessId, thread.id)).toMatchObject({ outcome: "closed", fromSeq: 1, toSeq: 1 });
  const closed = await pictureOf();
  await track(held);
  expect(await pictureOf()).toEqual(closed);
  await track();
  expect(await pictureOf()).toMatchObject([{ reason: "by_hand", state: "too_short", summary: "hello" }]);
});

it("what the customer writes after a hand close opens a new session, and a second close says that none is open", async () => {
  await thread.add({ minutesAgo: 2 });
  await track();
  await closeSession(business.businessId, thread.id);
  expect(await closeSession(business.businessId, thread.id)).toEqual({ outcome: "none_open" });
  await thread.add({ minutesAgo: 0 });
  await track();
  expect(await pictureOf()).toMatchObject([
    { from: 1, to: 1, reason: "by_hand" },
    { from: 2, to: null },
  ]);
});

it("another business can neither close, list, remember nor rebuild them", async () => {
  const other = await createTestBusiness(test.superuser);
  await thread.add({ minutesAgo: 40 }, { minutesAgo: 1 });
  await track();
  expect(await closeSession(other.businessId, thread.id)).toEqual({ outcome: "not_found" });
  expect(await createListSessions({ database })(other.businessId, thread.id, { limit: 5 })).toBeUndefined();
  const foreign = await createFindSessionMemory({ database })(other.businessId, [thread.id]);
  expect(foreign.get(thread.id)).toEqual({ summarisedTo: null, earlier: [] });
  const seen = createRebuildSessions({ database, settings })({ businessId: other.businessId, conversationId: thread.id, execute: true });
  expect(await Array.fromAsync(seen)).toEqual([]);
});

it("a reply remembers the summaries, newest first, and begins with what the business wrote before the open session", async () => {
  await thread.add({ minutesAgo: 90, text: "first" }, { minutesAgo: 89, author: "ai" }, { minutesAgo: 60, text: "second" });
  await thread.add({ minutesAgo: 5, author: "human", text: "Your appointment is at ten" }, { minutesAgo: 1, text: "yes" });
  await track();
  const memory = await createFindSessionMemory({ database })(business.businessId, [thread.id]);
  expect(memory.get(thread.id)?.summarisedTo).toBe(3);
  expect(memory.get(thread.id)?.earlier.map(({ summary }) => summary)).toEqual(["second", "first"]);
  const page = await createListSessions({ database })(business.businessId, thread.id, { limit: 2 });
  expect(page?.data.map(({ fromSeq }) => fromSeq)).toEqual([5, 3]);
  const next = await createListSessions({ database })(business.businessId, thread.id, { limit: 2, cursor: page?.nextCursor ?? "" });
  expect(next?.data.map(({ summary }) => summary?.text)).toEqual(["first"]);
});
