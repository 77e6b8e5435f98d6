import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { createTestBusiness, type TestBusiness } from "../../test/support/test-business.ts";
import { createTestDatabase, type TestDatabase } from "../../test/support/test-database.ts";
import { createTestThread } from "../../test/support/test-http.ts";
import { addTool, contextOf, createTestTools, type TestTools } from "../../test/support/test-tools.ts";
import { startHttpTarget, type HttpTarget } from "../../test/support/tool-target.ts";
import type { Database } from "../db/database.ts";
import type { FailPoint, FailPoints } from "../kernel/fail-points.ts";
import { hashOfJson } from "../kernel/hash-json.ts";
import { newId, type ConversationId } from "../kernel/ids.ts";
import type { Json } from "../kernel/json.ts";
import { createToolCalls } from "./tool-calls.ts";

let db: TestDatabase;
let database: Database;
let target: HttpTarget;
let tools: TestTools;
let business: TestBusiness;
let place: { readonly businessId: TestBusiness["businessId"]; readonly conversationId: ConversationId };
const woken: string[] = [];

beforeAll(async () => {
  db = await createTestDatabase();
  database = db.open();
  tools = createTestTools({ database, log: db.log });
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
  woken.length = 0;
});

const parameters = { type: "object", properties: { a: { type: "integer" }, b: { type: "string" } } };
const post = (path: string, needsApproval = false) =>
  addTool(database, business.businessId, {
    name: "book",
    needsApproval,
    definition: { method: "POST", url: target.url + path, parameters },
  });
const get = (path: string) =>
  addTool(database, business.businessId, { name: "look", definition: { url: target.url + path, query: { a: "{a}" }, parameters } });

async function calls() {
  const { rows } = await db.superuser.query<{ id: string; state: string; attempts: number }>(
    "select id, state, attempts, decided_by from onethread.tool_calls where business_id = $1 order by created_at, id",
    [business.businessId],
  );
  return rows;
}

/** As after a crash long ago: whoever made the call is not there any more. */
async function letTimePass(): Promise<void> {
  await db.superuser.query("update onethread.tool_calls set started_at = started_at - interval '1 hour' where business_id = $1", [
    business.businessId,
  ]);
}

/** The process ends at this point: nothing that comes after it happens. */
const dyingAt = (point: FailPoint): FailPoints => ({
  hit: (reached) => (reached === point ? Promise.reject(new Error("died")) : undefined),
});

test("twenty at once in four processes make one call, and all are told the same", async () => {
  await post("/ok");
  const processes = [0, 1, 2, 3].map(() => createTestTools({ database: db.open(), log: db.log }));
  const told = await Promise.all(
    Array.from({ length: 20 }, (_, nth) =>
      (processes[nth % 4] ?? tools).call(contextOf(place), "book", nth % 2 === 0 ? { a: 1, b: "x" } : { b: "x", a: 1 }),
    ),
  );
  expect(target.seen.length).toBe(1);
  expect(new Set(told.map((one) => hashOfJson(one as unknown as Json))).size).toBe(1);
  expect(told[0]).toMatchObject({ outcome: "result" });
  expect(await calls()).toMatchObject([{ state: "done", attempts: 1 }]);
  for (const one of processes) await one.close();
});

test("a call is one of its burst, its tool and its arguments: another of each is another call", async () => {
  await post("/ok");
  await tools.call(contextOf(place), "book", { a: 1 });
  await tools.call(contextOf(place), "book", { a: 2 });
  await tools.call(contextOf(place, { answeredTo: 5 }), "book", { a: 1 });
  await tools.call(contextOf(place), "book", { a: 1 });
  expect(target.seen.length).toBe(3);
});

test("a process that dies before the request or after it leaves a call that is never made again, and the model is told so", async () => {
  await post("/ok");
  for (const [nth, point] of (["tool.before-request", "tool.after-request"] as const).entries()) {
    const dying = createTestTools({ database, log: db.log, failPoints: dyingAt(point) });
    await expect(dying.call(contextOf(place), "book", { a: nth })).rejects.toThrow("died");
    await dying.close();
    await letTimePass();
    const told = await tools.call(contextOf(place), "book", { a: nth });
    expect(told).toMatchObject({ outcome: "error", error: expect.stringMatching(/not known.*handoff/) });
    expect(target.seen.length).toBe(nth);
    expect((await calls())[nth]).toMatchObject({ state: "unknown", attempts: 1 });
  }
});

test("what only reads is asked again after a crash", async () => {
  await get("/ok");
  const dying = createTestTools({ database, log: db.log, failPoints: dyingAt("tool.after-request") });
  await expect(dying.call(contextOf(place), "look", { a: 1 })).rejects.toThrow("died");
  await dying.close();
  await letTimePass();
  expect(await tools.call(contextOf(place), "look", { a: 1 })).toMatchObject({ outcome: "result" });
  expect(target.seen.length).toBe(2);
  expect(await calls()).toMatchObject([{ state: "done", attempts: 2 }]);
});

test("a turn that is stopped in the middle of a call lets it end; the next turn of the burst gets its result", async () => {
  await post("/slow");
  const stop = new AbortController();
  const first = await tools.set(contextOf(place));
  const stopped = first.call("book", { a: 1 }, stop.signal);
  await target.awaitSeen(1);
  stop.abort();
  expect(await stopped).toMatchObject({ outcome: "error", error: expect.stringContaining("stopped") });
  await first.close();
  const second = tools.call(contextOf(place), "book", { a: 1 });
  target.release();
  expect(await second).toMatchObject({ outcome: "result", result: { body: { booked: true } } });
  expect(target.seen.length).toBe(1);
  await tools.open.idle();
});

test("no business sees or repeats the calls and the tools of another", async () => {
  await post("/ok");
  await tools.call(contextOf(place), "book", { a: 1 });
  const other = await createTestBusiness(db.superuser);
  const elsewhere = { businessId: other.businessId, conversationId: await createTestThread(db, other) };
  expect(await tools.call(contextOf(elsewhere), "book", { a: 1 })).toMatchObject({ error: expect.stringContaining("no tool") });
  const decisions = createToolCalls({ database, wake: () => undefined });
  expect((await decisions.list(other.businessId, { limit: 10 })).data).toEqual([]);
  const callId = (await calls())[0]?.id ?? "";
  expect(await decisions.find(other.businessId, callId)).toBeUndefined();
  expect(await decisions.decide({ businessId: other.businessId, callId, decision: "approved", by: "api" })).toEqual({
    outcome: "not_found",
  });
});

async function eventsOf(callId: string | undefined): Promise<readonly string[]> {
  const { rows } = await db.superuser.query<{ type: string }>("select type from onethread.events where subject_id = $1 order by at, id", [
    callId,
  ]);
  return rows.map(({ type }) => type);
}

async function park(): Promise<void> {
  await db.superuser.query(
    `insert into onethread.lanes (business_id, conversation_id, kind, check_at, first_at, last_at, wanted, parked)
     values ($1, $2, 'reply', now() + interval '1 hour', now(), now(), 1, true)`,
    [place.businessId, place.conversationId],
  );
}

async function isDue(): Promise<boolean> {
  const { rows } = await db.superuser.query<{ due: boolean }>(
    "select check_at <= now() as due from onethread.lanes where conversation_id = $1",
    [place.conversationId],
  );
  return rows[0]?.due ?? false;
}

test("a call that needs a person waits for them, is made once when they approve, and the reply goes on at once", async () => {
  await post("/ok", true);
  await park();
  const decisions = createToolCalls({ database, wake: (kind) => woken.push(kind) });
  for (let turn = 0; turn < 3; turn += 1) expect(await tools.call(contextOf(place), "book", { a: 1 })).toEqual({ outcome: "waits" });
  expect(target.seen).toEqual([]);
  const callId = (await calls())[0]?.id ?? "";
  expect((await decisions.list(place.businessId, { limit: 10, state: "waiting" })).data.map(({ id }) => id)).toEqual([callId]);
  const approve = { businessId: place.businessId, callId, decision: "approved", by: "api" } as const;
  const outcomes = await Promise.all([
    decisions.decide(approve),
    decisions.decide(approve),
    decisions.decide({ ...approve, decision: "denied" }),
  ]);
  const winner = outcomes.find(({ outcome }) => outcome === "decided");
  expect(winner).toMatchObject({ outcome: "decided", call: { decidedBy: "api" } });
  expect(await isDue()).toBe(true);
  expect(woken).toContain("reply");
  const isApproved = winner?.outcome === "decided" && winner.call.state === "approved";
  expect(await eventsOf(callId)).toEqual(["tool-call.waiting", isApproved ? "tool-call.approved" : "tool-call.denied"]);
});

test("an approved call is made once over all turns, with many at the same time; the opposite decision comes too late", async () => {
  await post("/ok", true);
  const decisions = createToolCalls({ database, wake: () => undefined });
  await tools.call(contextOf(place), "book", { a: 1 });
  const callId = (await calls())[0]?.id ?? "";
  const approve = { businessId: place.businessId, callId, decision: "approved", by: "Ana" } as const;
  expect(await decisions.decide(approve)).toMatchObject({ outcome: "decided", call: { state: "approved", decidedBy: "Ana" } });
  const told = await Promise.all(Array.from({ length: 8 }, () => tools.call(contextOf(place), "book", { a: 1 })));
  expect(new Set(told.map(({ outcome }) => outcome))).toEqual(new Set(["result"]));
  expect(target.seen.length).toBe(1);
  expect(await decisions.decide(approve)).toMatchObject({ outcome: "decided", call: { state: "done" } });
  expect(await decisions.decide({ ...approve, decision: "denied" })).toEqual({ outcome: "decided_otherwise", decided: "approved" });
  expect(await eventsOf(callId)).toEqual(["tool-call.waiting", "tool-call.approved"]);
});

test("a denied call is not made, and the model is told that a person refused", async () => {
  await post("/ok", true);
  const decisions = createToolCalls({ database, wake: () => undefined });
  await tools.call(contextOf(place), "book", { a: 1 });
  const callId = (await calls())[0]?.id ?? "";
  await decisions.decide({ businessId: place.businessId, callId, decision: "denied", by: "api" });
  expect(await tools.call(contextOf(place), "book", { a: 1 })).toMatchObject({
    outcome: "error",
    error: expect.stringContaining("refused"),
  });
  expect(target.seen).toEqual([]);
});

test("a call whose burst has its answer cannot be approved any more", async () => {
  await post("/ok", true);
  const decisions = createToolCalls({ database, wake: () => undefined });
  await tools.call(contextOf(place), "book", { a: 1 });
  const callId = (await calls())[0]?.id ?? "";
  await db.superuser.query(
    `insert into onethread.turns (business_id, id, conversation_id, covers_from, covers_to, state, reason, attempts, fence, started_at, finished_at)
     values ($1, $2, $3, 1, 1, 'skipped', 'stale', 1, 1, now(), now())`,
    [place.businessId, newId(), place.conversationId],
  );
  expect(await decisions.decide({ businessId: place.businessId, callId, decision: "approved", by: "api" })).toEqual({ outcome: "over" });
  expect((await calls())[0]?.state).toBe("waiting");
});
