// Proves what happens where another app answers on the same number: copies are stored and shown, the AI is silent, a change without a word is said, and a thread that
// comes back is answered.
import { afterAll, beforeAll, beforeEach, expect, test as it } from "vitest";
import type { TestBusiness } from "../../test/support/test-business.ts";
import type { TestDatabase } from "../../test/support/test-database.ts";
import { closeTestEngine, openTestEngine, type TestEngine } from "../../test/support/test-engine.ts";
import { noFailPoints } from "../kernel/fail-points.ts";
import type { JsonObject } from "../kernel/json.ts";
import { noFiles } from "../../test/support/no-files.ts";
import { createDeliver } from "../outbound/deliver.ts";
import { parseCloudWebhook } from "../whatsapp/parse-webhook.ts";

let test: TestDatabase;
let business: TestBusiness;
let engine: TestEngine;
let from = "";
let people = 0;
const NOW = (): number => Math.floor(Date.now() / 1000);

beforeAll(async () => {
  ({ test, business, engine } = await openTestEngine({ quietMs: 0, ceilingMs: 0 }));
});
beforeEach(() => {
  people += 1;
  from = `1303666${String(1000 + people)}`;
});
afterAll(() => closeTestEngine(engine, test));

async function receive(field: string, value: JsonObject): Promise<unknown> {
  const metadata = { display_phone_number: "15550100200", phone_number_id: business.phoneNumberId };
  const change = { field, value: { messaging_product: "whatsapp", metadata, ...value } };
  const parsed = parseCloudWebhook(
    Buffer.from(JSON.stringify({ object: "whatsapp_business_account", entry: [{ id: "300000000000001", changes: [change] }] })),
  );
  if (parsed.outcome !== "events") throw new Error(parsed.reason);
  return engine.intake.receive(parsed.events);
}
const copyOf = (id: string, text: string, secondsAgo = 0): JsonObject => ({
  standby: {
    contacts: [{ wa_id: from }],
    messages: [{ from, id, timestamp: String(NOW() - secondsAgo), type: "text", text: { body: text } }],
  },
});
const answerOfOther = (id: string, text: string): JsonObject => {
  const message = { messaging_product: "whatsapp", to: from, type: "text", text: { body: text } };
  return { standby: { message_echoes: [{ id, timestamp: String(NOW()), message }] } };
};
const handover = (type: string, more: JsonObject): Promise<unknown> =>
  receive("messaging_handovers", {
    sender: { phone_number: from },
    recipient: { phone_number_id: business.phoneNumberId, display_phone_number: "15550100200" },
    ...{ type, timestamp: String(NOW()), [type]: more },
  });
/** Every turn that is due. */
async function turns(): Promise<void> {
  for (const lane of await engine.claim("reply")) await engine.turn(lane);
}
const select = async (sql: string, ...values: readonly unknown[]): Promise<readonly Record<string, unknown>[]> =>
  (await test.superuser.query<Record<string, unknown>>(sql, [...values])).rows;
async function idOfThread(): Promise<string> {
  return String((await select("select conversation_id as id from onethread.aliases where value = $1", from))[0]?.["id"]);
}
const shown = async () => engine.services.conversations.find(business.businessId, await idOfThread());
async function said(): Promise<readonly unknown[]> {
  const page = await engine.services.conversations.listMessages(business.businessId, await idOfThread(), {
    limit: 50,
    order: "asc",
    cursor: undefined,
  });
  return (page?.data ?? []).toSorted((one, other) => one.seq - other.seq).map(({ author, text }) => [author, text]);
}
const owners = async () =>
  (
    await select(
      "select data from onethread.events where type = 'conversation.owner-changed' and conversation_id = $1 order by at",
      await idOfThread(),
    )
  ).map(({ data }) => data);
/** The last second is over, as the platform's clock counts. */
const age = async (): Promise<void> => {
  await select("update onethread.thread_owners set at = at - interval '5 seconds' where conversation_id = $1", await idOfThread());
};

it("copies are stored and shown, the AI is silent, and the thread is another's; each once", async () => {
  for (let delivery = 0; delivery < 2; delivery += 1) {
    await receive("standby", copyOf("wamid.s1", "are you open?"));
    await receive("standby", answerOfOther("wamid.s2", "Answer by another app"));
  }
  await turns();
  expect(await said()).toEqual([
    ["customer", "are you open?"],
    ["api", "Answer by another app"],
  ]);
  expect(engine.responder.asked).toEqual([]);
  expect(await shown()).toMatchObject({ threadOwner: { owner: "other", toldBy: "standby" }, aiPaused: { reason: "standby" } });
  expect(await owners()).toEqual([{ owner: "other", toldBy: "standby", role: null }]);
  expect(await select("select state, reason from onethread.turns where conversation_id = $1", await idOfThread())).toEqual([
    { state: "skipped", reason: "taken_over" },
  ]);
});

it("the AI is silent from the moment at which a copy is stored, and its redelivery says whose the thread is", async () => {
  await select("alter table onethread.thread_owners add constraint ck_dies check (false) not valid");
  await expect(receive("standby", copyOf("wamid.d1", "are you open?"))).rejects.toThrow("Nothing of this delivery was acknowledged");
  await select("alter table onethread.thread_owners drop constraint ck_dies");
  await turns();
  expect(engine.responder.asked).toEqual([]);
  expect(await shown()).toMatchObject({ threadOwner: null, aiPaused: { reason: "standby" } });
  await receive("standby", copyOf("wamid.d1", "are you open?"));
  expect(await shown()).toMatchObject({ threadOwner: { owner: "other" } });
});

it("who says stop in another app's thread has opted out, and nobody tries to confirm it there", async () => {
  await receive("standby", copyOf("wamid.stop", "STOP", 5));
  expect(await shown()).toMatchObject({ optedOutAt: expect.any(String) as string });
  expect(await said()).toEqual([["customer", "STOP"]]);
  // To us it is confirmed.
  await engine.receive(business, { from, text: "start" });
  expect((await said()).length).toBe(3);
});

it("a copy that comes after the thread is ours again silences nobody, and says nothing of whose it is", async () => {
  await engine.receive(business, { from, text: "hello" });
  await receive("standby", copyOf("wamid.l1", "to the other app"));
  await age();
  await engine.receive(business, { from, text: "to you again" });
  await receive("standby", copyOf("wamid.l2", "late", 3));
  expect(await shown()).toMatchObject({ threadOwner: { owner: "us" }, aiPaused: null });
  // Also where only a handover says so.
  await handover("control_passed", {});
  await receive("standby", copyOf("wamid.l3", "later still", 3));
  expect(await shown()).toMatchObject({ threadOwner: { owner: "us", toldBy: "handover" }, aiPaused: null });
  expect((await owners()).map((data) => (data as { owner: string }).owner)).toEqual(["other"]);
});

it("messages that become copies without a word are said of the number and of the thread; what comes back is answered", async () => {
  await select("delete from onethread.notices");
  await select("delete from onethread.channel_signals");
  await engine.receive(business, { from, text: "hello" });
  await turns();
  expect(await shown()).toMatchObject({ threadOwner: null, aiPaused: null });
  await receive("standby", copyOf("wamid.s3", "and now?"));
  await turns();
  expect(await select("select field, severity, channel_id from onethread.notices")).toEqual([
    { field: "standby", severity: "warning", channel_id: business.channelId },
  ]);
  expect(await select("select aspect, state from onethread.channel_signals")).toEqual([{ aspect: "routing", state: "standby" }]);
  engine.responder.asked.length = 0;
  await age();
  await engine.receive(business, { from, text: "to you again" });
  await turns();
  expect(engine.responder.asked.map(({ burst }) => burst.map(({ text }) => text))).toEqual([["to you again"]]);
  expect(await shown()).toMatchObject({ threadOwner: { owner: "us" }, aiPaused: null });
  // And away once more: a change again, but no second notice of the number.
  await receive("standby", copyOf("wamid.s4", "gone"));
  expect(await owners()).toHaveLength(2);
  expect(await select("select count(*)::int from onethread.notices")).toEqual([{ count: 1 }]);
});

it("a person's pause keeps its reason, and outlives the other app", async () => {
  await engine.receive(business, { from, text: "hello" });
  await engine.services.setConversationState(business.businessId, await idOfThread(), { change: "pause", reason: "inbox" });
  await receive("standby", copyOf("wamid.p1", "to the other app"));
  await engine.receive(business, { from, text: "to you again" });
  expect(await shown()).toMatchObject({ aiPaused: { reason: "inbox" } });
});

it("a thread that is passed to us has the other app's summary and is answered; one that is taken is silent, from its words on", async () => {
  await receive("standby", copyOf("wamid.h1", "a person please"));
  await age();
  const context = { type: "summary", summary: { text: "Wants to move an appointment." } };
  await handover("control_passed", { new_owner_role: "escalation", metadata: "vip", conversation_context: context });
  expect(await shown()).toMatchObject({
    threadOwner: { owner: "us", role: "escalation", toldBy: "handover", context: { ...context, note: "vip" } },
    aiPaused: null,
  });
  await turns();
  await engine.receive(business, { from, text: "are you there?" });
  const lane = await engine.claimOne("reply");
  engine.responder.answer = async () => {
    await handover("control_taken", { new_owner_role: "ai_agent" });
    return { outcome: "reply", texts: ["too late"] };
  };
  await engine.turn(lane);
  expect((await said()).map((message) => (message as readonly string[])[1])).not.toContain("too late");
  expect(await shown()).toMatchObject({ threadOwner: { owner: "other", role: "ai_agent" }, aiPaused: { reason: "standby" } });
  // An older word comes late.
  await receive("messaging_handovers", {
    sender: { phone_number: from },
    recipient: { phone_number_id: business.phoneNumberId },
    ...{ type: "control_passed", timestamp: String(NOW() - 600), control_passed: {} },
  });
  expect(await shown()).toMatchObject({ threadOwner: { owner: "other" } });
});

it("a person's pause that was over by its time gives the copy no reason: what comes back is answered", async () => {
  await engine.services.changeBusiness(business.businessId, { handoffPauseMs: 60_000 });
  await engine.receive(business, { from, text: "hello" });
  const id = await idOfThread();
  await engine.services.setConversationState(business.businessId, id, { change: "pause", reason: "inbox" });
  await test.superuser.query("update onethread.conversations set ai_paused_at = now() - interval '2 minutes' where id = $1", [id]);
  await receive("standby", copyOf("wamid.p2", "to the other app"));
  expect(await shown()).toMatchObject({ aiPaused: { reason: "standby" } });
  await engine.receive(business, { from, text: "to you again" });
  expect(await shown()).toMatchObject({ aiPaused: null });
  await engine.services.changeBusiness(business.businessId, { handoffPauseMs: null });
});

it("a refusal (131070) is final, and says that another app has the thread", async () => {
  await engine.receive(business, { from, text: "hello" });
  const id = await engine.send(business, from, "an answer");
  const refuse = createDeliver({
    files: noFiles(engine.database),
    database: engine.database,
    learnSpelling: () => Promise.resolve(),
    onOldTemplate: () => Promise.resolve(),
    actOnRefusal: () => Promise.resolve(),
    transportOf: () => ({
      sendMessage: () =>
        Promise.resolve({
          outcome: "rejected",
          retry: "never",
          fault: { code: 131070, title: "owned" },
          stopsChannel: false,
          sentence: "Another app.",
        }),
      markRead: () => Promise.resolve({ outcome: "accepted" }),
    }),
    failPoints: noFailPoints,
    log: test.log,
  });
  for (const lane of await engine.claim("send")) await refuse(lane, new AbortController().signal);
  expect(await select("select status, error_code from onethread.messages where id = $1", id)).toEqual([
    { status: "failed", error_code: "131070" },
  ]);
  expect(await shown()).toMatchObject({ threadOwner: { owner: "other", toldBy: "refusal" }, aiPaused: { reason: "standby" } });
});
