import { expect, test } from "vitest";
import { z } from "zod";
import { readFixture } from "./fixtures/fixtures.ts";
import { interactiveText } from "./interactive-text.ts";

const sent = readFixture("outbound-content.jsonl", z.looseObject({ interactive: z.record(z.string(), z.json()).optional() })).flatMap(
  ({ interactive }) => (interactive === undefined ? [] : [interactive]),
);
const textOf = (type: string) => interactiveText(sent.find((interactive) => interactive["type"] === type));

test("everything that can be sent can be read", () => {
  for (const interactive of sent) expect(interactiveText(interactive)).toBeTruthy();
});

test.each([
  ["product", "Have a look\nStudio\nProduct: SKU-9"],
  ["product_list", "Bread\nHave a look\nBread\n- SKU-1\n- SKU-2"],
  ["catalog_message", "Have a look\nCatalog"],
  ["address_message", "Have a look\nAsks for an address"],
  ["call_permission_request", "Asks for permission to call"],
  ["voice_call", "Have a look\nCall button: Call us"],
  ["order_details", "Have a look\nOrder: o-77"],
])("%s", (type, text) => {
  expect(textOf(type)).toBe(text);
});
