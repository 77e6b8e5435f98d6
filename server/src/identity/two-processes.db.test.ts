// Proves that what one process remembers of who is who is harmless when another one merges, and what a LID alone and then a number lead to.
import { afterAll, afterEach, beforeAll, expect, test as it } from "vitest";
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
