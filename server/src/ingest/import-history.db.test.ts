// Proves what a number's past does: it is in its threads by time, once, with files and states, and wakes nobody; what comes in live does not wait for it.
import { afterAll, beforeAll, expect, test as it } from "vitest";
import { createChannels } from "../businesses/channels.ts";
import type { Database } from "../db/database.ts";
import { createConversationReader } from "../conversations/read-conversations.ts";
import type { JsonObject } from "../kernel/json.ts";
import { parseCloudWebhook } from "../whatsapp/parse-webhook.ts";
import { expectNothingBroken } from "../../test/support/expect-nothing-broken.ts";
import { createTestBusiness, type TestBusiness } from "../../test/support/test-business.ts";
import { createTestDatabase, type TestDatabase } from "../../test/support/test-database.ts";
import { createTestIntake } from "../../test/support/test-intake.ts";
import { messagesBody } from "../../test/support/webhook-bodies.ts";
import type { Intake } from "./create-intake.ts";
import { createImportHistory, type ImportHistory } from "./import-history.ts";

const OWN = "15550100200";
const T = Math.floor(Date.now() / 1000) - 3_600;

let test: TestDatabase;
let database: Database;
let business: TestBusiness;
let intake: Intake;
let importHistory: ImportHistory;
const received: number[] = [];

beforeAll(async () => {
  test = await createTestDatabase();
  database = test.open();
  business = await createTestBusiness(test.superuser);
  intake = createTestIntake(test, { database });
  const counting: Pick<Intake, "receive"> = {
    receive(events) {
      received.push(events.length);
      return intake.receive(events);
    },
  };
  importHistory = createImportHistory({ db: database.acrossBusinesses, intake: counting, log: test.log, rest: () => Promise.resolve() });
});
afterAll(async () => {
  await expectNothingBroken(test);
  await test.close();
});

function changeOf(field: string, value: JsonObject, to = business): Buffer {
  const metadata = { display_phone_number: OWN, phone_number_id: to.phoneNumberId };
  const change = { field, value: { messaging_product: "whatsapp", metadata, ...value } };
  return Buffer.from(JSON.stringify({ object: "whatsapp_business_account", entry: [{ id: "300000000000001", changes: [change] }] }));
}
async function receive(body: Buffer): Promise<unknown> {
  const parsed = parseCloudWebhook(body);
  if (parsed.outcome !== "events") throw new Error(parsed.reason);
  return intake.receive(parsed.events);
}
/** Of the business itself; a customer's has a `from` of its own. */
const text = (id: string, at: number, body: string): JsonObject => ({
  ...{ from: OWN, id, timestamp: String(at), type: "text", text: { body }, history_context: { status: "READ" } },
});
const chunk = (
  customer: string,
  messages: readonly JsonObject[],
  metadata: JsonObject = { phase: 0, chunk_order: 1, progress: 55 },
): Buffer =>
  changeOf("history", {
    history: [{ metadata, threads: [{ id: customer, context: { wa_id: customer, user_id: `US.${customer}` }, messages: [...messages] }] }],
  });
async function importAll(): Promise<void> {
  while ((await importHistory()) > 0);
}
const select = async (sql: string, ...values: readonly unknown[]): Promise<readonly Record<string, unknown>[]> =>
  (await test.superuser.query<Record<string, unknown>>(sql, [...values])).rows;
const idOf = async (phone: string): Promise<string> =>
  String((await select("select conversation_id as id from onethread.aliases where value = $1", phone))[0]?.["id"]);
async function thread(phone: string): Promise<readonly unknown[]> {
  const reader = createConversationReader({ database });
  const page = await reader.listMessages(business.businessId, await idOf(phone), { limit: 50, order: "asc", cursor: undefined });
  return (page?.data ?? []).map(({ author, text: said, status }) => [author, said, status]);
}

it("a chunk is in its thread by time, once, beside what is there, and wakes nobody", async () => {
  const [ana, live] = ["12025551001", "wamid.h-live"];
  await receive(messagesBody(business.phoneNumberId, { from: ana, text: "now", id: live, at: T + 3_000 }));
  const [before] = await select("select * from onethread.lanes where kind = 'reply' and conversation_id = $1", await idOf(ana));
  const eventsBefore = await select("select id from onethread.events");
  const body = chunk(ana, [
    { ...text("wamid.h1", T, "first"), from: ana },
    text("wamid.h2", T + 10, "answered on the phone"),
    { ...text(live, T + 3_000, "now"), from: ana },
    {
      ...text("wamid.h3", T + 20, ""),
      type: "edit",
      edit: { original_message_id: "wamid.h2", message: { type: "text", text: { body: "edited" } } },
    },
  ]);
  for (let delivery = 0; delivery < 3; delivery += 1) expect(await receive(body)).toEqual({ stored: 0, duplicates: 0, quarantined: 0 });
  // Durable, and nothing of it in a thread yet.
  expect(await thread(ana)).toHaveLength(1);
  await importAll();
  expect(await thread(ana)).toEqual([
    ["customer", "first", "received"],
    ["human", "answered on the phone", "read"],
    ["customer", "now", "received"],
  ]);
  const [after] = await select("select * from onethread.lanes where kind = 'reply' and conversation_id = $1", await idOf(ana));
  expect(after).toEqual(before);
  const news = await select(
    "select type, data from onethread.events where not (id = any ($1))",
    eventsBefore.map(({ id }) => id),
  );
  expect(news).toEqual([{ type: "channel.history-imported", data: { messages: 4, imported: 3, phase: 0, progress: 55 } }]);
  await importAll();
  expect(received).toEqual([4]);
});

it("somebody of the past alone has a closed thread: no window, no pause, no lane, no session", async () => {
  const ben = "12025551002";
  await receive(chunk(ben, [{ ...text("wamid.b1", T, "hello"), from: ben }, text("wamid.b2", T + 1, "hi")]));
  await importAll();
  expect(
    await select(
      `select c.is_open, c.last_customer_message_at, c.ai_paused_at, c.last_message_at = to_timestamp($2) as in_place,
         (select count(*)::int from onethread.lanes l where l.conversation_id = c.id) as lanes, (select count(*)::int from onethread.sessions s where s.conversation_id = c.id) as sessions
       from onethread.conversations c where c.id = $1`,
      await idOf(ben),
      T + 1,
    ),
  ).toEqual([{ is_open: false, last_customer_message_at: null, ai_paused_at: null, in_place: true, lanes: 0, sessions: 0 }]);
  // The next live message is answered, and its turn covers what was before.
  await receive(messagesBody(business.phoneNumberId, { from: ben, text: "and now" }));
  expect(
    await select("select wanted::int, done::int from onethread.lanes where kind = 'reply' and conversation_id = $1", await idOf(ben)),
  ).toEqual([{ wanted: 3, done: 0 }]);
});

it("a file takes the place of its placeholder and is fetched, whichever comes first", async () => {
  const eva = "12025551003";
  const file = (id: string): Buffer =>
    changeOf("history", {
      messages: [{ from: eva, id, timestamp: String(T), type: "image", image: { mime_type: "image/jpeg", id: "910000000000009" } }],
    });
  const placeholder = (id: string): JsonObject => ({ from: eva, id, timestamp: String(T), type: "media_placeholder" });
  await receive(chunk(eva, [placeholder("wamid.m1")]));
  await importAll();
  expect(await select("select type from onethread.messages where provider_message_id = 'wamid.m1'")).toEqual([{ type: "placeholder" }]);
  for (const body of [file("wamid.m1"), file("wamid.m2"), chunk(eva, [placeholder("wamid.m2")], { phase: 1 })]) await receive(body);
  await importAll();
  expect(
    await select(
      `select m.provider_message_id as id, m.type, f.state, f.is_history from onethread.messages m left join onethread.media f on f.id = m.id
        where m.provider_message_id like 'wamid.m_' order by 1`,
    ),
  ).toEqual([
    { id: "wamid.m1", type: "image", state: "pending", is_history: true },
    { id: "wamid.m2", type: "image", state: "pending", is_history: true },
  ]);
});

it("a large chunk goes in slices, between which everybody else has their turn; a worker that dies in the middle loses and doubles nothing", async () => {
  const leo = "12025551004";
  await receive(
    chunk(
      leo,
      Array.from({ length: 250 }, (_, at) => ({ ...text(`wamid.l${String(at)}`, T + at, `number ${String(at)}`), from: leo })),
    ),
  );
  received.length = 0;
  let slices = 0;
  const dying = createImportHistory({
    db: database.acrossBusinesses,
    intake: {
      async receive(events) {
        const result = await intake.receive(events);
        slices += 1;
        if (slices === 2) throw new Error("the worker dies after the slice is stored");
        return result;
      },
    },
    log: test.log,
    rest: () => Promise.resolve(),
  });
  await expect(dying()).rejects.toThrow("the worker dies");
  expect(await importHistory()).toBe(0);
  const progress = async () => (await createChannels({ database }).list(business.businessId))[0]?.history;
  expect(await progress()).toMatchObject({ waiting: 1, progress: 55 });
  await test.superuser.query("update onethread.history_chunks set due_at = now() where due_at is not null");
  await importAll();
  expect(received).toEqual([100, 50]);
  expect(
    await select(
      "select count(*)::int, count(distinct provider_message_id)::int as ids from onethread.messages where provider_message_id like 'wamid.l%' and provider_message_id <> 'wamid.live'",
    ),
  ).toEqual([{ count: 250, ids: 250 }]);
  const after = await progress();
  expect(after).toMatchObject({ waiting: 0, messages: expect.any(Number) as number, done: after?.messages });
});

it("a past that the business does not share is said of the number, once", async () => {
  const error = {
    code: 2593109,
    title: "History sync is turned off",
    error_data: { details: "History sharing is turned off by the business" },
  };
  for (let delivery = 0; delivery < 2; delivery += 1) await receive(changeOf("history", { history: [{ errors: [error] }] }));
  expect(await select("select state, health from onethread.channel_signals where aspect = 'history'")).toEqual([
    { state: "declined", health: "ok" },
  ]);
});

it("the business's own name for a customer is shown before theirs; the newest word counts, and nobody has a thread for it", async () => {
  const [ida, nobody] = ["12025551005", "12025551006"];
  const contact = (phone: string, name: string, at: number): JsonObject => ({
    type: "contact",
    contact: { full_name: name, first_name: name, phone_number: phone, user_id: `US.${phone}` },
    action: name === "" ? "remove" : "add",
    metadata: { timestamp: String(at) },
  });
  const sync = (...state_sync: readonly JsonObject[]): Buffer => changeOf("smb_app_state_sync", { state_sync: [...state_sync] });
  await receive(messagesBody(business.phoneNumberId, { from: ida, text: "hi" }));
  await receive(sync(contact(ida, "Ida Garage", T + 5), contact(nobody, "Nobody yet", T)));
  await receive(sync(contact(ida, "An older name", T)));
  const name = async () => (await createConversationReader({ database }).find(business.businessId, await idOf(ida)))?.displayName;
  expect(await name()).toBe("Ida Garage");
  // And by it they are found.
  const found = async (q: string) =>
    (await createConversationReader({ database }).list(business.businessId, { limit: 10, q })).data.map(({ id }) => id);
  expect([await found("garage"), await found("IDA G"), await found("older"), await found("nobody")]).toEqual([
    [await idOf(ida)],
    [await idOf(ida)],
    ...[[], []],
  ]);
  expect(await select("select * from onethread.aliases where value = $1", nobody)).toEqual([]);
  await receive(sync(contact(ida, "By a wrong clock", T + 10 * 365 * 86_400)));
  expect(await name()).toBe("By a wrong clock");
  await receive(sync(contact(ida, "", T + 3_600 + 60)));
  expect([await name(), await found("garage")]).toEqual(["+1 202 555 1005", []]);
});

it("a chunk of a number that is not connected is kept, and imported once it is", async () => {
  const other = { ...business, phoneNumberId: "299999999999991" };
  const body = changeOf(
    "history",
    { history: [{ threads: [{ id: "12025551009", messages: [{ ...text("wamid.o1", T, "hi"), from: "12025551009" }] }] }] },
    other,
  );
  expect(await receive(body)).toMatchObject({ quarantined: 1 });
  await test.superuser.query("delete from onethread.webhook_log where state = 'quarantined'");
});
