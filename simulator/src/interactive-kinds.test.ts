import { expect, test } from "vitest";
import { ana, at, startUnderTest } from "../test/simulator-bench.ts";

const body = { text: "Have a look" };
const product = { catalog_id: "800001", product_retailer_id: "SKU-9" };
const items = (count: number) => Array.from({ length: count }, (_, index) => ({ product_retailer_id: `SKU-${index}` }));
const shelf = (count: number) => ({ catalog_id: "800001", sections: [{ title: "Bread", product_items: items(count) }] });
const header = { type: "text", text: "Bread" };
const kinds = {
  product: { action: product },
  product_list: { header, body, action: shelf(30) },
  catalog_message: { body, action: { name: "catalog_message", parameters: { thumbnail_product_retailer_id: "SKU-9" } } },
  address_message: { body, action: { name: "address_message", parameters: { country: "IN" } } },
  call_permission_request: { body, action: { name: "call_permission_request" } },
  voice_call: { body, action: { name: "voice_call", parameters: { display_text: "Call us", ttl_minutes: 1440 } } },
  request_contact_info: { body, action: { name: "request_contact_info" } },
};
const sendOf = (type: string, interactive: object) => ({ to: ana, type: "interactive", interactive: { type, ...interactive } });

test.each(Object.entries(kinds))("%s is accepted", async (type, interactive) => {
  const { simulator, send } = await startUnderTest({ windowCheck: false, statuses: "none" });
  expect((await send(sendOf(type, interactive))).status).toBe(200);
  expect(simulator.outbox()).toHaveLength(1);
});

test.each<readonly [string, string, object]>([
  ["a product without a catalog", "product", { action: { product_retailer_id: "SKU-9" } }],
  ["a product with a header", "product", { header, action: product }],
  ["31 products", "product_list", { header, body, action: shelf(31) }],
  ["a product list without a header", "product_list", { body, action: shelf(1) }],
  ["a catalog without a text", "catalog_message", { action: { name: "catalog_message" } }],
  ["an address without a country", "address_message", { body, action: { name: "address_message", parameters: {} } }],
  ["another name of an action", "call_permission_request", { body, action: { name: "call" } }],
  ["a call button for 0 minutes", "voice_call", { body, action: { name: "voice_call", parameters: { ttl_minutes: 0 } } }],
  ["a label of 21", "voice_call", { body, action: { name: "voice_call", parameters: { display_text: "x".repeat(21) } } }],
  ["a kind that does not exist", "hologram", { body, action: {} }],
])("%s is refused", async (_name, type, interactive) => {
  const { simulator, send } = await startUnderTest({ windowCheck: false });
  expect((await send(sendOf(type, interactive))).status).toBe(400);
  expect(simulator.outbox()).toHaveLength(0);
});

test("a pin goes to a group; to one customer it is not emulated, and says so", async () => {
  const { simulator, send } = await startUnderTest({ windowCheck: false, statuses: "none" });
  const pin = { type: "pin", pin: { type: "pin", message_id: "wamid.1", expiration_days: 7 } };
  expect((await send({ recipient_type: "group", to: "G1", ...pin })).status).toBe(200);
  expect((await send({ to: ana, ...pin })).status).toBe(501);
  const endless = { ...pin, pin: { ...pin.pin, expiration_days: 31 } };
  expect(at((await send({ recipient_type: "group", to: "G1", ...endless })).json, "error.code")).toBe(131009);
  expect(simulator.outbox()).toHaveLength(1);
});
