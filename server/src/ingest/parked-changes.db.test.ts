// Proves that a change of a user id, told without a message, before anybody knows the person waits for them, however they become known.
import { afterAll, beforeAll, beforeEach, expect, test as it } from "vitest";
import { createTestBusiness, type TestBusiness } from "../../test/support/test-business.ts";
import type { TestDatabase } from "../../test/support/test-database.ts";
import { closeTestEngine, openTestEngine, type TestEngine } from "../../test/support/test-engine.ts";
import { textMessage, webhookBody } from "../../test/support/webhook-bodies.ts";
import { createResolveConversation } from "../conversations/resolve-conversation.ts";
import { createClaimIdentity } from "../identity/settle-identity.ts";
import { parseCloudWebhook } from "../whatsapp/parse-webhook.ts";

const ACCOUNT = "300000000000001";
const SECOND = Math.floor(Date.now() / 1000) - 1_000;

let test: TestDatabase;
let business: TestBusiness;
let engine: TestEngine;
let people = 0;
let phone = "";

beforeAll(async () => {
  ({ test, business, engine } = await openTestEngine());
});
beforeEach(() => {
  people += 1;
  phone = `1202557${String(people).padStart(4, "0")}`;
});
afterAll(() => closeTestEngine(engine, test));

/** A user id of this test's person. */
const id = (name: string): string => `US.${name}-${String(people)}-`;

async function receive(body: Buffer): Promise<unknown> {
  const parsed = parseCloudWebhook(body);
  if (parsed.outcome !== "events") throw new Error("not read");
  const result = await engine.intake.receive(parsed.events);
  await engine.intake.idle();
  return result;
}

interface Update {
  readonly from: string;
  readonly to: string;
  readonly at?: number;
  readonly phone?: string;
}

function tell(updates: readonly Update[], place: "number" | { readonly account: string } = "number"): Promise<unknown> {
  const metadata = { display_phone_number: "15550100200", phone_number_id: business.phoneNumberId };
  const list = updates.map(({ from, to, at = 1, phone: wa_id }) => ({
    ...(wa_id === undefined ? {} : { wa_id }),
    user_id: { previous: id(from), current: id(to) },
    timestamp: String(SECOND + at),
  }));
  const value = { messaging_product: "whatsapp", ...(place === "number" ? { metadata } : {}), user_id_update: list };
  const entry = [{ id: place === "number" ? ACCOUNT : place.account, changes: [{ field: "user_id_update", value }] }];
  return receive(Buffer.from(JSON.stringify({ object: "whatsapp_business_account", entry })));
}

const write = (from: { readonly from?: string; readonly userId?: string }, to = business): Promise<unknown> =>
  receive(webhookBody(to.phoneNumberId, { messages: [textMessage({ ...from, text: "hello" })] }));

async function threads(): Promise<number> {
  const { rows } = await test.superuser.query<{ count: number }>(
    "select count(distinct coalesce(c.merged_into, c.id))::int as count from aliases a join conversations c on c.id = a.conversation_id where a.value = $1 or a.value like $2",
    [phone, `US.%-${String(people)}-`],
  );
  return rows[0]?.count ?? 0;
}

async function changes(): Promise<readonly unknown[]> {
  const { rows } = await test.superuser.query<{ state: string; waits: boolean }>(
    "select w.state, (i.waits_for is not null) as waits from webhook_log w join webhook_items i on i.log_id = w.id where w.kind = 'identity' and w.body like $1 order by w.id",
    [`%-${String(people)}-"%`],
  );
  return rows;
}

const WAITS = { state: "quarantined", waits: true };
const APPLIED = { state: "replayed", waits: false };

it.each([
  ["who they were", () => write({ userId: id("a") })],
  ["who they are", () => write({ userId: id("b") })],
  ["their number", () => write({ from: phone })],
  [
    "a status that names them beside their number",
    async () => {
      await write({ from: `9${phone}` });
      const status = {
        id: "wamid.of-nothing",
        status: "delivered",
        timestamp: String(SECOND),
        recipient_id: `9${phone}`,
        recipient_user_id: id("a"),
      };
      await receive(webhookBody(business.phoneNumberId, { statuses: [status] }));
    },
  ],
  [
    "a stop of marketing",
    () => {
      const value = {
        messaging_product: "whatsapp",
        metadata: { phone_number_id: business.phoneNumberId },
        user_preferences: [{ wa_id: phone, category: "marketing_messages", value: "stop", timestamp: SECOND }],
      };
      const entry = [{ id: ACCOUNT, changes: [{ field: "user_preferences", value }] }];
      return receive(Buffer.from(JSON.stringify({ object: "whatsapp_business_account", entry })));
    },
  ],
  [
    "the business",
    () => {
      const database = test.open();
      const resolve = createResolveConversation({
        database,
        claimIdentity: createClaimIdentity({ database, log: test.log }),
        onKnown: (person) => engine.intake.applyWaitingFor(person),
      });
      return resolve({ businessId: business.businessId, identity: { phone } });
    },
  ],
])("waits, and is applied by %s", async (_name, arrive) => {
  expect(await tell([{ from: "a", to: "b", phone }])).toMatchObject({ quarantined: 1 });
  expect(await changes()).toEqual([WAITS]);
  await arrive();
  expect(await changes()).toEqual([APPLIED]);
  await write({ userId: id("a") });
  await write({ userId: id("b") });
  expect(await threads()).toBe(1);
});

it("several changes are applied in the order in which they happened, whatever the order in which they are reported", async () => {
  await tell([{ from: "c", to: "d", at: 30 }]);
  await tell([{ from: "a", to: "b", at: 10 }]);
  await tell([{ from: "b", to: "c", at: 20 }]);
  expect(await changes()).toEqual([WAITS, WAITS, WAITS]);
  await write({ userId: id("a") });
  expect(await changes()).toEqual([APPLIED, APPLIED, APPLIED]);
  await write({ userId: id("d") });
  expect(await threads()).toBe(1);
});

it("a change that is applied at once brings the person for whom another one waited", async () => {
  await write({ userId: id("a") });
  await tell([{ from: "b", to: "c", at: 20 }]);
  expect(await changes()).toEqual([WAITS]);
  await tell([{ from: "a", to: "b", at: 10 }]);
  expect(await changes()).toContainEqual(APPLIED);
  expect(await changes()).not.toContainEqual(WAITS);
  await write({ userId: id("c") });
  expect(await threads()).toBe(1);
});

it("reported again it waits once, and two changes of one report wait until both people are known", async () => {
  const both = [
    { from: "a", to: "b" },
    { from: "x", to: "y" },
  ];
  await tell(both);
  await tell(both);
  await write({ userId: id("b") });
  expect(await changes()).toEqual([WAITS]);
  await write({ userId: id("x") });
  expect(await changes()).toEqual([APPLIED]);
  await write({ userId: id("a") });
  await write({ userId: id("y") });
  expect(await threads()).toBe(2);
});

it("one that names no number of ours waits for the person in whichever business of the account they become known", async () => {
  const account = "300000000000078";
  const businesses = [await createTestBusiness(test.superuser), await createTestBusiness(test.superuser)];
  const [, second = business] = businesses;
  await test.superuser.query("update channels set account_id = $1 where business_id = any ($2)", [
    account,
    businesses.map(({ businessId }) => businessId),
  ]);
  await tell([{ from: "a", to: "b" }], { account });
  expect(await changes()).toEqual([WAITS]);
  await write({ userId: id("a") }, second);
  expect(await changes()).toEqual([APPLIED]);
  await write({ userId: id("b") }, second);
  expect(await threads()).toBe(1);
});
