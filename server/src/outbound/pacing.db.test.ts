// Owns: what a number and a customer may get in a time, whoever sends.
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, beforeEach, expect, test as it } from "vitest";
import type { TestBusiness } from "../../test/support/test-business.ts";
import type { TestDatabase } from "../../test/support/test-database.ts";
import { closeTestEngine, openTestEngine, type TestEngine } from "../../test/support/test-engine.ts";
import type { Queryable } from "../db/query.ts";
import type { ClaimedLane } from "../lanes/lane-store.ts";
import { createReadNumberFacts } from "../businesses/read-number-facts.ts";
import { createPool } from "../whatsapp/http-exchange.ts";
import { createReadNumber, type NumberFacts } from "../whatsapp/read-number.ts";
import { startSends } from "./deliver.queries.ts";

let test: TestDatabase;
let business: TestBusiness;
let engine: TestEngine;
let counter = 0;

beforeAll(async () => {
  ({ test, business, engine } = await openTestEngine());
});
beforeEach(async () => {
  engine.simulator.clearFailures();
  await forgetQueue();
  await setPace({});
});
afterAll(async () => {
  await forgetQueue();
  await closeTestEngine(engine, test);
});

/** What still waits for its turn is not sent, and takes nobody's place. */
async function forgetQueue(): Promise<void> {
  await test.superuser.query("update onethread.messages set status = 'cancelled' where status = 'queued'");
  await test.superuser.query(
    "update onethread.lanes set done = wanted, check_at = null, owner = null where kind = 'send' and check_at is not null",
  );
}

interface Pace {
  readonly perSecond?: number;
  readonly inARow?: number;
}

/** As if the number had not sent anything for a while. */
const setPace = ({ perSecond, inARow }: Pace): Promise<unknown> =>
  test.superuser.query(
    "update onethread.channels set sends_per_second = $1, sends_in_a_row = $2, sends_until = null, held_until = null, slowed_until = null",
    [perSecond ?? null, inARow ?? null],
  );

async function newCustomer(): Promise<string> {
  counter += 1;
  const phone = String(12_025_560_000 + counter);
  await engine.receive(business, { from: phone });
  return phone;
}

/** Somebody who has written and is owed one text. */
async function sendToNewCustomers(count: number): Promise<readonly string[]> {
  const phones: string[] = [];
  for (let at = 0; at < count; at += 1) {
    const phone = await newCustomer();
    await engine.send(business, phone, "hello");
    phones.push(phone);
  }
  return phones;
}

const deliverAll = (lanes: readonly ClaimedLane[]): Promise<unknown> => Promise.all(lanes.map((lane) => engine.deliver(lane)));
const sentTo = (phone: string): number => engine.simulator.outbox({ to: phone }).length;

async function sleepOf(phone: string): Promise<number> {
  const { rows } = await test.superuser.query<{ in_ms: number; owner: string | null; attempts: number }>(
    `select (extract(epoch from check_at - now()) * 1000)::float8 as in_ms, owner, attempts
       from onethread.lanes l join onethread.aliases a using (business_id, conversation_id) where l.kind = 'send' and a.value = $1`,
    [phone],
  );
  expect(rows[0]).toMatchObject({ owner: null, attempts: 0 });
  return rows[0]?.in_ms ?? Number.NaN;
}

it("a customer gets ten messages in a row, and the next one when six seconds have made room for it", async () => {
  const phone = await newCustomer();
  for (let at = 0; at < 12; at += 1) await engine.send(business, phone, `part ${String(at)}`);
  await engine.deliver(await engine.claimOne("send"));
  expect(sentTo(phone)).toBe(10);
  const sleepMs = await sleepOf(phone);
  expect(sleepMs).toBeGreaterThan(0);
  expect(sleepMs).toBeLessThanOrEqual(6_000);
  await engine.expireLeases();
  await engine.deliver(await engine.claimOne("send"));
  expect(sentTo(phone)).toBe(10);
  // Six seconds later.
  await test.superuser.query("update onethread.lanes set sends_until = sends_until - interval '6 seconds' where kind = 'send'");
  await engine.expireLeases();
  await engine.deliver(await engine.claimOne("send"));
  expect(engine.simulator.outbox({ to: phone }).map(({ body }) => body["text"])).toEqual(
    Array.from({ length: 11 }, (_, at) => ({ body: `part ${String(at)}` })),
  );
});

it("another customer does not wait for one who has had enough", async () => {
  await setPace({ inARow: 1 });
  const [busy, other] = [await newCustomer(), await newCustomer()];
  for (const phone of [busy, busy, other]) await engine.send(business, phone, "hello");
  await deliverAll(await engine.claim("send"));
  expect([sentTo(busy), sentTo(other)]).toEqual([1, 1]);
});

it("two processes share what a number may send", async () => {
  await setPace({ perSecond: 20 });
  await sendToNewCustomers(40);
  const lanes = (await engine.claim("send")).map(({ conversationId, fence }) => ({ conversationId, fence }));
  expect(lanes).toHaveLength(40);
  const [one, other] = [test.open(), test.open()];
  const begin = (process: Pick<Queryable, "run">, slice: typeof lanes) => process.run(startSends, { lanes: slice });
  // Connected, and planned.
  for (const process of [one, other]) await begin(process.forBusiness(business.businessId), []);
  const beganAt = performance.now();
  // The second one asks while the first has its places, and has not committed.
  const { first, second } = await one.forBusiness(business.businessId).transaction(async (tx) => {
    const places = await begin(tx, lanes.slice(0, 20));
    const asking = begin(other.forBusiness(business.businessId), lanes.slice(20));
    await delay(100);
    return { first: places, second: asking };
  });
  const rows = [first, await second];
  const seconds = (performance.now() - beganAt) / 1_000;
  const verdicts = rows.flat().map(({ verdict }) => verdict);
  // What a program sends may be half a second ahead of the rate: ten, and the one whose time it is. And what the rate allows meanwhile.
  const sent = verdicts.filter((verdict) => verdict === "send").length;
  expect(sent).toBeGreaterThanOrEqual(11);
  expect(sent).toBeLessThanOrEqual(11 + Math.ceil(20 * seconds));
  expect(verdicts.filter((verdict) => verdict === "paced")).toHaveLength(40 - sent);
  const { rows: states } = await test.superuser.query<{ queued: number; sending: number }>(
    `select count(*) filter (where status = 'queued')::int as queued, count(*) filter (where status = 'sending')::int as sending
       from onethread.messages m join unnest($1::uuid[]) as c (id) on c.id = m.conversation_id`,
    [lanes.map(({ conversationId }) => conversationId)],
  );
  expect(states[0]).toEqual({ queued: 40 - sent, sending: sent });
  await test.superuser.query("update onethread.messages set status = 'unknown', error_code = 'outcome_unknown' where status = 'sending'");
});

it("a campaign fills what its number may send, and leaves room for everybody else", async () => {
  await setPace({ perSecond: 20 });
  const program = await newCustomer();
  const bulk = await sendToNewCustomers(30);
  await test.superuser.query("update onethread.messages set campaign_id = gen_random_uuid() where status = 'queued'");
  await deliverAll(await engine.claim("send"));
  const sent = bulk.filter((one) => sentTo(one) === 1).length;
  // A quarter of a second ahead: five, and the one whose time it is.
  expect(sent).toBeGreaterThanOrEqual(6);
  expect(sent).toBeLessThan(bulk.length);
  await engine.send(business, program, "hello");
  await deliverAll(await engine.claim("send"));
  expect(sentTo(program)).toBe(1);
});

it("what a person writes finds room beside what a program sends in bulk", async () => {
  await setPace({ perSecond: 20 });
  const phone = await newCustomer();
  const bulk = await sendToNewCustomers(30);
  await deliverAll(await engine.claim("send"));
  const late = bulk.filter((one) => sentTo(one) === 0);
  expect(late.length).toBeGreaterThan(0);
  const { rows } = await test.superuser.query<{ id: string }>("select conversation_id as id from onethread.aliases where value = $1", [
    phone,
  ]);
  const content = { type: "text", text: { body: "I am here" } };
  await engine.services.acceptMessage({ businessId: business.businessId, conversationId: rows[0]?.id ?? "", author: "human", content });
  await deliverAll(await engine.claim("send"));
  expect(sentTo(phone)).toBe(1);
  for (const one of late) if (sentTo(one) === 0) expect(await sleepOf(one)).toBeGreaterThan(-1_000);
});

it("two workers keep the pace of one number and of one customer by the platform's own clock, and all that waits for its number is sent, once", async () => {
  await setPace({ perSecond: 20, inARow: 2 });
  // The platform counts for itself, and refuses what is more.
  engine.simulator.config({ throughput: 20, pairRate: { burst: 2, intervalMs: 6_000 } });
  const phones = await sendToNewCustomers(40);
  const [busy = ""] = phones;
  for (let at = 0; at < 3; at += 1) await engine.send(business, busy, `part ${String(at)}`);
  const began = Date.now();
  const isOver = (): boolean => phones.every((phone) => sentTo(phone) >= (phone === busy ? 2 : 1)) || Date.now() - began > 20_000;
  const sentBy = await Promise.all(
    [engine, engine.openWorker()].map(async (worker) => {
      let lanes = 0;
      while (!isOver()) {
        await delay(10);
        const claimed = await worker.claim("send", { limit: 8 });
        lanes += claimed.length;
        await Promise.all(claimed.map((lane) => worker.deliver(lane)));
      }
      return lanes;
    }),
  );
  expect(sentBy.map((lanes) => lanes > 0)).toEqual([true, true]);
  expect(phones.map(sentTo)).toEqual(phones.map((phone) => (phone === busy ? 2 : 1)));
  const { rows } = await test.superuser.query(
    "select status, attempts, error_code as code, count(*)::int as count from onethread.messages where direction = 'out' and text in ('hello', 'part 0', 'part 1', 'part 2') and conversation_id in (select conversation_id from onethread.aliases where value = any ($1)) group by 1, 2, 3 order by 4",
    [phones],
  );
  // Nothing was refused, so nothing was tried twice; of the customer who got two the others wait.
  expect(rows).toEqual([
    { status: "queued", attempts: 0, code: null, count: 2 },
    { status: "accepted", attempts: 1, code: null, count: 41 },
  ]);
  const times = phones
    .flatMap((phone) => engine.simulator.outbox({ to: phone }).map(({ acceptedAt }) => Date.parse(acceptedAt)))
    .sort((a, b) => a - b);
  // In any second its rate, what it may be ahead, and two for what an answer takes.
  for (const [at, time] of times.entries()) expect((times[at + 33] ?? Infinity) - time).toBeGreaterThan(1_000);
  engine.simulator.config({ throughput: null, pairRate: null });
});

it.for([
  { code: 130_429, slows: true },
  { code: 80_007, slows: false },
])("an answer that concerns the whole number ($code) holds what else it would send, for as long as it says", async ({ code, slows }) => {
  const [first, second] = [await newCustomer(), await newCustomer()];
  engine.simulator.addFailure({ match: { path: "messages", to: first }, respond: { code } });
  await engine.send(business, first, "too fast");
  await engine.deliver(await engine.claimOne("send"));
  await engine.send(business, second, "waits");
  await engine.deliver(await engine.claimOne("send"));
  expect(sentTo(second)).toBe(0);
  const { rows } = await test.superuser.query(
    "select held_until > now() as held, coalesce(slowed_until > now(), false) as slowed, held_reason is not null as said from onethread.channels",
  );
  expect(rows).toEqual([{ held: true, slowed: slows, said: true }]);
  await test.superuser.query("update onethread.channels set held_until = now()");
  await engine.expireLeases();
  await deliverAll(await engine.claim("send"));
  expect([sentTo(first), sentTo(second)]).toEqual([1, 1]);
});

it("a limit of one customer holds nobody else", async () => {
  const [first, second] = [await newCustomer(), await newCustomer()];
  engine.simulator.addFailure({ match: { path: "messages", to: first }, respond: { code: 131_056 } });
  for (const phone of [first, second]) await engine.send(business, phone, "hello");
  await deliverAll(await engine.claim("send"));
  expect([sentTo(first), sentTo(second)]).toEqual([0, 1]);
});

it("a number is asked how fast it may send, again when an upgrade is reported, and not while nothing is due; what a person set holds", async () => {
  const asked: string[] = [];
  let facts: NumberFacts | undefined = { level: "STANDARD", isOnApp: undefined };
  const runOnce = createReadNumberFacts({
    database: engine.database,
    log: test.log,
    readNumber: ({ key }) => {
      asked.push(key);
      return Promise.resolve(facts);
    },
  });
  const rate = async () => (await engine.services.channels.list(business.businessId))[0]?.sendsPerSecond;
  expect([await runOnce(), await runOnce(), await rate()]).toEqual([1, 0, 80]);
  facts = { level: "HIGH", isOnApp: false };
  await test.superuser.query(
    `insert into onethread.channel_signals (business_id, channel_id, aspect, state, health, sentence, at, told_at, event_id)
     values ($1, $2, 'throughput', 'THROUGHPUT_UPGRADE', 'ok', '…', now(), now(), gen_random_uuid())`,
    [business.businessId, business.channelId],
  );
  expect([await runOnce(), await runOnce(), await rate()]).toEqual([1, 0, 1_000]);
  const due = () => test.superuser.query("update onethread.channels set facts_due_at = now()");
  await due();
  facts = undefined;
  expect([await runOnce(), await runOnce(), await rate()]).toEqual([0, 0, 1_000]);
  await due();
  facts = { level: "HIGH", isOnApp: true };
  expect([await runOnce(), await rate()]).toEqual([1, 20]);
  await setPace({ perSecond: 40 });
  expect(await rate()).toBe(40);
  expect(asked).toHaveLength(4);
  await test.superuser.query("delete from onethread.channel_signals");
  await test.superuser.query("update onethread.channels set throughput_level = null, is_on_app = null");
});

it("the Graph API's own answer is read, with and without the field that not every account knows", async () => {
  const dispatcher = createPool({ connections: 1, timeoutMs: 5_000 });
  const readNumber = createReadNumber({ baseUrl: engine.simulator.url, version: "v26.0", timeoutMs: 5_000, dispatcher });
  expect(await readNumber({ key: business.phoneNumberId, accessToken: "token" })).toEqual({ level: "STANDARD", isOnApp: undefined });
  engine.simulator.addFailure({ match: { path: "object" }, respond: { code: 100 } });
  expect(await readNumber({ key: business.phoneNumberId, accessToken: "token" })).toEqual({ level: "STANDARD", isOnApp: undefined });
  expect(await readNumber({ key: "999", accessToken: "token" })).toBeUndefined();
  await dispatcher.close();
});

it("the rate is the platform's, the upgraded one, or the business's own; gateways have none", async () => {
  const { rows } = await test.superuser.query<{ rates: readonly (number | null)[] }>(
    `select array[onethread.number_rate('cloud', null, null, null, false), onethread.number_rate('cloud', null, null, null, true), onethread.number_rate('cloud', 20, 'HIGH', true, true),
                  onethread.number_rate('waha', null, null, null, false), onethread.sends_in_a_row('cloud', null), onethread.sends_in_a_row('waha', null)] as rates`,
  );
  expect(rows[0]?.rates).toEqual([80, 1_000, 20, null, 10, null]);
});
