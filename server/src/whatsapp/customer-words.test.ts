import { describe, expect, test } from "vitest";
import { customerWords } from "./customer-words.ts";

const words = (type: string, node: unknown): string | null =>
  customerWords({ type, content: JSON.parse(JSON.stringify({ type, [type]: node })) });

describe("what the customer wrote or chose", () => {
  test.each([
    ["text", { body: " When do you open? " }, "When do you open?"],
    ["image", { caption: "this one" }, "this one"],
    ["video", { caption: "like this" }, "like this"],
    ["document", { caption: "signed", filename: "contract.pdf" }, "signed"],
    ["interactive", { type: "button_reply", button_reply: { id: "b1", title: "Yes please" } }, "Yes please"],
    ["interactive", { type: "list_reply", list_reply: { id: "r3", title: "18:30", description: "Thursday" } }, "18:30"],
    [
      "interactive",
      { type: "nfm_reply", nfm_reply: { body: "Sent", response_json: '{"flow_token":"t","wish":"no nuts","n":2}' } },
      "no nuts",
    ],
    ["interactive", { type: "button", body: { text: "Shall we confirm?" }, action: { buttons: [] } }, "Shall we confirm?"],
    ["interactive", { type: "event", event: { name: "Tasting on Friday" } }, "Tasting on Friday"],
    ["button", { payload: "STOP_PROMO", text: "Stop" }, "Stop"],
    ["order", { text: "please by noon", product_items: [{ product_retailer_id: "cake-12" }] }, "please by noon"],
    ["poll", { name: "Which day?", options: [{ name: "Monday" }] }, "Which day?"],
    ["edit", { original_message_id: "m1", message: { type: "text", text: { body: "On Monday?" } } }, "On Monday?"],
    ["edit", { original_message_id: "m1", message: { type: "image", image: { caption: "new" } } }, "new"],
  ])("%s %j is %j", (type, node, wanted) => {
    expect(words(type, node)).toBe(wanted);
  });
});

describe("what they did not write is none of it", () => {
  test.each([
    ["text", { body: "   " }],
    ["image", {}],
    ["document", { filename: "order 12-set.xlsx" }],
    ["document", { filename: "order 12-set.xlsx", caption: "order 12-set.xlsx" }],
    ["audio", { voice: true }],
    ["sticker", {}],
    ["location", { name: "Cake House", address: "Main St 1" }],
    ["contacts", [{ name: { formatted_name: "Cake House" } }]],
    ["interactive", { type: "call_permission_reply", call_permission_reply: { response: "accept" } }],
    ["interactive", { type: "nfm_reply", nfm_reply: { name: "address_message", response_json: '{"city":"Cake Town"}' } }],
    ["interactive", { type: "nfm_reply", nfm_reply: { body: "Sent" } }],
    ["interactive", { type: "product", product: { title_of_shop: "Cakes" } }],
    ["button", { payload: "STOP_PROMO" }],
    ["reaction", { message_id: "m1", emoji: "👍" }],
    ["order", { product_items: [{ product_retailer_id: "cake-12" }] }],
    ["poll_vote", { options: ["Cake"] }],
    ["edit", { message: { type: "edit", edit: { message: { type: "text", text: { body: "no" } } } } }],
    ["system", { body: "User Ana changed her number" }],
    ["placeholder", { body: "Cake" }],
    ["call", { body: "Missed call" }],
    ["unsupported", { type: "order" }],
    ["template", { name: "cake_offer" }],
    ["unknown", { body: "cake" }],
    ["constructor", { body: "cake" }],
  ])("%s %j", (type, node) => {
    expect(words(type, node)).toBeNull();
  });

  test("content without its node, or with a node of another kind, holds no words", () => {
    expect(customerWords({ type: "text", content: {} })).toBeNull();
    expect(customerWords({ type: "order", content: { order: [1] } })).toBeNull();
  });
});
