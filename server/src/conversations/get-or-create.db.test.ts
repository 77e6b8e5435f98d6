// Proves "one conversation per canonical key" (invariants 3 and 5) for the code paths that are not webhooks.
import { afterAll, beforeAll, expect, test as it } from "vitest";
import type { Database } from "../db/database.ts";
import { createClaimIdentity } from "../identity/settle-identity.ts";
import type { BusinessId } from "../kernel/ids.ts";
import { createTestBusiness } from "../../test/support/test-business.ts";
import { createTestDatabase, type TestDatabase } from "../../test/support/test-database.ts";
import { createGetOrCreate, type GetOrCreateConversation } from "./get-or-create.ts";
import { createResolveConversation } from "./resolve-conversation.ts";
import { createTouch, type TouchConversation } from "./touch.ts";

let test: TestDatabase;
let database: Database;
let businessId: BusinessId;
let getOrCreate: GetOrCreateConversation;
let touch: TouchConversation;
let phones = 0;

beforeAll(async () => {
  test = await createTestDatabase();
  database = test.open();
  ({ businessId } = await createTestBusiness(test.superuser));
  const claimIdentity = createClaimIdentity({ database, log: test.log });
  getOrCreate = createGetOrCreate({ resolveConversation: createResolveConversation({ database, claimIdentity }) });
  touch = createTouch({ database });
});

afterAll(async () => {
  await test.close();
});

function nextPhone(): string {
  phones += 1;
  return `1202555${String(phones).padStart(4, "0")}`;
}

async function countOf(phone: string): Promise<unknown> {
  const { rows } = await test.superuser.query(
    `select (select count(*)::int from conversations where canonical_key like $1) as conversations, (select count(*)::int from aliases where value = $2) as aliases`,
    [`%${phone}`, phone],
  );
  return rows[0];
}

it("50 at once get one conversation, and exactly one of them made it", async () => {
  const phone = nextPhone();
  const got = await Promise.all(Array.from({ length: 50 }, () => getOrCreate({ businessId, identity: { phone } })));
  expect(new Set(got.map(({ conversation }) => conversation.id)).size).toBe(1);
  expect(got.filter(({ isNew }) => isNew)).toHaveLength(1);
  expect(got[0]?.conversation.canonicalKey).toBe(`phone:${businessId}:+${phone}`);
  expect(await countOf(phone)).toEqual({ conversations: 1, aliases: 1 });
});

it("the same person, named in different ways at once, gets one conversation", async () => {
  for (let round = 0; round < 10; round += 1) {
    const phone = nextPhone();
    const userId = `US.${phone}`;
    const names = [{ userId }, { phone, userId }, { phone, userId, leadId: `lead-${phone}` }];
    const asked = Array.from({ length: 10 }, () => names).flat();
    const got = await Promise.all(asked.map((identity) => getOrCreate({ businessId, identity })));
    expect(new Set(got.map(({ conversation }) => conversation.id)).size).toBe(1);
    expect(got.filter(({ isNew }) => isNew)).toHaveLength(1);
    expect((await getOrCreate({ businessId, identity: { userId } })).conversation.id).toBe(got[0]?.conversation.id);
  }
});

it("a lead is set only while there is none", async () => {
  const phone = nextPhone();
  await getOrCreate({ businessId, identity: { phone } });
  expect((await getOrCreate({ businessId, identity: { phone, leadId: `first-${phone}` } })).conversation.leadId).toBe(`first-${phone}`);
  const second = await getOrCreate({ businessId, identity: { phone, leadId: `second-${phone}` } });
  expect([second.isNew, second.conversation.leadId]).toEqual([false, `first-${phone}`]);
});

it("times only move forward", async () => {
  const phone = nextPhone();
  const at = new Date("2026-05-01T12:00:00Z");
  const late = new Date("2026-04-01T12:00:00Z");
  const first = await getOrCreate({ businessId, identity: { phone }, at, fromCustomer: true });
  const again = await getOrCreate({ businessId, identity: { phone }, at: late, fromCustomer: true });
  expect([again.conversation.lastMessageAt, again.conversation.lastCustomerMessageAt]).toEqual([at, at]);
  const touched = await touch({ businessId, conversationId: first.conversation.id, at: late, fromCustomer: true });
  expect([touched?.lastMessageAt, touched?.lastCustomerMessageAt]).toEqual([at, at]);
  const later = new Date("2026-06-01T12:00:00Z");
  const own = await touch({ businessId, conversationId: first.conversation.id, at: later });
  expect([own?.lastMessageAt, own?.lastCustomerMessageAt]).toEqual([later, at]);
});

it("a closed conversation is reopened by its customer, and by nobody else", async () => {
  const phone = nextPhone();
  const { conversation } = await getOrCreate({ businessId, identity: { phone } });
  await test.superuser.query("update conversations set is_open = false where id = $1", [conversation.id]);
  expect((await touch({ businessId, conversationId: conversation.id, at: new Date() }))?.isOpen).toBe(false);
  expect((await getOrCreate({ businessId, identity: { phone }, at: new Date(), fromCustomer: true })).conversation.isOpen).toBe(true);
});

it("a merged conversation leads to its winner, by alias, by key and by id", async () => {
  const [phone, otherPhone] = [nextPhone(), nextPhone()];
  const winner = await getOrCreate({ businessId, identity: { phone } });
  const loser = await getOrCreate({ businessId, identity: { phone: otherPhone } });
  await test.superuser.query("update conversations set merged_into = $2 where id = $1", [loser.conversation.id, winner.conversation.id]);
  expect((await getOrCreate({ businessId, identity: { phone: otherPhone } })).conversation.id).toBe(winner.conversation.id);
  await test.superuser.query("delete from aliases where value = $1", [otherPhone]);
  expect((await getOrCreate({ businessId, identity: { phone: otherPhone } })).conversation.id).toBe(winner.conversation.id);
  expect((await touch({ businessId, conversationId: loser.conversation.id }))?.id).toBe(winner.conversation.id);
});

it("nobody's identity makes no conversation, and another business's conversation cannot be touched", async () => {
  await expect(getOrCreate({ businessId, identity: { phone: "+" } })).rejects.toThrow(RangeError);
  const { conversation } = await getOrCreate({ businessId, identity: { phone: nextPhone() } });
  const other = await createTestBusiness(test.superuser);
  expect(await touch({ businessId: other.businessId, conversationId: conversation.id })).toBeUndefined();
});
