// Proves, end to end with the simulator's conversation routing (its calls, copies and handovers come by real webhooks), that a thread is passed, released and taken through the API,
// each once; that the AI is silent in what is not ours; and that what nobody knows is said so until something shows it.
import { afterAll, beforeAll, beforeEach, expect, test as it } from "vitest";
import type { TestBusiness } from "../../test/support/test-business.ts";
import type { TestDatabase } from "../../test/support/test-database.ts";
import { closeTestEngine, openTestEngine, type TestEngine } from "../../test/support/test-engine.ts";
import { createTestBusiness } from "../../test/support/test-business.ts";
import { APP_SECRET, bearerFor, createTestHttp, type TestHttp } from "../../test/support/test-http.ts";
import { createImportHistory } from "../ingest/import-history.ts";
import type { ThreadRequest } from "../whatsapp/graph-thread-control.ts";
import { createControlThread } from "./control-thread.ts";
import type { ConversationView } from "./conversation-view.ts";

let test: TestDatabase;
let business: TestBusiness;
let engine: TestEngine;
let http: TestHttp;
let headers: { readonly authorization: string };
let from = "";
let people = 0;

beforeAll(async () => {
  ({ test, business, engine } = await openTestEngine({ quietMs: 0, ceilingMs: 0 }));
  http = createTestHttp(engine.database, test.log, { services: engine.services, intake: engine.intake });
  headers = await bearerFor(engine.database, business.businessId);
  const url = await http.app.listen({ host: "127.0.0.1", port: 0 });
  engine.simulator.config({ webhookUrl: `${url}/webhooks/whatsapp`, appSecret: APP_SECRET, routing: { role: "customer_service" } });
});
beforeEach(() => {
  people += 1;
  from = `1303777${String(1000 + people)}`;
  engine.responder.asked.length = 0;
});
afterAll(async () => {
  await http.app.close();
  await closeTestEngine(engine, test);
});

const select = async (sql: string, ...values: readonly unknown[]): Promise<readonly Record<string, unknown>[]> =>
  (await test.superuser.query<Record<string, unknown>>(sql, [...values])).rows;
async function idOfThread(): Promise<string> {
  return String((await select("select conversation_id as id from onethread.aliases where value = $1", from))[0]?.["id"]);
}
interface Answer {
  readonly status: number;
  readonly json: { readonly code?: string; readonly outcome?: string; readonly detail?: string; readonly conversation?: ConversationView };
}
async function control(payload: object, id?: string): Promise<Answer> {
  const url = `/api/v1/conversations/${id ?? (await idOfThread())}/thread-control`;
  const answer = await http.app.inject({ method: "POST", url, headers, payload });
  return { status: answer.statusCode, json: answer.json() };
}
const shown = async () => engine.services.conversations.find(business.businessId, await idOfThread());
/** The customer writes; what the AI makes of it. */
async function write(text: string): Promise<readonly string[]> {
  await engine.simulator.inbound({ from, text });
  engine.responder.asked.length = 0;
  for (const lane of await engine.claim("reply")) await engine.turn(lane);
  for (const lane of await engine.claim("send")) await engine.deliver(lane);
  return engine.responder.asked.flatMap(({ burst }) => burst.map((message) => message.text ?? ""));
}
async function sendAsPerson(text: string): Promise<unknown> {
  const id = await engine.send(business, from, text);
  for (const lane of await engine.claim("send")) await engine.deliver(lane);
  return (await select("select status, error_code from onethread.messages where id = $1", id))[0];
}
const sent = () => engine.simulator.outbox({ to: from }).length;
const owners = async () =>
  (
    await select(
      "select data ->> 'owner' as owner, data ->> 'toldBy' as by from onethread.events where type = 'conversation.owner-changed' and conversation_id = $1 order by id",
      await idOfThread(),
    )
  ).map(({ owner, by }) => [owner, by]);
/** The second is over, as the platform's clock counts. */
const age = async (): Promise<void> => {
  await select("update onethread.thread_owners set at = at - interval '5 seconds' where conversation_id = $1", await idOfThread());
};

it("a thread that is passed is another's: the AI is silent and our messages are refused, until it is given back", async () => {
  expect(await write("hello")).toEqual(["hello"]);
  expect(sent()).toBe(1);
  const passed = await control({ action: "pass", role: "escalation", note: "wants a person" });
  expect(passed).toMatchObject({
    status: 200,
    json: { outcome: "done", conversation: { threadOwner: { owner: "other", role: "escalation", toldBy: "pass" }, threadRequest: null } },
  });
  expect(engine.simulator.threads()).toContainEqual({
    ...{ phoneNumberId: business.phoneNumberId, customer: from, owner: "other", role: "escalation" },
  });
  expect(await write("are you there?")).toEqual([]);
  await engine.simulator.echo({ to: from, text: "Here I am", standby: true });
  expect(await sendAsPerson("me too")).toEqual({ status: "failed", error_code: "131070" });
  expect(await shown()).toMatchObject({ threadOwner: { owner: "other", role: "escalation", toldBy: "refusal" } });
  // Asked for again, it is done already; the platform is not asked.
  engine.simulator.addFailure({ match: { path: "thread" }, times: 1, respond: { code: 131005 } });
  expect((await control({ action: "pass", role: "escalation" })).status).toBe(200);
  engine.simulator.clearFailures();
  expect(await control({ action: "pass" })).toMatchObject({ status: 409, json: { code: "thread_not_ours" } });
  await engine.simulator.thread({ to: from, owner: "us", metadata: "done", context: { type: "summary", summary: { text: "Booked." } } });
  expect(await shown()).toMatchObject({ threadOwner: { owner: "us", toldBy: "handover", context: { note: "done" } }, aiPaused: null });
  expect(await write("and you?")).toEqual(["and you?"]);
  expect(await owners()).toEqual([
    ["other", "pass"],
    ["us", "handover"],
  ]);
});

it("what is released is nobody's, and the AI says nothing in it until the customer writes to us", async () => {
  await write("hello");
  await engine.simulator.inbound({ from, text: "one more thing" });
  expect(await control({ action: "release" })).toMatchObject({
    status: 200,
    json: { conversation: { threadOwner: { owner: "nobody", toldBy: "release" }, aiPaused: { reason: "standby" } } },
  });
  for (const lane of await engine.claim("reply")) await engine.turn(lane);
  expect(engine.responder.asked.map(({ burst }) => burst[0]?.text)).not.toContain("one more thing");
  await age();
  expect(await write("hello again")).toEqual(["hello again"]);
  expect(await shown()).toMatchObject({ threadOwner: { owner: "us" }, aiPaused: null });
});

it("a thread is taken by the app that people are handed over to, and by no other; a person's pause stays", async () => {
  await write("hello");
  await engine.simulator.thread({ to: from, owner: "other", role: "ai_agent" });
  expect(await control({ action: "take" })).toMatchObject({ status: 409, json: { code: "thread_not_takable" } });
  expect(await shown()).toMatchObject({
    threadOwner: { owner: "other", toldBy: "handover" },
    threadRequest: null,
    aiPaused: { reason: "standby" },
  });
  engine.simulator.config({ routing: { role: "escalation" } });
  const [one, two] = await Promise.all([control({ action: "take" }), control({ action: "take" })]);
  engine.simulator.config({ routing: { role: "customer_service" } });
  expect([one, two]).toMatchObject([
    { status: 200 },
    { status: 200, json: { conversation: { threadOwner: { owner: "us", toldBy: "take" }, aiPaused: null } } },
  ]);
  expect(await write("are you there?")).toEqual(["are you there?"]);
  await engine.services.setConversationState(business.businessId, await idOfThread(), { change: "pause", reason: "inbox" });
  await engine.simulator.thread({ to: from, owner: "other" });
  engine.simulator.config({ routing: { role: "escalation" } });
  await control({ action: "take" });
  engine.simulator.config({ routing: { role: "customer_service" } });
  expect(await shown()).toMatchObject({ threadOwner: { owner: "us" }, aiPaused: { reason: "inbox" } });
});

it("where no answer came it may have been done, and what comes next shows it; asked for again it is done once", async () => {
  await write("hello");
  engine.simulator.addFailure({ match: { path: "thread" }, times: 1, respond: { drop: "after" } });
  const unknown = await control({ action: "pass" });
  expect(unknown).toMatchObject({
    status: 202,
    json: { outcome: "unknown", conversation: { threadOwner: null, threadRequest: { action: "pass", role: null }, aiPaused: null } },
  });
  // What is refused for another reason says nothing of the first.
  engine.simulator.addFailure({ match: { path: "thread" }, times: 1, respond: { code: 80007 } });
  expect(await control({ action: "pass" })).toMatchObject({ status: 503 });
  expect(await shown()).toMatchObject({ threadRequest: { action: "pass" } });
  const again = await control({ action: "pass" });
  expect(again).toMatchObject({
    status: 200,
    json: { conversation: { threadOwner: { owner: "other", toldBy: "pass" }, threadRequest: null } },
  });
  expect(await write("are you there?")).toEqual([]);
  // And one that the customer's own message settles.
  await age();
  await engine.simulator.thread({ to: from, owner: "us" });
  engine.simulator.addFailure({ match: { path: "thread" }, times: 1, respond: { hangMs: 0, drop: "before" } });
  expect(await control({ action: "release" })).toMatchObject({
    status: 202,
    json: { conversation: { threadRequest: { action: "release" } } },
  });
  await select("update onethread.thread_requests set at = at - interval '5 seconds' where conversation_id = $1", await idOfThread());
  expect(await write("still you?")).toEqual(["still you?"]);
  expect(await shown()).toMatchObject({ threadOwner: { owner: "us" }, threadRequest: null });
});

it("a platform that hangs for one business keeps no other waiting, and does not collect more and more of its requests", async () => {
  await write("hello");
  const other = await createTestBusiness(test.superuser);
  await engine.receive(other, { from: `${from}6`, text: "hello" });
  const [theirs] = await select("select conversation_id as id from onethread.aliases where value = $1", `${from}6`);
  const asked: string[] = [];
  const hang = Promise.withResolvers<{ readonly outcome: "done" }>();
  const reached = Promise.withResolvers<undefined>();
  const platform = {
    controlThread: ({ channel }: ThreadRequest) => {
      asked.push(channel.key);
      if (channel.key === other.phoneNumberId) reached.resolve(undefined);
      return hang.promise;
    },
  };
  const controlThread = createControlThread({ database: engine.database, platform, log: test.log });
  const id = await idOfThread();
  const many = Array.from({ length: 21 }, () => controlThread(business.businessId, id, { action: "release" }));
  expect(await many[20]).toMatchObject({ outcome: "refused", code: "platform_unavailable" });
  const theirEnd = controlThread(other.businessId, String(theirs?.["id"]), { action: "release" });
  await reached.promise;
  expect(asked.filter((key) => key === business.phoneNumberId).length).toBeLessThanOrEqual(4);
  hang.resolve({ outcome: "done" });
  const ends = await Promise.all([theirEnd, ...many.slice(0, 20)]);
  expect(new Set(ends.map(({ outcome }) => outcome))).toEqual(new Set(["done"]));
});

it("what WhatsApp refuses otherwise changes nothing, and says what it said; a number that is throttled may be asked again", async () => {
  await write("hello");
  engine.simulator.addFailure({ match: { path: "thread" }, times: 1, respond: { code: 10, details: "no permission" } });
  const refused = await control({ action: "pass" });
  expect(refused).toMatchObject({ status: 422, json: { code: "platform_refused" } });
  expect(refused.json.detail).toContain("(10)");
  engine.simulator.addFailure({ match: { path: "thread" }, times: 1, respond: { code: 80007 } });
  expect(await control({ action: "pass" })).toMatchObject({ status: 503, json: { code: "platform_unavailable" } });
  expect(await shown()).toMatchObject({ threadOwner: null, threadRequest: null, aiPaused: null });
  expect(await control({ action: "take", role: "escalation" })).toMatchObject({ status: 400 });
  expect(await control({ action: "release", note: "x" })).toMatchObject({ status: 400 });
});

it("a merged thread is its winner's; another business's, a group's and a gateway's cannot be asked for", async () => {
  await engine.simulator.inbound({ from, text: "hello" });
  const winner = await idOfThread();
  await engine.simulator.inbound({ from: `${from}9`, text: "me too" });
  const [loser] = await select("select conversation_id as id from onethread.aliases where value = $1", `${from}9`);
  const conversationIds = [winner, String(loser?.["id"])] as const;
  const merged = await engine.services.mergeByHand({ businessId: business.businessId, conversationIds, execute: true });
  if (merged.outcome !== "merged") throw new Error(merged.outcome);
  expect(await control({ action: "release" }, merged.loserId)).toMatchObject({
    status: 200,
    json: { conversation: { id: merged.winnerId } },
  });
  const other = await createTestBusiness(test.superuser);
  await engine.receive(other, { from: `${from}7`, text: "hello" });
  const theirs = String((await select("select conversation_id as id from onethread.aliases where value = $1", `${from}7`))[0]?.["id"]);
  expect(await control({ action: "release" }, theirs)).toMatchObject({ status: 404 });
  expect(await select("select from onethread.thread_requests where conversation_id = $1", theirs)).toEqual([]);
  await select("update onethread.channels set provider = 'waha' where id = $1", business.channelId);
  expect(await control({ action: "take" })).toMatchObject({ status: 422, json: { code: "unsupported_on_channel" } });
  await select("update onethread.channels set provider = 'cloud' where id = $1", business.channelId);
  await select("update onethread.conversations set reply_kind = 'group' where id = $1", merged.winnerId);
  expect(await control({ action: "take" })).toMatchObject({ status: 422, json: { code: "unsupported_on_channel" } });
  await select("update onethread.conversations set reply_kind = 'phone' where id = $1", merged.winnerId);
});

it("what the simulator hands over of a number's past, and of its address book, is imported, and wakes nobody", async () => {
  const chunk = await engine.simulator.history({
    ...{ phoneNumberId: business.phoneNumberId, phase: 2, progress: 100 },
    threads: [
      { with: from, messages: [{ text: "long ago" }, { by: "business", text: "answered" }] },
      { with: `${from}8`, count: 3 },
    ],
  });
  expect(chunk).toMatchObject({ ids: { length: 5 }, delivery: { state: "delivered" } });
  await engine.simulator.contacts({ phoneNumberId: business.phoneNumberId, contacts: [{ phone: from, name: "Zelda Routing" }] });
  const importHistory = createImportHistory({
    db: engine.database.acrossBusinesses,
    intake: engine.intake,
    log: test.log,
    rest: () => Promise.resolve(),
  });
  while ((await importHistory()) > 0);
  const found = await engine.services.conversations.list(business.businessId, { limit: 5, q: "zelda" });
  expect(found.data).toMatchObject([{ id: await idOfThread(), displayName: "Zelda Routing", isOpen: false, lastCustomerMessageAt: null }]);
  const [channel] = await engine.services.channels.list(business.businessId);
  expect(channel?.history).toMatchObject({ messages: 5, done: 5, imported: 5, progress: 100, phase: 2, waiting: 0 });
  await engine.simulator.history({ phoneNumberId: business.phoneNumberId, declined: true });
  const [declined] = await engine.services.channels.list(business.businessId);
  expect(declined?.signals).toContainEqual(expect.objectContaining({ aspect: "history", state: "declined" }));
});
