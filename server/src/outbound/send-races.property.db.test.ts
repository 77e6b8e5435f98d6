// Proves that what forbids a message cannot be raced: a stop, a person who takes over, the end of the window or a cancellation that is committed before a send has its locks keeps the
// message back, whatever that send has waited for, and whenever it began. `PROPERTY_TIMES=50 npx vitest run …` looks longer; a failure prints its seed.
import { setTimeout as delay } from "node:timers/promises";
import fc from "fast-check";
import type pg from "pg";
import { afterAll, beforeAll, expect, test as it } from "vitest";
import { propertyRuns } from "../../test/support/property-runs.ts";
import type { TestBusiness } from "../../test/support/test-business.ts";
import type { TestDatabase } from "../../test/support/test-database.ts";
import { closeTestEngine, openTestEngine, type TestEngine, type TestWorker } from "../../test/support/test-engine.ts";
import { newId } from "../kernel/ids.ts";
import { insertOutboundMessage } from "./accept-message.queries.ts";

const RULES = ["stop", "pause", "close", "cancel"] as const;
type Rule = (typeof RULES)[number];

interface ThreadPlan {
  /** Who has written what waits to be sent. */
  readonly authors: readonly ("ai" | "api")[];
  /** A worker has died in the middle of one before these. */
  readonly hasInterrupted: boolean;
  readonly before: Rule | undefined;
  /** While the sends wait for a lock. */
  readonly meanwhile: Rule | undefined;
  /** At the moment at which they get it. */
  readonly atOnce: Rule | "person" | undefined;
}

interface Plan {
  /** Whose lock the sends wait for: that of all lanes, of the number, of a person who takes the first thread over, or of nobody. */
  readonly waitFor: "lanes" | "number" | "person" | "nobody";
  readonly threads: readonly ThreadPlan[];
}

const maybe = <T>(values: readonly T[]): fc.Arbitrary<T | undefined> => fc.constantFrom(undefined, ...values);
const threadPlan: fc.Arbitrary<ThreadPlan> = fc.record({
  authors: fc.array(fc.constantFrom("ai" as const, "api" as const), { minLength: 1, maxLength: 3 }),
  hasInterrupted: fc.boolean(),
  before: fc.oneof({ weight: 3, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: fc.constantFrom(...RULES) }),
  meanwhile: maybe(RULES),
  atOnce: maybe([...RULES, "person" as const]),
});
const plan: fc.Arbitrary<Plan> = fc.record({
  waitFor: fc.constantFrom("lanes" as const, "number" as const, "person" as const, "nobody" as const),
  threads: fc.array(threadPlan, { minLength: 1, maxLength: 4 }),
});
const quiet: ThreadPlan = { authors: ["ai", "api"], hasInterrupted: false, before: undefined, meanwhile: undefined, atOnce: undefined };
const EXAMPLES: readonly [Plan][] = [
  [{ waitFor: "person", threads: [quiet] }],
  [{ waitFor: "lanes", threads: RULES.map((meanwhile) => ({ ...quiet, meanwhile })) }],
  [{ waitFor: "number", threads: RULES.map((meanwhile) => ({ ...quiet, meanwhile })) }],
];

let test: TestDatabase;
let business: TestBusiness;
let engine: TestEngine;
let workers: readonly TestWorker[];
let counter = 0;

beforeAll(async () => {
  ({ test, business, engine } = await openTestEngine());
  workers = [engine, engine.openWorker()];
  // Nothing here waits for its turn.
  await test.superuser.query("update onethread.channels set sends_per_second = 10000, sends_in_a_row = 45");
});
afterAll(() => closeTestEngine(engine, test));

interface Message {
  readonly id: string;
  readonly author: "ai" | "api";
  isForbidden: boolean;
  isCancelled: boolean;
}

const run = (sql: string, values: readonly unknown[]): Promise<pg.QueryResult> => test.superuser.query(sql, [...values]);

class Thread {
  readonly messages: Message[] = [];
  interrupted: string | undefined;
  /** Something happened to it when its sends may have had their locks, or not. */
  isOpenEnded = false;
  readonly id: string;
  readonly plan: ThreadPlan;

  constructor(id: string, plan: ThreadPlan) {
    this.id = id;
    this.plan = plan;
  }

  async queue(author: "ai" | "api"): Promise<string> {
    const messageId = newId();
    const content = JSON.stringify({ type: "text", text: { body: messageId } });
    const message = { messageId, author, type: "text", text: messageId, content, quoted: null, target: null, eventId: newId() };
    await engine.database.forBusiness(business.businessId).run(insertOutboundMessage, { conversationId: this.id, ...message });
    return messageId;
  }

  async fill(): Promise<void> {
    if (this.plan.hasInterrupted) {
      this.interrupted = await this.queue("api");
      await run("update onethread.messages set status = 'sending', attempts = 1, attempted_at = now() where id = $1", [this.interrupted]);
    }
    for (const author of this.plan.authors)
      this.messages.push({ id: await this.queue(author), author, isForbidden: false, isCancelled: false });
  }

  /** Resolves when it is committed. */
  async apply(rule: Rule): Promise<void> {
    const { consent, setConversationState, settleMessages } = engine.services;
    switch (rule) {
      case "stop":
        await consent.set(business.businessId, this.id, { optedOut: true, source: "api" });
        return;
      case "pause":
        await setConversationState(business.businessId, this.id, { change: "pause", reason: "inbox" });
        return;
      case "close":
        await run("update onethread.conversations set last_customer_message_at = now() - interval '25 hours' where id = $1", [this.id]);
        return;
      case "cancel": {
        const [first] = this.messages;
        const end = first === undefined ? undefined : await settleMessages.cancel(business.businessId, first.id);
        if (first !== undefined) first.isCancelled ||= end?.outcome === "done";
      }
    }
  }

  forbid(rule: Rule): void {
    this.messages.forEach((message, at) => {
      message.isForbidden ||= rule === "cancel" ? at === 0 : rule === "pause" ? message.author === "ai" : true;
    });
  }

  async applyNow(rule: Rule | undefined): Promise<void> {
    if (rule === undefined) return;
    await this.apply(rule);
    this.forbid(rule);
  }

  async takeOver(): Promise<void> {
    const content = { type: "text", text: { body: "a person" } };
    const what = { businessId: business.businessId, conversationId: this.id, author: "human" as const, content };
    await engine.services.acceptMessage(what);
  }

  async applyAtOnce(): Promise<void> {
    const { atOnce } = this.plan;
    if (atOnce === undefined) return;
    this.isOpenEnded = true;
    await (atOnce === "person" ? this.takeOver() : this.apply(atOnce));
  }
}

async function beginThreads({ threads }: Plan): Promise<readonly Thread[]> {
  const phones = threads.map(() => String(12_025_000_000 + (counter += 1)));
  await engine.receive(business, ...phones.map((from) => ({ from })));
  const { rows } = await test.superuser.query<{ id: string }>(
    "select a.conversation_id as id from unnest($1::text[]) with ordinality p (phone, at) join onethread.aliases a on a.value = p.phone order by p.at",
    [phones],
  );
  return threads.map((one, at) => new Thread(rows[at]?.id ?? "", one));
}

async function waitingSends(): Promise<number> {
  const { rows } = await test.superuser.query<{ count: number }>(
    "select count(*)::int as count from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' and query like '%outbound.start-sends%'",
  );
  return rows[0]?.count ?? 0;
}

const LOCKS = {
  lanes: "select 1 from onethread.lanes where kind = 'send' and conversation_id = any ($1) order by conversation_id for no key update",
  number: "select 1 from onethread.channels where $1::uuid[] is not null for no key update",
};

/** Resolves with the commit of who holds the lock, when `work` has resolved. */
async function holdLock({ waitFor }: Plan, threads: readonly Thread[], work: () => Promise<void>): Promise<void> {
  if (waitFor === "nobody") return work();
  if (waitFor === "person") {
    const content = JSON.stringify({ type: "text", text: { body: "a person" } });
    const words = {
      messageId: newId(),
      author: "human",
      type: "text",
      text: "a person",
      content,
      quoted: null,
      target: null,
      eventId: newId(),
    };
    await engine.database.forBusiness(business.businessId).transaction(async (tx) => {
      await tx.run(insertOutboundMessage, { conversationId: threads[0]?.id ?? "", ...words });
      await work();
    });
    return;
  }
  const holder = await test.superuser.connect();
  try {
    await holder.query("begin");
    await holder.query(LOCKS[waitFor], [threads.map(({ id }) => id)]);
    await work();
    await holder.query("commit");
  } finally {
    holder.release();
  }
}

/** Whoever claims skips what is locked, so the lanes are claimed before. */
async function race(one: Plan, threads: readonly Thread[]): Promise<void> {
  const lanes = await engine.claim("send");
  const mustWait = one.waitFor !== "nobody" && threads.some(({ messages }) => messages.some(({ isCancelled }) => !isCancelled));
  const ended: Promise<unknown>[] = [];
  await holdLock(one, threads, async () => {
    ended.push(...lanes.map((lane, at) => workers[at % workers.length]?.deliver(lane) ?? Promise.resolve()));
    for (const sending of ended) sending.catch(() => undefined);
    while (mustWait && (await waitingSends()) === 0) await delay(1);
    if (one.waitFor === "person") threads[0]?.forbid("pause");
    // Whether the others wait is not known when a person holds up only one.
    else if (one.waitFor !== "nobody") for (const thread of threads) await thread.applyNow(thread.plan.meanwhile);
    ended.push(...threads.map((thread) => thread.applyAtOnce()));
  });
  await Promise.all(ended);
}

async function sendTheRest(): Promise<void> {
  for (;;) {
    const lanes = await engine.claim("send");
    if (lanes.length === 0) return;
    await Promise.all(lanes.map((lane) => engine.deliver(lane)));
  }
}

async function expectTruth({ id, messages, interrupted, isOpenEnded }: Thread): Promise<void> {
  const left = engine.simulator.outbox().map(({ body }) => String(body["biz_opaque_callback_data"]));
  const { rows } = await test.superuser.query<{ id: string; status: string; code: string | null }>(
    "select id, status, error_code as code from onethread.messages where conversation_id = $1 and direction = 'out'",
    [id],
  );
  const ends = new Map(rows.map((row) => [row.id, row]));
  for (const message of messages) {
    const times = left.filter((ownId) => ownId === message.id).length;
    const end = ends.get(message.id);
    expect([message.id, end?.status, times]).toEqual([
      message.id,
      times === 0 ? expect.stringMatching(/^(failed|cancelled)$/) : "accepted",
      times > 0 ? 1 : 0,
    ]);
    if (message.isForbidden || message.isCancelled) expect({ ...message, ...end, times }).toMatchObject({ times: 0 });
    else if (!isOpenEnded) expect({ ...message, ...end, times }).toMatchObject({ times: 1 });
  }
  if (interrupted !== undefined) {
    expect(left).not.toContain(interrupted);
    expect(ends.get(interrupted)).toMatchObject({ status: "unknown" });
  }
}

it("what forbids a message and is committed before its send has its locks keeps it back; all else leaves once", async () => {
  await fc.assert(
    fc.asyncProperty(plan, async (one) => {
      const threads = await beginThreads(one);
      for (const thread of threads) {
        await thread.fill();
        await thread.applyNow(thread.plan.before);
      }
      await race(one, threads);
      await sendTheRest();
      for (const thread of threads) await expectTruth(thread);
      const ids = [threads.map(({ id }) => id)];
      await run("update onethread.conversations set last_customer_message_at = last_message_at where id = any ($1)", ids);
    }),
    { numRuns: propertyRuns(8), examples: [...EXAMPLES], endOnFailure: true },
  );
});
