// Proves what belongs to the app as a whole: health, metrics, limits, problems for everything, the description.
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { Registry } from "prom-client";
import { afterAll, beforeAll, expect, test as it } from "vitest";
import { createDatabase, type Database } from "../db/database.ts";
import type { FailPoints } from "../kernel/fail-points.ts";
import { noFailPoints } from "../kernel/fail-points.ts";
import { newId } from "../kernel/ids.ts";
import { createTestBusiness, type TestBusiness } from "../../test/support/test-business.ts";
import { createTestDatabase, type TestDatabase } from "../../test/support/test-database.ts";
import { bearerFor, createTestHttp, createTestThread, sign, type TestHttp } from "../../test/support/test-http.ts";
import { createMetrics } from "./metrics.ts";

let test: TestDatabase;
let database: Database;
let gone: Database;
let business: TestBusiness;
let http: TestHttp;
let headers: { readonly authorization: string };

beforeAll(async () => {
  test = await createTestDatabase();
  database = test.open();
  business = await createTestBusiness(test.superuser);
  http = createTestHttp(database, test.log);
  headers = await bearerFor(database, business.businessId);
  // Port 1 of the loopback: nobody listens there, the connection is refused at once.
  gone = createDatabase({
    url: "postgres://nobody:x@127.0.0.1:1/none",
    appConnections: 1,
    ingestConnections: 1,
    applicationName: "gone",
    log: test.log,
  });
});

afterAll(async () => {
  await http.app.close();
  await gone.close();
  await test.close();
});

it("alive and ready while the database answers and is migrated", async () => {
  expect((await http.app.inject("/health/live")).statusCode).toBe(200);
  const ready = await http.app.inject("/health/ready");
  expect([ready.statusCode, ready.json()]).toEqual([
    200,
    { status: "ready", checks: { database: { ok: true }, migrations: { ok: true } } },
  ]);
});

it("alive but not ready without a database or with pending migrations, and the reason is said", async () => {
  const withoutDatabase = createTestHttp(gone, test.log);
  expect((await withoutDatabase.app.inject("/health/live")).statusCode).toBe(200);
  const notReady = await withoutDatabase.app.inject("/health/ready");
  expect([notReady.statusCode, notReady.json<{ checks: { database: object } }>().checks.database]).toEqual([
    503,
    { ok: false, reason: "The database does not answer." },
  ]);
  let pending = ["0002_next"];
  const behind = createTestHttp(database, test.log, { listPendingMigrations: () => Promise.resolve(pending) });
  const answer = await behind.app.inject("/health/ready");
  expect([answer.statusCode, answer.body]).toEqual([503, expect.stringContaining("0002_next")]);
  pending = [];
  expect((await behind.app.inject("/health/ready")).statusCode).toBe(200);
  await Promise.all([withoutDatabase.app.close(), behind.app.close()]);
});

it("the API without a database answers 503 with Retry-After", async () => {
  const { app } = createTestHttp(gone, test.log);
  const answer = await app.inject({ url: "/api/v1/conversations", headers });
  expect([answer.statusCode, answer.headers["retry-after"], answer.json<{ code: string }>().code]).toEqual([503, "5", "unavailable"]);
  await app.close();
});

it("metrics say what came in, how long requests took, and what is waiting", async () => {
  const { app } = createTestHttp(database, test.log);
  const id = await createTestThread(test, business);
  await app.inject({
    method: "POST",
    url: `/api/v1/conversations/${id}/messages`,
    headers,
    payload: { type: "text", text: { body: "Hi" } },
  });
  const body = "not JSON";
  await app.inject({ method: "POST", url: "/webhooks/whatsapp", headers: { "x-hub-signature-256": sign(body) }, payload: body });
  await test.superuser.query(
    "insert into webhook_log (business_id, id, received_at, state, reason, provider, kind, body) values ($1, $2, now(), 'quarantined', 'test', 'cloud', 'x', '')",
    [business.businessId, newId()],
  );
  const text = (await app.inject("/metrics")).body;
  for (const line of [
    'onethread_ingest_events_total{outcome="stored"} 1',
    'onethread_lanes_due{kind="send"} 1',
    'onethread_messages_unsettled{status="queued"} 1',
    "onethread_webhooks_quarantined 1",
    'onethread_http_request_duration_seconds_count{method="POST",route="/webhooks/whatsapp",status="200"} 1',
    'onethread_http_request_duration_seconds_count{method="POST",route="/api/v1/conversations/:id/messages",status="202"} 1',
  ]) {
    expect(text).toContain(line);
  }
  expect(text).not.toContain(id);
  await app.close();
});

it("a gauge that cannot be read does not fail the scrape", async () => {
  const { app } = createTestHttp(gone, test.log);
  const answer = await app.inject("/metrics");
  expect(answer.statusCode).toBe(200);
  expect(answer.body).toContain("onethread_metrics_failures_total 4\n");
  await app.close();
});

it("metrics that throw delay and lose nothing", async () => {
  const failing: FailPoints = { hit: (point) => (point === "metrics.record" ? Promise.reject(new Error("boom")) : undefined) };
  const throwing: FailPoints = {
    hit: () => {
      throw new Error("boom");
    },
  };
  for (const failPoints of [failing, throwing, noFailPoints]) {
    const metrics = createMetrics({ registry: new Registry(), database, log: test.log, failPoints });
    const { app, intake } = createTestHttp(database, test.log, { metrics });
    const answer = await app.inject({
      method: "POST",
      url: "/webhooks/whatsapp",
      headers: { "x-hub-signature-256": sign("x") },
      payload: "x",
    });
    expect([answer.statusCode, intake.received.length]).toEqual([200, 1]);
    expect((await app.inject({ url: "/api/v1/business", headers })).statusCode).toBe(200);
    await app.close();
  }
});

it("an API key that asks too often is told when to come back, and the other keys are not harmed", async () => {
  const { app } = createTestHttp(database, test.log, { apiRequestsPerMinute: 3 });
  const other = await bearerFor(database, business.businessId);
  const statuses = [];
  for (let call = 0; call < 4; call += 1) statuses.push((await app.inject({ url: "/api/v1/business", headers })).statusCode);
  const limited = await app.inject({ url: "/api/v1/business", headers });
  expect(statuses).toEqual([200, 200, 200, 429]);
  expect(limited.json<{ code: string }>().code).toBe("rate_limited");
  expect(Number(limited.headers["retry-after"])).toBeGreaterThan(0);
  expect((await app.inject({ url: "/api/v1/business", headers: other })).statusCode).toBe(200);
  await app.close();
});

it("whatever is wrong with a request is answered as a problem", async () => {
  const id = await createTestThread(test, business);
  const url = `/api/v1/conversations/${id}/messages`;
  const json = { ...headers, "content-type": "application/json" };
  const requests = [
    { request: { url: "/nowhere" }, status: 404, code: "not_found" },
    { request: { method: "DELETE", url, headers }, status: 404, code: "not_found" },
    { request: { url: "/api/v1/%zz", headers }, status: 400, code: "bad_request" },
    { request: { method: "POST", url, headers: json, payload: "{" }, status: 400, code: "bad_request" },
    { request: { method: "POST", url, headers: json, payload: "" }, status: 400, code: "bad_request" },
    { request: { method: "POST", url, headers: json, payload: '{"__proto__":{}}' }, status: 400, code: "bad_request" },
    { request: { method: "POST", url, headers: json, payload: "[]" }, status: 400, code: "bad_request" },
    {
      request: { method: "POST", url, headers: { ...json, "idempotency-key": "x".repeat(256) }, payload: '{"type":"text"}' },
      status: 400,
      code: "bad_request",
    },
    {
      request: { method: "POST", url, headers: { ...headers, "content-type": "text/plain" }, payload: "hi" },
      status: 415,
      code: "unsupported_media_type",
    },
    { request: { method: "POST", url, headers: json, payload: `"${"x".repeat(1024 * 1024)}"` }, status: 413, code: "payload_too_large" },
  ] as const;
  for (const { request, status, code } of requests) {
    const answer = await http.app.inject(request);
    expect([answer.statusCode, answer.headers["content-type"], answer.json<{ code: string }>().code]).toEqual([
      status,
      "application/problem+json; charset=utf-8",
      code,
    ]);
  }
});

it("a field that is wrong is named", async () => {
  const answer = await http.app.inject({ url: "/api/v1/conversations?limit=1000", headers });
  expect(answer.json()).toMatchObject({ code: "bad_request", errors: [{ path: "query.limit" }] });
});

it("the description is served for machines and for people, without a key, a script or the network", async () => {
  const description = await http.app.inject("/openapi.json");
  expect(description.json()).toMatchObject({ openapi: "3.1.0", paths: { "/api/v1/conversations/{id}/messages": {} } });
  const page = await http.app.inject("/docs");
  expect(page.headers["content-type"]).toContain("text/html");
  expect(page.body).toContain("/api/v1/conversations/{id}/messages");
  expect(page.body).not.toMatch(/<script|(?:src|href|url)\W{0,2}https?:/);
});

it.for(["/openapi.json", "/docs"])("%s is rendered once, and whoever has it already is told so", async (url) => {
  const first = await http.app.inject(url);
  const tag = String(first.headers.etag);
  expect([first.statusCode, tag]).toEqual([200, expect.stringMatching(/^"[\w-]{22}"$/)]);
  // The kept bytes themselves: what was rendered anew would be another buffer.
  const sent = new Set<unknown>();
  const { app } = createTestHttp(database, test.log);
  app.addHook("onSend", (_request, _reply, payload) => {
    sent.add(payload);
    return Promise.resolve(payload);
  });
  for (let index = 0; index < 3; index += 1) expect((await app.inject(url)).headers.etag).toBe(tag);
  expect([...sent].filter((payload) => Buffer.isBuffer(payload))).toHaveLength(1);
  await app.close();
  for (const known of [tag, `W/${tag}`, `"other", ${tag}`, "*"]) {
    const again = await http.app.inject({ url, headers: { "if-none-match": known } });
    expect([again.statusCode, again.body, again.headers.etag]).toEqual([304, "", tag]);
  }
  expect((await http.app.inject({ url, headers: { "if-none-match": '"other"' } })).statusCode).toBe(200);
});

it("a crowd that asks whether it is ready or for the metrics costs the database a few questions", async () => {
  let questions = 0;
  const counting: Database = {
    ...database,
    ping: () => ((questions += 1), database.ping()),
    acrossBusinesses: {
      ...database.acrossBusinesses,
      run: (query, values) => ((questions += 1), database.acrossBusinesses.run(query, values)),
    },
  };
  const metrics = createMetrics({ registry: new Registry(), database: counting, log: test.log, failPoints: noFailPoints });
  const { app } = createTestHttp(counting, test.log, { metrics });
  const crowd = Array.from({ length: 400 }, (_, index) => app.inject(index % 2 === 0 ? "/health/ready" : "/metrics"));
  for (const answer of await Promise.all(crowd)) expect(answer.statusCode).toBe(200);
  expect(questions).toBeLessThan(100);
  await app.close();
});

it.for(["before", "after"])("a connection that is opened %s closing begins and never used does not hold up the end", async (when) => {
  const { app } = createTestHttp(database, test.log);
  let port = 0;
  const open = async (): Promise<void> => {
    const accepted = once(app.server, "connection");
    connect(port, "127.0.0.1").on("error", () => undefined);
    await accepted;
  };
  if (when === "after") app.addHook("preClose", open);
  port = Number(new URL(await app.listen({ port: 0, host: "127.0.0.1" })).port);
  if (when === "before") await open();
  await app.close();
});

it.for<[string, string]>([
  ["the head", "POST /webhooks/whatsapp HTTP/1.1\r\nhost: onethread\r\nx-hub-sig"],
  [
    "the body",
    "POST /webhooks/evolution/none HTTP/1.1\r\nhost: onethread\r\ncontent-type: application/json\r\ncontent-length: 900\r\n\r\n{",
  ],
])("a request that stopped in the middle of %s does not hold up the end", async ([, text]) => {
  const { app } = createTestHttp(database, test.log);
  const port = Number(new URL(await app.listen({ port: 0, host: "127.0.0.1" })).port);
  const seen = once(app.server, "request", { signal: AbortSignal.timeout(20_000) }).catch(() => undefined);
  const accepted = once(app.server, "connection");
  const socket = connect(port, "127.0.0.1")
    .on("error", () => undefined)
    .resume();
  const [served] = (await accepted) as [Socket];
  const arrived = once(served, "data");
  const ended = once(socket, "close");
  socket.write(text);
  // The server reads it before we do: its listener was there first.
  await arrived;
  if (text.includes("content-length")) await seen;
  await app.close();
  await ended;
});

it.for(["/conversations?q=%00", "/conversations?q=a%00b"])("what PostgreSQL cannot hold is the caller's fault: %s", async (path) => {
  expect((await http.app.inject({ url: `/api/v1${path}`, headers })).statusCode).toBeLessThan(500);
});

it("a reason with U+0000 pauses, or is refused, but is not our failure", async () => {
  const id = await createTestThread(test, business);
  const url = `/api/v1/conversations/${id}/pause`;
  expect((await http.app.inject({ method: "POST", url, headers, payload: { reason: "a\0b" } })).statusCode).toBeLessThan(500);
});

it("a cursor with a day that does not exist is the caller's fault", async () => {
  const cursor = Buffer.from(JSON.stringify(["2026-02-30 10:00:00+00", "00000000-0000-7000-8000-000000000000"])).toString("base64url");
  expect((await http.app.inject({ url: `/api/v1/conversations?cursor=${cursor}`, headers })).statusCode).toBe(400);
});
