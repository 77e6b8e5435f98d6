import { readdir, readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { dumpSchema } from "../../../scripts/dump-schema.ts";
import { createTestDatabase, type TestDatabase } from "../../test/support/test-database.ts";

let database: TestDatabase;

beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.close());

async function dump(): Promise<string> {
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  try {
    return await dumpSchema(client);
  } finally {
    await client.end();
  }
}

test("sql/schema.sql is what the migrations make; after a new migration, run: npm run schema", async () => {
  expect(await dump()).toBe(await readFile(fileURLToPath(new URL("../../sql/schema.sql", import.meta.url)), "utf8"));
});

// A database that has the second of two already would refuse the first.
test("every migration has a number of its own", async () => {
  const files = await readdir(fileURLToPath(new URL("../../sql/migrations/", import.meta.url)));
  const numbers = files.map((file) => Number.parseInt(file, 10));
  expect(numbers.filter((number, at) => numbers.indexOf(number) !== at)).toEqual([]);
});

test("the dump shows every change of a table, of a guard and of a right", async () => {
  const before = await dump();
  expect(await dump()).toBe(before);
  const changes = [
    "alter table onethread.messages add column more text",
    "alter table onethread.messages alter column text set default 'x'",
    "alter table onethread.messages drop constraint ck_message_failed",
    "drop index onethread.uq_session_open",
    "grant delete on onethread.messages to onethread_app",
    "drop policy one_business on onethread.messages",
    "alter table onethread.messages disable row level security",
    "create trigger t before insert on onethread.messages for each row execute function suppress_redundant_updates_trigger()",
  ];
  let last = before;
  for (const change of changes) {
    await database.superuser.query(change);
    const now = await dump();
    expect(now, change).not.toBe(last);
    last = now;
  }
});
