// Owns: the webhooks of the bench, as Meta would send them: one message each, signed, as the bytes of a whole HTTP request.
// The same numbers give the same customers in the same order, whatever takes them.
import { createHmac } from "node:crypto";

export interface PayloadPlan {
  readonly host: string;
  readonly appSecret: string;
  readonly phoneNumberId: string;
  /** Distinguishes the message ids of one run from those of another. */
  readonly stamp: string;
}

/** Who writes in the measured time: 45 % of a few busy customers, 50 % of many known ones, 5 % for the first time. */
export const HOT_CUSTOMERS = 300;
export const KNOWN_CUSTOMERS = 5_000;
const HOT_SHARE = 0.45;
const NEW_SHARE = 0.05;

const TEXTS = [
  "Hi! Are you open on Sunday, and until when?",
  "My order 48213 has not arrived yet, could you look it up please?",
  "ok thanks",
  "Do you deliver to Rua das Flores? Minha irm\u00e3 quer saber tamb\u00e9m \ud83d\ude4f",
  "I would like to change my appointment from Tuesday to Thursday afternoon, around four o'clock if that is still possible.",
];

/** mulberry32: small, seeded, good enough to choose customers. */
function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const escapeNonAscii = (json: string): string =>
  json.replace(/[\u0080-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);

function bodyOf(plan: PayloadPlan, customer: number, index: number): string {
  const phone = String(12_020_000_000 + customer);
  const userId = `US.${String(1_000_000_000_000_000 + customer)}`;
  const message = {
    from: phone,
    from_user_id: userId,
    id: `wamid.HBgL${plan.stamp}${String(index).padStart(12, "0")}`,
    timestamp: String(Math.floor(Date.now() / 1000)),
    type: "text",
    text: { body: TEXTS[index % TEXTS.length] },
  };
  const value = {
    messaging_product: "whatsapp",
    metadata: { display_phone_number: "15550100200", phone_number_id: plan.phoneNumberId },
    contacts: [{ profile: { name: `Customer ${customer}` }, wa_id: phone, user_id: userId }],
    messages: [message],
  };
  const entry = [{ id: "300000000000001", changes: [{ value, field: "messages" }] }];
  return escapeNonAscii(JSON.stringify({ object: "whatsapp_business_account", entry }));
}

function requestOf(plan: PayloadPlan, body: string): Buffer {
  const signature = createHmac("sha256", plan.appSecret).update(body).digest("hex");
  const head = [
    "POST /webhooks/whatsapp HTTP/1.1",
    `Host: ${plan.host}`,
    "User-Agent: facebookexternalua",
    "Accept: */*",
    "Content-Type: application/json",
    `Content-Length: ${body.length}`,
    `X-Hub-Signature-256: sha256=${signature}`,
  ];
  return Buffer.from(`${head.join("\r\n")}\r\n\r\n${body}`, "latin1");
}

/** One message of each known customer: makes the threads that the measured part writes into, and warms everything up. */
export function createWarmUp(plan: PayloadPlan): readonly Buffer[] {
  return Array.from({ length: KNOWN_CUSTOMERS }, (_, customer) => requestOf(plan, bodyOf(plan, customer, customer)));
}

export function createPayloads(plan: PayloadPlan, count: number): readonly Buffer[] {
  const random = createRandom(42);
  let newcomers = KNOWN_CUSTOMERS;
  return Array.from({ length: count }, (_, at) => {
    const draw = random();
    const known = Math.floor(random() * (draw < HOT_SHARE ? HOT_CUSTOMERS : KNOWN_CUSTOMERS));
    const customer = draw >= 1 - NEW_SHARE ? newcomers++ : known;
    return requestOf(plan, bodyOf(plan, customer, KNOWN_CUSTOMERS + at));
  });
}
