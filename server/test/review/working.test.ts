// Owns: findings of the review of issue 2 about intake, lanes, turns and identity. Each test is right by DESIGN and fails on the code that was reviewed.
import { afterAll, beforeAll, expect, test as it } from "vitest";
import { createSplitConversations } from "../../src/identity/split-conversations.ts";
import { createMergeByHand } from "../../src/identity/merge-by-hand.ts";
import { defineQuery } from "../../src/db/query.ts";
import { createDatabase } from "../../src/db/database.ts";
import { createWakeUps } from "../../src/lanes/wake-ups.ts";
import { createLaneStore } from "../../src/lanes/lane-store.ts";
import { parseCloudWebhook } from "../../src/whatsapp/parse-webhook.ts";
import { createTestBusiness, type TestBusiness } from "../support/test-business.ts";
import type { TestDatabase } from "../support/test-database.ts";
import { openTestEngine, type TestEngine } from "../support/test-engine.ts";
import { messagesBody, type TestMessage } from "../support/webhook-bodies.ts";
import { bearerFor, createTestHttp, createTestThread } from "../support/test-http.ts";

let test: TestDatabase;
let business: TestBusiness;
let engine: TestEngine;

beforeAll(async () => {
  ({ test, business, engine } = await openTestEngine({ quietMs: 0, ceilingMs: 0 }));
});
// Not the doctor: threads are written here without their lanes.
afterAll(async () => {
  await engine.close();
  await test.close();
});

async function threadOf(value: string): Promise<string | undefined> {
  const { rows } = await test.superuser.query<{ id: string }>("select conversation_id as id from onethread.aliases where value = $1", [
    value,
  ]);
  return rows[0]?.id;
}

async function receiveRaw(...messages: readonly TestMessage[]): Promise<unknown> {
  const parsed = parseCloudWebhook(messagesBody(business.phoneNumberId, ...messages));
  if (parsed.outcome !== "events") throw new Error(parsed.reason);
  return engine.intake.receive(parsed.events);
}

it("a redelivered webhook does not change who a phone number belongs to", async () => {
  const old = { id: "wamid.review-old", from: "13035550001", userId: "US.review.first" };
  await receiveRaw(old);
  await receiveRaw({ id: "wamid.review-new", from: "13035550001", userId: "US.review.second" });
  const second = await threadOf("US.review.second");
  expect(await threadOf("13035550001")).toBe(second);
  expect(await receiveRaw(old)).toMatchObject({ duplicates: 1 });
  expect(await threadOf("13035550001")).toBe(second);
});

it("after a split, what the customer writes goes into their own thread again", async () => {
  const deps = { database: engine.database, log: test.log };
  const wakeUps = createWakeUps({ url: test.url, origin: "another-process", listen: true, log: test.log });
  let heard = Promise.withResolvers<undefined>();
  wakeUps.on("identity", () => {
    engine.intake.forget();
    heard.resolve(undefined);
  });
  wakeUps.start();
  await heard.promise;
  heard = Promise.withResolvers();
  await receiveRaw({ userId: "US.review.a", text: "a1" });
  await receiveRaw({ userId: "US.review.a", text: "a2" });
  await receiveRaw({ userId: "US.review.b", text: "b1" });
  const [a, b] = [(await threadOf("US.review.a")) ?? "", (await threadOf("US.review.b")) ?? ""];
  await createMergeByHand(deps)({ businessId: business.businessId, conversationIds: [a, b], execute: true });
  await receiveRaw({ userId: "US.review.b", text: "b2" });
  await createSplitConversations(deps)({ businessId: business.businessId, conversationId: b, execute: true });
  expect(await threadOf("US.review.b")).toBe(b);
  await heard.promise;
  await wakeUps.stop();
  await receiveRaw({ userId: "US.review.b", text: "b3" });
  const { rows } = await test.superuser.query<{ id: string }>("select conversation_id as id from onethread.messages where text = 'b3'");
  expect(rows[0]?.id).toBe(b);
});

it("a reply that the database refuses ends its turn all the same, and harms no other conversation", async () => {
  await test.superuser.query("update onethread.lanes set check_at = now() + interval '1 hour' where check_at is not null");
  await engine.receive(business, { from: "13035550011", text: "good" }, { from: "13035550012", text: "bad" });
  engine.responder.answer = ({ burst }) => ({ outcome: "reply", texts: [burst[0]?.text === "bad" ? "nothing\0here" : "fine"] });
  const lanes = await engine.claim("reply");
  const results = await Promise.allSettled(lanes.map((lane) => engine.turn(lane)));
  engine.responder.answer = ({ burst }) => ({ outcome: "reply", texts: [`reply to ${String(burst.length)}`] });
  expect(results.map(({ status }) => status)).toEqual(["fulfilled", "fulfilled"]);
});

it("a turn that could not be written eight times ends as failed, for people to see, and the thread goes on", async () => {
  const from = "13035550088";
  await receiveRaw({ from, text: "poisoned" });
  const thread = await threadOf(from);
  await test.superuser.query("update onethread.lanes set attempts = 8 where conversation_id = $1 and kind = 'reply'", [thread]);
  for (const lane of await engine.claim("reply")) await engine.turn(lane);
  await receiveRaw({ from, text: "again" });
  for (const lane of await engine.claim("reply")) await engine.turn(lane);
  const { rows } = await test.superuser.query("select state, reason from onethread.turns where conversation_id = $1 order by covers_from", [
    thread,
  ]);
  expect(rows).toEqual([
    { state: "failed", reason: "gave_up" },
    { state: "replied", reason: null },
  ]);
});

it("a business whose customers are still writing does not keep the next one from its turn", async () => {
  await test.superuser.query("update onethread.lanes set check_at = now() + interval '1 hour' where check_at is not null");
  const made: TestBusiness[] = [];
  for (let n = 0; n < 4; n += 1) made.push(await createTestBusiness(test.superuser, { quietMs: 0, ceilingMs: 0 }));
  const [first, second, writing, last] = made.sort((x, y) => (x.businessId < y.businessId ? -1 : 1));
  if (first === undefined || second === undefined || writing === undefined || last === undefined) throw new Error("four businesses");
  await test.superuser.query("update onethread.businesses set quiet_ms = 60000, ceiling_ms = 60000 where id = $1", [writing.businessId]);
  for (const one of [first, second, writing, last]) {
    const messages = Array.from({ length: one === last ? 1 : 20 }, (_, n) => ({ from: String(13_035_551_000 + n) }));
    const parsed = parseCloudWebhook(messagesBody(one.phoneNumberId, ...messages));
    if (parsed.outcome === "events") await engine.intake.receive(parsed.events);
    await test.superuser.query(
      "update onethread.lanes set check_at = now() - interval '1 second' where business_id = $1 and kind = 'reply'",
      [one.businessId],
    );
  }
  const store = createLaneStore(engine.database.acrossBusinesses);
  const served: string[] = [];
  for (let n = 0; n < 8; n += 1) {
    for (const lane of await store.claim({ kind: "reply", limit: 1, leaseMs: 60_000, owner: "test" })) served.push(lane.businessId);
  }
  expect(served).toContain(last.businessId);
});

it.for(["/conversations?q=%00", "/conversations?q=a%00b"])(
  "a request that PostgreSQL cannot hold is the caller's fault: %s",
  async (path) => {
    const http = createTestHttp(engine.database, test.log, { services: engine.services });
    const headers = await bearerFor(engine.database, business.businessId);
    const answer = await http.app.inject({ url: `/api/v1${path}`, headers });
    await http.app.close();
    expect(answer.statusCode).toBeLessThan(500);
  },
);

it("a reason with U+0000 pauses, or is refused, but is not our failure", async () => {
  const http = createTestHttp(engine.database, test.log, { services: engine.services });
  const headers = await bearerFor(engine.database, business.businessId);
  const id = await createTestThread(test, business);
  const answer = await http.app.inject({ method: "POST", url: `/api/v1/conversations/${id}/pause`, headers, payload: { reason: "a\0b" } });
  await http.app.close();
  expect(answer.statusCode).toBeLessThan(500);
});

it("a cursor with a day that does not exist is the caller's fault", async () => {
  const http = createTestHttp(engine.database, test.log, { services: engine.services });
  const headers = await bearerFor(engine.database, business.businessId);
  const cursor = Buffer.from(JSON.stringify(["2026-02-30 10:00:00+00", "00000000-0000-7000-8000-000000000000"])).toString("base64url");
  const answer = await http.app.inject({ url: `/api/v1/conversations?cursor=${cursor}`, headers });
  await http.app.close();
  expect(answer.statusCode).toBe(400);
});

it("a connection to a server that has become read-only is given up", async () => {
  const database = createDatabase({ url: test.url, appConnections: 1, ingestConnections: 1, applicationName: "review", log: test.log });
  const becomeReadOnly = defineQuery({
    name: "review.become-read-only",
    role: "ingest",
    columns: { value: "text" },
    params: {},
    text: "select set_config('default_transaction_read_only', 'on', false) as value",
  });
  const write = defineQuery({
    name: "review.write",
    role: "ingest",
    columns: { count: "int8" },
    params: {},
    text: "with written as (update conversations set updated_at = updated_at where false returning 1) select count(*) as count from written",
  });
  try {
    await database.batches.run(becomeReadOnly, {});
    await expect(database.batches.run(write, {})).rejects.toMatchObject({ code: "25006" });
    await expect(database.batches.run(write, {})).resolves.toEqual([{ count: 0 }]);
  } finally {
    await database.close();
  }
});
