// Proves that what one process remembers of who is who is harmless when another one merges, and what a LID alone and then a number lead to.
import { afterAll, afterEach, beforeAll, expect, test as it } from "vitest";
import { eventually } from "../../test/support/eventually.ts";
import { expectNothingBroken } from "../../test/support/expect-nothing-broken.ts";
import type { WebhookIntake } from "../ingest/webhook-intake.ts";
import type { CustomerIdentity } from "../whatsapp/events.ts";
import type { TestBusiness } from "../../test/support/test-business.ts";
import type { TestDatabase } from "../../test/support/test-database.ts";
import { closeTestEngine, openTestEngine, type TestEngine } from "../../test/support/test-engine.ts";
import { createTestTracker } from "../../test/support/test-tracker.ts";
import { createTestIntake } from "../../test/support/test-intake.ts";

let test: TestDatabase;
let business: TestBusiness;
let engine: TestEngine;
let here: WebhookIntake;
let there: WebhookIntake;
let messages = 0;

beforeAll(async () => {
  ({ test, business, engine } = await openTestEngine({ quietMs: 0, ceilingMs: 0 }));
  [here, there] = [createTestIntake(test), createTestIntake(test)];
});
afterAll(() => closeTestEngine(engine, test));
afterEach(async () => {
  await expectNothingBroken(test);
});

async function write(intake: WebhookIntake, customer: CustomerIdentity, text: string): Promise<void> {
  messages += 1;
  const event = {
    kind: "message",
    provider: "cloud",
    direction: "in",
    type: "text",
    content: { type: "text", text: { body: text } },
    raw: "{}",
  } as const;
  const id = `wamid.two-${String(messages)}`;
  const result = await intake.receive([
    { ...event, channelKey: business.phoneNumberId, providerMessageId: id, customer, text, sentAt: new Date() },
  ]);
  expect(result.stored).toBe(1);
}
async function threads(...values: readonly string[]): Promise<readonly unknown[]> {
  const { rows } = await test.superuser.query<Record<string, unknown>>(
    `select (select string_agg(m.text, ' ' order by m.text) from messages m where m.conversation_id = a.id) as texts
       from (select distinct conversation_id as id from aliases where value = any ($1)) a order by 1`,
    [values],
  );
  return rows;
}

it("a process that remembers a thread which another one has merged away writes into its winner", async () => {
  await write(here, { userId: "US.cached" }, "a1");
  await write(here, { userId: "US.cached" }, "a2");
  for (const text of ["b1", "b2", "b3"]) await write(there, { phone: "12025550901" }, text);
  await write(there, { phone: "12025550901", userId: "US.cached" }, "b4");
  await Promise.all(["a3", "a4", "a5"].map((text) => write(here, { userId: "US.cached" }, text)));
  expect(await threads("US.cached", "12025550901")).toEqual([{ texts: "a1 a2 a3 a4 a5 b1 b2 b3 b4" }]);
  // Merged again: what was learnt from the tombstone is old in its turn.
  for (const text of ["c1", "c2", "c3", "c4", "c5", "c6", "c7", "c8", "c9", "cx"]) await write(there, { lid: "77000000000901" }, text);
  await write(there, { lid: "77000000000901", userId: "US.cached" }, "cy");
  await write(here, { userId: "US.cached" }, "a6");
  expect(await threads("US.cached", "12025550901", "77000000000901")).toEqual([
    { texts: "a1 a2 a3 a4 a5 a6 b1 b2 b3 b4 c1 c2 c3 c4 c5 c6 c7 c8 c9 cx cy" },
  ]);
});

it("merges that happen while both processes write lose no message and store none twice", async () => {
  const people = Array.from({ length: 10 }, (_, i) => ({
    phone: `1202555${String(1900 + i)}`,
    userId: `US.busy${String(i)}`,
    lid: `7700000000${String(1900 + i)}`,
  }));
  await Promise.all(
    people.flatMap(({ phone, userId, lid }) =>
      [{ phone }, { userId }, { lid }, { phone, userId }, { userId, lid }, { phone }, { lid }, { userId }].map((customer, at) =>
        write(at % 2 === 0 ? here : there, customer, `m${String(at)}`),
      ),
    ),
  );
  for (const { phone, userId, lid } of people) expect(await threads(phone, userId, lid)).toEqual([{ texts: "m0 m1 m2 m3 m4 m5 m6 m7" }]);
});

it("LID only, then LID and phone: both threads have open sessions and running turns, and one reply goes to the phone", async () => {
  for (const lane of await engine.claim("reply")) await engine.turn(lane);
  await engine.expireLeases();
  for (const lane of await engine.claim("send")) await engine.deliver(lane);
  await write(here, { lid: "77000000000903" }, "by lid");
  await write(there, { phone: "12025550903" }, "by phone");
  await engine.expireLeases();
  const track = createTestTracker(engine.database, test.log);
  for (const lane of await engine.claim("session")) await track(lane, new AbortController().signal);
  const running = await engine.claim("reply");
  expect(running).toHaveLength(2);
  await write(there, { phone: "12025550903", lid: "77000000000903" }, "by both");
  for (const lane of running) await engine.turn(lane);
  await engine.turn(await engine.claimOne("reply"));
  await engine.deliver(await engine.claimOne("send"));
  const sent = engine.simulator.outbox({ to: "12025550903" });
  expect(sent.map(({ body }) => (body as { text: { body: string } }).text.body)).toEqual(["reply to 3"]);
  const { rows } = await test.superuser.query(
    "select count(*)::int as open from sessions s join aliases a using (conversation_id) where a.value = '77000000000903' and s.closed_at is null",
  );
  expect(rows).toEqual([{ open: 1 }]);
});

const numbered = (from: number, count: number): readonly string[] => Array.from({ length: count }, (_, i) => String(from + i));
const begin = (phones: readonly string[]) => engine.services.beginConversations(business.businessId, phones);
/** How many conversations there are of these numbers by their keys, and to how many their aliases lead. */
async function countOf(phones: readonly string[]): Promise<unknown> {
  const { rows } = await test.superuser.query(
    `select (select count(*)::int from conversations where canonical_key = any ($2)) as begun,
            (select count(distinct conversation_id)::int from aliases where value = any ($1)) as led_to, (select count(*)::int from aliases where value = any ($1)) as numbers`,
    [phones, phones.map((phone) => `phone:${business.businessId}:+${phone}`)],
  );
  return rows[0];
}

it("many numbers of which nothing is known get a conversation each; who is known, was known, or is named twice is left to others", async () => {
  const fresh = numbered(12_025_556_001, 20);
  await write(here, { phone: "12025556101" }, "known");
  await write(here, { phone: "551198765401" }, "known in another spelling");
  await write(here, { phone: "12025556102", userId: "US.former" }, "left");
  await test.superuser.query(
    `insert into former_aliases (business_id, kind, value, conversation_id, held_since, held_until)
     select business_id, kind, '12025556103', conversation_id, null, now() from aliases where value = '12025556102'`,
  );
  const begun = await begin([...fresh, "12025556101", "5511998765401", "12025556103", "5511987654321", "551187654321", ...fresh]);
  expect([...begun.keys()].sort()).toEqual([...fresh, "5511987654321"].sort());
  expect(await countOf(fresh)).toEqual({ begun: 20, led_to: 20, numbers: 20 });
  // The customers then write: into the same.
  await Promise.all(fresh.map((phone, at) => write(at % 2 === 0 ? here : there, { phone, userId: `US.fresh${phone}` }, "hello")));
  expect(await countOf(fresh)).toEqual({ begun: 20, led_to: 20, numbers: 20 });
  await test.superuser.query("delete from former_aliases where value = '12025556103'");
});

it("a number that becomes somebody's at the same moment leaves no second conversation behind, and the others get theirs", async () => {
  const phones = numbered(12_025_556_201, 5);
  await write(here, { userId: "US.taken" }, "by user id");
  const holder = await test.superuser.connect();
  await holder.query("begin");
  await holder.query(
    `insert into aliases (business_id, kind, value, conversation_id, created_at)
     select business_id, 'phone', $1, conversation_id, now() from aliases where value = 'US.taken'`,
    [phones[2]],
  );
  const beginning = begin(phones);
  await eventually(
    () => test.superuser.query("select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"),
    ({ rowCount }) => rowCount === 1,
    { what: "it waits for the number" },
  );
  await holder.query("commit");
  holder.release();
  expect([...(await beginning).keys()].sort()).toEqual(phones.filter((_, at) => at !== 2));
  expect(await countOf(phones)).toEqual({ begun: 4, led_to: 5, numbers: 5 });
});

it("customers who write while a list of their numbers is begun, by two at once, have one conversation each", async () => {
  for (let round = 0; round < 4; round += 1) {
    const phones = numbered(12_025_557_001 + 100 * round, 30);
    const names = phones.map((phone, at) => (at % 3 === 0 ? { phone } : { phone, userId: `US.${phone}` }));
    // Those who are known by their user id alone have a conversation already.
    await Promise.all(names.flatMap(({ userId }, at) => (userId === undefined || at % 2 === 0 ? [] : [write(here, { userId }, "before")])));
    const written = names.map((customer, at) => write(at % 2 === 0 ? here : there, customer, "hello"));
    const [one, other] = await Promise.all([begin(phones), begin(phones.toReversed())]);
    await Promise.all(written);
    const twice = [...one.keys()].filter((phone) => other.has(phone));
    expect(twice).toEqual([]);
    expect(await countOf(phones)).toMatchObject({ led_to: 30, numbers: 30 });
    const { rows } = await test.superuser.query(
      "select count(*)::int as astray from conversations c where merged_into is null and not exists (select from aliases a where a.conversation_id = c.id)",
    );
    expect(rows).toEqual([{ astray: 0 }]);
  }
});
