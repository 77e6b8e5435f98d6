// Proves what leaves outside the 24 hours without a template: Direct Send, where an account has it, how that is learned, closed and opened again; the window of an ad, as WhatsApp
// reports it; and what is said instead.
import { afterAll, beforeAll, beforeEach, expect, test as it } from "vitest";
import { closeTestEngine, openTestEngine, type TestEngine } from "../../test/support/test-engine.ts";
import type { TestBusiness } from "../../test/support/test-business.ts";
import type { TestDatabase } from "../../test/support/test-database.ts";
import { bearerFor, createTestHttp, type TestHttp } from "../../test/support/test-http.ts";
import { parseCloudWebhook } from "../whatsapp/parse-webhook.ts";

const ACCOUNT = "300000000000001";
const TEXT = { type: "text", text: { body: "Order 1042 has left our shop." } };
const DIRECT = { ...TEXT, category: "utility", ttl_seconds: 3600, direct_send_config: { template_name: "order_left" } };
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
  engine.simulator.config({ directSend: "open" });
  engine.simulator.clearFailures();
  await run(
    "delete from direct_send_access; delete from category_stops; delete from channel_signals; update entry_windows set refused_at = null",
  );
  await setting({ directSend: "try" });
  await newCustomer();
});
afterAll(async () => {
  await http.app.close();
  await closeTestEngine(engine, test);
});

/** They wrote more than a day ago. */
async function newCustomer(): Promise<void> {
  counter += 1;
  phone = String(12_025_580_000 + counter);
  await engine.receive(business, { from: phone });
  conversationId = String((await one("select conversation_id as id from aliases where value = $1", phone))["id"]);
  await age(25);
}
/** Their messages, and what stands for them, are so many hours old. */
async function age(hours: number): Promise<void> {
  await run(
    "update messages set sent_at = now() - $2 * interval '1 hour', received_at = now() - $2 * interval '1 hour' where conversation_id = $1 and direction = 'in'",
    conversationId,
    hours,
  );
  await run("update conversations set last_customer_message_at = now() - $2 * interval '1 hour' where id = $1", conversationId, hours);
}
async function call(method: "GET" | "POST", url: string, payload?: object) {
  const response = await http.app.inject({ method, url: `/api/v1${url}`, headers, ...(payload === undefined ? {} : { payload }) });
  return { status: response.statusCode, json: response.json<Record<string, unknown>>() };
}
const run = (sql: string, ...values: readonly unknown[]) => test.superuser.query(sql, [...values]);
const one = async (sql: string, ...values: readonly unknown[]): Promise<Record<string, unknown>> =>
  (await test.superuser.query<Record<string, unknown>>(sql, [...values])).rows[0] ?? {};
const send = (content: object) => call("POST", `/conversations/${conversationId}/messages`, content);
const setting = (changes: { readonly directSend: "try" | "known" | "never" }) =>
  engine.services.changeBusiness(business.businessId, changes);
async function deliver(): Promise<void> {
  await run("update lanes set check_at = now() where kind = 'send' and conversation_id = $1 and wanted > done", conversationId);
  for (const lane of await engine.claim("send")) await engine.deliver(lane);
}
const stateOf = (id: unknown) => one("select status, error_code as code, error_text as text from messages where id = $1", id);
const access = async () => ((await call("GET", "/channels")).json["data"] as readonly Record<string, unknown>[])[0]?.["directSend"];
const say = (state: string) => call("POST", `/channels/${business.channelId}/direct-send`, { state });
async function report(status: object, at = new Date()): Promise<void> {
  const { id } = engine.simulator.outbox({ to: phone }).at(-1) ?? {};
  const metadata = { display_phone_number: "15550100200", phone_number_id: business.phoneNumberId };
  const statuses = [{ id, timestamp: String(Math.ceil(at.getTime() / 1_000)), recipient_id: phone, ...status }];
  const value = { messaging_product: "whatsapp", metadata, statuses };
  const body = { object: "whatsapp_business_account", entry: [{ id: ACCOUNT, changes: [{ field: "messages", value }] }] };
  const parsed = parseCloudWebhook(Buffer.from(JSON.stringify(body)));
  if (parsed.outcome !== "events") throw new Error(parsed.reason);
  await engine.intake.receive(parsed.events);
}
const failed = (code: number) => ({ status: "failed", errors: [{ code }] });

it("it leaves outside the window as it was given, and that it was accepted tells that the account has it", async () => {
  expect(await access()).toEqual({ state: "unknown", since: null, until: null, reason: null });
  const { json } = await send(DIRECT);
  await deliver();
  expect(await stateOf(json["id"])).toMatchObject({ status: "accepted" });
  expect(engine.simulator.outbox({ to: phone })[0]?.body).toMatchObject(DIRECT);
  expect(await access()).toMatchObject({ state: "open", until: null });
  await send(DIRECT);
  await deliver();
  expect(await one("select count(*)::int as told from events where type = 'direct-send.changed'")).toEqual({ told: 1 });
  await report({ status: "delivered", template_id: 150, pricing: { type: "regular", category: "utility", billable: true } });
  expect(await one("select category, messages::int, delivered::int from usage_days")).toEqual({
    category: "utility",
    messages: 1,
    delivered: 1,
  });
});

it("an account without it is learned once: the message fails and says so, and the next one is not accepted until somebody says otherwise", async () => {
  engine.simulator.config({ directSend: "none" });
  const [first, waiting] = [(await send(DIRECT)).json["id"], (await send(DIRECT)).json["id"]];
  await deliver();
  expect(await stateOf(first)).toMatchObject({ status: "failed", code: "100", text: expect.stringContaining("no Direct Send") });
  expect(await stateOf(waiting)).toMatchObject({ status: "failed", code: "direct_send_unavailable" });
  expect(engine.simulator.outbox({ to: phone })).toEqual([]);
  expect(await access()).toMatchObject({ state: "closed", until: null, reason: expect.stringContaining("no Direct Send") });
  const refused = await send(DIRECT);
  expect(refused).toMatchObject({ status: 409, json: { code: "direct_send_unavailable", detail: expect.stringContaining("template") } });
  await age(1);
  expect((await send(DIRECT)).json["detail"]).toContain('without "category"');
  expect((await send(TEXT)).status).toBe(202);
  expect((await call("GET", "/notices")).json["data"]).toMatchObject([{ severity: "warning", accountId: ACCOUNT }]);
  engine.simulator.config({ directSend: "open" });
  expect((await say("unknown")).json).toMatchObject({ directSend: { state: "unknown" } });
  expect((await send(DIRECT)).status).toBe(202);
  await deliver();
  expect(await access()).toMatchObject({ state: "open" });
});

it("139200 closes it, at once or in a status; one of before somebody opened it says nothing, and a reported end ends it", async () => {
  await send(DIRECT);
  await deliver();
  await say("open");
  await report(failed(139_200), new Date(Date.now() - 60_000));
  expect(await access()).toMatchObject({ state: "open" });
  await run("update direct_send_access set since = now() - interval '1 hour'");
  await run(
    `insert into channel_signals (business_id, channel_id, aspect, state, health, until, sentence, at, told_at, event_id)
     values ($1, $2, 'restriction:RESTRICTED_DIRECT_SEND_UTILITY_TEMPLATES', 'x', 'restricted', now() + interval '3 days', '…', now(), now(), gen_random_uuid())`,
    business.businessId,
    business.channelId,
  );
  // A restriction that was reported is enough.
  expect((await send(DIRECT)).json["code"]).toBe("direct_send_unavailable");
  await report(failed(139_200));
  expect(await one("select round(extract(epoch from until - now()) / 86400)::int as days from direct_send_access")).toEqual({ days: 3 });
  await run("delete from channel_signals");
  expect((await send(DIRECT)).json["detail"]).toContain("until");
  await run("update direct_send_access set until = now()");
  const { status, json } = await send(DIRECT);
  expect(status).toBe(202);
  engine.simulator.config({ directSend: "blocked" });
  await run("update direct_send_access set since = now() - interval '1 hour'");
  await deliver();
  expect(await stateOf(json["id"])).toMatchObject({ status: "failed", code: "139200" });
  expect(await access()).toMatchObject({ state: "closed" });
});

it("131064 stops utility for templates and Direct Send alike; a name that is taken, or a wrong value, concerns one message", async () => {
  for (const code of [132_021, 100]) {
    await send(DIRECT);
    await deliver();
    await report(failed(code));
  }
  expect((await send(DIRECT)).status).toBe(202);
  engine.simulator.addFailure({ match: { path: "messages", to: phone }, respond: { code: 131_064 } });
  await deliver();
  expect(await one("select category from category_stops")).toEqual({ category: "UTILITY" });
  expect((await send(DIRECT)).json).toMatchObject({ code: "category_stopped", detail: expect.stringContaining("until") });
});

it("a business that wants it nowhere, or only where it is known, sends it nowhere else; what was accepted before is looked at when it leaves", async () => {
  await setting({ directSend: "known" });
  expect((await send(DIRECT)).json["code"]).toBe("direct_send_unavailable");
  await say("open");
  const { json } = await send(DIRECT);
  await setting({ directSend: "never" });
  expect((await send(DIRECT)).json["code"]).toBe("direct_send_unavailable");
  await deliver();
  expect(await stateOf(json["id"])).toMatchObject({ status: "failed", code: "direct_send_unavailable" });
});

it("who opted out gets none, even after they wrote: it is unasked", async () => {
  const { json } = await send(DIRECT);
  await run("update conversations set opted_out_at = now() - interval '26 hours' where id = $1", conversationId);
  await age(1);
  await deliver();
  expect(await stateOf(json["id"])).toMatchObject({ status: "failed", code: "opted_out" });
  expect((await send(DIRECT)).json["code"]).toBe("opted_out");
  expect((await send(TEXT)).status).toBe(202);
});

it("a closed window says what can be sent: templates as far as they are known, and Direct Send unless the account has none", async () => {
  const detail = async (): Promise<string> => String((await send(TEXT)).json["detail"]);
  expect(await detail()).toMatch(/not known yet.*tries it/s);
  await engine.services.templates.sync(business.businessId);
  await say("open");
  expect(await detail()).toMatch(/\d+ that can be sent.*has Direct Send too/s);
  await say("closed");
  expect(await detail()).not.toContain("Direct Send");
  await run("update template_states set status = 'PAUSED'");
  expect(await detail()).toContain("has none that can be sent");
});

const AD = { id: "c1", origin: { type: "referral_conversion" } };
const inDays = (days: number): string => String(Math.floor(Date.now() / 1_000) + days * 86_400);
/** A text that left inside the 24 hours, and its status; then these are over. */
async function answered(conversation: object): Promise<void> {
  await age(1);
  await send(TEXT);
  await deliver();
  await report({ status: "sent", conversation, pricing: { type: "free_entry_point", category: "referral_conversion" } });
  await age(25);
}

it("the conversation of an ad keeps the window open as long as WhatsApp reports, in any order, and never by a guess of ours", async () => {
  const shown = async () => String((await call("GET", `/conversations/${conversationId}`)).json["windowClosesAt"]);
  await engine.receive(business, { from: phone, node: { ...TEXT, referral: { source_type: "ad", source_id: "1" } } });
  await age(25);
  expect((await send(TEXT)).json["code"]).toBe("window_closed");
  await answered({ ...AD, expiration_timestamp: inDays(5) });
  await report({ status: "delivered", conversation: { ...AD, expiration_timestamp: inDays(2) } });
  await report({ status: "read", conversation: AD });
  expect(Math.round((new Date(await shown()).getTime() - Date.now()) / 86_400_000)).toBe(5);
  const { status, json } = await send(TEXT);
  expect(status).toBe(202);
  await deliver();
  expect(await stateOf(json["id"])).toMatchObject({ status: "accepted" });
  await run("update entry_windows set until = now()");
  expect((await send(TEXT)).json["code"]).toBe("window_closed");
  await run("update entry_windows set until = now() + interval '1 day'");
});

it.for(["at once", "later"] as const)(
  "what WhatsApp refuses in it (%s) is not tried again on that number; a refusal inside the 24 hours says nothing",
  async (how) => {
    await answered({ ...AD, expiration_timestamp: inDays(5) });
    await age(1);
    if (how === "later") await report(failed(131_047));
    await age(25);
    await run(
      "update messages set attempted_at = now() - interval '24 hours 30 minutes' where conversation_id = $1 and direction = 'out'",
      conversationId,
    );
    const { json } = await send(TEXT);
    expect(json["status"]).toBe("queued");
    if (how === "at once") engine.simulator.addFailure({ match: { path: "messages", to: phone }, respond: { code: 131_047 } });
    await deliver();
    if (how === "later") await report(failed(131_047));
    expect(await stateOf(json["id"])).toMatchObject({ status: "failed", code: how === "at once" ? "window_closed" : "131047" });
    expect((await send(TEXT)).json["code"]).toBe("window_closed");
    await newCustomer();
    await answered({ ...AD, expiration_timestamp: inDays(5) });
    expect((await send(TEXT)).json["code"]).toBe("window_closed");
    await run("update entry_windows set refused_at = refused_at - interval '31 days' where refused_at is not null");
    expect((await send(TEXT)).status).toBe(202);
  },
);

it("a number that is tried again after 30 days, and refused again, is left alone again", async () => {
  await answered({ ...AD, expiration_timestamp: inDays(5) });
  await run("update entry_windows set refused_at = now() - interval '31 days' where conversation_id = $1", conversationId);
  expect((await send(TEXT)).json["status"]).toBe("queued");
  engine.simulator.addFailure({ match: { path: "messages", to: phone }, respond: { code: 131_047 } });
  await deliver();
  expect((await send(TEXT)).json["code"]).toBe("window_closed");
});

it("without an account's id it is known of the number alone, and of a gateway's not at all", async () => {
  await run("update channels set account_id = null");
  engine.simulator.config({ directSend: "none" });
  await send(DIRECT);
  await deliver();
  expect(await one("select account from direct_send_access")).toEqual({ account: business.channelId });
  await run("update channels set account_id = $1", ACCOUNT);
  expect((await send(DIRECT)).status).toBe(202);
  await run("update channels set provider = 'waha'");
  expect((await send(DIRECT)).json["code"]).toBe("unsupported_on_channel");
  expect((await say("open")).status).toBe(404);
  expect(await access()).toBeNull();
  await run("update channels set provider = 'cloud'");
});
