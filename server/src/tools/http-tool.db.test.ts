import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { createTestBusiness, type TestBusiness } from "../../test/support/test-business.ts";
import { createTestDatabase, type TestDatabase } from "../../test/support/test-database.ts";
import { createTestThread } from "../../test/support/test-http.ts";
import { addTool, contextOf, createTestTools, type TestTools } from "../../test/support/test-tools.ts";
import { startHttpTarget, type HttpTarget } from "../../test/support/tool-target.ts";
import type { Database } from "../db/database.ts";
import type { ConversationId } from "../kernel/ids.ts";
import { createReplySettingsStore } from "../settings/reply-settings-store.ts";
import type { ReplyContext } from "../answers/responder.ts";

let db: TestDatabase;
let database: Database;
let target: HttpTarget;
let tools: TestTools;
let business: TestBusiness;
let conversationId: ConversationId;
let context: ReplyContext;

beforeAll(async () => {
  db = await createTestDatabase();
  database = db.open();
  target = await startHttpTarget();
  tools = createTestTools({ database, log: db.log });
});
afterAll(async () => {
  await tools.close();
  await target.close();
  await db.close();
});
beforeEach(async () => {
  business = await createTestBusiness(db.superuser);
  conversationId = await createTestThread(db, business);
  context = contextOf({ businessId: business.businessId, conversationId });
  target.seen.length = 0;
});

const orderParameters = { type: "object", properties: { id: { type: "string", maxLength: 60 } }, required: ["id"] };

async function recorded() {
  const { rows } = await db.superuser.query<{ tool: string; state: string; arguments: unknown; result: unknown; error: string | null }>(
    "select tool, state, arguments, result, error from onethread.tool_calls where business_id = $1 order by created_at, id",
    [business.businessId],
  );
  return rows;
}

test("a request is made of the arguments, says which call it is, and its answer is recorded", async () => {
  await addTool(database, business.businessId, {
    name: "order",
    definition: {
      method: "POST",
      url: `${target.url}/ok/orders/{id}?source=chat`,
      query: { lang: "{lang}", count: "{count}" },
      body: { quantity: "{count}", note: "for {{context:conversation_id}}", missing: "{lang}", fixed: [1, true] },
      parameters: { ...orderParameters, properties: { id: { type: "string" }, lang: { type: "string" }, count: { type: "integer" } } },
    },
  });
  const told = await tools.call(context, "order", { id: "A/17 é", count: 2 });
  expect(told).toMatchObject({ outcome: "result", result: { status: 200 } });
  const [seen] = target.seen;
  expect(seen).toMatchObject({ method: "POST", path: "/ok/orders/A%2F17%20%C3%A9?source=chat&count=2" });
  expect(JSON.parse(seen?.body ?? "")).toEqual({ quantity: 2, note: `for ${conversationId}`, fixed: [1, true] });
  const { rows } = await db.superuser.query("select id from onethread.tool_calls where business_id = $1", [business.businessId]);
  expect(seen?.headers["idempotency-key"]).toBe((rows[0] as { id: string }).id);
  expect(await recorded()).toEqual([expect.objectContaining({ tool: "order", state: "done", arguments: { id: "A/17 é", count: 2 } })]);
});

test.for(["..", ".", "", "https://evil.example/"])("an argument in the path cannot lead elsewhere: %j", async (id) => {
  await addTool(database, business.businessId, {
    name: "order",
    definition: { url: `${target.url}/ok/{id}/secret`, parameters: orderParameters },
  });
  const told = await tools.call(context, "order", { id });
  if (id.startsWith("https")) expect(target.seen.map(({ path }) => path)).toEqual([`/ok/${encodeURIComponent(id)}/secret`]);
  else {
    expect(told.outcome).toBe("error");
    expect(target.seen).toEqual([]);
  }
});

test("arguments that do not fit the schema do nothing and are recorded nowhere", async () => {
  await addTool(database, business.businessId, {
    name: "order",
    definition: { url: `${target.url}/ok/{id}`, parameters: orderParameters },
  });
  for (const args of [{}, { id: 17 }, { id: "A", more: true }, "A-17", null, { id: "x".repeat(61) }])
    expect(await tools.call(context, "order", args)).toMatchObject({ outcome: "error", error: expect.stringContaining("not valid") });
  expect(await tools.call(context, "nothing", {})).toMatchObject({ outcome: "error", error: expect.stringContaining("no tool") });
  expect(target.seen).toEqual([]);
  expect(await recorded()).toEqual([]);
});

test("a secret is sent, and is nowhere else: not in what is recorded, told, defined or logged", async () => {
  const secret = "s3cr3t/with+signs==";
  const settings = createReplySettingsStore({ database, log: db.log });
  await settings.saveSecret(business.businessId, "shop_key", secret);
  await addTool(database, business.businessId, {
    name: "echo",
    definition: {
      url: `${target.url}/echo`,
      headers: { Authorization: "Bearer {{secret:shop_key}}" },
      query: { word: "{word}" },
      parameters: { type: "object", properties: { word: { type: "string" } } },
    },
  });
  // A value that looks like a placeholder stays what it is.
  const told = await tools.call(context, "echo", { word: "{{secret:shop_key}}" });
  expect(target.seen[0]?.headers["authorization"]).toBe(`Bearer ${secret}`);
  expect(decodeURIComponent(target.seen[0]?.path ?? "")).toContain("{{secret:shop_key}}");
  expect(JSON.stringify(told)).toContain("Bearer [secret]");
  expect(JSON.stringify([told, await recorded()])).not.toContain(secret);
  const missing = await addTool(database, business.businessId, {
    name: "unset",
    definition: { url: `${target.url}/echo`, headers: { "X-Key": "{{secret:other_key}}" } },
  });
  expect(missing.definition.headers).toEqual({ "X-Key": "{{secret:other_key}}" });
  expect(await tools.call(context, "unset", {})).toMatchObject({ outcome: "error", error: expect.stringContaining("other_key") });
});

test("what a server does wrong is told to the model and recorded, and never thrown", async () => {
  const cases = [
    ["/fail", "failed", /answered 500.*out of order/],
    ["/missing", "failed", /answered 404.*no such order/],
    ["/huge", "failed", /longer than/],
    ["/hang", "failed", /did not answer/],
    ["/away", "failed", /inside this network/],
    ["/cut", "failed", /could not be reached/],
  ] as const;
  const quick = contextOf(context, { tools: { timeoutMs: 200 } });
  for (const [index, [path, state, sentence]] of cases.entries()) {
    await addTool(database, business.businessId, { name: `bad${String(index)}`, definition: { url: target.url + path } });
    const told = await tools.call(path === "/hang" ? quick : context, `bad${String(index)}`, {});
    expect(told).toMatchObject({ outcome: "error", error: expect.stringMatching(sentence) });
    expect((await recorded()).at(-1)).toMatchObject({ state });
  }
});

test("a long answer is cut, a text is kept as a text, a redirect of a reading request is followed", async () => {
  for (const path of ["long", "text", "redirect"])
    await addTool(database, business.businessId, { name: path, definition: { url: `${target.url}/${path}`, maxResultCharacters: 500 } });
  const long = JSON.stringify(await tools.call(context, "long", {}));
  expect(long.length).toBeLessThan(700);
  expect(long).toContain("cut: 50000 characters");
  expect(await tools.call(context, "text", {})).toMatchObject({ result: { body: "plain\uFFFDtext" } });
  expect(await tools.call(context, "redirect", {})).toMatchObject({ result: { body: { path: "/ok/redirected" } } });
});

test("a request that changes something is lost in doubt, not in silence: a time-out and a cut line are unknown, a redirect is not followed", async () => {
  const quick = contextOf(context, { tools: { timeoutMs: 200 } });
  for (const path of ["hang", "cut"]) {
    await addTool(database, business.businessId, { name: path, definition: { method: "POST", url: `${target.url}/${path}` } });
    expect(await tools.call(quick, path, {})).toMatchObject({ outcome: "error", error: expect.stringContaining("not known") });
    expect((await recorded()).at(-1)).toMatchObject({ state: "unknown" });
  }
  await addTool(database, business.businessId, { name: "redirect", definition: { method: "POST", url: `${target.url}/redirect` } });
  expect(await tools.call(quick, "redirect", {})).toMatchObject({ outcome: "error", error: expect.stringContaining("302") });
  expect(target.seen.map(({ path }) => path)).toEqual(["/hang", "/cut", "/redirect"]);
});

test("an address inside our network is not asked unless the operator allows it", async () => {
  const strict = createTestTools({ database, log: db.log, privateHosts: [] });
  await addTool(database, business.businessId, { name: "inside", definition: { method: "POST", url: `${target.url}/ok` } });
  expect(await strict.call(context, "inside", {})).toMatchObject({
    outcome: "error",
    error: expect.stringContaining("inside this network"),
  });
  expect(target.seen).toEqual([]);
  expect(await recorded()).toMatchObject([{ state: "failed" }]);
  // It never left: with the permission it is made now, for the first time.
  expect(await tools.call(context, "inside", {})).toMatchObject({ outcome: "result" });
  expect(target.seen.length).toBe(1);
  await strict.close();
});

test("the customer is the server's to name, never the model's", async () => {
  await addTool(database, business.businessId, {
    name: "who",
    definition: { url: `${target.url}/ok/{{context:customer_phone}}`, query: { business: "{{context:business_id}}" } },
  });
  expect(await tools.call(context, "who", { customer_phone: "1", business: "2" })).toMatchObject({ outcome: "error" });
  await tools.call(context, "who", {});
  const { rows } = await db.superuser.query<{ value: string }>(
    "select value from onethread.aliases where business_id = $1 and conversation_id = $2",
    [business.businessId, conversationId],
  );
  expect(target.seen.map(({ path }) => path)).toEqual([`/ok/${rows[0]?.value ?? ""}?business=${business.businessId}`]);
});
