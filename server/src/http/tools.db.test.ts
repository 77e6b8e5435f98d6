import type { FastifyInstance } from "fastify";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { createTestBusiness, type TestBusiness } from "../../test/support/test-business.ts";
import { createTestDatabase, type TestDatabase } from "../../test/support/test-database.ts";
import { bearerFor, createTestHttp, createTestThread } from "../../test/support/test-http.ts";
import { addTool, contextOf, createTestTools, type TestTools } from "../../test/support/test-tools.ts";
import { createRecordingTerminal } from "../../test/support/recording-terminal.ts";
import { startHttpTarget, startMcpTarget, type HttpTarget, type McpTarget } from "../../test/support/tool-target.ts";
import { runCli } from "../cli/program.ts";
import type { Database } from "../db/database.ts";
import type { ConversationId } from "../kernel/ids.ts";
import { createOutsideHttp, type OutsideHttp } from "../outside/outside-http.ts";

let db: TestDatabase;
let database: Database;
let target: HttpTarget;
let mcp: McpTarget;
let outside: OutsideHttp;
let app: FastifyInstance;
let woken: readonly string[];
let tools: TestTools;
let business: TestBusiness;
let conversationId: ConversationId;
let headers: { readonly authorization: string };

beforeAll(async () => {
  db = await createTestDatabase();
  database = db.open();
  target = await startHttpTarget();
  mcp = await startMcpTarget();
  outside = createOutsideHttp({ privateHosts: ["127.0.0.1"] });
  const http = createTestHttp(database, db.log, { outside });
  ({ app, woken } = http);
  tools = createTestTools({ database, log: db.log });
});
afterAll(async () => {
  await app.close();
  await tools.close();
  await outside.close();
  await target.close();
  await mcp.close();
  await db.close();
});
beforeEach(async () => {
  business = await createTestBusiness(db.superuser);
  conversationId = await createTestThread(db, business);
  headers = await bearerFor(database, business.businessId);
  target.seen.length = 0;
});

type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

async function callAs(
  as: { readonly authorization: string },
  method: Method,
  rest: { readonly path: string; readonly payload?: object | undefined },
) {
  const { path, payload } = rest;
  const answer = await app.inject({ method, url: `/api/v1${path}`, headers: as, ...(payload === undefined ? {} : { payload }) });
  return {
    status: answer.statusCode,
    body: (answer.body === "" ? null : answer.json()) as Record<string, unknown> & { data: { id: string }[] },
  };
}

const call = (method: Method, path: string, payload?: object) => callAs(headers, method, { path, payload });

const order = (url: string) => ({ name: "order", kind: "http", description: "Looks up an order", definition: { url } });

test("a tool is defined, tried out, replaced and removed; nothing of a trial is recorded", async () => {
  const made = await call("POST", "/tools", order(`${target.url}/ok`));
  expect(made).toMatchObject({ status: 201, body: { name: "order", needsApproval: false, definition: { method: "GET" } } });
  const id = String(made.body["id"]);
  expect(await call("POST", "/tools", order(`${target.url}/ok`))).toMatchObject({ status: 409, body: { code: "tool_name_taken" } });
  expect(await call("POST", `/tools/${id}/test`, { arguments: {} })).toMatchObject({
    status: 200,
    body: { outcome: "done", result: { status: 200 } },
  });
  expect(target.seen[0]?.headers).toMatchObject({ "onethread-test": "true" });
  expect(await call("POST", `/tools/${id}/test`, { arguments: { x: 1 } })).toMatchObject({ status: 400, body: { code: "bad_request" } });
  expect(await call("GET", "/tool-calls")).toMatchObject({ status: 200, body: { data: [] } });
  expect(await call("PUT", `/tools/${id}`, { ...order(`${target.url}/fail`), needsApproval: true })).toMatchObject({
    status: 200,
    body: { needsApproval: true },
  });
  expect(await call("POST", `/tools/${id}/test`, {})).toMatchObject({ body: { outcome: "failed", result: { status: 500 } } });
  expect((await call("GET", "/tools")).body.data.length).toBe(1);
  expect((await call("DELETE", `/tools/${id}`)).status).toBe(204);
  expect((await call("GET", `/tools/${id}`)).status).toBe(404);
});

test("an MCP server is tried out: its tools are listed, and one of them is called", async () => {
  const { id } = await addTool(database, business.businessId, { name: "shop", kind: "mcp", definition: { url: `${mcp.url}/mcp` } });
  expect(await call("POST", `/tools/${id}/test`, {})).toMatchObject({
    body: { outcome: "done", result: { tools: expect.arrayContaining(["book"]) } },
  });
  expect(await call("POST", `/tools/${id}/test`, { serverTool: "find", arguments: { word: "x" } })).toMatchObject({
    body: { result: "found x" },
  });
});

test.for([
  [
    "a host that an argument chooses",
    { url: "https://{host}/x", parameters: { type: "object", properties: { host: {} }, required: ["host"] } },
  ],
  ["a password in the address", { url: "https://a:b@shop.example/" }],
  ["another protocol", { url: "file:///etc/passwd" }],
  ["a secret that stands in the open", { url: "https://shop.example/", headers: { authorization: "Bearer abc" } }],
  ["a secret in the path", { url: "https://shop.example/{{secret:key}}" }],
  ["a name that is no parameter", { url: "https://shop.example/", query: { a: "{b}" } }],
  ["an optional argument in the path", { url: "https://shop.example/{b}", parameters: { type: "object", properties: { b: {} } } }],
  ["a header that is ours", { url: "https://shop.example/", headers: { Host: "other" } }],
  [
    "a schema that cannot be checked",
    { url: "https://shop.example/", parameters: { type: "object", properties: { a: { type: "thing" } } } },
  ],
  ["a field that there is not", { url: "https://shop.example/", methode: "GET" }],
] as const)("a definition with %s is refused with a sentence", async ([, definition]) => {
  const { status, body } = await call("POST", "/tools", { ...order(""), definition });
  expect({ status, code: body["code"] }).toEqual({ status: 400, code: "bad_request" });
  expect(String(body["detail"])).toMatch(/definition[.:]/);
});

test("a waiting call is decided once, under the name of the key, and belongs to its business alone", async () => {
  await addTool(database, business.businessId, {
    name: "book",
    needsApproval: true,
    definition: { method: "POST", url: `${target.url}/ok` },
  });
  await tools.call(contextOf({ businessId: business.businessId, conversationId }), "book", {});
  const waiting = await call("GET", `/tool-calls?conversationId=${conversationId}&state=waiting`);
  const id = waiting.body.data[0]?.id ?? "";
  const strangers = await bearerFor(database, (await createTestBusiness(db.superuser)).businessId);
  for (const path of [`/tool-calls/${id}/approve`, `/tool-calls/${id}/deny`])
    expect((await callAs(strangers, "POST", { path })).status).toBe(404);
  for (let again = 0; again < 2; again += 1)
    expect(await call("POST", `/tool-calls/${id}/approve`)).toMatchObject({ status: 200, body: { state: "approved", decidedBy: "test" } });
  expect(woken).toContain("reply");
  expect(await call("POST", `/tool-calls/${id}/deny`)).toMatchObject({ status: 409, body: { code: "tool_call_decided" } });
});

test("calls are paged without a gap, the newest first", async () => {
  await addTool(database, business.businessId, {
    name: "look",
    definition: { url: `${target.url}/ok`, query: { n: "{n}" }, parameters: { type: "object", properties: { n: { type: "integer" } } } },
  });
  for (let n = 0; n < 5; n += 1) await tools.call(contextOf({ businessId: business.businessId, conversationId }), "look", { n });
  const seen: unknown[] = [];
  for (let cursor = ""; ;) {
    const { body } = await call("GET", `/tool-calls?limit=2${cursor}`);
    seen.push(...body.data.map((one) => (one as unknown as { arguments: { n: number } }).arguments.n));
    if (typeof body["nextCursor"] !== "string") break;
    cursor = `&cursor=${body["nextCursor"]}`;
  }
  expect(seen).toEqual([4, 3, 2, 1, 0]);
});

test("what is known about a customer is read and patched", async () => {
  const path = `/conversations/${conversationId}/facts`;
  expect(await call("GET", path)).toMatchObject({ status: 200, body: { facts: {} } });
  expect(await call("PATCH", path, { facts: { city: "Porto", pet: "dog" } })).toMatchObject({ status: 200 });
  expect(await call("PATCH", path, { facts: { pet: null } })).toMatchObject({ status: 200, body: { facts: { city: "Porto" } } });
  expect(await call("PATCH", path, { facts: { city: "x".repeat(400) } })).toMatchObject({ status: 400, body: { code: "bad_request" } });
});

test("the command line defines, tries, switches and removes tools, and decides calls", async () => {
  let privateHosts = "";
  const onethread = async (...args: string[]) => {
    const terminal = createRecordingTerminal(
      { DATABASE_URL: db.url, ONETHREAD_PRIVATE_HOSTS: privateHosts },
      JSON.stringify(order(`${target.url}/ok`)),
    );
    const code = await runCli(["tool", ...args, "--business", business.businessId], terminal);
    return { code, out: terminal.printed.join("\n"), err: terminal.complained.join("\n") };
  };
  expect((await onethread("add", "-")).code).toBe(0);
  expect((await onethread("list")).out).toMatch(/order\s+http\s+enabled/);
  expect(await onethread("test", "order", "--allow-private")).toMatchObject({ code: 0, out: expect.stringContaining('"done"') });
  expect(await onethread("test", "order")).toMatchObject({ code: 1, out: expect.stringContaining("inside this network") });
  privateHosts = "127.0.0.1";
  expect(await onethread("test", "order")).toMatchObject({ code: 0, out: expect.stringContaining('"done"') });
  expect((await onethread("disable", "order")).code).toBe(0);
  expect((await onethread("show", "order")).out).toContain('"isEnabled": false');
  expect((await onethread("enable", "order")).code).toBe(0);
  const flags = ["--name", "book", "--description", "Books", "--method", "POST", "--needs-approval", "--url"];
  expect((await onethread("add", ...flags, "https://{host}/")).err).toContain("fixed host");
  expect((await onethread("add", ...flags, `${target.url}/ok`)).code).toBe(0);
  await tools.call(contextOf({ businessId: business.businessId, conversationId }), "book", {});
  const calls = JSON.parse((await onethread("calls", "--state", "waiting", "--json")).out) as { id: string }[];
  const id = calls[0]?.id ?? "";
  expect((await onethread("deny", id)).code).toBe(0);
  expect(await onethread("approve", id)).toMatchObject({ code: 1, err: expect.stringContaining("denied") });
  expect((await onethread("remove", "order")).code).toBe(0);
  expect((await onethread("show", "order")).code).toBe(1);
});
