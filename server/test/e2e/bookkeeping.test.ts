import { afterEach, beforeEach, expect, test } from "vitest";
import { startOnethread, type RunningOnethread } from "../../src/compose/start-onethread.ts";
import { readConfig } from "../../src/config/config.ts";
import { parseFailPoints } from "../../src/kernel/fail-points.ts";
import { eventually } from "../support/eventually.ts";
import { createStack, customers, QUESTION, type Stack } from "../support/start-stack.ts";
import { createTestDatabase, type TestDatabase } from "../support/test-database.ts";

let database: TestDatabase;
let stack: Stack;
let running: RunningOnethread | undefined;
const [phone = ""] = customers(1);

beforeEach(async () => {
  database = await createTestDatabase();
  stack = await createStack(database);
});
afterEach(async () => {
  await running?.stop();
  running = undefined;
  await stack.stop();
  await database.close();
});

/** Everything in this process, broken at one place. */
async function startBroken(failPoints: string): Promise<void> {
  const read = readConfig({ ...stack.env, PORT: "0" });
  if (!read.ok) throw new Error(read.problems.join("\n"));
  const broken = parseFailPoints(failPoints, () => undefined);
  running = await startOnethread({ config: read.config, demo: false, log: database.log, overrides: { failPoints: broken } });
  stack.addApi(running.url);
}

const inbound = (): Promise<number> => stack.count("select count(*) from onethread.messages where direction = 'in'");

async function writeAndGetReply(): Promise<string> {
  await stack.simulator.inbound({ from: phone, text: QUESTION });
  const [reply] = await stack.simulator.waitForOutbox({ to: phone }, { atLeast: 1, waitMs: 8_000 });
  const text = reply?.body["text"];
  return typeof text === "object" && text !== null && "body" in text ? String(text.body) : "no reply";
}

test.for(["metrics.record=throw", "metrics.record=hang:5000"])(
  "with %s the message is stored and the answer goes out",
  async (failPoint) => {
    await startBroken(failPoint);
    expect(await writeAndGetReply()).toContain("We are open");
    expect(await inbound()).toBe(1);
    await stack.settled();
    expect(stack.simulator.outboxCount()).toBe(1);
    expect(await stack.audit()).toEqual([]);
  },
);

test.for([
  { failPoint: "session.track=throw", broken: "attempts > 0" },
  { failPoint: "session.track=hang:4000", broken: "owner is not null" },
])("while the session code is broken ($failPoint), messages are stored and answers go out", async ({ failPoint, broken }) => {
  await startBroken(failPoint);
  expect(await writeAndGetReply()).toContain("We are open");
  const reached = `select count(*) from onethread.lanes where kind = 'session' and ${broken}`;
  await eventually(
    () => stack.count(reached),
    (count) => count === 1,
    { what: "the session code at the place where it breaks" },
  );
  await stack.simulator.inbound({ from: phone, text: QUESTION });
  await stack.simulator.waitForOutbox({ to: phone }, { atLeast: 2, waitMs: 3_000 });
  expect(stack.simulator.outboxCount()).toBe(2);
  expect(await stack.count(reached)).toBe(1);
  expect(await inbound()).toBe(2);
  expect(await stack.audit()).toEqual([]);
});

test("when statuses cannot be applied they are not acknowledged and are delivered again; messages and replies do not notice", async () => {
  await startBroken("status.apply=throw");
  expect(await writeAndGetReply()).toContain("We are open");
  expect(await inbound()).toBe(1);
  const [reply] = stack.simulator.outbox();
  const tries = await eventually(
    () => stack.simulator.deliveries({ messageId: reply?.id ?? "" }).flatMap((delivery) => delivery.tries),
    (found) => found.length > 2,
    { what: "redelivered statuses" },
  );
  expect(new Set(tries.map(({ status }) => status))).toEqual(new Set([503]));
  expect(await stack.count("select count(*) from onethread.message_statuses")).toBe(0);
  // Mended by a second process: the redelivery brings them in.
  await stack.start("api");
  await eventually(
    () => stack.count("select count(*) from onethread.messages where status = 'read'"),
    (read) => read === 1,
    { what: "the status" },
  );
});

test("when the knowledge search throws, the customer is handed to a person in the business's own words, and never left without an answer", async () => {
  await startBroken("knowledge.search=throw");
  expect(await writeAndGetReply()).toContain("Let me get someone to help you");
  expect(await inbound()).toBe(1);
  await stack.settled();
  expect(
    await stack.count("select count(*) from onethread.turns where state = 'handed_off' and reason = 'responder_failed' and attempts = 3"),
  ).toBe(1);
  expect(stack.simulator.outboxCount()).toBe(1);
  expect(await stack.audit()).toEqual([]);
});
