// Proves what a refusal of one message stops beyond it: a category of the account, the number; at once and in a status, and never what a person has resumed since.
import { afterAll, beforeAll, beforeEach, expect, test as it } from "vitest";
import { closeTestEngine, openTestEngine, type TestEngine } from "../../test/support/test-engine.ts";
import type { TestBusiness } from "../../test/support/test-business.ts";
import type { TestDatabase } from "../../test/support/test-database.ts";
import { bearerFor, createTestHttp, type TestHttp } from "../../test/support/test-http.ts";
import type { JsonObject } from "../kernel/json.ts";
import { parseCloudWebhook } from "../whatsapp/parse-webhook.ts";
import { finishSends } from "./deliver.queries.ts";

const ACCOUNT = "300000000000001";
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
  await engine.services.templates.sync(business.businessId);
});
beforeEach(async () => {
  engine.simulator.clearFailures();
  await test.superuser.query("delete from category_stops");
  await test.superuser.query("update channels set stopped_at = null, held_until = null, slowed_until = null, resumed_at = null");
  await newCustomer();
});
afterAll(async () => {
  await http.app.close();
  await closeTestEngine(engine, test);
});

async function newCustomer(): Promise<void> {
  counter += 1;
  phone = String(12_025_590_000 + counter);
  await engine.receive(business, { from: phone });
  const { rows } = await test.superuser.query<{ id: string }>("select conversation_id as id from aliases where value = $1", [phone]);
  conversationId = rows[0]?.id ?? "";
}
async function call(method: "GET" | "POST", url: string, payload?: object) {
  const response = await http.app.inject({ method, url: `/api/v1${url}`, headers, ...(payload === undefined ? {} : { payload }) });
  return { status: response.statusCode, json: response.json<Record<string, unknown>>() };
}
const template = (name: string, language: string, ...components: readonly JsonObject[]): JsonObject => ({
  type: "template",
  template: { name, language: { code: language }, ...(components.length === 0 ? {} : { components }) },
});
const HELLO = template("hello_world", "en_US");
const NAMED = template("order_ready_named", "en_US", {
  type: "body",
  parameters: [{ type: "text", text: "Ana", parameter_name: "customer" }],
});
const CODE = { type: "text", text: "482913" };
const LOGIN = template(
  "login_code",
  "en_US",
  { type: "body", parameters: [CODE] },
  { type: "button", sub_type: "url", index: "0", parameters: [CODE] },
);
const TEXT = { type: "text", text: { body: "Yes" } };
const send = (content: object) => call("POST", `/conversations/${conversationId}/messages`, content);
async function deliver(): Promise<void> {
  await test.superuser.query("update lanes set check_at = now() where kind = 'send' and conversation_id = $1 and wanted > done", [
    conversationId,
  ]);
  for (const lane of await engine.claim("send")) await engine.deliver(lane);
}
const one = async (sql: string, ...values: readonly unknown[]): Promise<unknown> =>
  (await test.superuser.query<Record<string, unknown>>(sql, [...values])).rows[0];
const stateOf = (id: unknown): Promise<unknown> => one("select status, error_code as code from messages where id = $1", id);
const refuse = (code: number): void => {
  engine.simulator.addFailure({ match: { path: "messages", to: phone }, respond: { code } });
};
/** The message is taken, and WhatsApp says later why it did not go out. */
async function failLater(code: number, at = new Date()): Promise<void> {
  const { id } = engine.simulator.outbox({ to: phone }).at(-1) ?? {};
  const failed = { id, status: "failed", timestamp: String(Math.ceil(at.getTime() / 1_000)), recipient_id: phone, errors: [{ code }] };
  await report(failed);
}
async function report(status: object): Promise<void> {
  const metadata = { display_phone_number: "15550100200", phone_number_id: business.phoneNumberId };
  const value = { messaging_product: "whatsapp", metadata, statuses: [status] };
  const body = { object: "whatsapp_business_account", entry: [{ id: ACCOUNT, changes: [{ field: "messages", value }] }] };
  const parsed = parseCloudWebhook(Buffer.from(JSON.stringify(body)));
  if (parsed.outcome !== "events") throw new Error(parsed.reason);
  await engine.intake.receive(parsed.events);
}
const stops = async () => (await call("GET", "/templates/accounts")).json["data"];
const resume = (category: string) => call("POST", `/templates/accounts/${ACCOUNT}/categories/${category}/resume`);

it.for(["at once", "later"] as const)(
  "131064 (%s) stops its category of the account, visibly, and nothing else, until a person resumes it",
  async (how) => {
    const first = await send(HELLO);
    const waiting = await send(HELLO);
    if (how === "at once") refuse(131_064);
    await deliver();
    if (how === "later") await failLater(131_064);
    expect(await stateOf(first.json["id"])).toMatchObject(
      how === "at once" ? { status: "failed", code: "131064" } : { status: "accepted" },
    );
    // What waited behind it keeps no reply waiting.
    if (how === "at once") expect(await stateOf(waiting.json["id"])).toEqual({ status: "failed", code: "category_stopped" });
    expect((await send(HELLO)).json).toMatchObject({ code: "category_stopped", detail: expect.stringContaining("until") });
    expect((await send(LOGIN)).status).toBe(202);
    expect((await send(TEXT)).status).toBe(202);
    await deliver();
    expect(
      engine.simulator
        .outbox({ to: phone })
        .slice(-2)
        .map(({ type }) => type),
    ).toEqual(["template", "text"]);
    const stop = { category: "UTILITY", since: expect.any(String), until: expect.any(String), reason: expect.stringContaining("categor") };
    expect(await stops()).toMatchObject([{ accountId: ACCOUNT, stoppedCategories: [stop] }]);
    expect((await call("GET", "/notices")).json["data"]).toEqual(
      expect.arrayContaining([expect.objectContaining({ severity: "critical", sentence: expect.stringContaining("UTILITY") })]),
    );
    const noticed = await one(
      "select count(*)::int as events from events where type = 'category.stopped' and at > now() - interval '2 seconds'",
    );
    if (how === "later") await failLater(131_064);
    expect(
      await one("select count(*)::int as events from events where type = 'category.stopped' and at > now() - interval '2 seconds'"),
    ).toEqual(noticed);
    expect((await resume("utility")).json).toMatchObject({ stoppedCategories: [] });
    // Of before it was resumed.
    if (how === "later") await failLater(131_064, new Date(Date.now() - 10_000));
    expect((await send(NAMED)).status).toBe(202);
    await deliver();
    expect((await resume("utility")).json).toMatchObject({ stoppedCategories: [] });
  },
);

it("a stop of a category ends by itself, and a reported restriction says when", async () => {
  await test.superuser.query(
    `insert into channel_signals (business_id, channel_id, aspect, state, health, until, sentence, at, told_at, event_id)
     values ($1, $2, 'restriction:RESTRICTED_UTILITY_TEMPLATES', 'x', 'restricted', now() + interval '3 days', '…', now(), now(), gen_random_uuid())`,
    [business.businessId, business.channelId],
  );
  await send(HELLO);
  refuse(131_064);
  await deliver();
  expect(await one("select round(extract(epoch from until - now()) / 86400)::int as days from category_stops")).toEqual({ days: 3 });
  await test.superuser.query("delete from channel_signals");
  await test.superuser.query("update category_stops set until = now()");
  expect((await send(HELLO)).status).toBe(202);
});

it("a status that concerns the whole number stops or holds it, unless it is older than what a person did since", async () => {
  await send(TEXT);
  await deliver();
  await failLater(131_048);
  expect(await one("select held_until > now() + interval '3 hours' as held from channels")).toEqual({ held: true });
  await test.superuser.query("update channels set held_until = null, slowed_until = null");
  await failLater(131_042, new Date(Date.now() - 3_600_000));
  expect(await one("select stopped_at from channels")).toEqual({ stopped_at: null });
  await test.superuser.query("update channels set resumed_at = now() + interval '1 minute'");
  await failLater(131_042);
  expect(await one("select stopped_at from channels")).toEqual({ stopped_at: null });
  await test.superuser.query("update channels set resumed_at = null");
  await test.superuser.query("update channel_secrets set updated_at = now() - interval '1 minute'");
  await failLater(131_042);
  expect(await one("select stopped_at is not null as stopped, stopped_reason like '%payment%' as said from channels")).toEqual({
    stopped: true,
    said: true,
  });
});

it("a status that says that a template is paused has it read anew", async () => {
  await send(HELLO);
  await deliver();
  await failLater(132_015);
  expect(await one("select wanted_at <= now() as wanted from template_states where name = 'hello_world'")).toEqual({ wanted: true });
});

it("what WhatsApp holds is accepted and shown as held, until it is sent, or dropped and its template read anew", async () => {
  await test.superuser.query("update template_states set wanted_at = null");
  engine.simulator.addFailure({ match: { path: "messages", to: phone }, times: 2, respond: { held: true } });
  const [released, dropped] = [(await send(HELLO)).json["id"], (await send(HELLO)).json["id"]];
  await deliver();
  const shown = async (id: unknown) =>
    ((await call("GET", `/conversations/${conversationId}/messages`)).json["data"] as readonly JsonObject[]).find(
      (each) => each["id"] === id,
    );
  expect(await shown(released)).toMatchObject({ status: "accepted", isHeld: true });
  expect(await one("select count(*)::int as held from events where type = 'message.held' and subject_id = $1", released)).toEqual({
    held: 1,
  });
  await failLater(132_015);
  expect(await shown(dropped)).toMatchObject({ status: "failed", isHeld: false, error: { code: "132015" } });
  expect(await one("select wanted_at <= now() as wanted from template_states where name = 'hello_world'")).toEqual({ wanted: true });
  const id = engine.simulator.outbox({ to: phone })[0]?.id;
  await report({ id, status: "sent", timestamp: String(Math.ceil(Date.now() / 1_000)), recipient_id: phone });
  expect(await shown(released)).toMatchObject({ status: "sent", isHeld: false });
  // Whoever did not learn that the end of its send was committed writes it again.
  const before = await one(
    `select l.fence::int, m.seq::int, m.provider_message_id as provider, e.id as event from messages m join lanes l using (business_id, conversation_id)
      join events e on e.subject_id = m.id where m.id = $1 and l.kind = 'send' and e.type = 'message.held'`,
    released,
  );
  const { fence, seq, provider, event } = before as { fence: number; seq: number; provider: string; event: string };
  const end = { conversationId, fence, messageId: String(released), settledTo: seq, status: "accepted", providerMessageId: provider };
  const rest = { heldEventId: event, isSent: true, isUnstarted: false, errorCode: undefined, errorText: undefined, retryInMs: undefined };
  const written = await engine.database.forBusiness(business.businessId).run(finishSends, { ends: [{ ...end, ...rest }] });
  expect(written).toHaveLength(1);
});
