import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { ana, at, phoneNumberId, startUnderTest, textTo } from "../test/simulator-bench.ts";
import { valuesIn } from "../test/webhook-receiver.ts";
import { signatureOf } from "./webhook-wire.ts";

test("a customer who writes becomes one signed webhook of ASCII bytes", async () => {
  const { simulator, receiver } = await startUnderTest();
  const [result] = await simulator.inbound({ from: ana, text: "Ação 👍", name: "Ana Prado" });
  const [webhook] = receiver.received;
  expect(receiver.received).toHaveLength(1);
  expect(webhook?.bytes.every((byte) => byte < 128)).toBe(true);
  expect(webhook?.bytes.toString()).toContain("A\\u00e7\\u00e3o \\ud83d\\udc4d");
  expect(webhook?.headers["x-hub-signature-256"]).toBe(signatureOf("demo-app-secret", webhook?.bytes ?? ""));
  expect(receiver.items("messages")[0]).toMatchObject({ from: ana, id: result?.messageId, type: "text", text: { body: "Ação 👍" } });
  expect(receiver.items("contacts")[0]).toMatchObject({ profile: { name: "Ana Prado" }, wa_id: ana });
  expect(result?.deliveries).toMatchObject([{ state: "delivered", attempts: 1, status: 200 }]);
});

test("anything but 200 is retried until 200, with the same bytes", async () => {
  const { simulator, receiver } = await startUnderTest({ retryDelaysMs: [0, 1] });
  receiver.respond = (_webhook, nth) => [503, 201, 404, 200][nth - 1] ?? 200;
  const [result] = await simulator.inbound({ from: ana, text: "oi" });
  expect(result?.deliveries).toMatchObject([{ state: "delivered", attempts: 4 }]);
  expect(new Set(receiver.received.map((webhook) => webhook.bytes.toString())).size).toBe(1);
  expect(simulator.deliveries()[0]?.tries.map((one) => one.status)).toEqual([503, 201, 404, 200]);
});

test("a webhook that is never answered 200 is given up after the last attempt", async () => {
  const { simulator, receiver } = await startUnderTest({ retryDelaysMs: [0], maxAttempts: 3 });
  receiver.respond = () => 500;
  const [result] = await simulator.inbound({ from: ana, text: "oi" });
  expect(result?.deliveries).toMatchObject([{ state: "gave_up", attempts: 3, status: 500 }]);
});

test("an unreachable webhook URL is retried and reported, not thrown", async () => {
  const { simulator } = await startUnderTest({ webhookUrl: "http://127.0.0.1:9/", retryDelaysMs: [0], maxAttempts: 2 });
  const [result] = await simulator.inbound({ from: ana, text: "oi" });
  expect(result?.deliveries[0]).toMatchObject({ state: "gave_up", attempts: 2 });
  expect(simulator.deliveries()[0]?.tries[0]?.error).toContain("ECONNREFUSED");
});

test("copies deliver the same bytes several times", async () => {
  const { simulator, receiver } = await startUnderTest();
  const [result] = await simulator.inbound({ from: ana, text: "oi", deliver: { copies: 5, concurrency: 5 } });
  expect(result?.deliveries).toHaveLength(5);
  expect(receiver.received).toHaveLength(5);
  expect(new Set(receiver.received.map((webhook) => webhook.bytes.toString())).size).toBe(1);
});

test("a burst arrives in order by default, and in another order when shuffled", async () => {
  const { simulator, receiver } = await startUnderTest();
  const inOrder = await simulator.inbound({ from: ana, text: "line {n}", count: 20 });
  expect(receiver.items("messages").map((message) => message["id"])).toEqual(inOrder.map((one) => one.messageId));
  expect(at(receiver.items("messages")[2], "text.body")).toBe("line 3");
  receiver.received.length = 0;
  const sent = await simulator.inbound({ from: ana, text: "oi", count: 20, deliver: { shuffle: true } });
  const arrived = receiver.items("messages").map((message) => message["id"]);
  expect(arrived).not.toEqual(sent.map((one) => one.messageId));
  expect(new Set(arrived)).toEqual(new Set(sent.map((one) => one.messageId)));
});

test("a batch carries many messages of many customers and numbers in one POST, each contact once", async () => {
  const second = { phoneNumberId: "200000000000002", displayPhoneNumber: "15550100201", wabaId: "300000000000002" };
  const first = { phoneNumberId, displayPhoneNumber: "15550100200", wabaId: "300000000000001" };
  const { simulator, receiver } = await startUnderTest({ numbers: [first, second] });
  await simulator.inbound({
    messages: [
      { from: ana, text: "a", count: 400 },
      { from: "12025550148", text: "b", count: 300 },
      { from: ana, text: "c", count: 300, phoneNumberId: "200000000000002" },
    ],
    deliver: { batch: 1000 },
  });
  expect(receiver.received).toHaveLength(1);
  expect(receiver.items("messages")).toHaveLength(1000);
  expect(at(receiver.received[0]?.json, "entry.1.id")).toBe("300000000000002");
  expect(receiver.items("contacts").map((contact) => contact["wa_id"])).toEqual([ana, "12025550148", ana]);
});

test("several webhook URLs take turns", async () => {
  const other = await startUnderTest();
  const { simulator, receiver } = await startUnderTest();
  simulator.config({ webhookUrl: [receiver.url, other.receiver.url] });
  await simulator.inbound({ from: ana, text: "oi", count: 10, deliver: { concurrency: 5 } });
  expect([receiver.received.length, other.receiver.received.length]).toEqual([5, 5]);
});

test("a customer keeps the same user id, and hides the phone on request", async () => {
  const { simulator, receiver } = await startUnderTest();
  await simulator.inbound({ from: ana, text: "shown" });
  await simulator.inbound({ from: ana, text: "hidden", hidePhone: true, username: "@ana" });
  await simulator.inbound({ from: ana, text: "no user id", userId: null });
  const [shown, hidden, without] = receiver.items("messages");
  expect(shown?.["from_user_id"]).toMatch(/^US\.[A-Za-z0-9]{1,128}$/);
  expect(hidden).not.toHaveProperty("from");
  expect(hidden?.["from_user_id"]).toBe(shown?.["from_user_id"]);
  expect(receiver.items("contacts")[1]).not.toHaveProperty("wa_id");
  expect(without).not.toHaveProperty("from_user_id");
  await simulator.inbound({ userId: String(shown?.["from_user_id"]), text: "by user id alone" });
  expect(receiver.items("messages")[3]).not.toHaveProperty("from");
});

test("media without an id gets one that can be downloaded", async () => {
  const { simulator, receiver, call } = await startUnderTest();
  const base64 = Buffer.from("a picture").toString("base64");
  await simulator.inbound({ from: ana, type: "image", image: { base64, caption: "this one" } });
  const image = receiver.items("messages")[0]?.["image"];
  expect(image).toMatchObject({ caption: "this one", mime_type: "image/jpeg", sha256: expect.stringMatching(/^.{44}$/) });
  expect(image).not.toHaveProperty("base64");
  const resolved = await call("GET", `/v26.0/${String(at(image, "id"))}`);
  expect(resolved.json).toMatchObject({ mime_type: "image/jpeg", file_size: "9", sha256: at(image, "sha256") });
});

test("any type, also an unknown one, is passed on with its node and riders", async () => {
  const { simulator, receiver } = await startUnderTest();
  await simulator.inbound({
    from: ana,
    type: "hologram",
    hologram: { depth: 3 },
    context: { forwarded: true },
    referral: { source_type: "ad" },
  });
  expect(receiver.items("messages")[0]).toMatchObject({ type: "hologram", hologram: { depth: 3 }, context: { forwarded: true } });
  await simulator.inbound({ from: ana, type: "system", system: { type: "user_changed_number", wa_id: "12025550188", user_id: "US.New1" } });
  expect(receiver.items("messages")[1]).toMatchObject({ type: "system", system: { wa_id: "12025550188" } });
  expect(valuesIn(receiver.received[1] ?? { bytes: Buffer.alloc(0), headers: {}, json: {} })[0]).not.toHaveProperty("contacts");
});

test("who changed number can be answered under the new one", async () => {
  const { simulator, send } = await startUnderTest();
  await simulator.inbound({ from: ana, text: "oi" });
  expect((await send(textTo("12025550188"))).status).toBe(400);
  await simulator.inbound({ from: ana, type: "system", system: { type: "user_changed_number", wa_id: "12025550188", user_id: "US.New1" } });
  expect((await send(textTo("12025550188"))).status).toBe(200);
});

test("a raw value is wrapped, a raw webhook is left as it is, both are signed", async () => {
  const { simulator, receiver } = await startUnderTest();
  const value = {
    metadata: { phone_number_id: phoneNumberId },
    messages: [{ id: "wamid.RAW", from: ana, timestamp: "1", type: "text", text: {} }],
  };
  const results = await simulator.inbound({ raw: value });
  expect(results).toMatchObject([{ messageId: "wamid.RAW", deliveries: [{ state: "delivered" }] }]);
  await simulator.inbound({ raw: { field: "account_update", value: { event: "DISABLED_UPDATE" } } });
  await simulator.inbound({ raw: { object: "page", entry: [] } });
  expect(receiver.received.map(({ json }) => at(json, "entry.0.changes.0.field"))).toEqual(["messages", "account_update", undefined]);
  expect(receiver.received[2]?.json).toEqual({ object: "page", entry: [] });
  for (const { bytes, headers } of receiver.received) expect(headers["x-hub-signature-256"]).toBe(signatureOf("demo-app-secret", bytes));
});

test.each([
  [{ text: "oi" }, /from/],
  [{ from: ana }, /what the customer writes/],
  [{ from: "not a phone", text: "oi" }, /international form/],
  [{ from: ana, type: "location" }, /needs a "location" node/],
  [{ from: ana, text: "oi", deliver: { copys: 2 } }, /does not know "copys"/],
  [{ from: ana, text: "oi", id: "wamid.X", count: 2 }, /exclude each other/],
] satisfies readonly (readonly [object, RegExp])[])(
  "wrong input %j is refused with a sentence and nothing is delivered",
  async (request, sentence) => {
    const { receiver, call } = await startUnderTest();
    const answer = await call("POST", "/sim/inbound", request);
    expect(answer.status).toBe(400);
    expect(at(answer.json, "error.message")).toMatch(sentence);
    expect(receiver.received).toHaveLength(0);
  },
);

test("ids of two runs never meet", async () => {
  const ids = new Set<string>();
  for (let run = 0; run < 2; run += 1) {
    const { simulator } = await startUnderTest();
    for (const { messageId } of await simulator.inbound({ from: ana, text: "oi", count: 50, deliver: { batch: 50 } })) ids.add(messageId);
  }
  expect(ids.size).toBe(100);
});

test("with a state file a restarted simulator still knows its customers' windows and messages", async () => {
  const directory = mkdtempSync(join(tmpdir(), "onethread-simulator-"));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const stateFile = join(directory, "customers.jsonl");
  const before = await startUnderTest({ stateFile });
  const [written] = await before.simulator.inbound({ from: ana, text: "oi" });
  const after = await startUnderTest({ stateFile });
  expect((await after.send(textTo(ana))).status).toBe(200);
  expect((await after.send({ status: "read", message_id: written?.messageId })).json).toEqual({ success: true });
});
