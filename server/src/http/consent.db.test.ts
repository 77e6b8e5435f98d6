// Proves what a stop does, whoever reports it: it is recorded once, shown, and nothing that it forbids is accepted or leaves.
import { afterAll, beforeAll, expect, test as it } from "vitest";
import { expectNothingBroken } from "../../test/support/expect-nothing-broken.ts";
import { createTestBusiness, type TestBusiness } from "../../test/support/test-business.ts";
import type { TestDatabase } from "../../test/support/test-database.ts";
import { closeTestEngine, openTestEngine, type TestEngine } from "../../test/support/test-engine.ts";
import { bearerFor, createTestHttp, type TestHttp } from "../../test/support/test-http.ts";
import type { JsonObject } from "../kernel/json.ts";
import { parseCloudWebhook } from "../whatsapp/parse-webhook.ts";

let test: TestDatabase;
let business: TestBusiness;
let engine: TestEngine;
let http: TestHttp;
let headers: Readonly<Record<string, string>>;
let people = 0;

beforeAll(async () => {
  ({ test, business, engine } = await openTestEngine({ quietMs: 0, ceilingMs: 0 }));
  http = createTestHttp(engine.database, test.log, { services: engine.services });
  headers = await bearerFor(engine.database, business.businessId);
});
afterAll(async () => {
  await http.app.close();
  await closeTestEngine(engine, test);
});

const newPerson = (): { readonly from: string; readonly userId: string } => {
  people += 1;
  return { from: `1303666${String(1000 + people)}`, userId: `US.consent${String(people)}` };
};
const threadOf = async (value: string): Promise<string> => {
  const { rows } = await test.superuser.query<{ id: string }>("select conversation_id as id from aliases where value = $1", [value]);
  return rows[0]?.id ?? "";
};
const report = (...preferences: readonly JsonObject[]): Promise<void> =>
  reportTo(
    { account: "300000000000001", metadata: { display_phone_number: "15550100200", phone_number_id: business.phoneNumberId } },
    ...preferences,
  );
async function reportTo(
  { account, ...named }: { readonly account: string; readonly metadata?: JsonObject },
  ...preferences: readonly JsonObject[]
): Promise<void> {
  const value = {
    messaging_product: "whatsapp",
    ...named,
    contacts: [],
    user_preferences: preferences.map((one) => ({ category: "marketing_messages", detail: "…", ...one })),
  };
  const body = { object: "whatsapp_business_account", entry: [{ id: account, changes: [{ field: "user_preferences", value }] }] };
  const parsed = parseCloudWebhook(Buffer.from(JSON.stringify(body)));
  if (parsed.outcome !== "events") throw new Error(parsed.reason);
  await engine.intake.receive(parsed.events);
}
async function call(
  method: "GET" | "PUT" | "POST",
  url: string,
  payload?: object,
): Promise<{ status: number; json: Record<string, unknown> }> {
  const answer = await http.app.inject({ method, url: `/api/v1${url}`, headers, ...(payload === undefined ? {} : { payload }) });
  return { status: answer.statusCode, json: answer.json() };
}
const TEMPLATE = { type: "template", template: { name: "autumn_sale", language: { code: "pt_BR" } } };
const TEXT = { type: "text", text: { body: "Yes, we have it." } };
const send = (id: string, payload: object) => call("POST", `/conversations/${id}/messages`, payload);
const events = async (id: string) =>
  (
    await test.superuser.query<{ data: unknown }>(
      "select data from events where type = 'consent.changed' and conversation_id = $1 order by at, id",
      [id],
    )
  ).rows;
async function expectHealthy(): Promise<void> {
  await expectNothingBroken(test);
}

it("a stop of marketing that WhatsApp reports is recorded once, shown, and refuses templates; what the customer asks is answered", async () => {
  const { from, userId } = newPerson();
  await engine.receive(business, { from, userId, text: "Do you have it?" });
  const id = await threadOf(from);
  for (let delivery = 0; delivery < 2; delivery += 1) await report({ wa_id: from, user_id: userId, value: "stop", timestamp: 1790002200 });
  expect(await events(id)).toEqual([{ data: { source: "platform", scope: "marketing", optedOut: true } }]);
  expect((await call("GET", `/conversations/${id}`)).json).toMatchObject({
    optedOutAt: null,
    marketingStoppedAt: "2026-09-21T14:50:00.000Z",
  });
  expect((await call("GET", `/conversations/${id}/consent`)).json).toMatchObject({ optedOut: false, marketingStopped: true });
  expect(await send(id, TEMPLATE)).toMatchObject({
    status: 409,
    json: { code: "opted_out", detail: expect.stringContaining("marketing") },
  });
  expect((await send(id, TEXT)).status).toBe(202);
  const row = [business.businessId, "300000000000001", "autumn_sale", "pt_BR"];
  await test.superuser.query(
    "insert into template_states (business_id, account_id, name, language, category) values ($1, $2, $3, $4, 'UTILITY')",
    row,
  );
  expect((await send(id, TEMPLATE)).status).toBe(202);
  await test.superuser.query("update template_states set category = 'MARKETING'");
  expect((await send(id, TEMPLATE)).status).toBe(409);
  await test.superuser.query("delete from template_states");
  await expectHealthy();
});

it("a stop that names no number of ours holds for every number of the account", async () => {
  const [known, stranger] = [newPerson(), newPerson()];
  await engine.receive(business, { ...known, text: "hello" });
  for (const { from, userId } of [known, stranger]) {
    await reportTo({ account: "300000000000001" }, { wa_id: from, user_id: userId, value: "stop", timestamp: 1790002200 });
    const id = await threadOf(userId);
    expect((await call("GET", `/conversations/${id}/consent`)).json).toMatchObject({ optedOut: false, marketingStopped: true });
    await engine.receive(business, { from, userId, text: "and now?" });
    expect((await send(id, TEMPLATE)).json).toMatchObject({ code: "opted_out" });
    expect((await send(id, TEXT)).status).toBe(202);
  }
  await reportTo({ account: "300000000000001" }, { user_id: known.userId, value: "resume", timestamp: 1790002300 });
  expect((await send(await threadOf(known.userId), TEMPLATE)).status).toBe(202);
  await expectHealthy();
});

it("of two businesses with one account the one that knows the customer hears of the stop; a stop that nobody can place yet is kept for a replay", async () => {
  const account = "300000000000077";
  const [one, other] = [await createTestBusiness(test.superuser), await createTestBusiness(test.superuser)];
  await test.superuser.query("update channels set account_id = $1 where business_id = any($2)", [
    account,
    [one.businessId, other.businessId],
  ]);
  const [known, stranger] = [newPerson(), newPerson()];
  await engine.receive(one, { ...known, text: "hello" });
  for (const { from, userId } of [known, stranger]) await reportTo({ account }, { wa_id: from, user_id: userId, value: "stop" });
  const { rows: stopped } = await test.superuser.query(
    "select business_id from conversations where marketing_stopped_at is not null and business_id = any($1)",
    [[one.businessId, other.businessId]],
  );
  expect(stopped).toEqual([{ business_id: one.businessId }]);
  const { rows: kept } = await test.superuser.query("select state from webhook_log where kind = 'user_preferences' and body like $1", [
    `%${stranger.userId}%`,
  ]);
  expect(kept).toEqual([{ state: "unused" }]);
});

it("a template that was accepted before the stop does not leave after it", async () => {
  const { from } = newPerson();
  await engine.receive(business, { from, text: "hello" });
  const id = await threadOf(from);
  for (const lane of await engine.claim("reply")) await engine.turn(lane);
  for (const lane of await engine.claim("send")) await engine.deliver(lane);
  expect((await send(id, TEMPLATE)).status).toBe(202);
  await report({ wa_id: from, value: "stop", timestamp: 1790002200 });
  for (const lane of await engine.claim("send")) await engine.deliver(lane);
  const { rows } = await test.superuser.query("select status, error_code from messages where conversation_id = $1 and type = 'template'", [
    id,
  ]);
  expect(rows).toEqual([{ status: "failed", error_code: "opted_out" }]);
  await expectHealthy();
});

it("the newest word of WhatsApp holds, in whatever order the words come, and of several in one change", async () => {
  const [late, several, signup] = [newPerson(), newPerson(), newPerson()];
  for (const { from, userId } of [late, several, signup]) await engine.receive(business, { from, userId, text: "hello" });
  await report({ user_id: late.userId, value: "resume", timestamp: 1790002300 });
  await report({ user_id: late.userId, value: "stop", timestamp: 1790002200 });
  await report(
    { user_id: several.userId, value: "resume", timestamp: 1790002300 },
    { user_id: several.userId, value: "stop", timestamp: 1790002400 },
    { user_id: signup.userId, value: "stop", timestamp: 1790002300 },
    { user_id: signup.userId, value: "signup", signup_id: "990000000000001", timestamp: 1790002400 },
  );
  const stopped = async (value: string) => (await call("GET", `/conversations/${await threadOf(value)}/consent`)).json["marketingStopped"];
  expect([await stopped(late.userId), await stopped(several.userId), await stopped(signup.userId)]).toEqual([false, true, false]);
});

it("the stop of somebody whom nobody knows holds from their first message on", async () => {
  const { from, userId } = newPerson();
  await report({ user_id: userId, value: "stop", timestamp: 1790002200 });
  const id = await threadOf(userId);
  expect((await call("GET", `/conversations/${id}`)).json).toMatchObject({ isOpen: false, lastMessage: null });
  await engine.receive(business, { from, userId, text: "hello" });
  expect(await threadOf(from)).toBe(id);
  expect((await call("GET", `/conversations/${id}`)).json).toMatchObject({ isOpen: true });
  expect((await send(id, TEMPLATE)).status).toBe(409);
  await expectHealthy();
});

it("what the customer said is set and lifted by a person; a resume of WhatsApp does not lift it", async () => {
  const { from } = newPerson();
  await engine.receive(business, { from, text: "hello" });
  const id = await threadOf(from);
  expect((await call("PUT", `/conversations/${id}/consent`, { optedOut: true })).json).toMatchObject({
    optedOut: true,
    marketingStopped: false,
  });
  await call("PUT", `/conversations/${id}/consent`, { optedOut: true });
  await report({ wa_id: from, value: "resume", timestamp: 1790002300 });
  expect((await send(id, TEXT)).json).toMatchObject({ code: "opted_out" });
  await report({ wa_id: from, value: "stop", timestamp: 1790002400 });
  expect((await call("PUT", `/conversations/${id}/consent`, { optedOut: false })).json).toMatchObject({
    optedOut: false,
    marketingStopped: true,
  });
  expect((await send(id, TEXT)).status).toBe(202);
  expect((await events(id)).map(({ data }) => data)).toEqual([
    { source: "api", scope: "everything", optedOut: true },
    { source: "platform", scope: "marketing", optedOut: true },
    { source: "api", scope: "everything", optedOut: false },
  ]);
  expect((await call("PUT", `/conversations/${business.businessId}/consent`, { optedOut: true })).status).toBe(404);
  expect((await call("PUT", `/conversations/${id}/consent`, {})).status).toBe(400);
});

/** A marketing template that somebody's answer to a send, or a later status, refuses because its customer stopped marketing. */
async function refuseMarketing(from: string, how: "at once" | "later"): Promise<string> {
  const id = await threadOf(from);
  for (const kind of ["reply", "send"] as const)
    for (const lane of await engine.claim(kind)) await (kind === "reply" ? engine.turn(lane) : engine.deliver(lane));
  if (how === "at once") engine.simulator.addFailure({ match: { path: "messages", to: from }, respond: { code: 131_050 } });
  expect((await send(id, HELLO)).status).toBe(202);
  for (const lane of await engine.claim("send")) await engine.deliver(lane);
  if (how === "later") await statusOf(from, new Date());
  return id;
}
const HELLO = { type: "template", template: { name: "hello_world", language: { code: "en_US" } } };
async function statusOf(from: string, at: Date): Promise<void> {
  const id = engine.simulator.outbox({ to: from }).at(-1)?.id;
  const failed = { id, status: "failed", timestamp: String(Math.floor(at.getTime() / 1_000)), recipient_id: from };
  await receiveStatus({ ...failed, errors: [{ code: 131_050, title: "User has stopped marketing messages" }] });
}
async function receiveStatus(status: object): Promise<void> {
  const metadata = { display_phone_number: "15550100200", phone_number_id: business.phoneNumberId };
  const value = { messaging_product: "whatsapp", metadata, statuses: [status] };
  const body = { object: "whatsapp_business_account", entry: [{ id: "300000000000001", changes: [{ field: "messages", value }] }] };
  const parsed = parseCloudWebhook(Buffer.from(JSON.stringify(body)));
  if (parsed.outcome !== "events") throw new Error(parsed.reason);
  await engine.intake.receive(parsed.events);
}
const consentOf = async (id: string) => (await call("GET", `/conversations/${id}/consent`)).json;

it.for(["at once", "later"] as const)(
  "a refusal because the customer stopped marketing (%s) is the platform's stop; its resume lifts that",
  async (how) => {
    const { from, userId } = newPerson();
    await engine.receive(business, { from, userId, text: "hello" });
    const id = await refuseMarketing(from, how);
    expect(await consentOf(id)).toMatchObject({ optedOut: false, marketingStopped: true });
    const stopped = { data: { source: "platform", scope: "marketing", optedOut: true } };
    expect(await events(id)).toEqual([stopped]);
    if (how === "later") await statusOf(from, new Date());
    expect(await events(id)).toEqual([stopped]);
    expect((await send(id, HELLO)).json).toMatchObject({ code: "opted_out" });
    expect((await send(id, TEXT)).status).toBe(202);
    // Of an hour ago: it was lifted since by whoever refused the message.
    await report({ user_id: userId, value: "resume", timestamp: Math.floor(Date.now() / 1_000) - 3_600 });
    expect(await consentOf(id)).toMatchObject({ marketingStopped: true });
    await report({ user_id: userId, value: "resume", timestamp: Math.floor(Date.now() / 1_000) + 1 });
    expect(await consentOf(id)).toMatchObject({ marketingStopped: false });
    expect((await send(id, HELLO)).status).toBe(202);
  },
);

it("a refusal of a message that is not known stops whom it was for, where they are known; a group's and a stranger's nobody", async () => {
  const [known, byUser, inGroup, stranger] = [newPerson(), newPerson(), newPerson(), newPerson()];
  for (const person of [known, byUser, inGroup]) await engine.receive(business, { ...person, text: "hello" });
  const failed = async (id: string, recipient: object): Promise<void> => {
    const errors = [{ code: 131_050, title: "User has stopped marketing messages" }];
    for (let delivery = 0; delivery < 2; delivery += 1)
      await receiveStatus({ id: `wamid.${id}`, status: "failed", timestamp: String(Math.floor(Date.now() / 1_000)), ...recipient, errors });
  };
  await failed("old-1", { recipient_id: known.from });
  await failed("old-2", { recipient_user_id: byUser.userId });
  await failed("old-3", { recipient_id: "Z3JwLTE", recipient_type: "group", recipient_participant_id: inGroup.from });
  await failed("old-4", { recipient_id: stranger.from });
  const stopped = { data: { source: "platform", scope: "marketing", optedOut: true } };
  for (const { from } of [known, byUser]) {
    const id = await threadOf(from);
    expect(await consentOf(id)).toMatchObject({ optedOut: false, marketingStopped: true });
    expect(await events(id)).toEqual([stopped]);
  }
  expect(await consentOf(await threadOf(inGroup.from))).toMatchObject({ marketingStopped: false });
  expect((await test.superuser.query("select from onethread.aliases where value = $1", [stranger.from])).rows).toEqual([]);
});

it("a refusal that is older than a resume stops nothing, and none touches what the customer said", async () => {
  const { from, userId } = newPerson();
  await engine.receive(business, { from, userId, text: "hello" });
  const id = await refuseMarketing(from, "at once");
  await call("PUT", `/conversations/${id}/consent`, { optedOut: true });
  await report({ user_id: userId, value: "resume", timestamp: Math.floor(Date.now() / 1_000) + 1 });
  expect(await consentOf(id)).toMatchObject({ optedOut: true, marketingStopped: false });
  const other = newPerson();
  await engine.receive(business, { ...other, text: "hello" });
  const thread = await refuseMarketing(other.from, "later");
  await report({ user_id: other.userId, value: "resume", timestamp: Math.floor(Date.now() / 1_000) + 1 });
  await statusOf(other.from, new Date(Date.now() - 3_600_000));
  expect(await consentOf(thread)).toMatchObject({ optedOut: false, marketingStopped: false });
});
