// Proves what a notice does: the channel and the template have a new state, an event and a sentence report it, each once and forward only.
import { afterAll, beforeAll, beforeEach, expect, test as it } from "vitest";
import { createReportedChannels, type ReportedChannel, type ReportedChannels } from "../../test/support/reported-channel.ts";
import { createTestDatabase, type TestDatabase } from "../../test/support/test-database.ts";
import { bearerFor, createTestHttp } from "../../test/support/test-http.ts";
import { createTestIntake } from "../../test/support/test-intake.ts";
import { createReplay } from "../ingest/replay.ts";
import type { JsonObject } from "../kernel/json.ts";
import { CLOUD_SIGNALS, GATEWAY_SIGNALS, type KnownAfterwards, SILENT_SIGNALS } from "../whatsapp/fixtures/channel-signals.ts";

const T = 1_790_000_000;

let test: TestDatabase;
let channels: ReportedChannels;
let one: ReportedChannel;

beforeAll(async () => {
  test = await createTestDatabase();
  channels = createReportedChannels(test);
});
afterAll(async () => {
  await channels.close();
  await test.close();
});
beforeEach(async () => {
  one = await channels.create();
  channels.takeLogged();
});

async function expectKnown({ health, known, severity, says }: KnownAfterwards): Promise<void> {
  expect(await one.known()).toEqual(known);
  expect(await one.health()).toBe(health);
  expect(await one.eventsOf("channel.changed")).toHaveLength(known.length);
  const notices = await one.get("/notices");
  // The words of WhatsApp stand in brackets, behind what they mean.
  for (const { sentence } of notices) expect(String(sentence).replaceAll(/\(\w+\)/g, "")).not.toMatch(/[A-Z]_[A-Z]/);
  expect(notices).toMatchObject([{ severity, channelId: one.channelId, sentence: expect.stringContaining(says) as string }]);
  expect(channels.takeLogged()).toEqual([severity === "info" ? "notice.recorded" : "notice.raised"]);
}

it.each(CLOUD_SIGNALS)(
  "$provider: $what: state, event, notice and line of the log, once however often it is delivered",
  async ({ report, after }) => {
    for (let delivery = 0; delivery < 3; delivery += 1) await one.report(report.field, report.value, T);
    await expectKnown(after);
  },
);

it.each(GATEWAY_SIGNALS)(
  "$provider: $what: state, event, notice and line of the log, once however often it is told",
  async ({ provider, report, after }) => {
    const receive = await one.connect(provider);
    for (let delivery = 0; delivery < 3; delivery += 1)
      await receive({ ...report, ...(provider === "waha" && { id: `evt_${String(delivery)}` }) });
    await expectKnown(after);
  },
);

it.each(SILENT_SIGNALS)("%s: %s: nothing is learned from it", async (gateway, _what, body) => {
  const receive = await one.connect(gateway);
  await receive(body);
  expect(await one.known()).toEqual([]);
  expect(await one.get("/notices")).toEqual([]);
  expect(channels.takeLogged()).toEqual([]);
});

it("a late report does not undo a state, and a newer one ends it", async () => {
  await one.report("account_update", { event: "PARTNER_ADDED" }, T + 200);
  await one.report("account_update", { event: "PARTNER_REMOVED" }, T + 100);
  expect(await one.health()).toBe("ok");
  await one.report("account_update", { event: "PARTNER_REMOVED" }, T + 300);
  expect(await one.health()).toBe("removed");
  expect(await one.get("/notices")).toHaveLength(3);
  expect(await one.eventsOf("channel.changed")).toHaveLength(2);
});

it("a state that was reported again is as new as its last report: what came in between does not undo it", async () => {
  const receive = await one.connect("waha");
  await receive(wahaStatus(0, { status: "WORKING" }));
  await receive(wahaStatus(1_000, { status: "WORKING" }));
  await receive(wahaStatus(500, { status: "FAILED" }));
  expect(await one.health()).toBe("ok");
  expect(await one.eventsOf("channel.changed")).toHaveLength(1);
});

it("the same state a thousand times, from many processes at once, is one event, one notice and one line of the log", async () => {
  const times = Array.from({ length: 1_000 }, (_, index) => index);
  for (let at = 0; at < times.length; at += 100) {
    await Promise.all(times.slice(at, at + 100).map((second) => one.report("account_update", { event: "PARTNER_REMOVED" }, T + second)));
  }
  expect(await one.eventsOf("channel.changed")).toHaveLength(1);
  expect(await one.get("/notices")).toHaveLength(1);
  expect(channels.takeLogged()).toEqual(["notice.raised"]);
});

it("what happens again each time is reported each time", async () => {
  const violation = { event: "ACCOUNT_VIOLATION", violation_info: { violation_type: "SCAM" } };
  for (const time of [T, T, T + 1]) await one.report("account_update", violation, time);
  expect(await one.get("/notices")).toHaveLength(2);
  expect(await one.eventsOf("channel.changed")).toHaveLength(2);
});

it("the same state with other facts has them, and is reported again", async () => {
  const value = (username: string) => ({ display_phone_number: "15550100200", username, status: "approved" });
  for (const [second, name] of ["aurora", "aurora", "aurora.studio"].entries()) {
    await one.report("business_username_updates", value(name), T + second);
  }
  expect((await one.get("/channels"))[0]?.["signals"]).toMatchObject([{ sentence: expect.stringContaining("aurora.studio") as string }]);
  expect(await one.get("/notices")).toHaveLength(2);
  expect(await one.eventsOf("channel.changed")).toHaveLength(2);
});

it.each(["soon", null, -1, 9e15, 1e300, [], {}, "9007199254740991"])("an account's time of %j is none", async (time) => {
  await one.report("account_update", { event: "PARTNER_REMOVED" }, time as number);
  await one.report("account_update", { event: "ACCOUNT_RESTRICTION", restriction_info: [{ restriction_type: "X", expiration: time }] }, T);
  expect(await one.known()).toEqual(["partner: PARTNER_REMOVED", "restriction:X: X"]);
});

it("a notice of one number changes that number only, and nobody else's business sees it", async () => {
  const other = await channels.create();
  const quality = { event: "DOWNGRADE", current_limit: "TIER_250" };
  await one.report("phone_number_quality_update", { ...quality, display_phone_number: "15550100999" }, T);
  expect(await one.known()).toEqual([]);
  await one.report("phone_number_quality_update", { ...quality, display_phone_number: "+1 555-010-0200" }, T + 1);
  expect(await one.known()).toEqual(["limit: TIER_250", "quality: DOWNGRADE"]);
  expect(await other.get("/notices")).toEqual([]);
  expect(await other.known()).toEqual([]);
});

/** A second number of the same account and business. */
async function addNumber(displayPhoneNumber: string): Promise<string> {
  const { rows } = await test.superuser.query<{ external_id: string }>(
    `insert into channels (business_id, id, provider, external_id, account_id, display_phone_number, name)
     values ($1, gen_random_uuid(), 'cloud', $2, $3, $4, 'Second') returning external_id`,
    [one.businessId, `9${one.phoneNumberId}`, one.account, displayPhoneNumber],
  );
  return rows[0]?.external_id ?? "";
}

const statesOf = async (): Promise<unknown> =>
  (await one.get("/channels")).map(({ name, signals }) => [name, (signals as readonly { aspect: string }[]).map(({ aspect }) => aspect)]);

it("of two numbers of one account each has its own signals, and both have the account's", async () => {
  const second = await addNumber("15550100300");
  await one.report("account_update", { event: "PARTNER_REMOVED" }, T);
  await one.report("security", { display_phone_number: "15550100300", event: "PIN_CHANGED" }, T);
  const phone_number_settings = { phone_number_id: one.phoneNumberId, calling: { status: "ENABLED" } };
  await one.report("account_settings_update", { type: "PHONE_NUMBER_SETTINGS", phone_number_settings }, T);
  const alert_info = { alert_severity: "WARNING", alert_status: "ACTIVE", alert_type: "LIMIT" };
  await one.report("account_alerts", { entity_type: "PHONE_NUMBER", entity_id: second, alert_info }, T);
  expect(await statesOf()).toEqual([
    ["Main", ["partner", "settings:calling"]],
    ["Second", ["partner", "alert:LIMIT", "security"]],
  ]);
  expect(await one.eventsOf("channel.changed")).toHaveLength(5);
});

it("access that is taken away in the name of the portfolio is the account's that it names", async () => {
  const waba_info = { waba_id: one.account, owner_business_id: "1" };
  const portfolio = await channels.create("7000000000000001");
  await test.superuser.query("update channels set account_id = null where business_id = $1", [portfolio.businessId]);
  await portfolio.report("account_update", { event: "PARTNER_REMOVED", waba_info }, T);
  expect(await one.health()).toBe("removed");
  expect(await one.get("/notices")).toMatchObject([{ accountId: one.account }]);
});

it("an account's id that no database takes is no fault", async () => {
  await one.report("account_update", { event: "PARTNER_REMOVED", waba_info: { waba_id: "4\u00002" } }, T);
  expect(await one.health()).toBe("removed");
});

async function replay(): Promise<void> {
  const database = test.open();
  await createReplay({ db: database.acrossBusinesses, intake: createTestIntake(test) }).run({});
}

it.each([
  { what: "account", field: "account_update", value: { event: "PARTNER_REMOVED" }, state: "partner: PARTNER_REMOVED" },
  {
    what: "number",
    field: "security",
    value: { display_phone_number: "15550100300", event: "PIN_CHANGED" },
    state: "security: PIN_CHANGED",
  },
])("a signal of an unknown $what is kept, and a replay finds it once it is connected", async ({ what, field, value, state }) => {
  const connect = async (accountId: string | null, displayPhoneNumber: string): Promise<void> => {
    const values = [one.businessId, accountId, displayPhoneNumber];
    await test.superuser.query("update channels set account_id = $2, display_phone_number = $3 where business_id = $1", values);
  };
  await connect(what === "account" ? null : one.account, "+1 555 010 0200");
  for (let delivery = 0; delivery < 2; delivery += 1) await one.report(field, value, T);
  await replay();
  expect(await one.known()).toEqual([]);
  await connect(one.account, "+1 555 010 0300");
  await replay();
  expect(await one.known()).toEqual([state]);
  expect(await one.get("/notices")).toHaveLength(1);
});

it("what is replayed and has no time of its own is as old as its webhook", async () => {
  const receive = await one.connect("evolution");
  await receive({ event: "connection.update", instance: "a", data: { state: "open" } });
  await test.superuser.query(
    `insert into webhook_log (business_id, id, received_at, state, reason, provider, kind, channel_key, body)
     values ($1, gen_random_uuid(), now() - interval '1 hour', 'quarantined', 'It could not be read.', 'evolution', 'notice', $2, $3)`,
    [one.businessId, `token-${one.channelId}`, JSON.stringify({ event: "connection.update", instance: "a", data: { state: "close" } })],
  );
  await replay();
  expect(await one.health()).toBe("ok");
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
  await one.report("message_template_status_update", rejected, T);
  await one.report("template_category_update", { ...template, previous_category: "MARKETING", new_category: "UTILITY" }, T + 100);
  await one.report(
    "message_template_status_update",
    { ...template, event: "APPROVED", reason: null, message_template_category: "MARKETING" },
    T - 1_000_000,
  );
  const { rows } = await test.superuser.query("select category, status from template_states where account_id = $1", [one.account]);
  expect(rows).toEqual([{ category: "UTILITY", status: "REJECTED" }]);
  expect((await one.get("/notices")).at(-1)).toMatchObject({
    severity: "warning",
    sentence: 'The template "cart" (en) was rejected and cannot be sent: its format is wrong. Two variables touch.',
  });
  expect(await one.eventsOf("template.changed")).toHaveLength(3);
});

it("a notice that nobody knows is listed all the same", async () => {
  await one.report("a_field_of_the_future", { anything: 1 }, T);
  expect(await one.get("/notices")).toMatchObject([{ field: "a_field_of_the_future", severity: "info" }]);
});

it.each([
  { gateway: "evolution", bodyOf: (data: JsonObject): JsonObject => ({ event: "connection.update", instance: "a", data }) },
  { gateway: "baileys", bodyOf: (data: JsonObject): JsonObject => ({ me: {}, events: [{ event: "connection.update", data }] }) },
] as const)("a lost connection of $gateway is the channel's state until it is back", async ({ gateway, bodyOf }) => {
  const receive = await one.connect(gateway);
  await receive(bodyOf({ state: "close" }));
  expect(await one.health()).toBe("disconnected");
  await receive(bodyOf({ state: "open" }));
  expect(await one.health()).toBe("ok");
  await receive(bodyOf({ state: "close" }));
  expect(await one.health()).toBe("disconnected");
  expect(await one.get("/notices")).toHaveLength(3);
});

it("a redelivery of what was reported before does not undo a newer state, where the gateway's body tells them apart", async () => {
  const receive = await one.connect("evolution");
  const body = (state: string, date_time: string): JsonObject => ({
    event: "connection.update",
    instance: "a",
    data: { state },
    date_time,
  });
  await receive(body("close", "2026-11-01T10:00:00.000Z"));
  await receive(body("open", "2026-11-01T10:00:01.000Z"));
  await receive(body("close", "2026-11-01T10:00:00.000Z"));
  expect(await one.health()).toBe("ok");
  await receive(body("close", "2026-11-01T10:00:02.000Z"));
  expect(await one.health()).toBe("disconnected");
});

/** Each second of a session, and what it says then. */
const wahaStatus = (second: number, payload: JsonObject): JsonObject => ({
  ...{ id: `evt_${String(second)}`, timestamp: (T + second) * 1_000, event: "session.status", session: "a" },
  payload,
});

it("a lock that is made longer has its new end, and is reported again; the same one is not", async () => {
  const receive = await one.connect("waha");
  for (const [second, timeEnforcementEnds] of [4_000_000_000, 4_000_000_000, 4_000_086_400].entries()) {
    await receive(wahaStatus(second, { status: "WORKING", data: { reachoutTimelock: { isActive: true, timeEnforcementEnds } } }));
  }
  expect((await one.get("/channels"))[0]?.["signals"]).toMatchObject([
    { aspect: "reachout", state: "locked", until: "2096-10-03T07:06:40+00:00" },
    { aspect: "connection", state: "WORKING", sentence: "The gateway is connected to WhatsApp." },
  ]);
  expect(await one.get("/notices")).toHaveLength(2);
});

interface Notices {
  readonly data: readonly { readonly sentence: string }[];
  readonly nextCursor: string | null;
}

it("pages of notices hold each one once, the newest first, also when many came in one moment", async () => {
  const database = test.open();
  const http = createTestHttp(database, test.log);
  const headers = await bearerFor(database, one.businessId);
  await test.superuser.query(
    `insert into onethread.notices (business_id, id, received_at, at, provider, field, severity, sentence)
     select $1, gen_random_uuid(), '2026-11-01 00:00:00.0001Z'::timestamptz + (i / 3) * interval '1 microsecond', now(), 'cloud', 'alerts', 'info', 'notice ' || i
       from generate_series(0, 10) i`,
    [one.businessId],
  );
  const seen: unknown[] = [];
  for (let cursor: string | null = ""; cursor !== null;) {
    const query = cursor === "" ? "" : `&cursor=${encodeURIComponent(cursor)}`;
    const answer = await http.app.inject({ url: `/api/v1/notices?limit=4${query}`, headers });
    const page: Notices = answer.json();
    seen.push(...page.data.map(({ sentence }) => sentence));
    cursor = page.nextCursor;
  }
  await http.app.close();
  expect(seen.toSorted()).toEqual(Array.from({ length: 11 }, (_, index) => `notice ${String(index)}`).toSorted());
  expect(seen.slice(0, 2).toSorted()).toEqual(["notice 10", "notice 9"]);
});
