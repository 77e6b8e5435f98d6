import { expect, test } from "vitest";
import { ana, at, startUnderTest, wabaId } from "../test/simulator-bench.ts";
import type { JsonObject } from "./json-object.ts";

const list = `/v26.0/${wabaId}/message_templates`;
const body = (text = "Hi {{1}}, order {{2}} is ready.", example: unknown = { body_text: [["Ana", "#1042"]] }): JsonObject => ({
  type: "BODY",
  text,
  ...(example !== undefined && { example }),
});
const form = (components: unknown, more: JsonObject = {}): JsonObject => ({
  ...{ name: "order_is_ready", language: "pt_BR", category: "UTILITY", components },
  ...more,
});
const buttons = (...list: readonly JsonObject[]): JsonObject => ({ type: "BUTTONS", buttons: list });
const quick = { type: "QUICK_REPLY", text: "Stop" };
const url = { type: "URL", text: "Track", url: "https://example.com/t/{{1}}", example: ["1042"] };
const otp = buttons({ type: "OTP", otp_type: "COPY_CODE", text: "Copy" });
const secret = { type: "BODY", add_security_recommendation: true };
const login = (...components: readonly JsonObject[]): JsonObject =>
  form(components, { name: "login", category: "AUTHENTICATION", message_send_ttl_seconds: 600 });

test.each([
  [
    "with header, footer and buttons",
    form([
      { type: "HEADER", format: "IMAGE", example: { header_handle: ["4::aW"] } },
      body(),
      { type: "FOOTER", text: "Aurora" },
      buttons(url, quick),
    ]),
  ],
  [
    "with names",
    form([body("Hi {{customer}}, it is ready.", { body_text_named_params: [{ param_name: "customer", example: "Ana" }] })], {
      parameter_format: "NAMED",
    }),
  ],
  ["for a code", login(secret, { type: "FOOTER", code_expiration_minutes: 10 }, otp)],
  [
    "with cards",
    form(
      [
        body("See what is new this week.", undefined),
        {
          type: "CAROUSEL",
          cards: [1, 2].map(() => ({
            components: [{ type: "HEADER", format: "IMAGE", example: { header_handle: ["4::aW"] } }, buttons(url)],
          })),
        },
      ],
      { category: "MARKETING" },
    ),
  ],
])("a template %s is created, reviewed and told", async (_what, given) => {
  const { simulator, receiver, call } = await startUnderTest();
  const created = await call("POST", list, given);
  expect(created.json).toEqual({ id: expect.stringMatching(/^\d+$/) as string, status: "PENDING", category: given["category"] });
  await receiver.until(() => receiver.received.length === 1);
  expect(at(receiver.received[0]?.json, "entry.0.changes.0")).toMatchObject({
    field: "message_template_status_update",
    value: { event: "APPROVED", message_template_id: Number(created.json["id"]), message_template_name: given["name"] },
  });
  expect(simulator.templates().at(-1)).toMatchObject({ status: "APPROVED", name: given["name"] });
});

const long = (length: number): string => `${"word ".repeat(length / 5)}end`;
test.each([
  ["a name with capitals", form([body()], { name: "Order" }), 100],
  ["no language", form([body()], { language: undefined }), 100],
  ["an unknown category", form([body()], { category: "TRANSACTIONAL" }), 131009],
  ["no body", form([{ type: "FOOTER", text: "x" }]), 2388072],
  ["a body too long", form([body(long(1030), undefined)]), 2388040],
  ["a variable at the start", form([body("{{1}} is ready for you now.", { body_text: [["x"]] })]), 2388299],
  ["a variable at the end", form([body("It is ready for you, {{1}}", { body_text: [["x"]] })]), 2388299],
  ["too many variables", form([body("a {{1}} {{2}} {{3}} b", { body_text: [["x", "y", "z"]] })]), 2388293],
  ["no example", form([body("Hi {{1}}, all is fine.", undefined)]), 131009],
  ["numbers out of order", form([body("Hi {{2}}, all is fine.", { body_text: [["x"]] })]), 131009],
  ["a header too long", form([{ type: "HEADER", format: "TEXT", text: "x".repeat(61) }, body()]), 2388047],
  ["a media header without a handle", form([{ type: "HEADER", format: "IMAGE" }, body()]), 131009],
  ["a footer with a variable", form([body(), { type: "FOOTER", text: "Hi {{1}}" }]), 2388073],
  ["three addresses", form([body(), buttons(url, { ...url, text: "b" }, { ...url, text: "c" })]), 131009],
  ["quick replies apart", form([body(), buttons(quick, url, { ...quick, text: "b" })]), 131009],
  ["a label too long", form([body(), buttons({ ...quick, text: "x".repeat(26) })]), 131009],
  ["a variable inside an address", form([body(), buttons({ ...url, url: "https://example.com/{{1}}/x" })]), 131009],
  ["an own text for a code", login({ type: "BODY", text: "Code {{1}}" }, otp), 2388072],
  ["a code that lives too long", login(secret, { type: "FOOTER", code_expiration_minutes: 91 }, otp), 131009],
  [
    "cards that differ",
    form([body(), { type: "CAROUSEL", cards: [{ components: [buttons(url)] }, { components: [buttons(quick)] }] }]),
    131009,
  ],
])("is refused: %s", async (_what, given, code) => {
  const { call } = await startUnderTest({ templateReview: "manual" });
  expect(at((await call("POST", list, given)).json, "error.code")).toBe(code);
});

test("a name is taken once per language; the account has a limit, and an hour has one", async () => {
  const { simulator, call } = await startUnderTest({ templateReview: "manual" });
  expect((await call("POST", list, form([body()]))).status).toBe(200);
  expect(at((await call("POST", list, form([body()]))).json, "error.code")).toBe(131009);
  expect((await call("POST", list, form([body()], { language: "en" }))).status).toBe(200);
  simulator.config({ templateLimit: 8 });
  expect(at((await call("POST", list, form([body()], { language: "de" }))).json, "error.code")).toBe(2388019);
  expect(at((await call("GET", `${list}?summary=total_count,message_template_limit`)).json, "summary")).toEqual({
    ...{ total_count: 8, message_template_limit: 8 },
  });
  simulator.config({ templateLimit: 500 });
  for (let n = 2; n < 100; n += 1) await call("POST", list, form([body()], { name: `n_${n}` }));
  expect(at((await call("POST", list, form([body()], { name: "one_more" }))).json, "error.code")).toBe(80007);
});

test("an approved template is edited once a day, and its category stays; a rejected one as often as one likes", async () => {
  const { simulator, call } = await startUnderTest();
  const path = "/v26.0/1500000000000004";
  const components = [body("Hello to all of you.", undefined)];
  expect(at((await call("POST", path, { category: "MARKETING" })).json, "error.code")).toBe(131009);
  expect((await call("POST", path, { components })).json).toEqual({ success: true });
  await expect.poll(() => simulator.templates().find(({ name }) => name === "hello_world")?.status).toBe("APPROVED");
  expect(at((await call("POST", path, { components })).json, "error.code")).toBe(131009);
  await simulator.template({ id: "1500000000000004", event: "REJECTED", silent: true });
  expect((await call("POST", path, { components, category: "MARKETING" })).json).toEqual({ success: true });
  expect(at((await call("POST", "/v26.0/1500000000000006", { components })).json, "error.code")).toBe(131009);
  expect(at((await call("POST", "/v26.0/42", { components })).json, "error.error_subcode")).toBe(33);
});

test("templates are deleted by name, by id or many at once, are told, and their name is blocked", async () => {
  const { receiver, call } = await startUnderTest();
  expect((await call("DELETE", `${list}?name=hello_world`)).json).toEqual({ success: true });
  await receiver.until(() => receiver.received.length === 1);
  expect(at(receiver.received[0]?.json, "entry.0.changes.0.value")).toMatchObject({ event: "DELETED", reason: null });
  expect(at((await call("POST", list, form([body()], { name: "hello_world" }))).json, "error.code")).toBe(131009);
  expect(at((await call("DELETE", `${list}?name=order_ready&hsm_id=1500000000000002`)).json, "error.code")).toBe(131009);
  expect((await call("DELETE", `${list}?name=order_ready&hsm_id=1500000000000001`)).json).toEqual({ success: true });
  expect(at((await call("DELETE", `${list}?hsm_ids=[1500000000000005,42]`)).json, "error.code")).toBe(131009);
  expect((await call("DELETE", `${list}?hsm_ids=[1500000000000005,1500000000000006]`)).json).toEqual({ success: true });
  expect((await call("GET", list)).json["data"]).toHaveLength(2);
});

test("pauses, archives, categories and quality are told as the platform tells them, or kept silent", async () => {
  const { simulator, receiver, call, send } = await startUnderTest();
  const hello = { to: `+${ana}`, type: "template", template: { name: "hello_world", language: { code: "en_US" } } };
  const codeOf = async (): Promise<unknown> => at((await send(hello)).json, "error.code");
  const last = (): unknown => at(receiver.received.at(-1)?.json, "entry.0.changes.0");
  await simulator.template({ name: "hello_world", event: "PAUSED", title: "FIRST_PAUSE" });
  expect(last()).toMatchObject({ value: { event: "PAUSED", other_info: { title: "FIRST_PAUSE" } } });
  expect(await codeOf()).toBe(132015);
  expect((await call("POST", "/v26.0/1500000000000004/unpause")).json).toEqual({ success: true, reason: "" });
  expect((await call("POST", "/v26.0/1500000000000004/unpause")).json).toMatchObject({ success: false });
  expect(await codeOf()).toBeUndefined();
  expect((await call("POST", `/${wabaId}/message_templates/archive`, { hsm_ids: "1500000000000004,42" })).json).toEqual({
    ...{ archived_templates: ["1500000000000004"], failed_templates: ["42"] },
  });
  expect(await codeOf()).toBe(132001);
  await simulator.template({ id: "1500000000000004", event: "UNARCHIVED", silent: true });
  await simulator.template({ name: "hello_world", correctCategory: "MARKETING" });
  expect(last()).toMatchObject({ field: "template_category_update", value: { new_category: "UTILITY", correct_category: "MARKETING" } });
  await simulator.template({ name: "hello_world", category: "MARKETING" });
  expect(last()).toMatchObject({ value: { previous_category: "UTILITY", new_category: "MARKETING" } });
  await simulator.template({ name: "hello_world", quality: "YELLOW" });
  expect(last()).toMatchObject({
    field: "message_template_quality_update",
    value: { previous_quality_score: "UNKNOWN", new_quality_score: "YELLOW" },
  });
});

test("marketing goes through /marketing_messages where the account is onboarded, and nothing else does", async () => {
  const { simulator, call } = await startUnderTest({ statuses: "none" });
  const path = "/v26.0/200000000000001";
  const hello = {
    ...{ messaging_product: "whatsapp", to: `+${ana}`, type: "template", product_policy: "CLOUD_API_FALLBACK" },
    template: { name: "hello_world", language: { code: "en_US" } },
  };
  const codeAt = async (edge: string, more = {}): Promise<unknown> =>
    at((await call("POST", `${path}/${edge}`, { ...hello, ...more })).json, "error.code");
  expect(await codeAt("marketing_messages")).toBe(131005);
  simulator.config({ marketingMessages: "ONBOARDED" });
  expect(await codeAt("marketing_messages")).toBe(131055);
  await simulator.template({ name: "hello_world", category: "MARKETING", silent: true });
  expect(await codeAt("marketing_messages")).toBeUndefined();
  expect(simulator.outbox()[0]).toMatchObject({ edge: "marketing_messages" });
  expect(await codeAt("marketing_messages", { product_policy: "MAYBE" })).toBe(131009);
  expect(await codeAt("messages")).toBeUndefined();
  simulator.config({ marketingOnMessages: false });
  expect(await codeAt("messages")).toBe(131063);
});
