import type pg from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import type { Database } from "../db/database.ts";
import { parseCloudWebhook } from "../whatsapp/parse-webhook.ts";
import { eventually } from "../../test/support/eventually.ts";
import { createTestBusiness, type TestBusiness } from "../../test/support/test-business.ts";
import { createTestDatabase, type TestDatabase } from "../../test/support/test-database.ts";
import { messagesBody, webhookBody } from "../../test/support/webhook-bodies.ts";
import { noFailPoints } from "../kernel/fail-points.ts";
import { createTestServices } from "../../test/support/test-services.ts";
import { createStatusStore } from "./store-statuses.ts";
import type { Intake } from "./create-intake.ts";
import type { IntakeResult } from "./webhook-intake.ts";
import { createTestIntake } from "../../test/support/test-intake.ts";

// Somebody else holds rows, as a process does that stands still in its transaction.
let database: TestDatabase;
let business: TestBusiness;
let other: TestBusiness;
let intake: Intake;
let holder: pg.PoolClient;
let opened: Database;
let counter = 0;

beforeAll(async () => {
  database = await createTestDatabase();
  opened = database.open();
  business = await createTestBusiness(database.superuser);
  other = await createTestBusiness(database.superuser);
});
afterAll(() => database.close());

beforeEach(async () => {
  intake = intakeWith({});
  holder = await database.superuser.connect();
});
afterEach(async () => {
  await holder.query("rollback");
  holder.release();
  await intake.idle();
});

function intakeWith(limits: { readonly deadlineMs?: number; readonly slots?: number }): Intake {
  // As if the first had been under way for long already.
  return createTestIntake(database, { database: opened, slots: 3, slowMs: 0, ...limits });
}

function receive(body: Buffer, on = intake): Promise<IntakeResult> {
  const parsed = parseCloudWebhook(body);
  if (parsed.outcome !== "events") throw new Error(parsed.reason);
  return on.receive(parsed.events);
}

const write = (to: TestBusiness, ...messages: Parameters<typeof messagesBody>[1][]): Promise<IntakeResult> =>
  receive(messagesBody(to.phoneNumberId, ...messages));

const run = (sql: string, ...values: readonly unknown[]): Promise<{ readonly rowCount: number | null }> =>
  database.superuser.query(sql, [...values]);
const SECOND = String(Math.floor(Date.now() / 1000));
const newPhone = (): string => `1202557${String(1000 + (counter += 1))}`;

async function hold(...phones: readonly string[]): Promise<void> {
  const keys = phones.map((phone) => `phone:${business.businessId}:+${phone}`);
  await holder.query("begin");
  const { rowCount } = await holder.query("select 1 from onethread.conversations where canonical_key = any ($1) for update", [keys]);
  expect(rowCount).toBe(phones.length);
}

const askIsWaiting = async (): Promise<boolean> => {
  const { rows } = await database.superuser.query(
    "select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
  );
  return rows.length > 0;
};

/** A batch waits for the row, or none does. */
const waitingForLock = (expected: boolean): Promise<boolean> =>
  eventually(askIsWaiting, (isWaiting) => isWaiting === expected, { what: `a batch waits for a lock: ${String(expected)}` });

async function idsInOrder(phone: string): Promise<readonly string[]> {
  const { rows } = await database.superuser.query<{ id: string }>(
    "select provider_message_id as id from messages m join aliases a using (business_id, conversation_id) where a.value = $1 order by seq",
    [phone],
  );
  return rows.map(({ id }) => id);
}

test("many held threads of one business hold up neither another business nor each other, and are stored when they are free", async () => {
  const phones = Array.from({ length: 60 }, newPhone);
  await write(business, ...phones.map((from) => ({ from })));
  await hold(...phones);
  const held = write(business, ...phones.map((from) => ({ from })), ...phones.map((from) => ({ from })));
  const free = newPhone();
  expect(await Promise.all([write(other, { from: free }), write(business, { from: free })])).toMatchObject([{ stored: 1 }, { stored: 1 }]);
  expect(await Promise.all(Array.from({ length: 20 }, () => write(other, { from: free })))).toHaveLength(20);
  await holder.query("rollback");
  expect(await held).toMatchObject({ stored: 120, quarantined: 0 });
});

test("what the same customer sends later stays behind what was set aside, in order, also when the row becomes free in between", async () => {
  for (const wait of ["a moment", "until it is set aside"]) {
    const from = newPhone();
    await write(business, { from, id: `wamid.${from}-0` });
    await hold(from);
    const results: Promise<IntakeResult>[] = [];
    for (let at = 1; at <= 5; at += 1) {
      results.push(write(business, { from, id: `wamid.${from}-${String(at)}` }));
      if (at === 1) await waitingForLock(true);
      else await new Promise((resolve) => setImmediate(resolve));
    }
    if (wait !== "a moment") await waitingForLock(false);
    await holder.query("rollback");
    await Promise.all(results);
    expect(await idsInOrder(from)).toEqual([0, 1, 2, 3, 4, 5].map((at) => `wamid.${from}-${String(at)}`));
  }
});

test("a thread that somebody has begun and not committed holds up nobody else", async () => {
  const from = newPhone();
  const key = `phone:${business.businessId}:+${from}`;
  await holder.query("begin");
  await holder.query(
    "insert into onethread.conversations (business_id, id, canonical_key, last_message_at, created_at, updated_at) values ($1, gen_random_uuid(), $2, now(), now(), now())",
    [business.businessId, key],
  );
  const held = write(business, { from });
  const others = await Promise.all(Array.from({ length: 10 }, () => write(other, { from: newPhone() })));
  expect(others.every(({ stored }) => stored === 1)).toBe(true);
  await holder.query("commit");
  expect(await held).toMatchObject({ stored: 1 });
  expect(await idsInOrder(from)).toHaveLength(1);
});

test("a customer whose new identifier cannot be settled because the thread is held waits alone", async () => {
  const [from, userId] = [newPhone(), `US.held${newPhone()}`];
  await write(business, { from, id: `wamid.${from}-a` });
  await hold(from);
  const held = [write(business, { from, userId, id: `wamid.${from}-b` })];
  await waitingForLock(true);
  held.push(write(business, { from, id: `wamid.${from}-c` }));
  expect(await Promise.all(Array.from({ length: 10 }, () => write(other, { from: newPhone() })))).toHaveLength(10);
  await holder.query("rollback");
  await Promise.all(held);
  expect(await idsInOrder(from)).toEqual(["a", "b", "c"].map((name) => `wamid.${from}-${name}`));
});

test("while a whole table is locked every delivery is answered at its deadline and nothing of it works on; afterwards all is as before", async () => {
  const hurried = intakeWith({ deadlineMs: 1_000 });
  const body = (): Buffer => messagesBody(other.phoneNumberId, ...Array.from({ length: 50 }, () => ({ from: newPhone() })));
  // On a busy machine its deadline may pass for a table that is free, too: then the platform delivers once more.
  const deliver = (): Promise<IntakeResult> => {
    const same = body();
    return eventually(
      () => receive(same, hurried),
      ({ stored, duplicates }) => stored + duplicates === 50,
      { what: "fifty messages are stored" },
    );
  };
  await deliver();
  await holder.query("begin");
  await holder.query("lock table onethread.messages in exclusive mode");
  const results = await Promise.allSettled(Array.from({ length: 8 }, () => receive(body(), hurried)));
  for (const result of results) expect(result).toMatchObject({ status: "rejected", reason: { code: "unavailable", retryAfterSeconds: 2 } });
  await hurried.idle();
  expect([hurried.waiting, await askIsWaiting()]).toEqual([0, false]);
  await holder.query("rollback");
  await Promise.all([deliver(), deliver()]);
});

test("the statuses of others do not wait for a message whose row is held", async () => {
  const phones = [newPhone(), newPhone()];
  const ids = phones.map((phone) => `wamid.sent-${phone}`);
  for (const [at, from] of phones.entries()) await write(business, { from, id: ids[at] ?? "" });
  await database.superuser.query(
    "update messages set direction = 'out', author = 'ai', status = 'sent' where provider_message_id = any ($1)",
    [ids],
  );
  await holder.query("begin");
  await holder.query("select 1 from onethread.messages where provider_message_id = $1 for update", [ids[0]]);
  const status = (at: number, word: string): Promise<IntakeResult> => {
    const timestamp = String(Math.floor(Date.now() / 1000));
    const statuses = [{ id: ids[at], status: word, timestamp, recipient_id: phones[at] }];
    return receive(webhookBody(business.phoneNumberId, { statuses }));
  };
  const held = status(0, "delivered");
  await status(1, "delivered");
  await status(1, "read");
  await holder.query("rollback");
  await held;
  const { rows } = await database.superuser.query("select status from messages where provider_message_id = any ($1) order by 1", [ids]);
  expect(rows).toEqual([{ status: "delivered" }, { status: "read" }]);
});

test("statuses that waited for their message do not wait for what somebody holds of another", async () => {
  const phones = [newPhone(), newPhone(), newPhone(), newPhone()];
  const ids = phones.map((phone) => `wamid.early-${phone}`);
  for (const [at, from] of phones.entries()) await write(business, { from, id: ids[at] ?? "" });
  const errors = [{ code: 131_050, title: "User has stopped marketing messages" }];
  const statuses = ids.map((id, at) => ({
    id,
    timestamp: SECOND,
    recipient_id: phones[at],
    ...(at === 1 ? { status: "failed", errors } : { status: "delivered" }),
  }));
  await receive(webhookBody(business.phoneNumberId, { statuses }));
  await run("update messages set direction = 'out', author = 'ai', status = 'sent' where provider_message_id = any ($1)", ids);
  // Of the first, more than one pass looks at, as of a message in a large group.
  await run(
    `insert into message_statuses (business_id, channel_id, provider_message_id, status, participant, at, received_at)
     select business_id, channel_id, provider_message_id, status, n::text, at, received_at - interval '1 second' from message_statuses cross join generate_series(1, 500) n
      where provider_message_id = $1`,
    ids[0],
  );
  await hold(phones[1] ?? "");
  await holder.query("select 1 from onethread.messages where provider_message_id = $1 for update", [ids[0]]);
  const { actOnRefusal, webhookLog } = createTestServices({ database: opened, log: database.log });
  const store = createStatusStore({ db: opened.acrossBusinesses, webhookLog, actOnRefusal, failPoints: noFailPoints });
  expect(await store.applyWaitingOnce()).toBe(2);
  const applied =
    "select provider_message_id as id from message_statuses where provider_message_id = any ($1) and applied_at is not null order by 1";
  expect((await database.superuser.query(applied, [ids])).rows).toEqual([{ id: ids[2] }, { id: ids[3] }]);
  await holder.query("rollback");
  expect([await store.applyWaitingOnce(), await store.applyWaitingOnce(), await store.applyWaitingOnce()]).toEqual([500, 2, 0]);
  const { rows } = await database.superuser.query(
    "select status from messages where provider_message_id = any ($1) order by provider_message_id",
    [ids],
  );
  expect(rows.map(({ status }: { status?: unknown }) => status)).toEqual(["delivered", "failed", "delivered", "delivered"]);
});

// Each is delivered after its message is stored: the row is held only now.
test.each([
  {
    what: "what a customer said of their consent",
    forget: "update conversations c set opted_out_at = null, consent_word_at = null where c.id = $1",
    holds: "select 1 from onethread.conversations c where c.id = $1 for update",
    bodyOf: (from: string) => messagesBody(business.phoneNumberId, { from, id: `wamid.${from}`, text: "STOP", at: Number(SECOND) }),
    knows: "select from conversations c where c.id = $1 and c.opted_out_at is not null",
  },
  {
    what: "what WhatsApp reports of a customer's consent",
    forget: "update conversations c set marketing_stopped_at = null where c.id = $1",
    holds: "select 1 from onethread.conversations c where c.id = $1 for update",
    bodyOf: (from: string) =>
      webhookBody(
        business.phoneNumberId,
        { user_preferences: [{ wa_id: from, category: "marketing_messages", value: "stop", timestamp: SECOND }] },
        "user_preferences",
      ),
    knows: "select from conversations c where c.id = $1 and c.marketing_stopped_at is not null",
  },
  {
    what: "whose a thread is",
    forget: "delete from thread_owners where conversation_id = $1",
    holds: "select 1 from onethread.conversations c where c.id = $1 for update",
    bodyOf: (from: string) => {
      const message = { from, id: `wamid.${from}`, timestamp: SECOND, type: "text", text: { body: "hello" } };
      return webhookBody(business.phoneNumberId, { standby: { contacts: [{ wa_id: from }], messages: [message] } }, "standby");
    },
    knows: "select from thread_owners where conversation_id = $1 and owner = 'other'",
  },
  {
    what: "the echo of our own send",
    forget: `update messages set direction = 'out', author = 'api', status = 'sending', provider_message_id = null, attempted_at = to_timestamp(${SECOND}), text = 'hello'
              where conversation_id = $1`,
    holds: "select 1 from onethread.messages where conversation_id = $1 for update",
    bodyOf: (to: string) => {
      const echo = { from: "15550100200", to, id: `wamid.${to}-echo`, timestamp: SECOND, type: "text", text: { body: "hello" } };
      return webhookBody(business.phoneNumberId, { message_echoes: [echo] }, "smb_message_echoes");
    },
    knows:
      "select from messages where conversation_id = $1 and status = 'accepted' and provider_message_id like '%-echo' having count(*) = 1",
  },
])("$what waits for a held row without a connection, and is answered when it is durable", async ({ forget, holds, bodyOf, knows }) => {
  const from = newPhone();
  await write(business, { from, id: `wamid.${from}` });
  const { rows } = await database.superuser.query<{ id: string }>("select conversation_id as id from aliases where value = $1", [from]);
  const id = rows[0]?.id ?? "";
  await run(forget, id);
  await holder.query("begin");
  await holder.query(holds, [id]);
  // More than there are connections.
  const held = Array.from({ length: 12 }, () => receive(bodyOf(from)));
  const hurried = intakeWith({ deadlineMs: 300 });
  await expect(receive(bodyOf(from), hurried)).rejects.toMatchObject({ code: "unavailable", retryAfterSeconds: 2 });
  await waitingForLock(false);
  expect(await write(other, { from: newPhone() })).toMatchObject({ stored: 1 });
  expect((await run(knows, id)).rowCount).toBe(0);
  await holder.query("rollback");
  expect((await Promise.all(held)).length).toBe(12);
  expect((await run(knows, id)).rowCount).toBe(1);
});
