// Proves what raising a lane does to one that is new, asleep, due, further already, or parked.
import { afterAll, beforeAll, beforeEach, expect, test as it } from "vitest";
import { createTestBusiness, type TestBusiness } from "../../test/support/test-business.ts";
import { createTestDatabase, type TestDatabase } from "../../test/support/test-database.ts";
import { createTestThread } from "../../test/support/test-http.ts";
import type { ConversationId } from "../kernel/ids.ts";
import { raiseLanes } from "./raise-lanes.ts";

let test: TestDatabase;
let business: TestBusiness;
let conversationId: ConversationId;

beforeAll(async () => {
  test = await createTestDatabase();
  business = await createTestBusiness(test.superuser);
});
beforeEach(async () => {
  conversationId = await createTestThread(test, business);
  await test.superuser.query("delete from onethread.lanes");
});
afterAll(() => test.close());

const at = (minute: number): string => `2026-01-02T12:${String(minute).padStart(2, "0")}:00.000Z`;

/** Raised in this minute, to be looked at a minute later. */
async function raise(wanted: number, minute: number): Promise<void> {
  const client = await test.superuser.connect();
  try {
    await client.query("set search_path = onethread");
    await client.query(raiseLanes("select $1::uuid, $2::uuid, 'reply', $3::timestamptz + interval '1 minute', $3, $3, $4::bigint"), [
      business.businessId,
      conversationId,
      at(minute),
      wanted,
    ]);
  } finally {
    client.release(true);
  }
}

const change = (set: string): Promise<unknown> => test.superuser.query(`update onethread.lanes set ${set}`);

async function lane(): Promise<unknown> {
  const { rows } = await test.superuser.query("select wanted::int, check_at, first_at, last_at from onethread.lanes");
  return JSON.parse(JSON.stringify(rows[0]));
}

it("a new lane is due at its time", async () => {
  await raise(1, 0);
  expect(await lane()).toEqual({ wanted: 1, check_at: at(1), first_at: at(0), last_at: at(0) });
});

it("more work for a lane that is due leaves its look and its beginning alone", async () => {
  await raise(1, 0);
  await raise(2, 5);
  expect(await lane()).toEqual({ wanted: 2, check_at: at(1), first_at: at(0), last_at: at(5) });
});

it("what comes late moves neither the goal nor the time of the last message back", async () => {
  await raise(7, 5);
  await raise(3, 0);
  expect(await lane()).toEqual({ wanted: 7, check_at: at(6), first_at: at(5), last_at: at(5) });
});

it("a lane that sleeps begins anew", async () => {
  await raise(1, 0);
  await change("check_at = null, done = 1");
  await raise(2, 5);
  expect(await lane()).toEqual({ wanted: 2, check_at: at(6), first_at: at(5), last_at: at(5) });
});

it("a lane that is parked for an answer from outside is woken, however late its own look is", async () => {
  await raise(1, 0);
  await change(`parked = true, check_at = '${at(50)}'`);
  await raise(2, 5);
  expect(await lane()).toEqual({ wanted: 2, check_at: at(6), first_at: at(5), last_at: at(5) });
});
