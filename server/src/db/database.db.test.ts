// Proves what a transaction does with its connection, and that it is done again when the database asks for it.
import { afterAll, beforeAll, expect, test as it } from "vitest";
import { createTestBusiness, type TestBusiness } from "../../test/support/test-business.ts";
import { createTestDatabase, type TestDatabase } from "../../test/support/test-database.ts";
import { eventually } from "../../test/support/eventually.ts";
import { createChangeBusiness } from "../businesses/change-business.ts";
import { createCustomerFacts } from "../conversations/customer-facts.ts";
import { createTestThread } from "../../test/support/test-http.ts";
import { absenceOf, isOutage } from "./classify-error.ts";
import { createDatabase, type Database } from "./database.ts";
import { defineQuery, type Queryable } from "./query.ts";

const askBackend = defineQuery({
  name: "test.backend",
  role: "app",
  columns: { pid: "int4" },
  params: {},
  text: "select pg_backend_pid() as pid from businesses where id = :business",
});
const breakRule = defineQuery({
  name: "test.break-rule",
  role: "app",
  columns: {},
  params: {},
  text: "update businesses set quiet_ms = -1 where id = :business",
});

const lockKey = defineQuery({
  name: "test.lock-key",
  role: "app",
  columns: { locked: "bool" },
  params: { key: "int4" },
  text: "select pg_advisory_xact_lock(:key) is not null as locked",
});
let test: TestDatabase;
let business: TestBusiness;
let database: Database;

beforeAll(async () => {
  test = await createTestDatabase();
  const { rows } = await test.superuser.query<{ name: string }>("select current_database() as name");
  await test.superuser.query(`alter database ${rows[0]?.name ?? ""} set deadlock_timeout = '50ms'`);
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
      const [row] = await tx.run(askBackend, {});
      if (row !== undefined) pids.add(row.pid);
      if (end !== undefined) end();
      await tx.run(breakRule, {});
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
      await tx.run(lockKey, { key: own });
      holdsFirst[own]?.resolve(undefined);
      await holdsFirst[1 - own]?.promise;
      await tx.run(lockKey, { key: 1 - own });
      return own;
    }),
  );
  await expect(Promise.all(crossing)).resolves.toEqual([0, 1]);
  expect(starts.toSorted((a, b) => a - b)).toEqual([1, 2]);
});

/** How many wait for an advisory lock that somebody else has. */
const waiting = async (): Promise<number> => {
  const { rows } = await test.superuser.query<{ count: number }>(
    "select count(*)::int as count from pg_locks where locktype = 'advisory' and not granted and database = (select oid from pg_database where datname = current_database())",
  );
  return rows[0]?.count ?? 0;
};

it("a deadlock between two features ends in two successes", async () => {
  const businessId = business.businessId;
  const conversationId = await createTestThread(test, business);
  const customerFacts = createCustomerFacts({ database });
  await customerFacts.change({ businessId, conversationId, patch: { name: "Ada" }, by: "api" });
  // An installation's own triggers, which lock in another order than ours. Each feature holds its own row first, and both wait for the test. A sequence
  // counts what was rolled back too.
  await test.superuser.query(
    `create sequence onethread.test_writes;
     create function onethread.test_lock_business() returns trigger language plpgsql security definer as $$ begin
       perform nextval('onethread.test_writes'), pg_advisory_xact_lock_shared(7);
       perform 1 from onethread.businesses where id = new.business_id for update; return new; end $$;
     create trigger test_facts before update on onethread.customer_facts for each row execute function onethread.test_lock_business();
     create function onethread.test_lock_facts() returns trigger language plpgsql security definer as $$ begin
       perform nextval('onethread.test_writes'), pg_advisory_xact_lock_shared(7);
       perform 1 from onethread.customer_facts where business_id = new.id for update; return new; end $$;
     create trigger test_business before update on onethread.businesses for each row execute function onethread.test_lock_facts()`,
  );
  const gate = await test.superuser.connect();
  try {
    await gate.query("select pg_advisory_lock(7)");
    const both = Promise.all([
      customerFacts.change({ businessId, conversationId, patch: { city: "Recife" }, by: "api" }),
      createChangeBusiness({ database })(businessId, { name: "Padaria" }),
    ]);
    await eventually(waiting, (count) => count === 2, { what: "both at the gate" });
    await gate.query("select pg_advisory_unlock(7)");
    await expect(both).resolves.toMatchObject([
      { outcome: "changed", facts: { name: "Ada", city: "Recife" } },
      { outcome: "changed", business: { name: "Padaria" } },
    ]);
    // Without the deadlock there are two.
    const { rows } = await test.superuser.query<{ writes: number }>("select last_value::int as writes from onethread.test_writes");
    expect(rows[0]?.writes).toBeGreaterThan(2);
  } finally {
    gate.release(true);
    await test.superuser.query(
      "drop function onethread.test_lock_business, onethread.test_lock_facts cascade; drop sequence onethread.test_writes",
    );
  }
});

it.for<readonly [string, () => Queryable]>([
  ["of one business", () => database.forBusiness(business.businessId)],
  ["across businesses", () => database.acrossBusinesses],
])("a single statement %s that a deadlock ended runs again", async ([, queryable]) => {
  const lockBoth = defineQuery({
    name: "test.lock-both",
    role: "app",
    columns: { locked: "bool" },
    params: {},
    text: "select pg_advisory_xact_lock(101) is not null and pg_advisory_xact_lock(100) is not null and pg_advisory_xact_lock(102) is not null as locked",
  });
  const gate = await test.superuser.connect();
  const other = await test.superuser.connect();
  try {
    // The other looks for a deadlock after an hour, so PostgreSQL ends the statement of ours. That one looks once, a second after it began to wait:
    // behind the gate, so that the other waits by then.
    await gate.query("select pg_advisory_lock(100)");
    await other.query("begin; set local deadlock_timeout = '1h'; select pg_advisory_xact_lock(102)");
    const statement = queryable().run(lockBoth, {});
    await eventually(waiting, (count) => count === 1, { what: "the statement behind the gate" });
    const others = other.query("select pg_advisory_xact_lock(101)");
    await eventually(waiting, (count) => count === 2, { what: "the other, which waits for it" });
    await gate.query("select pg_advisory_unlock(100)");
    await others;
    await other.query("commit");
    await expect(statement).resolves.toEqual([{ locked: true }]);
  } finally {
    gate.release(true);
    other.release(true);
  }
});

it("a batch of ingest runs again as well", async () => {
  await test.superuser.query(
    `create sequence onethread.test_tries;
     create function onethread.test_fails_once() returns int language plpgsql security definer as $$ begin
       if nextval('onethread.test_tries') = 1 then raise exception 'again' using errcode = '40001'; end if; return 1; end $$`,
  );
  const failOnce = defineQuery({
    name: "test.fail-once",
    role: "ingest",
    columns: { n: "int4" },
    params: {},
    text: "select onethread.test_fails_once() as n",
  });
  expect(await database.batches.run(failOnce, {})).toEqual([{ n: 1 }]);
  await test.superuser.query("drop function onethread.test_fails_once; drop sequence onethread.test_tries");
});

it("a statement that does not fit its parameters is a fault of ours and no outage, and costs one connection at most", async () => {
  const db = database.forBusiness(business.businessId);
  const lacksValue = defineQuery({
    name: "test.lacks-value",
    role: "app",
    columns: { id: "uuid" },
    params: {},
    text: "select id from businesses where id = :business and name = $2",
  });
  const error: unknown = await db.run(lacksValue, {}).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: "08P01" });
  expect([isOutage(error), absenceOf(new Error("it could not be stored", { cause: error }))]).toEqual([false, undefined]);
  expect(await db.run(askBackend, {})).toHaveLength(1);
});

it("a deadlock that took longer than a statement may is not tried again", async () => {
  const impatient = createDatabase({
    url: test.url,
    appConnections: 1,
    ingestConnections: 1,
    applicationName: "impatient",
    log: test.log,
    statementTimeoutMs: 400,
  });
  const slow = defineQuery({
    name: "test.slow",
    role: "app",
    columns: { done: "bool" },
    params: {},
    text: "select pg_sleep(0.1) is not null as done",
  });
  let tries = 0;
  const run = impatient.forBusiness(business.businessId).transaction(async (tx) => {
    tries += 1;
    for (let times = 0; times < 5; times += 1) await tx.run(slow, {});
    throw Object.assign(new Error("deadlock detected"), { code: "40P01" });
  });
  await expect(run).rejects.toMatchObject({ code: "40P01" });
  expect(tries).toBe(1);
  await impatient.close();
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
      params: {},
      text: "select onethread.test_always_fails() as n",
    });
    const run = database.forBusiness(business.businessId).transaction(async (tx) => {
      tries += 1;
      await tx.run(fail, {});
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
    database.forBusiness(business.businessId).transaction(async (tx) => (await tx.run(lockKey, { key: 77 })).length),
  );
  // Answered while nothing of the first business can end.
  const answers = await Promise.all(Array.from({ length: 10 }, () => database.forBusiness(other.businessId).run(askBackend, {})));
  expect(answers.every(([row]) => row !== undefined)).toBe(true);
  await holder.query("rollback");
  holder.release();
  expect(await Promise.all(stuck)).toEqual(stuck.map(() => 1));
});

it("a connection to a server that has become read-only is given up", async () => {
  const narrow = createDatabase({ url: test.url, appConnections: 1, ingestConnections: 1, applicationName: "narrow", log: test.log });
  const becomeReadOnly = defineQuery({
    name: "test.become-read-only",
    role: "ingest",
    params: {},
    columns: { value: "text" },
    text: "select set_config('default_transaction_read_only', 'on', false) as value",
  });
  const write = defineQuery({
    name: "test.write",
    role: "ingest",
    params: {},
    columns: { count: "int8" },
    text: "with written as (update conversations set updated_at = updated_at where false returning 1) select count(*) as count from written",
  });
  try {
    await narrow.batches.run(becomeReadOnly, {});
    await expect(narrow.batches.run(write, {})).rejects.toMatchObject({ code: "25006" });
    await expect(narrow.batches.run(write, {})).resolves.toEqual([{ count: 0 }]);
  } finally {
    await narrow.close();
  }
});
