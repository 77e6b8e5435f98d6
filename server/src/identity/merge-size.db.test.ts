// Proves that the merge of two long threads is quick and holds up nobody else. Its size is small in CI; the figure for 100,000 messages each is in
// docs/benchmarks.md: MERGE_MESSAGES=100000.
import { afterAll, beforeAll, expect, test as it } from "vitest";
import { expectNothingBroken } from "../../test/support/expect-nothing-broken.ts";
import type { TestBusiness } from "../../test/support/test-business.ts";
import type { TestDatabase } from "../../test/support/test-database.ts";
import { openTestEngine, type TestEngine } from "../../test/support/test-engine.ts";
import { phoneIdentifier } from "./identifier.ts";

const SIZE = Number(process.env["MERGE_MESSAGES"] ?? "5000");

let test: TestDatabase;
let business: TestBusiness;
let engine: TestEngine;

beforeAll(async () => {
  ({ test, business, engine } = await openTestEngine());
});
afterAll(async () => {
  await engine.close();
  await test.close();
});

async function expectHealthy(): Promise<void> {
  // The doctor looks for every message among all turns of its thread: minutes at the size of the measurement.
  if (SIZE > 20_000) return;
  await expectNothingBroken(test);
}

/** A thread as a year of talking leaves it: two questions, one answer, over and over; the last round waits for its answer. */
async function fillThread(phone: string): Promise<string> {
  await engine.receive(business, { from: phone });
  const { rows } = await test.superuser.query<{ id: string }>("select conversation_id as id from aliases where value = $1", [phone]);
  const id = rows[0]?.id ?? "";
  const answered = Math.floor(SIZE / 3) * 3;
  const values = [business.businessId, id, business.channelId, answered];
  await test.superuser.query(
    `with turn as (
       insert into turns (business_id, id, conversation_id, covers_from, covers_to, state, fence, started_at, finished_at)
       select $1::uuid, md5($2::text || g * 3)::uuid, $2::uuid, g * 3 - 2, g * 3, 'replied', 1, now(), now() from generate_series(1, $4::int / 3) g
     )
     insert into messages (business_id, id, conversation_id, seq, channel_id, direction, author, provider_message_id, type, text, content,
                           sent_at, received_at, status, turn_id, turn_part)
     select $1::uuid, gen_random_uuid(), $2::uuid, s + 1, $3::uuid, case when s % 3 = 0 then 'out' else 'in' end,
            case when s % 3 = 0 then 'ai' else 'customer' end, 'wamid.' || $2::text || '.' || s, 'text', 'message ' || s,
            '{"type":"text","text":{"body":"hello"}}', now() - ($4 - s + 60) * interval '1 second', now() - ($4 - s + 60) * interval '1 second',
            case when s % 3 = 0 then 'read' else 'received' end, case when s % 3 = 0 then md5($2::text || s)::uuid end, case when s % 3 = 0 then 1 end
       from generate_series(1, $4::int) s`,
    values,
  );
  // The message that came first stands at position 1; the long past has the rest.
  await test.superuser.query("update conversations set last_seq = $3 + 1 where business_id = $1 and id = $2", [
    business.businessId,
    id,
    answered,
  ]);
  await test.superuser.query(
    "update lanes set wanted = $3 + 1, done = $3, fence = 1 where business_id = $1 and conversation_id = $2 and kind = 'reply'",
    [business.businessId, id, answered],
  );
  await test.superuser.query(
    "insert into sessions (business_id, id, conversation_id, from_seq, to_seq, opened_at, closed_at, closed_reason) select $1, gen_random_uuid(), $2, g * 30 - 29, g * 30, now(), now(), 'inactive' from generate_series(1, $3::int / 30) g",
    [business.businessId, id, answered],
  );
  return id;
}

it("two long threads become one while others are served, and two again", { timeout: 300_000 }, async () => {
  const [phone, other] = ["12025559001", "12025559002"];
  await fillThread(phone);
  await fillThread(other);
  await test.superuser.query("analyze messages, turns, sessions");
  await expectHealthy();
  const settle = engine.services.settleIdentity;
  const identifiers = [phone, other].map(phoneIdentifier);
  const started = performance.now();
  const progress = { isMerged: false };
  const merging = settle({
    businessId: business.businessId,
    identifiers,
    newKeys: undefined,
    reason: "payload",
    proof: {},
    at: new Date(),
  }).finally(() => {
    progress.isMerged = true;
  });
  const waits: number[] = [];
  do {
    const before = performance.now();
    await engine.receive(business, { from: `1303555${String(1000 + (waits.length % 50))}` });
    waits.push(performance.now() - before);
  } while (!progress.isMerged);
  const settled = await merging;
  const seconds = (performance.now() - started) / 1000;
  const slowest = Math.max(...waits);
  if (SIZE >= 100_000)
    process.stdout.write(
      `merge of 2 x ${String(SIZE)}: ${seconds.toFixed(2)} s; ${String(waits.length)} deliveries for others meanwhile, the slowest ${slowest.toFixed(0)} ms\n`,
    );
  expect(settled?.merged).toHaveLength(1);
  await expectHealthy();
  const split = await engine.services.splitConversations({
    businessId: business.businessId,
    conversationId: settled?.conversationId ?? "",
    execute: true,
  });
  expect(split).toMatchObject({ outcome: "split", moves: { messages: Math.floor(SIZE / 3) * 3 + 1 } });
  await expectHealthy();
});
