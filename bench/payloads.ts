// Owns: the webhooks of the bench, as Meta would send them: signed, as the bytes of a whole HTTP request.
// The same numbers give the same customers in the same order, whatever takes them.
import { createHmac } from "node:crypto";

export interface PayloadPlan {
  readonly host: string;
  readonly appSecret: string;
  readonly phoneNumberId: string;
  /** Distinguishes the message ids of one run from those of another. */
  readonly stamp: string;
}

/** Who writes: `mixed` is 45 % a few busy customers, 50 % any of many known ones, 5 % somebody for the first time; `known` is the same without the last. */
export const WRITERS = ["mixed", "known", "new"] as const;
export type Writers = (typeof WRITERS)[number];

export const HOT_CUSTOMERS = 300;
export const KNOWN_CUSTOMERS = 5_000;
const HOT_SHARE = 0.45;
const NEW_SHARE = 0.05;

const LONGEST_TEXT = 4_096;
const LARGEST_BODY = 3 * 1_048_576;

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

interface Item {
  readonly customer: number;
  readonly index: number;
  readonly text: string;
}

function bodyOf(plan: PayloadPlan, items: readonly Item[]): string {
  const phoneOf = ({ customer }: Item): string => String(12_020_000_000 + customer);
  const userIdOf = ({ customer }: Item): string => `US.${String(1_000_000_000_000_000 + customer)}`;
  const value = {
    messaging_product: "whatsapp",
    metadata: { display_phone_number: "15550100200", phone_number_id: plan.phoneNumberId },
    contacts: items.map((item) => ({ profile: { name: `Customer ${item.customer}` }, wa_id: phoneOf(item), user_id: userIdOf(item) })),
    messages: items.map((item) => ({
      from: phoneOf(item),
      from_user_id: userIdOf(item),
      id: `wamid.HBgL${plan.stamp}${String(item.index).padStart(12, "0")}`,
      timestamp: String(Math.floor(Date.now() / 1000)),
      type: "text",
      text: { body: item.text },
    })),
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

export interface Payloads {
  /** One message of each of these known customers: makes the threads that the measured part writes into, and warms everything up. */
  introduce(from: number, to: number): readonly Buffer[];
  /** One message each. */
  next(writers: Writers, count: number): readonly Buffer[];
  /** One webhook with as many messages, each of another known customer. */
  batch(count: number): Buffer;
  /** One webhook of just under 3 MB, the most that is taken: texts as long as the platform allows, each of another known customer. */
  largest(): Buffer;
}

export function createPayloads(plan: PayloadPlan): Payloads {
  const random = createRandom(42);
  let newcomers = KNOWN_CUSTOMERS;
  let messages = 0;
  const itemOf = (customer: number, text?: string): Item => {
    const index = messages++;
    return { customer, index, text: text ?? TEXTS[index % TEXTS.length] ?? "" };
  };
  const known = (hot: boolean): number => Math.floor(random() * (hot ? HOT_CUSTOMERS : KNOWN_CUSTOMERS));
  const drawWriter = (writers: Writers): number => {
    if (writers === "new") return newcomers++;
    const draw = random();
    const customer = known(draw < HOT_SHARE);
    return writers === "mixed" && draw >= 1 - NEW_SHARE ? newcomers++ : customer;
  };
  const webhookOf = (items: readonly Item[]): Buffer => requestOf(plan, bodyOf(plan, items));
  const batch = (count: number, text?: string): Buffer => webhookOf(Array.from({ length: count }, (_, at) => itemOf(at, text)));
  return {
    introduce: (from, to) => Array.from({ length: to - from }, (_, at) => webhookOf([itemOf(from + at)])),
    next: (writers, count) => Array.from({ length: count }, () => webhookOf([itemOf(drawWriter(writers))])),
    batch: (count) => batch(count),
    largest() {
      const text = "x".repeat(LONGEST_TEXT);
      return batch(Math.floor(LARGEST_BODY / bodyOf(plan, [itemOf(0, text)]).length), text);
    },
  };
}
