import { afterEach, beforeEach, expect, test } from "vitest";
import { createStack, customers, QUESTION, type Stack } from "../support/start-stack.ts";
import { createTestDatabase, type TestDatabase } from "../support/test-database.ts";

const CUSTOMERS = 40;
let database: TestDatabase;
let stack: Stack;

beforeEach(async () => {
  database = await createTestDatabase();
  stack = await createStack(database);
});
afterEach(async () => {
  await stack.stop();
  await database.close();
});

test.for([
  { point: "ingest.after-commit", wasStored: true },
  { point: "ingest.before-commit", wasStored: false },
])(
  "an api process killed at $point: the webhook is delivered again to another one, and everything is there once",
  async ({ point, wasStored }) => {
    const victim = await stack.start("api", { failPoints: `${point}=exit` });
    const messages = customers(CUSTOMERS).map((from) => ({ from, text: QUESTION }));
    const writing = stack.simulator.inbound({ messages, deliver: { concurrency: 10 } });
    expect(await victim.exited).toBe("SIGKILL");
    // Nothing was answered yet, and still it is there: the answer that was lost is what the redelivery must not store again.
    expect((await stack.count("select count(*) from onethread.messages")) > 0).toBe(wasStored);
    await Promise.all([stack.start("api"), stack.start("worker,scheduler")]);
    const written = await writing;
    const deliveries = written.flatMap((message) => message.deliveries);
    expect(deliveries.filter(({ state }) => state !== "delivered")).toEqual([]);
    expect(deliveries.some(({ attempts }) => attempts > 1)).toBe(true);
    const ids = written.map(({ messageId }) => messageId);
    expect(await stack.count("select count(*) from onethread.messages where provider_message_id = any ($1)", [ids])).toBe(CUSTOMERS);
    expect(await stack.count("select count(*) from onethread.messages where direction = 'in'")).toBe(CUSTOMERS);
    await stack.settled();
    expect([...stack.replies().values()].map((entries) => entries.length)).toEqual(Array.from({ length: CUSTOMERS }, () => 1));
    expect(stack.complaints()).toEqual([]);
    expect(await stack.audit()).toEqual([]);
  },
);
