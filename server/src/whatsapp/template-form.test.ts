import { expect, test } from "vitest";
import type { JsonObject } from "../kernel/json.ts";
import { checkTemplateForm, type TemplateForm } from "./template-form.ts";

const body = (text = "Hi {{1}}, order {{2}} is ready.", example: JsonObject | null = { body_text: [["Ana", "#1042"]] }): JsonObject => ({
  ...{ type: "BODY", text },
  ...(example === null ? {} : { example }),
});
const BODY = body();
const FILE = { type: "HEADER", format: "IMAGE", example: { header_handle: ["4::aW"] } };
const buttons = (...list: readonly JsonObject[]): JsonObject => ({ type: "BUTTONS", buttons: list });
const QUICK = { type: "QUICK_REPLY", text: "Stop" };
const LINK = { type: "URL", text: "Track", url: "https://example.com/t/{{1}}", example: ["1042"] };
const OTP = buttons({ type: "OTP", otp_type: "COPY_CODE", text: "Copy" });
const SECRET = { type: "BODY", add_security_recommendation: true };
const cards = (...list: readonly (readonly JsonObject[])[]): JsonObject => ({
  type: "CAROUSEL",
  cards: list.map((components) => ({ components })),
});
const form = (components: readonly JsonObject[] | undefined, more: Partial<TemplateForm> = {}): TemplateForm => ({
  ...{ name: "order_ready", language: "pt_BR", category: "UTILITY", parameterFormat: "POSITIONAL", components },
  ...more,
});
const code = (...components: readonly JsonObject[]): TemplateForm => form(components, { category: "AUTHENTICATION" });
const NAMED = { parameterFormat: "NAMED" } as const;
const named = (text: string, ...names: readonly string[]): JsonObject =>
  body(text, { body_text_named_params: names.map((name) => ({ param_name: name, example: "x" })) });

test.each<[string, TemplateForm]>([
  ["with header, footer and buttons", form([FILE, BODY, { type: "FOOTER", text: "Aurora" }, buttons(LINK, QUICK)])],
  ["with names", form([named("Hi {{customer}}, it is ready.", "customer")], NAMED)],
  ["for a code", code(SECRET, { type: "FOOTER", code_expiration_minutes: 10 }, OTP)],
  ["of the library", form(undefined)],
  ["with cards", form([body("See what is new.", null), cards([FILE, buttons(LINK)], [FILE, buttons(LINK)])], { category: "MARKETING" })],
  ["with an offer", form([BODY, { type: "LIMITED_TIME_OFFER", limited_time_offer: { text: "Ends soon" } }])],
  ["in another script", form([body("שלום {{1}}, ההזמנה שלך מוכנה.", { body_text: [["x"]] })], { language: "he" })],
])("takes a template %s", (_what, given) => {
  expect(checkTemplateForm(given)).toEqual([]);
});

test.each<[string, TemplateForm, string, string]>([
  ["a name with capitals", form([BODY], { name: "Order" }), "name", "1 to 512 characters"],
  ["a name too long", form([BODY], { name: "x".repeat(513) }), "name", "512"],
  ["a language in words", form([BODY], { language: "Portuguese" }), "language", "pt_BR"],
  ["another category", form([BODY], { category: "OTP" }), "category", "UTILITY, MARKETING, AUTHENTICATION"],
  ["no body", form([{ type: "FOOTER", text: "x" }]), "components", "BODY"],
  ["an unknown component", form([BODY, { type: "NOSE" }]), "components[1]", "HEADER, BODY"],
  ["two bodies", form([BODY, BODY]), "components[1]", "one component of the type BODY"],
  ["a header of a new kind", form([{ type: "HEADER", format: "SMELL" }, BODY]), "components[0]", "IMAGE"],
  ["a header too long", form([{ type: "HEADER", format: "TEXT", text: "x".repeat(61) }, BODY]), "components[0]", "60 at most"],
  [
    "a header with two variables",
    form([{ type: "HEADER", format: "TEXT", text: "a {{1}} {{2}}", example: { header_text: ["x", "y"] } }, BODY]),
    "components[0]",
    "one variable",
  ],
  ["a file without example", form([{ type: "HEADER", format: "IMAGE" }, BODY]), "components[0]", "header_handle"],
  ["a body too long", form([body("word ".repeat(210), null)]), "components[0]", "1024 at most"],
  ["a variable at the start", form([body("{{1}} is ready for you.", { body_text: [["x"]] })]), "components[0]", "begin or end"],
  ["a variable at the end", form([body("It is ready, {{1}}", { body_text: [["x"]] })]), "components[0]", "begin or end"],
  ["variables that touch", form([body("Hello {{1}} {{2}} from all of us.", { body_text: [["x", "y"]] })]), "components[0]", "touch"],
  [
    "too many variables",
    form([body("a {{1}}, {{2}}, {{3}}, b", { body_text: [["x", "y", "z"]] })]),
    "components[0]",
    "3 variables for 2 words",
  ],
  ["numbers out of order", form([body("Hi {{2}}, all is fine.", { body_text: [["x"]] })]), "components[0]", "in this order"],
  ["names where numbers are", form([body("Hi {{ana}}, all is fine.", null)]), "components[0]", "numbers (POSITIONAL)"],
  ["capitals in names", form([named("Hi {{Ana}}, all is fine.", "Ana")], NAMED), "components[0]", "small letters"],
  ["no example", form([body("Hi {{1}}, all is fine.", null)]), "components[0]", "example.body_text"],
  [
    "an example too few",
    form([body("Hi {{1}}, all of {{2}} is fine.", { body_text: [["x"]] })]),
    "components[0]",
    "each of its 2 variables",
  ],
  ["a name without example", form([named("Hi {{ana}}, all is fine.", "bea")], NAMED), "components[0]", "body_text_named_params"],
  ["a footer too long", form([BODY, { type: "FOOTER", text: "x".repeat(61) }]), "components[1]", "60 at most"],
  ["a footer with a variable", form([BODY, { type: "FOOTER", text: "Hi {{1}}" }]), "components[1]", "no variables"],
  ["eleven buttons", form([BODY, buttons(...Array.from({ length: 11 }, () => QUICK))]), "components[1]", "1 to 10 buttons; there are 11"],
  ["three addresses", form([BODY, buttons(LINK, LINK, LINK)]), "components[1]", "2 of the type URL"],
  ["quick replies apart", form([BODY, buttons(QUICK, LINK, QUICK)]), "components[1]", "stand together"],
  [
    "two of those that stand alone",
    form([BODY, buttons({ type: "FLOW", text: "a" }, { type: "CATALOG", text: "b" })]),
    "components[1]",
    "one button of these types",
  ],
  ["a label too long", form([BODY, buttons({ ...QUICK, text: "x".repeat(26) })]), "components[1].buttons[0]", "25 at most"],
  ["a label with a variable", form([BODY, buttons({ ...QUICK, text: "Hi {{1}}" })]), "components[1].buttons[0]", "no variables"],
  [
    "an address too long",
    form([BODY, buttons({ ...LINK, url: `https://example.com/${"x".repeat(2000)}` })]),
    "components[1].buttons[0]",
    "2000 at most",
  ],
  [
    "a variable inside an address",
    form([BODY, buttons({ ...LINK, url: "https://example.com/{{1}}/x" })]),
    "components[1].buttons[0]",
    "at its end",
  ],
  [
    "an address without example",
    form([BODY, buttons({ type: "URL", text: "Track", url: "https://example.com/{{1}}" })]),
    "components[1].buttons[0]",
    "example",
  ],
  ["a coupon too long", form([BODY, buttons({ type: "COPY_CODE", example: "x".repeat(16) })]), "components[1].buttons[0]", "1 to 15"],
  ["no phone", form([BODY, buttons({ type: "PHONE_NUMBER", text: "Call" })]), "components[1].buttons[0]", "phone_number"],
  ["eleven cards", form([BODY, cards(...Array.from({ length: 11 }, () => [FILE]))]), "components[1]", "1 to 10 cards; it has 11"],
  ["cards that differ", form([BODY, cards([FILE, buttons(LINK)], [FILE, buttons(QUICK)])]), "components[1]", "alike"],
  ["a card's button", form([BODY, cards([FILE, buttons({ ...QUICK, text: "" })])]), "components[1].cards[0][1].buttons[0]", "not be empty"],
  [
    "an offer too long",
    form([BODY, { type: "LIMITED_TIME_OFFER", limited_time_offer: { text: "x".repeat(17) } }]),
    "components[1]",
    "16 at most",
  ],
  [
    "an offer with a footer",
    form([BODY, { type: "FOOTER", text: "x" }, { type: "LIMITED_TIME_OFFER", limited_time_offer: { text: "x" } }]),
    "components",
    "FOOTER",
  ],
  ["a code with an own text", code(BODY, OTP), "components", "no text of yours"],
  ["a code that lives too long", code(SECRET, { type: "FOOTER", code_expiration_minutes: 91 }, OTP), "components", "1 to 90"],
  ["a code without its button", code(SECRET), "components", "OTP"],
  ["a code with a header", code(FILE, SECRET, OTP), "components", "HEADER"],
])("says what WhatsApp would not take: %s", (...row) => {
  const [, given, path, sentence] = row;
  const problems = checkTemplateForm(given);
  expect(
    problems
      .filter((problem) => problem.path === path)
      .map(({ message }) => message)
      .join("\n"),
  ).toContain(sentence);
});

test("every problem is said at once", () => {
  expect(checkTemplateForm(form([{ type: "FOOTER", text: "" }], { name: "", language: "" })).map(({ path }) => path)).toEqual([
    ...["name", "language", "components", "components[0]"],
  ]);
});
