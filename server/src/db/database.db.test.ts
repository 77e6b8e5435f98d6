// Proves what a transaction does with its connection, and that it is done again when the database asks for it.
import { afterAll, beforeAll, expect, test as it } from "vitest";
import { createTestBusiness, type TestBusiness } from "../../test/support/test-business.ts";
import { createTestDatabase, type TestDatabase } from "../../test/support/test-database.ts";
import type { Database } from "./database.ts";
import { defineQuery } from "./query.ts";

const askBackend = defineQuery({
  name: "test.backend",
  role: "app",
  columns: { pid: "int4" },
  text: "select pg_backend_pid() as pid from businesses where id = $1",
});
const breakRule = defineQuery({
  name: "test.break-rule",
  role: "app",
  columns: { quiet_ms: "int4" },
  text: "update businesses set quiet_ms = -1 where id = $1 returning quiet_ms",
});

const lockKey = defineQuery({
  name: "test.lock-key",
  role: "app",
  columns: { locked: "bool" },
  text: "select pg_advisory_xact_lock($1::int4) is not null as locked",
});
let test: TestDatabase;
let business: TestBusiness;
let database: Database;

beforeAll(async () => {
  test = await createTestDatabase();
  business = await createTestBusiness(test.superuser);
  database = test.open();
});
afterAll(() => test.close());

it.for<readonly [string, (() => void) | undefined]>([
  [
    "a refusal of ours",
    () => {
      throw new RangeError("the window is closed");
    },
  ],
  [
    "something that is no error",
    () => {
      AbortSignal.abort("text").throwIfAborted();
    },
  ],
  ["a rule of the database", undefined],
])("a transaction that ended by %s keeps its connection, and nothing of it is kept", async ([, end]) => {
  const pids = new Set<number>();
  for (let times = 0; times < 20; times += 1) {
    const run = database.forBusiness(business.businessId).transaction(async (tx) => {
      const [row] = await tx.run(askBackend, [business.businessId]);
      if (row !== undefined) pids.add(row.pid);
      if (end !== undefined) end();
      await tx.run(breakRule, [business.businessId]);
    });
    await expect(run.then(() => "committed")).rejects.toBeDefined();
  }
  expect(pids.size).toBe(1);
});

it("of two transactions that wait for each other the one that PostgreSQL ends runs again, and both are committed", async () => {
  const db = database.forBusiness(business.businessId);
  const starts = [0, 0];
  const holdsFirst = [Promise.withResolvers<undefined>(), Promise.withResolvers<undefined>()];
  const crossing = [0, 1].map((own) =>
    db.transaction(async (tx) => {
      starts[own] = (starts[own] ?? 0) + 1;
      await tx.run(lockKey, [own]);
      holdsFirst[own]?.resolve(undefined);
      await holdsFirst[1 - own]?.promise;
      await tx.run(lockKey, [1 - own]);
      return own;
    }),
  );
  await expect(Promise.all(crossing)).resolves.toEqual([0, 1]);
  expect(starts.toSorted((a, b) => a - b)).toEqual([1, 2]);
});

it.for(["40001", "40P01"])(
  "what fails by %s again and again is given up after a few tries, with the error of the database",
  async (code) => {
    let tries = 0;
    await test.superuser.query(`create function onethread.test_always_fails() returns int language plpgsql
    as $$ begin raise exception 'again' using errcode = '${code}'; end $$`);
    const fail = defineQuery({
      name: `test.fail-${code}`,
      role: "app",
      columns: { n: "int4" },
      text: "select onethread.test_always_fails() as n",
    });
    const run = database.forBusiness(business.businessId).transaction(async (tx) => {
      tries += 1;
      await tx.run(fail, []);
    });
    await expect(run).rejects.toMatchObject({ code });
    expect(tries).toBe(5);
    await test.superuser.query("drop function onethread.test_always_fails()");
  },
);

it("a business whose work all waits for a lock leaves connections for the others, and its own goes on after it", async () => {
  const other = await createTestBusiness(test.superuser);
  const holder = await test.superuser.connect();
  await holder.query("begin");
  await holder.query("select pg_advisory_xact_lock(77)");
  const stuck = Array.from({ length: 30 }, () =>
    database.forBusiness(business.businessId).transaction(async (tx) => (await tx.run(lockKey, [77])).length),
  );
  // Answered while nothing of the first business can end.
  const answers = await Promise.all(
    Array.from({ length: 10 }, () => database.forBusiness(other.businessId).run(askBackend, [other.businessId])),
  );
  expect(answers.every(([row]) => row !== undefined)).toBe(true);
  await holder.query("rollback");
  holder.release();
  expect(await Promise.all(stuck)).toEqual(stuck.map(() => 1));
});
