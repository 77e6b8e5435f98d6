import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { z } from "zod";
import { eventually } from "../../test/support/eventually.ts";
import { createLegacyDatabase, type LegacyDatabase } from "../../test/support/legacy-database.ts";
import { createRecordingTerminal } from "../../test/support/recording-terminal.ts";
import { createStack, QUESTION, type Stack } from "../../test/support/start-stack.ts";
import { createTestDatabase, type TestDatabase } from "../../test/support/test-database.ts";
import { runCli } from "../cli/program.ts";

const totalsSchema = z.object({ totals: z.record(z.string(), z.number()), sumsAddUp: z.boolean(), isComplete: z.boolean() });
const CUSTOMERS = 60;

let database: TestDatabase;
let legacy: LegacyDatabase;
let stack: Stack;

beforeAll(async () => {
  database = await createTestDatabase();
  legacy = await createLegacyDatabase({ clusterUrl: inject("postgresUrl"), messages: 4_000, businesses: ["acme"] });
  stack = await createStack(database, { quietMs: 300 });
}, 60_000);
afterAll(async () => {
  await stack.stop();
  await legacy.close();
  await database.close();
});

async function adopt(...more: readonly string[]) {
  const { businessId, channelId } = stack.business;
  const terminal = createRecordingTerminal({ DATABASE_URL: database.url });
  const target = ["--business", `acme=${businessId}`, "--channel", `cloud=${channelId}`];
  const code = await runCli(
    ["adopt", "--from", legacy.url, "--source", "live", "--batch", "100", "--json", "--execute", ...target, ...more],
    terminal,
  );
  return { code, err: terminal.complained.join("\n"), report: totalsSchema.parse(JSON.parse(terminal.printed.join("\n"))) };
}

test("where a reply waits and no worker runs, the thread's rows wait, the run reports it, and the next run finishes", async () => {
  await stack.start("api");
  const phones = legacy.phones.slice(0, 3);
  await stack.simulator.inbound({ messages: phones.map((from) => ({ from, text: QUESTION })), deliver: { concurrency: 3 } });
  await eventually(
    () => stack.count("select count(*) from onethread.messages"),
    (count) => count === 3,
    { what: "three live messages" },
  );
  const first = await adopt("--wait", "0");
  expect(first.code).toBe(1);
  expect(first.err).toContain("run the same command again");
  expect(first.report).toMatchObject({ isComplete: false, sumsAddUp: true });
  expect(first.report.totals["waiting"]).toBeGreaterThan(0);
  // What a live message waits for is untouched.
  expect(await stack.count("select count(*) from onethread.lanes where kind = 'reply' and wanted > done and done = 0")).toBe(3);
  expect(await stack.audit()).toEqual([]);
});

test("a business receives and answers while it is adopted: each burst one reply, history none, and every invariant holds", async () => {
  await stack.start("worker,scheduler");
  const phones = legacy.phones.slice(3, 3 + CUSTOMERS);
  const [, second] = await Promise.all([
    stack.simulator.inbound({ messages: phones.map((from) => ({ from, text: QUESTION })), deliver: { concurrency: 4 } }),
    adopt("--wait", "60"),
  ]);
  expect(second.code).toBe(0);
  const { messages, unplaceable, copies } = legacy.truth;
  expect(second.report.totals).toMatchObject({ waiting: 0, unplaceable, messages: messages.size });
  expect(second.report.sumsAddUp).toBe(true);
  await stack.settled();
  const replies = stack.replies();
  expect([...replies.keys()].toSorted()).toEqual(legacy.phones.slice(0, 3 + CUSTOMERS).toSorted());
  expect([...replies.values()].filter((entries) => entries.length !== 1)).toEqual([]);
  expect(await stack.count("select count(*) from onethread.messages where is_history")).toBe(messages.size - unplaceable - copies);
  // The live message of a customer is in the thread that has their history.
  const apart =
    "select count(*) from (select from onethread.messages group by business_id, conversation_id having bool_or(not is_history) and not bool_or(is_history)) t";
  expect(await stack.count(apart)).toBe(0);
  expect(stack.complaints()).toEqual([]);
  expect(await stack.audit()).toEqual([]);
}, 90_000);

test("after the adoption a customer who writes is answered about that message, not about their past", async () => {
  const from = legacy.phones.at(-1);
  if (from === undefined) throw new Error("the older database is too small");
  await stack.simulator.inbound({ messages: [{ from, text: QUESTION }], deliver: { concurrency: 1 } });
  await eventually(
    () => stack.replies().get(from)?.length ?? 0,
    (count) => count === 1,
    { what: "one reply" },
  );
  await stack.settled();
  expect(await stack.audit()).toEqual([]);
});
