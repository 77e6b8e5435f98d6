import { describe, expect, test } from "vitest";
import type { WebhookEvent } from "../events.ts";
import type { ParsedWebhook } from "../opened-webhook.ts";
import type { Gateway } from "../providers.ts";
import { GATEWAY_MESSAGES } from "../fixtures/gateway-messages.ts";
import { parseGatewayWebhook } from "./parse-gateway-webhook.ts";

const delivery = { channelKey: "token-1", receivedAt: new Date(1_790_000_010_000) };
const TIME = 1_790_000_000;
const key = { remoteJid: "12025550147@s.whatsapp.net", fromMe: false, id: "3EB0A1" };

/** As Go writes the same keys. */
function inGoSpelling(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inGoSpelling);
  if (typeof value !== "object" || value === null) return value;
  const spell = (name: string): string =>
    name.replace(/^id$/, "ID").replace(/Id$/, "ID").replace(/Jid$/, "JID").replace(/^ptt$/, "PTT").replace(/Json$/, "JSON");
  return Object.fromEntries(Object.entries(value).map(([name, node]) => [spell(name), inGoSpelling(node)]));
}

function only(parsed: ParsedWebhook): WebhookEvent {
  if (parsed.outcome !== "events") throw new Error(parsed.reason);
  expect(parsed.events).toHaveLength(1);
  const [event] = parsed.events;
  if (event === undefined) throw new Error("no event");
  return event;
}

const wire = (body: object): Buffer => Buffer.from(JSON.stringify(body));
const record = (message: unknown, extra: object = {}): object => ({ key, messageTimestamp: TIME, message, ...extra });
const wahaBody = (data: object): object => ({
  event: "message",
  session: "default",
  payload: { id: "false_12025550147@c.us_3EB0A1", timestamp: TIME, from: "12025550147@c.us", fromMe: false, body: null, _data: data },
});

type Reading = readonly [name: string, read: (message: unknown, extra?: object) => WebhookEvent];
const EVOLUTION: Reading = [
  "Evolution",
  (message, extra) =>
    only(parseGatewayWebhook("evolution", wire({ event: "messages.upsert", instance: "a", data: record(message, extra) }), delivery)),
];
const BAILEYS: Reading = [
  "Baileys",
  (message, extra) =>
    only(
      parseGatewayWebhook(
        "baileys",
        wire({ events: [{ event: "messages.upsert", data: { type: "notify", messages: [record(message, extra)] } }] }),
        delivery,
      ),
    ),
];
const NOWEB: Reading = ["WAHA with NOWEB", (message) => only(parseGatewayWebhook("waha", wire(wahaBody({ key, message })), delivery))];
const GOWS: Reading = [
  "WAHA with GOWS",
  (message) => only(parseGatewayWebhook("waha", wire(wahaBody({ Info: { PushName: "Ana" }, Message: inGoSpelling(message) })), delivery)),
];

/** Each with all its engines. */
const READINGS: Readonly<Record<Gateway, readonly Reading[]>> = { evolution: [EVOLUTION], waha: [NOWEB, GOWS], baileys: [BAILEYS] };

describe.each(Object.values(READINGS).flat())("%s", (_name, read) => {
  test.each(GATEWAY_MESSAGES)("%s", (_kind, message, { type, text, quoted, target, notice }) => {
    const event = read(message);
    if (event.kind === "message") expect(event.content).toMatchObject({ type: event.type, [event.type]: expect.anything() });
    expect(
      event.kind === "message"
        ? { type: event.type, text: event.text, quoted: event.quotedProviderMessageId, target: event.targetProviderMessageId }
        : { notice: event.kind === "notice" ? event.field : event },
    ).toEqual(notice === undefined ? { type, text, quoted, target } : { notice });
  });
});

test("the product that a text asks about stands where the Cloud API names it", () => {
  const quotedMessage = { productMessage: { product: { title: "Blue mat", retailerId: "SKU-9" } } };
  const [, read] = EVOLUTION;
  expect(read({ extendedTextMessage: { text: "is it there?", contextInfo: { stanzaId: "Q1", quotedMessage } } })).toMatchObject({
    text: "is it there?",
    content: { context: { id: "Q1", referred_product: { product_retailer_id: "SKU-9" } } },
  });
});

describe.each([EVOLUTION, BAILEYS])("%s, of what stays on the phone", (_name, read) => {
  test.each([
    ["an empty message", {}, {}],
    ["the wrapper of one that may be seen once", { viewOnceMessageV2: {} }, {}],
    ["one that may be seen once", undefined, { key: { ...key, isViewOnce: true }, messageStubType: 2 }],
  ])("%s leaves a note, and its id to the message itself", (_what, message, extra) => {
    expect(read(message, extra)).toMatchObject({ kind: "message", type: "placeholder", providerMessageId: "placeholder:3EB0A1" });
  });

  test("a call that nobody took is one, and what is not decrypted yet is awaited", () => {
    expect(read(undefined, { messageStubType: "CALL_MISSED_VIDEO" })).toMatchObject({ type: "call", text: "Missed video call" });
    expect(read(undefined, { messageStubType: 2 })).toMatchObject({ kind: "notice", field: "message.without-content.2" });
  });

  test("the advertisement that was clicked is the referral", () => {
    const externalAdReply = {
      title: "Try a class",
      body: "New menu",
      sourceUrl: "https://fb.example/x",
      sourceId: "12",
      sourceType: "ad",
      ctwaClid: "Aff-1",
    };
    expect(read({ extendedTextMessage: { text: "hi", contextInfo: { externalAdReply } } })).toMatchObject({
      text: "hi",
      content: {
        referral: {
          headline: "Try a class",
          body: "New menu",
          source_url: "https://fb.example/x",
          source_id: "12",
          source_type: "ad",
          ctwa_clid: "Aff-1",
        },
      },
    });
  });

  test("a message of a group names its member, and nobody else's does", () => {
    const group = { key: { remoteJid: "1203@g.us", participant: "12025550147@s.whatsapp.net", fromMe: false, id: "G1" }, pushName: "Ana" };
    expect(read({ conversation: "oi" }, group)).toMatchObject({ content: { participant: { phone: "12025550147", name: "Ana" } } });
    expect(read({ conversation: "oi" })).not.toHaveProperty("content.participant");
  });
});
