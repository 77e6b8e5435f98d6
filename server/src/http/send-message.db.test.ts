// Proves what the API promises about sending: once per idempotency key, only into an open window, all or nothing.
import { afterAll, beforeAll, expect, test as it } from "vitest";
import type { Database } from "../db/database.ts";
import { newId } from "../kernel/ids.ts";
import { createTestBusiness, type TestBusiness } from "../../test/support/test-business.ts";
import { createTestDatabase, type TestDatabase } from "../../test/support/test-database.ts";
import { bearerFor, createTestHttp, createTestThread, type TestHttp } from "../../test/support/test-http.ts";

const HELLO = { type: "text", text: { body: "Hello" } };
const TEMPLATE = { type: "template", template: { name: "order_ready", language: { code: "en_US" } } };

let test: TestDatabase;
let database: Database;
let business: TestBusiness;
let http: TestHttp;
let headers: { readonly authorization: string };

beforeAll(async () => {
  test = await createTestDatabase();
  database = test.open();
  business = await createTestBusiness(test.superuser);
  http = createTestHttp(database, test.log);
  headers = await bearerFor(database, business.businessId);
});

afterAll(async () => {
  await http.app.close();
  await test.close();
});

interface SendOptions {
  readonly body?: object;
  readonly key?: string;
}

async function send(
  conversationId: string,
  { body = HELLO, key }: SendOptions = {},
): Promise<{ status: number; json: Record<string, unknown> }> {
  const answer = await http.app.inject({
    method: "POST",
    url: `/api/v1/conversations/${conversationId}/messages`,
    headers: { ...headers, ...(key === undefined ? {} : { "idempotency-key": key }) },
    payload: body,
  });
  return { status: answer.statusCode, json: answer.json() };
}

async function rowsOf(conversationId: string): Promise<{ messages: number; lastSeq: number; wanted: number | null }> {
  const { rows } = await test.superuser.query<{ messages: number; last_seq: number; wanted: number | null }>(
    `select (select count(*)::int from messages m where m.conversation_id = c.id and m.direction = 'out') as messages, c.last_seq::int,
       (select wanted::int from lanes l where l.conversation_id = c.id and l.kind = 'send') as wanted from conversations c where c.id = $1`,
    [conversationId],
  );
  const [row] = rows;
  if (row === undefined) throw new Error("no conversation");
  return { messages: row.messages, lastSeq: row.last_seq, wanted: row.wanted };
}

it("a message that is sent is queued at the next position, and its lane is awake", async () => {
  const id = await createTestThread(test, business);
  http.woken.length = 0;
  const { status, json } = await send(id, { body: { ...HELLO, context: { message_id: "wamid.quoted" } } });
  expect(status).toBe(202);
  expect(json).toMatchObject({
    conversationId: id,
    seq: 2,
    status: "queued",
    author: "api",
    direction: "out",
    text: "Hello",
    content: HELLO,
  });
  expect(json["quotedProviderMessageId"]).toBe("wamid.quoted");
  expect(await rowsOf(id)).toEqual({ messages: 1, lastSeq: 2, wanted: 2 });
  expect(http.woken).toEqual(["send"]);
});

it("50 equal requests at once under one idempotency key are one message and one answer", async () => {
  const id = await createTestThread(test, business);
  const answers = await Promise.all(Array.from({ length: 50 }, () => send(id, { key: "same-50" })));
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202]));
  expect(new Set(answers.map(({ json }) => JSON.stringify(json))).size).toBe(1);
  expect(await rowsOf(id)).toEqual({ messages: 1, lastSeq: 2, wanted: 2 });
});

it("50 different requests at once are 50 messages without a gap in their positions", async () => {
  const id = await createTestThread(test, business);
  const answers = await Promise.all(Array.from({ length: 50 }, (_, index) => send(id, { key: `different-${String(index)}` })));
  expect(answers.map(({ json }) => Number(json["seq"])).sort((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, index) => index + 2));
  expect(await rowsOf(id)).toEqual({ messages: 50, lastSeq: 51, wanted: 51 });
});

it("the answer of an idempotency key stays the same after the message went on", async () => {
  const id = await createTestThread(test, business);
  const first = await send(id, { key: "went-on" });
  await test.superuser.query(
    "update messages set status = 'accepted', provider_message_id = 'wamid.x', accepted_at = now() where id = $1",
    [first.json["id"]],
  );
  await test.superuser.query("update conversations set last_customer_message_at = now() - interval '3 days' where id = $1", [id]);
  expect(await send(id, { key: "went-on" })).toEqual(first);
});

it("an idempotency key with another body or another conversation is refused", async () => {
  const id = await createTestThread(test, business);
  await send(id, { key: "other" });
  const otherBody = await send(id, { key: "other", body: { type: "text", text: { body: "Bye" } } });
  const otherThread = await send(await createTestThread(test, business), { key: "other" });
  for (const { status, json } of [otherBody, otherThread]) expect([status, json["code"]]).toEqual([422, "idempotency_conflict"]);
  expect((await rowsOf(id)).messages).toBe(1);
});

it("the order of keys in the body does not make another request of it", async () => {
  const id = await createTestThread(test, business);
  await send(id, { key: "ordered", body: { type: "text", text: { body: "A", preview_url: false } } });
  expect((await send(id, { key: "ordered", body: { text: { preview_url: false, body: "A" }, type: "text" } })).status).toBe(202);
  expect((await rowsOf(id)).messages).toBe(1);
});

it("outside the 24 hours only a template is taken, and a refused key can be used later", async () => {
  const id = await createTestThread(test, { ...business, quietForMs: 86_400_000 + 1_000 });
  const refused = await send(id, { key: "window" });
  expect([refused.status, refused.json["code"]]).toEqual([409, "window_closed"]);
  expect(await rowsOf(id)).toEqual({ messages: 0, lastSeq: 1, wanted: null });
  expect((await send(id, { body: TEMPLATE })).status).toBe(202);
  await test.superuser.query("update conversations set last_customer_message_at = now() where id = $1", [id]);
  expect((await send(id, { key: "window" })).status).toBe(202);
});

it("nothing is taken for a customer who opted out, or without an address", async () => {
  const optedOut = await createTestThread(test, business);
  await test.superuser.query("update conversations set opted_out_at = now() where id = $1", [optedOut]);
  const nowhere = await createTestThread(test, business);
  await test.superuser.query("update conversations set reply_channel_id = null, reply_kind = null, reply_address = null where id = $1", [
    nowhere,
  ]);
  expect((await send(optedOut, { body: TEMPLATE })).json["code"]).toBe("opted_out");
  expect((await send(nowhere)).json["code"]).toBe("no_address");
  expect(await rowsOf(optedOut)).toEqual({ messages: 0, lastSeq: 1, wanted: null });
});

it("content that WhatsApp would refuse is refused with a sentence", async () => {
  const id = await createTestThread(test, business);
  for (const body of [
    { type: "text" },
    { type: "text", text: { body: "" } },
    { type: "fax", fax: {} },
    { ...HELLO, context: { message_id: "" } },
  ]) {
    const { status, json } = await send(id, { body });
    expect([status, json["code"]]).toEqual([422, "invalid_content"]);
  }
  expect((await rowsOf(id)).messages).toBe(0);
});

it("a message to a merged conversation goes to its winner", async () => {
  const winner = await createTestThread(test, business);
  const loser = await createTestThread(test, business);
  await test.superuser.query("update conversations set merged_into = $2 where id = $1", [loser, winner]);
  expect((await send(loser)).json["conversationId"]).toBe(winner);
});

it("however often a send is refused, it is refused on the same few connections", async () => {
  const closed = await createTestThread(test, { ...business, quietForMs: 25 * 3_600_000 });
  const backends = new Set<string>();
  const look = async (): Promise<void> => {
    const { rows } = await test.superuser.query<{ backend: string }>(
      "select pid || ' ' || backend_start as backend from pg_stat_activity where datname = current_database() and application_name = 'test-app'",
    );
    for (const { backend } of rows) backends.add(backend);
  };
  for (let times = 0; times < 30; times += 1) {
    expect((await send(closed)).status).toBe(409);
    expect((await send(newId())).status).toBe(404);
    await look();
  }
  // Those of the pool, however many tests before this one have opened.
  expect(backends.size).toBeLessThanOrEqual(8);
});

it("a message is pinned in a group only; elsewhere the refusal says so, and nothing is stored", async () => {
  const id = await createTestThread(test, business);
  const pin = { type: "pin", pin: { type: "pin", message_id: "wamid.B10", expiration_days: 7 } };
  const refused = await send(id, { body: pin });
  expect(refused.status).toBe(422);
  expect(refused.json).toMatchObject({ detail: expect.stringContaining("in a group") as string });
  expect(await rowsOf(id)).toMatchObject({ messages: 0 });
  await test.superuser.query(
    "update onethread.conversations set reply_kind = 'group', reply_address = '120363041234567890' where id = $1",
    [id],
  );
  expect(await send(id, { body: pin })).toMatchObject({ status: 202, json: { type: "pin", text: "Pinned a message for 7 days" } });
  expect(await send(id, { body: { type: "pin", pin: { type: "unpin", message_id: "wamid.B10" } } })).toMatchObject({
    status: 202,
    json: { text: "Unpinned a message" },
  });
});
