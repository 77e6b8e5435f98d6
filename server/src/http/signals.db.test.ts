// Proves what a notice does: the channel and the template have a new state, an event and a sentence tell of it, each once and forward only.
import { afterAll, beforeAll, beforeEach, expect, test as it } from "vitest";
import { createTestBusiness, type TestBusiness } from "../../test/support/test-business.ts";
import { createTestDatabase, type TestDatabase } from "../../test/support/test-database.ts";
import { bearerFor, createTestHttp, type TestHttp } from "../../test/support/test-http.ts";
import { createTestIntake } from "../../test/support/test-intake.ts";
import type { Database } from "../db/database.ts";
import type { WebhookIntake } from "../ingest/webhook-intake.ts";
import type { JsonObject } from "../kernel/json.ts";
import { parseGatewayWebhook, type Gateway } from "../whatsapp/gateways/parse-gateway-webhook.ts";
import { parseCloudWebhook } from "../whatsapp/parse-webhook.ts";

let test: TestDatabase;
let database: Database;
let intake: WebhookIntake;
let http: TestHttp;
let business: TestBusiness;
let account = "";
let accounts = 0;
let headers: Readonly<Record<string, string>>;

beforeAll(async () => {
  test = await createTestDatabase();
  database = test.open();
  http = createTestHttp(database, test.log);
  intake = createTestIntake(test);
});
afterAll(async () => {
  await http.app.close();
  await test.close();
});
beforeEach(async () => {
  business = await createTestBusiness(test.superuser);
  accounts += 1;
  account = `4000000000${String(accounts)}`;
  await test.superuser.query("update channels set account_id = $2 where business_id = $1", [business.businessId, account]);
  headers = await bearerFor(database, business.businessId);
});

async function report(field: string, value: JsonObject, time: number): Promise<void> {
  const body = { object: "whatsapp_business_account", entry: [{ id: account, time, changes: [{ field, value }] }] };
  const parsed = parseCloudWebhook(Buffer.from(JSON.stringify(body)));
  if (parsed.outcome !== "events") throw new Error(parsed.reason);
  await intake.receive(parsed.events);
}
async function get(url: string): Promise<Readonly<Record<string, unknown>>[]> {
  const answer = await http.app.inject({ url: `/api/v1${url}`, headers });
  return answer.json<{ data: Readonly<Record<string, unknown>>[] }>().data;
}
const health = async (): Promise<unknown> => (await get("/channels"))[0]?.["health"];
const eventsOf = async (type: string) =>
  (
    await test.superuser.query<{ data: unknown }>("select data from events where business_id = $1 and type = $2 order by at, id", [
      business.businessId,
      type,
    ])
  ).rows;

it.each([
  [{ event: "PARTNER_REMOVED" }, "removed"],
  [{ event: "PARTNER_APP_UNINSTALLED" }, "removed"],
  [{ event: "ACCOUNT_DELETED" }, "removed"],
  [{ event: "DISABLED_UPDATE", ban_info: { waba_ban_state: "DISABLE", waba_ban_date: "December 1, 2026" } }, "banned"],
  [{ event: "DISABLED_UPDATE", ban_info: { waba_ban_state: "SCHEDULE_FOR_DISABLE", waba_ban_date: "December 1, 2026" } }, "restricted"],
  [
    {
      event: "ACCOUNT_RESTRICTION",
      restriction_info: [{ restriction_type: "RESTRICTED_BIZ_INITIATED_MESSAGING", expiration: 4_000_000_000 }],
    },
    "restricted",
  ],
  [
    {
      event: "ACCOUNT_RESTRICTION",
      restriction_info: [{ restriction_type: "RESTRICTED_BIZ_INITIATED_MESSAGING", expiration: 1_700_000_000 }],
    },
    "ok",
  ],
])("%j is the state of every channel of the account: %s; told once", async (value, expected) => {
  for (let delivery = 0; delivery < 2; delivery += 1) await report("account_update", value, 1_790_000_000);
  expect(await health()).toBe(expected);
  expect(await eventsOf("channel.changed")).toHaveLength(1);
  expect(await get("/notices")).toMatchObject([
    { field: "account_update", severity: "critical", accountId: account, channelId: business.channelId },
  ]);
});

it("what comes late does not take a state back, and what comes after it ends it", async () => {
  await report("account_update", { event: "PARTNER_ADDED" }, 1_790_000_200);
  await report("account_update", { event: "PARTNER_REMOVED" }, 1_790_000_100);
  expect(await health()).toBe("ok");
  await report("account_update", { event: "PARTNER_REMOVED" }, 1_790_000_300);
  expect(await health()).toBe("removed");
  expect(await get("/notices")).toHaveLength(3);
});

it("a notice of one number changes that number only, and nobody else's business sees it", async () => {
  await report(
    "phone_number_quality_update",
    { display_phone_number: "15550100999", event: "DOWNGRADE", current_limit: "TIER_250" },
    1_790_000_000,
  );
  expect((await get("/channels"))[0]?.["signals"]).toEqual([]);
  await report(
    "phone_number_quality_update",
    { display_phone_number: "+1 555-010-0200", event: "DOWNGRADE", current_limit: "TIER_250" },
    1_790_000_001,
  );
  expect((await get("/channels"))[0]?.["signals"]).toMatchObject([
    { aspect: "limit", state: "TIER_250" },
    { aspect: "quality", state: "DOWNGRADE" },
  ]);
  headers = await bearerFor(database, (await createTestBusiness(test.superuser)).businessId);
  expect(await get("/notices")).toEqual([]);
});

it("a template's rejection is listed with its reason, and its newest category is known", async () => {
  const template = { message_template_id: 1, message_template_name: "cart", message_template_language: "en" };
  const rejected = {
    ...template,
    event: "REJECTED",
    reason: "INVALID_FORMAT",
    message_template_category: "MARKETING",
    rejection_info: { reason: "Two variables touch" },
  };
  await report("message_template_status_update", rejected, 1_790_000_000);
  await report("template_category_update", { ...template, previous_category: "MARKETING", new_category: "UTILITY" }, 1_790_000_100);
  await report(
    "message_template_status_update",
    { ...template, event: "APPROVED", reason: null, message_template_category: "MARKETING" },
    1_789_000_000,
  );
  const { rows } = await test.superuser.query("select category, status from template_states where account_id = $1", [account]);
  expect(rows).toEqual([{ category: "UTILITY", status: "REJECTED" }]);
  expect((await get("/notices")).at(-1)).toMatchObject({
    severity: "warning",
    sentence: "Template cart (en): REJECTED (INVALID_FORMAT: Two variables touch).",
  });
  expect(await eventsOf("template.changed")).toHaveLength(3);
});

it("a notice that nobody knows is listed all the same", async () => {
  await report("a_field_of_the_future", { anything: 1 }, 1_790_000_000);
  expect(await get("/notices")).toMatchObject([{ field: "a_field_of_the_future", severity: "info" }]);
});

/** The business's channel becomes one of this gateway. */
async function connect(gateway: Gateway): Promise<(body: JsonObject) => Promise<void>> {
  const token = `token-${gateway}-${business.channelId}`;
  await test.superuser.query("update channels set provider = $2, external_id = $3, account_id = null where business_id = $1", [
    business.businessId,
    gateway,
    token,
  ]);
  await test.superuser.query("insert into directory (kind, key, business_id, target_id) values ('channel', $1, $2, $3)", [
    `${gateway}:${token}`,
    business.businessId,
    business.channelId,
  ]);
  return async (body) => {
    const parsed = parseGatewayWebhook(gateway, Buffer.from(JSON.stringify(body)), { channelKey: token, receivedAt: new Date() });
    if (parsed.outcome !== "events") throw new Error(parsed.reason);
    await intake.receive(parsed.events);
  };
}

it.each<readonly [Gateway, JsonObject, JsonObject]>([
  [
    "evolution",
    { event: "connection.update", instance: "a", data: { state: "close", statusReason: 401 } },
    { event: "connection.update", instance: "a", data: { state: "open", statusReason: 200 } },
  ],
  [
    "waha",
    { id: "evt_1", timestamp: 1_790_003_000_123, event: "session.status", session: "a", payload: { status: "FAILED" } },
    { id: "evt_2", timestamp: 1_790_003_900_123, event: "session.status", session: "a", payload: { status: "WORKING" } },
  ],
  [
    "baileys",
    { me: {}, events: [{ event: "connection.update", data: { connection: "close" } }] },
    { me: {}, events: [{ event: "connection.update", data: { connection: "open" } }] },
  ],
])("a lost connection of %s is the channel's state until it is back", async (gateway, lost, back) => {
  const receive = await connect(gateway);
  await receive(lost);
  await receive(lost);
  expect(await health()).toBe("disconnected");
  expect(await get("/notices")).toHaveLength(1);
  await receive(back);
  expect(await health()).toBe("ok");
});

/** Each second of a session, and what it says then. */
const wahaStatus = (second: number, payload: JsonObject): JsonObject => ({
  ...{ id: `evt_${String(second)}`, timestamp: 1_790_003_000_000 + second * 1_000, event: "session.status", session: "a" },
  payload,
});
const reachoutLock = (timeEnforcementEnds: number): JsonObject => ({
  reachoutTimelock: { enforcementType: "RESTRICT_ALL_COMPANIONS", isActive: true, timeEnforcementEnds },
});

it("a lock that is made longer has its new end, and is told again; the same one is not", async () => {
  const receive = await connect("waha");
  for (const [second, ends] of [4_000_000_000, 4_000_000_000, 4_000_086_400].entries()) {
    await receive(wahaStatus(second, { status: "WORKING", data: reachoutLock(ends) }));
  }
  expect((await get("/channels"))[0]?.["signals"]).toMatchObject([
    { aspect: "reachout", state: "locked", until: new Date(4_000_086_400_000).toISOString().replace(".000Z", "+00:00") },
    { aspect: "connection", state: "WORKING", sentence: "The gateway is connected to WhatsApp." },
  ]);
  expect(await get("/notices")).toHaveLength(2);
});

it("a session that fails while its number is locked is a lost connection first of all", async () => {
  const receive = await connect("waha");
  await receive(wahaStatus(1, { status: "FAILED", data: reachoutLock(4_000_000_000) }));
  expect(await health()).toBe("disconnected");
  expect(await get("/notices")).toMatchObject([
    { severity: "critical", sentence: expect.stringContaining("lost its connection") as string },
  ]);
});

interface Notices {
  readonly data: readonly { readonly sentence: string }[];
  readonly nextCursor: string | null;
}

it("pages of notices hold each one once, the newest first, also when many came in one moment", async () => {
  await test.superuser.query(
    `insert into onethread.notices (business_id, id, received_at, at, provider, field, severity, sentence)
     select $1, gen_random_uuid(), '2026-11-01 00:00:00.0001Z'::timestamptz + (i / 3) * interval '1 microsecond', now(), 'cloud', 'alerts', 'info', 'notice ' || i
       from generate_series(0, 10) i`,
    [business.businessId],
  );
  const seen: unknown[] = [];
  for (let cursor: string | null = ""; cursor !== null;) {
    const query = cursor === "" ? "" : `&cursor=${encodeURIComponent(cursor)}`;
    const answer = await http.app.inject({ url: `/api/v1/notices?limit=4${query}`, headers });
    const page: Notices = answer.json();
    seen.push(...page.data.map(({ sentence }) => sentence));
    cursor = page.nextCursor;
  }
  expect(seen.toSorted()).toEqual(Array.from({ length: 11 }, (_, index) => `notice ${String(index)}`).toSorted());
  expect(seen.slice(0, 2).toSorted()).toEqual(["notice 10", "notice 9"]);
});
