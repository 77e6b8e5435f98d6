// Proves that a customer who says stop is believed, at once and for good: in any order of delivery, with the AI off, confirmed once, and that nothing unasked
// leaves afterwards; and that whoever says they want messages again, or asks something, is not met with silence.
import { afterAll, beforeAll, beforeEach, expect, test as it } from "vitest";
import { expectNothingBroken } from "../../test/support/expect-nothing-broken.ts";
import { createTestBusiness, type TestBusiness } from "../../test/support/test-business.ts";
import { createTestDatabase, type TestDatabase } from "../../test/support/test-database.ts";
import { createTestEngine, type TestEngine } from "../../test/support/test-engine.ts";
import type { TestMessage } from "../../test/support/webhook-bodies.ts";
import { messagesBody } from "../../test/support/webhook-bodies.ts";
import type { JsonObject } from "../kernel/json.ts";
import { isObject } from "../kernel/read-json.ts";
import { parseCloudWebhook } from "../whatsapp/parse-webhook.ts";

const TEMPLATE = { type: "template", template: { name: "autumn_sale", language: { code: "en" } } };
const TEXT = { type: "text", text: { body: "By the way …" } };
const NOW = Math.floor(Date.now() / 1000);

let test: TestDatabase;
let engine: TestEngine;
let business: TestBusiness;
let from = "";
let people = 0;

beforeAll(async () => {
  test = await createTestDatabase();
  business = await createTestBusiness(test.superuser, { quietMs: 0, ceilingMs: 0 });
  engine = await createTestEngine(test, [business]);
});
beforeEach(async () => {
  people += 1;
  from = `1303777${String(1000 + people)}`;
  engine.responder.asked.length = 0;
  await changeBusiness({ aiEnabled: true, answersAfterStop: true });
});
afterAll(async () => {
  await expectNothingBroken(test);
  await engine.close();
  await test.close();
});

const changeBusiness = (changes: Parameters<TestEngine["services"]["changeBusiness"]>[1]) =>
  engine.services.changeBusiness(business.businessId, changes);
const receive = (...messages: readonly TestMessage[]): Promise<void> =>
  engine.receive(business, ...messages.map((message) => ({ from, ...message })));
/** The same webhook once more. */
async function receiveAgain(message: TestMessage): Promise<void> {
  const parsed = parseCloudWebhook(messagesBody(business.phoneNumberId, { from, ...message }));
  if (parsed.outcome !== "events") throw new Error(parsed.reason);
  expect(await engine.intake.receive(parsed.events)).toMatchObject({ stored: 0, duplicates: 1 });
}
async function select<T extends object>(text: string, ...values: readonly unknown[]): Promise<readonly T[]> {
  return (await test.superuser.query<T>(text, [...values])).rows;
}
async function thread(): Promise<string> {
  const [row] = await select<{ id: string }>("select conversation_id as id from aliases where value = $1", from);
  return row?.id ?? "";
}
const isOptedOut = async (): Promise<boolean> => {
  const consent = await engine.services.consent.find(business.businessId, await thread());
  return consent?.optedOut ?? false;
};
async function accept(content: JsonObject): Promise<string> {
  const accepted = await engine.services.acceptMessage({
    businessId: business.businessId,
    conversationId: await thread(),
    author: "api",
    content,
  });
  return accepted.outcome;
}
/** All turns and then all sends that are due. */
async function work(): Promise<void> {
  await engine.expireLeases();
  for (const lane of await engine.claim("reply")) await engine.turn(lane);
  for (const lane of await engine.claim("send")) await engine.deliver(lane);
}
const wordsOf = (text: unknown): unknown => (isObject(text) ? text["body"] : text);
/** What this customer has read, in order. */
const read = (): readonly unknown[] => engine.simulator.outbox({ to: from }).map(({ body }) => wordsOf(body["text"]));
const reasons = async (): Promise<readonly (string | null)[]> =>
  (
    await select<{ reason: string | null }>(
      "select coalesce(reason, state) as reason from turns where conversation_id = $1 order by covers_from",
      await thread(),
    )
  ).map(({ reason }) => reason);
const changes = async () =>
  (
    await select<{ data: JsonObject }>(
      "select data from events where type = 'consent.changed' and conversation_id = $1 order by at, id",
      await thread(),
    )
  ).map(({ data }) => data);
const STOPPED = expect.stringContaining("not send you any more messages") as unknown;
const STARTED = expect.stringContaining("receive our messages again") as unknown;

it.for([true, false])(
  "a stop holds at once and is confirmed once, with the AI on: %s; what was queued does not leave any more",
  async (aiEnabled) => {
    await changeBusiness({ aiEnabled });
    await receive({ text: "hello", at: NOW - 60 });
    for (const lane of await engine.claim("reply")) await engine.turn(lane);
    await engine.claim("send");
    expect(await accept(TEMPLATE)).toBe("accepted");
    const asked = engine.responder.asked.length;
    await receive({ text: "STOP", at: NOW - 50 });
    expect([await accept(TEXT), await accept(TEMPLATE)]).toEqual(["opted_out", "opted_out"]);
    await work();
    await receive({ text: "Stop!", at: NOW - 40 });
    await work();
    expect(read()).toEqual([STOPPED]);
    expect(engine.responder.asked).toHaveLength(asked);
    expect((await reasons()).slice(1)).toEqual(["opted_out", "opted_out"]);
    expect(await changes()).toEqual([{ source: "customer", scope: "everything", optedOut: true }]);
    expect(
      await select("select status, error_code from messages where conversation_id = $1 and type = 'template'", await thread()),
    ).toEqual([{ status: "failed", error_code: "opted_out" }]);
  },
);

it("who wants messages again gets them, and the AI does not answer on top of it; a start of somebody who never stopped is a message like any other", async () => {
  await receive({ text: "start", at: NOW - 60 });
  await work();
  expect(read()).toEqual(["reply to 1"]);
  await receive({ text: "stop please", at: NOW - 50 });
  await work();
  await receive({ text: "START", at: NOW - 40 });
  await work();
  expect(await isOptedOut()).toBe(false);
  expect(read()).toEqual(["reply to 1", STOPPED, STARTED]);
  expect(await reasons()).toEqual(["replied", "opted_out", "nothing_to_answer"]);
  expect(await changes()).toMatchObject([{ optedOut: true }, { optedOut: false }]);
  expect(await accept(TEMPLATE)).toBe("accepted");
});

it("the newer word holds, in whatever order they are delivered and however often; of two in the same second the stop", async () => {
  await receive({ text: "start", at: NOW - 40 }, { text: "STOP", at: NOW - 50, id: `wamid.late-${from}` });
  expect(await isOptedOut()).toBe(false);
  await receive({ text: "START", at: NOW - 30 }, { text: "STOP", at: NOW - 30, id: `wamid.same-${from}` });
  expect(await isOptedOut()).toBe(true);
  // A person lifts it; the webhook comes once more.
  await engine.services.consent.set(business.businessId, await thread(), { optedOut: false, source: "api" });
  await receiveAgain({ text: "STOP", at: NOW - 30, id: `wamid.same-${from}` });
  await receiveAgain({ text: "STOP", at: NOW - 50, id: `wamid.late-${from}` });
  expect(await isOptedOut()).toBe(false);
  await receive({ text: "stop", at: NOW - 20 });
  expect(await isOptedOut()).toBe(true);
});

it("a stop whose record failed is recorded when the webhook is delivered again", async () => {
  await receive({ text: "hello", at: NOW - 60 });
  const id = await thread();
  const stop = { text: "unsubscribe", at: NOW - 50, id: `wamid.again-${from}` };
  const broken = "alter table onethread.events add constraint no_consent check (type <> 'consent.changed') not valid";
  await test.superuser.query(broken);
  await expect(receive(stop)).rejects.toThrow();
  await test.superuser.query("alter table onethread.events drop constraint no_consent");
  expect(await isOptedOut()).toBe(false);
  await receiveAgain(stop);
  expect(await isOptedOut()).toBe(true);
  expect(await select("select 1 from messages where conversation_id = $1 and author = 'system'", id)).toHaveLength(1);
});

it("who stopped and then asks is answered, by the AI and by people, but gets no template; unless the business does not want that", async () => {
  await receive({ text: "baja", at: NOW - 60 });
  await work();
  await receive({ text: "When are you open?", at: NOW - 50 });
  await work();
  expect(read()).toEqual([expect.stringContaining("escriba ALTA"), "reply to 1"]);
  expect([await accept(TEXT), await accept(TEMPLATE)]).toEqual(["accepted", "opted_out"]);
  // Said again by hand, it is silence again.
  await engine.services.consent.set(business.businessId, await thread(), { optedOut: true, source: "api" });
  expect(await accept(TEXT)).toBe("opted_out");
  await work();
  await receive({ text: "And on Sunday?", at: NOW + 5 });
  await changeBusiness({ answersAfterStop: false });
  await work();
  expect(await accept(TEXT)).toBe("opted_out");
  expect((await reasons()).at(-1)).toBe("opted_out");
});

it("a tap on a button counts; a caption, a group, a history, a longer sentence do not", async () => {
  await receive({ node: { type: "button", button: { text: "Stop", payload: "stop" } }, at: NOW - 60 });
  expect(await isOptedOut()).toBe(true);
  people += 1;
  from = `1303777${String(1000 + people)}`;
  await receive(
    { text: "please stop the order 12" },
    { node: { type: "image", image: { id: "1", mime_type: "image/jpeg", sha256: "x", caption: "STOP" } } },
  );
  expect(await isOptedOut()).toBe(false);
});

it("a business has its own words and sentences, or says nothing", async () => {
  const own = await createTestBusiness(test.superuser, { quietMs: 0, ceilingMs: 0 });
  await engine.settings.change(own.businessId, { consent: { stopWords: ["aus"], stopText: "Aus ist aus." } });
  await engine.receive(own, { from, text: "STOP" });
  const [row] = await select<{ out: boolean }>(
    "select opted_out_at is not null as out from conversations where business_id = $1",
    own.businessId,
  );
  expect(row?.out).toBe(false);
  await engine.receive(own, { from, text: "AUS!", at: NOW + 5 });
  expect(await select("select text from messages where business_id = $1 and author = 'system'", own.businessId)).toEqual([
    { text: "Aus ist aus." },
  ]);
  const silent = await createTestBusiness(test.superuser, { quietMs: 0, ceilingMs: 0 });
  await engine.settings.change(silent.businessId, { consent: { confirms: false } });
  await engine.receive(silent, { from, text: "STOP" });
  expect(await select("select seq, author from messages where business_id = $1", silent.businessId)).toMatchObject([
    { author: "customer" },
  ]);
});
