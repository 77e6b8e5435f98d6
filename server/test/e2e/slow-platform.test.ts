import { afterAll, beforeAll, expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { createStack, customers, QUESTION, type Stack } from "../support/start-stack.ts";
import { createTestBusiness, type TestBusiness } from "../support/test-business.ts";
import { createTestDatabase, type TestDatabase } from "../support/test-database.ts";

const SENDS_AT_ONCE = 4;
let database: TestDatabase;
let stack: Stack;
let other: TestBusiness;

beforeAll(async () => {
  database = await createTestDatabase();
  other = await createTestBusiness(database.superuser);
  stack = await createStack(database, { numbers: [other.phoneNumberId], env: { ONETHREAD_SEND_CONCURRENCY: String(SENDS_AT_ONCE) } });
  await stack.start("api,worker,scheduler");
});
afterAll(async () => {
  await stack.stop();
  await database.close();
});

const OUTBOUND = "select count(*) from onethread.messages where business_id = $1 and direction = 'out'";
const countIn = (businessId: string, status: "queued" | "sending"): Promise<number> =>
  stack.count(`${OUTBOUND} and status = $2`, [businessId, status]);
const countAccepted = (businessId: string): Promise<number> => stack.count(`${OUTBOUND} and accepted_at is not null`, [businessId]);

test("a platform that hangs for one business takes half of the places to send, and the other business is answered meanwhile", async () => {
  const { businessId, phoneNumberId } = stack.business;
  stack.simulator.addFailure({
    match: { path: "messages", phoneNumberId, type: "text" },
    times: null,
    respond: { hangMs: 4_000, silent: true },
  });
  await stack.simulator.inbound({ messages: customers(2 * SENDS_AT_ONCE).map((from) => ({ from, text: QUESTION, phoneNumberId })) });
  const hasHalf = (count: number): boolean => count === SENDS_AT_ONCE / 2;
  await eventually(() => countIn(businessId, "sending"), hasHalf, { what: "sends that hang" });
  await eventually(
    () => countIn(businessId, "queued"),
    (count) => count > 0,
    { what: "messages that wait for a place" },
  );
  await stack.simulator.inbound({ from: "12025559000", text: QUESTION, phoneNumberId: other.phoneNumberId });
  await eventually(
    () => countAccepted(other.businessId),
    (count) => count === 1,
    { what: "the other's reply", withinMs: 3_000 },
  );
  expect(await countAccepted(businessId)).toBe(0);
  stack.simulator.clearFailures();
  await stack.settled();
  expect(await countAccepted(businessId)).toBe(2 * SENDS_AT_ONCE);
  expect(await stack.audit()).toEqual([]);
});
