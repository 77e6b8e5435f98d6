// Proves over every kind of message, field by field, that what a provider leaves out, leaves blank or writes in another shape is never shown as such.
import { expect, test } from "vitest";
import { z } from "zod";
import { customerWords } from "./customer-words.ts";
import type { WebhookEvent } from "./events.ts";
import { messageFixture, bodyOfMessages, readFixture, toWire } from "./fixtures/fixtures.ts";
import { GATEWAY_MESSAGES } from "./fixtures/gateway-messages.ts";
import { parseGatewayWebhook } from "./gateways/parse-gateway-webhook.ts";
import { MESSAGE_TYPES, type MessageType } from "./message-kinds.ts";
import type { ParsedWebhook } from "./opened-webhook.ts";
import { parseCloudWebhook } from "./parse-webhook.ts";
import { referralText } from "./referral-text.ts";

type Json = z.infer<ReturnType<typeof z.json>>;

const SHAPES: readonly Json[] = [null, "", "  ", "\u200b", 7, true, {}, [], { a: 1 }, ["x"], [null], [{}]];
const RECEIVED = new Date(1_790_200_000_000);

/** The value with one of its fields, however deep, in each of the shapes, or left out. */
function* changed(value: Json): Generator<Json> {
  if (typeof value !== "object" || value === null) return;
  for (const [key, field] of Object.entries(value)) {
    const put = (other: Json): Json =>
      Array.isArray(value) ? value.map((one: Json, at) => (String(at) === key ? other : one)) : { ...value, [key]: other };
    if (!Array.isArray(value)) yield Object.fromEntries(Object.entries(value).filter(([other]) => other !== key));
    for (const shape of SHAPES) yield put(shape);
    for (const inner of changed(field)) yield put(inner);
  }
}

const RAW = /\[object|undefined|\bnull\b|NaN|[{[]"/u;
const WITHOUT_WORDS = /^\s*$|(?:^|\n)[:,(]|\(\s*\)|:\s*(?:\n|$|,)|,\s*,/u;

/** What of an event is shown, searched or told to a model as it must not be. */
function faultsOf(event: WebhookEvent): readonly string[] {
  if (event.kind !== "message") return [];
  const { type, content } = event;
  const shown = [event.text, customerWords({ type, content }), referralText(content)];
  return shown.flatMap((text) => (typeof text === "string" && (RAW.test(text) || WITHOUT_WORDS.test(text)) ? [`${type}: ${text}`] : []));
}

const faultsIn = (parsed: ParsedWebhook): readonly string[] =>
  parsed.outcome === "events" ? [...parsed.events].flatMap(faultsOf) : [parsed.reason];

/** These we only send. */
const NEVER_COMES: readonly MessageType[] = ["pin", "template"];

test("every kind of message that can come is among the fixtures", () => {
  const ofCloud = readFixture("inbound-messages.jsonl", messageFixture).map(({ expect: { type } }) => type);
  const seen = new Set<string | undefined>([...ofCloud, ...GATEWAY_MESSAGES.map(([, , { type }]) => type)]);
  expect(MESSAGE_TYPES.filter((type) => !seen.has(type))).toEqual(NEVER_COMES);
});

test("of the Cloud API", () => {
  const faults = readFixture("inbound-messages.jsonl", messageFixture).flatMap(({ message }) => {
    const { id = "wamid.1", from = "4917612345678", timestamp = "1790100001", type = "", ...rest } = message;
    const messages = [...changed(rest)].map((odd) => ({ id, from, timestamp, type, ...z.record(z.string(), z.json()).parse(odd) }));
    return messages.flatMap((odd) => faultsIn(parseCloudWebhook(toWire(bodyOfMessages({ messages: [odd] })), RECEIVED)));
  });
  expect([...new Set(faults)]).toEqual([]);
});

test("of a gateway", () => {
  const key = { remoteJid: "12025550147@s.whatsapp.net", fromMe: false, id: "3EB0A1" };
  const faults = GATEWAY_MESSAGES.flatMap(([, given]) =>
    [...changed(z.json().parse(given))].flatMap((message) => {
      const body = { event: "messages.upsert", instance: "a", data: { key, messageTimestamp: 1_790_000_000, message } };
      return faultsIn(parseGatewayWebhook("evolution", Buffer.from(JSON.stringify(body)), { channelKey: "t", receivedAt: RECEIVED }));
    }),
  );
  expect([...new Set(faults)]).toEqual([]);
});
