import { afterEach, beforeEach, expect, test } from "vitest";
import { startOnethread, type RunningOnethread } from "../../src/compose/start-onethread.ts";
import { readConfig } from "../../src/config/config.ts";
import { parseFailPoints } from "../../src/kernel/fail-points.ts";
import { eventually } from "../support/eventually.ts";
import { startOpenAiServer, type OpenAiServer } from "../support/openai-server.ts";
import { createStack, customers, QUESTION, type Stack } from "../support/start-stack.ts";
import { createTestDatabase, type TestDatabase } from "../support/test-database.ts";
import { createTestServices } from "../support/test-services.ts";

// The breakers of the main job, with a model: everything around a reply throws or hangs, and the customer is answered by the model all the same.
let database: TestDatabase;
let stack: Stack;
let model: OpenAiServer;
let running: RunningOnethread | undefined;
const [phone = ""] = customers(1, 7);

beforeEach(async () => {
  database = await createTestDatabase();
  stack = await createStack(database);
  model = await startOpenAiServer({ script: () => ({ text: "The model answers.", usage: { input: 50, output: 5 } }) });
  const settings = createTestServices({ database: database.open(), log: database.log }).replySettings;
  const changed = await settings.change(stack.business.businessId, {
    responder: "model",
    model: { provider: "openai-compatible", model: "test-model", baseUrl: model.baseUrl },
    budget: { tokensPerBusiness: 1_000_000, moneyPerConversation: 100 },
    sessions: { summaries: "model" },
  });
  expect(changed.outcome).toBe("changed");
});
afterEach(async () => {
  await running?.stop();
  running = undefined;
  await stack.stop();
  await model.stop();
  await database.close();
});

async function start(failPoints?: string): Promise<void> {
  const read = readConfig({ ...stack.env, PORT: "0", ONETHREAD_PRIVATE_HOSTS: model.host });
  if (!read.ok) throw new Error(read.problems.join("\n"));
  const overrides = failPoints === undefined ? {} : { failPoints: parseFailPoints(failPoints, () => undefined) };
  running = await startOnethread({ config: read.config, demo: false, log: database.log, overrides });
  stack.addApi(running.url);
}

async function writeAndGetReply(nth: number): Promise<string> {
  await stack.simulator.inbound({ from: phone, text: QUESTION });
  const replies = await stack.simulator.waitForOutbox({ to: phone }, { atLeast: nth, waitMs: 15_000 });
  const text = replies.at(-1)?.body["text"];
  return typeof text === "object" && text !== null && "body" in text ? String(text.body) : "no reply";
}

const states = async (): Promise<readonly string[]> =>
  (await database.superuser.query<{ state: string }>("select state from onethread.turns order by covers_from")).rows.map(
    ({ state }) => state,
  );

const points = [
  "memory.sessions",
  "memory.facts",
  "memory.knowledge",
  "knowledge.search",
  "usage.read",
  "session.track",
  "session.summarize",
];
test.for(points.flatMap((point) => [`${point}=throw`, `${point}=hang:60000`]))(
  "with %s the model's answers go out, once each",
  async (failPoint) => {
    await start(failPoint);
    expect(await writeAndGetReply(1)).toBe("The model answers.");
    expect(await writeAndGetReply(2)).toBe("The model answers.");
    await stack.settled();
    expect(stack.simulator.outboxCount()).toBe(2);
    expect(await states()).toEqual(["replied", "replied"]);
    expect(await stack.audit()).toEqual([]);
  },
);

test("while the outbox of events refuses every row, answers go out and turns end", async () => {
  await database.superuser.query("alter table onethread.events add constraint nothing_more check (false) not valid");
  await start();
  expect(await writeAndGetReply(1)).toBe("The model answers.");
  await stack.settled();
  expect(await states()).toEqual(["replied"]);
  expect(await stack.count("select count(*) from onethread.events")).toBe(0);
});

test("while somebody holds the tables of sessions, facts and knowledge under lock, everybody is answered", async () => {
  await start();
  const holder = await database.superuser.connect();
  try {
    await holder.query(
      "begin; lock table onethread.sessions, onethread.customer_facts, onethread.knowledge_texts, onethread.knowledge_chunks in access exclusive mode",
    );
    const phones = customers(30, 8);
    await stack.simulator.inbound({ messages: phones.map((from) => ({ from, text: QUESTION })), deliver: { concurrency: 30 } });
    await stack.simulator.waitForOutbox({}, { atLeast: 30, waitMs: 20_000 });
    await stack.settled();
    expect(new Set(await states())).toEqual(new Set(["replied"]));
    expect(stack.simulator.outboxCount()).toBe(30);
  } finally {
    await holder.query("rollback");
    holder.release();
  }
});

test("a model that hangs holds no database connection and no transaction, and its turn ends in a handoff when its time is over", async () => {
  const settings = createTestServices({ database: database.open(), log: database.log }).replySettings;
  await settings.change(stack.business.businessId, { modelTimeoutMs: 1_000 });
  model.script = () => ({ fault: "silent" });
  await start();
  await stack.simulator.inbound({ from: phone, text: QUESTION });
  await model.untilRequests(1);
  const { rows } = await database.superuser.query<{ state: string; query: string }>(
    `select state, query from pg_stat_activity where datname = current_database() and application_name like 'onethread-app%'
      and (state <> 'idle' or xact_start is not null)`,
  );
  expect(rows).toEqual([]);
  const [reply] = await stack.simulator.waitForOutbox({ to: phone }, { atLeast: 1, waitMs: 25_000 });
  expect(reply?.body["text"]).toMatchObject({ body: expect.stringContaining("fetch a person") });
  await stack.settled();
  expect(await states()).toEqual(["handed_off"]);
  // Nobody holds the lane any more, and it has nothing left to do.
  expect(await stack.count("select count(*) from onethread.lanes where kind = 'reply' and (owner is not null or wanted > done)")).toBe(0);
});

test("the ends of turns are counted where an operator looks", async () => {
  await start();
  await writeAndGetReply(1);
  await stack.settled();
  const scrape = async (): Promise<string> => (await fetch(`${running?.url ?? ""}/metrics`)).text();
  await eventually(scrape, (text) => text.includes('onethread_turn_duration_seconds_count{state="replied"} 1'), {
    what: "the turn in the metrics",
  });
});

test("a budget that is used up hands over to a person, says so once, and asks the model no more", async () => {
  const settings = createTestServices({ database: database.open(), log: database.log }).replySettings;
  await settings.change(stack.business.businessId, { budget: { tokensPerConversation: 50 } });
  await start();
  expect(await writeAndGetReply(1)).toBe("The model answers.");
  await stack.settled();
  expect(await writeAndGetReply(2)).toContain("fetch a person");
  await stack.settled();
  const asked = model.requests.length;
  await stack.simulator.inbound({ from: phone, text: QUESTION });
  await stack.settled();
  await eventually(states, (list) => list.length === 3, { what: "the third turn" });
  expect(await states()).toEqual(["replied", "handed_off", "skipped"]);
  expect(model.requests).toHaveLength(asked);
  expect(stack.simulator.outboxCount()).toBe(2);
});
