// Proves that what SQL says of providers and of kinds of messages is what the tables in providers.ts and message-kinds.ts say.
import { afterAll, beforeAll, expect, test as it } from "vitest";
import { createTestDatabase, type TestDatabase } from "../../test/support/test-database.ts";
import { MESSAGE_KINDS, MESSAGE_TYPES, UNSUPPORTED_CHANGES } from "./message-kinds.ts";
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

async function opens(type: string, content: object): Promise<boolean | undefined> {
  const { rows } = await test.superuser.query<{ opens: boolean }>("select onethread.opens_window($1, $2) as opens", [type, content]);
  return rows[0]?.opens;
}

it.each(MESSAGE_TYPES)("a message of the type %s opens the window, or does not", async (type) => {
  expect(await opens(type, { type })).toBe(MESSAGE_KINDS[type].opens);
});

it.each([...UNSUPPORTED_CHANGES])("an unsupported %s opens the window, or does not", async (kind, rule) => {
  expect(await opens("unsupported", { type: "unsupported", unsupported: { type: kind } })).toBe(rule.opens);
});
