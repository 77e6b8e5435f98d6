import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { ana, at, phoneNumberId, startUnderTest } from "../test/simulator-bench.ts";
import type { SimulatorUnderTest } from "../test/simulator-bench.ts";

const bytes = Buffer.from("%PDF-1.7 a small document");
const bearer = { authorization: "Bearer a-token" };

async function upload({ simulator }: SimulatorUnderTest, type: string, fields: Record<string, string> = { messaging_product: "whatsapp" }) {
  const form = new FormData();
  for (const [key, value] of Object.entries(fields)) form.append(key, value);
  form.append("type", type);
  form.append("file", new Blob([bytes], { type }), "offer.pdf");
  const response = await fetch(`${simulator.url}/v26.0/${phoneNumberId}/media`, { method: "POST", headers: bearer, body: form });
  const json: unknown = await response.json();
  return { status: response.status, json };
}

test("what is uploaded can be sent, resolved, downloaded in whole and in part, and deleted", async () => {
  const underTest = await startUnderTest({ windowCheck: false, statuses: "none" });
  const id = String(at((await upload(underTest, "application/pdf")).json, "id"));
  expect(id).toMatch(/^\d{1,32}$/);
  expect((await underTest.send({ to: ana, type: "document", document: { id, filename: "offer.pdf" } })).status).toBe(200);
  const { json } = await underTest.call("GET", `/v26.0/${id}?phone_number_id=${phoneNumberId}`);
  const sha256 = createHash("sha256").update(bytes).digest("base64");
  expect(json).toMatchObject({ messaging_product: "whatsapp", mime_type: "application/pdf", file_size: String(bytes.length), sha256, id });
  const whole = await fetch(String(json["url"]), { headers: bearer });
  expect([whole.status, whole.headers.get("content-type")]).toEqual([200, "application/pdf"]);
  expect(Buffer.from(await whole.arrayBuffer()).equals(bytes)).toBe(true);
  const part = await fetch(String(json["url"]), { headers: { ...bearer, range: "bytes=0-3" } });
  expect([part.status, part.headers.get("content-range"), await part.text()]).toEqual([206, `bytes 0-3/${bytes.length}`, "%PDF"]);
  expect((await underTest.call("DELETE", `/v26.0/${id}`)).json).toEqual({ success: true });
  expect(at((await underTest.call("GET", `/v26.0/${id}`)).json, "error.error_subcode")).toBe(33);
});

test("a download needs the token, and its URL dies after five minutes", async () => {
  const underTest = await startUnderTest();
  const id = String(at((await upload(underTest, "application/pdf")).json, "id"));
  const url = String((await underTest.call("GET", `/v26.0/${id}`)).json["url"]);
  expect((await fetch(url)).status).toBe(401);
  underTest.simulator.advanceClock(301_000);
  expect((await fetch(url, { headers: bearer })).status).toBe(404);
  const renewed = String((await underTest.call("GET", `/v26.0/${id}`)).json["url"]);
  expect((await fetch(renewed, { headers: bearer })).status).toBe(200);
});

test("an uploaded id dies after 30 days, and is hidden from other numbers", async () => {
  const underTest = await startUnderTest();
  const id = String(at((await upload(underTest, "application/pdf")).json, "id"));
  expect((await underTest.call("GET", `/v26.0/${id}?phone_number_id=1`)).status).toBe(400);
  underTest.simulator.advanceClock(31 * 86_400_000);
  expect((await underTest.call("GET", `/v26.0/${id}`)).status).toBe(400);
});

test("a type the platform does not take and a form without product are refused", async () => {
  const underTest = await startUnderTest();
  expect((await upload(underTest, "application/x-msdownload")).status).toBe(400);
  expect(at((await upload(underTest, "application/pdf", {})).json, "error.message")).toBe(
    "(#100) The parameter messaging_product is required.",
  );
});
