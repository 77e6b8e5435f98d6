// Proves what leaves by a gateway: the request of the outbox, translated at the gateway's edge, in the form that the gateway takes.
import { randomUUID } from "node:crypto";
import { startEvolutionSimulator, startWahaSimulator, type GatewaySimulator } from "@onethread/simulator";
import { afterAll, beforeAll, beforeEach, expect, test as it } from "vitest";
import type { TestBusiness } from "../../test/support/test-business.ts";
import type { TestDatabase } from "../../test/support/test-database.ts";
import { closeTestEngine, openTestEngine, type TestEngine } from "../../test/support/test-engine.ts";
import type { JsonObject } from "../kernel/json.ts";
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

const accept = (content: JsonObject) =>
  engine.services.acceptMessage({ businessId: business.businessId, conversationId, author: "api", content });

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
