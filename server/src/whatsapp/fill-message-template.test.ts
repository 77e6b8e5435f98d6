import { expect, test } from "vitest";
import type { JsonObject } from "../kernel/json.ts";
import { fillMessageTemplate } from "./fill-message-template.ts";
import { readTemplateDefinition } from "./template-definition.ts";

const text = (value: string, name?: string): JsonObject => ({
  type: "text",
  text: value,
  ...(name === undefined ? {} : { parameter_name: name }),
});
const body = (...parameters: readonly JsonObject[]): JsonObject => ({ type: "body", parameters });
const header = (...parameters: readonly JsonObject[]): JsonObject => ({ type: "header", parameters });
const button = (index: number | string, subType: string, parameter?: JsonObject): JsonObject => ({
  ...{ type: "button", sub_type: subType, index },
  ...(parameter === undefined ? {} : { parameters: [parameter] }),
});
const image = { type: "image", image: { id: "920000000000001" } };
const buttons = (...list: readonly JsonObject[]): JsonObject => ({ type: "BUTTONS", buttons: list });
const BODY = { type: "BODY", text: "Hi {{1}}, order {{2}} is ready." };
const ORDER = [
  { type: "HEADER", format: "IMAGE" },
  BODY,
  { type: "FOOTER", text: "Aurora" },
  buttons({ type: "URL", text: "Track", url: "https://example.com/t/{{1}}" }, { type: "QUICK_REPLY", text: "Stop" }),
];
const filled = [header(image), body(text("Ana"), text("#1042")), button("0", "url", text("1042"))] as const;
const stop = button("1", "quick_reply", { type: "payload", payload: "STOP_PROMO" });
const NAMED = [{ type: "BODY", text: "Hi {{customer}}, it is ready." }];
const CODE = [
  { type: "BODY", text: "*{{1}}* is your verification code." },
  buttons({ type: "URL", text: "Copy", url: "https://www.whatsapp.com/otp/code/?otp_type=COPY_CODE&code=otp{{1}}" }),
];
const COUPON = [{ type: "BODY", text: "Ten percent for you today." }, buttons({ type: "COPY_CODE", text: "Copy", example: ["SAVE10"] })];
const FLOW = [{ type: "BODY", text: "Book now." }, buttons({ type: "FLOW", text: "Book", flow_id: 7 })];
const card = (sample: string): JsonObject => ({
  components: [
    { type: "HEADER", format: "IMAGE" },
    { type: "BODY", text: `Look at ${sample}: {{1}}.` },
    buttons({ type: "QUICK_REPLY", text: "More" }),
  ],
});
const CARDS = [
  { type: "BODY", text: "New for {{1}} today." },
  { type: "CAROUSEL", cards: [card("A"), card("B")] },
];
const given = (index: number, ...components: readonly JsonObject[]): JsonObject => ({ card_index: index, components });
const OFFER = [
  { type: "BODY", text: "Only today." },
  { type: "LIMITED_TIME_OFFER", limited_time_offer: { text: "Ends soon", has_expiration: true } },
];

interface Options {
  readonly format?: string;
  readonly category?: string;
}
function fill(components: readonly JsonObject[], parameters: readonly JsonObject[], { format, category }: Options = {}) {
  const definition = readTemplateDefinition({ components, parameterFormat: format ?? "POSITIONAL", category: category ?? "UTILITY" });
  return fillMessageTemplate(definition, { name: "x", language: { code: "en" }, components: parameters });
}

test.each<[string, readonly JsonObject[], readonly JsonObject[], Options, string]>([
  [
    "positional, with image and buttons",
    ORDER,
    [...filled, stop],
    {},
    "Photo\nHi Ana, order #1042 is ready.\nAurora\nTrack: https://example.com/t/1042",
  ],
  ["named", NAMED, [body(text("Ana", "customer"))], { format: "NAMED" }, "Hi Ana, it is ready."],
  [
    "a code",
    CODE,
    [body(text("482913")), button("0", "url", text("482913"))],
    { category: "AUTHENTICATION" },
    "*482913* is your verification code.",
  ],
  [
    "a coupon",
    COUPON,
    [button(0, "COPY_CODE", { type: "coupon_code", coupon_code: "SAVE10" })],
    {},
    "Ten percent for you today.\nCopy: SAVE10",
  ],
  ["a flow", FLOW, [button(0, "flow", { type: "action", action: { flow_token: "t", flow_action_data: { day: "tue" } } })], {}, "Book now."],
  [
    "cards",
    CARDS,
    [
      body(text("Ana")),
      { type: "carousel", cards: [given(1, header(image), body(text("two"))), given(0, header(image), body(text("one")))] },
    ],
    { category: "MARKETING" },
    "New for Ana today.\nPhoto\nLook at A: one.\nPhoto\nLook at B: two.",
  ],
  [
    "money by its fallback",
    NAMED,
    [body({ type: "currency", parameter_name: "customer", currency: { fallback_value: "$ 9", code: "USD", amount_1000: 9000 } })],
    { format: "NAMED" },
    "Hi $ 9, it is ready.",
  ],
  [
    "an offer",
    OFFER,
    [
      {
        type: "limited_time_offer",
        parameters: [{ type: "limited_time_offer", limited_time_offer: { expiration_time_ms: 1790000000000 } }],
      },
    ],
    {},
    "Ends soon\nOnly today.",
  ],
  [
    "a text header",
    [
      { type: "HEADER", format: "TEXT", text: "For {{1}}" },
      { type: "BODY", text: "Hello." },
    ],
    [header(text("Ana"))],
    {},
    "For Ana\nHello.",
  ],
  [
    "a document with its name",
    [
      { type: "HEADER", format: "DOCUMENT" },
      { type: "BODY", text: "Hello." },
    ],
    [header({ type: "document", document: { link: "https://x.example/a.pdf", filename: "a.pdf" } })],
    {},
    "Document: a.pdf\nHello.",
  ],
])("reads as its customer reads it: %s", (...row) => {
  const [, components, parameters, options, expected] = row;
  expect(fill(components, parameters, options)).toEqual({ text: expected, problems: [] });
});

const [image0, body0, url0] = filled;
test.each<[string, readonly JsonObject[], readonly JsonObject[], Options, string, string]>([
  ["too few", ORDER, [image0, body(text("Ana")), url0], {}, "body", "The body takes 2 parameters ({{1}}, {{2}}); 1 was given."],
  ["too many", ORDER, [image0, body(text("A"), text("B"), text("C")), url0], {}, "body", "3 were given"],
  ["no text", ORDER, [image0, body(text("Ana"), { type: "text" }), url0], {}, "body.2", "{{2}}"],
  ["an image in the body", ORDER, [image0, body(text("Ana"), image), url0], {}, "body.2", "must be a text"],
  ["the body too long", ORDER, [image0, body(text("Ana"), text("x".repeat(1020))), url0], {}, "body", "1024 at most"],
  ["a name that is missing", NAMED, [body()], { format: "NAMED" }, "body.customer", 'needs the parameter "customer"'],
  [
    "a name that is not known",
    NAMED,
    [body(text("A", "customer"), text("B", "day"))],
    { format: "NAMED" },
    "body.day",
    'no parameter "day": it takes "customer"',
  ],
  [
    "a name that is given twice",
    NAMED,
    [body(text("A", "customer"), text("B", "customer"))],
    { format: "NAMED" },
    "body.customer",
    "more than once",
  ],
  ["no name", NAMED, [body(text("A"))], { format: "NAMED" }, "body.1", "parameter_name"],
  ["no image", ORDER, [body0, url0], {}, "header", 'one parameter of the type "image"; 0 were given'],
  ["a video as image", ORDER, [header({ type: "video", video: { id: "9" } }), body0, url0], {}, "header", 'not of the type "video"'],
  [
    "an image from two places",
    ORDER,
    [header({ type: "image", image: { id: "9", link: "https://x.example" } }), body0, url0],
    {},
    "header",
    'either "id"',
  ],
  ["a header where none is", NAMED, [header(image), body(text("A", "customer"))], { format: "NAMED" }, "header.1", "takes no parameters"],
  ["the address without its end", ORDER, [image0, body0], {}, "buttons[0]", 'The button "Track" needs a parameter'],
  ["an address too long", ORDER, [image0, body0, button(0, "url", text("x".repeat(2000)))], {}, "buttons[0]", "2000 at most"],
  ["another kind of button", ORDER, [image0, body0, url0, button(1, "url", text("x"))], {}, "buttons[1]", 'of the type "quick_reply"'],
  ["a button that is not there", ORDER, [image0, body0, url0, button(7, "url", text("x"))], {}, "buttons[7]", "the template has 2"],
  ["a button twice", ORDER, [image0, body0, url0, url0], {}, "buttons[0]", "more than once"],
  [
    "a payload too long",
    ORDER,
    [image0, body0, url0, button(1, "quick_reply", { type: "payload", payload: "x".repeat(257) })],
    {},
    "buttons[1]",
    "256 at most",
  ],
  ["no coupon", COUPON, [], {}, "buttons[0]", "coupon_code"],
  [
    "a coupon too long",
    COUPON,
    [button(0, "copy_code", { type: "coupon_code", coupon_code: "x".repeat(16) })],
    {},
    "buttons[0]",
    "15 at most",
  ],
  [
    "a flow with a list as data",
    FLOW,
    [button(0, "flow", { type: "action", action: { flow_action_data: [] } })],
    {},
    "buttons[0]",
    "flow_action_data",
  ],
  [
    "a code too long",
    CODE,
    [body(text("x".repeat(16))), button(0, "url", text("x"))],
    { category: "AUTHENTICATION" },
    "body.1",
    "15 at most",
  ],
  ["a code without its button", CODE, [body(text("482913"))], { category: "AUTHENTICATION" }, "buttons[0]", "Copy"],
  [
    "a card too few",
    CARDS,
    [body(text("Ana")), { type: "carousel", cards: [given(0, header(image), body(text("one")))] }],
    {},
    "carousel",
    "has 2 cards; 1 was given",
  ],
  [
    "a card twice",
    CARDS,
    [body(text("Ana")), { type: "carousel", cards: [given(0, header(image), body(text("1"))), given(0, header(image), body(text("1")))] }],
    {},
    "carousel[1]",
    "card_index 1",
  ],
  [
    "a parameter of a card",
    CARDS,
    [body(text("Ana")), { type: "carousel", cards: [given(0, header(image), body()), given(1, header(image), body(text("1")))] }],
    {},
    "carousel[0].body",
    "1 parameter ({{1}}); 0 were given",
  ],
  [
    "cards where none are",
    NAMED,
    [body(text("A", "customer")), { type: "carousel", cards: [given(0)] }],
    { format: "NAMED" },
    "carousel",
    "has no cards",
  ],
  ["an offer without its end", OFFER, [], {}, "limited_time_offer", "expiration_time_ms"],
  ["two bodies", ORDER, [image0, body0, body0, url0], {}, "body", 'more than one component "body"'],
  [
    "a place without coordinates",
    [
      { type: "HEADER", format: "LOCATION" },
      { type: "BODY", text: "Hello." },
    ],
    [header({ type: "location", location: { name: "x" } })],
    {},
    "header",
    "latitude",
  ],
  [
    "a text header too long",
    [
      { type: "HEADER", format: "TEXT", text: "For {{1}}" },
      { type: "BODY", text: "Hello." },
    ],
    [header(text("x".repeat(60)))],
    {},
    "header",
    "60 at most",
  ],
  [
    "products where none are given",
    [{ type: "BODY", text: "Look." }, buttons({ type: "MPM", text: "See" })],
    [],
    {},
    "buttons[0]",
    "products",
  ],
])("says what does not fit: %s", (...row) => {
  const [, components, parameters, options, path, sentence] = row;
  const { problems } = fill(components, parameters, options);
  expect(problems.map((problem) => problem.path)).toContain(path);
  expect(problems.find((problem) => problem.path === path)?.message).toContain(sentence);
});

test("every problem is said, and what is missing stays readable", () => {
  const { text: read, problems } = fill(ORDER, [body(text("Ana"))]);
  expect(problems.map(({ path }) => path)).toEqual(["body", "header", "buttons[0]"]);
  expect(read).toBe("Photo\nHi Ana, order {{2}} is ready.\nAurora\nTrack: https://example.com/t/{{1}}");
});

test("a value that looks like a variable stays what it is", () => {
  expect(fill(ORDER, [header(image), body(text("{{2}}"), text("$&")), button(0, "url", text("1"))]).text).toContain(
    "Hi {{2}}, order $& is ready.",
  );
});
