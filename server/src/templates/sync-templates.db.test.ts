// Proves the local copy of templates: what the platform lists is there, what it reports is there at once, in whatever order, and nothing of another business.
import { afterAll, afterEach, beforeAll, expect, test as it } from "vitest";
import { closeTestEngine, openTestEngine, type TestEngine } from "../../test/support/test-engine.ts";
import { createTestBusiness, type TestBusiness } from "../../test/support/test-business.ts";
import type { TestDatabase } from "../../test/support/test-database.ts";
import { bearerFor, createTestHttp, type TestHttp } from "../../test/support/test-http.ts";
import type { JsonObject } from "../kernel/json.ts";
import { parseCloudWebhook } from "../whatsapp/parse-webhook.ts";
import { createReadDueTemplates } from "./read-due-templates.ts";
import type { TemplateView } from "./template-view.ts";

const ACCOUNT = "300000000000001";
let test: TestDatabase;
let business: TestBusiness;
let engine: TestEngine;
let http: TestHttp;
let headers: Readonly<Record<string, string>>;

beforeAll(async () => {
  ({ test, business, engine } = await openTestEngine());
  http = createTestHttp(engine.database, test.log, { services: engine.services });
  headers = await bearerFor(engine.database, business.businessId);
});
afterEach(() => {
  engine.simulator.clearFailures();
  engine.simulator.reset({ templates: true });
});
afterAll(async () => {
  await http.app.close();
  await closeTestEngine(engine, test);
});

async function call(
  method: "GET" | "POST",
  url: string,
  { payload, as = headers }: { readonly payload?: object; readonly as?: typeof headers } = {},
) {
  const response = await http.app.inject({ method, url: `/api/v1${url}`, headers: as, ...(payload === undefined ? {} : { payload }) });
  return { status: response.statusCode, json: response.json<Record<string, unknown>>() };
}
const sync = async (): Promise<unknown> => (await call("POST", "/templates/sync", { payload: {} })).json["data"];
async function find(name: string, query = ""): Promise<TemplateView | undefined> {
  const { json } = await call("GET", `/templates?name=${name}${query}`);
  return (json["data"] as readonly TemplateView[]).find((one) => one.name === name);
}
/** As if WhatsApp had reported it `agoMs` ago. */
async function report(field: string, value: JsonObject, agoMs = 0): Promise<void> {
  const time = Math.floor((Date.now() - agoMs) / 1000);
  const body = { object: "whatsapp_business_account", entry: [{ id: ACCOUNT, time, changes: [{ field, value }] }] };
  const parsed = parseCloudWebhook(Buffer.from(JSON.stringify(body)));
  if (parsed.outcome !== "events") throw new Error(parsed.reason);
  await engine.intake.receive(parsed.events);
}
/** A request of the business itself, beside us. */
async function manage(method: "POST" | "DELETE", path: string, body?: object): Promise<unknown> {
  const response = await fetch(`${engine.simulator.url}/v26.0/${ACCOUNT}/message_templates${path}`, {
    method,
    headers: { authorization: "Bearer t", "content-type": "application/json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  expect(response.status).toBe(200);
  return response.json();
}
/** How many requests about templates come from now on. */
function countRequests(): () => unknown {
  const rule = { match: { path: "templates", nth: 1_000_000 }, respond: { code: 2 } };
  const { id } = engine.simulator.addFailure(rule);
  return () => engine.simulator.failures().find((one) => one["id"] === id)?.["matched"];
}
const named = (id: number, name: string): JsonObject => ({
  message_template_id: id,
  message_template_name: name,
  message_template_language: "en_US",
});
const status = (template: JsonObject, event: string, more: JsonObject = {}): JsonObject => ({
  ...{ event, ...template, reason: "NONE", message_template_category: "MARKETING" },
  ...more,
});
const HELLO = named(1500000000000004, "hello_world");
const readDue = () => createReadDueTemplates({ database: engine.database, syncTemplates: engine.services.syncTemplates, log: test.log })();
/** Its statuses of an hour ago: whatever is reported now is newer. */
const age = () =>
  test.superuser.query(
    "update template_states set status_at = now() - interval '1 hour', category_at = now() - interval '1 hour', content_at = now() - interval '1 hour'",
  );

it("all templates of the account are read, with their content and their state, and listed in pages", async () => {
  expect(await sync()).toEqual([
    {
      ...{ accountId: ACCOUNT, isReading: false, syncedAt: expect.any(String) as string, failedAt: null, error: null },
      ...{ templateCount: 6, templateLimit: 250, marketingStatus: "NOT_ONBOARDED", stoppedCategories: [] },
    },
  ]);
  expect(await find("order_ready", "&language=pt_BR")).toMatchObject({
    ...{
      providerId: "1500000000000001",
      status: "APPROVED",
      obstacle: null,
      category: "UTILITY",
      parameterFormat: "POSITIONAL",
      version: 1,
    },
    components: [{ type: "HEADER", format: "IMAGE" }, { type: "BODY" }, { type: "FOOTER" }, { type: "BUTTONS" }],
  });
  expect(await find("spring_offer")).toMatchObject({ status: "PAUSED", obstacle: "template_paused" });
  const first = (await call("GET", "/templates?limit=4")).json;
  const second = (await call("GET", `/templates?limit=4&cursor=${String(first["nextCursor"])}`)).json;
  const names = [first, second].flatMap(({ data }) => (data as readonly TemplateView[]).map(({ name }) => name));
  expect(names).toEqual(["hello_world", "login_code", "order_ready", "order_ready_named", "spring_offer", "winter_offer"]);
  expect((await call("GET", "/templates?status=disabled")).json["data"]).toMatchObject([{ name: "winter_offer" }]);
});

it("a list of many pages is read whole; a page that fails is read again from there, and what is known stays", async () => {
  for (let n = 0; n < 98; n += 1) await manage("POST", "", newTemplate(`page_${String(n).padStart(3, "0")}`));
  const count = countRequests();
  // The second page is refused once.
  engine.simulator.addFailure({ match: { path: "templates", nth: 2 }, respond: { code: 10 } });
  expect(await sync()).toMatchObject([{ error: expect.stringContaining("(10)") as string, templateCount: 104 }]);
  expect((await call("GET", "/templates?name=page_&limit=100")).json["data"]).toHaveLength(44);
  expect(count()).toBe(2);
  await test.superuser.query("update template_accounts set due_at = now()");
  expect(await readDue()).toBe(1);
  // A list that is refused in its middle may have a cursor that is too old: it is read from the beginning.
  expect(count()).toBe(5);
  expect(await find("page_097")).toBeDefined();
  engine.simulator.addFailure({ match: { path: "templates", nth: 2 }, respond: { drop: "before" } });
  await sync();
  await test.superuser.query("update template_accounts set due_at = now()");
  expect(await readDue()).toBe(1);
  // One that no answer came for goes on where it was.
  expect(count()).toBe(9);
});

it("what the platform no longer has is deleted here; what a page only missed stays", async () => {
  await sync();
  await manage("POST", "", newTemplate("short_lived"));
  await sync();
  expect(await find("short_lived")).toBeDefined();
  await manage("DELETE", "?name=short_lived");
  await age();
  // As if the pages had been shifted while they were read: it is there, and no page held it.
  await test.superuser.query("update template_states set seen_at = now() - interval '1 day'");
  engine.simulator.addFailure({ match: { path: "templates" }, respond: { status: 200, body: '{"data":[],"paging":{}}' } });
  await sync();
  expect(await find("short_lived")).toBeUndefined();
  expect(await find("short_lived", "&status=DELETED")).toMatchObject({ obstacle: "template_deleted" });
  expect(await find("hello_world")).toMatchObject({ status: "APPROVED" });
});

it("a report is known at once, is not undone by a list that is older, nor by an older report; then the template is read anew", async () => {
  await sync();
  await report("message_template_status_update", status(HELLO, "PAUSED", { other_info: { title: "FIRST_PAUSE" } }));
  expect(await find("hello_world")).toMatchObject({ status: "PAUSED", obstacle: "template_paused", reason: "FIRST_PAUSE" });
  const { pausedUntil } = (await find("hello_world")) ?? {};
  expect(Date.parse(pausedUntil ?? "") - Date.now()).toBeGreaterThan(2.9 * 3_600_000);
  // The platform lists it as approved still; so old a reading changes nothing.
  await readDue();
  await report("message_template_status_update", status(HELLO, "APPROVED"), 60_000);
  expect(await find("hello_world")).toMatchObject({ status: "PAUSED" });
  // A pause that is over forbids nothing.
  await test.superuser.query("update template_states set paused_until = now() - interval '1 second' where name = 'hello_world'");
  expect(await find("hello_world")).toMatchObject({ status: "PAUSED", obstacle: null });
  await report("message_template_status_update", status(HELLO, "UNPAUSE"));
  expect(await find("hello_world")).toMatchObject({ status: "APPROVED", pausedUntil: null, reason: null });
});

it.each([
  ["ARCHIVED", "ARCHIVED", "template_archived"],
  ["UNARCHIVED", "APPROVED", null],
  ["DISABLED", "DISABLED", "template_disabled"],
  ["REJECTED", "REJECTED", "template_rejected"],
  ["DELETED", "DELETED", "template_deleted"],
  ["REINSTATED", "APPROVED", null],
  ["FLAGGED", "FLAGGED", null],
  ["PENDING", "PENDING", null],
])("after %s a template is %s, and its obstacle %s", async (event, state, obstacle) => {
  await sync();
  await age();
  await report("message_template_status_update", status(HELLO, event));
  expect(await find("hello_world", `&status=${state}`)).toMatchObject({ status: state, obstacle });
});

it("the category is the one that holds, not the one that is announced; in any order", async () => {
  await sync();
  await age();
  const one = named(1500000000000002, "order_ready_named");
  const at = Math.floor(Date.now() / 1000) + 86_400;
  const announced = { ...one, new_category: "UTILITY", correct_category: "MARKETING", category_update_timestamp: at };
  await report("template_category_update", announced, 20_000);
  expect(await find("order_ready_named")).toMatchObject({
    ...{ category: "UTILITY", nextCategory: "MARKETING", nextCategoryAt: new Date(at * 1000).toISOString() },
  });
  await report("template_category_update", { ...one, previous_category: "UTILITY", new_category: "MARKETING" }, 10_000);
  await report("template_category_update", { ...announced, category_update_timestamp: at + 1 }, 20_000);
  await report("template_correct_category_detection", { ...one, category: "MARKETING", correct_category: "UTILITY" });
  expect(await find("order_ready_named")).toMatchObject({ category: "MARKETING", nextCategory: null });
  await report("message_template_quality_update", { ...one, previous_quality_score: "GREEN", new_quality_score: "RED" });
  expect(await find("order_ready_named")).toMatchObject({ quality: "RED" });
});

it("a template that only a report names is read by its id, and a new content is a new version", async () => {
  await sync();
  await manage("POST", "", newTemplate("brand_new"));
  const created = engine.simulator.templates().find(({ name }) => name === "brand_new");
  const id = Number(created?.id);
  await report("message_template_status_update", status(named(id, "brand_new"), "APPROVED", { message_template_category: "UTILITY" }));
  expect(await find("brand_new")).toMatchObject({ components: null, version: 0 });
  expect(await readDue()).toBe(1);
  const known = await find("brand_new");
  expect(known).toMatchObject({ version: 1, components: [{ type: "BODY", text: "Hi {{1}}, all is fine." }] });
  await age();
  const components = [{ type: "BODY", text: "Hi {{1}}, all is better." }];
  await engine.simulator.template({ id: String(id), components, silent: true });
  await report("message_template_components_update", { ...named(id, "brand_new"), message_template_element: "…" });
  await readDue();
  const { json } = await call("GET", `/templates/${known?.id ?? ""}/versions`);
  expect(json["data"]).toMatchObject([{ version: 2, components }, { version: 1 }]);
  await sync();
  expect(await find("brand_new")).toMatchObject({ version: 2 });
});

it("a webhook that comes while templates are read is not lost", async () => {
  await sync();
  await age();
  await test.superuser.query("update template_accounts set due_at = now(), full_due_at = now()");
  engine.simulator.addFailure({ match: { path: "templates" }, respond: { hangMs: 300 } });
  const reading = readDue();
  await expect
    .poll(async () => (await test.superuser.query("select from template_accounts where leased_until is not null")).rowCount)
    .toBe(1);
  await report("message_template_status_update", status(HELLO, "REJECTED", { reason: "SCAM" }));
  await reading;
  expect(await find("hello_world")).toMatchObject({ status: "REJECTED", reason: "SCAM" });
  const { rows } = await test.superuser.query("select due_at <= now() as due from template_accounts");
  expect(rows).toEqual([{ due: true }]);
});

it("a report that is committed while the end of a reading waits for it is not lost", async () => {
  await sync();
  await test.superuser.query("update template_accounts set due_at = now(), full_due_at = now()");
  engine.simulator.addFailure({ match: { path: "object" }, respond: { hangMs: 300 } });
  const reading = readDue();
  const areAllPagesRead = async () => (await test.superuser.query("select from template_accounts where pass_cursor = ''")).rowCount;
  await expect.poll(areAllPagesRead).toBe(1);
  const reporter = await test.superuser.connect();
  try {
    await reporter.query("begin");
    await reporter.query("update template_states set wanted_at = now() where name = 'hello_world'");
    await reporter.query("update template_accounts set due_at = least(due_at, now())");
    const isWaitedFor = async () =>
      (
        await test.superuser.query(
          "select from pg_stat_activity where wait_event_type = 'Lock' and query like '%finish-account%' and datname = current_database()",
        )
      ).rowCount;
    await expect.poll(isWaitedFor).toBe(1);
    await reporter.query("commit");
  } finally {
    reporter.release();
  }
  await reading;
  const { rows } = await test.superuser.query("select due_at <= now() as due from template_accounts");
  expect(rows).toEqual([{ due: true }]);
});

it("two processes read an account once; one that died is followed by another", async () => {
  await sync();
  const count = countRequests();
  await test.superuser.query("update template_accounts set due_at = now(), full_due_at = now()");
  const runs = await Promise.all([0, 1, 2].map(() => engine.services.syncTemplates(business.businessId, ACCOUNT)));
  expect(runs.map(({ outcome }) => outcome).toSorted()).toEqual(["idle", "idle", "read"]);
  expect(count()).toBe(1);
  // Claimed by one that is gone.
  await test.superuser.query(
    "update template_accounts set due_at = 'infinity', full_due_at = 'infinity', pass_began_at = now(), leased_until = now() - interval '1 second', fence = fence + 1",
  );
  expect(await readDue()).toBe(1);
  const { rows } = await test.superuser.query("select pass_began_at, leased_until, due_at > now() as rests from template_accounts");
  expect(rows).toEqual([{ pass_began_at: null, leased_until: null, rests: true }]);
});

it("without a token, an account or a right it says what is missing; another business sees and reads nothing", async () => {
  await sync();
  engine.simulator.addFailure({ match: { path: "templates" }, respond: { code: 10 } });
  expect(await sync()).toMatchObject([{ error: expect.stringContaining("(10)") as string, syncedAt: expect.any(String) as string }]);
  expect(await find("hello_world")).toBeDefined();
  await sync();
  const other = await createTestBusiness(test.superuser);
  const theirs = await bearerFor(engine.database, other.businessId);
  expect((await call("GET", "/templates", { as: theirs })).json["data"]).toEqual([]);
  const { id } = (await find("hello_world")) ?? { id: "" };
  for (const path of [`/templates/${id}`, `/templates/${id}/versions`]) expect((await call("GET", path, { as: theirs })).status).toBe(404);
  await test.superuser.query("delete from channel_secrets where business_id = $1", [other.businessId]);
  expect((await call("POST", "/templates/sync", { payload: {}, as: theirs })).json["data"]).toMatchObject([
    { error: expect.stringContaining("set-token") as string },
  ]);
  await test.superuser.query("update channels set account_id = null where business_id = $1", [other.businessId]);
  expect((await call("POST", "/templates/sync", { payload: {}, as: theirs })).json).toMatchObject({
    code: "account_unknown",
    detail: expect.stringContaining("set-account") as string,
  });
  expect((await call("POST", "/templates/sync", { payload: { accountId: "999999" } })).json).toMatchObject({ code: "account_unknown" });
});

it("a channel that is connected, or gets its account, has its templates read", async () => {
  const { channels } = engine.services;
  await sync();
  const other = await createTestBusiness(test.superuser);
  const { businessId } = other;
  await test.superuser.query("update channels set account_id = null where business_id = $1", [businessId]);
  expect(await channels.setAccount(businessId, other.channelId, ACCOUNT)).toBe(true);
  expect(await channels.setAccount(business.businessId, other.channelId, ACCOUNT)).toBe(false);
  expect(await readDue()).toBe(1);
  expect((await engine.services.templates.list(businessId, { limit: 10 })).data).toHaveLength(6);
  const created = await channels.create({
    businessId,
    provider: "cloud",
    externalId: "777",
    name: "x",
    accountId: "888",
    accessToken: "t",
  });
  expect(created.outcome).toBe("created");
  expect(await readDue()).toBe(0);
  expect(await engine.services.templates.accounts(businessId)).toMatchObject([
    { error: null },
    { accountId: "888", error: expect.any(String) as string },
  ]);
});

function newTemplate(name: string): JsonObject {
  const body = { type: "BODY", text: "Hi {{1}}, all is fine.", example: { body_text: [["Ana"]] } };
  return { name, language: "en_US", category: "UTILITY", components: [body] };
}
