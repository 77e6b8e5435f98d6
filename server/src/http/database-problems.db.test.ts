// Proves by real errors of PostgreSQL what a client is told: a refusal by the name of the constraint, an absence with Retry-After, our own faults as an id.
import { Writable } from "node:stream";
import { fastify, type FastifyInstance } from "fastify";
import pg from "pg";
import { afterAll, beforeAll, beforeEach, expect, test as it } from "vitest";
import { eventually } from "../../test/support/eventually.ts";
import { createTestBusiness, type TestBusiness } from "../../test/support/test-business.ts";
import { createTestDatabase, type TestDatabase } from "../../test/support/test-database.ts";
import { bearerFor, createTestHttp, createTestThread } from "../../test/support/test-http.ts";
import { createApiKeys } from "../businesses/api-keys.ts";
import { createDatabase, type Database } from "../db/database.ts";
import { newId } from "../kernel/ids.ts";
import { createLog, type Log } from "../kernel/log.ts";
import { PROBLEMS_OF_CONSTRAINTS } from "./database-problems.ts";
import { createErrorHandler } from "./error-mapper.ts";

let test: TestDatabase;
let database: Database;
let business: TestBusiness;
let failing: FastifyInstance;
let failure: unknown;
let lines: Readonly<Record<string, unknown>>[];
let log: Log;

beforeAll(async () => {
  test = await createTestDatabase();
  database = test.open();
  log = createLog({
    level: "info",
    destination: new Writable({
      write(chunk: Buffer, _encoding, done) {
        lines.push(JSON.parse(chunk.toString()) as Record<string, unknown>);
        done();
      },
    }),
  });
  failing = fastify();
  failing.setErrorHandler(createErrorHandler({ log }));
  failing.get("/things", () => Promise.reject(failure as Error));
});
beforeEach(async () => {
  lines = [];
  business = await createTestBusiness(test.superuser);
});
afterAll(async () => {
  await failing.close();
  await test.close();
});

type Work = (client: pg.Client) => Promise<unknown>;

/** What a connection of the application's role is refused with. */
async function errorOf(work: string | Work): Promise<unknown> {
  const client = new pg.Client({ connectionString: test.url, options: "-c role=onethread_app -c search_path=onethread" });
  client.on("error", () => undefined);
  await client.connect();
  try {
    await client.query(`select set_config('onethread.business_id', '${business.businessId}', false)`);
    return await (typeof work === "string" ? client.query(work) : work(client)).then(
      () => undefined,
      (error: unknown) => error,
    );
  } finally {
    await client.end().catch(() => undefined);
  }
}

async function answerTo(error: unknown) {
  failure = error;
  const answer = await failing.inject("/things");
  return { status: answer.statusCode, retryAfter: answer.headers["retry-after"], json: answer.json<Record<string, string>>() };
}

const VIOLATIONS: Readonly<Record<string, (id: string) => string>> = {
  uq_tool_name: (id) => `${tool(id, "again")}; ${tool(id, "again")}`,
  ck_tool_name: (id) => tool(id, "No Name"),
  uq_knowledge_title: (id) => `${text(id)}; ${text(id)}`,
  ck_business_name: () => "update businesses set name = ''",
  ck_business_debounce: () => "update businesses set quiet_ms = -1",
  ck_business_handoff_pause: () => "update businesses set handoff_pause_ms = -1",
  ck_business_reply_concurrency: () => "update businesses set reply_concurrency = 0",
  ck_reply_secret_name: (id) => `insert into reply_secrets (business_id, name, value, updated_at) values ('${id}', 'Not so', 'x', now())`,
  ck_reply_settings_object: (id) => `insert into reply_settings (business_id, settings, updated_at) values ('${id}', '[]', now())`,
  ck_customer_facts: () => "update customer_facts set facts = '[]'",
  ck_idempotency_key: (id) => `insert into idempotency_keys (business_id, key, request_hash, created_at) values ('${id}', '', 'x', now())`,
};

const tool = (id: string, name: string): string =>
  `insert into tools (business_id, id, name, kind, description, definition, needs_approval, is_enabled, created_at, updated_at)
   values ('${id}', '${newId()}', '${name}', 'http', 'x', '{}', false, true, now(), now())`;
const text = (id: string): string =>
  `insert into knowledge_texts (business_id, id, title, body, language, search) values ('${id}', '${newId()}', 'Opening hours', 'x', 'simple', '')`;

it("each constraint that a request can violate answers its code and its sentence, and leaves no line in the log", async () => {
  const conversationId = await createTestThread(test, business);
  await test.superuser.query("insert into customer_facts (business_id, conversation_id, facts, updated_at) values ($1, $2, '{}', now())", [
    business.businessId,
    conversationId,
  ]);
  expect(Object.keys(VIOLATIONS).sort()).toEqual(Object.keys(PROBLEMS_OF_CONSTRAINTS).sort());
  for (const [constraint, violate] of Object.entries(VIOLATIONS)) {
    const error = await errorOf(violate(business.businessId));
    expect(error).toMatchObject({ constraint });
    for (const thrown of [error, new Error("it could not be stored", { cause: error })]) {
      const { status, json } = await answerTo(thrown);
      expect([constraint, json["code"], json["detail"]]).toEqual([constraint, ...Object.values(PROBLEMS_OF_CONSTRAINTS[constraint] ?? {})]);
      expect([constraint, status]).toEqual([
        constraint,
        json["code"] === "tool_name_taken" ? 409 : json["code"] === "invalid_settings" ? 422 : 400,
      ]);
    }
  }
  expect(lines).toEqual([]);
});

const raise = (code: string): string => `do $$ begin raise exception 'no' using errcode = '${code}'; end $$`;

it.each<readonly [string, string | Work]>([
  ["42703", "select nothing from tools"],
  ["42P01", "select 1 from no_such_table"],
  ["42601", "selec 1"],
  ["42501", "drop table tools"],
  ["0A000", "select 1 union select 2 for update"],
  ["26000", "execute no_such_statement"],
  ["08P01", (client) => client.query("select $1::int", [1, 2])],
  ["22012", "select 1 / 0"],
  ["22003", "update businesses set quiet_ms = 9999999999"],
  ["55000", "select lastval()"],
  ["25P02", (client) => client.query("begin").then(() => client.query("selec 1").catch(() => client.query("select 1")))],
  ["23514", "update conversations set canonical_key = ''"],
  ["28000", raise("28000")],
  ["XX000", raise("XX000")],
])("a fault of ours (%s) is 500 with an id, and an error in the log under that id", async (code, work) => {
  await createTestThread(test, business);
  const error = await errorOf(work);
  expect(error).toMatchObject({ code });
  const { status, retryAfter, json } = await answerTo(error);
  expect([status, json["code"], retryAfter]).toEqual([500, "internal", undefined]);
  expect(lines).toMatchObject([{ level: "error", event: "http.failed", route: "GET /things" }]);
  expect(json["instance"]).toBe(`urn:uuid:${String(lines[0]?.["errorId"])}`);
});

it("a wrong password for the database is a fault of the installation, and no reason to send anything again", async () => {
  const url = new URL(test.url);
  url.password = "wrong";
  const wrong = createDatabase({ url: url.href, appConnections: 1, ingestConnections: 1, applicationName: "wrong", log: test.log });
  const error: unknown = await createApiKeys({ database: wrong })
    .list(business.businessId)
    .catch((thrown: unknown) => thrown);
  await wrong.close();
  expect(error).toMatchObject({ code: "28P01" });
  expect((await answerTo(error)).status).toBe(500);
  expect((await answerTo(new Error("it could not be stored", { cause: error }))).status).toBe(500);
});

it.each<readonly [string, string, string | Work]>([
  ["timeout", "57014", "set statement_timeout = 1; select pg_sleep(10)"],
  ["contended", "55P03", (client) => whileLocked(() => client.query("begin; lock table tools in share mode nowait"))],
  ["contended", "40001", raise("40001")],
  ["contended", "40P01", raise("40P01")],
  ["overloaded", "53300", raise("53300")],
  ["overloaded", "53100", raise("53100")],
  ["gone", "25006", "begin read only; update businesses set name = 'x'"],
  ["gone", "57P01", raise("57P01")],
  ["gone", "08006", raise("08006")],
])("a database that is %s (%s) is 503 with Retry-After, a sentence of its own, and one warning", async (reason, code, work) => {
  const error = await errorOf(work);
  expect(error).toMatchObject({ code });
  for (const thrown of [error, new Error("it could not be stored", { cause: error })]) {
    lines = [];
    const { status, retryAfter, json } = await answerTo(thrown);
    expect([status, json["code"], retryAfter]).toEqual([503, "unavailable", "5"]);
    expect(json["detail"]).toContain("Nothing of");
    expect(lines).toMatchObject([{ level: "warn", event: "http.database-failed", route: "GET /things", reason }]);
  }
});

/** While somebody has changed a tool and not committed it. */
async function whileLocked<T>(work: () => Promise<T>): Promise<T> {
  const other = await test.superuser.connect();
  try {
    await other.query("begin; lock table tools in row exclusive mode");
    return await work();
  } finally {
    other.release(true);
  }
}

it("a connection that the database ends while it is used is 503", async () => {
  const error = await errorOf(async (client) => {
    const { rows } = await client.query<{ pid: number }>("select pg_backend_pid() as pid");
    const sleeping = client.query("select pg_sleep(30)");
    sleeping.catch(() => undefined);
    await test.superuser.query("select pg_terminate_backend($1)", [rows[0]?.pid]);
    return sleeping;
  });
  expect(error).toBeInstanceOf(Error);
  expect((await answerTo(error)).status).toBe(503);
});

it("a name that another request takes at the same moment is answered as one that was taken before", async () => {
  const { app } = createTestHttp(database, log);
  const headers = await bearerFor(database, business.businessId);
  const payload = { name: "mine", kind: "http", description: "x", definition: { url: "https://example.com" } };
  const made = await app.inject({ method: "POST", url: "/api/v1/tools", headers, payload });
  expect(made.statusCode).toBe(201);
  const url = `/api/v1/tools/${made.json<{ id: string }>().id}`;
  const other = await test.superuser.connect();
  try {
    await other.query(`begin; ${tool(business.businessId, "taken")}`);
    const answer = app.inject({ method: "PUT", url, headers, payload: { ...payload, name: "taken" } });
    await eventually(blocked, (count) => count === 1, { what: "the request behind the other one" });
    await other.query("commit");
    const { statusCode, json } = await answer.then((got) => ({ statusCode: got.statusCode, json: got.json<{ code: string }>() }));
    expect([statusCode, json.code]).toEqual([409, "tool_name_taken"]);
    const again = await app.inject({ method: "PUT", url, headers, payload: { ...payload, name: "taken" } });
    expect(again.json()).toEqual(json);
  } finally {
    other.release(true);
    await app.close();
  }
});

const blocked = async (): Promise<number> => {
  const { rows } = await test.superuser.query<{ count: number }>(
    "select count(*)::int as count from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
  );
  return rows[0]?.count ?? -1;
};

it("a statement that takes longer than it may is 503, and a table that is not as it should be is 500", async () => {
  const hasty = createDatabase({
    url: test.url,
    appConnections: 2,
    ingestConnections: 1,
    applicationName: "hasty",
    log: test.log,
    statementTimeoutMs: 300,
  });
  const headers = await bearerFor(database, business.businessId);
  const { app } = createTestHttp(hasty, log);
  const other = await test.superuser.connect();
  const get = () => app.inject({ url: "/api/v1/tools", headers });
  try {
    expect((await get()).statusCode).toBe(200);
    await other.query("begin; lock table tools in access exclusive mode");
    const late = await get();
    expect([late.statusCode, late.headers["retry-after"], late.json<{ detail: string }>().detail]).toEqual([
      503,
      "5",
      expect.stringContaining("took too long"),
    ]);
    await other.query("rollback; alter table tools rename column description to told");
    const broken = await get();
    expect([broken.statusCode, broken.json<{ code: string }>().code]).toEqual([500, "internal"]);
    await other.query("alter table tools rename column told to description");
    expect((await get()).statusCode).toBe(200);
    expect(lines.map(({ event }) => event).filter((event) => event !== "http.answered")).toEqual(["http.database-failed", "http.failed"]);
  } finally {
    other.release(true);
    await app.close();
    await hasty.close();
  }
});
