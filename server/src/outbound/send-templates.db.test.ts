// Proves what becomes of a template message: what does not fit the copy is refused before it is stored, what is paused when it leaves does not leave, and what the
// customer reads is what stands in the thread.
import { afterAll, beforeAll, beforeEach, expect, test as it } from "vitest";
import { closeTestEngine, openTestEngine, type TestEngine } from "../../test/support/test-engine.ts";
import type { TestBusiness } from "../../test/support/test-business.ts";
import type { TestDatabase } from "../../test/support/test-database.ts";
import { bearerFor, createTestHttp, type TestHttp } from "../../test/support/test-http.ts";
import type { JsonObject } from "../kernel/json.ts";

const ACCOUNT = "300000000000001";
const LINK = { type: "image", image: { link: "https://cdn.example.com/a.jpg" } };
let test: TestDatabase;
let business: TestBusiness;
let engine: TestEngine;
let http: TestHttp;
let headers: Readonly<Record<string, string>>;
let phone: string;
let conversationId: string;
let counter = 0;

beforeAll(async () => {
  ({ test, business, engine } = await openTestEngine());
  http = createTestHttp(engine.database, test.log, { services: engine.services });
  headers = await bearerFor(engine.database, business.businessId);
});
beforeEach(async () => {
  counter += 1;
  phone = String(12_025_558_000 + counter);
  engine.simulator.clearFailures();
  engine.simulator.reset({ templates: true });
  engine.simulator.config({ marketingMessages: "NOT_ONBOARDED", marketingOnMessages: true });
  await test.superuser.query("update lanes set check_at = now() + interval '1 hour' where check_at is not null");
  await test.superuser.query("delete from template_versions");
  await test.superuser.query("delete from template_states");
  await test.superuser.query("delete from template_accounts");
  await engine.receive(business, { from: phone });
  const { rows } = await test.superuser.query<{ id: string }>("select conversation_id as id from aliases where value = $1", [phone]);
  conversationId = rows[0]?.id ?? "";
});
afterAll(async () => {
  await http.app.close();
  await closeTestEngine(engine, test);
});

async function post(url: string, payload: object) {
  const response = await http.app.inject({ method: "POST", url: `/api/v1${url}`, headers, payload });
  return { status: response.statusCode, json: response.json<Record<string, unknown>>() };
}
const sync = () => engine.services.templates.sync(business.businessId);
const send = (content: object) => post(`/conversations/${conversationId}/messages`, content);
async function deliver(): Promise<void> {
  await test.superuser.query("update lanes set check_at = now() where kind = 'send' and conversation_id = $1", [conversationId]);
  await engine.deliver(await engine.claimOne("send"));
}
async function message(id: unknown) {
  const query = "select status, error_code as code, error_text as why, text from messages where id = $1";
  return (await test.superuser.query<{ status: string; code: string | null; why: string | null; text: string }>(query, [id])).rows[0];
}
const outbox = () => engine.simulator.outbox({ to: phone });
const template = (name: string, code: string, ...components: readonly JsonObject[]): JsonObject => ({
  type: "template",
  template: { name, language: { code }, ...(components.length === 0 ? {} : { components }) },
});
const text = (value: string, more: JsonObject = {}): JsonObject => ({ type: "text", text: value, ...more });
const ready = (...values: readonly string[]): JsonObject =>
  template(
    "order_ready",
    "pt_BR",
    { type: "header", parameters: [LINK] },
    { type: "body", parameters: values.map((value) => text(value)) },
    { type: "button", sub_type: "url", index: "0", parameters: [text("1042")] },
    { type: "button", sub_type: "quick_reply", index: "1", parameters: [{ type: "payload", payload: "STOP_PROMO" }] },
  );
const NAMED = template("order_ready_named", "en_US", { type: "body", parameters: [text("Ana", { parameter_name: "customer" })] });
const LOGIN = template(
  "login_code",
  "en_US",
  { type: "body", parameters: [text("482913")] },
  { type: "button", sub_type: "url", index: "0", parameters: [text("482913")] },
);
const HELLO = template("hello_world", "en_US");

it.each([
  [ready("Ana", "#1042"), "Photo\nOlá Ana, o seu pedido #1042 está pronto.\nAurora\nAcompanhar: https://example.com/t/1042"],
  [NAMED, "Hello Ana, your order is ready."],
  [LOGIN, "482913 is your verification code.\nCopy code: https://example.com/code/482913"],
  [HELLO, "Hello World\nWelcome and congratulations!"],
])("a template that fits is taken by the platform, and stands in the thread as its customer reads it", async (content, read) => {
  await sync();
  const { status, json } = await send(content);
  expect([status, json["text"]]).toEqual([202, read]);
  await deliver();
  expect(await message(json["id"])).toMatchObject({ status: "accepted", text: read });
});

it("what does not fit is refused with the component and the parameter, and nothing is stored", async () => {
  await sync();
  expect(await send(ready("Ana"))).toMatchObject({
    status: 422,
    json: {
      code: "template_parameters",
      detail: expect.stringMatching(
        /"order_ready" \(pt_BR\).*The body takes 2 parameters \(\{\{1\}\}, \{\{2\}\}\); 1 was given\. Nothing was stored\./,
      ) as string,
      errors: [{ path: "body", message: expect.any(String) as string }],
    },
  });
  expect(await send(template("order_readi", "pt_BR"))).toMatchObject({ status: 409, json: { code: "template_unknown" } });
  const { rows } = await test.superuser.query("select from messages where conversation_id = $1 and direction = 'out'", [conversationId]);
  expect(rows).toEqual([]);
});

it("a template of an account that was never read is left to the platform, as is one whose copy is old", async () => {
  const unread = await send(ready("Ana"));
  expect([unread.status, unread.json["text"]]).toEqual([202, "order_ready"]);
  await deliver();
  expect(await message(unread.json["id"])).toMatchObject({ status: "failed", code: "132000" });
  await sync();
  await test.superuser.query("update template_states set seen_at = now() - interval '3 days'");
  expect((await send(ready("Ana"))).status).toBe(202);
});

it("a template that is not known is asked for: the next time it may be there", async () => {
  await sync();
  const fresh = { type: "BODY", text: "Hi to all of you." };
  await fetch(`${engine.simulator.url}/v26.0/${ACCOUNT}/message_templates`, {
    method: "POST",
    headers: { authorization: "Bearer t", "content-type": "application/json" },
    body: JSON.stringify({ name: "fresh", language: "en", category: "UTILITY", components: [fresh] }),
  });
  expect((await send(template("fresh", "en"))).status).toBe(409);
  const { rows } = await test.superuser.query(
    "select due_at <= now() as asked, full_due_at <= now() + interval '1 minute' as all from template_accounts",
  );
  expect(rows).toEqual([{ asked: true, all: true }]);
  await test.superuser.query("update template_accounts set full_due_at = now()");
  await engine.services.syncTemplates(business.businessId, ACCOUNT);
  expect((await send(template("fresh", "en"))).status).toBe(202);
});

it.each([
  ["PAUSED", "template_paused"],
  ["DISABLED", "template_disabled"],
  ["REJECTED", "template_rejected"],
  ["DELETED", "template_deleted"],
  ["ARCHIVED", "template_archived"],
])("a template that is %s is refused when it is accepted, and when it leaves: %s", async (state, code) => {
  await sync();
  const { json } = await send(HELLO);
  const later = await send({ ...HELLO, sendAt: new Date(Date.now() + 3_600_000).toISOString() });
  await test.superuser.query("update template_states set status = $1, reason = 'SCAM' where name = 'hello_world'", [state]);
  expect(await send(HELLO)).toMatchObject({ status: 409, json: { code, detail: expect.stringContaining("SCAM") as string } });
  await deliver();
  expect(await message(json["id"])).toMatchObject({ status: "failed", code, why: expect.stringContaining("template") as string });
  // One for later is looked at when it leaves.
  expect(later.status).toBe(202);
  expect((await send({ ...HELLO, sendAt: new Date(Date.now() + 3_600_000).toISOString() })).status).toBe(202);
  await test.superuser.query("delete from scheduled_messages");
  expect(outbox()).toEqual([]);
});

it("a pause that has ended forbids nothing; what is under review is left to the platform", async () => {
  await sync();
  const setState = (state: string): Promise<unknown> =>
    test.superuser.query(`update template_states set status = $1, paused_until = now() - interval '1 second' where name = 'hello_world'`, [
      state,
    ]);
  for (const state of ["PAUSED", "PENDING", "IN_APPEAL", "FLAGGED"]) {
    await setState(state);
    const { status, json } = await send(HELLO);
    expect(status).toBe(202);
    await deliver();
    expect(await message(json["id"])).toMatchObject({ status: "accepted" });
  }
});

it("a conversation of a gateway takes no template", async () => {
  await test.superuser.query("update channels set provider = 'waha' where business_id = $1", [business.businessId]);
  expect(await send(HELLO)).toMatchObject({ status: 422, json: { code: "unsupported_on_channel" } });
  await test.superuser.query("update channels set provider = 'cloud' where business_id = $1", [business.businessId]);
});

it.each([
  [132_000, { code: 132_000 }],
  [132_015, { code: 132_015 }],
])("a refusal that says that the copy is old (%i) has the template read anew", async (code, respond) => {
  await sync();
  const { json } = await send(HELLO);
  engine.simulator.addFailure({ match: { path: "messages", to: phone }, respond });
  await deliver();
  expect(await message(json["id"])).toMatchObject({ status: "failed", code: String(code) });
  const { rows } = await test.superuser.query("select name from template_states where wanted_at <= now()");
  expect(rows).toEqual([{ name: "hello_world" }]);
  // Until then the copy is not trusted with its parameters.
  expect((await send(template("hello_world", "en_US", { type: "body", parameters: [text("x")] }))).status).toBe(202);
  await engine.services.syncTemplates(business.businessId, ACCOUNT);
  expect((await send(template("hello_world", "en_US", { type: "body", parameters: [text("x")] }))).status).toBe(422);
});

const edges = () => outbox().map(({ edge }) => edge ?? "messages");
const setCategory = (category: string, where: "here" | "there" | "both"): Promise<unknown> =>
  Promise.all([
    ...(where === "there" ? [] : [test.superuser.query("update template_states set category = $1 where name = 'hello_world'", [category])]),
    ...(where === "here" ? [] : [engine.simulator.template({ name: "hello_world", category, silent: true })]),
  ]);

it("marketing goes to its own address where the account is onboarded, by the latest category; all else does not", async () => {
  await sync();
  await setCategory("MARKETING", "both");
  await send(HELLO);
  await deliver();
  engine.simulator.config({ marketingMessages: "ONBOARDED" });
  await sync();
  await send(HELLO);
  await deliver();
  await send(NAMED);
  await deliver();
  await setCategory("UTILITY", "both");
  await send(HELLO);
  await deliver();
  expect(edges()).toEqual(["messages", "marketing_messages", "messages", "messages"]);
  expect(outbox()[1]?.body).toMatchObject({ product_policy: "CLOUD_API_FALLBACK", type: "template" });
});

it.each([
  ["marketing_messages", "messages", "here"],
  ["messages", "marketing_messages", "there"],
] as const)("what %s refuses as the other's goes to %s, once, and the category is read anew", async (_refuses, takes, known) => {
  engine.simulator.config({ marketingMessages: "ONBOARDED", marketingOnMessages: false });
  await sync();
  await setCategory("MARKETING", known);
  const { json } = await send(HELLO);
  await deliver();
  expect(await message(json["id"])).toMatchObject({ status: "accepted" });
  expect(edges()).toEqual([takes]);
  expect((await test.superuser.query("select from template_states where wanted_at <= now() and name = 'hello_world'")).rowCount).toBe(1);
});

it("what both addresses refuse has failed, after one request to each", async () => {
  engine.simulator.config({ marketingMessages: "ONBOARDED" });
  await sync();
  await setCategory("MARKETING", "both");
  engine.simulator.addFailure({ match: { path: "marketing", to: phone }, times: null, respond: { code: 131_055 } });
  engine.simulator.addFailure({ match: { path: "messages", to: phone }, times: null, respond: { code: 131_063 } });
  const { json } = await send(HELLO);
  await deliver();
  expect(await message(json["id"])).toMatchObject({ status: "failed", code: "131063" });
  expect(engine.simulator.failures().map(({ applied }) => applied)).toEqual([1, 1]);
});

it("what is not certainly refused is sent to one address only", async () => {
  engine.simulator.config({ marketingMessages: "ONBOARDED" });
  await sync();
  await setCategory("MARKETING", "both");
  engine.simulator.addFailure({ match: { path: "marketing", to: phone }, respond: { drop: "after" } });
  const { json } = await send(HELLO);
  await deliver();
  expect(await message(json["id"])).toMatchObject({ status: "unknown" });
  expect(edges()).toEqual(["marketing_messages"]);
});
