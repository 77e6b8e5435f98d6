// Proves that a burst which is asked again, by a model that remembers nothing and says things in other words, repeats nothing and leaves out nothing.
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { eventually } from "../../test/support/eventually.ts";
import { createTestBusiness, type TestBusiness } from "../../test/support/test-business.ts";
import { createTestDatabase, type TestDatabase } from "../../test/support/test-database.ts";
import { createTestThread } from "../../test/support/test-http.ts";
import { addTool, contextOf, createTestTools, type TestTools } from "../../test/support/test-tools.ts";
import { startHttpTarget, type HttpTarget } from "../../test/support/tool-target.ts";
import type { Database } from "../db/database.ts";
import { newId, type ConversationId } from "../kernel/ids.ts";
import { createToolCalls, type ToolCalls } from "./tool-calls.ts";

let db: TestDatabase;
let database: Database;
let target: HttpTarget;
let tools: TestTools;
let business: TestBusiness;
let place: { readonly businessId: TestBusiness["businessId"]; readonly conversationId: ConversationId };
let decisions: ToolCalls;
const never = new AbortController().signal;

beforeAll(async () => {
  db = await createTestDatabase();
  database = db.open();
  tools = createTestTools({ database, log: db.log });
  decisions = createToolCalls({ database, wake: () => undefined });
});
afterAll(async () => {
  await tools.close();
  await target.close();
  await db.close();
});
beforeEach(async () => {
  await (target as HttpTarget | undefined)?.close();
  target = await startHttpTarget();
  business = await createTestBusiness(db.superuser);
  place = { businessId: business.businessId, conversationId: await createTestThread(db, business) };
});

const parameters = { type: "object", properties: { a: { type: "integer" }, b: { type: "string" } } };
const post = (name: string, path: string, needsApproval = false) =>
  addTool(database, business.businessId, { name, needsApproval, definition: { method: "POST", url: target.url + path, parameters } });

async function waitingCall(): Promise<string> {
  await tools.call(contextOf(place), "book", { a: 1 });
  const { data } = await decisions.list(business.businessId, { limit: 10, state: "waiting" });
  return data[0]?.id ?? "";
}

const approve = (callId: string) => decisions.decide({ businessId: business.businessId, callId, decision: "approved", by: "Ana" });

async function endBurst(state: "handed_off" | "skipped", reason: string): Promise<void> {
  await db.superuser.query(
    `insert into onethread.turns (business_id, id, conversation_id, covers_from, covers_to, state, reason, attempts, fence, started_at, finished_at)
     values ($1, $2, $3, 1, 1, $4, $5, 1, 1, now(), now())`,
    [place.businessId, newId(), place.conversationId, state, reason],
  );
}

test("an approved call is made with the arguments that the person saw, although nobody asks for it again", async () => {
  await post("book", "/ok", true);
  const callId = await waitingCall();
  await approve(callId);
  const set = await tools.set(contextOf(place));
  expect(target.seen.map(({ body, headers }) => [JSON.parse(body) as unknown, headers["idempotency-key"]])).toEqual([[{ a: 1 }, callId]]);
  expect(set.earlierCalls).toMatchObject([{ tool: "book", arguments: { a: 1 }, state: "done", report: { status: 200 } }]);
  expect(set.calls).toMatchObject([{ tool: "book", state: "done" }]);
  await set.close();
  const later = await tools.set(contextOf(place));
  expect([later.calls, later.earlierCalls.length, target.seen.length]).toEqual([[], 1, 1]);
  await later.close();
});

test("what a burst has called is told to its next turn: done, refused, of unknown fate, waiting; not what only reads, and not of another burst", async () => {
  await post("book", "/ok");
  await post("gone", "/cut");
  await post("ask", "/ok", true);
  await addTool(database, business.businessId, { name: "look", definition: { url: `${target.url}/ok` } });
  await tools.call(contextOf(place), "book", { a: 1 });
  await tools.call(contextOf(place), "gone", { a: 2 });
  await tools.call(contextOf(place), "look", {});
  for (const a of [3, 4]) await tools.call(contextOf(place), "ask", { a });
  const { data } = await decisions.list(business.businessId, { limit: 10, state: "waiting" });
  const denied = data.find((call) => call.arguments["a"] === 3)?.id ?? "";
  await decisions.decide({ businessId: business.businessId, callId: denied, decision: "denied", by: "Ana" });
  const set = await tools.set(contextOf(place));
  expect(set.earlierCalls.map(({ tool, state, arguments: args }) => [tool, state, args])).toEqual([
    ["book", "done", { a: 1 }],
    ["gone", "unknown", { a: 2 }],
    ["ask", "denied", { a: 3 }],
    ["ask", "waiting", { a: 4 }],
  ]);
  await set.close();
  const other = await tools.set(contextOf(place, { answeredTo: 5 }));
  expect(other.earlierCalls).toEqual([]);
  await other.close();
});

test("of two processes that find an approved call at the same moment one makes it, and both know its result", async () => {
  await post("book", "/slow", true);
  await approve(await waitingCall());
  const second = createTestTools({ database: db.open(), log: db.log });
  // Holds the row, so that both have read "approved" before either may start.
  const holder = await db.superuser.connect();
  await holder.query("begin");
  await holder.query("select 1 from onethread.tool_calls where business_id = $1 for update", [business.businessId]);
  const opened = [tools, second].map((one) => one.set(contextOf(place)));
  await eventually(
    async () => {
      const { rows } = await db.superuser.query<{ count: string }>(
        "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' and query like '%tools.start-recorded-call%'",
      );
      return Number(rows[0]?.count);
    },
    (count) => count === 2,
    { what: "two processes that are about to start the call" },
  );
  await holder.query("commit");
  holder.release();
  await target.awaitSeen(1);
  // The loser looks at the row again and again; it is settled by the answer of the only request.
  target.release();
  const sets = await Promise.all(opened);
  expect(sets.map(({ earlierCalls }) => earlierCalls.map(({ state }) => state))).toEqual([["done"], ["done"]]);
  expect(target.seen).toHaveLength(1);
  for (const set of sets) await set.close();
  await second.close();
});

test("a call whose burst is over does not wait any more: it is shown as expired, and in no list of what waits", async () => {
  await post("book", "/ok", true);
  const callId = await waitingCall();
  await endBurst("handed_off", "approval_expired");
  const list = async (state?: "waiting" | "expired") => (await decisions.list(business.businessId, { limit: 10, state })).data;
  expect(await list("waiting")).toEqual([]);
  expect(await list("expired")).toMatchObject([{ id: callId, state: "expired" }]);
  expect(await list()).toMatchObject([{ id: callId, state: "expired" }]);
  expect(await decisions.find(business.businessId, callId)).toMatchObject({ state: "expired" });
  expect(await approve(callId)).toEqual({ outcome: "over" });
});

test("nothing is begun for a burst that has its answer", async () => {
  await post("book", "/ok");
  await endBurst("skipped", "stale");
  const set = await tools.set(contextOf(place));
  expect(await set.call("book", { a: 1 }, never)).toMatchObject({ outcome: "error", error: expect.stringContaining("stopped") });
  await set.close();
  expect(target.seen).toEqual([]);
});
