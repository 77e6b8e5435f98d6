// Proves that the platform's double takes whatever our own rules let through, kind by kind.
import { startSimulator } from "@onethread/simulator";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { readFixture } from "./fixtures/fixtures.ts";
import { createGraphClient, type GraphClient } from "./graph-client.ts";
import { validateOutboundContent } from "./validate-content.ts";

const phoneNumberId = "200000000000001";
const channel = { key: phoneNumberId, accessToken: "any" };
// Files and templates have to exist there first.
const sent = readFixture("outbound-content.jsonl", z.looseObject({ type: z.string() })).filter(
  (content) => content.type !== "template" && content.type !== "poll" && !/"id":"92\d\d"/.test(JSON.stringify(content)),
);
let simulator: Awaited<ReturnType<typeof startSimulator>>;
let client: GraphClient;

beforeAll(async () => {
  simulator = await startSimulator({
    port: 0,
    webhookUrl: () => [],
    appSecret: "unused-here",
    windowCheck: false,
    statuses: "none",
    numbers: [{ phoneNumberId, displayPhoneNumber: "15550100200", wabaId: "300000000000001" }],
  });
  client = createGraphClient({ baseUrl: simulator.url, version: "v26.0" });
});
afterAll(async () => {
  await client.close();
  await simulator.stop();
});

test.each(sent.map((content) => [JSON.stringify(content).slice(0, 90), content] as const))("is taken: %s", async (_label, content) => {
  const outcome = await client.sendMessage({
    channel,
    to: { kind: "phone", value: "4917612345678" },
    content: z.record(z.string(), z.json()).parse(content),
    ownId: "ob_1",
  });
  expect(outcome).toMatchObject({ outcome: "accepted" });
});

test.each([
  { type: "pin", message_id: "wamid.B10", expiration_days: 7 },
  { type: "unpin", message_id: "wamid.B10" },
])("in a group a message can be pinned and unpinned: $type", async (pin) => {
  const checked = validateOutboundContent({ type: "pin", pin });
  if (!checked.ok) throw new Error(checked.reason);
  const outcome = await client.sendMessage({
    channel,
    to: { kind: "group", value: "120363041234567890" },
    content: checked.content,
    names: { id: "wamid.B09", isOurs: false },
    ownId: "ob_1",
  });
  expect(outcome).toMatchObject({ outcome: "accepted" });
});
