import { afterEach, expect, it } from "vitest";
import { startEvolutionSimulator, startWahaSimulator, type GatewaySimulator } from "../src/index.ts";
import { startWebhookReceiver, type WebhookReceiver } from "./webhook-receiver.ts";

const running: { stop: () => Promise<void> }[] = [];
afterEach(async () => {
  for (const part of running.splice(0).reverse()) await part.stop();
});

async function receiver(): Promise<WebhookReceiver> {
  const started = await startWebhookReceiver();
  running.push(started);
  return started;
}

async function evolution(webhookUrl: string): Promise<GatewaySimulator> {
  const started = await startEvolutionSimulator({ webhookUrl, instance: "aurora", apiKey: "key", jwtKey: "jwt", retryDelaysMs: [0] });
  running.push(started);
  return started;
}

async function waha(webhookUrl: string): Promise<GatewaySimulator> {
  const started = await startWahaSimulator({ webhookUrl, session: "default", apiKey: "key", hmacKey: "h", retryDelaysMs: [0] });
  running.push(started);
  return started;
}

const post = (url: string, headers: Record<string, string>, body: unknown): Promise<Response> =>
  fetch(url, { method: "POST", headers: { "content-type": "application/json", ...headers }, body: JSON.stringify(body) });

it.each([400, 401, 403, 404, 422])("Evolution gives a webhook up that was answered %i", async (status) => {
  const inbox = await receiver();
  inbox.respond = () => status;
  const { deliveries } = await (await evolution(inbox.url)).inbound({ from: "12025550147" });
  expect(deliveries).toMatchObject([{ state: "gave_up", attempts: [status] }]);
});

it("Evolution tries ten times, WAHA fifteen, and both stop at the first success", async () => {
  const inbox = await receiver();
  inbox.respond = () => 503;
  expect((await (await evolution(inbox.url)).inbound({ from: "1" })).deliveries[0]?.attempts).toHaveLength(10);
  expect((await (await waha(inbox.url)).inbound({ from: "1" })).deliveries[0]?.attempts).toHaveLength(15);
  inbox.respond = (_webhook, nth) => (nth < 28 ? 401 : 200);
  expect((await (await waha(inbox.url)).inbound({ from: "1" })).deliveries).toMatchObject([
    { state: "delivered", attempts: [401, 401, 200] },
  ]);
});

it.each([
  ["both", [{ remoteJid: expect.stringMatching(/@lid$/), remoteJidAlt: "12025550147@s.whatsapp.net" }]],
  ["swapped", [{ remoteJid: "12025550147@s.whatsapp.net", remoteJidAlt: expect.stringMatching(/@lid$/) }]],
  ["lid", [{ remoteJid: expect.stringMatching(/@lid$/) }]],
  ["phone", [{ remoteJid: "12025550147@s.whatsapp.net" }]],
  ["lid-then-phone", [{ remoteJid: expect.stringMatching(/@lid$/) }, { remoteJid: "12025550147@s.whatsapp.net" }]],
] as const)("Evolution shows a customer by %s", async (identity, keys) => {
  const inbox = await receiver();
  const simulator = await evolution(inbox.url);
  await simulator.inbound({ from: "12025550147", identity });
  if (identity === "lid-then-phone") await simulator.inbound({ from: "12025550147", identity });
  expect(inbox.received.map(({ json }) => json["data"])).toMatchObject(keys.map((key) => ({ key })));
});

it("WAHA emits twins: one bare id under two names", async () => {
  const inbox = await receiver();
  const { messageId } = await (await waha(inbox.url)).inbound({ from: "12025550147", identity: "twins" });
  const ids = inbox.received.map(({ json }) => (json["payload"] as { id: string }).id);
  expect(ids.sort()).toEqual([`false_12025550147@c.us_${messageId}`, expect.stringMatching(new RegExp(`^false_\\d+@lid_${messageId}$`))]);
});

it("a send through Evolution is reported, and its acks name the linked id though the phone was addressed", async () => {
  const inbox = await receiver();
  const simulator = await evolution(inbox.url);
  const answer = await post(`${simulator.url}/message/sendText/aurora`, { apikey: "key" }, { number: "12025550147", text: "Yes" });
  expect(answer.status).toBe(201);
  await simulator.settled();
  expect(inbox.received.map(({ json }) => json["event"])).toEqual([
    "send.message",
    "messages.update",
    "messages.update",
    "messages.update",
  ]);
  expect(inbox.received.at(-1)?.json["data"]).toMatchObject({
    keyId: simulator.outbox()[0]?.id,
    remoteJid: expect.stringMatching(/@lid$/),
    status: "READ",
  });
});

it("keys, instances and bodies are checked, and what is not emulated says so", async () => {
  const inbox = await receiver();
  const { url } = await evolution(inbox.url);
  const text = { number: "12025550147", text: "Yes" };
  expect((await post(`${url}/message/sendText/aurora`, { apikey: "no" }, text)).status).toBe(401);
  expect((await post(`${url}/message/sendText/other`, { apikey: "key" }, text)).status).toBe(404);
  expect((await post(`${url}/message/sendText/aurora`, { apikey: "key" }, { number: "1" })).status).toBe(400);
  expect((await post(`${url}/message/sendStatus/aurora`, { apikey: "key" }, {})).status).toBe(501);
  expect((await post(`${url}/sim/inbound`, {}, { from: "1", colour: "red" })).status).toBe(400);
  const other = await waha(inbox.url);
  expect((await post(`${other.url}/api/sendText`, { "x-api-key": "no" }, { session: "default", chatId: "1@c.us", text: "x" })).status).toBe(
    401,
  );
  expect((await post(`${other.url}/api/sendText`, { "x-api-key": "key" }, { session: "other", chatId: "1@c.us", text: "x" })).status).toBe(
    404,
  );
});

it("Evolution rewrites bare numbers, and leaves addresses alone", async () => {
  const simulator = await evolution((await receiver()).url);
  for (const number of ["5547912345678", "5511912345678", "5215512345678", "5547912345678@s.whatsapp.net"]) {
    await post(`${simulator.url}/message/sendText/aurora`, { apikey: "key" }, { number, text: "x" });
  }
  expect(simulator.outbox().map(({ to }) => to)).toEqual([
    "5547912345678@s.whatsapp.net",
    "5511912345678@s.whatsapp.net",
    "525512345678@s.whatsapp.net",
    "5547912345678@s.whatsapp.net",
  ]);
});
