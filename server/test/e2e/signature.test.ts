import { createHmac } from "node:crypto";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { OnethreadProcess } from "../support/onethread-process.ts";
import { STACK_APP_SECRET, createStack, customers, QUESTION, type Stack } from "../support/start-stack.ts";
import { createTestDatabase, type TestDatabase } from "../support/test-database.ts";
import { messagesBody, textMessage, webhookBody } from "../support/webhook-bodies.ts";

const OTHER_SECRET = "the-secret-that-comes-next";
const LIMIT = 3 * 1024 * 1024;
let database: TestDatabase;
let stack: Stack;
let api: OnethreadProcess;

beforeAll(async () => {
  database = await createTestDatabase();
  stack = await createStack(database, { env: { ONETHREAD_APP_SECRET: `${STACK_APP_SECRET},${OTHER_SECRET}` } });
  [api] = await Promise.all([stack.start("api"), stack.start("worker,scheduler")]);
});
afterAll(async () => {
  await stack.stop();
  await database.close();
});

const signed = (body: Buffer, secret = STACK_APP_SECRET): string => `sha256=${createHmac("sha256", secret).update(body).digest("hex")}`;

async function post(body: Buffer, signature: string | undefined): Promise<Response> {
  return fetch(`${api.url}/webhooks/whatsapp`, {
    method: "POST",
    headers: { "content-type": "application/json", ...(signature === undefined ? {} : { "x-hub-signature-256": signature }) },
    body: new Uint8Array(body),
  });
}

/** What a webhook leaves behind; replies of the worker do not count. */
async function storedRows(): Promise<number> {
  const messages = await stack.count("select count(*) from onethread.messages where direction = 'in'");
  return messages + (await stack.count("select count(*) from onethread.webhook_log"));
}

const genuine = (): Buffer => messagesBody(stack.business.phoneNumberId, { from: "12025550147", text: QUESTION });

test.for<[string, (body: Buffer) => string | undefined]>([
  ["missing", () => undefined],
  ["empty", () => ""],
  ["of another secret", (body) => signed(body, "somebody-elses-secret")],
  ["of another body", (body) => signed(Buffer.concat([body, Buffer.from(" ")]))],
  ["truncated", (body) => signed(body).slice(0, -1)],
  ["cut to half", (body) => signed(body).slice(0, 39)],
  ["without its prefix", (body) => signed(body).slice("sha256=".length)],
  ["of another algorithm", (body) => `sha1=${createHmac("sha1", STACK_APP_SECRET).update(body).digest("hex")}`],
  ["not hexadecimal", () => `sha256=${"z".repeat(64)}`],
])("a signature that is %s is answered 401, and nothing is stored", async ([, signatureOf]) => {
  const before = await storedRows();
  const body = genuine();
  const response = await post(body, signatureOf(body));
  expect(response.status).toBe(401);
  expect(await response.json()).toMatchObject({ code: "signature_invalid" });
  expect(await storedRows()).toBe(before);
});

test("a body that was changed by one byte after it was signed is answered 401", async () => {
  const body = genuine();
  const signature = signed(body);
  const changed = Buffer.from(body);
  changed[body.length - 5] = (changed[body.length - 5] ?? 0) ^ 1;
  const before = await storedRows();
  expect((await post(changed, signature)).status).toBe(401);
  expect(await storedRows()).toBe(before);
});

test("both secrets are accepted while one replaces the other", async () => {
  for (const secret of [STACK_APP_SECRET, OTHER_SECRET]) {
    const id = `wamid.rotation-${secret}`;
    const body = messagesBody(stack.business.phoneNumberId, { from: "12025550148", text: QUESTION, id });
    expect((await post(body, signed(body, secret))).status).toBe(200);
    expect(await stack.count("select count(*) from onethread.messages where provider_message_id = $1", [id])).toBe(1);
  }
});

test("three megabytes are taken, and one byte more is answered 413", async () => {
  const padded = (bytes: number): Buffer => {
    const body = genuine();
    return Buffer.concat([body, Buffer.alloc(bytes - body.length, " ")]);
  };
  const full = padded(LIMIT);
  expect((await post(full, signed(full))).status).toBe(200);
  const before = await storedRows();
  const over = padded(LIMIT + 1);
  const refused = await post(over, signed(over)).catch((error: unknown) => String(error));
  // The server may close the connection before it has read all of it.
  if (typeof refused !== "string") expect(refused.status).toBe(413);
  expect(await storedRows()).toBe(before);
});

/** Anything that JSON can hold, with the strings that hurt: NUL, lone surrogates, huge numbers, keys that JavaScript knows. */
const anyJson = fc.jsonValue({ maxDepth: 4 });
const hurtful = fc.constantFrom(
  "",
  "\0",
  "\ud800",
  "\u202e",
  "__proto__",
  "constructor",
  "a".repeat(5_000),
  "😀",
  "1e999",
  "-1",
  "null",
  "'; drop table messages; --",
);
const anyText = fc.oneof(hurtful, fc.string({ unit: "binary" }), fc.string());
const anyValue = fc.oneof(anyJson, anyText, fc.constant(null), fc.integer(), fc.double());

/** A genuine message in which some fields are anything at all. */
const mangledMessage = fc
  .record({
    base: fc.record({ from: fc.constantFrom(...customers(5, 20)), text: anyText }),
    changes: fc.dictionary(
      fc.constantFrom(
        "id",
        "from",
        "from_user_id",
        "timestamp",
        "type",
        "text",
        "context",
        "image",
        "interactive",
        "reaction",
        "system",
        "errors",
        "contacts",
        "order",
        "location",
      ),
      anyValue,
      { maxKeys: 3 },
    ),
  })
  .map(({ base, changes }): Record<string, unknown> => ({ ...textMessage(base), ...changes }));

const mangledStatus = fc.dictionary(
  fc.constantFrom("id", "status", "timestamp", "recipient_id", "biz_opaque_callback_data", "errors", "conversation", "pricing"),
  anyValue,
  { maxKeys: 6 },
);

const valueOf = fc
  .record({
    messages: fc.array(mangledMessage, { maxLength: 4 }),
    statuses: fc.array(mangledStatus, { maxLength: 3 }),
    more: fc.dictionary(fc.constantFrom("metadata", "contacts", "errors", "message_echoes", "history"), anyValue, { maxKeys: 1 }),
  })
  .map(({ messages, statuses, more }) => webhookBody(stack.business.phoneNumberId, { messages, statuses, ...more }));

const anyBody = fc.oneof(
  { weight: 6, arbitrary: valueOf },
  { weight: 1, arbitrary: anyJson.map((json) => Buffer.from(JSON.stringify(json))) },
  { weight: 1, arbitrary: anyJson.map((entry) => Buffer.from(JSON.stringify({ object: "whatsapp_business_account", entry }))) },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)) },
  { weight: 1, arbitrary: fc.nat(400).map((length) => genuine().subarray(0, length)) },
);

test("whatever is signed is answered 200 and kept: never a 5xx, never a stored half", async () => {
  await fc.assert(
    fc.asyncProperty(anyBody, async (body) => {
      const response = await post(body, signed(body));
      expect(response.status, body.toString()).toBe(200);
    }),
    { numRuns: 400, seed: 20_261_122, endOnFailure: true },
  );
  const genuineId = "wamid.after-the-fuzz";
  const body = messagesBody(stack.business.phoneNumberId, { from: "12025550149", text: QUESTION, id: genuineId });
  expect((await post(body, signed(body))).status).toBe(200);
  expect(await stack.count("select count(*) from onethread.messages where provider_message_id = $1", [genuineId])).toBe(1);
  await stack.settled();
  // Every message that was stored has its thread, alias, lane and raw record: the doctor asks for all of it.
  expect(await stack.audit()).toEqual([]);
  expect(stack.complaints()).toEqual([]);
}, 60_000);
