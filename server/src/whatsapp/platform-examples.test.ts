// Proves that every example of the platform's reference that concerns sending passes our own checks, and leaves in a form that the strict simulator accepts.
import { startSimulator, type Simulator } from "@onethread/simulator";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { readString } from "../kernel/read-json.ts";
import { readFixture } from "./fixtures/fixtures.ts";
import { createGraphClient, type GraphClient } from "./graph-client.ts";
import { createGraphTemplates, type GraphTemplates } from "./graph-templates.ts";
import { checkTemplateForm } from "./template-form.ts";
import { validateOutboundContent } from "./validate-content.ts";

const NUMBER = "200000000000001";
const WABA = "300000000000001";
const channel = { key: NUMBER, accessToken: "a-token" };
const to = { kind: "phone", value: "12025550147" } as const;
const sends = readFixture("platform-sends.jsonl", z.record(z.string(), z.json()));
const forms = readFixture("platform-templates.jsonl", z.record(z.string(), z.json()));
let simulator: Simulator;
let client: GraphClient;
let templates: GraphTemplates;
let mediaId: string;

beforeAll(async () => {
  const quiet = { windowCheck: false, statuses: "none", templateReview: "manual", directSend: "open" } as const;
  simulator = await startSimulator({ port: 0, webhookUrl: () => [], appSecret: "unused-here", ...quiet });
  client = createGraphClient({ baseUrl: simulator.url, version: "v26.0" });
  templates = createGraphTemplates({ baseUrl: () => simulator.url, version: "v26.0" });
  const form = new FormData();
  form.append("messaging_product", "whatsapp");
  form.append("file", new Blob(["x"], { type: "image/png" }), "a.png");
  const headers = { authorization: "Bearer a-token" };
  const uploaded: unknown = await (await fetch(`${simulator.url}/v26.0/${NUMBER}/media`, { method: "POST", body: form, headers })).json();
  mediaId = z.object({ id: z.string() }).parse(uploaded).id;
});
afterAll(async () => {
  await client.close();
  await templates.close();
  await simulator.stop();
});

test.each(sends.map((content) => [JSON.stringify(content).slice(0, 100), content] as const))("is sent: %s", async (_label, content) => {
  const checked = validateOutboundContent(content);
  expect(checked).toEqual({ ok: true, type: content["type"], content });
  // The files of the reference are on nobody's account.
  const written = JSON.stringify(content).replaceAll(/"id":"92\d+"/g, `"id":"${mediaId}"`);
  const sent = z.record(z.string(), z.json()).parse(JSON.parse(written));
  expect(await client.sendMessage({ channel, to, content: sent, ownId: "ob_1" })).toMatchObject({ outcome: "accepted" });
});

test.each([false, true])("a message is marked as read, with typing: %s", async (typing) => {
  const [written] = await simulator.inbound({ from: to.value, text: "oi", deliver: { wait: false } });
  expect(await client.markRead({ channel, chat: to, providerMessageId: written?.messageId ?? "", typing })).toEqual({
    outcome: "accepted",
  });
});

test.each(forms.map((form) => [readString(form, "name") ?? "", form] as const))("a template is made: %s", async (name, form) => {
  const { components, parameter_format: format = "POSITIONAL" } = form;
  const parts = z.array(z.record(z.string(), z.json())).optional().parse(components);
  const place = { name, language: readString(form, "language") ?? "", category: readString(form, "category") ?? "" };
  expect(checkTemplateForm({ ...place, parameterFormat: format === "NAMED" ? "NAMED" : "POSITIONAL", components: parts })).toEqual([]);
  // Its accounts have the templates of the reference already.
  const made = await templates.createTemplate({ accountId: WABA, accessToken: "a-token" }, { ...form, name: `${name}_again` });
  expect(made).toMatchObject({ outcome: "created" });
});
