import { afterAll, beforeAll, expect, test } from "vitest";
import { createTestBusiness } from "../../test/support/test-business.ts";
import { createTestDatabase, type TestDatabase } from "../../test/support/test-database.ts";
import { newId } from "../kernel/ids.ts";
import type { Ask } from "./ask.ts";
import { walks, type Key } from "./walks.ts";

let database: TestDatabase;
const ask: Ask = async <R extends object>(text: string, values: readonly unknown[]) =>
  (await database.superuser.query<R>(text, [...values])).rows;
const SIZES = [1, 2, 3, 7, 1_000];

/** Of two businesses: conversations of now and of long ago, some merged; of each table, a row whose conversation is not there; raw items, one of no business. */
beforeAll(async () => {
  database = await createTestDatabase();
  for (const name of ["one", "two"]) {
    const { businessId } = await createTestBusiness(database.superuser);
    const client = await database.superuser.connect();
    await client.query(`begin; set local session_replication_role = replica;
      insert into conversations (business_id, id, canonical_key, last_message_at, created_at, updated_at)
        select '${businessId}', gen_random_uuid(), 'phone:${name}:+' || n, now() - n * interval '7 hours', now(), now() from generate_series(1, 9) n;
      update conversations set merged_into = gen_random_uuid() where canonical_key = 'phone:${name}:+2';
      insert into aliases values ('${businessId}', 'phone', '12025550147', '${newId()}', now());
      insert into lanes (business_id, conversation_id, kind, first_at, last_at, wanted, done) values ('${businessId}', '${newId()}', 'send', now(), now(), 1, 1);
      insert into webhook_log select '${name === "one" ? businessId : "00000000-0000-0000-0000-000000000000"}', gen_random_uuid(), now(), 'stored', null, 'cloud', 'message',
        'x', '{}', null from generate_series(1, 12);
      commit`);
    client.release();
  }
});
afterAll(async () => {
  await database.close();
});

const nameOf = ({ business_id, id }: Key): string => `${business_id}/${id}`;

async function walk(of: keyof typeof walks, size: number): Promise<readonly string[]> {
  const names: string[] = [];
  for await (const slice of walks[of](ask, size)) names.push(...slice.map(nameOf));
  return names;
}

async function namesIn(sql: string): Promise<readonly string[]> {
  return (await ask<Key>(sql, [])).map(nameOf);
}

test.for(SIZES)(
  "in slices of %i, every conversation comes once, and every one that is only named; those of the last 24 hours come first",
  async (size) => {
    const all = await namesIn(
      `select business_id, id from conversations union select business_id, conversation_id from aliases union select business_id, conversation_id from lanes`,
    );
    const recent = await namesIn(
      `select business_id, id from conversations where last_message_at > now() - interval '24 hours' and merged_into is null order by last_message_at desc`,
    );
    const walked = await walk("conversations", size);
    expect(walked.toSorted()).toEqual(all.toSorted());
    expect(recent.length).toBeGreaterThan(2);
    expect(new Set(walked.slice(0, recent.length))).toEqual(new Set(recent));
  },
);

test.for(SIZES)("in slices of %i, every raw item comes once", async (size) => {
  const all = await namesIn("select business_id, id from webhook_log");
  expect((await walk("webhooks", size)).toSorted()).toEqual(all.toSorted());
  expect(all).toHaveLength(24);
});
