// Proves that the echo of what we sent is never a second message, whenever it comes: before the answer to our request, at the same moment, or instead of it; and that
// what a person writes on the phone is one.
import { afterAll, beforeAll, beforeEach, expect, test as it } from "vitest";
import type { TestBusiness } from "../../test/support/test-business.ts";
import type { TestDatabase } from "../../test/support/test-database.ts";
import { closeTestEngine, openTestEngine, type TestEngine } from "../../test/support/test-engine.ts";
import { createStatusStore } from "../ingest/store-statuses.ts";
import { noFailPoints } from "../kernel/fail-points.ts";
import { parseCloudWebhook } from "../whatsapp/parse-webhook.ts";
import type { SendOutcome } from "../whatsapp/transport.ts";
import { webhookBody } from "../../test/support/webhook-bodies.ts";
import { noFiles } from "../../test/support/no-files.ts";
import { createDeliver } from "./deliver.ts";

let test: TestDatabase;
let business: TestBusiness;
let engine: TestEngine;
let people = 0;
let from = "";

beforeAll(async () => {
  ({ test, business, engine } = await openTestEngine({ quietMs: 0, ceilingMs: 0 }));
});
beforeEach(async () => {
  people += 1;
  from = `1303777${String(1000 + people)}`;
  await engine.receive(business, { from, text: "hello" });
});
afterAll(() => closeTestEngine(engine, test));

interface Echo {
  readonly id: string;
  readonly text: string;
}

async function receiveEcho({ id, text }: Echo): Promise<void> {
  const metadata = { display_phone_number: "15550100200", phone_number_id: business.phoneNumberId };
  const timestamp = String(Math.floor(Date.now() / 1000));
  const echo = { from: "15550100200", to: from, id, timestamp, type: "text", text: { body: text } };
  const change = { field: "smb_message_echoes", value: { messaging_product: "whatsapp", metadata, message_echoes: [echo] } };
  const parsed = parseCloudWebhook(
    Buffer.from(JSON.stringify({ object: "whatsapp_business_account", entry: [{ id: "300000000000001", changes: [change] }] })),
  );
  if (parsed.outcome !== "events") throw new Error(parsed.reason);
  await engine.intake.receive(parsed.events);
}

/** Sends what waits; the answer of the platform is `answer`. */
async function deliver(answer: () => Promise<SendOutcome>): Promise<void> {
  const run = createDeliver({
    files: noFiles(engine.database),
    database: engine.database,
    learnSpelling: () => Promise.resolve(),
    actOnRefusal: () => Promise.resolve(),
    onOldTemplate: () => Promise.resolve(),
    transportOf: () => ({ sendMessage: answer, markRead: () => Promise.resolve({ outcome: "accepted" }) }),
    failPoints: noFailPoints,
    log: test.log,
  });
  for (const lane of await engine.claim("send")) await run(lane, new AbortController().signal);
}
const accepted = (providerMessageId: string): SendOutcome => ({ outcome: "accepted", providerMessageId });
const lost: SendOutcome = { outcome: "uncertain", reason: "the answer did not come" };

/** What the inbox shows, in the order of the positions (the platform's times are whole seconds), without what the customer wrote. */
async function thread(): Promise<readonly unknown[]> {
  const { rows } = await test.superuser.query<{ id: string }>("select conversation_id as id from onethread.aliases where value = $1", [
    from,
  ]);
  const page = await engine.services.conversations.listMessages(business.businessId, rows[0]?.id ?? "", {
    limit: 50,
    order: "asc",
    cursor: undefined,
  });
  const shown = (page?.data ?? []).filter(({ direction }) => direction === "out").toSorted((one, other) => one.seq - other.seq);
  return shown.map(({ author, text, status, providerMessageId }) => [author, text, status, providerMessageId]);
}
async function pausedBy(): Promise<string | null | undefined> {
  const { rows } = await test.superuser.query<{ reason: string | null }>(
    "select c.ai_paused_reason as reason from onethread.conversations c join onethread.aliases a on a.conversation_id = c.id where a.value = $1",
    [from],
  );
  return rows[0]?.reason;
}
async function settled(): Promise<unknown> {
  const { rows } = await test.superuser.query("select data from onethread.events where type = 'message.settled'");
  await test.superuser.query("delete from onethread.events where type = 'message.settled'");
  return rows.map(({ data }: { data?: unknown }) => data);
}

it("an echo that comes instead of the answer proves the send, and is no message of a person", async () => {
  await engine.send(business, from, "Did you get this?");
  await deliver(() => Promise.resolve(lost));
  await receiveEcho({ id: "wamid.e1", text: "Did you get this?" });
  await receiveEcho({ id: "wamid.e1", text: "Did you get this?" });
  expect(await thread()).toEqual([["api", "Did you get this?", "accepted", "wamid.e1"]]);
  expect(await pausedBy()).toBeNull();
  expect(await settled()).toEqual([{ as: "accepted", by: "echo" }]);
});

it("other words are a person's: they take over, and what nobody knows of stays unknown", async () => {
  await engine.send(business, from, "Did you get this?");
  await deliver(() => Promise.resolve(lost));
  await receiveEcho({ id: "wamid.e2", text: "I am on it" });
  expect(await thread()).toEqual([
    ["api", "Did you get this?", "unknown", null],
    ["human", "I am on it", "sent", "wamid.e2"],
  ]);
  expect(await pausedBy()).toBe("phone_app");
});

it("an echo that is faster than the answer is the same message", async () => {
  await engine.send(business, from, "Here it is");
  await deliver(async () => {
    await receiveEcho({ id: "wamid.e3", text: "Here it is" });
    return accepted("wamid.e3");
  });
  expect(await thread()).toEqual([["api", "Here it is", "accepted", "wamid.e3"]]);
  expect(await pausedBy()).toBeNull();
  expect(await settled()).toEqual([]);
});

it("an echo in other words than we sent is taken back once the answer names its id, and its pause with it", async () => {
  await engine.send(business, from, "*Here it is*");
  await deliver(async () => {
    await receiveEcho({ id: "wamid.e4", text: "Here it is" });
    expect(await pausedBy()).toBe("phone_app");
    return accepted("wamid.e4");
  });
  expect(await thread()).toEqual([["api", "*Here it is*", "accepted", "wamid.e4"]]);
  expect(await pausedBy()).toBeNull();
});

it("what was reported of such an echo before the answer came is reported of our message", async () => {
  await engine.send(business, from, "*Here it is*");
  const status = { id: "wamid.e11", status: "delivered", timestamp: String(Math.floor(Date.now() / 1000)), recipient_id: from };
  await deliver(async () => {
    await receiveEcho({ id: status.id, text: "Here it is" });
    const parsed = parseCloudWebhook(webhookBody(business.phoneNumberId, { statuses: [status] }));
    if (parsed.outcome === "events") await engine.intake.receive(parsed.events);
    expect(await thread()).toContainEqual(["human", "Here it is", "delivered", status.id]);
    return accepted(status.id);
  });
  const { actOnRefusal, webhookLog } = engine.services;
  const db = engine.database.acrossBusinesses;
  expect(await createStatusStore({ db, webhookLog, actOnRefusal, failPoints: noFailPoints }).applyWaitingOnce()).toBe(1);
  expect(await thread()).toEqual([["api", "*Here it is*", "delivered", status.id]]);
});

it("what a person wrote after such an echo still takes over", async () => {
  await engine.send(business, from, "*Here it is*");
  await deliver(async () => {
    await receiveEcho({ id: "wamid.e5", text: "Here it is" });
    await receiveEcho({ id: "wamid.e6", text: "Sorry, a person now" });
    return accepted("wamid.e5");
  });
  expect(await thread()).toEqual([
    ["api", "*Here it is*", "accepted", "wamid.e5"],
    ["human", "Sorry, a person now", "sent", "wamid.e6"],
  ]);
  expect(await pausedBy()).toBe("phone_app");
});

it("who had taken over before such an echo still answers after it, in the inbox as on the phone", async () => {
  const conversation = await engine.services.resolveConversation({ businessId: business.businessId, identity: { phone: from } });
  const conversationId = conversation.outcome === "resolved" ? conversation.conversationId : "";
  const sendWithEcho = async (id: string): Promise<void> => {
    await engine.send(business, from, `*Here it is*, ${id}`);
    await deliver(async () => {
      await receiveEcho({ id, text: `Here it is, ${id}` });
      return accepted(id);
    });
  };
  await receiveEcho({ id: "wamid.e7", text: "I am on it" });
  await sendWithEcho("wamid.e8");
  expect(await pausedBy()).toBe("phone_app");
  await engine.services.setConversationState(business.businessId, conversationId, { change: "resume" });
  await sendWithEcho("wamid.e9");
  expect(await pausedBy()).toBeNull();
  await engine.services.setConversationState(business.businessId, conversationId, { change: "pause", reason: "inbox" });
  await sendWithEcho("wamid.e10");
  expect(await pausedBy()).toBe("inbox");
});

it("echo and answer at the same moment are one message, ten times over", async () => {
  for (let at = 0; at < 10; at += 1) await engine.send(business, from, `Number ${String(at)}`);
  let sent = 0;
  const echoes: Promise<void>[] = [];
  await deliver(() => {
    const id = `wamid.same-${String(sent)}`;
    echoes.push(receiveEcho({ id, text: `Number ${String(sent)}` }));
    sent += 1;
    return Promise.resolve(accepted(id));
  });
  await Promise.all(echoes);
  expect(await thread()).toEqual(
    Array.from({ length: 10 }, (_, at) => ["api", `Number ${String(at)}`, "accepted", `wamid.same-${String(at)}`]),
  );
  expect(await pausedBy()).toBeNull();
});
