import { expect, test } from "vitest";
import { signatureOf, toWire } from "./webhook-wire.ts";

const published =
  '{"object":"whatsapp_business_account","entry":[{"id":"300000000000001","changes":[{"field":"messages","value":{"note":"A\\u00e7\\u00e3o \\ud83d\\udc4d"}}]}]}';
const note = (text: string) => ({
  object: "whatsapp_business_account",
  entry: [{ id: "300000000000001", changes: [{ field: "messages", value: { note: text } }] }],
});

test("the published body has the published signature", () => {
  expect(Buffer.byteLength(published)).toBe(153);
  expect(signatureOf("demo-app-secret", published)).toBe("sha256=e7d2228d9c75ce1c89e80c94731423d531b1693ebf36a45a1af2a60671347cd4");
});

test("non-ASCII leaves as lower-case escapes, astral characters as two", () => {
  expect(toWire(note("Ação 👍"))).toBe(published);
});

test("the re-serialised UTF-8 form has another signature", () => {
  const reserialised = JSON.stringify(JSON.parse(published));
  expect(Buffer.byteLength(reserialised)).toBe(137);
  expect(signatureOf("demo-app-secret", reserialised)).toBe("sha256=1cf5b7c380682317b388aa107110b38c986e51b6f6531be8e6ce0c0581d7d0be");
});
