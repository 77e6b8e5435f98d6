// Proves that no webhook makes the ingest or the API fail: bodies of the fixtures, in which a value was replaced by chance, are stored or set aside, and
// what was stored can be read.
import fc from "fast-check";
import { afterAll, beforeAll, expect, test as it } from "vitest";
import { createTestBusiness, type TestBusiness } from "../../test/support/test-business.ts";
import { createTestDatabase, type TestDatabase } from "../../test/support/test-database.ts";
import { bearerFor, createTestHttp, type TestHttp } from "../../test/support/test-http.ts";
import { mutated, jsonTextOf } from "../../test/support/mutate-json.ts";
import { createTestIntake } from "../../test/support/test-intake.ts";
import type { Json } from "../kernel/json.ts";
import { newId } from "../kernel/ids.ts";
import { GATEWAY_MESSAGES } from "../whatsapp/fixtures/gateway-messages.ts";
import { changeFixture, messageFixture, readFixture, statusFixture, systemFixture } from "../whatsapp/fixtures/fixtures.ts";
import { parseGatewayWebhook } from "../whatsapp/gateways/parse-gateway-webhook.ts";
import { parseCloudWebhook } from "../whatsapp/parse-webhook.ts";
import type { ParsedWebhook } from "../whatsapp/opened-webhook.ts";
import { type Gateway, GATEWAYS, type Provider } from "../whatsapp/providers.ts";

let test: TestDatabase;
let http: TestHttp;
let business: TestBusiness;
let headers: Readonly<Record<string, string>>;
const TOKEN = "token-of-the-channel-1";

beforeAll(async () => {
  test = await createTestDatabase();
  const database = test.open();
  business = await createTestBusiness(test.superuser);
  for (const provider of GATEWAYS) {
    const id = newId();
    await test.superuser.query(
      "insert into onethread.channels (business_id, id, provider, external_id, name) values ($1, $2, $3, $4, 'G')",
      [business.businessId, id, provider, TOKEN],
    );
    await test.superuser.query("insert into onethread.directory (kind, key, business_id, target_id) values ('channel', $1, $2, $3)", [
      `${provider}:${TOKEN}`,
      business.businessId,
      id,
    ]);
  }
  http = createTestHttp(database, test.log, { apiRequestsPerMinute: 1_000_000 });
  headers = await bearerFor(database, business.businessId);
});

afterAll(async () => {
  await http.app.close();
  await test.close();
});

const json = (value: unknown): Json => JSON.parse(JSON.stringify(value)) as Json;
let bodies = 0;
/** With ids of its own, so that it is no duplicate. */
function wireOf(value: Json): string {
  bodies += 1;
  return jsonTextOf(value)
    .replaceAll('"wamid.F', `"wamid.${String(bodies)}.F`)
    .replaceAll('"3EB0A1"', `"3EB0A${String(bodies)}"`);
}
const metadata = (): object => ({ display_phone_number: "15550100200", phone_number_id: business.phoneNumberId });
const cloud = (field: string, value: object): Json =>
  json({
    object: "whatsapp_business_account",
    entry: [{ id: "300000000000001", changes: [{ field, value: { messaging_product: "whatsapp", metadata: metadata(), ...value } }] }],
  });
const key = { remoteJid: "12025550147@s.whatsapp.net", fromMe: false, id: "3EB0A1" };
const contacts = [{ profile: { name: "Ana" }, wa_id: "4917612345678" }];

const record = (message: object): object => ({ key, messageTimestamp: 1_790_000_000, pushName: "Ana", message });
const OF_GATEWAYS: Readonly<Record<Gateway, (message: object) => object>> = {
  evolution: (message) => ({ event: "messages.upsert", instance: "a", data: record(message) }),
  baileys: (message) => ({ events: [{ event: "messages.upsert", data: { type: "notify", messages: [record(message)] } }] }),
  waha: (message) => ({
    event: "message",
    session: "default",
    payload: {
      id: "false_12025550147@c.us_3EB0A1",
      timestamp: 1_790_000_000,
      from: "12025550147@c.us",
      fromMe: false,
      body: null,
      _data: { key, message },
    },
  }),
};

function bases(): readonly (readonly [provider: Provider, body: Json])[] {
  return [
    ...readFixture("inbound-messages.jsonl", messageFixture).map(
      ({ message }) => ["cloud", cloud("messages", { contacts, messages: [message] })] as const,
    ),
    ...readFixture("inbound-messages.jsonl", messageFixture).map(
      ({ message }) => ["cloud", cloud("smb_message_echoes", { message_echoes: [{ ...message, to: "4917612345678" }] })] as const,
    ),
    ...readFixture("system-messages.jsonl", systemFixture).map(
      ({ message }) => ["cloud", cloud("messages", { contacts, messages: [message] })] as const,
    ),
    ...readFixture("statuses.jsonl", statusFixture).map(({ value }) => ["cloud", cloud("messages", value)] as const),
    ...readFixture("other-changes.jsonl", changeFixture).map(({ field, value }) => ["cloud", cloud(field, value as object)] as const),
    ...GATEWAY_MESSAGES.flatMap(([, message]) => GATEWAYS.map((gateway) => [gateway, json(OF_GATEWAYS[gateway](message))] as const)),
  ];
}

type Delivery = readonly [provider: Provider, raw: Buffer];

function parse([provider, raw]: Delivery): ParsedWebhook {
  return provider === "cloud" ? parseCloudWebhook(raw) : parseGatewayWebhook(provider, raw, { channelKey: TOKEN, receivedAt: new Date() });
}

async function read(path: string): Promise<{ readonly data: readonly { readonly id: string }[]; readonly nextCursor: string | null }> {
  const answer = await http.app.inject({ url: `/api/v1/${path}`, headers });
  expect([path, answer.statusCode]).toEqual([path, 200]);
  return answer.json();
}

async function readAll(path: string, then: (id: string) => Promise<void> = () => Promise.resolve()): Promise<number> {
  let count = 0;
  let cursor: string | null = "";
  while (cursor !== null) {
    const page = await read(`${path}?limit=100${cursor === "" ? "" : `&cursor=${encodeURIComponent(cursor)}`}`);
    count += page.data.length;
    for (const { id } of page.data) await then(id);
    cursor = page.nextCursor;
  }
  return count;
}

it("is stored or set aside, and what was stored can be read", async () => {
  const intake = createTestIntake(test);
  let taken = 0;
  for (const [provider, base] of bases()) {
    for (const sample of fc.sample(mutated(base), { numRuns: 3, seed: 7 })) {
      const raw = Buffer.from(wireOf(sample));
      const parsed = parse([provider, raw]);
      // What is no JSON object is kept as it is by the route.
      if (parsed.outcome !== "events" || parsed.events.length === 0) continue;
      const result = await intake.receive(parsed.events).catch((error: unknown) => error);
      expect([raw.toString().slice(0, 2_000), result]).toMatchObject([expect.anything(), { stored: expect.any(Number) }]);
      taken += 1;
    }
  }
  expect(taken).toBeGreaterThan(300);
  let messages = 0;
  const conversations = await readAll("conversations", async (id) => {
    messages += await readAll(`conversations/${id}/messages`);
  });
  expect(conversations).toBeGreaterThan(1);
  expect(messages).toBeGreaterThan(100);
  await readAll("notices");
});
