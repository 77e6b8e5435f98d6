// Proves what people may do about messages that have not simply gone out: cancelled is not sent, whatever happens at the same moment; unknown is settled once, and a
// later status counts more; a failed one goes out again once.
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, beforeEach, expect, test as it } from "vitest";
import type { TestBusiness } from "../../test/support/test-business.ts";
import type { TestDatabase } from "../../test/support/test-database.ts";
import { closeTestEngine, openTestEngine, type TestEngine } from "../../test/support/test-engine.ts";
import { bearerFor, createTestHttp, type TestHttp } from "../../test/support/test-http.ts";
import { webhookBody } from "../../test/support/webhook-bodies.ts";
import { createReleaseScheduled } from "./release-scheduled.ts";
import { parseCloudWebhook } from "../whatsapp/parse-webhook.ts";

let test: TestDatabase;
let business: TestBusiness;
let engine: TestEngine;
let http: TestHttp;
let headers: Readonly<Record<string, string>>;
let from = "";
let people = 0;

beforeAll(async () => {
  ({ test, business, engine } = await openTestEngine({ quietMs: 0, ceilingMs: 0 }));
  await engine.services.changeBusiness(business.businessId, { aiEnabled: false });
  http = createTestHttp(engine.database, test.log, { services: engine.services });
  headers = await bearerFor(engine.database, business.businessId);
});
beforeEach(async () => {
  people += 1;
  from = `1303888${String(1000 + people)}`;
  await engine.receive(business, { from, text: "hello" });
});
afterAll(async () => {
  await http.app.close();
  await closeTestEngine(engine, test);
});

async function post(path: string, payload?: object): Promise<{ status: number; json: Record<string, unknown> }> {
  const answer = await http.app.inject({
    method: "POST",
    url: `/api/v1/messages/${path}`,
    headers,
    ...(payload === undefined ? {} : { payload }),
  });
  return { status: answer.statusCode, json: answer.json() };
}
const open = async (status: string): Promise<readonly string[]> => {
  const answer = await http.app.inject({ url: `/api/v1/messages?status=${status}`, headers });
  return answer.json<{ data: { id: string }[] }>().data.map(({ id }) => id);
};
async function deliver(): Promise<void> {
  await engine.expireLeases();
  for (const lane of await engine.claim("send")) await engine.deliver(lane);
}
/** A worker died while it was being sent. */
async function makeUnknown(): Promise<string> {
  const id = await engine.send(business, from, "Did you get this?");
  await test.superuser.query("update onethread.messages set status = 'sending', attempts = 1, attempted_at = now() where id = $1", [id]);
  await deliver();
  return id;
}
async function stateOf(id: string): Promise<unknown> {
  const { rows } = await test.superuser.query("select status, error_code from onethread.messages where id = $1", [id]);
  return rows[0] as unknown;
}
async function events(id: string): Promise<unknown> {
  const { rows } = await test.superuser.query("select type, data from onethread.events where subject_id = $1 order by at", [id]);
  return rows as unknown;
}
async function conversation(): Promise<string> {
  const { rows } = await test.superuser.query<{ id: string }>("select conversation_id as id from onethread.aliases where value = $1", [
    from,
  ]);
  return rows[0]?.id ?? "";
}
async function patch(id: string, sendAt: string): Promise<{ status: number; json: Record<string, unknown> }> {
  const answer = await http.app.inject({ method: "PATCH", url: `/api/v1/messages/${id}`, headers, payload: { sendAt } });
  return { status: answer.statusCode, json: answer.json() };
}
/** One pass of the scheduler. */
const release = (): Promise<number> => createReleaseScheduled({ database: engine.database, log: test.log, wake: () => undefined })();
const outbox = (): number => engine.simulator.outboxCount({ to: from });

it("a queued message that is cancelled is not sent, what comes after it is; cancelled twice it is cancelled once", async () => {
  const [first, second] = [await engine.send(business, from, "one"), await engine.send(business, from, "two")];
  expect(await open("queued")).toEqual([first, second]);
  expect(await post(`${first}/cancel`)).toMatchObject({ status: 200, json: { status: "cancelled", error: { code: "cancelled" } } });
  expect(await post(`${first}/cancel`)).toMatchObject({ status: 409, json: { code: "message_not_queued" } });
  await deliver();
  expect(engine.simulator.outbox({ to: from }).map(({ body }) => body["text"])).toEqual([{ body: "two" }]);
  expect(await events(first)).toEqual([{ type: "message.cancelled", data: {} }]);
  expect(await post(`${second}/cancel`)).toMatchObject({ status: 409, json: { code: "message_not_queued" } });
  // Thought better of.
  const again = await post(`${first}/retry`);
  expect(again).toMatchObject({ status: 202, json: { status: "queued", text: "one" } });
  expect((await post(`${first}/retry`)).json["id"]).toBe(again.json["id"]);
  await deliver();
  expect(outbox()).toBe(2);
});

it("a cancellation that commits while a send begins keeps it from leaving", async () => {
  const id = await engine.send(business, from, "one");
  const holder = await test.superuser.connect();
  try {
    await holder.query("begin");
    await holder.query(
      "update onethread.messages set status = 'cancelled', failed_at = now(), error_code = 'cancelled' where id = $1 and status = 'queued'",
      [id],
    );
    const sending = deliver();
    // Until the send waits for the row of the message.
    for (let waiting = 0; waiting === 0;) {
      await delay(5);
      const { rows } = await test.superuser.query<{ count: string }>(
        "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
      );
      waiting = Number(rows[0]?.count);
    }
    await holder.query("commit");
    await sending;
  } finally {
    holder.release();
  }
  expect([outbox(), await stateOf(id)]).toEqual([0, { status: "cancelled", error_code: "cancelled" }]);
});

it("an unknown message is settled once by a person; a status of the platform that comes later moves it on", async () => {
  const id = await makeUnknown();
  expect(await open("unknown")).toContain(id);
  expect(await post(`${id}/retry`)).toMatchObject({ status: 409, json: { code: "message_not_failed" } });
  expect(await post(`${id}/settle`, { as: "accepted", resend: true })).toMatchObject({ status: 400 });
  expect(await post(`${id}/settle`, { as: "accepted" })).toMatchObject({
    status: 200,
    json: { message: { status: "accepted" }, resent: null },
  });
  expect(await post(`${id}/settle`, { as: "failed" })).toMatchObject({ status: 409, json: { code: "message_not_unknown" } });
  expect([outbox(), await open("unknown")]).toEqual([0, []]);
  expect(await events(id)).toEqual([{ type: "message.settled", data: { as: "accepted", by: "person" } }]);
  const statuses = [
    { id: `wamid.found-${id}`, status: "delivered", timestamp: "1790002200", recipient_id: from, biz_opaque_callback_data: id },
  ];
  const parsed = parseCloudWebhook(webhookBody(business.phoneNumberId, { statuses }));
  if (parsed.outcome !== "events") throw new Error(parsed.reason);
  await engine.intake.receive(parsed.events);
  expect(await stateOf(id)).toEqual({ status: "delivered", error_code: null });
});

it("an unknown message that was not sent is sent again when that is wanted, as a new message", async () => {
  const id = await makeUnknown();
  const settled = await post(`${id}/settle`, { as: "failed", resend: true });
  expect(settled).toMatchObject({
    status: 200,
    json: { message: { status: "failed", error: { code: "settled_by_hand" } }, resent: { status: "queued", possibleDuplicateOf: id } },
  });
  await deliver();
  expect(outbox()).toBe(1);
  const resent = await test.superuser.query<{ of: string }>(
    "select possible_duplicate_of as of from onethread.messages where conversation_id = $1 order by seq desc limit 1",
    [await conversation()],
  );
  expect(resent.rows).toEqual([{ of: id }]);
});

it("what may not be sent again is settled all the same, and the answer says both", async () => {
  const id = await makeUnknown();
  await engine.services.consent.set(business.businessId, await conversation(), { optedOut: true, source: "api" });
  expect(await post(`${id}/settle`, { as: "failed", resend: true })).toMatchObject({
    status: 409,
    json: { code: "opted_out", detail: expect.stringMatching(/counts as failed now, and was not sent again/) as string },
  });
  expect([outbox(), await stateOf(id)]).toEqual([0, { status: "failed", error_code: "settled_by_hand" }]);
});

it("a message for later leaves when it is due, once, at its place in the thread; until then it can be moved and cancelled, and is not said", async () => {
  const thread = await conversation();
  const later = (seconds: number): string => new Date(Date.now() + seconds * 1_000).toISOString();
  const schedule = async (
    body: string,
    sendAt: string,
    key?: string,
  ): Promise<{ id: string; status: string; seq: number; sentAt: string }> => {
    const answer = await http.app.inject({
      method: "POST",
      url: `/api/v1/conversations/${thread}/messages`,
      headers: { ...headers, ...(key === undefined ? {} : { "idempotency-key": key }) },
      payload: { type: "text", text: { body }, sendAt },
    });
    expect(answer.statusCode).toBe(202);
    return answer.json();
  };
  const at = later(3_600);
  const first = await schedule("first", at, `key-${from}`);
  expect(first).toMatchObject({ status: "scheduled", seq: 0, sentAt: at });
  expect(await schedule("first", at, `key-${from}`)).toEqual(first);
  const second = await schedule("second", later(7_200));
  expect(await open("scheduled")).toEqual([first.id, second.id]);
  await deliver();
  expect([outbox(), await release()]).toEqual([0, 0]);
  // Sooner than the other one; and a message of today is said before both.
  expect(await patch(second.id, later(-1))).toMatchObject({ status: 200, json: { status: "scheduled" } });
  await engine.send(business, from, "now");
  expect(await Promise.all([release(), release()]).then(([a, b]) => a + b)).toBe(1);
  await deliver();
  expect(engine.simulator.outbox({ to: from }).map(({ body }) => body["text"])).toEqual([{ body: "now" }, { body: "second" }]);
  expect(await patch(second.id, later(60))).toMatchObject({ status: 409, json: { code: "message_not_scheduled" } });
  expect(await post(`${first.id}/cancel`)).toMatchObject({ status: 200, json: { status: "cancelled" } });
  expect(await events(first.id)).toEqual([{ type: "message.cancelled", data: {} }]);
  expect([await open("scheduled"), await release()]).toEqual([[], 0]);
  expect((await schedule("too late", later(-5))).status).toBe("queued");
});

it("what a scheduled message says can be changed until it leaves, by the rules of what is sent; the list can be that of one conversation", async () => {
  const thread = await conversation();
  const accepted = await engine.services.acceptMessage({
    businessId: business.businessId,
    conversationId: thread,
    author: "human",
    content: { type: "text", text: { body: "Tomorow" } },
    sendAt: new Date(Date.now() + 3_600_000),
  });
  const id = accepted.outcome === "accepted" ? accepted.message.id : "";
  const edit = async (payload: object) => {
    const answer = await http.app.inject({ method: "PATCH", url: `/api/v1/messages/${id}`, headers, payload });
    return { status: answer.statusCode, json: answer.json<Record<string, unknown>>() };
  };
  const write = (body: string) => ({ content: { type: "text", text: { body } } });
  expect(await edit({})).toMatchObject({ status: 400 });
  expect(await edit(write(""))).toMatchObject({ status: 422, json: { code: "invalid_content" } });
  const template = { type: "template", template: { name: "a", language: { code: "en" } } };
  expect(await edit({ content: template })).toMatchObject({ status: 422, json: { code: "invalid_content" } });
  const poll = { type: "poll", poll: { name: "Which day?", options: [{ name: "Tuesday" }, { name: "Thursday" }] } };
  expect(await edit({ content: poll })).toMatchObject({ status: 422, json: { code: "unsupported_on_channel" } });
  expect(await edit(write("Tomorrow"))).toMatchObject({ status: 200, json: { text: "Tomorrow", status: "scheduled" } });
  const list = async (conversationId: string): Promise<unknown> =>
    (await http.app.inject({ url: `/api/v1/messages?status=scheduled&conversationId=${conversationId}`, headers })).json();
  expect(await list(thread)).toMatchObject({ data: [{ id, text: "Tomorrow" }] });
  expect(await list("0192d3a0-0000-7000-8000-000000000000")).toEqual({ data: [] });
  expect((await patch(id, new Date().toISOString())).status).toBe(200);
  expect(await release()).toBe(1);
  await deliver();
  expect(engine.simulator.outbox({ to: from }).map(({ body }) => body["text"])).toEqual([{ body: "Tomorrow" }]);
});

it("what may not leave when a scheduled message is due keeps it back, with its reason", async () => {
  const thread = await conversation();
  const sendAt = new Date(Date.now() + 500);
  const accepted = await engine.services.acceptMessage({
    businessId: business.businessId,
    conversationId: thread,
    author: "api",
    content: { type: "text", text: { body: "Your offer" } },
    sendAt,
  });
  const id = accepted.outcome === "accepted" ? accepted.message.id : "";
  await engine.services.consent.set(business.businessId, thread, { optedOut: true, source: "api" });
  await delay(sendAt.getTime() - Date.now() + 50);
  expect(await release()).toBe(1);
  await deliver();
  expect([outbox(), await stateOf(id)]).toEqual([0, { status: "failed", error_code: "opted_out" }]);
});

it("there is nothing to cancel, settle or send again of what a customer wrote, of another business's messages, and of nothing", async () => {
  const { rows } = await test.superuser.query<{ id: string }>("select id from onethread.messages where direction = 'in' limit 1");
  for (const id of [rows[0]?.id ?? "", "0192d3a0-0000-7000-8000-000000000000", "x"])
    for (const [path, body] of [["cancel"], ["settle", { as: "failed" }], ["retry"]] as const)
      expect([id, path, (await post(`${id}/${path}`, body)).status]).toEqual([id, path, 404]);
});
