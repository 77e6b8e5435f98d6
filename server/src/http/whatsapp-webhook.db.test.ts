// Proves what the webhook address promises: only signed bytes come in, a 200 means durable, and no body whatever makes it fail.
import { once } from "node:events";
import { connect } from "node:net";
import fc from "fast-check";
import { afterAll, beforeAll, beforeEach, expect, test as it } from "vitest";
import { Fault } from "../kernel/faults.ts";
import { createTestDatabase, type TestDatabase } from "../../test/support/test-database.ts";
import { createTestHttp, sign, VERIFY_TOKEN, type TestHttp } from "../../test/support/test-http.ts";

const WEBHOOK = "/webhooks/whatsapp";
const BODY = JSON.stringify({
  object: "whatsapp_business_account",
  entry: [
    {
      id: "300000000000001",
      changes: [
        {
          field: "messages",
          value: {
            messaging_product: "whatsapp",
            metadata: { display_phone_number: "15550100200", phone_number_id: "200000000000001" },
            contacts: [{ profile: { name: "Ana" }, wa_id: "12025550147" }],
            messages: [{ from: "12025550147", id: "wamid.T1", timestamp: "1790000000", type: "text", text: { body: "oi" } }],
          },
        },
      ],
    },
  ],
}).replace("oi", "A\\u00e7\\u00e3o \\ud83d\\udc4d");

let test: TestDatabase;
let http: TestHttp;

beforeAll(async () => {
  test = await createTestDatabase();
  http = createTestHttp(test.open(), test.log);
});

beforeEach(() => {
  http.intake.received.length = 0;
  http.intake.fault = undefined;
});

afterAll(async () => {
  await http.app.close();
  await test.close();
});

async function deliver(
  body: string | Buffer,
  headers: Readonly<Record<string, string>> = {},
): Promise<{ status: number; text: string; headers: Record<string, unknown> }> {
  const answer = await http.app.inject({
    method: "POST",
    url: WEBHOOK,
    headers: { "content-type": "application/json", "x-hub-signature-256": sign(body), ...headers },
    payload: body,
  });
  return { status: answer.statusCode, text: answer.body, headers: answer.headers };
}

it("a signed webhook reaches the intake, read from the exact bytes, and is answered 200 without a body", async () => {
  expect(await deliver(BODY)).toMatchObject({ status: 200, text: "" });
  expect(http.intake.received).toMatchObject([{ kind: "message", providerMessageId: "wamid.T1", text: "Ação 👍" }]);
});

it("how long a webhook took is measured, not guessed", async () => {
  await deliver(BODY);
  const { body } = await http.app.inject("/metrics");
  const sum = /onethread_http_request_duration_seconds_sum\{method="POST",route="\/webhooks\/whatsapp",status="200"\} (\S+)/.exec(body);
  expect(Number(sum?.[1])).toBeGreaterThan(0);
});

it("every answer is counted by its status", async () => {
  const { app, intake } = createTestHttp(test.open(), test.log);
  const post = (signature: string): Promise<unknown> =>
    app.inject({ method: "POST", url: WEBHOOK, headers: { "x-hub-signature-256": signature }, payload: BODY });
  await post("sha256=00");
  const tooLong = "x".repeat(3 * 1024 * 1024 + 1);
  await app.inject({ method: "POST", url: WEBHOOK, headers: { "x-hub-signature-256": sign(tooLong) }, payload: tooLong });
  await app.inject(WEBHOOK);
  intake.fault = new Fault("unavailable", "full");
  await post(sign(BODY));
  const { body } = await app.inject("/metrics");
  for (const [method, status] of [
    ["POST", 401],
    ["POST", 413],
    ["GET", 403],
    ["POST", 503],
  ] as const)
    expect(body).toContain(`_count{method="${method}",route="${WEBHOOK}",status="${String(status)}"} 1`);
  await app.close();
});

it("the content type does not matter, the bytes do", async () => {
  for (const type of ["text/plain", "application/x-www-form-urlencoded", "application/json; charset=latin1", "multipart/form-data"]) {
    expect((await deliver(BODY, { "content-type": type })).status).toBe(200);
  }
  expect(http.intake.received).toHaveLength(4);
});

it("a wrong, missing, truncated or foreign signature is 401, and nothing is stored", async () => {
  const right = sign(BODY);
  const headers = [
    "",
    "sha256=",
    right.slice(0, -1),
    right.replace("sha256", "sha1"),
    right.slice(7),
    sign(BODY, "other"),
    sign(`${BODY} `),
    `${right}0`,
    sign(BODY, ""),
  ];
  for (const signature of headers) {
    const { status, text } = await deliver(BODY, { "x-hub-signature-256": signature });
    expect([status, text]).toEqual([401, expect.stringContaining("signature_invalid")]);
  }
  const missing = await http.app.inject({ method: "POST", url: WEBHOOK, payload: BODY });
  expect(missing.statusCode).toBe(401);
  expect(http.intake.received).toEqual([]);
});

it.each(["", "x-hub-signature-256: sha256=00\r\n", `x-hub-signature-256: ${sign(BODY).replace("sha256", "sha1")}\r\n`])(
  "who shows nothing that can be a signature (%s) is refused before the body is there",
  async (header) => {
    const { app } = createTestHttp(test.open(), test.log);
    const { hostname, port } = new URL(await app.listen({ host: "127.0.0.1", port: 0 }));
    const socket = connect(Number(port), hostname);
    socket.write(`POST ${WEBHOOK} HTTP/1.1\r\nhost: x\r\n${header}content-length: 1000\r\n\r\n{`);
    const [answer] = (await once(socket, "data")) as [Buffer];
    expect(answer.toString()).toMatch(/^HTTP\/1.1 401 /);
    socket.destroy();
    await app.close();
  },
);

it("during a rotation both secrets are accepted", async () => {
  const rotating = createTestHttp(test.open(), test.log, { appSecrets: ["new-secret", "old-secret"] });
  for (const [secret, status] of [
    ["new-secret", 200],
    ["old-secret", 200],
    ["older-secret", 401],
  ] as const) {
    const answer = await rotating.app.inject({
      method: "POST",
      url: WEBHOOK,
      headers: { "x-hub-signature-256": sign(BODY, secret) },
      payload: BODY,
    });
    expect([secret, answer.statusCode]).toEqual([secret, status]);
  }
  await rotating.app.close();
});

it("signed bytes that are no webhook are kept, once, for a person to look at", async () => {
  for (const body of ["{", "", "null", "[]", '{"entry":1}', '"\u0000"']) {
    http.intake.received.length = 0;
    expect([body, (await deliver(body)).status]).toEqual([body, 200]);
    expect(http.intake.received).toHaveLength(1);
    expect(http.intake.received[0]).toMatchObject({ kind: "unreadable", raw: body.replace("\u0000", "\uFFFD") });
  }
});

it("a webhook with nothing in it is answered 200 and harms nobody", async () => {
  expect((await deliver('{"object":"whatsapp_business_account","entry":[]}')).status).toBe(200);
  expect(http.intake.received).toEqual([]);
});

it("when the intake cannot promise anything the answer is 503 with Retry-After, never 200", async () => {
  http.intake.fault = new Fault("unavailable", "The queue is full.", { retryAfterSeconds: 7 });
  const { status, headers } = await deliver(BODY);
  expect([status, headers["retry-after"]]).toEqual([503, "7"]);
});

it("a failure that nobody expected is answered 500 with an id and nothing else", async () => {
  http.intake.fault = new Error("secret detail: 12025550147");
  const { status, text } = await deliver(BODY);
  expect(status).toBe(500);
  expect(text).toContain("urn:uuid:");
  expect(text).not.toContain("secret detail");
});

it("3 MB are taken, more is 413", async () => {
  const filler = (bytes: number): string => `{"object":"x","entry":[],"filler":"${"a".repeat(bytes - 37)}"}`;
  expect(Buffer.byteLength(filler(3 * 1024 * 1024))).toBe(3 * 1024 * 1024);
  expect((await deliver(filler(3 * 1024 * 1024))).status).toBe(200);
  const { status, text } = await deliver(filler(3 * 1024 * 1024 + 1));
  expect([status, text]).toEqual([413, expect.stringContaining("payload_too_large")]);
});

it("the handshake answers the challenge to the right token only", async () => {
  const shake = async (query: string): Promise<[number, string]> => {
    const answer = await http.app.inject({ url: `${WEBHOOK}?${query}` });
    return [answer.statusCode, answer.body];
  };
  const right = `hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token=${VERIFY_TOKEN}`;
  expect(await shake(right)).toEqual([200, "1158201444"]);
  for (const wrong of [
    "",
    right.replace(VERIFY_TOKEN, "other-token"),
    right.replace("subscribe", "unsubscribe"),
    right.replace("hub.challenge", "x"),
    `${right}&hub.verify_token=b`,
  ]) {
    expect((await shake(wrong))[0]).toBe(403);
  }
});

it("no body, signed or not, is ever answered 500, and what is not signed is never stored", async () => {
  const parts = fc.jsonValue({ maxDepth: 4 });
  const shaped = parts.map((value) =>
    JSON.stringify({ object: "whatsapp_business_account", entry: [{ id: "1", changes: [{ field: "messages", value }] }] }),
  );
  const bodies = fc.oneof(
    shaped.map((text) => Buffer.from(text)),
    fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
    fc.string({ unit: "binary" }).map((text) => Buffer.from(text)),
  );
  await fc.assert(
    fc.asyncProperty(bodies, fc.boolean(), async (body, isSigned) => {
      http.intake.received.length = 0;
      const { status } = await deliver(body, isSigned ? {} : { "x-hub-signature-256": "sha256=00" });
      expect(status).toBe(isSigned ? 200 : 401);
      if (!isSigned) expect(http.intake.received).toEqual([]);
    }),
    { numRuns: 300 },
  );
});

it("a sender that lies about the length of its body does not harm the next one", async () => {
  const address = await http.app.listen({ port: 0, host: "127.0.0.1" });
  const port = Number(new URL(address).port);
  const socket = connect(port, "127.0.0.1");
  const closed = new Promise((resolve) => socket.once("close", resolve));
  socket.write(`POST ${WEBHOOK} HTTP/1.1\r\nhost: x\r\ncontent-length: 500\r\n\r\n{"entry"`);
  socket.end();
  socket.resume();
  await closed;
  const answer = await fetch(`${address}${WEBHOOK}`, { method: "POST", body: BODY, headers: { "x-hub-signature-256": sign(BODY) } });
  expect(answer.status).toBe(200);
  expect(http.intake.received).toHaveLength(1);
});
