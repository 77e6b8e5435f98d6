import { expect, test } from "vitest";
import { ana, at, phoneNumberId, startUnderTest, textTo, wabaId } from "../test/simulator-bench.ts";

const interactive = (node: object) => ({ to: ana, type: "interactive", interactive: node });
const buttons = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ type: "reply", reply: { id: `b${index}`, title: `Button ${index}` } }));
const rows = (count: number) => Array.from({ length: count }, (_, index) => ({ id: `r${index}`, title: `Row ${index}` }));

const refused: readonly (readonly [string, object, number])[] = [
  ["no recipient", { type: "text", text: { body: "x" } }, 100],
  ["a phone that is none", { to: "hello", type: "text", text: { body: "x" } }, 131009],
  ["no body", { to: ana, type: "text", text: {} }, 100],
  ["a body beyond 4096", textTo(ana, "x".repeat(4097)), 100],
  ["an unknown type", { to: ana, type: "hologram", hologram: {} }, 131051],
  ["callback data beyond 512", { ...textTo(ana), biz_opaque_callback_data: "x".repeat(513) }, 100],
  ["the sender as recipient", textTo("15550100200"), 131021],
  ["media with id and link", { to: ana, type: "image", image: { id: "1", link: "https://example.com/a.jpg" } }, 131009],
  ["media with an unknown id", { to: ana, type: "image", image: { id: "920000000000001" } }, 100],
  ["a caption on audio", { to: ana, type: "audio", audio: { link: "https://example.com/a.ogg", caption: "x" } }, 131009],
  ["a caption beyond 1024", { to: ana, type: "image", image: { link: "https://example.com/a.jpg", caption: "x".repeat(1025) } }, 100],
  ["a place off the globe", { to: ana, type: "location", location: { latitude: "95", longitude: "0" } }, 131009],
  ["a contact with one name part", { to: ana, type: "contacts", contacts: [{ name: { formatted_name: "Leo" } }] }, 131008],
  ["a reaction without target", { to: ana, type: "reaction", reaction: { emoji: "👍" } }, 100],
  ["four buttons", interactive({ type: "button", body: { text: "?" }, action: { buttons: buttons(4) } }), 131009],
  [
    "eleven rows",
    interactive({ type: "list", body: { text: "?" }, action: { button: "See", sections: [{ title: "A", rows: rows(11) }] } }),
    131009,
  ],
  ["a list with an image header", interactive({ type: "list", header: { type: "image" }, body: { text: "?" }, action: {} }), 131009],
  ["a flow without id", interactive({ type: "flow", body: { text: "?" }, action: { parameters: { flow_message_version: "3" } } }), 100],
];

test.each(refused)("%s is refused and not in the outbox", async (_name, body, code) => {
  const { simulator, send } = await startUnderTest({ windowCheck: false });
  const answer = await send({ ...body });
  expect([answer.status, at(answer.json, "error.code")]).toEqual([400, code]);
  expect(answer.json["error"]).toMatchObject({
    message: expect.stringContaining(`(#${code})`),
    type: "OAuthException",
    fbtrace_id: expect.any(String),
  });
  expect(simulator.outbox()).toHaveLength(0);
});

const accepted: readonly (readonly [string, object])[] = [
  ["image by link", { to: ana, type: "image", image: { link: "https://example.com/a.jpg", caption: "Menu" } }],
  ["location", { to: ana, type: "location", location: { latitude: "-25.4284", longitude: "-49.2733", name: "Aurora" } }],
  ["contacts", { to: ana, type: "contacts", contacts: [{ name: { formatted_name: "Front Desk", first_name: "Front" } }] }],
  ["buttons", interactive({ type: "button", body: { text: "?" }, action: { buttons: buttons(3) } })],
  ["list", interactive({ type: "list", body: { text: "?" }, action: { button: "See", sections: [{ title: "A", rows: rows(10) }] } })],
  [
    "link button",
    interactive({ type: "cta_url", body: { text: "?" }, action: { parameters: { display_text: "Track", url: "https://example.com" } } }),
  ],
  ["location request", interactive({ type: "location_request_message", body: { text: "?" }, action: { name: "send_location" } })],
];

test.each(accepted)("%s is accepted", async (_name, body) => {
  const { simulator, send } = await startUnderTest({ windowCheck: false, statuses: "none" });
  expect((await send({ ...body })).status).toBe(200);
  expect(simulator.outbox()).toHaveLength(1);
});

test("a missing or wrong token is 401 with code 190", async () => {
  const { callAs } = await startUnderTest({ accessToken: "the-token" });
  const body = { messaging_product: "whatsapp", ...textTo(ana) };
  for (const token of ["", "another"]) {
    const answer = await callAs(token)("POST", `/v26.0/${phoneNumberId}/messages`, body);
    expect([answer.status, at(answer.json, "error.code"), at(answer.json, "error.type")]).toEqual([401, 190, "OAuthException"]);
  }
  expect((await callAs("the-token")("GET", `/v26.0/${phoneNumberId}`)).status).toBe(200);
});

test("an unknown object is 400 with code 100 and subcode 33", async () => {
  const { call } = await startUnderTest();
  const send = await call("POST", "/v26.0/999/messages", { messaging_product: "whatsapp", ...textTo(ana) });
  const read = await call("GET", "/v26.0/999");
  for (const { status, json } of [send, read])
    expect([status, at(json, "error.code"), at(json, "error.error_subcode")]).toEqual([400, 100, 33]);
});

test("numbers, accounts and templates are read by id, with the fields asked for", async () => {
  const { call } = await startUnderTest();
  expect((await call("GET", `/v23.0/${phoneNumberId}?fields=display_phone_number,status`)).json).toEqual({
    id: phoneNumberId,
    display_phone_number: "15550100200",
    status: "CONNECTED",
  });
  expect((await call("GET", `/v23.0/${wabaId}`)).json).toMatchObject({ id: wabaId, name: "Aurora" });
  expect((await call("GET", "/v23.0/1500000000000001")).json).toMatchObject({ name: "order_ready" });
  expect((await call("GET", `/v23.0/${wabaId}/phone_numbers`)).json).toMatchObject({ data: [{ id: phoneNumberId }], paging: {} });
});

test.each([
  ["POST", `/v26.0/${phoneNumberId}/register`],
  ["POST", `/v26.0/${wabaId}/subscribed_apps`],
  ["POST", `/latest/${phoneNumberId}/messages`],
  ["GET", "/sim/nothing"],
])("%s %s is not emulated and says so with 501", async (method, path) => {
  const { call } = await startUnderTest();
  const answer = await call(method, path, method === "POST" ? {} : undefined);
  expect(answer.status).toBe(501);
  expect(at(answer.json, "error.message")).toContain(`DOES NOT EMULATE ${method} ${path}`);
});

test("a number that is not connected refuses with 133010", async () => {
  const { send } = await startUnderTest({ numbers: [{ phoneNumberId, displayPhoneNumber: "15550100200", wabaId, status: "PENDING" }] });
  expect(at((await send(textTo(ana))).json, "error.code")).toBe(133010);
});

test("a body that is not JSON is a 400 in the Graph's own envelope", async () => {
  const { simulator } = await startUnderTest();
  const response = await fetch(`${simulator.url}/v26.0/${phoneNumberId}/messages`, {
    method: "POST",
    headers: { authorization: "Bearer x", "content-type": "application/json" },
    body: "{",
  });
  expect([response.status, at(await response.json(), "error.code")]).toEqual([400, 100]);
});
