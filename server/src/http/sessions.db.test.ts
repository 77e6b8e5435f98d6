// Proves the session routes: what is listed, what closing by hand does, and that neither reaches another business.
import type { FastifyInstance } from "fastify";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { createTestBusiness, type TestBusiness } from "../../test/support/test-business.ts";
import { createTestDatabase, type TestDatabase } from "../../test/support/test-database.ts";
import { bearerFor, createTestHttp } from "../../test/support/test-http.ts";
import { createSessionThread, type SessionThread } from "../../test/support/session-threads.ts";
import { createTestTracker } from "../../test/support/test-tracker.ts";
import type { Database } from "../db/database.ts";
import { newId } from "../kernel/ids.ts";
import { createLaneStore } from "../lanes/lane-store.ts";

let test: TestDatabase;
let database: Database;
let app: FastifyInstance;
let woken: string[];
let business: TestBusiness;
let thread: SessionThread;

beforeAll(async () => {
  test = await createTestDatabase();
  database = test.open();
  ({ app, woken } = createTestHttp(database, test.log));
});
beforeEach(async () => {
  business = await createTestBusiness(test.superuser);
  thread = await createSessionThread(test.superuser, business);
  await thread.add({ minutesAgo: 90, text: "first" }, { minutesAgo: 60, text: "second" }, { minutesAgo: 1, text: "now" });
  await track();
  woken.length = 0;
});
afterAll(async () => {
  await app.close();
  await test.close();
});

async function track(): Promise<void> {
  await test.superuser.query("update onethread.lanes set check_at = now() where check_at is not null");
  const run = createTestTracker(database, test.log);
  const store = createLaneStore(database.acrossBusinesses);
  for (const lane of await store.claim({ kind: "session", limit: 100, leaseMs: 60_000, owner: "test" })) {
    await run(lane, new AbortController().signal);
  }
}
interface Answer {
  readonly status: number;
  readonly body: Record<string, unknown> & { readonly data?: readonly Record<string, unknown>[]; readonly nextCursor?: string | null };
}
async function call(method: "GET" | "POST", path: string, as: TestBusiness = business): Promise<Answer> {
  const headers = await bearerFor(database, as.businessId);
  const answer = await app.inject({ method, url: `/api/v1/conversations/${path}`, headers });
  return { status: answer.statusCode, body: answer.json() };
}

it("lists the sessions page by page, the newest first, the closed ones with their summaries", async () => {
  const first = await call("GET", `${thread.id}/sessions?limit=2`);
  expect(first.status).toBe(200);
  expect(first.body.data).toMatchObject([
    { conversationId: thread.id, fromSeq: 3, toSeq: null, closed: null, summaryState: "none", summary: null },
    { fromSeq: 2, toSeq: 2, closed: { reason: "inactive" }, summaryState: "too_short", summary: { text: "second", source: "message" } },
  ]);
  const next = await call("GET", `${thread.id}/sessions?limit=2&cursor=${encodeURIComponent(first.body.nextCursor ?? "")}`);
  expect(next.body).toMatchObject({ data: [{ fromSeq: 1, summary: { text: "first" } }], nextCursor: null });
});

it("closing ends the open session at once, wakes the lane for its summary, and doing it twice changes nothing", async () => {
  expect(await call("POST", `${thread.id}/close-session`)).toEqual({ status: 200, body: { isClosed: true, conversationId: thread.id } });
  expect(woken).toEqual(["session"]);
  expect(await call("POST", `${thread.id}/close-session`)).toEqual({ status: 200, body: { isClosed: false, conversationId: thread.id } });
  expect(woken).toEqual(["session"]);
  await track();
  const { body } = await call("GET", `${thread.id}/sessions`);
  expect(body.data?.[0]).toMatchObject({ fromSeq: 3, toSeq: 3, closed: { reason: "by_hand" }, summary: { text: "now" } });
});

it("an id that is unknown, is none, or belongs to another business is not found, and nothing is changed", async () => {
  const other = await createTestBusiness(test.superuser);
  for (const [as, id] of [
    [business, newId()],
    [business, "nonsense"],
    [other, thread.id],
  ] as const) {
    expect((await call("GET", `${id}/sessions`, as)).status).toBe(404);
    expect((await call("POST", `${id}/close-session`, as)).status).toBe(404);
  }
  expect(woken).toEqual([]);
  expect((await call("GET", `${thread.id}/sessions`)).body.data?.[0]).toMatchObject({ closed: null });
});
