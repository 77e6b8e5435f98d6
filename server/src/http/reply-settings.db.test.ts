// Proves what a business may change of how it is answered for: all or nothing, every problem named, secrets never shown, nothing of another business.
import { afterAll, beforeAll, expect, test as it } from "vitest";
import { createTestBusiness, type TestBusiness } from "../../test/support/test-business.ts";
import { createTestDatabase, type TestDatabase } from "../../test/support/test-database.ts";
import { bearerFor, createTestHttp, type TestHttp } from "../../test/support/test-http.ts";
import type { Database } from "../db/database.ts";

let test: TestDatabase;
let database: Database;
let business: TestBusiness;
let http: TestHttp;
let headers: { readonly authorization: string };
let stranger: { readonly authorization: string };

beforeAll(async () => {
  test = await createTestDatabase();
  database = test.open();
  business = await createTestBusiness(test.superuser);
  http = createTestHttp(database, test.log);
  headers = await bearerFor(database, business.businessId);
  stranger = await bearerFor(database, (await createTestBusiness(test.superuser)).businessId);
});
afterAll(async () => {
  await http.app.close();
  await test.close();
});

/** `what`: a method and a path. */
async function call(what: `${"GET" | "PATCH" | "PUT" | "DELETE"} ${string}`, payload?: object, as = headers) {
  const [method, path] = what.split(" ") as ["GET", string];
  const answer = await http.app.inject({ method, url: `/api/v1${path}`, headers: as, ...(payload === undefined ? {} : { payload }) });
  return { status: answer.statusCode, json: answer.json<Record<string, unknown>>() };
}

it("settings are shown with their defaults, changed in part, and taken back with null", async () => {
  expect((await call("GET /reply-settings")).json).toMatchObject({
    responder: "knowledge",
    maxMessages: 3,
    webhook: null,
    sessions: { newDay: false },
  });
  const patch = { responder: "webhook", webhook: { url: "https://agent.example/turns" }, sessions: { newDay: true } };
  expect(await call("PATCH /reply-settings", patch)).toMatchObject({
    status: 200,
    json: { webhook: { timeoutMs: 15_000 }, sessions: { newDay: true } },
  });
  await call("PATCH /reply-settings", { webhook: { timeoutMs: 1_000 }, maxMessages: 5 });
  const { json } = await call("GET /reply-settings");
  expect(json).toMatchObject({
    maxMessages: 5,
    webhook: { url: "https://agent.example/turns", timeoutMs: 1_000 },
    sessions: { newDay: true },
  });
  expect((await call("PATCH /reply-settings", { maxMessages: null, webhook: null, responder: null })).json).toMatchObject({
    responder: "knowledge",
    maxMessages: 3,
    webhook: null,
  });
  expect((await call("GET /reply-settings", undefined, stranger)).json).toMatchObject({ sessions: { newDay: false } });
});

it("a change with a problem changes nothing, and every problem is named with its place", async () => {
  const wrong = { maxMessages: 99, modell: {}, webhook: { url: "ftp://x", typo: 1 }, timeZone: "Mars/Base" };
  const { status, json } = await call("PATCH /reply-settings", wrong);
  expect({ status, code: json["code"] }).toEqual({ status: 422, code: "invalid_settings" });
  const paths = (json["errors"] as readonly { readonly path: string }[]).map(({ path }) => path);
  expect(paths.toSorted()).toEqual(["body.maxMessages", "body.modell", "body.timeZone", "body.webhook.typo", "body.webhook.url"]);
  expect((await call("GET /reply-settings")).json).toMatchObject({ maxMessages: 3, webhook: null });
});

it("whatever is sent as a change is answered with a sentence: nested without end, zero characters, lists", async () => {
  const deep = `{"a":${'{"a":'.repeat(20_000)}1${"}".repeat(20_000)}}`;
  const answer = await http.app.inject({
    method: "PATCH",
    url: "/api/v1/reply-settings",
    headers: { ...headers, "content-type": "application/json" },
    payload: deep,
  });
  expect(answer.statusCode).toBe(422);
  expect((await call("PATCH /reply-settings", [])).status).toBe(400);
  expect((await call("PATCH /reply-settings", { systemPrompt: "a\0b" })).json).toMatchObject({ code: "bad_request" });
});

it("a secret is listed by its name, replaced, removed, and never shown", async () => {
  expect(await call("PUT /reply-secrets/model_api_key", { value: "sk-hunter2" })).toEqual({
    status: 200,
    json: { name: "model_api_key" },
  });
  expect((await call("PUT /reply-secrets/model_api_key", { value: "sk-hunter3" })).status).toBe(200);
  const list = await call("GET /reply-secrets");
  expect(list.json["data"]).toEqual([{ name: "model_api_key", updatedAt: expect.any(String) as string }]);
  expect(JSON.stringify(list.json)).not.toContain("hunter");
  expect((await call("GET /reply-secrets", undefined, stranger)).json["data"]).toEqual([]);
  expect((await call("DELETE /reply-secrets/model_api_key", undefined, stranger)).status).toBe(404);
  expect((await call("DELETE /reply-secrets/model_api_key")).status).toBe(200);
  expect((await call("DELETE /reply-secrets/model_api_key")).status).toBe(404);
  for (const name of ["Upper", "1st", "a-b"]) expect((await call(`PUT /reply-secrets/${name}`, { value: "x" })).status).toBe(400);
  expect((await call("PUT /reply-secrets/ok", { value: "  " })).status).toBe(400);
});

it("the business itself is changed only where it is asked to, and never into what cannot be", async () => {
  const changes = {
    aiEnabled: false,
    quietMs: 100,
    handoffText: " One moment. ",
    handoffPauseMs: 60_000,
    replyConcurrency: 2,
    answersGroups: true,
  };
  const shown = { ...changes, handoffText: "One moment.", ceilingMs: 500, language: "english" };
  expect(await call("PATCH /business", changes)).toMatchObject({ status: 200, json: shown });
  expect(await call("PATCH /business", {})).toMatchObject({ status: 200, json: shown });
  expect((await call("PATCH /business", { handoffPauseMs: null, replyConcurrency: null })).json).toMatchObject({
    handoffPauseMs: null,
    replyConcurrency: null,
    aiEnabled: false,
  });
  expect((await call("GET /business")).json).toMatchObject({ aiEnabled: false, handoffPauseMs: null, answersGroups: true });
  expect(await call("PATCH /business", { quietMs: 900 })).toMatchObject({
    status: 422,
    json: { code: "invalid_settings", errors: [{ path: "body.ceilingMs" }] },
  });
  expect(await call("PATCH /business", { language: "klingon" })).toMatchObject({
    status: 422,
    json: { errors: [{ path: "body.language" }] },
  });
  for (const wrong of [{ name: "x" }, { aiEnabled: "no" }, { replyConcurrency: 0 }, { handoffText: " " }])
    expect((await call("PATCH /business", wrong)).status).toBe(400);
});
