// Proves the rules that stand in the database as functions, each at its edges.
import { afterAll, beforeAll, expect, test as it } from "vitest";
import { createTestDatabase, type TestDatabase } from "../../test/support/test-database.ts";

let test: TestDatabase;

beforeAll(async () => {
  test = await createTestDatabase();
});
afterAll(() => test.close());

/** The expression's value, where `at` is noon. */
async function read(expression: string): Promise<unknown> {
  const { rows } = await test.superuser.query<{ value: unknown }>(
    `select ${expression} as value from (values (timestamptz '2026-01-02 12:00Z')) as t (at)`,
  );
  const value = rows[0]?.value;
  return value instanceof Date ? value.toISOString().slice(0, 16) : value;
}

const WROTE = { aDayAgo: "at - interval '24 hours'", justLess: "at - interval '23:59:59.999'", never: "null::timestamptz" };

it.each([
  [WROTE.justLess, "'cloud'", true],
  [WROTE.aDayAgo, "'cloud'", false],
  [WROTE.never, "'cloud'", false],
  [WROTE.justLess, "null", true],
  [WROTE.aDayAgo, "null", false],
  [WROTE.aDayAgo, "'waha'", true],
  [WROTE.never, "'evolution'", true],
])("the window of a customer who wrote %s is open on %s: %s", async (wrote, provider, isOpen) => {
  expect(await read(`onethread.window_is_open(${wrote}, ${provider}, at)`)).toBe(isOpen);
  // It closes at the first moment at which it is not open.
  const closesAt = await read(`onethread.window_closes_at(${wrote}, ${provider}) > at`);
  if (closesAt !== null) expect(closesAt).toBe(isOpen);
});

it("only the Cloud API has a window that closes", async () => {
  expect(await read("onethread.window_closes_at(at, 'cloud')")).toBe("2026-01-03T12:00");
  expect(await read("onethread.window_closes_at(at, 'baileys')")).toBeNull();
  expect([await read("onethread.has_window('cloud')"), await read("onethread.has_window('baileys')")]).toEqual([true, false]);
});

it.each([
  ["null::timestamptz", "null", false],
  ["null::timestamptz", "60000", false],
  ["at - interval '1 year'", "null", true],
  ["at - interval '59.999 s'", "60000", true],
  ["at - interval '1 minute'", "60000", false],
  ["at", "0", false],
])("a pause that began %s and may last %s ms lasts: %s", async (pausedAt, pauseMs, lasts) => {
  expect(await read(`onethread.pause_lasts(${pausedAt}, ${pauseMs}, at)`)).toBe(lasts);
  const endsLater = await read(`onethread.pause_ends_at(${pausedAt}, ${pauseMs}) > at`);
  if (endsLater !== null) expect(endsLater).toBe(lasts);
});

it.each([
  ["at", "at", "2026-01-02T12:01"],
  ["at - interval '3 minutes'", "at", "2026-01-02T12:01"],
  ["at - interval '270 s'", "at", "2026-01-02T12:00"],
])("a burst from %s to %s ends by quiet or by the ceiling", async (firstAt, lastAt, endsAt) => {
  expect(await read(`onethread.burst_ends_at(${firstAt}, ${lastAt}, 60000, 300000)`)).toBe(endsAt);
});

it.each([
  "pause_lasts(null, null, now())",
  "pause_ends_at(now(), 1)",
  "window_is_open(now(), 'cloud', now())",
  "burst_ends_at(now(), now(), 1, 1)",
])("the planner puts %s in the place where it is called", async (call) => {
  const { rows } = await test.superuser.query<Record<"QUERY PLAN", string>>(
    `explain (verbose) select onethread.${call} from onethread.businesses`,
  );
  expect(rows.map((row) => row["QUERY PLAN"]).join("\n")).not.toContain(call.split("(")[0]);
});
