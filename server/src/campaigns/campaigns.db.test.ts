// Proves campaigns from the list to the last message: every bad row named first, each customer once in whatever spelling, each row sent once whatever dies when, a pause that
// stops, progress that is counted and never kept.
import { Readable } from "node:stream";
import { afterAll, beforeAll, beforeEach, expect, test as it } from "vitest";
import { createTestBusiness, type TestBusiness } from "../../test/support/test-business.ts";
import type { TestDatabase } from "../../test/support/test-database.ts";
import { closeTestEngine, openTestEngine, type TestEngine } from "../../test/support/test-engine.ts";
import { bearerFor, createTestHttp, type TestHttp } from "../../test/support/test-http.ts";
import { eventually } from "../../test/support/eventually.ts";
import type { BusinessDatabase } from "../db/database.ts";
import type { BusinessId } from "../kernel/ids.ts";
import { openBufferCounter, type PlanMode } from "../../test/support/buffer-counter.ts";
import { fitFiles } from "../outbound/fit-files.ts";
import { createResendUnknown } from "../outbound/resend-unknown.ts";
import { createFillList } from "./fill-list.ts";
import { isQuiet } from "./hours.ts";
import { createSelectList } from "./select-list.ts";
import { placeRecipients } from "./release.queries.ts";
import { createReleaseCampaigns } from "./release-campaigns.ts";
import type { CampaignView } from "./campaign-view.ts";

let test: TestDatabase;
let business: TestBusiness;
let engine: TestEngine;
let http: TestHttp;
let headers: Readonly<Record<string, string>>;

const GREETING = {
  name: "order_ready_named",
  language: { code: "en_US" },
  components: [{ type: "body", parameters: [{ type: "text", parameter_name: "customer", text: "{{Name}}" }] }],
};

beforeAll(async () => {
  ({ test, business, engine } = await openTestEngine());
  http = createTestHttp(engine.database, test.log, { services: engine.services });
  headers = await bearerFor(engine.database, business.businessId);
  await engine.services.templates.sync(business.businessId);
});
beforeEach(async () => {
  engine.simulator.clearFailures();
  await test.superuser.query("update campaigns set state = 'cancelled', due_at = null where state <> 'cancelled'");
  await test.superuser.query("update lanes set check_at = now() + interval '1 hour' where check_at is not null");
});
afterAll(async () => {
  await http.app.close();
  await closeTestEngine(engine, test);
});

async function post(url: string, payload?: object) {
  const response = await http.app.inject({ method: "POST", url: `/api/v1${url}`, headers, ...(payload === undefined ? {} : { payload }) });
  return { status: response.statusCode, json: response.json<Record<string, unknown>>() };
}
async function get<T>(url: string): Promise<T> {
  return (await http.app.inject({ url: `/api/v1${url}`, headers })).json<T>();
}
async function create(more: object = {}): Promise<string> {
  const made = await post("/campaigns", { name: "Autumn", channelId: business.channelId, template: GREETING, ...more });
  expect(made).toMatchObject({ status: 201, json: { state: "draft" } });
  return String(made.json["id"]);
}
async function upload(id: string, csv: string) {
  const answer = await http.app.inject({
    method: "PUT",
    url: `/api/v1/campaigns/${id}/recipients`,
    headers: { ...headers, "content-type": "text/csv" },
    payload: csv,
  });
  return { status: answer.statusCode, json: answer.json<Record<string, unknown>>() };
}
/** A started campaign to these numbers. */
async function started(phones: readonly string[], more: object = {}): Promise<string> {
  const id = await create(more);
  await upload(id, ["phone,name", ...phones.map((phone) => `${phone},Ana`)].join("\n"));
  expect(await post(`/campaigns/${id}/start`)).toMatchObject({ status: 200 });
  return id;
}
const release = (lookAhead?: number): Promise<number> =>
  createReleaseCampaigns({
    database: engine.database,
    beginConversations: engine.services.beginConversations,
    resolveConversation: engine.services.resolveConversation,
    wake: () => undefined,
    log: test.log,
    ...(lookAhead === undefined ? {} : { lookAhead }),
  })();
const due = () => test.superuser.query("update campaigns set due_at = now() where due_at is not null");
const countsOf = async (id: string): Promise<CampaignView["counts"]> => (await get<CampaignView>(`/campaigns/${id}`)).counts;
async function deliver(): Promise<void> {
  await test.superuser.query("update lanes set check_at = now() where kind = 'send' and wanted > done");
  for (const lane of await engine.claim("send")) await engine.deliver(lane);
}
/** How many rows each statement answered. */
const countLooks = (db: BusinessDatabase, looked: number[]): BusinessDatabase => ({
  ...db,
  run: async (query, values) => {
    const rows = await db.run(query, values);
    looked.push(rows.length);
    return rows;
  },
});
/** Ends it, and leaves nothing to look at for the tests after this one. */
async function end(...ids: readonly string[]): Promise<void> {
  for (const id of ids) await post(`/campaigns/${id}/cancel`);
  await test.superuser.query(
    `update lanes l set done = wanted, check_at = null
      from messages m where m.campaign_id = any ($1) and m.status = 'cancelled' and m.conversation_id = l.conversation_id and l.kind = 'send'`,
    [ids],
  );
}
let people = 0;
const phones = (count: number): readonly string[] => Array.from({ length: count }, () => `1202557${String(1000 + (people += 1))}`);
const outbox = (phone: string) => engine.simulator.outbox({ to: phone });

it("each bad row is named with its line before anything is sent, and a campaign with bad rows starts only when that is wanted", async () => {
  const id = await create();
  const [a, b] = phones(2);
  const csv = `Phone;Name;Other\n+${a ?? ""};Ana;x\n;Eva;x\n0171 123;Eva;x\n${b ?? ""};;x\n(${a ?? ""});Ana again;x\n`;
  expect(await upload(id, csv)).toMatchObject({ status: 200, json: { total: 5, ready: 1, bad: 4 } });
  const preview = await get<{ bad: { line: number; problem: string }[]; examples: object[]; columns: string[] }>(
    `/campaigns/${id}/preview`,
  );
  expect(preview.columns).toEqual(["name"]);
  expect(preview.bad.map(({ line, problem }) => [line, problem])).toEqual([
    [3, "It names nobody."],
    [4, expect.stringContaining("country") as string],
    [5, expect.stringContaining("customer") as string],
    [6, expect.stringContaining("is in line 2 already") as string],
  ]);
  expect(preview.examples).toEqual([{ line: 2, address: `+${a ?? ""}`, text: "Hello Ana, your order is ready." }]);
  expect(await post(`/campaigns/${id}/start`)).toMatchObject({ status: 409, json: { code: "campaign_not_ready" } });
  expect(await post(`/campaigns/${id}/start`, { withoutBad: true })).toMatchObject({ status: 200, json: { state: "running" } });
  expect(await upload(id, csv)).toMatchObject({ status: 409, json: { code: "campaign_state" } });
});

it.each([
  ["name\nAna\n", "phone"],
  ["phone\n12025550100\n", '"name"'],
  ["phone,name,NAME\n1,2,3\n", "twice"],
  ["", "empty"],
  [`phone,name\n12025550100,"${"x".repeat(20_000)}"\n`, "table"],
])("a list that cannot be read leaves a campaign that cannot be started", async (csv, why) => {
  const id = await create();
  expect(await upload(id, csv)).toMatchObject({
    status: 422,
    json: { code: "list_unreadable", detail: expect.stringContaining(why) as string },
  });
  expect(await post(`/campaigns/${id}/start`)).toMatchObject({ status: 409, json: { code: "campaign_not_ready" } });
});

const select = async (id: string, payload: object) => {
  const answer = await http.app.inject({ method: "PUT", url: `/api/v1/campaigns/${id}/recipients`, headers, payload });
  return { status: answer.statusCode, json: answer.json<Record<string, unknown>>() };
};
interface Listed {
  readonly line: number;
  readonly address: string;
  readonly state: string;
  readonly fields: Readonly<Record<string, string>>;
}
const rowsOf = async (id: string): Promise<readonly Listed[]> =>
  (await get<{ data: Listed[] }>(`/campaigns/${id}/recipients?limit=100`)).data;
/** Of one customer, by their number. */
const change = (phone: string, assignments: string) =>
  test.superuser.query(`update conversations set ${assignments} where id = (select conversation_id from aliases where value = $1)`, [
    phone,
  ]);

it("a list may be the customers that a filter names at that moment, each with what is known of them", async () => {
  const swiss = Array.from({ length: 7 }, (_, at) => `4179000000${String(at + 1)}`);
  const [ana = "", unnamed = "", silent = "", stopped = "", closed = "", noted = "", late = ""] = swiss;
  const longAgo = Date.UTC(2026, 0, 1) / 1_000;
  await engine.receive(business, ...swiss.slice(0, 6).map((from) => ({ from, ...(from === silent ? { at: longAgo } : {}) })), {
    userId: "CH.1",
  });
  for (const phone of [ana, silent, stopped, closed]) await change(phone, "contact_name = 'Ana'");
  // WhatsApp gives the number itself where somebody has no name.
  await change(unnamed, `contact_name = '+${unnamed}'`);
  await change(stopped, "opted_out_at = now()");
  await change(closed, "is_open = false, consent_word_at = now()");
  await test.superuser.query(
    `insert into customer_facts (business_id, conversation_id, facts, updated_at)
     select business_id, conversation_id, '{"Name": "not this", "City": "Bern"}', now() from aliases where value = $1`,
    [noted],
  );
  await test.superuser.query("insert into contact_book (business_id, kind, value, name, at) values ($1, 'phone', $2, 'Beat', now())", [
    business.businessId,
    noted,
  ]);
  const id = await create();
  const namesOf = async (filter: object, defaults?: object) => {
    expect(await select(id, { filter: { countries: ["CH"], ...filter }, defaults })).toMatchObject({ status: 200 });
    return Object.fromEntries(
      (await rowsOf(id)).map(({ address, state, fields }) => [address.slice(1), `${state} ${fields["name"] ?? ""}`]),
    );
  };
  expect(await namesOf({})).toEqual({
    ...{ [ana]: "ready Ana", [silent]: "ready Ana", [closed]: "ready Ana", [noted]: "ready Beat" },
    [unnamed]: "bad ",
  });
  expect(await namesOf({ lastInboundSince: "2026-02-01T00:00:00+01:00", open: true }, { NAME: "there" })).toEqual({
    ...{ [ana]: "ready Ana", [unnamed]: "ready there", [noted]: "ready Beat" },
  });
  expect(await namesOf({ lastInboundBefore: "2026-02-01T00:00:00Z" })).toEqual({ [silent]: "ready Ana" });
  expect(await namesOf({ optedIn: true, channelId: business.channelId })).toEqual({ [closed]: "ready Ana" });
  expect(await namesOf({ channelId: "00000000-0000-7000-8000-000000000000" })).toEqual({});
  await namesOf({}, { name: "there" });
  // Frozen: who writes and changes afterwards changes nothing.
  await engine.receive(business, { from: late });
  await change(ana, "contact_name = 'Anna'");
  expect((await rowsOf(id)).map(({ address }) => address.slice(1))).not.toContain(late);
  expect(await post(`/campaigns/${id}/start`)).toMatchObject({ status: 200 });
  expect(await release()).toBe(5);
  await deliver();
  expect(outbox(ana).map(({ body }) => JSON.stringify(body))).toEqual([expect.stringContaining('"text":"Ana"')]);
  expect([outbox(stopped), outbox(late)]).toEqual([[], []]);
  const city = await create({
    template: { ...GREETING, components: [{ type: "body", parameters: [{ type: "text", parameter_name: "customer", text: "{{city}}" }] }] },
  });
  await select(city, { filter: { countries: ["CH"] } });
  expect((await rowsOf(city)).filter(({ state }) => state === "ready").map(({ fields }) => fields)).toEqual([{ city: "Bern" }]);
});

it("a filter that is not understood is refused, and not taken for everybody", async () => {
  const id = await create();
  for (const body of [{}, { filter: { country: "CH" } }, { filter: { countries: ["Switzerland"] } }, { filter: {}, where: {} }])
    expect(await select(id, body)).toMatchObject({ status: 400 });
  expect(await countsOf(id)).toMatchObject({ total: 0 });
  await select(id, { filter: { countries: ["AQ"] } });
  expect(await post(`/campaigns/${id}/start`)).toMatchObject({ status: 409, json: { code: "campaign_not_ready" } });
});

it("customers are gone through a page at a time, each once, those who come later not, those who were joined as one", async () => {
  const people = Array.from({ length: 5 }, (_, at) => `4178000000${String(at + 1)}`);
  await engine.receive(business, ...people.map((from) => ({ from })));
  const [{ id: gone } = { id: "" }, { id: kept } = { id: "" }] = (
    await test.superuser.query<{ id: string }>("select conversation_id as id from aliases where value = any ($1)", [people.slice(0, 2)])
  ).rows;
  await engine.services.mergeByHand({ businessId: business.businessId, conversationIds: [gone, kept], execute: true });
  const id = await create();
  const looked: number[] = [];
  const database = {
    ...engine.database,
    forBusiness: (businessId: BusinessId) => countLooks(engine.database.forBusiness(businessId), looked),
  };
  const selectList = createSelectList({ database, fillList: createFillList({ database: engine.database, fitFiles }), page: 3 });
  const done = await selectList(business.businessId, id, { filter: {}, defaults: { name: "there" } });
  const { rows } = await test.superuser.query<{ count: number }>(
    "select count(*)::int as count from conversations where business_id = $1",
    [business.businessId],
  );
  // No page holds more than was asked for, however few of it are meant.
  expect(looked.length).toBe(Math.ceil((rows[0]?.count ?? 0) / 3) + 1);
  expect(Math.max(...looked)).toBeLessThanOrEqual(3 + 1);
  // Who was joined with somebody is not named beside them.
  expect(done).toMatchObject({ outcome: "read", counts: { bad: 0 } });
  const addresses = (await rowsOf(id)).map(({ address }) => address.slice(1)).filter((phone) => people.includes(phone));
  expect([addresses.length, new Set(addresses).size]).toEqual([4, 4]);
});

it("a customer in two spellings of one number gets one message, known or not, and an unknown one gets a conversation", async () => {
  const [known, unknown] = ["551198765432", "552198765433"];
  await engine.receive(business, { from: known });
  const id = await create();
  const csv = `phone,name\n5511998765432,Ana\n${known},Ana\n5521998765433,Eva\n${unknown},Eva\n`;
  expect(await upload(id, csv)).toMatchObject({ json: { total: 4, ready: 2, bad: 2 } });
  await post(`/campaigns/${id}/start`, { withoutBad: true });
  expect(await release()).toBe(2);
  await deliver();
  expect([outbox(known).length, outbox("5521998765433").length, outbox(unknown).length]).toEqual([1, 1, 0]);
  expect(await countsOf(id)).toMatchObject({ accepted: 2, ready: 0 });
});

it("two schedulers at once, and one that dies in the middle, make one message of each row", async () => {
  const list = phones(60);
  const id = await started(list);
  // Whoever dies before the commit leaves nothing of the slice: no message without its row.
  await test.superuser.query(`create function die() returns trigger language plpgsql as $$ begin raise exception 'died'; end $$;
    create trigger die before update on campaign_recipients for each row when (new.position = 40 and new.state = 'released') execute function die()`);
  expect(await release(500)).toBe(0);
  await test.superuser.query("drop trigger die on campaign_recipients; drop function die()");
  expect(await countsOf(id)).toMatchObject({ ready: 60, queued: 0 });
  // One of them waits in the middle of a slice, for a conversation that somebody holds: the other one passes on.
  const holder = await test.superuser.connect();
  await holder.query("begin");
  await holder.query(
    "select from conversations where id = (select conversation_id from campaign_recipients where campaign_id = $1 and position = 5) for update",
    [id],
  );
  const first = release(500);
  await eventually(
    () => test.superuser.query("select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"),
    ({ rowCount }) => rowCount === 1,
    { what: "the first one waits" },
  );
  expect(await release(500)).toBe(0);
  await holder.query("commit");
  holder.release();
  expect(await first).toBe(60);
  const { rows } = await test.superuser.query(
    "select count(*)::int as messages, count(distinct conversation_id)::int as people from messages where campaign_id = $1",
    [id],
  );
  expect(rows).toEqual([{ messages: 60, people: 60 }]);
  expect(await countsOf(id)).toMatchObject({ total: 60, queued: 60, ready: 0 });
  await end(id);
});

it("a business with many campaigns and long lists does not hold up another one's: they take turns, a slice each", async () => {
  const ids = [await started(phones(60)), await started(phones(60))];
  const other = await createTestBusiness(test.superuser);
  await engine.services.templates.sync(other.businessId);
  const made = await engine.services.campaigns.create(other.businessId, { name: "Small", channelId: other.channelId, template: GREETING });
  if (made.outcome !== "done") throw new Error(JSON.stringify(made));
  ids.push(made.campaign.id);
  await engine.services.uploadList(other.businessId, made.campaign.id, Readable.from([`phone,name\n${phones(2).join(",Ana\n")},Ana\n`]));
  await engine.services.campaigns.start(other.businessId, made.campaign.id, { withoutBad: false });
  expect(await release(500)).toBe(122);
  const { rows } = await test.superuser.query<{ campaign_id: string }>(
    "select campaign_id from messages where campaign_id = any ($1) group by campaign_id, received_at order by received_at",
    [ids],
  );
  expect(rows.map(({ campaign_id: id }) => ids.indexOf(id))).toEqual([0, 2, 1, 0, 1]);
  await engine.services.campaigns.cancel(other.businessId, made.campaign.id);
  await end(...ids);
});

it("a pause leaves only what is queued, a resume goes on, and a cancel takes back what is queued", async () => {
  const list = phones(8);
  const id = await started(list);
  expect(await release(3)).toBe(3);
  const paused = await post(`/campaigns/${id}/pause`);
  expect(paused).toMatchObject({ status: 200, json: { state: "paused", pauseReason: "by_hand", counts: { queued: 3, ready: 5 } } });
  expect(await release(8)).toBe(0);
  expect(await post(`/campaigns/${id}/resume`)).toMatchObject({ json: { state: "running", pauseReason: null } });
  expect(await release(5)).toBe(2);
  expect(await release(5)).toBe(0);
  const cancelled = await post(`/campaigns/${id}/cancel`);
  expect(cancelled).toMatchObject({ json: { state: "cancelled", counts: { total: 8, cancelled: 8, queued: 0, ready: 0 } } });
  await deliver();
  expect(list.flatMap((phone) => outbox(phone))).toEqual([]);
  for (const change of ["pause", "resume", "start", "retry", "cancel"])
    expect(await post(`/campaigns/${id}/${change}`)).toMatchObject({ status: 409, json: { code: "campaign_state" } });
});

it("an opt-out between the list and the send holds, before the message is made and after", async () => {
  const [early = "", late = "", third = ""] = phones(3);
  await engine.receive(business, { from: early }, { from: late });
  const id = await started([early, late, third]);
  const stop = (phone: string) =>
    test.superuser.query(
      "update conversations set opted_out_at = now() where id in (select conversation_id from aliases where value = $1)",
      [phone],
    );
  await stop(early);
  expect(await release()).toBe(2);
  await stop(late);
  await deliver();
  expect([outbox(early), outbox(late), outbox(third)].map((sent) => sent.length)).toEqual([0, 0, 1]);
  const { data } = await get<{ data: { address: string; state: string; problem: string; code: string }[] }>(`/campaigns/${id}/recipients`);
  expect(data).toMatchObject([
    { address: early, state: "skipped", problem: "opted_out" },
    { address: late, state: "failed", code: "opted_out" },
    { address: third, state: "accepted", code: null },
  ]);
  const report = await get<{ failures: object[] }>(`/campaigns/${id}/report`);
  expect(report.failures).toMatchObject([
    { state: "failed", code: "opted_out", rows: 1 },
    { state: "skipped", code: "opted_out", rows: 1 },
  ]);
  const csv = (await http.app.inject({ url: `/api/v1/campaigns/${id}/report.csv`, headers })).body.split("\n");
  expect([csv.length, csv[0], csv[1]?.split(",").slice(0, 4)]).toEqual([
    5,
    expect.stringContaining("line,address,state") as string,
    ["2", early, "skipped", ""],
  ]);
});

it("two rows whose conversations turn out to be one person's make one message", async () => {
  const [a = "", b = ""] = phones(2);
  await engine.receive(business, { from: a }, { from: b });
  const id = await started([a, b]);
  const { rows } = await test.superuser.query<{ value: string; id: string }>(
    "select value, conversation_id as id from aliases where value in ($1, $2)",
    [a, b],
  );
  const idOf = (phone: string): string => rows.find(({ value }) => value === phone)?.id ?? "";
  await engine.services.mergeByHand({ businessId: business.businessId, conversationIds: [idOf(a), idOf(b)], execute: true });
  await release();
  expect(await countsOf(id)).toMatchObject({ total: 2, queued: 1, skipped: 1 });
  await end(id);
});

it("what the account is refused for pauses the campaign, with the code", async () => {
  const id = await started(phones(4));
  expect(await release(2)).toBe(2);
  await test.superuser.query(
    "update messages set status = 'failed', failed_at = now(), error_code = '131064', error_text = 'x' where campaign_id = $1 and status = 'queued'",
    [id],
  );
  await due();
  expect(await release()).toBe(0);
  expect(await get<CampaignView>(`/campaigns/${id}`)).toMatchObject({
    state: "paused",
    pauseReason: "refused_by_whatsapp",
    pauseCode: "131064",
  });
  // Whoever resumes has looked at it.
  await post(`/campaigns/${id}/resume`);
  expect(await release()).toBe(2);
  await test.superuser.query(
    "update template_states set paused_until = now() + interval '1 hour', status = 'PAUSED' where name = 'order_ready_named'",
  );
  await due();
  await release();
  expect(await get<CampaignView>(`/campaigns/${id}`)).toMatchObject({ state: "paused", pauseReason: "template_paused" });
  expect(await post(`/campaigns/${id}/resume`)).toMatchObject({ status: 409, json: { code: "template_paused" } });
  await test.superuser.query("update template_states set paused_until = null, status = 'APPROVED' where name = 'order_ready_named'");
  await end(id);
});

it("failures are retried when they may be, once, and never before WhatsApp's time, unless by hand; what arrived after all is not", async () => {
  const list = phones(4);
  const id = await started(list);
  expect(await release()).toBe(4);
  const fail = (phone: string, code: string, hours: number) =>
    test.superuser.query(
      `update messages set status = 'failed', failed_at = now() - $3 * interval '1 hour', attempted_at = now(), error_code = $2, error_text = 'x'
        where campaign_id = $4 and conversation_id in (select conversation_id from aliases where value = $1)`,
      [phone, code, hours, id],
    );
  const codes = ["131026", "131049", "131049", "131000"];
  for (const [at, code] of codes.entries()) await fail(list[at] ?? "", code, at === 2 ? 25 : 0);
  expect(await post(`/campaigns/${id}/retry`)).toMatchObject({ json: { retried: 3 } });
  expect(await post(`/campaigns/${id}/retry`)).toMatchObject({ json: { retried: 0 } });
  // The last one was delivered after all.
  await test.superuser.query(
    "update messages set status = 'delivered', provider_message_id = 'wamid.late' where campaign_id = $1 and error_code = '131000'",
    [id],
  );
  await due();
  expect(await release()).toBe(1);
  expect(await countsOf(id)).toMatchObject({ total: 4, failed: 1, delivered: 1, queued: 1, ready: 1 });
  const waiting = "select previous_message_id as id from campaign_recipients where state = 'ready' and campaign_id = $1";
  const { rows } = await test.superuser.query<{ id: string }>(waiting, [id]);
  expect(await post(`/messages/${rows[0]?.id ?? ""}/retry`)).toMatchObject({ status: 202 });
  expect(await countsOf(id)).toMatchObject({ total: 4, queued: 2, ready: 0 });
  await end(id);
});

it("a row whose message is sent again counts by the newest one, unless the one before it arrived after all", async () => {
  const id = await started(phones(4));
  await release();
  await test.superuser.query("update messages set status = 'unknown', attempts = 1, attempted_at = now() where campaign_id = $1", [id]);
  await test.superuser.query("update unknown_sends set since = now() - interval '1 hour'");
  expect(await countsOf(id)).toMatchObject({ unknown: 4 });
  const settings = { find: () => Promise.resolve({ resendUnknownAfterMs: 300_000 }) };
  const { database } = engine;
  expect(await createResendUnknown({ database, settings, isQuiet, wake: () => undefined, log: test.log })()).toBe(4);
  expect(await countsOf(id)).toMatchObject({ total: 4, queued: 4, failed: 0 });
  await deliver();
  expect(await get(`/campaigns/${id}/report`)).toMatchObject({ campaign: { counts: { total: 4, accepted: 4, failed: 0 } }, failures: [] });
  const { data } = await get<{ data: { messageId: string; attempts: number }[] }>(`/campaigns/${id}/recipients`);
  expect(data.map(({ attempts }) => attempts)).toEqual([2, 2, 2, 2]);
  const [first, second, third] = data.map(({ messageId }) => messageId);
  const failed = "update messages set status = 'failed', failed_at = now(), error_code = '131000', error_text = 'x' where id = any ($1)";
  await test.superuser.query(failed, [[first, second, third]]);
  await test.superuser.query(
    `update messages set status = 'delivered', provider_message_id = 'wamid.first'
      where id = (select possible_duplicate_of from messages where id = $1)`,
    [first],
  );
  expect(await countsOf(id)).toMatchObject({ delivered: 1, failed: 2, accepted: 1 });
  expect(await get(`/campaigns/${id}/report`)).toMatchObject({ failures: [{ state: "failed", code: "131000", rows: 2 }] });
  // A person sends one of them again; what arrived is never sent again.
  expect(await post(`/messages/${second ?? ""}/retry`)).toMatchObject({ status: 202 });
  expect(await countsOf(id)).toMatchObject({ delivered: 1, failed: 1, queued: 1, accepted: 1 });
  expect(await post(`/campaigns/${id}/retry`)).toMatchObject({ json: { retried: 1 } });
  await end(id);
});

it("nothing is released in the quiet hours of the customer, nor before the time of the campaign", async () => {
  const night = (offset: number): string => `${String((new Date().getUTCHours() + 24 + offset) % 24).padStart(2, "0")}:00`;
  // India and the United Kingdom: it is quiet in one of them.
  const hours = { from: night(-1), to: night(2), timeZone: "UTC" };
  const id = await started(["447700900123", "919812345678"], { quietHours: hours });
  await release();
  const { data } = await get<{ data: { address: string; state: string }[] }>(`/campaigns/${id}/recipients`);
  expect(data.map(({ state }) => state)).toEqual(["ready", "queued"]);
  const later = await started(phones(1), { startAt: new Date(Date.now() + 60_000).toISOString() });
  expect(await release()).toBe(0);
  expect(await get<CampaignView>(`/campaigns/${later}`)).toMatchObject({ state: "scheduled" });
  await end(id);
});

it("a test goes to the number that is named, as a row would get it, and counts nowhere", async () => {
  const [row = "", tester = "", stranger = ""] = phones(3);
  await engine.receive(business, { from: tester });
  const id = await create();
  const test1 = (body: object) => post(`/campaigns/${id}/test`, body);
  expect(await test1({ to: `+${tester}` })).toMatchObject({ status: 422, json: { code: "template_parameters" } });
  await upload(id, `phone,name\n${row},Ana\n`);
  const before = await countsOf(id);
  expect(await test1({ to: `+${tester}` })).toMatchObject({
    status: 202,
    json: { status: "queued", text: "Hello Ana, your order is ready." },
  });
  // Nobody knows them: they get it all the same, once more with other words.
  expect(await test1({ to: stranger, line: 2, fields: { NAME: "Eva" } })).toMatchObject({
    json: { text: "Hello Eva, your order is ready.", channelId: business.channelId },
  });
  await deliver();
  expect([row, tester, stranger].map((phone) => outbox(phone).length)).toEqual([0, 1, 1]);
  expect(await countsOf(id)).toEqual(before);
  for (const [body, status, code] of [
    [{ to: "0171 123" }, 400, "bad_request"],
    [{ to: tester, line: 3 }, 400, "bad_request"],
    [{ to: tester, fields: {} }, 422, "template_parameters"],
    [{ to: tester, fields: { name: "" } }, 422, "template_parameters"],
  ] as const)
    expect(await test1(body)).toMatchObject({ status, json: { code } });
});

it("a test is refused where its message would be: the customer's word, the template, the channel", async () => {
  const [tester = "", unknown = ""] = phones(2);
  await engine.receive(business, { from: tester });
  const id = await create();
  const send = (to: string) => post(`/campaigns/${id}/test`, { to, fields: { name: "Ana" } });
  const known = "id = (select conversation_id from aliases where value = $1)";
  await test.superuser.query(`update conversations set opted_out_at = now() where ${known}`, [tester]);
  expect(await send(tester)).toMatchObject({ status: 409, json: { code: "opted_out" } });
  await test.superuser.query("update template_states set status = 'PAUSED', paused_until = now() + interval '1 hour' where name = $1", [
    GREETING.name,
  ]);
  expect(await send(unknown)).toMatchObject({ status: 409, json: { code: "template_paused" } });
  await test.superuser.query("update template_states set status = 'APPROVED', paused_until = null where name = $1", [GREETING.name]);
  await test.superuser.query("update channels set stopped_at = now()");
  expect(await send(unknown)).toMatchObject({ status: 409, json: { code: "campaign_not_ready" } });
  await test.superuser.query("update channels set stopped_at = null");
  // A refusal makes nobody known.
  const { rowCount } = await test.superuser.query("select from aliases where value = $1", [unknown]);
  expect(rowCount).toBe(0);
});

it("placing a slice looks at its own rows, however long the list is", async () => {
  const counter = await openBufferCounter(test.url, business.businessId);
  const conversations = [...(await engine.services.beginConversations(business.businessId, phones(50))).values()];
  const pagesOf = async (rows: number, plan: PlanMode): Promise<number> => {
    const id = await create();
    await test.superuser.query(
      `insert into campaign_recipients (business_id, campaign_id, position, address, customer)
       select $1, $2, n, n::text, 'phone:' || n from generate_series(1, $3::int) n`,
      [business.businessId, id, rows],
    );
    await test.superuser.query("analyze campaign_recipients");
    const slice = conversations.map((conversationId, at) => ({ position: at + 1, conversationId, customer: conversationId }));
    return counter.count(placeRecipients, { id, rows: slice }, plan);
  };
  for (const plan of ["force_custom_plan", "force_generic_plan"] as const) {
    const [short, long] = [await pagesOf(100, plan), await pagesOf(4_000, plan)];
    expect(long).toBeLessThan(short * 2);
  }
  await counter.close();
});

it("finished is what the rows say, and the events tell what was done", async () => {
  const [phone = ""] = phones(1);
  const id = await started([phone]);
  await release();
  await deliver();
  expect(await get<CampaignView>(`/campaigns/${id}`)).toMatchObject({ state: "running", counts: { accepted: 1 } });
  await test.superuser.query("update messages set status = 'delivered' where campaign_id = $1", [id]);
  await due();
  await release();
  expect(await get<CampaignView>(`/campaigns/${id}`)).toMatchObject({ state: "finished", counts: { delivered: 1 } });
  const { rows } = await test.superuser.query<{ type: string }>("select type from events where subject_id = $1 order by at", [id]);
  expect(rows.map(({ type }) => type)).toEqual(["campaign.created", "campaign.started", "campaign.released"]);
});

it("a campaign of another business is not there", async () => {
  const id = await create();
  const other = await createTestBusiness(test.superuser);
  const stranger = await bearerFor(engine.database, other.businessId);
  for (const [method, path] of [
    ["GET", ""],
    ["GET", "/preview"],
    ["GET", "/recipients"],
    ["POST", "/start"],
    ["POST", "/pause"],
    ["POST", "/cancel"],
    ["POST", "/retry"],
    ["POST", "/test"],
  ] as const) {
    const payload = path === "/test" ? { payload: { to: "12025550100" } } : {};
    const answer = await http.app.inject({ method, url: `/api/v1/campaigns/${id}${path}`, headers: stranger, ...payload });
    expect(answer.statusCode).toBe(404);
  }
  expect((await engine.services.uploadList(other.businessId, id, Readable.from(["phone,name\n1202,Ana"]))).outcome).toBe("not_found");
});
