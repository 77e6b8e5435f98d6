import { afterAll, beforeAll, expect, test } from "vitest";
import { createStack, QUESTION, type Stack } from "../support/start-stack.ts";
import { createTestDatabase, type TestDatabase } from "../support/test-database.ts";

let database: TestDatabase;
let stack: Stack;

beforeAll(async () => {
  database = await createTestDatabase();
  stack = await createStack(database, { quietMs: 300, ceilingMs: 5_000 });
  await Promise.all([stack.start("api"), stack.start("api"), stack.start("worker,scheduler")]);
});
afterAll(async () => {
  await stack.stop();
  await database.close();
});

const key = (phone: string): string => `phone:${stack.business.businessId}:+${phone}`;
const messagesOf = "from onethread.messages m join onethread.conversations c on c.id = m.conversation_id and c.business_id = m.business_id";

/** Every api process had its part: otherwise this would prove nothing about two of them. */
function urlsOf(ids: ReadonlySet<string>): ReadonlySet<string> {
  const tries = stack.simulator.deliveries({ limit: 20_000 }).filter((delivery) => delivery.ids.some((id) => ids.has(id)));
  return new Set(tries.flatMap((delivery) => delivery.tries.map(({ url }) => url)));
}

test.for([
  { n: 20, copies: 1, phone: "12025551020" },
  { n: 200, copies: 1, phone: "12025551200" },
  { n: 20, copies: 5, phone: "12025555020" },
  { n: 200, copies: 5, phone: "12025555200" },
])(
  "$n concurrent first messages of a new customer, each delivered $copies times to two processes, make one conversation",
  async ({ n, copies, phone }) => {
    const written = await stack.simulator.inbound({
      from: phone,
      text: QUESTION,
      count: n,
      deliver: { concurrency: Math.min(200, n * copies), copies, shuffle: copies > 1 },
    });
    const deliveries = written.flatMap((message) => message.deliveries);
    expect(deliveries).toHaveLength(n * copies);
    expect(deliveries.filter(({ state, attempts }) => state !== "delivered" || attempts !== 1)).toEqual([]);
    expect(urlsOf(new Set(written.map(({ messageId }) => messageId))).size).toBe(2);
    expect(await stack.count("select count(*) from onethread.conversations where canonical_key = $1", [key(phone)])).toBe(1);
    expect(await stack.count(`select count(*) ${messagesOf} where c.canonical_key = $1 and m.direction = 'in'`, [key(phone)])).toBe(n);
    expect(
      await stack.count(`select count(distinct m.provider_message_id) ${messagesOf} where c.canonical_key = $1 and m.direction = 'in'`, [
        key(phone),
      ]),
    ).toBe(n);
    // The user id that stood beside the phone leads to the same thread.
    expect(
      await stack.count(
        "select count(distinct conversation_id) from onethread.aliases a join onethread.conversations c on c.id = a.conversation_id where c.canonical_key = $1",
        [key(phone)],
      ),
    ).toBe(1);
    await stack.settled();
    // One, unless a busy machine took longer for the burst than the business waits; never two for the same messages.
    const turns = await stack.count(
      "select count(*) from onethread.turns t join onethread.conversations c on c.id = t.conversation_id where c.canonical_key = $1 and t.state = 'replied'",
      [key(phone)],
    );
    expect(turns).toBeGreaterThan(0);
    expect(stack.replies().get(phone)).toHaveLength(turns);
    expect(stack.complaints()).toEqual([]);
    expect(await stack.audit()).toEqual([]);
  },
);
