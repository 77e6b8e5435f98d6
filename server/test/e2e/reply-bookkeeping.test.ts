import { setTimeout as delay } from "node:timers/promises";
import { expect, test } from "vitest";
import { startOnethread, type RunningOnethread } from "../../src/compose/start-onethread.ts";
import { readConfig } from "../../src/config/config.ts";
import { parseFailPoints, type FailPoint } from "../../src/kernel/fail-points.ts";
import type { ReplySettingsStore } from "../../src/settings/reply-settings-store.ts";
import { eventually } from "../support/eventually.ts";
import { startOpenAiServer, type OpenAiServer } from "../support/openai-server.ts";
import { createStack, customers, QUESTION, type Stack } from "../support/start-stack.ts";
import { createTestDatabase, type TestDatabase } from "../support/test-database.ts";
import { createTestServices } from "../support/test-services.ts";

// The breakers of the main job, with a model: everything around a reply throws or hangs, and the model still answers the customer.
// Each test has a stack of its own and most of their time is waiting, so they run side by side.
interface ModelStack {
  readonly database: TestDatabase;
  readonly stack: Stack;
  readonly model: OpenAiServer;
  readonly settings: ReplySettingsStore;
  /** In this process, with these fail points. */
  start(failPoints?: string): Promise<RunningOnethread>;
  writeAndGetReply(nth: number): Promise<string>;
  readonly states: () => Promise<readonly string[]>;
  /** The places that were broken when they were come to. */
  readonly reached: ReadonlySet<FailPoint>;
  close(): Promise<void>;
}

const [phone = ""] = customers(1, 7);

async function openModelStack(): Promise<ModelStack> {
  const database = await createTestDatabase();
  const stack = await createStack(database);
  const model = await startOpenAiServer({ script: () => ({ text: "The model answers.", usage: { input: 50, output: 5 } }) });
  const settings = createTestServices({ database: database.open(), log: database.log }).replySettings;
  const changed = await settings.change(stack.business.businessId, {
    responder: "model",
    model: { provider: "openai-compatible", model: "test-model", baseUrl: model.baseUrl },
    budget: { tokensPerBusiness: 1_000_000, moneyPerConversation: 100 },
    sessions: { summaries: "model" },
  });
  if (changed.outcome !== "changed") throw new Error(changed.problems.join("; "));
  let running: RunningOnethread | undefined;
  const reached = new Set<FailPoint>();
  return {
    database,
    stack,
    model,
    settings,
    reached,
    async start(failPoints) {
      const read = readConfig({ ...stack.env, PORT: "0", ONETHREAD_PRIVATE_HOSTS: model.host });
      if (!read.ok) throw new Error(read.problems.join("\n"));
      const broken = parseFailPoints(failPoints ?? "", () => undefined);
      const hit = (point: FailPoint): Promise<void> | undefined => {
        const result = broken.hit(point);
        if (result !== undefined) reached.add(point);
        return result;
      };
      running = await startOnethread({ config: read.config, demo: false, log: database.log, overrides: { failPoints: { hit } } });
      stack.addApi(running.url);
      return running;
    },
    async writeAndGetReply(nth) {
      await stack.simulator.inbound({ from: phone, text: QUESTION });
      const replies = await stack.simulator.waitForOutbox({ to: phone }, { atLeast: nth, waitMs: 15_000 });
      const text = replies.at(-1)?.body["text"];
      return typeof text === "object" && text !== null && "body" in text ? String(text.body) : "no reply";
    },
    async states() {
      const { rows } = await database.superuser.query<{ state: string }>("select state from onethread.turns order by covers_from");
      return rows.map(({ state }) => state);
    },
    async close() {
      await running?.stop();
      await stack.stop();
      await model.stop();
      await database.close();
    },
  };
}

const it = test.extend<{ on: ModelStack }>({
  async on({}, use) {
    const on = await openModelStack();
    await use(on);
    await on.close();
  },
});

// What would keep the other from being reached is in another group.
const groups: readonly (readonly FailPoint[])[] = [
  ["memory.customer", "memory.knowledge", "usage.read", "session.track"],
  ["knowledge.search", "session.summarize"],
];
const breaks = groups.flatMap((points) => ["throw", "hang:60000"].map((action) => ({ points, action, all: points.join(", ") })));
it.concurrent.for(breaks)(
  "with $action in $all the model's answers go out, once each",
  { timeout: 60_000 },
  async ({ points, action }, { on }) => {
    await on.start(points.map((point) => `${point}=${action}`).join(","));
    expect(await on.writeAndGetReply(1)).toBe("The model answers.");
    // So long ago that it was a session of its own, which is summed up.
    await on.database.superuser.query("update onethread.messages set received_at = received_at - interval '1 hour' where direction = 'in'");
    expect(await on.writeAndGetReply(2)).toBe("The model answers.");
    await on.stack.settled();
    expect(on.stack.simulator.outboxCount()).toBe(2);
    expect(await on.states()).toEqual(["replied", "replied"]);
    expect(await on.stack.audit()).toEqual([]);
    // The lane waits for the end of the session that was open; whoever works on it right now would set that time again.
    const missed = async (): Promise<number> => {
      await on.database.superuser.query(
        "update onethread.lanes set check_at = now() where kind = 'session' and check_at > now() and owner is null",
      );
      return points.filter((point) => !on.reached.has(point)).length;
    };
    await eventually(missed, (count) => count === 0, { what: "every place that was to break" });
  },
);

it.concurrent("while the outbox of events refuses every row, answers go out and turns end", async ({ on }) => {
  await on.database.superuser.query("alter table onethread.events add constraint nothing_more check (false) not valid");
  await on.start();
  expect(await on.writeAndGetReply(1)).toBe("The model answers.");
  await on.stack.settled();
  expect(await on.states()).toEqual(["replied"]);
  expect(await on.stack.count("select count(*) from onethread.events")).toBe(0);
});

it.concurrent("while somebody holds the tables of sessions, facts and knowledge under lock, everybody is answered", async ({ on }) => {
  await on.start();
  const holder = await on.database.superuser.connect();
  try {
    await holder.query(
      "begin; lock table onethread.sessions, onethread.customer_facts, onethread.knowledge_texts, onethread.knowledge_chunks in access exclusive mode",
    );
    const phones = customers(30, 8);
    await on.stack.simulator.inbound({ messages: phones.map((from) => ({ from, text: QUESTION })), deliver: { concurrency: 30 } });
    await on.stack.simulator.waitForOutbox({}, { atLeast: 30, waitMs: 20_000 });
    await on.stack.settled();
    expect(new Set(await on.states())).toEqual(new Set(["replied"]));
    expect(on.stack.simulator.outboxCount()).toBe(30);
  } finally {
    await holder.query("rollback");
    holder.release();
  }
});

it.concurrent("a model that hangs holds no database connection and no transaction, and its turn ends in a handoff when its time is over", async ({
  on,
}) => {
  await on.settings.change(on.stack.business.businessId, { modelTimeoutMs: 1_000 });
  on.model.script = () => ({ fault: "silent" });
  await on.start();
  await on.stack.simulator.inbound({ from: phone, text: QUESTION });
  await on.model.untilRequests(1);
  // What is there twice, a tenth of a second apart, is held; other lanes have work of some milliseconds.
  const held = `select pid, state, query, xact_start from pg_stat_activity
    where datname = current_database() and application_name like 'onethread-app%' and (state <> 'idle' or xact_start is not null)`;
  const { rows: first } = await on.database.superuser.query<{ pid: number; xact_start: Date | null }>(held);
  await delay(100);
  const { rows: second } = await on.database.superuser.query<{ pid: number; xact_start: Date | null }>(held);
  const rows = second.filter((one) =>
    first.some((other) => other.pid === one.pid && other.xact_start?.getTime() === one.xact_start?.getTime()),
  );
  expect(rows).toEqual([]);
  const [reply] = await on.stack.simulator.waitForOutbox({ to: phone }, { atLeast: 1, waitMs: 25_000 });
  expect(reply?.body["text"]).toMatchObject({ body: expect.stringContaining("get someone to help") });
  await on.stack.settled();
  expect(await on.states()).toEqual(["handed_off"]);
  // Nobody holds the lane any more, and it has nothing left to do.
  expect(await on.stack.count("select count(*) from onethread.lanes where kind = 'reply' and (owner is not null or wanted > done)")).toBe(
    0,
  );
});

it.concurrent("the ends of turns are counted where an operator looks", async ({ on }) => {
  const running = await on.start();
  await on.writeAndGetReply(1);
  await on.stack.settled();
  const scrape = async (): Promise<string> => (await fetch(`${running.url}/metrics`)).text();
  await eventually(scrape, (text) => text.includes('onethread_turn_duration_seconds_count{state="replied"} 1'), {
    what: "the turn in the metrics",
  });
});

it.concurrent("a budget that is used up hands over to a person, says so once, and asks the model no more", async ({ on }) => {
  await on.settings.change(on.stack.business.businessId, { budget: { tokensPerConversation: 50 } });
  await on.start();
  expect(await on.writeAndGetReply(1)).toBe("The model answers.");
  await on.stack.settled();
  expect(await on.writeAndGetReply(2)).toContain("get someone to help");
  await on.stack.settled();
  const asked = on.model.requests.length;
  await on.stack.simulator.inbound({ from: phone, text: QUESTION });
  await on.stack.settled();
  await eventually(on.states, (list) => list.length === 3, { what: "the third turn" });
  expect(await on.states()).toEqual(["replied", "handed_off", "skipped"]);
  expect(on.model.requests).toHaveLength(asked);
  expect(on.stack.simulator.outboxCount()).toBe(2);
});
