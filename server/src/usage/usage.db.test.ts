// Proves what usage promises: a message is counted once, as the highest of its statuses that names a price says, whatever comes twice, late, before its message or at the
// same moment in two processes; money is exact, and what has no rate is not free.
import { randomUUID } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, test as it } from "vitest";
import { createRecordingTerminal } from "../../test/support/recording-terminal.ts";
import { createTestBusiness, type TestBusiness } from "../../test/support/test-business.ts";
import { createTestDatabase, type TestDatabase } from "../../test/support/test-database.ts";
import { bearerFor, createTestHttp, type TestHttp } from "../../test/support/test-http.ts";
import { createTestIntake } from "../../test/support/test-intake.ts";
import { createTestServices } from "../../test/support/test-services.ts";
import { expectNothingBroken } from "../../test/support/expect-nothing-broken.ts";
import { messagesBody, webhookBody } from "../../test/support/webhook-bodies.ts";
import { runCli } from "../cli/program.ts";
import type { Services } from "../compose/services.ts";
import type { Database } from "../db/database.ts";
import type { Intake } from "../ingest/create-intake.ts";
import { createStatusStore } from "../ingest/store-statuses.ts";
import { noFailPoints } from "../kernel/fail-points.ts";
import { parseCloudWebhook } from "../whatsapp/parse-webhook.ts";
import { createReadUsage, type UsageRequest, type UsageView } from "./read-usage.ts";
import { readRates } from "./read-rates.ts";

let test: TestDatabase;
let database: Database;
let services: Services;
let intakes: readonly Intake[];
let http: TestHttp;
let business: TestBusiness;
let thread = "";
let seq = 1;

beforeAll(async () => {
  test = await createTestDatabase();
  database = test.open();
  services = createTestServices({ database, log: test.log });
  http = createTestHttp(database, test.log, { services });
  intakes = [createTestIntake(test, { database }), createTestIntake(test)];
});
beforeEach(async () => {
  business = await createTestBusiness(test.superuser);
  seq = 1;
  await accept(messagesBody(business.phoneNumberId, { from: "12025550147" }));
  const { rows } = await test.superuser.query<{ id: string }>("select id from onethread.conversations where business_id = $1", [
    business.businessId,
  ]);
  thread = rows[0]?.id ?? "";
});
afterAll(async () => {
  try {
    await expectNothingBroken(test);
  } finally {
    await http.app.close();
    await test.close();
  }
});

interface Said {
  readonly status?: string;
  readonly category?: string;
  readonly type?: string;
  readonly at?: string;
  readonly userId?: string;
  readonly phone?: string;
}

/** A status, priced when it has a category. */
function status(id: string, { status: word = "delivered", category, type = "regular", at = "2026-11-25T12:00:00Z", ...to }: Said): object {
  return {
    id,
    status: word,
    timestamp: String(Date.parse(at) / 1_000),
    ...(to.phone === undefined ? {} : { recipient_id: to.phone }),
    ...(to.phone === undefined || to.userId !== undefined ? { recipient_user_id: to.userId ?? "IN.7Q2m9XkLp4" } : {}),
    ...(category === undefined ? {} : { pricing: { billable: true, pricing_model: "PMP", type, category } }),
    ...(word === "failed" ? { errors: [{ code: 131_026, title: "Undeliverable" }] } : {}),
  };
}

async function accept(body: Buffer, intake = intakes[0]): Promise<void> {
  const parsed = parseCloudWebhook(body);
  if (parsed.outcome !== "events") throw new Error(parsed.reason);
  expect(await intake?.receive(parsed.events)).toMatchObject({ quarantined: 0 });
}
const receive = (statuses: readonly object[], intake = intakes[0]): Promise<void> =>
  accept(webhookBody(business.phoneNumberId, { statuses }), intake);

/** A message of ours that the platform has accepted, as after its answer. */
async function sent(id = `wamid.${randomUUID()}`): Promise<string> {
  seq += 1;
  const place = seq;
  await test.superuser.query(
    "update onethread.conversations set last_seq = greatest(last_seq, $2), last_message_at = greatest(last_message_at, now()) where id = $1",
    [thread, place],
  );
  await test.superuser.query(
    `insert into onethread.messages (business_id, id, conversation_id, seq, channel_id, direction, author, provider_message_id, type, content, sent_at, received_at,
       status, accepted_at) select $1, gen_random_uuid(), $2, $3, $4, 'out', 'api', $5, 'template', '{}', last_message_at, now(), 'accepted', now()
       from onethread.conversations where id = $2`,
    [business.businessId, thread, place, business.channelId, id],
  );
  return id;
}

const applyWaiting = (): Promise<number> =>
  createStatusStore({ ...services, db: database.acrossBusinesses, failPoints: noFailPoints }).applyWaitingOnce();

async function usage(request: Partial<UsageRequest> = {}): Promise<UsageView> {
  const wanted = { from: "2026-11-01", to: "2026-11-30", groupBy: ["category"], ...request } as const;
  const outcome = await services.readUsage(business.businessId, wanted);
  if (outcome.outcome === "invalid") throw new Error(outcome.problem);
  return outcome.usage;
}
const rowsOf = async (request: Partial<UsageRequest> = {}): Promise<unknown> =>
  (await usage(request)).data.map(({ cost: _, ...row }) => row);

async function load(csv: string): Promise<void> {
  const read = readRates(csv);
  if (read.outcome === "invalid") throw new Error(read.problems.join("\n"));
  await services.rates.replace(read.rates);
}

it("a message is counted once, whether its price is named on sent, on delivered or on both, and as the delivery says", async () => {
  const [onSent, onDelivered, onBoth, never, failed] = [await sent(), await sent(), await sent(), await sent(), await sent()];
  await receive([
    status(onSent, { status: "sent", category: "marketing" }),
    status(onSent, {}),
    status(onDelivered, { status: "sent" }),
    status(onDelivered, { category: "marketing" }),
    status(onBoth, { status: "sent", category: "utility" }),
    status(onBoth, { category: "marketing" }),
    status(onBoth, { status: "read", at: "2026-11-26T12:00:00Z" }),
    status(never, { status: "sent", category: "marketing" }),
    status(failed, { status: "failed", category: "marketing" }),
  ]);
  expect(await rowsOf()).toEqual([{ category: "marketing", messages: 4, delivered: 3 }]);
  // The whole delivery again.
  await receive([status(onSent, {}), status(onBoth, { category: "marketing" })]);
  await receive([status(never, { status: "read", at: "2026-11-27T12:00:00Z" })]);
  expect(await rowsOf()).toEqual([{ category: "marketing", messages: 4, delivered: 4 }]);
});

it("what is counted is a matter of what was said, not of when, how often, by whom and whether its message was known yet", async () => {
  const words = ["sent", "delivered", "read", "played", "failed"];
  const pick = <T>(list: readonly T[]): T => list[Math.floor(Math.random() * list.length)] as T;
  const said = Array.from({ length: 60 }, (_, at) => ({
    id: `wamid.${randomUUID()}`,
    isEarly: at % 3 === 0,
    statuses: words
      .filter(() => Math.random() < 0.6)
      .map((word) => ({
        status: word,
        at: pick(["2026-11-24T23:30:00Z", "2026-11-25T12:00:00Z", "2026-11-26T00:10:00Z"]),
        ...(Math.random() < 0.6 ? { category: pick(["utility", "marketing"]), type: pick(["regular", "free_entry_point"]) } : {}),
        userId: pick(["IN.a", "BR.a"]),
      })),
  }));
  for (const { id, isEarly } of said) if (!isEarly) await sent(id);
  const deliveries = said.flatMap(({ id, statuses }) => statuses.flatMap((one) => Array.from({ length: 2 }, () => status(id, one))));
  const shuffled = deliveries.map((one) => ({ one, at: Math.random() })).toSorted((a, b) => a.at - b.at);
  const batches = Array.from({ length: Math.ceil(shuffled.length / 7) }, (_, at) =>
    shuffled.slice(at * 7, at * 7 + 7).map(({ one }) => one),
  );
  await Promise.all(batches.map((batch, at) => receive(batch, intakes[at % 2])));
  for (const { id, isEarly } of said) if (isEarly) await sent(id);
  await applyWaiting();

  const expected = new Map<string, { messages: number; delivered: number }>();
  for (const { statuses } of said) {
    const best = statuses
      .filter((one) => one.status !== "failed" && one.category !== undefined)
      .map((one) =>
        [
          { sent: 2, delivered: 4, read: 5, played: 6 }[one.status],
          one.at.slice(0, 10),
          one.category,
          one.type,
          one.userId.slice(0, 2),
        ].join(" "),
      )
      .toSorted()
      .at(-1);
    if (best === undefined) continue;
    const key = best.slice(2);
    const { messages, delivered } = expected.get(key) ?? { messages: 0, delivered: 0 };
    const isDelivered = statuses.some((one) => ["delivered", "read", "played"].includes(one.status));
    expected.set(key, { messages: messages + 1, delivered: delivered + Number(isDelivered) });
  }
  const { data, total } = await usage({ groupBy: ["day", "category", "type", "market"] });
  const found = data.map(({ day, category, type, market, messages, delivered }) => [
    [day, category, type, market].join(" "),
    { messages, delivered },
  ]);
  expect(Object.fromEntries(found)).toEqual(Object.fromEntries(expected));
  expect(total.messages).toBe([...expected.values()].reduce((sum, { messages }) => sum + messages, 0));
});

it("a day is one of the business's time zone, a market the recipient's country", async () => {
  await services.replySettings.change(business.businessId, { timeZone: "Asia/Kolkata" });
  const [number, unknown, user] = [await sent(), await sent(), await sent()];
  // An intake that has not asked for the business's settings before.
  const intake = createTestIntake(test);
  await receive(
    [
      status(number, { category: "AUTHENTICATION_international", at: "2026-11-25T19:00:00Z", phone: "5541999998888" }),
      status(unknown, { category: "utility", at: "2026-11-25T18:00:00Z", phone: "0" }),
      status(user, { category: "utility", at: "2026-11-25T18:00:00Z", phone: "5541999998888", userId: "IN.a" }),
    ],
    intake,
  );
  expect(await rowsOf({ groupBy: ["day", "category", "market"] })).toEqual([
    { day: "2026-11-25", category: "utility", market: "", messages: 1, delivered: 1 },
    { day: "2026-11-25", category: "utility", market: "IN", messages: 1, delivered: 1 },
    { day: "2026-11-26", category: "authentication-international", market: "BR", messages: 1, delivered: 1 },
  ]);
  expect((await usage()).timeZone).toBe("Asia/Kolkata");
});

it("money is exact, by the rate of the day and the country; what has none is not free, and what is free costs nothing", async () => {
  await load(`currency,market,category,effective_from,amount
USD,IN,marketing,2026-07-01,0.0100
USD,IN,marketing,2026-11-26,0.1
USD,*,marketing,2026-07-01,0.02
USD,in  br,utility,2026-10-01,0.0014`);
  const said: readonly Said[] = [
    { category: "marketing" },
    { category: "marketing", at: "2026-11-26T12:00:00Z" },
    { category: "marketing", at: "2026-11-26T12:00:00Z" },
    { category: "marketing", userId: "ZA.a" },
    { category: "utility", userId: "BR.a" },
    { category: "utility", userId: "ZA.a" },
    { category: "utility", type: "free_entry_point", userId: "ZA.a" },
    { category: "service" },
    { category: "service", type: "a_new_word_of_metas" },
    { category: "marketing", status: "sent" },
  ];
  await receive(await Promise.all(said.map(async (one) => status(await sent(), one))));
  expect((await usage()).data).toEqual([
    { category: "marketing", messages: 5, delivered: 4, cost: { amount: "0.23", withoutRate: 0 } },
    { category: "service", messages: 2, delivered: 2, cost: { amount: null, withoutRate: 2 } },
    { category: "utility", messages: 3, delivered: 3, cost: { amount: "0.0014", withoutRate: 1 } },
  ]);
  expect((await usage()).total).toEqual({ messages: 10, delivered: 9, cost: { amount: "0.2314", withoutRate: 3 } });
  // A second file of the same currency replaces the first; one of another currency stands beside it.
  await load("currency,market,category,effective_from,amount\nUSD,*,marketing,2026-01-01,1\nEUR,*,marketing,2026-01-01,2");
  expect(await usage()).toMatchObject({ currency: null, currencies: ["EUR", "USD"], total: { cost: null } });
  expect((await usage({ currency: "USD" })).total.cost).toEqual({ amount: "4", withoutRate: 4 });
  await expect(usage({ currency: "CHF" })).rejects.toThrow("There are no rates in CHF: there are those of EUR, USD.");
});

it("a table of rates with a wrong row is refused as a whole, and every wrong row is named", () => {
  const head = "effective_from,currency,market,category,amount";
  const wrong = [
    "2026-10-01,US,IN,marketing,1",
    "2026-02-30,USD,IN,marketing,1",
    "2026-10-01,USD,India,marketing,1",
    "2026-10-01,USD,IN,marketing,1,5",
  ];
  const wrongMore = [
    "2026-10-01,USD,IN,,1",
    "2026-10-01,USD,IN,marketing,-1",
    "2026-10-01,USD,BR IN,utility,1",
    "2026-10-01,USD,IN,utility,1",
  ];
  const read = readRates([head, "2026-10-01,USD,IN,marketing,0.01", ...wrong, ...wrongMore].join("\r\n"));
  expect(read).toEqual({
    outcome: "invalid",
    problems: [
      expect.stringMatching(/^Line 3: the currency/),
      expect.stringMatching(/^Line 4: effective_from/),
      expect.stringMatching(/^Line 5: the market/),
      expect.stringMatching(/^Line 6: USD marketing IN 2026-10-01 has a rate already/),
      expect.stringMatching(/^Line 7: the category/),
      expect.stringMatching(/^Line 8: the amount/),
      expect.stringMatching(/^Line 10: USD utility IN 2026-10-01 has a rate already/),
    ],
  });
  expect(readRates("a,b\n1,2")).toMatchObject({
    problems: ["The first line lacks the columns currency, market, category, effective_from, amount."],
  });
  expect(readRates(head)).toMatchObject({ outcome: "invalid" });
  expect(readRates('"')).toMatchObject({ outcome: "invalid" });
});

it("of the free service messages it says what is left, and what there will be if it goes on so", async () => {
  const free = { category: "service", type: "free_customer_service" };
  const said: readonly Said[] = [
    free,
    free,
    free,
    { ...free, status: "sent" },
    { ...free, at: "2026-10-31T12:00:00Z" },
    { ...free, at: "2026-09-01T12:00:00Z" },
  ];
  await receive(await Promise.all(said.map(async (one) => status(await sent(), one))));
  const read = createReadUsage({ database, settings: services.replySettings, now: () => new Date("2026-11-10T12:00:00Z") });
  const tier = async (from: string): Promise<unknown> => {
    const outcome = await read(business.businessId, { from, to: "2026-11-09", groupBy: [] });
    return outcome.outcome === "read" ? outcome.usage.freeTier : outcome;
  };
  const of = { channelId: business.channelId, included: 1_000, charged: 0 };
  const november = { ...of, month: "2026-11", free: 3, remaining: 997, expected: 9 };
  expect(await tier("2026-11-05")).toEqual([november]);
  expect(await tier("2026-08-01")).toEqual([{ ...of, month: "2026-10", free: 1, remaining: 999, expected: null }, november]);
  await receive([status(await sent(), { category: "service" })]);
  expect(await tier("2026-11-05")).toEqual([{ ...november, charged: 1, remaining: 0, expected: 12 }]);
});

it("the API and the command line say the same, of the caller's business, and refuse what they cannot answer with a sentence", async () => {
  await receive([status(await sent(), { category: "marketing" })]);
  const headers = await bearerFor(database, business.businessId);
  const get = async (query: string) => {
    const answer = await http.app.inject({ url: `/api/v1/usage?${query}`, headers });
    return { status: answer.statusCode, json: answer.json<Record<string, unknown>>() };
  };
  const days = "from=2026-11-01&to=2026-11-30";
  expect(await get(`${days}&groupBy=channel,day`)).toMatchObject({
    status: 200,
    json: { data: [{ channelId: business.channelId, day: "2026-11-25", messages: 1, delivered: 1 }], total: { messages: 1 } },
  });
  for (const query of [
    "from=2026-02-30",
    "from=2026-11-02&to=2026-11-01",
    "from=2024-01-01&to=2026-01-01",
    `${days}&groupBy=weekday`,
    "currency=usd",
  ])
    expect([query, (await get(query)).status]).toEqual([query, 400]);
  const other = await createTestBusiness(test.superuser);
  const stranger = await bearerFor(database, other.businessId);
  expect((await http.app.inject({ url: `/api/v1/usage?${days}`, headers: stranger })).json()).toMatchObject({
    data: [],
    total: { messages: 0 },
  });

  const directory = await mkdtemp(join(tmpdir(), "rates-"));
  const run = async (...args: readonly string[]) => {
    const terminal = createRecordingTerminal({ DATABASE_URL: test.url });
    const code = await runCli(args, terminal);
    return { code, out: terminal.printed.join("\n"), err: terminal.complained.join("\n") };
  };
  try {
    const file = join(directory, "rates.csv");
    await writeFile(
      file,
      "currency,market,category,effective_from,amount\nGBP,*,marketing,2026-01-01,0.0529\nGBP,IN,marketing,2026-01-01,x",
    );
    expect(await run("rates", "load", file)).toMatchObject({
      code: 2,
      err: expect.stringMatching(/Line 3: the amount[^]*Nothing was changed/) as string,
    });
    await writeFile(file, "currency,market,category,effective_from,amount\nGBP,*,marketing,2026-01-01,0.0529");
    expect(await run("rates", "load", file)).toMatchObject({ code: 0, err: expect.stringContaining("Loaded 1 rates in GBP") as string });
    expect((await run("rates", "list")).out).toContain("GBP");
    const shown = await run("usage", "--business", business.businessId, "--from", "2026-11-01", "--to", "2026-11-30", "--currency", "GBP");
    expect(shown.out).toMatch(/category +messages +delivered +GBP\nmarketing +1 +1 +0\.0529\ntotal +1 +1 +0\.0529/);
    expect(await run("usage", "--business", business.businessId, "--by", "weekday")).toMatchObject({ code: 2 });
    expect((await run("usage", "--business", other.businessId)).err).toContain("has named no price");
  } finally {
    await rm(directory, { recursive: true });
  }
});
