import { expect, test } from "vitest";
import { ana, at, phoneNumberId, startUnderTest, wabaId } from "../test/simulator-bench.ts";

const bearer = { authorization: "Bearer a-token" };
const card = { name: { formatted_name: "Front Desk", first_name: "Front" } };
const text = { messaging_product: "whatsapp", to: ana, type: "text" };
const form = (fields: Readonly<Record<string, string>>): FormData => {
  const parts = new FormData();
  for (const [key, value] of Object.entries(fields)) parts.append(key, value);
  return parts;
};

test.each<readonly [string, BodyInit, string]>([
  ["a node as JSON text", JSON.stringify({ ...text, type: "contacts", contacts: JSON.stringify([card]) }), "contacts"],
  ["a form with a node as JSON text", new URLSearchParams({ ...text, text: '{"body":"oi"}' }), "text"],
  ["a form with brackets", new URLSearchParams({ ...text, "text[body]": "oi" }), "text"],
  [
    "a list in brackets",
    new URLSearchParams({
      ...{ messaging_product: "whatsapp", to: ana, type: "contacts" },
      "contacts[0][name][formatted_name]": "Front Desk",
      "contacts[0][name][first_name]": "Front",
    }),
    "contacts",
  ],
  ["parts", form({ ...text, text: '{"body":"oi"}' }), "text"],
  ["a number where a text is wanted", JSON.stringify({ ...text, to: Number(ana), text: { body: "oi" } }), "text"],
])("%s is taken as the platform takes it", async (_name, body, type) => {
  const { simulator } = await startUnderTest({ windowCheck: false, statuses: "none" });
  const headers = { ...bearer, ...(typeof body === "string" && { "content-type": "application/json" }) };
  const response = await fetch(`${simulator.url}/v26.0/${phoneNumberId}/messages`, { method: "POST", headers, body });
  expect(response.status).toBe(200);
  const node = type === "contacts" ? [card] : { body: "oi" };
  expect(simulator.outbox()).toMatchObject([{ to: ana, type, body: { [type]: node } }]);
});

test("what only looks like JSON stays a text", async () => {
  const { simulator, send } = await startUnderTest({ windowCheck: false, statuses: "none" });
  await send({ ...text, text: { body: '{"a":1}' }, biz_opaque_callback_data: '{"a":1}' });
  expect(simulator.outbox()).toMatchObject([{ body: { text: { body: '{"a":1}' }, biz_opaque_callback_data: '{"a":1}' } }]);
});

test("the token is taken from the address, a form and parts, and is never kept", async () => {
  const { simulator } = await startUnderTest({ accessToken: "the-token", windowCheck: false, statuses: "none" });
  const url = `${simulator.url}/v26.0/${phoneNumberId}/messages`;
  const fields = { ...text, text: '{"body":"oi"}' };
  const post = async (body: BodyInit, query = ""): Promise<number> => (await fetch(`${url}${query}`, { method: "POST", body })).status;
  expect(await post(form(fields), "?access_token=the-token")).toBe(200);
  expect(await post(new URLSearchParams({ ...fields, access_token: "the-token" }))).toBe(200);
  expect(await post(form({ ...fields, access_token: "the-token" }))).toBe(200);
  expect(await post(form({ ...fields, access_token: "another" }))).toBe(401);
  expect(await post(form(fields))).toBe(401);
  expect(simulator.outbox()).toHaveLength(3);
  expect(JSON.stringify(simulator.outbox())).not.toContain("the-token");
});

test("an upload takes the token as a part", async () => {
  const { simulator } = await startUnderTest({ accessToken: "the-token" });
  const upload = async (token: string): Promise<number> => {
    const parts = form({ messaging_product: "whatsapp", type: "text/plain", access_token: token });
    parts.append("file", new Blob(["oi"], { type: "text/plain" }), "oi.txt");
    return (await fetch(`${simulator.url}/v26.0/${phoneNumberId}/media`, { method: "POST", body: parts })).status;
  };
  expect([await upload("the-token"), await upload("another")]).toEqual([200, 401]);
});

test("a path without a version, or with a slash at the end, is the same path", async () => {
  const { call, simulator } = await startUnderTest({ windowCheck: false, statuses: "none" });
  const versioned = await call("GET", `/v26.0/${phoneNumberId}`);
  expect(versioned.status).toBe(200);
  expect((await call("GET", `/${phoneNumberId}`)).json).toEqual(versioned.json);
  expect((await call("GET", `/v26.0/${phoneNumberId}/?fields=id`)).json).toEqual({ id: phoneNumberId });
  expect((await call("POST", `/${phoneNumberId}/messages`, { ...text, text: { body: "oi" } })).status).toBe(200);
  expect(simulator.outbox()).toHaveLength(1);
});

test.each([`/v26.0/${phoneNumberId}`, `/v26.0/${wabaId}`, "/v26.0/1500000000000001", `/v26.0/${wabaId}/phone_numbers`])(
  "a field that %s does not have is error 100, one without a value is left out",
  async (path) => {
    const { call } = await startUnderTest();
    const strange = await call("GET", `${path}?fields=id,nonsense`);
    expect([strange.status, at(strange.json, "error.code"), at(strange.json, "error.message")]).toEqual([
      400,
      100,
      expect.stringContaining("nonexisting field (nonsense)"),
    ]);
    expect((await call("GET", `${path}?fields=id`)).status).toBe(200);
  },
);

test("a field that the platform has and the simulator does not emulate is a loud 501 or left out, never error 100", async () => {
  const { call } = await startUnderTest();
  expect((await call("GET", `/v26.0/${phoneNumberId}?fields=id,quality_score`)).json).toEqual({ id: phoneNumberId });
  expect((await call("GET", `/v26.0/${wabaId}?fields=id,product_catalogs{id}`)).status).toBe(501);
});
