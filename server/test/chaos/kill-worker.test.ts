import { afterEach, beforeEach, expect, test } from "vitest";
import { createStack, customers, QUESTION, type Stack } from "../support/start-stack.ts";
import { createTestDatabase, type TestDatabase } from "../support/test-database.ts";

const CUSTOMERS = 30;
let database: TestDatabase;
let stack: Stack;
let phones: readonly string[];

beforeEach(async () => {
  database = await createTestDatabase();
  // Statuses are given by hand: what they settle must be seen before and after.
  stack = await createStack(database, { simulator: { statuses: "none" } });
  phones = customers(CUSTOMERS);
});
afterEach(async () => {
  await stack.stop();
  await database.close();
});

const CLAIMED = "select count(*) from onethread.lanes where kind = $1 and owner is not null";
const withStatus = (status: string): Promise<number> =>
  stack.count("select count(*) from onethread.messages where direction = 'out' and status = $1", [status]);
const sentCount = (): number => stack.simulator.outboxCount();
const repliedTwice = (): readonly string[] => [...stack.replies()].filter(([, entries]) => entries.length > 1).map(([phone]) => phone);

/** Every customer writes a burst of two while no worker is there: the one that starts then takes all of them at once, and dies. */
async function killInFlight(point: string, kind: "reply" | "send"): Promise<void> {
  const api = await stack.start("api");
  const messages = phones.flatMap((from) => [
    { from, text: QUESTION },
    { from, text: "And on Sunday?" },
  ]);
  await stack.simulator.inbound({ messages, deliver: { batch: 60 } });
  const victim = await stack.start("worker", { failPoints: `${point}=exit` });
  expect(await victim.exited).toBe("SIGKILL");
  // Turns that end together are committed together: after that commit, none of them may be held any more.
  if (point === "turn.after-commit") expect(await stack.count("select count(*) from onethread.turns")).toBeGreaterThan(0);
  // A send lane may be the first to be due, alone; the turns of all customers are claimed together.
  else expect(await stack.count(CLAIMED, [kind])).toBeGreaterThan(kind === "reply" ? 1 : 0);
  expect(api.isRunning).toBe(true);
}

async function takeOver(): Promise<number> {
  const startedAt = performance.now();
  await stack.start("worker,scheduler");
  await stack.settled();
  return performance.now() - startedAt;
}

async function expectOneTurnPerBurst(): Promise<void> {
  expect(await stack.count("select count(*) from onethread.turns")).toBe(CUSTOMERS);
  expect(await stack.count("select count(*) from onethread.turns where state = 'replied' and covers_from = 1 and covers_to = 2")).toBe(
    CUSTOMERS,
  );
  expect(stack.complaints()).toEqual([]);
  expect((await stack.books()).faults).toEqual([]);
  expect(await stack.audit()).toEqual([]);
}

test.for(["turn.before-commit", "turn.after-commit"])("a worker killed at %s: another one answers every burst, once", async (point) => {
  await killInFlight(point, "reply");
  await takeOver();
  await expectOneTurnPerBurst();
  expect(repliedTwice()).toEqual([]);
  expect(stack.replies().size).toBe(CUSTOMERS);
  expect(await withStatus("accepted")).toBe(CUSTOMERS);
});

test("a worker killed before its requests went out: what it had begun is unknown and never sent again, the rest is sent once", async () => {
  await killInFlight("send.before-request", "send");
  await takeOver();
  await expectOneTurnPerBurst();
  expect(repliedTwice()).toEqual([]);
  const unknown = await withStatus("unknown");
  expect(unknown).toBeGreaterThan(0);
  expect(sentCount()).toBe(CUSTOMERS - unknown);
  expect(await withStatus("accepted")).toBe(CUSTOMERS - unknown);
});

test("a worker killed after its requests went out: nothing is sent again, and the status that comes back settles it", async () => {
  await killInFlight("send.after-request", "send");
  const accepted = sentCount();
  expect(accepted).toBeGreaterThan(0);
  await takeOver();
  await expectOneTurnPerBurst();
  expect(repliedTwice()).toEqual([]);
  const unknown = await withStatus("unknown");
  expect(unknown).toBeGreaterThan(0);
  const outbox = stack.simulator.outbox();
  for (const { id } of outbox) await stack.simulator.status({ id, status: "delivered" });
  expect(await withStatus("delivered")).toBe(outbox.length);
  expect(await withStatus("unknown")).toBe(CUSTOMERS - outbox.length);
  const settled = "select count(*) from onethread.messages where status = 'delivered' and provider_message_id = any ($1)";
  expect(await stack.count(settled, [outbox.map(({ id }) => id)])).toBe(outbox.length);
  expect(sentCount()).toBe(outbox.length);
  expect((await stack.books()).faults).toEqual([]);
  expect(await stack.audit()).toEqual([]);
});

test("workers killed one after the other in the middle of everything lose nothing and double nothing", async () => {
  await stack.start("api,scheduler");
  const writing = stack.simulator.inbound({ messages: phones.map((from) => ({ from, text: QUESTION })), deliver: { concurrency: 4 } });
  for (const point of ["turn.before-commit", "turn.after-commit"]) {
    const victim = await stack.start("worker", { failPoints: `${point}=exit` });
    await victim.exited;
  }
  await writing;
  await takeOver();
  expect(repliedTwice()).toEqual([]);
  expect(stack.replies().size).toBe(CUSTOMERS);
  expect(await stack.count("select count(*) from onethread.turns where state = 'replied'")).toBe(CUSTOMERS);
  expect(await stack.audit()).toEqual([]);
});
