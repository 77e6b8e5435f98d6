// Proves what leaves by a gateway: the request of the outbox, translated at the gateway's edge, in the form that the gateway takes.
import { randomUUID } from "node:crypto";
import { startEvolutionSimulator, startWahaSimulator, type GatewaySimulator } from "@onethread/simulator";
import { afterAll, beforeAll, beforeEach, expect, test as it } from "vitest";
import type { TestBusiness } from "../../test/support/test-business.ts";
import type { TestDatabase } from "../../test/support/test-database.ts";
import { closeTestEngine, openTestEngine, type TestEngine } from "../../test/support/test-engine.ts";
import type { JsonObject } from "../kernel/json.ts";
import { createReleaseScheduled } from "./release-scheduled.ts";
import type { Gateway } from "../whatsapp/providers.ts";

let test: TestDatabase;
let business: TestBusiness;
let engine: TestEngine;
let conversationId = "";
let from = "";
let people = 0;
const simulators: GatewaySimulator[] = [];
const channels = new Map<Gateway, { readonly channelId: string; readonly simulator: GatewaySimulator }>();

beforeAll(async () => {
  ({ test, business, engine } = await openTestEngine({ quietMs: 0, ceilingMs: 0 }));
  const common = { webhookUrl: () => "http://127.0.0.1:9/none", apiKey: "gateway-key", retryDelaysMs: [] };
  const evolution = await startEvolutionSimulator({ ...common, instance: "aurora" });
  const waha = await startWahaSimulator({ ...common, session: "aurora", hmacKey: "key" });
  simulators.push(evolution, waha);
  for (const [provider, simulator] of [
    ["evolution", evolution],
    ["waha", waha],
  ] as const) {
    const made = await engine.services.channels.create({
      businessId: business.businessId,
      provider,
      externalId: randomUUID(),
      name: provider,
      accessToken: "gateway-key",
      webhookSecret: "webhook-secret",
      gateway: { baseUrl: simulator.url, instance: "aurora" },
    });
    if (made.outcome !== "created") throw new Error(made.outcome);
    channels.set(provider, { channelId: made.channel.id, simulator });
  }
});
beforeEach(async () => {
  people += 1;
  from = `1404777${String(1000 + people)}`;
  await engine.receive(business, { from, text: "hello" });
  const { rows } = await test.superuser.query<{ id: string }>("select conversation_id as id from aliases where value = $1", [from]);
  conversationId = rows[0]?.id ?? "";
});
afterAll(async () => {
  await Promise.all(simulators.map((simulator) => simulator.stop()));
  await closeTestEngine(engine, test);
});

/** From now on the customer is reached by this gateway. */
async function moveTo(provider: Gateway): Promise<GatewaySimulator> {
  const channel = channels.get(provider);
  if (channel === undefined) throw new Error(`no ${provider}`);
  await test.superuser.query("update conversations set reply_channel_id = $1 where id = $2", [channel.channelId, conversationId]);
  return channel.simulator;
}

const accept = (content: JsonObject, sendAt?: Date) =>
  engine.services.acceptMessage({ businessId: business.businessId, conversationId, author: "api", content, sendAt });

async function send(content: JsonObject): Promise<string> {
  const accepted = await accept(content);
  if (accepted.outcome !== "accepted") throw new Error(accepted.outcome);
  await test.superuser.query("update lanes set check_at = now() where kind = 'send' and conversation_id = $1", [conversationId]);
  for (const lane of await engine.claim("send")) await engine.deliver(lane);
  const { rows } = await test.superuser.query<{ id: string | null }>("select provider_message_id as id from messages where id = $1", [
    accepted.message.id,
  ]);
  return rows[0]?.id ?? "";
}

const BUTTONS: JsonObject = {
  type: "interactive",
  interactive: { type: "button", body: { text: "Keep it?" }, action: { buttons: [{ type: "reply", reply: { id: "y", title: "Yes" } }] } },
};
const stored = async (): Promise<unknown> =>
  (
    await test.superuser.query(
      "select status, error_code as code, error_text as why from messages where conversation_id = $1 and direction = 'out' order by seq",
      [conversationId],
    )
  ).rows;
const text = (body: string): JsonObject => ({ type: "text", text: { body } });

it("what names our own message says so, and what names the customer's says that: by the gateway it could not be found otherwise", async () => {
  const simulator = await moveTo("waha");
  const ours = await send(text("At 9"));
  await send({ ...text("Or at 10"), context: { message_id: ours } });
  await send({ ...text("Which one?"), context: { message_id: "3EB0UNKNOWN" } });
  const chat = `${from}@c.us`;
  expect(
    simulator
      .outbox()
      .slice(-2)
      .map(({ body }) => body["reply_to"]),
  ).toEqual([`true_${chat}_${ours}`, `false_${chat}_3EB0UNKNOWN`]);
});

it("in a group the quote names the member who wrote, by the linked id where both are known", async () => {
  const simulator = await moveTo("waha");
  const channelId = channels.get("waha")?.channelId;
  const participant = { phone: "12025550148", lid: "81203344556677", name: "Leo" };
  await test.superuser.query("update conversations set reply_kind = 'group', reply_address = '1203630@g.us' where id = $1", [
    conversationId,
  ]);
  await test.superuser.query(
    "update messages set channel_id = $2, provider_message_id = '3EB0GROUP', content = content || jsonb_build_object('participant', $3::jsonb) where conversation_id = $1 and direction = 'in'",
    [conversationId, channelId, participant],
  );
  await send({ ...text("At 9"), context: { message_id: "3EB0GROUP" } });
  expect(simulator.outbox().at(-1)?.body["reply_to"]).toBe("false_1203630@g.us_3EB0GROUP_81203344556677@lid");
  await test.superuser.query("update conversations set reply_kind = 'phone', reply_address = $2 where id = $1", [conversationId, from]);
});

it("what a channel cannot send is refused when it is to be accepted, now or for later, with what to send instead; nothing is stored", async () => {
  const simulator = await moveTo("waha");
  const before = simulator.outbox().length;
  const later = new Date(Date.now() + 3_600_000);
  for (const sendAt of [undefined, later]) {
    expect(await accept(BUTTONS, sendAt)).toEqual({
      outcome: "unsupported_on_channel",
      reason: "WAHA cannot send messages with buttons. Nothing was stored. Send a poll, or write the choices into a text.",
    });
  }
  expect(await accept({ type: "image", image: { id: "910000000000001" } })).toMatchObject({
    outcome: "unsupported_on_channel",
    reason: expect.stringContaining("Upload the file here"),
  });
  expect(await stored()).toEqual([]);
  expect((await test.superuser.query("select from scheduled_messages where conversation_id = $1", [conversationId])).rowCount).toBe(0);
  expect(simulator.outbox()).toHaveLength(before);
});

it("what was scheduled for one channel and is due on another that cannot send it fails with its reason, what follows it leaves, and a retry is refused", async () => {
  const accepted = await accept(BUTTONS, new Date(Date.now() + 3_600_000));
  if (accepted.outcome !== "accepted") throw new Error(accepted.outcome);
  await test.superuser.query("update scheduled_messages set send_at = now() where id = $1", [accepted.message.id]);
  const simulator = await moveTo("waha");
  const releaseScheduled = createReleaseScheduled({ database: engine.database, wake: () => undefined, log: test.log });
  expect(await releaseScheduled()).toBe(1);
  await send(text("At 9"));
  const why = "WAHA cannot send messages with buttons. It was not sent. Send a poll, or write the choices into a text.";
  expect(await stored()).toEqual([
    { status: "failed", code: "unsupported_on_channel", why },
    { status: "accepted", code: null, why: null },
  ]);
  expect(simulator.outbox().at(-1)?.body["text"]).toBe("At 9");
  const retried = await engine.services.settleMessages.retry(business.businessId, accepted.message.id);
  expect(retried).toMatchObject({ outcome: "unsupported_on_channel" });
});

it("a group on the Cloud API gets no reactions, and a single customer does", async () => {
  const reaction = { type: "reaction", reaction: { message_id: "wamid.A1", emoji: "👍" } };
  expect(await accept(reaction)).toMatchObject({ outcome: "accepted" });
  await test.superuser.query("update conversations set reply_kind = 'group', reply_address = '1203@g.us' where id = $1", [conversationId]);
  expect(await accept(reaction)).toEqual({
    outcome: "unsupported_on_channel",
    reason: "The Cloud API sends no reactions to groups. Nothing was stored. Send a text that quotes the message.",
  });
  await test.superuser.query("update conversations set reply_kind = 'phone', reply_address = $2 where id = $1", [conversationId, from]);
});

it("a reaction goes to the message that it names, whoever wrote that", async () => {
  const simulator = await moveTo("evolution");
  const ours = await send(text("At 9"));
  for (const message_id of [ours, "3EB0UNKNOWN"]) await send({ type: "reaction", reaction: { message_id, emoji: "👍" } });
  const remoteJid = `${from}@s.whatsapp.net`;
  expect(
    simulator
      .outbox()
      .slice(-2)
      .map(({ body }) => body["key"]),
  ).toEqual([
    { remoteJid, fromMe: true, id: ours },
    { remoteJid, fromMe: false, id: "3EB0UNKNOWN" },
  ]);
});
