// Proves what the outbox promises to whoever polls it: every event once, in one order, whatever the order of the commits.
import pg from "pg";
import { afterAll, beforeAll, beforeEach, expect, test as it } from "vitest";
import { createTestBusiness, type TestBusiness } from "../../test/support/test-business.ts";
import { createTestDatabase, type TestDatabase } from "../../test/support/test-database.ts";
import { bearerFor, createTestHttp, createTestThread, type TestHttp } from "../../test/support/test-http.ts";
import type { Database } from "../db/database.ts";
import { newId } from "../kernel/ids.ts";
import { createForget } from "../maintenance/forget-old.ts";
import { forgetEventsAcrossBusinesses } from "../maintenance/maintenance.queries.ts";
import { createReadEvents } from "./read-events.ts";

let test: TestDatabase;
let database: Database;
let business: TestBusiness;
let http: TestHttp;

beforeAll(async () => {
  test = await createTestDatabase();
  database = test.open();
  http = createTestHttp(database, test.log);
});

beforeEach(async () => {
  business = await createTestBusiness(test.superuser);
});

afterAll(async () => {
  await http.app.close();
  await test.close();
});

interface Page {
  readonly data: readonly { readonly id: string; readonly type: string }[];
  readonly nextCursor: string;
  readonly hasMore: boolean;
}

async function get(query: string, headers?: { readonly authorization: string }): Promise<Page> {
  const answer = await http.app.inject({
    url: `/api/v1/events?${query}`,
    headers: headers ?? (await bearerFor(database, business.businessId)),
  });
  expect([query, answer.statusCode]).toEqual([query, 200]);
  return answer.json();
}

const INSERT = "insert into onethread.events (business_id, id, type, conversation_id, at) values ($1, $2, $3, $4, now())";

async function addEvent(type: string, conversationId: string | null = null): Promise<string> {
  const id = newId();
  await test.superuser.query(INSERT, [business.businessId, id, type, conversationId]);
  return id;
}

/** A transaction of its own, which has written an event and not committed it yet. */
async function beginEvent(): Promise<{ readonly id: string; readonly commit: () => Promise<void> }> {
  const client = new pg.Client({ connectionString: test.url, options: "-c role=onethread_ingest" });
  await client.connect();
  const id = newId();
  await client.query("begin");
  await client.query(INSERT, [business.businessId, id, "turn.replied", null]);
  return {
    id,
    async commit() {
      await client.query("commit");
      await client.end();
    },
  };
}

it("an event that began first and is committed last is not missed by whoever has already read the other one", async () => {
  const slow = await beginEvent();
  const quick = await beginEvent();
  await quick.commit();
  const first = await get("");
  expect(first.data.map(({ id }) => id)).toEqual([quick.id]);
  await slow.commit();
  const second = await get(`after=${first.nextCursor}`);
  expect(second.data.map(({ id }) => id)).toEqual([slow.id]);
  expect((await get(`after=${second.nextCursor}`)).data).toEqual([]);
  expect((await get("")).data.map(({ id }) => id)).toEqual([quick.id, slow.id]);
});

it("under writers that commit in any order, several pollers each get every event once, and all in the same order", async () => {
  const read = createReadEvents({ database, placedAtOnce: 7 });
  const written: string[] = [];
  let areWriting = true;
  const write = async (): Promise<void> => {
    for (let round = 0; round < 12; round += 1) {
      const begun = await Promise.all([beginEvent(), beginEvent(), beginEvent()]);
      for (const { id, commit } of begun.toSorted(() => Math.random() - 0.5)) {
        await commit();
        written.push(id);
      }
    }
  };
  const poll = async (limit: number): Promise<readonly string[]> => {
    const seen: string[] = [];
    for (let after: string | undefined, isLast = false; ;) {
      // Asked before the reading: what was committed before it must be in it.
      const mayEnd = !areWriting;
      const page = await read(business.businessId, { after, limit });
      seen.push(...page.data.map(({ id }) => id));
      after = page.nextCursor;
      isLast = mayEnd && !page.hasMore;
      if (isLast) return seen;
    }
  };
  const pollers = [poll(1), poll(5), poll(100)];
  await Promise.all([write(), write(), write()]);
  areWriting = false;
  const [one, ...others] = await Promise.all(pollers);
  expect(one?.toSorted()).toEqual(written.toSorted());
  for (const other of others) expect(other).toEqual(one);
});

it("what a filter leaves out is not looked at again, and what it lets through comes in its order", async () => {
  const conversationId = await createTestThread(test, business);
  const ids = [
    await addEvent("turn.replied", conversationId),
    await addEvent("turn.failed"),
    await addEvent("session.closed", conversationId),
  ];
  const some = async (query: string): Promise<readonly string[]> => (await get(query)).data.map(({ id }) => id);
  expect(await some("type=turn.failed")).toEqual([ids[1]]);
  expect(await some("type=turn.failed,session.closed")).toEqual(ids.slice(1));
  expect(await some(`conversationId=${conversationId}`)).toEqual([ids[0], ids[2]]);
  const { nextCursor, hasMore, data } = await get("type=nothing.such");
  expect([data, hasMore]).toEqual([[], false]);
  expect(await some(`after=${nextCursor}`)).toEqual([]);
});

it("pages hold each event once and say whether there are more", async () => {
  const ids: string[] = [];
  for (let count = 0; count < 5; count += 1) ids.push(await addEvent("turn.replied"));
  const first = await get("limit=2");
  const second = await get(`limit=2&after=${first.nextCursor}`);
  const third = await get(`limit=2&after=${second.nextCursor}`);
  expect([first, second, third].map(({ hasMore }) => hasMore)).toEqual([true, true, false]);
  expect([first, second, third].flatMap(({ data }) => data.map(({ id }) => id))).toEqual(ids);
});

it("one business never reads another one's events, and what is no cursor or no type is refused", async () => {
  await addEvent("turn.replied");
  const headers = await bearerFor(database, business.businessId);
  const other = await createTestBusiness(test.superuser);
  expect((await get("", await bearerFor(database, other.businessId))).data).toEqual([]);
  expect((await get("", headers)).data).toHaveLength(1);
  for (const query of ["after=x", "type=Turn", "limit=0", "limit=501"])
    expect([query, (await http.app.inject({ url: `/api/v1/events?${query}`, headers })).statusCode]).toEqual([query, 400]);
});

it("events are forgotten after 30 days, and positions go on where they were", async () => {
  await addEvent("turn.replied");
  const { nextCursor } = await get("");
  await test.superuser.query("update events set at = now() - interval '30 days 1 minute' where business_id = $1", [business.businessId]);
  const young = await addEvent("turn.failed");
  const forget = createForget({ db: database.acrossBusinesses, query: forgetEventsAcrossBusinesses });
  expect(await forget()).toBe(1);
  expect(await forget()).toBe(0);
  expect((await get(`after=${nextCursor}`)).data.map(({ id }) => id)).toEqual([young]);
  expect((await get("")).data.map(({ id }) => id)).toEqual([young]);
});

it("the ingest role sees of an event neither its type nor its data", async () => {
  const client = new pg.Client({ connectionString: test.url, options: "-c role=onethread_ingest" });
  await client.connect();
  for (const column of ["type", "data", "conversation_id", "subject_id"])
    await expect(client.query(`select ${column} from onethread.events`)).rejects.toThrow("permission denied");
  await client.end();
});
