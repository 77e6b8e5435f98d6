import { spawn } from "node:child_process";
import { once } from "node:events";
import { text as readAll } from "node:stream/consumers";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { MAIN } from "../support/onethread-process.ts";
import { createStack, customers, QUESTION, type Stack } from "../support/start-stack.ts";
import { createTestDatabase, type TestDatabase } from "../support/test-database.ts";

let database: TestDatabase;
let stack: Stack;

beforeAll(async () => {
  database = await createTestDatabase();
  // What is stored in several batches is one burst only as long as they follow each other within this.
  stack = await createStack(database, { quietMs: 300, ceilingMs: 5_000, env: { ONETHREAD_SEND_TIMEOUT_MS: "1500" } });
  await Promise.all([stack.start("api"), stack.start("api"), stack.start("worker,scheduler")]);
});
beforeEach(() => {
  stack.simulator.clearFailures();
});
afterAll(async () => {
  await stack.stop();
  await database.close();
});

/** The real command line, in a process of its own. */
async function onethread(...args: readonly string[]): Promise<{ readonly code: number; readonly output: string }> {
  const child = spawn(process.execPath, [MAIN, ...args], {
    env: { PATH: process.env["PATH"] ?? "", DATABASE_URL: database.url },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const [out, err, [code]] = await Promise.all([readAll(child.stdout), readAll(child.stderr), once(child, "exit")]);
  return { code: Number(code), output: out + err };
}

const stored = (id: string): Promise<number> => stack.count("select count(*) from onethread.messages where provider_message_id = $1", [id]);

interface SentMessage {
  readonly status: string;
  readonly delivered_at: Date | null;
  readonly read_at: Date | null;
}

async function sentMessage(id: string): Promise<SentMessage | undefined> {
  const { rows } = await database.superuser.query<SentMessage>(
    "select status, delivered_at, read_at from onethread.messages where provider_message_id = $1 and direction = 'out'",
    [id],
  );
  return rows[0];
}

async function replyTo(phone: string): Promise<string> {
  await stack.simulator.inbound({ from: phone, text: QUESTION });
  const [reply] = await stack.simulator.waitForOutbox({ to: phone }, { atLeast: 1 });
  if (reply === undefined) throw new Error("no reply came");
  return reply.id;
}

test("the same webhook fifty times at once is one message, one turn and one reply", async () => {
  const [phone = ""] = customers(1, 1);
  const [written] = await stack.simulator.inbound({ from: phone, text: QUESTION, deliver: { copies: 50, concurrency: 50 } });
  expect(written?.deliveries.filter(({ state, attempts }) => state === "delivered" && attempts === 1)).toHaveLength(50);
  await stack.settled();
  expect(await stored(written?.messageId ?? "")).toBe(1);
  expect(stack.replies().get(phone)).toHaveLength(1);
  const turns = "select count(*) from onethread.turns t join onethread.aliases a using (business_id, conversation_id) where a.value = $1";
  expect(await stack.count(turns, [phone])).toBe(1);
  // Redelivered when all is over, as Meta may for seven days.
  await stack.simulator.redeliver(written?.deliveries[0]?.id ?? "");
  expect(await stack.count(turns, [phone])).toBe(1);
  expect(await stack.count("select count(*) from onethread.lanes where kind = 'reply' and wanted > done")).toBe(0);
});

test("a thousand messages in one POST are all stored, and each customer gets one reply", async () => {
  const phones = customers(100, 2);
  const messages = Array.from({ length: 1_000 }, (_, index) => ({ from: phones[index % 100] ?? "", text: QUESTION }));
  const written = await stack.simulator.inbound({ messages, deliver: { batch: 1_000 } });
  expect(new Set(written.flatMap(({ deliveries }) => deliveries.map(({ id }) => id))).size).toBe(1);
  const ids = written.map(({ messageId }) => messageId);
  expect(await stack.count("select count(*) from onethread.messages where provider_message_id = any ($1)", [ids])).toBe(1_000);
  await stack.settled();
  expect(phones.filter((phone) => stack.replies().get(phone)?.length !== 1)).toEqual([]);
});

test("of a hundred messages with a poisoned one, 99 are stored; the other one follows by a replay once the cause is gone", async () => {
  await database.superuser.query("alter table onethread.messages add constraint ck_poison check (text <> 'poison') not valid");
  const messages = customers(100, 3).map((from, index) => ({ from, text: index === 37 ? "poison" : QUESTION }));
  const written = await stack.simulator.inbound({ messages, deliver: { batch: 100 } });
  const ids = written.map(({ messageId }) => messageId);
  expect(await stack.count("select count(*) from onethread.messages where provider_message_id = any ($1)", [ids])).toBe(99);
  expect(await stack.count("select count(*) from onethread.webhook_log where state = 'quarantined'")).toBe(1);
  expect(await onethread("replay", "--all")).toMatchObject({ code: 1, output: expect.stringContaining("still quarantined 1") });
  await database.superuser.query("alter table onethread.messages drop constraint ck_poison");
  expect(await onethread("replay", "--all")).toMatchObject({ code: 0, output: expect.stringContaining("Replayed 1") });
  expect(await stored(ids[37] ?? "")).toBe(1);
  expect(await stack.count("select count(*) from onethread.webhook_log where state = 'replayed'")).toBe(1);
});

test("no message can be stored without its conversation", async () => {
  const orphan = `insert into onethread.messages (business_id, id, conversation_id, seq, channel_id, direction, author, provider_message_id, type, content, sent_at, received_at)
    values ($1, gen_random_uuid(), $2, 1, $3, 'in', 'customer', 'wamid.orphan', 'text', '{}', now(), now())`;
  const { businessId, channelId } = stack.business;
  const insert = (conversationId: string | null): Promise<unknown> =>
    database.superuser.query(orphan, [businessId, conversationId, channelId]);
  await expect(insert(null)).rejects.toMatchObject({ code: "23502", column: "conversation_id" });
  await expect(insert("00000000-0000-7000-8000-000000000001")).rejects.toMatchObject({ constraint: "fk_message_conversation" });
});

test("a status that overtakes the answer to its send is not undone by the answer", async () => {
  const [phone = ""] = customers(1, 4);
  stack.simulator.addFailure({
    match: { path: "messages", to: phone },
    respond: { statusBeforeResponse: true, statuses: ["delivered"], hangMs: 100 },
  });
  const id = await replyTo(phone);
  await stack.settled();
  expect(await sentMessage(id)).toMatchObject({ status: "delivered" });
});

test("a status of a message that we do not know yet waits for it, and is then joined", async () => {
  const [phone = ""] = customers(1, 5);
  const known = await replyTo(phone);
  await stack.settled();
  const id = "wamid.known-later";
  await stack.simulator.status({ id, status: "read", to: phone });
  expect(
    await stack.count("select count(*) from onethread.message_statuses where provider_message_id = $1 and applied_at is null", [id]),
  ).toBe(1);
  await database.superuser.query(
    `insert into onethread.messages (business_id, id, conversation_id, seq, channel_id, direction, author, provider_message_id, type, content, sent_at, received_at, status)
     select business_id, gen_random_uuid(), conversation_id, seq + 1, channel_id, 'out', 'human', $2, 'text', '{}', now(), now(), 'sent'
       from onethread.messages where provider_message_id = $1`,
    [known, id],
  );
  await database.superuser.query(
    "update onethread.conversations set last_seq = last_seq + 1, last_message_at = now() where id = (select conversation_id from onethread.messages where provider_message_id = $1)",
    [id],
  );
  await eventually(
    () => sentMessage(id),
    (message) => message?.status === "read",
    { what: "the joined status", withinMs: 8_000 },
  );
  await eventually(
    () => stack.count("select count(*) from onethread.message_statuses where provider_message_id = $1 and applied_at is null", [id]),
    (waiting) => waiting === 0,
    { what: "the status that waits no longer" },
  );
});

test.for([
  { order: ["read", "delivered", "sent", "delivered"], end: "read", series: 6 },
  { order: ["delivered", "failed", "sent"], end: "delivered", series: 7 },
  { order: ["failed", "sent"], end: "failed", series: 8 },
  { order: ["failed", "delivered"], end: "delivered", series: 9 },
])("statuses $order end as $end: never back, and a duplicate changes nothing", async ({ order, end, series }) => {
  const [phone = ""] = customers(1, series);
  stack.simulator.addFailure({ match: { path: "messages", to: phone }, respond: { silent: true } });
  const id = await replyTo(phone);
  await stack.settled();
  const seen: string[] = [];
  for (const status of order) {
    await stack.simulator.status({ id, status });
    seen.push((await sentMessage(id))?.status ?? "");
  }
  const before = await sentMessage(id);
  await Promise.all(order.map((status) => stack.simulator.status({ id, status })));
  expect(await sentMessage(id)).toEqual(before);
  expect(seen.at(-1)).toBe(end);
  const rank = ["accepted", "sent", "failed", "delivered", "read"];
  expect(seen.map((status) => rank.indexOf(status)).toSorted((a, b) => a - b)).toEqual(seen.map((status) => rank.indexOf(status)));
  expect(await stack.count("select count(*) from onethread.message_statuses where provider_message_id = $1", [id])).toBe(
    new Set(order).size,
  );
  const priced = `select count(*) from onethread.message_statuses where provider_message_id = $1 and pricing->>'category' = 'service'`;
  expect(await stack.count(priced, [id])).toBe(new Set(order.filter((status) => status === "sent" || status === "delivered")).size);
});

/** What may become of a request, and what is known of its message when all statuses have come. */
const SENDS = [
  { respond: undefined, end: "delivered" },
  { respond: { hangMs: 4_000 }, end: "delivered" },
  { respond: { hangMs: 4_000, silent: true }, end: "unknown" },
  { respond: { drop: "before", hangMs: 4_000 }, end: "unknown" },
  { respond: { drop: "before" }, end: "unknown" },
  { respond: { drop: "after" }, end: "delivered" },
  { respond: { drop: "after", statusBeforeResponse: true }, end: "delivered" },
  { respond: { status: 429, body: "slow down" }, end: "delivered" },
  { respond: { status: 500 }, end: "unknown" },
  { respond: { status: 503, body: "<html>" }, end: "unknown" },
  { respond: { code: 131_026 }, end: "failed" },
  { respond: { failStatus: { code: 131_026 } }, end: "failed" },
] as const;

test("whatever becomes of a request, the platform's own record and ours agree: nothing twice, nothing lost, and what nobody knows is listed", async () => {
  const phones = customers(SENDS.length, 10);
  SENDS.forEach(({ respond }, at) => {
    if (respond !== undefined) stack.simulator.addFailure({ match: { path: "messages", to: phones[at] }, respond });
  });
  await stack.simulator.inbound({ messages: phones.map((from) => ({ from, text: QUESTION })), deliver: { batch: phones.length } });
  await stack.settled();
  const ends = async (): Promise<readonly unknown[]> => {
    const { rows } = await database.superuser.query<{ status: string }>(
      `select m.status from unnest($1::text[]) with ordinality p (phone, at) join onethread.aliases a on a.value = p.phone
         join onethread.messages m on m.conversation_id = a.conversation_id and m.direction = 'out' order by p.at, m.seq`,
      [phones],
    );
    return rows.map(({ status }) => (status === "read" ? "delivered" : status));
  };
  const expected = SENDS.map(({ end }) => end);
  await eventually(ends, (now) => now.join() === expected.join(), { what: "the ends of the sends" });
  const { faults, statuses } = await stack.books();
  expect({ faults, unknown: statuses["unknown"] }).toEqual({ faults: [], unknown: expected.filter((end) => end === "unknown").length });
});

test("after all of this the log holds no error and no race, and the doctor finds nothing broken", async () => {
  await stack.settled();
  expect(stack.complaints()).toEqual([]);
  expect(await stack.audit()).toEqual([]);
});
