import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { buildGraphMessage } from "./graph-message.ts";
import { readFixture } from "./fixtures/fixtures.ts";
import { validateOutboundContent } from "./validate-content.ts";
import { z } from "zod";

const outbound = readFixture("outbound-content.jsonl", z.record(z.string(), z.json()));
const long = (length: number): string => "x".repeat(length);
const button = (id: string, title: string): object => ({ type: "reply", reply: { id, title } });
const buttons = (list: readonly object[], extra: object = {}): object => ({
  type: "interactive",
  interactive: { type: "button", body: { text: "Keep it?" }, action: { buttons: list }, ...extra },
});
const row = (id: string, extra: object = {}): object => ({ id, title: id, ...extra });
const list = (sections: readonly object[], extra: object = {}): object => ({
  type: "interactive",
  interactive: { type: "list", body: { text: "Choose" }, action: { button: "Times", sections }, ...extra },
});
const flow = (parameters: object): object => ({
  type: "interactive",
  interactive: {
    type: "flow",
    body: { text: "Book" },
    action: { name: "flow", parameters: { flow_message_version: "3", flow_cta: "Book", ...parameters } },
  },
});
const trade = (type: string, extra: object): object => ({
  type: "interactive",
  interactive: { type, body: { text: "Have a look" }, ...extra },
});
const product = { catalog_id: "8", product_retailer_id: "SKU-9" };
const shelf = (counts: readonly number[]) => ({
  catalog_id: "8",
  sections: counts.map((count) => ({ title: "Bread", product_items: Array.from({ length: count }, () => product) })),
});
const template = (extra: object): object => ({
  type: "template",
  template: { name: "order_ready", language: { code: "en_US" }, ...extra },
});

describe("content that somebody wants to send", () => {
  test.each(outbound.map((content) => [JSON.stringify(content).slice(0, 90), content] as const))("fits: %s", (_label, content) => {
    expect(validateOutboundContent(content)).toEqual({ ok: true, type: content["type"], content });
  });

  test("fits up to the very limit", () => {
    for (const content of [
      { type: "text", text: { body: long(4096) } },
      { type: "image", image: { id: "1", caption: long(1024) } },
      buttons([button(long(256), long(20)), button("b", "b"), button("c", "c")], { footer: { text: long(60) } }),
      list([{ rows: Array.from({ length: 10 }, (_, index) => row(`r${index}`, { description: long(72) })) }], {
        body: { text: long(4096) },
      }),
    ]) {
      expect(validateOutboundContent(content)).toMatchObject({ ok: true });
    }
  });

  test.each<readonly [string, unknown]>([
    ["object", "hello"],
    ["object", null],
    ["object", []],
    ["content.type", {}],
    ["content.type", { type: "hologram", hologram: {} }],
    ["content.type", { type: "constructor" }],
    ['"to"', { type: "text", text: { body: "hi" }, to: "+1" }],
    ["content.text must be an object", { type: "text" }],
    ["content.text.body", { type: "text", text: { body: " \n" } }],
    ["4097 characters", { type: "text", text: { body: long(4097) } }],
    ["either", { type: "image", image: {} }],
    ["either", { type: "image", image: { id: "1", link: "https://a.example/b" } }],
    ["http", { type: "image", image: { link: "file:///etc/passwd" } }],
    ["1025 characters", { type: "video", video: { id: "1", caption: long(1025) } }],
    ["caption", { type: "audio", audio: { id: "1", caption: "no" } }],
    ["caption", { type: "sticker", sticker: { id: "1", caption: "no" } }],
    ["latitude", { type: "location", location: { latitude: "91", longitude: 1 } }],
    ["longitude", { type: "location", location: { latitude: "1" } }],
    ["1 to 257", { type: "contacts", contacts: [] }],
    ["formatted_name", { type: "contacts", contacts: [{ name: { first_name: "A" } }] }],
    ["needs one of", { type: "contacts", contacts: [{ name: { formatted_name: "A" } }] }],
    ["message_id", { type: "reaction", reaction: { emoji: "👍" } }],
    ["emoji", { type: "reaction", reaction: { message_id: "wamid.1" } }],
    ["pin.type must be one of: pin, unpin", { type: "pin", pin: { type: "stick", message_id: "wamid.1" } }],
    ["pin.message_id", { type: "pin", pin: { type: "unpin" } }],
    ["expiration_days", { type: "pin", pin: { type: "pin", message_id: "wamid.1" } }],
    ["1 to 30", { type: "pin", pin: { type: "pin", message_id: "wamid.1", expiration_days: 31 } }],
    ["1 to 30", { type: "pin", pin: { type: "unpin", message_id: "wamid.1", expiration_days: 0.5 } }],
    ["interactive.type", { type: "interactive", interactive: { type: "hologram" } }],
    ["1 to 3", buttons([])],
    ["1 to 3", buttons([button("a", "a"), button("b", "b"), button("c", "c"), button("d", "d")])],
    ["titles", buttons([button("a", "same"), button("b", "same")])],
    ["ids", buttons([button("a", "one"), button("a", "two")])],
    ["buttons[1].reply.title has 21", buttons([button("a", "a"), button("b", long(21))])],
    ["1025 characters", buttons([button("a", "a")], { body: { text: long(1025) } })],
    ["61 characters", buttons([button("a", "a")], { footer: { text: long(61) } })],
    ["257 characters", buttons([button(long(257), "a")])],
    ["61 characters", buttons([button("a", "a")], { header: { type: "text", text: long(61) } })],
    ["1 to 10", list(Array.from({ length: 11 }, (_, index) => ({ title: `T${index}`, rows: [row(`r${index}`)] })))],
    ["21 characters", list([{ rows: [row("a")] }], { action: { button: long(21), sections: [{ rows: [row("a")] }] } })],
    ["25 characters", list([{ title: long(25), rows: [row("a")] }])],
    ["201 characters", list([{ rows: [row(long(201), { title: "a" })] }])],
    ["25 characters", list([{ rows: [row("a", { title: long(25) })] }])],
    ["4097 characters", list([{ rows: [row("a")] }], { body: { text: long(4097) } })],
    [
      "21 characters",
      trade("cta_url", { action: { name: "cta_url", parameters: { display_text: long(21), url: "https://example.com" } } }),
    ],
    ["21 characters", flow({ flow_id: "1", flow_cta: long(21) })],
    ["2 to 10", trade("carousel", { action: { cards: [{}] } })],
    ["2 to 10", trade("carousel", { action: { cards: Array.from({ length: 11 }, () => ({})) } })],
    ["1 to 257", { type: "contacts", contacts: Array.from({ length: 258 }, () => ({})) }],
    ["header.type", buttons([button("a", "a")], { header: { type: "sticker" } })],
    ["header.image", buttons([button("a", "a")], { header: { type: "image" } })],
    [
      "12 rows",
      list([
        { title: "A", rows: [1, 2, 3, 4, 5, 6].map((n) => row(`a${n}`)) },
        { title: "B", rows: [1, 2, 3, 4, 5, 6].map((n) => row(`b${n}`)) },
      ]),
    ],
    ["row ids", list([{ title: "A", rows: [row("a"), row("a")] }])],
    ["title", list([{ rows: [row("a")] }, { rows: [row("b")] }])],
    ["73 characters", list([{ rows: [row("a", { description: long(73) })] }])],
    ['"text"', list([{ rows: [row("a")] }], { header: { type: "image", image: { id: "1" } } })],
    ["either", flow({})],
    ["emoji", flow({ flow_id: "1", flow_cta: "Book 📅" })],
    ["data_exchange", flow({ flow_id: "1", flow_action: "data_exchange", flow_action_payload: { screen: "A" } })],
    ["data must not be empty", flow({ flow_id: "1", flow_action: "navigate", flow_action_payload: { screen: "A", data: {} } })],
    ["catalog_id", trade("product", { action: { product_retailer_id: "SKU-9" } })],
    ["header is not possible", trade("product", { header: { type: "text", text: "A" }, action: product })],
    ["31 products", trade("product_list", { header: { type: "text", text: "A" }, action: shelf([16, 15]) })],
    ["header must be an object", trade("product_list", { action: shelf([1]) })],
    ['"text"', trade("product_list", { header: { type: "image", image: { id: "1" } }, action: shelf([1]) })],
    [
      "sections[1].title",
      trade("product_list", {
        header: { type: "text", text: "A" },
        action: { ...shelf([1]), sections: [...shelf([1]).sections, { product_items: [product] }] },
      }),
    ],
    ["body must be an object", { type: "interactive", interactive: { type: "catalog_message", action: { name: "catalog_message" } } }],
    ["country", trade("address_message", { action: { name: "address_message", parameters: {} } })],
    [
      "saved_addresses",
      trade("address_message", { action: { name: "address_message", parameters: { country: "IN", saved_addresses: {} } } }),
    ],
    ["action.name", trade("call_permission_request", { action: { name: "call" } })],
    ["ttl_minutes", trade("voice_call", { action: { name: "voice_call", parameters: { ttl_minutes: 0 } } })],
    ["21 characters", trade("voice_call", { action: { name: "voice_call", parameters: { display_text: long(21) } } })],
    ["reference_id", trade("order_details", { action: { name: "review_and_pay", parameters: { order: {} } } })],
    ["language", { type: "template", template: { name: "order_ready" } }],
    ["components[0].type", template({ components: [{ type: "footnote" }] })],
    ["components[0].index", template({ components: [{ type: "button", sub_type: "url" }] })],
    ["parameters[0].type", template({ components: [{ type: "body", parameters: [{ text: "A" }] }] })],
  ])("is refused with a sentence that names %s: %j", (named, content) => {
    const result = validateOutboundContent(content);
    expect(result).toMatchObject({ ok: false });
    expect(result.ok ? "" : result.reason).toContain(named);
    expect(result.ok ? "" : result.reason).toMatch(/^[A-Zc].*\.$/s);
  });

  test("becomes storable", () => {
    expect(validateOutboundContent({ type: "text", text: { body: "a\0b\ud83d" } })).toMatchObject({
      content: { text: { body: "a\uFFFDb\uFFFD" } },
    });
  });

  test("of any shape ends in a verdict", () => {
    const damaged = fc
      .tuple(fc.constantFrom(...outbound), fc.jsonValue())
      .chain(([content, value]) => fc.constantFrom(...Object.keys(content)).map((key) => ({ ...content, [key]: value })));
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), damaged), (content) => {
        expect(typeof validateOutboundContent(content).ok).toBe("boolean");
      }),
    );
  });
});

describe("the request body of a message", () => {
  const content = { type: "text", text: { body: "hi" } };
  const message = { content, ownId: "ob_1" };
  const base = { messaging_product: "whatsapp", recipient_type: "individual" };

  test("has a phone with its plus, a user id as recipient, a group as group", () => {
    expect(buildGraphMessage({ ...message, to: { kind: "phone", value: "4917612345678" } })).toEqual({
      ...base,
      ...content,
      to: "+4917612345678",
      biz_opaque_callback_data: "ob_1",
    });
    expect(buildGraphMessage({ ...message, to: { kind: "phone", value: "+49 176" } })).toMatchObject({ to: "+49176" });
    expect(buildGraphMessage({ ...message, to: { kind: "user", value: "DE.1" } })).toMatchObject({ ...base, recipient: "DE.1" });
    expect(buildGraphMessage({ ...message, to: { kind: "group", value: "R3" } })).toMatchObject({ recipient_type: "group", to: "R3" });
  });

  test("quotes and carries our id", () => {
    const to = { kind: "user", value: "DE.1" } as const;
    expect(buildGraphMessage({ ...message, to, names: { id: "wamid.A1", isOurs: false } })).toMatchObject({
      context: { message_id: "wamid.A1" },
      biz_opaque_callback_data: "ob_1",
    });
    const reaction = { type: "reaction", reaction: { message_id: "wamid.A1", emoji: "👍" } };
    expect(buildGraphMessage({ ...message, content: reaction, to, names: { id: "wamid.A1", isOurs: false } })).not.toHaveProperty(
      "context",
    );
  });

  test("has the coordinates as texts and the present name of the request for a number", () => {
    const to = { kind: "user", value: "DE.1" } as const;
    const location = { latitude: -25.4, longitude: "13.405", name: "Studio" };
    expect(buildGraphMessage({ ...message, to, content: { type: "location", location } })).toMatchObject({
      location: { latitude: "-25.4", longitude: "13.405", name: "Studio" },
    });
    const interactive = { type: "contact_request", body: { text: "Your number?" }, action: { name: "contact_request" } };
    expect(buildGraphMessage({ ...message, to, content: { type: "interactive", interactive } })["interactive"]).toEqual({
      ...{ type: "request_contact_info", body: { text: "Your number?" } },
      action: { name: "request_contact_info" },
    });
  });

  test("keeps its address whatever the content says", () => {
    const hostile = { ...content, to: "+1", messaging_product: "x", recipient_type: "x" };
    expect(buildGraphMessage({ ...message, content: hostile, to: { kind: "phone", value: "49176" } })).toMatchObject({
      ...base,
      to: "+49176",
    });
  });
});
