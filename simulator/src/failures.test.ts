import { expect, test } from "vitest";
import { ana, at, startUnderTest, textTo } from "../test/simulator-bench.ts";
import type { SimulatorUnderTest } from "../test/simulator-bench.ts";

async function startWithOpenWindow(rule: unknown): Promise<SimulatorUnderTest> {
  const underTest = await startUnderTest();
  await underTest.simulator.inbound({ from: ana, text: "oi" });
  underTest.simulator.addFailure(rule);
  return underTest;
}

test("a rule answers its error as often as it says, then sends pass again", async () => {
  const { simulator, send } = await startWithOpenWindow({
    match: { path: "messages", to: ana, type: "text" },
    times: 2,
    respond: { code: 131056, details: "Slow down.", retryAfter: 1 },
  });
  const first = await send(textTo(ana));
  expect([first.status, first.headers.get("retry-after")]).toEqual([400, "1"]);
  expect(first.json["error"]).toEqual({
    message: "(#131056) Pair rate limit hit",
    type: "OAuthException",
    code: 131056,
    error_data: { messaging_product: "whatsapp", details: "Slow down." },
    fbtrace_id: expect.any(String),
  });
  expect([(await send(textTo(ana))).status, (await send(textTo(ana))).status]).toEqual([400, 200]);
  expect(simulator.outbox()).toHaveLength(1);
});

test("a rule for sends leaves mark-read and other customers alone, and nth starts later", async () => {
  const { simulator, send } = await startWithOpenWindow({ match: { path: "messages", to: ana, nth: 2 }, respond: { status: 500 } });
  const [other] = await simulator.inbound({ from: "12025550148", text: "oi" });
  expect((await send({ status: "read", message_id: other?.messageId })).status).toBe(200);
  expect((await send(textTo("12025550148"))).status).toBe(200);
  expect((await send(textTo(ana))).status).toBe(200);
  const second = await send(textTo(ana));
  expect([second.status, at(second.json, "error.code")]).toEqual([500, 131000]);
  expect((await send(textTo(ana))).status).toBe(200);
});

test("dropped before: the connection breaks and nothing was accepted", async () => {
  const { simulator, send } = await startWithOpenWindow({ respond: { drop: "before" } });
  await expect(send(textTo(ana))).rejects.toThrow();
  expect(simulator.outbox()).toHaveLength(0);
});

test("dropped after: the connection breaks, yet the message was accepted and its statuses follow", async () => {
  const { simulator, receiver, send } = await startWithOpenWindow({ respond: { drop: "after" } });
  await expect(send({ ...textTo(ana), biz_opaque_callback_data: "ob_1" })).rejects.toThrow();
  const [entry] = simulator.outbox();
  await receiver.until(() => receiver.items("statuses").length === 3);
  expect(receiver.items("statuses")[0]).toMatchObject({ id: entry?.id, status: "sent", biz_opaque_callback_data: "ob_1" });
});

test("hanging accepts at once and answers late", async () => {
  const { simulator, send } = await startWithOpenWindow({ respond: { hangMs: 200 } });
  const startedAt = performance.now();
  const answer = send(textTo(ana));
  await simulator.waitForOutbox({ to: ana }, { atLeast: 1 });
  expect((await answer).status).toBe(200);
  expect(performance.now() - startedAt).toBeGreaterThanOrEqual(190);
});

test("failStatus accepts, then fails", async () => {
  const { receiver, send } = await startWithOpenWindow({ respond: { failStatus: { code: 131026 } } });
  expect((await send(textTo(ana))).status).toBe(200);
  await receiver.until(() => receiver.items("statuses").length === 1);
  expect(receiver.items("statuses")[0]).toMatchObject({ status: "failed", errors: [{ code: 131026, title: "Message undeliverable" }] });
});

test("silent accepts and no status follows", async () => {
  const { simulator, send } = await startWithOpenWindow({ respond: { silent: true } });
  expect((await send(textTo(ana))).status).toBe(200);
  expect(simulator.health()).toMatchObject({ pendingStatuses: 0, accepted: 1 });
});

test("statuses can come in any order, and before the answer", async () => {
  const { receiver, send } = await startWithOpenWindow({ respond: { statuses: ["read", "sent"], statusBeforeResponse: true } });
  await send(textTo(ana));
  expect(receiver.items("statuses").map((status) => status["status"])).toContain("read");
  await receiver.until(() => receiver.items("statuses").length === 2);
  expect(receiver.items("statuses").map((status) => status["status"])).toEqual(["read", "sent"]);
});

test("a reaction to an unknown message is accepted and then fails", async () => {
  const { simulator, receiver, send } = await startUnderTest();
  const [written] = await simulator.inbound({ from: ana, text: "oi" });
  await send({ to: ana, type: "reaction", reaction: { message_id: "wamid.UNKNOWN", emoji: "👍" } });
  await send({ to: ana, type: "reaction", reaction: { message_id: written?.messageId, emoji: "👍" } });
  await receiver.until(() => receiver.items("statuses").length === 2);
  expect(receiver.items("statuses").map((status) => status["status"])).toEqual(["failed", "sent"]);
  expect(at(receiver.items("statuses")[0], "errors.0.code")).toBe(131009);
});

test.each([
  [{ respond: {} }, /says nothing/],
  [{ respond: { drop: "sideways" } }, /before, after/],
  [{ match: { path: "message" }, respond: { code: 1 } }, /must be one of: messages/],
  [{ match: { two: 1 }, respond: { code: 1 } }, /does not know "two"/],
  [{ respond: { code: 131000, silent: true } }, /refused message has none/],
  [{ times: 0, respond: { code: 1 } }, /at least 1/],
])("the wrong rule %j is refused with a sentence", async (rule, sentence) => {
  const { call } = await startUnderTest();
  const answer = await call("POST", "/sim/failures", rule);
  expect(answer.status).toBe(400);
  expect(at(answer.json, "error.message")).toMatch(sentence);
  expect((await call("GET", "/sim/failures")).json).toEqual({ data: [] });
});

test("an orphan status needs an address and is delivered", async () => {
  const { receiver, call } = await startUnderTest();
  expect((await call("POST", "/sim/status", { id: "wamid.ORPHAN", status: "read" })).status).toBe(400);
  const answer = await call("POST", "/sim/status", {
    id: "wamid.ORPHAN",
    status: "failed",
    to: ana,
    error: { code: 131049 },
    callbackData: "ob_9",
  });
  expect(answer.json).toMatchObject({ data: { messageId: "wamid.ORPHAN", delivery: { state: "delivered" } } });
  expect(receiver.items("statuses")[0]).toMatchObject({ id: "wamid.ORPHAN", status: "failed", biz_opaque_callback_data: "ob_9" });
});

test("a delivery can be repeated with the same bytes", async () => {
  const { simulator, receiver, call } = await startUnderTest();
  const [written] = await simulator.inbound({ from: ana, text: "oi" });
  await call("POST", `/sim/deliveries/${String(written?.deliveries[0]?.id)}/redeliver`);
  expect(receiver.received).toHaveLength(2);
  expect(receiver.received[1]?.bytes.equals(receiver.received[0]?.bytes ?? Buffer.alloc(0))).toBe(true);
  expect((await call("GET", `/sim/deliveries?messageId=${String(written?.messageId)}`)).json["data"]).toHaveLength(2);
});

test("the handshake reports success and a wrong token", async () => {
  const { simulator } = await startUnderTest({ verifyToken: "verify-me" });
  expect(await simulator.verify()).toMatchObject([{ ok: true, status: 200 }]);
  simulator.config({ verifyToken: "wrong" });
  expect(await simulator.verify()).toMatchObject([{ ok: false, status: 403 }]);
});

test("reset forgets outbox, deliveries, failures and pending retries, and never reuses an id", async () => {
  const { simulator, receiver, call, send } = await startUnderTest({ retryDelaysMs: [3_600_000] });
  const [before] = await simulator.inbound({ from: ana, text: "oi" });
  await send(textTo(ana));
  await receiver.until(() => receiver.items("statuses").length === 3);
  receiver.respond = () => 503;
  const stuck = simulator.inbound({ from: ana, text: "stuck" });
  await receiver.until(() => receiver.items("messages").length === 2);
  simulator.addFailure({ respond: { code: 131000 } });
  await call("POST", "/sim/reset", {});
  expect((await stuck)[0]?.deliveries).toMatchObject([{ state: "cancelled" }]);
  expect(simulator.health()).toMatchObject({ accepted: 0, deliveries: 0, failureRules: 0, pendingDeliveries: 0, pendingStatuses: 0 });
  receiver.respond = () => 200;
  const [after] = await simulator.inbound({ from: ana, text: "oi" });
  expect(after?.messageId).not.toBe(before?.messageId);
  await call("POST", "/sim/reset", { customers: true });
  expect((await send(textTo(ana))).status).toBe(400);
});
