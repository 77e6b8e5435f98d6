// Proves that a gateway's customers come in under the same promises as those of the Cloud API: real doubles of the gateways, real database.
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { connect as openSocket } from "node:net";
import { startEvolutionSimulator, startWahaSimulator, type GatewaySimulator } from "@onethread/simulator";
import { fastify, type FastifyInstance } from "fastify";
import { Registry } from "prom-client";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type GatewayProof } from "../../businesses/channel-directory.ts";
import { createChannels } from "../../businesses/channels.ts";
import type { Database } from "../../db/database.ts";
import { type Intake } from "../../ingest/create-intake.ts";
import { noFailPoints } from "../../kernel/fail-points.ts";
import type { BusinessId } from "../../kernel/ids.ts";
import type { Gateway } from "../../whatsapp/providers.ts";
import { createTestBusiness } from "../../../test/support/test-business.ts";
import { createTestDatabase, type TestDatabase } from "../../../test/support/test-database.ts";
import { createErrorHandler } from "../error-mapper.ts";
import { createMetrics } from "../metrics.ts";
import { registerGatewayWebhooks } from "./gateway-webhooks.ts";
import { createTestIntake } from "../../../test/support/test-intake.ts";

const SECRET = "channel-secret";

let test: TestDatabase;
let database: Database;
let intake: Intake;
let app: FastifyInstance;
let registry: Registry;
let address: string;
const channels = new Map<string, GatewayProof>();
const simulators: GatewaySimulator[] = [];

beforeAll(async () => {
  test = await createTestDatabase();
  database = test.open();
  const { log } = test;
  intake = createTestIntake(test, { database, slots: 3 });
  app = fastify();
  registry = new Registry();
  app.setErrorHandler(createErrorHandler({ log }));
  registerGatewayWebhooks(app, {
    intake,
    metrics: createMetrics({ registry, database, log, failPoints: noFailPoints }),
    findChannel: (gateway, token) => Promise.resolve(channels.get(`${gateway}:${token}`)),
    now: () => new Date(),
  });
  address = await app.listen({ host: "127.0.0.1", port: 0 });
});

afterEach(async () => {
  await Promise.all(simulators.splice(0).map((simulator) => simulator.stop()));
});

afterAll(async () => {
  await app.close();
  await intake.idle();
  await test.close();
});

interface TestChannel {
  readonly businessId: BusinessId;
  readonly token: string;
  readonly url: string;
}

async function connect(gateway: Gateway, channel: GatewayProof = { secrets: [SECRET] }): Promise<TestChannel> {
  const { businessId } = await createTestBusiness(test.superuser);
  const token = randomUUID();
  const made = await createChannels({ database }).create({ businessId, provider: gateway, externalId: token, name: "Gateway" });
  expect(made.outcome).toBe("created");
  channels.set(`${gateway}:${token}`, channel);
  return { businessId, token, url: `${address}/webhooks/${gateway}/${token}` };
}

async function startEvolution({ url }: TestChannel, headers: Record<string, string> = { apikey: SECRET }): Promise<GatewaySimulator> {
  const simulator = await startEvolutionSimulator({ webhookUrl: url, instance: "aurora", apiKey: "key", webhookHeaders: headers });
  simulators.push(simulator);
  return simulator;
}

async function startWaha({ url }: TestChannel, hmacKey = SECRET): Promise<GatewaySimulator> {
  const simulator = await startWahaSimulator({ webhookUrl: url, session: "default", apiKey: "key", hmacKey });
  simulators.push(simulator);
  return simulator;
}

async function rows(sql: string, { businessId }: TestChannel): Promise<readonly Record<string, unknown>[]> {
  const answer = await test.superuser.query<Record<string, unknown>>(sql, [businessId]);
  return answer.rows;
}

const messagesOf = (connected: TestChannel): Promise<readonly Record<string, unknown>[]> =>
  rows(
    "select text, direction, author, conversation_id, provider_message_id from onethread.messages where business_id = $1 order by sent_at, seq",
    connected,
  );

const threadsOf = (connected: TestChannel): Promise<readonly Record<string, unknown>[]> =>
  rows("select canonical_key, ai_paused_reason from onethread.conversations where business_id = $1 and merged_into is null", connected);

describe("one person, one thread", () => {
  it.each(["both", "swapped", "phone", "lid"] as const)("a customer whom Evolution shows by %s has one thread", async (identity) => {
    const connected = await connect("evolution");
    const evolution = await startEvolution(connected);
    for (const text of ["oi", "tem vaga?"]) await evolution.inbound({ from: "12025550147", text, identity });
    expect(await threadsOf(connected)).toHaveLength(1);
    expect((await messagesOf(connected)).map(({ text }) => text)).toEqual(["oi", "tem vaga?"]);
  });

  it.each(["evolution", "waha"] as const)("%s: first a linked id, then a phone, then both: one thread in the end", async (gateway) => {
    const connected = await connect(gateway);
    const simulator = gateway === "evolution" ? await startEvolution(connected) : await startWaha(connected);
    for (const identity of ["lid-then-phone", "lid-then-phone", "both"] as const)
      await simulator.inbound({ from: "12025550148", identity });
    expect(await messagesOf(connected)).toHaveLength(3);
    expect(await threadsOf(connected)).toHaveLength(1);
  });

  it("WAHA's twins are one message, in one thread", async () => {
    const connected = await connect("waha");
    const waha = await startWaha(connected);
    await waha.inbound({ from: "12025550149", identity: "twins", copies: 3 });
    expect(await messagesOf(connected)).toHaveLength(1);
    expect(await threadsOf(connected)).toHaveLength(1);
  });

  it("a group is one thread, whoever writes in it", async () => {
    const connected = await connect("evolution");
    const evolution = await startEvolution(connected);
    for (const from of ["12025550101", "12025550102"]) await evolution.inbound({ from, groupId: "120363000000000001@g.us" });
    expect(await threadsOf(connected)).toMatchObject([{ canonical_key: `group:${connected.businessId}:120363000000000001@g.us` }]);
  });
});

it("a redelivered webhook is one message, and its 200 means durable", async () => {
  const connected = await connect("evolution");
  const evolution = await startEvolution(connected);
  const { deliveries } = await evolution.inbound({ from: "12025550147", copies: 20 });
  expect(deliveries.every(({ state }) => state === "delivered")).toBe(true);
  expect(await messagesOf(connected)).toHaveLength(1);
});

it("what is typed on the phone is a human's and takes over; what went through the API is neither", async () => {
  const connected = await connect("evolution");
  const evolution = await startEvolution(connected);
  await evolution.inbound({ from: "12025550147", text: "oi", identity: "phone" });
  const data = {
    key: { remoteJid: "12025550147@s.whatsapp.net", fromMe: true, id: "3EB0API" },
    status: "PENDING",
    message: { conversation: "Yes" },
    messageTimestamp: 1_790_003_030,
  };
  await evolution.emit("send.message", data);
  expect(await threadsOf(connected)).toMatchObject([{ ai_paused_reason: null }]);
  await evolution.inbound({ from: "12025550147", text: "typed", fromMe: true, identity: "phone" });
  expect(await threadsOf(connected)).toMatchObject([{ ai_paused_reason: "phone_app" }]);
  expect(await messagesOf(connected)).toMatchObject([
    { text: "oi", author: "customer" },
    { text: "typed", author: "human" },
  ]);
});

it("history is stored as such, and so wakes no AI", async () => {
  const connected = await connect("evolution");
  const evolution = await startEvolution(connected);
  const weekAgo = Math.floor(Date.now() / 1000) - 7 * 86_400;
  await evolution.inbound({ from: "12025550147", text: "last week", timestamp: weekAgo });
  await evolution.inbound({ from: "12025550147", text: "typed last week", timestamp: weekAgo + 1, fromMe: true, identity: "phone" });
  await evolution.inbound({ from: "12025550147", text: "now" });
  const stored = await rows("select text, is_history from onethread.messages where business_id = $1 order by sent_at, seq", connected);
  expect(stored).toEqual([
    { text: "last week", is_history: true },
    { text: "typed last week", is_history: true },
    { text: "now", is_history: false },
  ]);
  expect(await threadsOf(connected)).toMatchObject([{ ai_paused_reason: null }]);
});

describe("what an answer means to a gateway", () => {
  it("a wrong secret is 401 and stores nothing", async () => {
    const evolution = await connect("evolution");
    const waha = await connect("waha");
    const [refused] = (await (await startEvolution(evolution, { apikey: "wrong" })).inbound({ from: "12025550147" })).deliveries;
    expect(refused).toMatchObject({ state: "gave_up", attempts: [401] });
    const [unsigned] = (await (await startWaha(waha, "wrong")).inbound({ from: "12025550147" })).deliveries;
    expect(new Set(unsigned?.attempts)).toEqual(new Set([401]));
    expect([...(await messagesOf(evolution)), ...(await messagesOf(waha))]).toEqual([]);
  });

  it.each(["evolution", "waha", "baileys"] as const)(
    "a caller of %s whose headers prove nothing is refused before the body is there",
    async (gateway) => {
      const { token } = await connect(gateway);
      const { hostname, port } = new URL(address);
      const socket = openSocket(Number(port), hostname);
      socket.write(
        `POST /webhooks/${gateway}/${token} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n{`,
      );
      const [answer] = (await once(socket, "data")) as [Buffer];
      expect(answer.toString()).toMatch(/^HTTP\/1.1 401 /);
      socket.destroy();
    },
  );

  it("every answer is counted by its status, under the pattern of the address", async () => {
    const { token } = await connect("evolution");
    const post = (address: string, headers: Record<string, string> = {}) =>
      app.inject({ method: "POST", url: `/webhooks/evolution/${address}`, headers, payload: "{}" });
    registry.resetMetrics();
    await post(token);
    await post(token, { apikey: SECRET });
    await post(`${token}/messages-upsert`, { apikey: SECRET });
    await post("nobody");
    const text = await registry.metrics();
    for (const [route, status] of [
      ["/:token", 401],
      ["/:token", 200],
      ["/:token/:event", 200],
      ["/:token", 503],
    ])
      expect(text).toContain(`_count{method="POST",route="/webhooks/evolution${String(route)}",status="${String(status)}"} 1`);
  });

  it("an address that is connected late loses nothing: until then it is 503, which Evolution retries", async () => {
    const connected = await connect("evolution");
    const channel = channels.get(`evolution:${connected.token}`);
    channels.delete(`evolution:${connected.token}`);
    const evolution = await startEvolution(connected);
    const sent = evolution.inbound({ from: "12025550147" });
    const tried = await app.inject({ method: "POST", url: `/webhooks/evolution/${connected.token}`, payload: "{}" });
    expect([tried.statusCode, tried.headers["retry-after"]]).toEqual([503, "60"]);
    if (channel !== undefined) channels.set(`evolution:${connected.token}`, channel);
    expect((await sent).deliveries).toMatchObject([{ state: "delivered" }]);
    expect(await messagesOf(connected)).toHaveLength(1);
  });

  it("a body of another instance, and one that nobody can read, are kept for a person instead of refused", async () => {
    const connected = await connect("evolution", { secrets: [SECRET], instance: "another" });
    await (await startEvolution(connected)).inbound({ from: "12025550147" });
    const headers = { apikey: SECRET };
    const broken = await app.inject({ method: "POST", url: `/webhooks/evolution/${connected.token}`, headers, payload: "{" });
    expect(broken.statusCode).toBe(200);
    expect(await messagesOf(connected)).toEqual([]);
    const kept = await rows(
      "select reason from onethread.webhook_log where business_id = $1 and state = 'quarantined' order by received_at, id",
      connected,
    );
    expect(kept).toMatchObject([{ reason: expect.stringContaining('"aurora"') }, { reason: expect.stringContaining("JSON") }]);
  });

  it("an Evolution channel without a secret is proven by its address alone; a WAHA channel without one takes nothing", async () => {
    const evolution = await connect("evolution", { secrets: [] });
    await (await startEvolution(evolution, {})).inbound({ from: "12025550147" });
    expect(await messagesOf(evolution)).toHaveLength(1);
    const waha = await connect("waha", { secrets: [] });
    await (await startWaha(waha)).inbound({ from: "12025550147" });
    expect(await messagesOf(waha)).toEqual([]);
  });

  it("the event at the end of the address changes nothing", async () => {
    const connected = await connect("evolution");
    await (await startEvolution({ ...connected, url: `${connected.url}/messages-upsert` })).inbound({ from: "12025550147" });
    expect(await messagesOf(connected)).toHaveLength(1);
  });

  it("the bridge comes in with its bearer secret", async () => {
    const connected = await connect("baileys");
    const message = {
      key: { remoteJid: "12025550147@s.whatsapp.net", fromMe: false, id: "3EB0A1" },
      messageTimestamp: 1_790_003_000,
      message: { conversation: "oi" },
    };
    const payload = { events: [{ event: "messages.upsert", data: { type: "notify", messages: [message] } }] };
    const post = (headers: Record<string, string>) =>
      app.inject({ method: "POST", url: `/webhooks/baileys/${connected.token}`, headers, payload });
    expect((await post({})).statusCode).toBe(401);
    expect((await post({ authorization: `Bearer ${SECRET}` })).statusCode).toBe(200);
    expect(await messagesOf(connected)).toMatchObject([{ text: "oi", provider_message_id: "3EB0A1" }]);
  });
});

it("statuses, channels and the own number leave a count and no thread", async () => {
  const connected = await connect("evolution");
  const evolution = await startEvolution(connected);
  for (const remoteJid of ["status@broadcast", "1203@newsletter", "15550100200@s.whatsapp.net"]) {
    await evolution.emit("messages.upsert", {
      key: { remoteJid, fromMe: false, id: "A" },
      message: { conversation: "x" },
      messageTimestamp: 1_790_003_000,
    });
  }
  expect(await threadsOf(connected)).toEqual([]);
  const counted = await rows("select kind from onethread.webhook_log where business_id = $1 order by kind", connected);
  expect(counted.map(({ kind }) => kind)).toEqual(["ignored:newsletter", "ignored:own_number", "ignored:status"]);
});
