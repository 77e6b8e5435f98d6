// Proves that no turn begins once the turns that have ended reach a limit, whatever was read before, and that the turns of a day are summed up once.
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { createTestBusiness, type TestBusiness } from "../../test/support/test-business.ts";
import { createSessionThread } from "../../test/support/session-threads.ts";
import { createTestDatabase, type TestDatabase } from "../../test/support/test-database.ts";
import type { Database } from "../db/database.ts";
import { noFailPoints } from "../kernel/fail-points.ts";
import { newId, type ConversationId } from "../kernel/ids.ts";
import type { JsonObject } from "../kernel/json.ts";
import { replySettingsSchema } from "../settings/reply-settings.ts";
import { createIsOverBudget, type IsOverBudget } from "./read-budget.ts";

let test: TestDatabase;
let database: Database;
let business: TestBusiness;
let mine: ConversationId;
let other: ConversationId;
/** Two processes; each remembers what it has read. */
let processes: readonly [IsOverBudget, IsOverBudget];
const ended = new Map<ConversationId, number>();

beforeAll(async () => {
  test = await createTestDatabase();
  database = test.open();
});
beforeEach(async () => {
  business = await createTestBusiness(test.superuser);
  mine = (await createSessionThread(test.superuser, business)).id;
  other = (await createSessionThread(test.superuser, business)).id;
  // How long a turn waits is not under test here.
  const create = (): IsOverBudget => createIsOverBudget({ database, failPoints: noFailPoints, log: test.log, withinMs: 20_000 });
  processes = [create(), create()];
});
afterAll(() => test.close());

interface Ended {
  readonly tokens: number;
  readonly micros?: number;
  readonly minutesAgo?: number;
  readonly of?: ConversationId;
}

async function end({ tokens, micros = 0, minutesAgo = 0, of = mine }: Ended): Promise<void> {
  const seq = (ended.get(of) ?? 0) + 1;
  ended.set(of, seq);
  await test.superuser.query(
    `insert into onethread.turns (business_id, id, conversation_id, covers_from, covers_to, state, fence, started_at, finished_at, input_tokens, output_tokens, cost_micros)
     values ($1, $2, $3, $4, $4, 'replied', 1, now(), now() - $5::float8 * interval '1 minute', $6::int - 1, 1, $7)`,
    [business.businessId, newId(), of, seq, minutesAgo, tokens, micros],
  );
}

/** Where it is `hour` o'clock. */
async function zoneAt(hour: number): Promise<string> {
  const { rows } = await test.superuser.query<{ utc: number }>("select extract(hour from now() at time zone 'UTC')::int as utc");
  const ahead = ((hour - (rows[0]?.utc ?? 0) + 36) % 24) - 12;
  return `Etc/GMT${ahead < 0 ? "+" : "-"}${String(Math.abs(ahead))}`;
}
let noon: string;
let night: string;
beforeEach(async () => {
  [noon, night] = [await zoneAt(12), await zoneAt(1)];
});

interface Asked {
  readonly by?: 0 | 1;
  readonly of?: ConversationId;
  readonly timeZone?: string;
}

const isOver = (budget: JsonObject, { by = 0, of = mine, timeZone = noon }: Asked = {}): Promise<boolean> =>
  processes[by]({ businessId: business.businessId, conversationId: of }, replySettingsSchema.parse({ budget, timeZone }));

/** The most that a budget can be to be used up. */
async function usedBy(asked: Asked = {}): Promise<number> {
  for (let tokens = 1; ; tokens += 1) if (!(await isOver({ tokensPerBusiness: tokens }, asked))) return tokens - 1;
}

it("every turn of the day that has ended counts, in every process, whatever was read before", async () => {
  await end({ tokens: 5, minutesAgo: 14 * 60 });
  await end({ tokens: 2, minutesAgo: 10 * 60 });
  expect(await usedBy({ by: 0 })).toBe(2);
  await end({ tokens: 3 });
  expect(await usedBy({ by: 0 })).toBe(5);
  await end({ tokens: 4, of: other });
  // A statement may take a quarter of a minute until what it wrote is seen.
  await end({ tokens: 1, minutesAgo: 0.25 });
  expect([await usedBy({ by: 0 }), await usedBy({ by: 1 })]).toEqual([10, 10]);
});

it("what has settled is read once: a day of many turns costs a turn nothing", async () => {
  await end({ tokens: 7, minutesAgo: 60 });
  await end({ tokens: 2, minutesAgo: 59, of: other });
  expect(await usedBy()).toBe(9);
  // No turn ever changes; this shows which are read again.
  await test.superuser.query("update onethread.turns set input_tokens = input_tokens + 100 where business_id = $1", [business.businessId]);
  await end({ tokens: 1 });
  expect(await usedBy()).toBe(10);
  expect(await usedBy({ by: 1 })).toBe(210);
});

it("a day ends in the business's time zone, and what was used up with it", async () => {
  await end({ tokens: 6, minutesAgo: 5 * 60 });
  await end({ tokens: 1, minutesAgo: 5 });
  expect(await usedBy({ timeZone: noon })).toBe(7);
  expect(await usedBy({ timeZone: night })).toBe(1);
  expect(await usedBy({ timeZone: noon })).toBe(7);
});

it("a conversation has its own limits, and nobody else's turns count", async () => {
  const stranger = await createTestBusiness(test.superuser);
  await end({ tokens: 5, micros: 300_000, minutesAgo: 30 });
  await end({ tokens: 5, micros: 300_000 });
  await end({ tokens: 1, micros: 1_000_000, of: other });
  expect(await isOver({ tokensPerConversation: 10 })).toBe(true);
  expect(await isOver({ tokensPerConversation: 11 })).toBe(false);
  expect(await isOver({ moneyPerConversation: 0.6 })).toBe(true);
  expect(await isOver({ moneyPerConversation: 0.7 })).toBe(false);
  expect(await isOver({ moneyPerConversation: 0.7 }, { of: other })).toBe(true);
  expect(await isOver({ moneyPerBusiness: 1.6, tokensPerConversation: 1_000 })).toBe(true);
  expect(await isOver({ moneyPerBusiness: 1.7, tokensPerConversation: 1_000 })).toBe(false);
  business = stranger;
  expect(await isOver({ tokensPerBusiness: 1, moneyPerBusiness: 0.1 })).toBe(false);
});

it("many turns that begin at once are each told about their own conversation", async () => {
  await end({ tokens: 9, of: other });
  const lanes = Array.from({ length: 40 }, (_, index) => (index % 2 === 0 ? mine : other));
  const over = await Promise.all(lanes.map((of) => isOver({ tokensPerConversation: 9, tokensPerBusiness: 10 }, { of })));
  expect(over).toEqual(lanes.map((of) => of === other));
});
