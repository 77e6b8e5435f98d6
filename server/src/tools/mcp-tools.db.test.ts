import { Writable } from "node:stream";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { createTestBusiness, type TestBusiness } from "../../test/support/test-business.ts";
import { createTestDatabase, type TestDatabase } from "../../test/support/test-database.ts";
import { createTestThread } from "../../test/support/test-http.ts";
import { addTool, contextOf, createTestTools, type TestTools } from "../../test/support/test-tools.ts";
import { startHttpTarget, startMcpTarget, type HttpTarget, type McpTarget } from "../../test/support/tool-target.ts";
import type { Database } from "../db/database.ts";
import type { ConversationId } from "../kernel/ids.ts";
import { createLog } from "../kernel/log.ts";
import { createReplySettingsStore } from "../settings/reply-settings-store.ts";

const SECRET = "mcp-s3cret-value";

let db: TestDatabase;
let database: Database;
let target: McpTarget;
let other: HttpTarget;
let tools: TestTools;
let business: TestBusiness;
let place: { readonly businessId: TestBusiness["businessId"]; readonly conversationId: ConversationId };
const logged: string[] = [];

beforeAll(async () => {
  db = await createTestDatabase();
  database = db.open();
  target = await startMcpTarget();
  other = await startHttpTarget();
  const destination = new Writable({
    write(chunk: Buffer, _encoding, done) {
      logged.push(chunk.toString());
      done();
    },
  });
  tools = createTestTools({ database, log: createLog({ level: "trace", destination }) });
});
afterAll(async () => {
  await tools.close();
  await target.close();
  await other.close();
  await db.close();
});
beforeEach(async () => {
  business = await createTestBusiness(db.superuser);
  place = { businessId: business.businessId, conversationId: await createTestThread(db, business) };
  target.called.length = 0;
  logged.length = 0;
});

const addServer = (definition: object = {}, name = "shop", needsApproval = false) =>
  addTool(database, business.businessId, { name, kind: "mcp", needsApproval, definition: { url: `${target.url}/mcp`, ...definition } });

async function states() {
  const { rows } = await db.superuser.query<{ state: string }>(
    "select tool, state, arguments, result from onethread.tool_calls where business_id = $1 order by created_at, id",
    [business.businessId],
  );
  return rows;
}

test("a server's tools are offered under its name, called with checked arguments, and their answers recorded", async () => {
  await addServer();
  const set = await tools.set(contextOf(place));
  expect(set.tools.map(({ name }) => name)).toEqual([
    "handoff",
    "search_knowledge",
    "update_customer",
    "shop_find",
    "shop_book",
    "shop_broken",
    "shop_hang",
    "shop_leak",
    "shop_admin_delete",
  ]);
  expect(set.tools.find(({ name }) => name === "shop_find")).toMatchObject({
    description: "Finds a product",
    parameters: { type: "object" },
  });
  const { signal } = new AbortController();
  expect(await set.call("shop_find", { word: "bread" }, signal)).toEqual({ outcome: "result", result: "found bread" });
  expect(await set.call("shop_book", { people: 4 }, signal)).toEqual({ outcome: "result", result: { booked: 4 } });
  expect(await set.call("shop_book", { people: "four" }, signal)).toMatchObject({ error: expect.stringContaining("not valid") });
  await set.close();
  expect(target.called.map(({ tool }) => tool)).toEqual(["find", "book"]);
  expect(await states()).toMatchObject([
    { tool: "shop_find", state: "done", result: "found bread" },
    { tool: "shop_book", state: "done", arguments: { people: 4 } },
  ]);
});

test("only the tools that the business allows are offered", async () => {
  await addServer({ tools: ["find"] });
  const set = await tools.set(contextOf(place));
  expect(set.tools.map(({ name }) => name).filter((name) => name.startsWith("shop"))).toEqual(["shop_find"]);
  expect(await set.call("shop_book", { people: 1 }, new AbortController().signal)).toMatchObject({ outcome: "error" });
  await set.close();
  expect(target.called).toEqual([]);
});

test("a tool that fails, and one that hangs, are told to the model; a hanging one that may have changed something is unknown", async () => {
  await addServer();
  expect(await tools.call(contextOf(place), "shop_broken", {})).toMatchObject({ error: expect.stringContaining("the oven is cold") });
  const quick = contextOf(place, { tools: { timeoutMs: 1_000 } });
  expect(await tools.call(quick, "shop_hang", {})).toMatchObject({ error: expect.stringContaining("not known") });
  expect(await states()).toMatchObject([{ state: "failed" }, { state: "unknown" }]);
  // Never again within this burst.
  expect(await tools.call(quick, "shop_hang", {})).toMatchObject({ error: expect.stringContaining("not known") });
  expect(target.called.length).toBe(1);
});

test("the tools of a server that is down, answers nonsense or is inside the network are missing, and no others", async () => {
  await addServer({ url: `${other.url}/fail` }, "nonsense");
  await addServer({ url: "http://127.0.0.1:1/mcp" }, "gone");
  await addServer({ url: "http://10.255.255.1/mcp" }, "inside");
  await addServer();
  const set = await tools.set(contextOf(place));
  const names = set.tools.map(({ name }) => name);
  expect(names).toContain("shop_find");
  expect(names.filter((name) => /^(nonsense|gone|inside)/.test(name))).toEqual([]);
  await set.close();
  expect(logged.filter((line) => line.includes("tool.server-unreachable")).length).toBe(3);
});

test("what a server offers is asked once for many turns", async () => {
  await addServer();
  const before = target.listings();
  for (let turn = 0; turn < 3; turn += 1) await (await tools.set(contextOf(place))).close();
  expect(target.listings() - before).toBe(1);
});

test("a secret reaches the server and nothing else", async () => {
  await createReplySettingsStore({ database, log: db.log }).saveSecret(business.businessId, "mcp_key", SECRET);
  const saved = await addServer({ headers: { Authorization: "Bearer {{secret:mcp_key}}" } });
  expect(await tools.call(contextOf(place), "shop_leak", {})).toEqual({ outcome: "result", result: "you sent Bearer [secret]" });
  expect(await tools.call(contextOf(place), "shop_find", { word: "x" })).toMatchObject({ outcome: "result" });
  expect(target.called[0]?.authorization).toBe(`Bearer ${SECRET}`);
  expect(JSON.stringify([saved, await states(), logged])).not.toContain(SECRET);
});

test("an MCP tool that needs a person is not called before they approve", async () => {
  await addServer({ tools: ["book"] }, "shop", true);
  expect(await tools.call(contextOf(place), "shop_book", { people: 2 })).toEqual({ outcome: "waits" });
  expect(target.called).toEqual([]);
});
