import { expect, test } from "vitest";
import { ana, at, phoneNumberId, startUnderTest, textTo } from "../test/simulator-bench.ts";
import type { SimulatorUnderTest } from "../test/simulator-bench.ts";

const control = ({ call }: SimulatorUnderTest, body: object): Promise<unknown> =>
  call("POST", `/v26.0/${phoneNumberId}/thread_control`, { messaging_product: "whatsapp", to: `+${ana}`, ...body }).then(
    ({ status, json }) => at(json, "error.code") ?? status,
  );
const fieldsOf = ({ receiver }: SimulatorUnderTest): readonly unknown[] =>
  receiver.received.map(({ json }) => at(json, "entry.0.changes.0.field"));
const hello = { name: "hello_world", language: { code: "en_US" } };

test("without a routing every thread is ours, and none can be passed on", async () => {
  const bench = await startUnderTest();
  await bench.simulator.inbound({ from: ana, text: "oi" });
  expect(await control(bench, { action: "pass" })).toBe(131005);
  expect(fieldsOf(bench)).toEqual(["messages"]);
  await expect(bench.simulator.thread({ to: ana, owner: "other" })).rejects.toThrow("set a routing first");
});

test("a thread is its owner's: copies come of another's, and only templates may be sent into it", async () => {
  const bench = await startUnderTest({ routing: { role: "customer_service", primary: "us" }, statuses: "none" });
  const { simulator, send, receiver } = bench;
  await simulator.inbound({ from: ana, text: "oi" });
  expect(await control(bench, { action: "pass", metadata: "vip", control_pass: { target_role: "escalation" } })).toBe(200);
  expect(simulator.threads()).toEqual([{ phoneNumberId, customer: ana, owner: "other", role: "escalation" }]);
  await simulator.inbound({ from: ana, text: "are you there?" });
  await simulator.echo({ to: ana, text: "Here I am", standby: true });
  expect(fieldsOf(bench)).toEqual(["messages", "standby", "standby"]);
  expect(at(receiver.received[1]?.json, "entry.0.changes.0.value.standby.messages.0.text.body")).toBe("are you there?");
  expect(at(receiver.received[2]?.json, "entry.0.changes.0.value.standby.message_echoes.0.message.text.body")).toBe("Here I am");
  expect(at((await send(textTo(ana))).json, "error.code")).toBe(131070);
  expect((await send({ to: ana, type: "template", template: hello })).status).toBe(200);
  // Only who has it passes or releases it, and only the escalation partner takes it.
  expect(await control(bench, { action: "pass" })).toBe(131070);
  expect(await control(bench, { action: "release" })).toBe(131070);
  expect(await control(bench, { action: "take" })).toBe(2494191);
  simulator.config({ routing: { role: "escalation" } });
  expect(await control(bench, { action: "take" })).toBe(200);
  expect((await send(textTo(ana))).status).toBe(200);
});

test("the escalation partner's own message takes the thread; a day without the customer makes it nobody's", async () => {
  const bench = await startUnderTest({ routing: { role: "escalation", primary: "other" }, windowCheck: false });
  const { simulator, send } = bench;
  await simulator.inbound({ from: ana, text: "oi" });
  expect(fieldsOf(bench)).toEqual(["standby"]);
  expect((await send(textTo(ana))).status).toBe(200);
  expect(simulator.threads()[0]).toMatchObject({ owner: "us", role: "escalation" });
  simulator.advanceClock(25 * 3_600_000);
  // It is idle: releasing it is no error, and the next message is routed anew.
  expect(await control(bench, { action: "release" })).toBe(200);
  await simulator.inbound({ from: ana, text: "oi" });
  expect(simulator.threads()[0]).toMatchObject({ owner: "other" });
});

test("what another app does is told by a handover, where the platform tells it", async () => {
  const bench = await startUnderTest({ routing: { role: "escalation", primary: "us" } });
  const { simulator, receiver } = bench;
  await simulator.inbound({ from: ana, text: "oi" });
  await simulator.thread({ to: ana, owner: "other", role: "ai_agent" });
  await simulator.thread({ to: ana, owner: "us", metadata: "vip", context: { type: "summary", summary: { text: "…" } } });
  expect((await simulator.thread({ to: ana, owner: "nobody" })).delivery).toBeNull();
  expect((await simulator.thread({ to: ana, owner: "other", silent: true })).delivery).toBeNull();
  expect(fieldsOf(bench)).toEqual(["messages", "messaging_handovers", "messaging_handovers"]);
  expect(at(receiver.received[1]?.json, "entry.0.changes.0.value")).toMatchObject({
    ...{ type: "control_taken", sender: { phone_number: ana } },
    control_taken: { previous_owner_role: "escalation", new_owner_role: "ai_agent" },
  });
  expect(at(receiver.received[2]?.json, "entry.0.changes.0.value")).toMatchObject({
    control_passed: {
      previous_owner_role: "ai_agent",
      new_owner_role: "escalation",
      metadata: "vip",
      conversation_context: { type: "summary" },
    },
  });
});

test.each([
  ["both to and recipient", { recipient: "US.7Q2m9XkLp4", action: "take" }, 131009],
  ["an unknown action", { action: "grab" }, 131009],
  ["a role for a take", { action: "take", control_pass: { target_role: "escalation" } }, 131009],
  ["an unknown role", { action: "pass", control_pass: { target_role: "boss" } }, 131009],
  ["a note beyond 2000", { action: "pass", metadata: "x".repeat(2001) }, 100],
])("thread_control with %s is refused", async (_what, body, code) => {
  const bench = await startUnderTest({ routing: { role: "customer_service", primary: "us" } });
  await bench.simulator.inbound({ from: ana, text: "oi" });
  expect(await control(bench, body)).toBe(code);
});

test("a number's past comes in chunks, or is declined; its address book comes apart", async () => {
  const { call, receiver } = await startUnderTest();
  const threads = [
    { with: ana, messages: [{ text: "oi" }, { by: "business", text: "hello", status: "DELIVERED" }] },
    { userId: "US.7Q2m9XkLp4", count: 3 },
  ];
  const made = await call("POST", "/sim/history", { phase: 1, chunkOrder: 2, progress: 55, threads });
  expect(at(made.json, "data.ids")).toHaveLength(5);
  await call("POST", "/sim/history", { declined: true });
  await call("POST", "/sim/contacts", {
    contacts: [
      { phone: ana, name: "Ana Prado" },
      { userId: "US.7Q2m9XkLp4", action: "remove" },
    ],
  });
  const value = (index: number): unknown => at(receiver.received[index]?.json, "entry.0.changes.0.value");
  expect(at(value(0), "history.0")).toMatchObject({
    metadata: { phase: 1, chunk_order: 2, progress: 55 },
    threads: [
      {
        ...{ id: ana, context: { wa_id: ana } },
        messages: [
          { from: ana, text: { body: "oi" }, history_context: { status: "READ" } },
          { from: "15550100200", to: ana, history_context: { status: "DELIVERED" } },
        ],
      },
      { context: { user_id: "US.7Q2m9XkLp4" } },
    ],
  });
  expect(at(value(1), "history.0.errors.0.code")).toBe(2593109);
  expect(at(value(2), "state_sync")).toMatchObject([
    { contact: { full_name: "Ana Prado", phone_number: ana }, action: "add" },
    { contact: { user_id: "US.7Q2m9XkLp4" }, action: "remove" },
  ]);
  expect((await call("POST", "/sim/history", { threads: [] })).status).toBe(400);
});
