// Proves that what the database says of providers is what the table in providers.ts says.
import { afterAll, beforeAll, expect, test as it } from "vitest";
import { createTestDatabase, type TestDatabase } from "../../test/support/test-database.ts";
import { PROVIDERS } from "./providers.ts";

let test: TestDatabase;
beforeAll(async () => {
  test = await createTestDatabase();
});
afterAll(() => test.close());

it("a channel has one of the providers", async () => {
  const { rows } = await test.superuser.query<{ rule: string }>(
    "select pg_get_constraintdef(oid) as rule from pg_constraint where conname = 'ck_channel_provider'",
  );
  const names = [...(rows[0]?.rule ?? "").matchAll(/'(\w+)'/g)].map(([, name]) => name);
  expect(names.toSorted()).toEqual(PROVIDERS.toSorted());
});
