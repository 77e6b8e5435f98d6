import { expect, test } from "vitest";
import { ana, at, phoneNumberId, startUnderTest, textTo, wabaId } from "../test/simulator-bench.ts";

test("an accepted send is in the outbox as it was received, and its statuses carry the callback data", async () => {
  const { simulator, receiver, call, send } = await startUnderTest();
  await simulator.inbound({ from: ana, text: "oi", userId: "US.7Q2m9XkLp4" });
  const body = { ...textTo(ana), biz_opaque_callback_data: "ob_01J9" };
  const accepted = await send(body);
  expect(accepted.json).toMatchObject({ messaging_product: "whatsapp", contacts: [{ input: `+${ana}`, wa_id: ana }] });
  const wamid = at(accepted.json, "messages.0.id");
  await receiver.until(() => receiver.items("statuses").length === 3);
  expect(receiver.items("statuses").map((status) => status["status"])).toEqual(["sent", "delivered", "read"]);
  for (const status of receiver.items("statuses")) {
    expect(status).toMatchObject({ id: wamid, recipient_id: ana, recipient_user_id: "US.7Q2m9XkLp4", biz_opaque_callback_data: "ob_01J9" });
  }
  const outbox = await call("GET", `/sim/outbox?to=${ana}`);
  expect(outbox.json["total"]).toBe(1);
  expect(at(outbox.json, "data.0")).toMatchObject({
    id: wamid,
    phoneNumberId,
    to: ana,
    type: "text",
    body: { messaging_product: "whatsapp", ...body },
  });
  expect(at(outbox.json, "data.0.statuses.2.status")).toBe("read");
});

test("statuses none means that none follow", async () => {
  const { simulator, receiver, send } = await startUnderTest({ statuses: "none" });
  await simulator.inbound({ from: ana, text: "oi" });
  await send(textTo(ana));
  expect(simulator.health()).toMatchObject({ pendingStatuses: 0, accepted: 1 });
  expect(receiver.items("statuses")).toHaveLength(0);
});

test("a send to a user id is answered without wa_id", async () => {
  const { simulator, receiver, send } = await startUnderTest();
  await simulator.inbound({ userId: "US.7Q2m9XkLp4", text: "oi" });
  const { json } = await send({ recipient: "US.7Q2m9XkLp4", type: "text", text: { body: "hello" } });
  expect(json["contacts"]).toEqual([{ input: "US.7Q2m9XkLp4", user_id: "US.7Q2m9XkLp4" }]);
  await receiver.until(() => receiver.items("statuses").length === 3);
  expect(receiver.items("statuses")[0]).toMatchObject({ recipient_user_id: "US.7Q2m9XkLp4" });
  expect(receiver.items("statuses")[0]).not.toHaveProperty("recipient_id");
});

test("a Brazilian phone with the ninth digit is answered under the id its customer has", async () => {
  const { simulator, send } = await startUnderTest();
  await simulator.inbound({ from: "554199998888", text: "oi" });
  expect(at((await send(textTo("5541999998888"))).json, "contacts.0.wa_id")).toBe("554199998888");
});

test("the window is closed to whom never wrote, and closes after 24 h; templates still pass", async () => {
  const { simulator, send } = await startUnderTest();
  const closed = await send(textTo(ana));
  expect([closed.status, at(closed.json, "error.code")]).toEqual([400, 131047]);
  await simulator.inbound({ from: ana, text: "oi" });
  expect((await send(textTo(ana))).status).toBe(200);
  simulator.advanceClock(24 * 3_600_000 + 1000);
  expect(at((await send(textTo(ana))).json, "error.code")).toBe(131047);
  const template = await send({ to: ana, type: "template", template: { name: "hello_world", language: { code: "en_US" } } });
  expect([template.status, at(template.json, "messages.0.message_status")]).toEqual([200, "accepted"]);
});

test("neither an echo nor a system message opens the window; a welcome request does", async () => {
  const { simulator, receiver, send } = await startUnderTest();
  await simulator.echo({ to: ana, text: "I'll check myself" });
  expect(receiver.items("message_echoes")[0]).toMatchObject({ from: "15550100200", to: ana, text: { body: "I'll check myself" } });
  await simulator.inbound({ from: ana, type: "system", system: { type: "customer_identity_changed" } });
  expect((await send(textTo(ana))).status).toBe(400);
  await simulator.inbound({ from: ana, type: "request_welcome" });
  expect((await send(textTo(ana))).status).toBe(200);
});

test("windowCheck async accepts and then fails", async () => {
  const { receiver, send } = await startUnderTest({ windowCheck: "async" });
  expect((await send(textTo(ana))).status).toBe(200);
  await receiver.until(() => receiver.items("statuses").length === 1);
  expect(receiver.items("statuses")[0]).toMatchObject({ status: "failed", errors: [{ code: 131047, title: "Re-engagement message" }] });
});

test("marking read with typing answers success, shows typing until the reply, and sends no webhook", async () => {
  const { simulator, receiver, call, send } = await startUnderTest();
  const [written] = await simulator.inbound({ from: ana, text: "oi" });
  const read = { status: "read", message_id: written?.messageId, typing_indicator: { type: "text" } };
  expect((await send(read)).json).toEqual({ success: true });
  expect((await call("GET", "/sim/typing")).json).toMatchObject({ data: [{ to: ana, messageId: written?.messageId }] });
  expect(receiver.received).toHaveLength(1);
  await send(textTo(ana));
  expect((await call("GET", "/sim/typing")).json).toEqual({ data: [] });
  expect(simulator.outbox()).toHaveLength(1);
  const wrong = await send({ status: "read", message_id: "wamid.UNKNOWN" });
  expect([wrong.status, at(wrong.json, "error.code")]).toEqual([400, 131009]);
});

test("the pair rate refuses what exceeds its burst, and only to that customer", async () => {
  const { simulator, send } = await startUnderTest({ pairRate: { burst: 2, intervalMs: 6000 }, statuses: "none" });
  await simulator.inbound({ messages: [{ from: ana }, { from: "12025550148" }], text: "oi" });
  const codes: unknown[] = [];
  for (const to of [ana, ana, ana, "12025550148"]) codes.push(at((await send(textTo(to))).json, "error.code"));
  expect(codes).toEqual([undefined, undefined, 131056, undefined]);
  simulator.advanceClock(6000);
  expect((await send(textTo(ana))).status).toBe(200);
});

test("throughput beyond the limit is 130429", async () => {
  const { simulator, send } = await startUnderTest({ throughput: 1, statuses: "none" });
  await simulator.inbound({ from: ana, text: "oi" });
  await send(textTo(ana));
  expect(at((await send(textTo(ana))).json, "error.code")).toBe(130429);
});

const order = (components: readonly unknown[]) => ({
  to: ana,
  type: "template",
  template: { name: "order_ready", language: { code: "pt_BR" }, components },
});
const header = { type: "header", parameters: [{ type: "image", image: { link: "https://cdn.example.com/a.jpg" } }] };
const bodyOf = (...texts: readonly string[]) => ({ type: "body", parameters: texts.map((text) => ({ type: "text", text })) });
const button = { type: "button", sub_type: "url", index: "0", parameters: [{ type: "text", text: "1042" }] };

test.each([
  ["fits", order([header, bodyOf("Ana", "#1042"), button]), undefined],
  ["too few parameters", order([header, bodyOf("Ana"), button]), 132000],
  ["wrong header", order([{ type: "header", parameters: [{ type: "text", text: "x" }] }, bodyOf("Ana", "1"), button]), 132012],
  ["button without its parameter", order([header, bodyOf("Ana", "1")]), 131008],
  ["text too long", order([header, bodyOf("Ana", "x".repeat(1100)), button]), 132005],
  ["unknown language", { to: ana, type: "template", template: { name: "order_ready", language: { code: "en_US" } } }, 132001],
  ["paused", { to: ana, type: "template", template: { name: "spring_offer", language: { code: "en_US" } } }, 132015],
  [
    "authentication to a user id",
    { recipient: "US.7Q2m9XkLp4", type: "template", template: { name: "login_code", language: { code: "en_US" } } },
    131062,
  ],
])("template: %s", async (_name, body, code) => {
  const { send } = await startUnderTest({ statuses: "none" });
  expect(at((await send(body)).json, "error.code")).toBe(code);
});

test("the template list pages with cursors, and has next only when there is more", async () => {
  const { call } = await startUnderTest();
  const first = await call("GET", `/v26.0/${wabaId}/message_templates?limit=4`);
  expect(at(first.json, "data.0")).toMatchObject({ name: "order_ready", language: "pt_BR", status: "APPROVED" });
  expect(at(first.json, "paging.next")).toContain("after=");
  const second = await call("GET", `/v26.0/${wabaId}/message_templates?limit=4&after=${String(at(first.json, "paging.cursors.after"))}`);
  expect(second.json["data"]).toHaveLength(2);
  expect(at(second.json, "paging.next")).toBeUndefined();
});

test("the outbox pages, counts, filters by time, and waits for what is still to come", async () => {
  const { simulator, call, send } = await startUnderTest({ statuses: "none" });
  await simulator.inbound({ from: ana, text: "oi" });
  const waiting = call("GET", "/sim/outbox?atLeast=3&waitMs=10000");
  for (const text of ["one", "two", "three"]) await send(textTo(ana, text));
  expect((await waiting).json["total"]).toBe(3);
  const page = await call("GET", "/sim/outbox?limit=2");
  expect([page.json["total"], at(page.json, "data.length"), page.json["nextAfter"]]).toEqual([3, undefined, at(page.json, "data.1.id")]);
  const rest = await call("GET", `/sim/outbox?after=${String(page.json["nextAfter"])}`);
  expect(at(rest.json, "data.0.body.text.body")).toBe("three");
  expect((await call("GET", "/sim/outbox?count=true")).json).toEqual({ total: 3 });
  expect((await call("GET", "/sim/outbox?since=2999-01-01T00:00:00Z")).json["total"]).toBe(0);
  expect((await call("DELETE", "/sim/outbox")).json["total"]).toBe(0);
});
