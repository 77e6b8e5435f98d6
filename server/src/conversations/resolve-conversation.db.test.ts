// Proves "one conversation per canonical key" (invariants 3 and 5) for the code paths that are not webhooks.
import { afterAll, beforeAll, expect, test as it } from "vitest";
import { createClaimIdentity } from "../identity/settle-identity.ts";
import type { BusinessId } from "../kernel/ids.ts";
import { createTestBusiness } from "../../test/support/test-business.ts";
import { createTestDatabase, type TestDatabase } from "../../test/support/test-database.ts";
import type { Identity } from "../identity/identifier.ts";
import { createResolveConversation, type ResolveConversation } from "./resolve-conversation.ts";

let test: TestDatabase;
let businessId: BusinessId;
let resolveConversation: ResolveConversation;
let phones = 0;

beforeAll(async () => {
  test = await createTestDatabase();
  const database = test.open();
  ({ businessId } = await createTestBusiness(test.superuser));
  resolveConversation = createResolveConversation({
    database,
    claimIdentity: createClaimIdentity({ database, log: test.log }),
    onKnown: () => Promise.resolve(),
  });
});

afterAll(async () => {
  await test.close();
});

function nextPhone(): string {
  phones += 1;
  return `1202555${String(phones).padStart(4, "0")}`;
}

async function resolve(identity: Identity): Promise<{ readonly conversationId: string; readonly isNew: boolean }> {
  const result = await resolveConversation({ businessId, identity });
  if (result.outcome !== "resolved") throw new Error(`not resolved: ${result.outcome}`);
  return result;
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
  const got = await Promise.all(Array.from({ length: 50 }, () => resolve({ phone })));
  expect(new Set(got.map(({ conversationId }) => conversationId)).size).toBe(1);
  expect(got.filter(({ isNew }) => isNew)).toHaveLength(1);
  const { rows } = await test.superuser.query("select canonical_key from conversations where id = $1", [got[0]?.conversationId]);
  expect(rows).toEqual([{ canonical_key: `phone:${businessId}:+${phone}` }]);
  expect(await countOf(phone)).toEqual({ conversations: 1, aliases: 1 });
});

it("the same person, named in different ways at once, gets one conversation", async () => {
  for (let round = 0; round < 10; round += 1) {
    const phone = nextPhone();
    const userId = `US.${phone}`;
    const names = [{ userId }, { phone, userId }, { phone, userId, leadId: `lead-${phone}` }];
    const asked = Array.from({ length: 10 }, () => names).flat();
    const got = await Promise.all(asked.map((identity) => resolve(identity)));
    const { conversationId } = await resolve({ userId });
    expect(got.filter(({ isNew }) => isNew)).toHaveLength(1);
    expect(new Set(got.map((one) => one.conversationId))).toEqual(new Set([conversationId]));
  }
});

it("a merged conversation leads to its winner, by alias and by key", async () => {
  const [phone, otherPhone] = [nextPhone(), nextPhone()];
  const winner = await resolve({ phone });
  const loser = await resolve({ phone: otherPhone });
  await test.superuser.query("update conversations set merged_into = $2 where id = $1", [loser.conversationId, winner.conversationId]);
  expect((await resolve({ phone: otherPhone })).conversationId).toBe(winner.conversationId);
  await test.superuser.query("delete from aliases where value = $1", [otherPhone]);
  expect((await resolve({ phone: otherPhone })).conversationId).toBe(winner.conversationId);
});

it("nobody's identity makes no conversation", async () => {
  await expect(resolve({ phone: "+" })).rejects.toThrow(RangeError);
});
