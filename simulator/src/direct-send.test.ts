import { expect, test } from "vitest";
import { ana, at, startUnderTest, textTo, wabaId } from "../test/simulator-bench.ts";

const direct = (more: object = {}) => ({ ...textTo(ana), category: "utility", ...more });

test("Direct Send leaves outside the window where the account has it; its statuses name the template that was made of it", async () => {
  const { simulator, receiver, call, send } = await startUnderTest({ directSend: "open" });
  expect((await send(direct())).status).toBe(200);
  expect((await send(direct({ direct_send_config: { template_name: "order_left" }, ttl_seconds: 30 }))).status).toBe(200);
  await receiver.until(() => receiver.items("statuses").length === 6);
  const [status] = receiver.items("statuses");
  expect(status).toMatchObject({ template_id: expect.stringMatching(/^\d+$/) as string, pricing: { category: "utility" } });
  const list = await call("GET", `/v26.0/${wabaId}/message_templates?fields=name,source&limit=100`);
  const made = (list.json["data"] as readonly { source?: string }[]).filter(({ source }) => source === "AUTO_GENERATED");
  expect(made).toMatchObject([{ name: expect.stringContaining("generated_") as string }, { name: "order_left" }]);
  expect((await send(direct())).status).toBe(200);
  expect(simulator.templates().filter(({ extra }) => extra?.["source"] === "AUTO_GENERATED")).toHaveLength(2);
});

test("the name of a template that the account has made fails later with 132021", async () => {
  const { receiver, send } = await startUnderTest({ directSend: "open" });
  expect((await send(direct({ direct_send_config: { template_name: "hello_world" } }))).status).toBe(200);
  await receiver.until(() => receiver.items("statuses").length === 1);
  expect(receiver.items("statuses")[0]).toMatchObject({ status: "failed", errors: [{ code: 132021 }] });
});

test.each([
  ["with a life that is no number", { ttl_seconds: "60" }, 100],
  ["with a life that is too short", { ttl_seconds: 29 }, 100],
  ["with a life that is too long", { ttl_seconds: 43_201 }, 100],
  ["of another category", { category: "marketing" }, 100],
  ["with a name that is none", { direct_send_config: { template_name: "A" } }, 100],
  ["with too long a text", { text: { body: "x".repeat(1025) } }, 100],
  ["of another kind", { type: "sticker", sticker: { link: "https://example.com/a.webp" } }, 100],
] as const)("Direct Send %s is refused", async (_what, more, code) => {
  const { send } = await startUnderTest({ directSend: "open" });
  expect(at((await send(direct(more))).json, "error.code")).toBe(code);
});

test.each([
  ["none", 100],
  ["blocked", 139200],
] as const)("Direct Send is refused where the access is %s", async (directSend, code) => {
  const { send } = await startUnderTest({ directSend });
  expect(at((await send(direct())).json, "error.code")).toBe(code);
});

test("a life without a category is refused, and the category service is an ordinary send", async () => {
  const { simulator, send } = await startUnderTest({ directSend: "open" });
  await simulator.inbound({ from: ana, text: "oi" });
  expect(at((await send({ ...textTo(ana), ttl_seconds: 60 })).json, "error.code")).toBe(100);
  expect((await send({ ...textTo(ana), category: "service" })).status).toBe(200);
});
