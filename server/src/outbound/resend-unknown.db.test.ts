// Proves that what nobody knows of is sent again only when the business wants that, once, visibly, in one transaction, and not to those who must not get it.
import { afterAll, beforeAll, beforeEach, expect, test as it } from "vitest";
import type { TestBusiness } from "../../test/support/test-business.ts";
import type { TestDatabase } from "../../test/support/test-database.ts";
import { closeTestEngine, openTestEngine, type TestEngine } from "../../test/support/test-engine.ts";
import { webhookBody } from "../../test/support/webhook-bodies.ts";
import { parseCloudWebhook } from "../whatsapp/parse-webhook.ts";
import { isQuiet } from "../campaigns/hours.ts";
import { createResendUnknown } from "./resend-unknown.ts";

const AFTER_MS = 300_000;
let test: TestDatabase;
let business: TestBusiness;
let engine: TestEngine;
let from = "";
let people = 0;
let afterMs: number | null = null;

beforeAll(async () => {
  ({ test, business, engine } = await openTestEngine({ quietMs: 0, ceilingMs: 0 }));
  await engine.services.changeBusiness(business.businessId, { aiEnabled: false });
});
beforeEach(async () => {
  people += 1;
  from = `1303666${String(1000 + people)}`;
  afterMs = AFTER_MS;
  await test.superuser.query(
    "update onethread.messages set status = 'failed', failed_at = now(), error_code = 'over' where status = 'unknown'",
  );
  await engine.receive(business, { from, text: "hello" });
});
afterAll(() => closeTestEngine(engine, test));

const resend = (): Promise<number> =>
  createResendUnknown({
    database: engine.database,
    settings: { find: () => Promise.resolve({ resendUnknownAfterMs: afterMs }) },
    isQuiet,
    wake: () => undefined,
    log: test.log,
  })();
const rows = async (text: string, ...values: readonly unknown[]): Promise<readonly unknown[]> =>
  (await test.superuser.query(text, [...values])).rows as unknown[];
const stateOf = (id: string): Promise<readonly unknown[]> => rows("select status, error_code from onethread.messages where id = $1", id);
const bodies = (): readonly unknown[] => engine.simulator.outbox({ to: from }).map(({ body }) => body["text"]);

async function deliver(): Promise<void> {
  await engine.expireLeases();
  for (const lane of await engine.claim("send")) await engine.deliver(lane);
}
/** Its worker died in the middle, and nobody has known for so long. */
async function makeUnknown(text: string, sinceMs = AFTER_MS + 1_000): Promise<string> {
  const id = await engine.send(business, from, text);
  await test.superuser.query("update onethread.messages set status = 'sending', attempts = 1, attempted_at = now() where id = $1", [id]);
  await deliver();
  await test.superuser.query("update onethread.unknown_sends set since = now() - $2 * interval '1 millisecond' where message_id = $1", [
    id,
    sinceMs,
  ]);
  return id;
}

it("by default, and before its time, nothing is sent again; then once, as a message that says of which it may be a second one", async () => {
  const id = await makeUnknown("Your table is ready", AFTER_MS - 5_000);
  expect(await resend()).toBe(0);
  await test.superuser.query("update onethread.unknown_sends set since = now() - interval '1 hour'");
  afterMs = null;
  expect(await resend()).toBe(0);
  afterMs = AFTER_MS;
  expect((await Promise.all([resend(), resend()])).reduce((sum, count) => sum + count, 0)).toBe(1);
  expect(await stateOf(id)).toEqual([{ status: "failed", error_code: "sent_again" }]);
  await deliver();
  expect(bodies()).toEqual([{ body: "Your table is ready" }]);
  const [made] = await rows("select id from onethread.messages where possible_duplicate_of = $1 and status = 'accepted'", id);
  const { id: second } = made as { id: string };
  expect(await rows("select type, data from onethread.events where subject_id = $1", id)).toEqual([
    { type: "message.settled", data: { as: "failed", by: "rule", resentAs: second } },
  ]);
  expect(await engine.services.settleMessages.retry(business.businessId, id)).toMatchObject({
    outcome: "accepted",
    isReplay: true,
    message: { id: second, possibleDuplicateOf: id },
  });
  expect([await resend(), bodies().length]).toEqual([0, 1]);
  // It was sent after all: what is known counts more.
  const statuses = [
    { id: `wamid.first-${id}`, status: "delivered", timestamp: "1790002200", recipient_id: from, biz_opaque_callback_data: id },
  ];
  const parsed = parseCloudWebhook(webhookBody(business.phoneNumberId, { statuses }));
  if (parsed.outcome !== "events") throw new Error(parsed.reason);
  await engine.intake.receive(parsed.events);
  expect(await stateOf(id)).toEqual([{ status: "delivered", error_code: null }]);
});

it("the second one is not sent a third time, though nobody knows of it either", async () => {
  const id = await makeUnknown("Your table is ready");
  expect(await resend()).toBe(1);
  await test.superuser.query("update onethread.messages set status = 'sending', attempted_at = now() where possible_duplicate_of = $1", [
    id,
  ]);
  await deliver();
  await test.superuser.query("update onethread.unknown_sends set since = now() - interval '1 hour'");
  expect([await resend(), bodies().length]).toEqual([0, 0]);
  expect(await rows("select status from onethread.messages where possible_duplicate_of = $1", id)).toEqual([{ status: "unknown" }]);
});

it("nothing is sent again to who has opted out, nor the AI's words after a person took over: both stay unknown, for a person", async () => {
  const words = await makeUnknown("An answer");
  await test.superuser.query("update onethread.messages set author = 'ai' where id = $1", [words]);
  const { conversation_id: thread } = (await rows("select conversation_id from onethread.messages where id = $1", words))[0] as {
    conversation_id: string;
  };
  await test.superuser.query("update onethread.conversations set ai_paused_at = now(), ai_paused_reason = 'inbox' where id = $1", [thread]);
  expect(await resend()).toBe(0);
  expect(await rows("select not_resent from onethread.unknown_sends where message_id = $1", words)).toEqual([{ not_resent: "taken_over" }]);
  expect(await rows("select error_code, error_text from onethread.messages where id = $1", words)).toEqual([
    {
      error_code: "not_sent_again",
      error_text: "Nobody knows whether it was sent. It is not sent again: a person has taken over since then.",
    },
  ]);
  await test.superuser.query("update onethread.messages set author = 'api' where id = $1", [words]);
  const offer = await makeUnknown("An offer");
  await engine.services.consent.set(business.businessId, thread, { optedOut: true, source: "api" });
  expect(await resend()).toBe(0);
  expect(await rows("select not_resent from onethread.unknown_sends where message_id = $1", offer)).toEqual([{ not_resent: "opted_out" }]);
  expect(await stateOf(offer)).toMatchObject([{ status: "unknown" }]);
});

/** The AI says it, and hands over with `last`, when that is given: nobody knows of any of it. */
async function makeUnknownOfAi(words: string, last?: string): Promise<string> {
  for (const lane of await engine.claim("reply")) await engine.turn(lane);
  await engine.services.changeBusiness(business.businessId, { aiEnabled: true });
  for (const text of [words, ...(last === undefined ? [] : [last])]) {
    engine.responder.answer = () => (text === last ? { outcome: "handoff", reason: "asked", text } : { outcome: "reply", texts: [text] });
    await engine.receive(business, { from, text: "and now?" });
    await engine.turn(await engine.claimOne("reply"));
  }
  await engine.services.changeBusiness(business.businessId, { aiEnabled: false });
  const told = `status = 'queued' and conversation_id = (select conversation_id from onethread.aliases where value = $1)`;
  await test.superuser.query(
    `update onethread.messages set status = 'unknown', attempts = 1, attempted_at = now(), error_code = 'outcome_unknown' where ${told}`,
    [from],
  );
  await test.superuser.query("update onethread.unknown_sends set since = now() - interval '1 hour'");
  const [thread] = await rows("select conversation_id as id from onethread.aliases where value = $1", from);
  return (thread as { readonly id: string }).id;
}

it("the AI that fetches a person itself has not been taken over: what it said goes out, until the person comes", async () => {
  await makeUnknownOfAi("An answer", "I fetch a person.");
  expect(await resend()).toBe(2);
  await deliver();
  await deliver();
  expect(bodies()).toEqual([{ body: "An answer" }, { body: "I fetch a person." }]);
});

it("a person who wrote has taken over, also when the AI answers again by now; and so has one who comes before the second one leaves", async () => {
  const thread = await makeUnknownOfAi("An answer", "I fetch a person.");
  const content = { type: "text", text: { body: "Here I am." } };
  await engine.services.acceptMessage({ businessId: business.businessId, conversationId: thread, author: "human", content });
  await test.superuser.query("update onethread.conversations set ai_paused_at = null, ai_paused_reason = null where id = $1", [thread]);
  expect(await resend()).toBe(0);
  await deliver();
  expect(bodies()).toEqual([{ body: "Here I am." }]);
  from = `1303667${String(1000 + people)}`;
  await engine.receive(business, { from, text: "hello" });
  const other = await makeUnknownOfAi("An answer");
  expect(await resend()).toBe(1);
  await engine.services.acceptMessage({ businessId: business.businessId, conversationId: other, author: "human", content });
  await deliver();
  await deliver();
  expect(bodies()).toEqual([{ body: "Here I am." }]);
});

it("what the AI has still to say when it fetches a person goes out before that", async () => {
  await makeUnknownOfAi("An answer", "I fetch a person.");
  const waiting = "update onethread.messages set status = 'queued', error_code = null where status = 'unknown'";
  await test.superuser.query(waiting);
  await deliver();
  await deliver();
  expect(bodies()).toEqual([{ body: "An answer" }, { body: "I fetch a person." }]);
});

it("nothing is sent again by a channel that cannot send it", async () => {
  const id = await makeUnknown("Book now");
  const flow = { type: "interactive", interactive: { type: "flow", body: { text: "Book now" } } };
  await test.superuser.query("update onethread.messages set type = 'interactive', content = $2 where id = $1", [id, flow]);
  await test.superuser.query("update onethread.channels set provider = 'waha' where id = $1", [business.channelId]);
  expect(await resend()).toBe(0);
  await test.superuser.query("update onethread.channels set provider = 'cloud' where id = $1", [business.channelId]);
  expect(await rows("select not_resent from onethread.unknown_sends where message_id = $1", id)).toEqual([
    { not_resent: "unsupported_on_channel" },
  ]);
  expect(await stateOf(id)).toMatchObject([{ status: "unknown" }]);
});

it("when the window has closed it fails as it leaves, with the reason", async () => {
  const id = await makeUnknown("Your table is ready");
  await test.superuser.query(
    "update onethread.conversations set last_customer_message_at = now() - interval '25 hours' where id = (select conversation_id from onethread.messages where id = $1)",
    [id],
  );
  expect(await resend()).toBe(1);
  await deliver();
  expect(await rows("select status, error_code from onethread.messages where possible_duplicate_of = $1", id)).toEqual([
    { status: "failed", error_code: "window_closed" },
  ]);
  await test.superuser.query(
    "update onethread.conversations set last_customer_message_at = last_message_at where id = (select conversation_id from onethread.messages where id = $1)",
    [id],
  );
});

it("what nobody knows of is not sent again while its campaign is paused, in the campaign's quiet hours, or once that is cancelled", async () => {
  const id = await makeUnknown("Autumn");
  const hour = new Date().getUTCHours();
  const time = (offset: number): string => `${String((hour + 24 + offset) % 24).padStart(2, "0")}:00`;
  await test.superuser.query(
    `insert into onethread.campaigns (business_id, id, name, channel_id, template, state, quiet_hours) values ($1, $2, 'Autumn', $3, '{}', 'paused', $4)`,
    [business.businessId, id, business.channelId, { from: time(-1), to: time(2), timeZone: "UTC" }],
  );
  await test.superuser.query(
    `insert into onethread.campaign_recipients (business_id, campaign_id, position, address, customer, country, state, message_id, released_at)
      values ($1, $2, 2, '', '', 'GB', 'released', $2, now())`,
    [business.businessId, id],
  );
  await test.superuser.query("update onethread.messages set campaign_id = id where id = $1", [id]);
  const change = (to: string) => test.superuser.query(`update onethread.campaigns set ${to} where id = $1`, [id]);
  expect(await resend()).toBe(0);
  await change("state = 'started'");
  expect(await resend()).toBe(0);
  await change("quiet_hours = null, state = 'cancelled'");
  expect([await resend(), ...(await stateOf(id))]).toEqual([0, { status: "unknown", error_code: "not_sent_again" }]);
  await test.superuser.query("update onethread.unknown_sends set not_resent = null where message_id = $1", [id]);
  await change("state = 'started'");
  expect(await resend()).toBe(1);
  const followed =
    "select r.attempts, m.status from onethread.campaign_recipients r join onethread.messages m on m.id = r.message_id and m.campaign_id = r.campaign_id";
  expect(await rows(followed)).toEqual([{ attempts: 1, status: "queued" }]);
  await deliver();
});
