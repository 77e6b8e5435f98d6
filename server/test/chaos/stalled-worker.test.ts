import { afterEach, beforeEach, expect, test } from "vitest";
import { createStack, customers, QUESTION, type Stack } from "../support/start-stack.ts";
import { createTestDatabase, type TestDatabase } from "../support/test-database.ts";

let database: TestDatabase;
let stack: Stack;
const [phone = ""] = customers(1);

beforeEach(async () => {
  database = await createTestDatabase();
  stack = await createStack(database, { simulator: { statuses: "none" } });
});
afterEach(async () => {
  await stack.stop();
  await database.close();
});

const rowsOf = async (table: string): Promise<unknown> =>
  (await database.superuser.query(`select to_jsonb(t) as row from onethread.${table} t order by 1`)).rows;

/** Everything that a worker may write; what the stalled one does when it wakes must leave no trace in it. */
async function snapshot(): Promise<unknown> {
  const lanes = await database.superuser.query(
    "select kind, wanted, done, fence, check_at, owner, attempts from onethread.lanes where kind <> 'session' order by kind",
  );
  return {
    turns: await rowsOf("turns"),
    messages: await rowsOf("messages"),
    conversations: await rowsOf("conversations"),
    lanes: lanes.rows,
  };
}

test.for([
  { point: "turn.before-commit", lost: "turn.lost", replies: 1, end: "accepted" },
  // It had been announced to the database as being sent: whether it went out is not known, so nobody sends it again.
  { point: "send.after-request", lost: "send.lost", replies: 1, end: "unknown" },
])("a worker that stalls at $point and wakes after its lease was taken changes nothing", async ({ point, lost, replies, end }) => {
  await stack.start("api");
  await stack.simulator.inbound({ from: phone, text: QUESTION });
  const stalled = await stack.start("worker", { failPoints: `${point}=hang:700` });
  await stalled.logged("fail-point.reached");
  stalled.signal("SIGSTOP");
  await stack.start("worker");
  await stack.settled();
  const before = await snapshot();
  expect(stack.simulator.outboxCount()).toBe(replies);
  stalled.signal("SIGCONT");
  await stalled.logged(lost);
  expect(await snapshot()).toEqual(before);
  expect(stack.simulator.outboxCount()).toBe(replies);
  expect(await stack.count("select count(*) from onethread.turns")).toBe(1);
  expect(await stack.count("select count(*) from onethread.messages where direction = 'out' and status = $1", [end])).toBe(1);
  expect(await stack.audit()).toEqual([]);
});

test("a worker that stalls before its request and wakes too late makes no second send; the status settles what it sent", async () => {
  await stack.start("api");
  await stack.simulator.inbound({ from: phone, text: QUESTION });
  const stalled = await stack.start("worker", { failPoints: "send.before-request=hang:700" });
  await stalled.logged("fail-point.reached");
  stalled.signal("SIGSTOP");
  await stack.start("worker");
  await stack.settled();
  expect(await stack.count("select count(*) from onethread.messages where status = 'unknown'")).toBe(1);
  expect(stack.simulator.outboxCount()).toBe(0);
  stalled.signal("SIGCONT");
  await stalled.logged("send.lost");
  const [entry] = stack.simulator.outbox();
  expect(stack.simulator.outboxCount()).toBe(1);
  expect(await stack.count("select count(*) from onethread.messages where status = 'unknown'")).toBe(1);
  await stack.simulator.status({ id: entry?.id, status: "sent" });
  expect(await stack.count("select count(*) from onethread.messages where status = 'sent' and provider_message_id = $1", [entry?.id])).toBe(
    1,
  );
  expect(await stack.audit()).toEqual([]);
});
