// Proves that a merge and a split forget no column of a conversation: a new column has to be named here, and handled there.
import { afterAll, beforeAll, expect, it } from "vitest";
import type { TestBusiness } from "../../test/support/test-business.ts";
import type { TestDatabase } from "../../test/support/test-database.ts";
import { closeTestEngine, openTestEngine, type TestEngine } from "../../test/support/test-engine.ts";
import { createMergeByHand } from "./merge-by-hand.ts";
import { createSplitConversations } from "./split-conversations.ts";

/** What is a thread's own, or is counted anew from its messages (identity.db.test.ts, split-conversations.db.test.ts). */
const OWN = ["business_id", "id", "canonical_key", "merged_into", "last_seq", "is_open", "last_message_at", "created_at", "updated_at"];
const AT = "2026-11-01T10:00:00.000Z";
/** What the loser has and the winner has not: the winner takes it in a merge. */
const TAKEN: Readonly<Record<string, string>> = {
  lead_id: "lead-7",
  lead_name: "Ana of Aurora",
  contact_name: "Ana",
  contact_username: "@ana",
  last_customer_message_at: AT,
  reply_channel_id: "",
  reply_kind: "user",
  reply_address: "US.columns",
  ai_paused_at: AT,
  ai_paused_reason: "inbox",
  opted_out_at: AT,
  consent_word_at: AT,
  marketing_stopped_at: AT,
  marketing_word_at: AT,
  marketing_recorded_at: AT,
};
/** Nobody knows after a split whom these were meant for, so they hold for both. */
const HOLDS_FOR_BOTH = [
  "ai_paused_at",
  "ai_paused_reason",
  "opted_out_at",
  "consent_word_at",
  "marketing_stopped_at",
  "marketing_word_at",
  "marketing_recorded_at",
];
/** Told by the messages that a split leaves in each thread. */
const COUNTED = ["last_customer_message_at"];

let test: TestDatabase;
let business: TestBusiness;
let engine: TestEngine;
beforeAll(async () => {
  ({ test, business, engine } = await openTestEngine({ quietMs: 0, ceilingMs: 0 }));
});
afterAll(() => closeTestEngine(engine, test));

const rowOf = async (id: string): Promise<Record<string, unknown>> => {
  const { rows } = await test.superuser.query<{ row: Record<string, unknown> }>(
    "select to_jsonb(c) as row from conversations c where id = $1",
    [id],
  );
  const row = rows[0]?.row ?? {};
  const isInstant = (value: unknown): value is string => typeof value === "string" && /^\d{4}-\d\d-\d\dT/.test(value);
  return Object.fromEntries(Object.entries(row).map(([key, value]) => [key, isInstant(value) ? new Date(value).toISOString() : value]));
};
const threadOf = async (value: string): Promise<string> => {
  const { rows } = await test.superuser.query<{ id: string }>("select conversation_id as id from aliases where value = $1", [value]);
  return rows[0]?.id ?? "";
};

it("a merge takes every column that only the loser has, and a split gives each back", async () => {
  const taken: Readonly<Record<string, string>> = { ...TAKEN, reply_channel_id: business.channelId };
  await engine.receive(business, { from: "13035557001", text: "1" }, { from: "13035557001", text: "2" });
  await engine.receive(business, { userId: "US.columns", text: "1" });
  const [winner, loser] = [await threadOf("13035557001"), await threadOf("US.columns")];
  const known = Object.keys(await rowOf(loser));
  expect(known.filter((column) => !OWN.includes(column)).sort()).toEqual(Object.keys(taken).sort());
  const columns = Object.keys(taken);
  await test.superuser.query(
    `update conversations set ${columns.map((column, at) => `${column} = $${String(at + 2)}`).join(", ")} where id = $1`,
    [loser, ...Object.values(taken)],
  );
  await test.superuser.query(`update conversations set ${columns.map((column) => `${column} = null`).join(", ")} where id = $1`, [winner]);

  const { businessId } = business;
  const deps = { database: engine.database, log: test.log };
  await createMergeByHand(deps)({ businessId, conversationIds: [winner, loser], execute: true });
  expect(await rowOf(winner)).toMatchObject({ ...taken, id: winner });
  expect(await rowOf(loser)).toMatchObject({ merged_into: winner });
  // The business gives the lead another name while the threads are one.
  await test.superuser.query("update conversations set lead_name = 'Ana, newly named' where id = $1", [winner]);

  await createSplitConversations(deps)({ businessId, conversationId: loser, execute: true });
  const [after, back] = [await rowOf(winner), await rowOf(loser)];
  for (const column of columns.filter((one) => !COUNTED.includes(one))) {
    const value = column === "lead_name" ? "Ana, newly named" : taken[column];
    expect(back, column).toMatchObject({ [column]: value });
    expect(after, column).toMatchObject({ [column]: HOLDS_FOR_BOTH.includes(column) ? value : null });
  }
});
