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

let test: TestDatabase;
let business: TestBusiness;
let database: Database;

beforeAll(async () => {
  test = await createTestDatabase();
  business = await createTestBusiness(test.superuser);
  database = test.open();
});
afterAll(() => test.close());

it.for<readonly [string, (() => never) | undefined]>([
  [
    "a refusal of ours",
    () => {
      throw new RangeError("the window is closed");
    },
  ],
  [
    "something that is no error",
    () => {
      // eslint-disable-next-line @typescript-eslint/only-throw-error -- whatever is thrown must be rolled back
      throw "text";
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
