// Proves that what an answer holds beside text is checked like everything that is sent, is written with its turn or not at all, and reaches nobody else.
import { afterAll, beforeAll, beforeEach, describe, expect, test as it } from "vitest";
import { startOpenAiServer, type OpenAiReply, type OpenAiServer } from "../../test/support/openai-server.ts";
import { createTestBusiness, type TestBusiness } from "../../test/support/test-business.ts";
import type { TestDatabase } from "../../test/support/test-database.ts";
import { closeTestEngine, openTestEngine, type TestEngine } from "../../test/support/test-engine.ts";
import { bearerFor, createTestHttp, type TestHttp } from "../../test/support/test-http.ts";
import { contextOf } from "../../test/support/test-tools.ts";
import { newId, type ConversationId } from "../kernel/ids.ts";
import type { JsonObject } from "../kernel/json.ts";
import { createLanguageModels } from "../models/language-models.ts";
import { createOutsideHttp, type OutsideHttp } from "../outside/outside-http.ts";
import { createReleaseScheduled } from "../outbound/release-scheduled.ts";
import { createModelResponder } from "../responders/model-responder.ts";
import { ANSWER_TOOLS } from "../settings/reply-settings.ts";

const ALL = { offer: [...ANSWER_TOOLS], mediaHosts: ["files.example.com"], templates: ["order_ready_named"], scheduledYields: true };
const QUESTION = { text: "Which one?", buttons: ["Red", "Blue"] };
const PHOTO = { kind: "image", link: "https://files.example.com/red.jpg", caption: "The red one" };

let test: TestDatabase;
let business: TestBusiness;
let engine: TestEngine;
let http: TestHttp;
let headers: Readonly<Record<string, string>>;
let model: OpenAiServer;
let outside: OutsideHttp;
let phone: string;
let conversationId: ConversationId;
let counter = 0;

beforeAll(async () => {
  ({ test, business, engine } = await openTestEngine({ quietMs: 0 }));
  http = createTestHttp(engine.database, test.log, { services: engine.services });
  headers = await bearerFor(engine.database, business.businessId);
  model = await startOpenAiServer();
  outside = createOutsideHttp({ privateHosts: [model.host] });
  const { settings, services } = engine;
  const responder = createModelResponder({
    models: createLanguageModels({ settings, outside }),
    openTools: services.openTools,
    log: test.log,
  });
  engine.responder.wants = "memory";
  engine.responder.answer = (context, signal) => responder.respond(context, signal);
});
beforeEach(async () => {
  counter += 1;
  phone = String(12_025_559_000 + counter);
  await engine.settings.change(business.businessId, {
    responder: "model",
    model: { provider: "openai-compatible", model: "test", baseUrl: model.baseUrl },
    tools: ALL,
  });
  await test.superuser.query("update lanes set check_at = now() + interval '1 hour' where check_at is not null");
  await test.superuser.query("delete from scheduled_messages");
  await engine.receive(business, { from: phone, text: "Which colours do you have?" });
  const { rows } = await test.superuser.query<{ id: string }>("select conversation_id as id from aliases where value = $1", [phone]);
  conversationId = (rows[0]?.id ?? "") as ConversationId;
});
afterAll(async () => {
  await http.app.close();
  await outside.close();
  await model.stop();
  await closeTestEngine(engine, test);
});

function says(...replies: readonly (OpenAiReply | string | (() => Promise<string>))[]): void {
  let index = 0;
  model.script = async () => {
    const reply = replies[Math.min(index++, replies.length - 1)] ?? "nothing";
    return typeof reply === "function" ? await reply() : reply;
  };
}
const calls = (...made: readonly (readonly [string, object])[]): OpenAiReply => ({ calls: made.map(([name, args]) => ({ name, args })) });
const inMs = (ms: number): string => new Date(Date.now() + ms).toISOString().replace(/\.\d+/, "");
async function turn(): Promise<void> {
  await engine.turn(await engine.claimOne("reply"));
}
async function said() {
  const query =
    "select type, text, content, author, turn_part as part from messages where conversation_id = $1 and direction = 'out' order by seq";
  return (
    await test.superuser.query<{ type: string; text: string; content: JsonObject; author: string; part: number }>(query, [conversationId])
  ).rows;
}
async function scheduled() {
  const query =
    "select id, author, text, send_at as at, yields_to_customer as yields from scheduled_messages where conversation_id = $1 order by send_at";
  return (await test.superuser.query<{ id: string; author: string; text: string; at: Date; yields: boolean }>(query, [conversationId]))
    .rows;
}
async function events(type: string) {
  const query = "select subject_id as id, data from events where conversation_id = $1 and type = $2";
  return (await test.superuser.query<{ id: string; data: JsonObject }>(query, [conversationId, type])).rows;
}
/** An uploaded picture; its bytes are nowhere. */
async function fileOf(businessId: string): Promise<string> {
  const id = newId();
  await test.superuser.query(`insert into unsent_media (business_id, id, remove_at) values ($1, $2, now() + interval '7 days')`, [
    businessId,
    id,
  ]);
  await test.superuser.query(
    `insert into media (business_id, id, state, mime_type, bytes, sha256, has_thumbnail, created_at, state_at)
     values ($1, $2, 'ready', 'image/png', 1000, repeat('0', 64), false, now(), now())`,
    [businessId, id],
  );
  return id;
}
const release = () => createReleaseScheduled({ database: engine.database, wake: () => undefined, log: test.log })();
async function releaseNow(): Promise<number> {
  await test.superuser.query("update scheduled_messages set send_at = now() where conversation_id = $1", [conversationId]);
  return release();
}
/** One call of a turn, without a model: what the model is told. */
async function tell(tool: string, args: object, tools: object = ALL): Promise<string> {
  const set = await engine.services.openTools(
    contextOf({ businessId: business.businessId, conversationId }, { tools }),
    new AbortController().signal,
  );
  const outcome = await set.call(tool, args, new AbortController().signal);
  await set.close();
  return outcome.outcome === "error" ? outcome.error : outcome.outcome;
}

describe("an answer that holds more than text", () => {
  it("is one turn: the text first, then what the tools added, and only the send lane sends it", async () => {
    says(calls(["send_media", PHOTO], ["send_buttons", QUESTION]), "We have two colours.");
    await turn();
    expect((await said()).map(({ type, part, author }) => [type, part, author])).toEqual([
      ["text", 1, "ai"],
      ["image", 2, "ai"],
      ["interactive", 3, "ai"],
    ]);
    expect(engine.simulator.outbox({ to: phone })).toEqual([]);
    const told = model.requests.at(-1)?.text("tool") ?? "";
    expect(told).toContain("part of your answer");
    const [row] = (
      await test.superuser.query<{ tool_calls: unknown }>("select tool_calls from turns where conversation_id = $1", [conversationId])
    ).rows;
    expect(row?.tool_calls).toMatchObject([
      { tool: "send_media", state: "added" },
      { tool: "send_buttons", state: "added" },
    ]);
    await engine.deliver(await engine.claimOne("send"));
    expect(engine.simulator.outbox({ to: phone }).map(({ type }) => type)).toEqual(["text", "image", "interactive"]);
  });

  it("needs no text beside it", async () => {
    says(calls(["send_list", { text: "Which one?", label: "Colours", options: [{ title: "Red", description: "Warm" }] }]), "");
    await turn();
    expect((await said()).map(({ type }) => type)).toEqual(["interactive"]);
  });

  it("leaves nothing behind when the customer writes again before it is committed", async () => {
    says(calls(["send_buttons", QUESTION], ["schedule_message", { text: "Still interested?", at: inMs(3_600_000) }]), async () => {
      await engine.receive(business, { from: phone, text: "Never mind." });
      return "We have two.";
    });
    await turn();
    expect([await said(), await scheduled(), await events("message.scheduled")]).toEqual([[], [], []]);
    says(calls(["send_buttons", QUESTION]), "We have two.");
    await turn();
    expect((await said()).map(({ type }) => type)).toEqual(["text", "interactive"]);
  });

  it("leaves nothing behind when somebody else has the lane by then, and nothing twice", async () => {
    says(calls(["send_buttons", QUESTION], ["schedule_message", { text: "Still interested?", at: inMs(3_600_000) }]), "We have two.");
    const lost = await engine.claimOne("reply");
    await engine.expireLeases();
    const mine = await engine.claimOne("reply");
    await engine.turn(lost);
    expect([await said(), await scheduled()]).toEqual([[], []]);
    says(calls(["send_buttons", QUESTION], ["schedule_message", { text: "Still interested?", at: inMs(3_600_000) }]), "We have two.");
    await engine.turn(mine);
    await engine.turn(mine);
    expect([(await said()).length, (await scheduled()).length]).toEqual([2, 1]);
  });

  it("is not read less closely than a text: no foreign link in a caption or on a button", async () => {
    says(calls(["send_media", { ...PHOTO, caption: "Pay at https://evil.example/pay" }]), "We have two colours.");
    await turn();
    expect(model.requests.at(-1)?.text("tool")).toContain("not one of the business's");
    expect((await said()).map(({ type }) => type)).toEqual(["text"]);
  });

  it("reads as text on a channel of WhatsApp Web, which has no buttons", async () => {
    await test.superuser.query("update channels set provider = 'waha' where business_id = $1", [business.businessId]);
    try {
      says(calls(["send_buttons", QUESTION]), "");
      await turn();
      expect(await said()).toMatchObject([{ type: "text", text: "Which one?\n\n1. Red\n2. Blue", content: { type: "text" } }]);
      expect(await tell("send_template", { name: "order_ready_named", language: "en_US" })).toContain("cannot send templates");
    } finally {
      await test.superuser.query("update channels set provider = 'cloud' where business_id = $1", [business.businessId]);
    }
  });
});

describe("the tools", () => {
  it("are off unless the business names them", async () => {
    await engine.settings.change(business.businessId, { tools: { offer: [] } });
    says("We have two colours.");
    await turn();
    expect(model.requests.at(-1)?.tools.filter((name) => ANSWER_TOOLS.some((tool) => tool === name))).toEqual([]);
    expect(await tell("send_buttons", QUESTION, {})).toBe('There is no tool "send_buttons".');
  });

  it("say what is wrong, so that the model can write it otherwise", async () => {
    await engine.services.templates.sync(business.businessId);
    const told = await Promise.all([
      tell("send_buttons", { text: "Which?", buttons: ["a", "b", "c", "d"] }),
      tell("send_buttons", { text: "Which?", buttons: ["Red", "Red"] }),
      tell("send_media", { ...PHOTO, link: "https://files.example.com.evil.example/red.jpg" }),
      tell("send_media", { ...PHOTO, link: "http://files.example.com/red.jpg" }),
      tell("send_media", { ...PHOTO, kind: "audio" }),
      tell("send_template", { name: "order_ready", language: "pt_BR" }),
      tell("send_template", { name: "order_ready_named", language: "en_US" }),
      tell("send_template", { name: "order_ready_named", language: "en_US", named: { customer: "Ana" } }),
      tell("send_buttons", { ...QUESTION, to: "12025550199" }),
    ]);
    expect(told).toMatchObject([
      expect.stringContaining("buttons"),
      expect.stringContaining("titles"),
      expect.stringContaining("Only https links to files.example.com"),
      expect.stringContaining("Only https links"),
      expect.stringContaining("caption is not possible"),
      expect.stringContaining("Only these templates can be sent: order_ready_named"),
      expect.stringContaining("is not filled in as it should be"),
      "adds",
      expect.stringContaining("not valid"),
    ]);
  });

  it("send files of the business that it has named, which stay from then on, and no others", async () => {
    const mine = await fileOf(business.businessId);
    const [unnamed, foreign] = [await fileOf(business.businessId), await fileOf((await createTestBusiness(test.superuser)).businessId)];
    const tools = { ...ALL, mediaFiles: [mine, foreign].map((id) => ({ id, about: "The menu" })) };
    const told = [
      await tell("send_media", { kind: "image", file: unnamed }, tools),
      await tell("send_media", { kind: "image", file: mine, link: PHOTO.link }, tools),
      await tell("send_media", { kind: "video", file: mine }, tools),
      await tell("send_media", { kind: "image", file: foreign }, tools),
    ];
    expect(told).toEqual([
      `Its files are: ${mine} (The menu), ${foreign} (The menu). Nothing was added.`,
      'Give either "file" or "link". Nothing was added.',
      expect.stringContaining("as video WhatsApp takes video/mp4"),
      expect.stringContaining("is no file of this business"),
    ]);
    const unsent = async () => (await test.superuser.query("select from unsent_media where id = $1", [mine])).rowCount;
    expect(await unsent()).toBe(1);
    await engine.settings.change(business.businessId, { tools });
    says(calls(["send_media", { kind: "image", file: mine, caption: "Our menu" }]), "Here it is.");
    await turn();
    expect((await said()).at(1)).toMatchObject({ type: "image", content: { image: { id: mine, caption: "Our menu" } } });
    expect(await unsent()).toBe(0);
  });

  it("schedule only what can be sent then, and a few at a time", async () => {
    const later = (ms: number, tools: object = ALL) => tell("schedule_message", { text: "Hello", at: inMs(ms) }, tools);
    expect(await later(-60_000)).toContain("has passed");
    expect(await later(23 * 3_600_000)).toBe("adds");
    expect(await later(25 * 3_600_000)).toContain("WhatsApp lets the business write until");
    expect(await later(3_600_000, { ...ALL, scheduleWithinMs: 60_000 })).toContain("too far ahead");
    expect(await later(3_600_000, { ...ALL, maxScheduled: 0 })).toContain("the business allows 0");
    expect(await tell("schedule_message", { text: "Hello", at: "tomorrow" })).toContain("cannot be read");
    await test.superuser.query("update conversations set opted_out_at = now() + interval '1 s' where id = $1", [conversationId]);
    expect(await later(3_600_000)).toContain("asked not to be written to");
    expect(await tell("send_buttons", QUESTION)).toContain("asked not to be written to");
  });
});

describe("what the AI has scheduled", () => {
  async function schedule(tools: object = {}): Promise<string> {
    await engine.settings.change(business.businessId, { tools: { ...ALL, ...tools } });
    says(calls(["schedule_message", { text: "Still interested?", at: inMs(3_600_000) }]), "I will ask you in an hour.");
    await turn();
    return (await scheduled())[0]?.id ?? "";
  }

  it("is listed, is said to be the AI's, and becomes a message of the AI's", async () => {
    const id = await schedule();
    expect(await events("message.scheduled")).toMatchObject([{ id, data: { by: "ai" } }]);
    const listed = await engine.services.settleMessages.listOpen(business.businessId, "scheduled");
    expect(listed).toMatchObject([{ id, author: "ai", text: "Still interested?", status: "scheduled" }]);
    expect(await releaseNow()).toBe(1);
    expect((await said()).map(({ text, author }) => [text, author])).toEqual([
      ["I will ask you in an hour.", "ai"],
      ["Still interested?", "ai"],
    ]);
  });

  it("yields to a customer who has written in the meantime, unless the business wants it said all the same", async () => {
    const id = await schedule();
    await engine.receive(business, { from: phone, text: "I took the blue one." });
    expect(await releaseNow()).toBe(0);
    expect([await scheduled(), await events("message.cancelled")]).toMatchObject([[], [{ id, data: { reason: "customer_wrote" } }]]);
    await schedule({ scheduledYields: false });
    await engine.receive(business, { from: phone, text: "Thanks." });
    expect(await releaseNow()).toBe(1);
  });

  it("is not said while a person answers", async () => {
    const id = await schedule();
    await engine.services.setConversationState(business.businessId, conversationId, { change: "pause", reason: "inbox" });
    expect(await releaseNow()).toBe(0);
    expect(await events("message.cancelled")).toMatchObject([{ id, data: { reason: "taken_over" } }]);
  });

  it("is somebody's own once they have changed it: whoever answers says send it now, and it is sent", async () => {
    const id = await schedule();
    await engine.services.setConversationState(business.businessId, conversationId, { change: "pause", reason: "inbox" });
    await engine.receive(business, { from: phone, text: "Hello?" });
    expect(await engine.services.settleMessages.edit(business.businessId, id, { sendAt: new Date() })).toMatchObject({ outcome: "done" });
    expect([await release(), await events("message.cancelled")]).toEqual([1, []]);
    expect((await said()).at(-1)).toMatchObject({ text: "Still interested?", author: "api" });
  });
});

describe("the business's own agent", () => {
  const messages = [
    "We have two.",
    { type: "image", image: { link: "https://shop.example/red.jpg" } },
    "And this:",
    { type: "interactive", interactive: { type: "button", body: { text: "Which?" }, action: { buttons: [button("Red")] } } },
  ];
  function button(title: string) {
    return { type: "reply", reply: { id: title, title } };
  }
  async function answer(turnId: string, payload: object) {
    const reply = await http.app.inject({ method: "POST", url: `/api/v1/turns/${turnId}/answer`, headers, payload });
    return { status: reply.statusCode, json: reply.json<Record<string, unknown>>() };
  }
  async function wait(): Promise<string> {
    const saved = engine.responder.answer;
    let turnId = "";
    engine.responder.answer = (context) => {
      ({ turnId } = context);
      return { outcome: "later", waitsFor: "answer", waitMs: 60_000 };
    };
    await turn();
    engine.responder.answer = saved;
    return turnId;
  }

  it("answers with the same, in its own order; the same answer again is the same success, also where it could not be said once more", async () => {
    await engine.settings.change(business.businessId, { maxMessages: 5, tools: { ...ALL, maxScheduled: 1 } });
    const turnId = await wait();
    const all = { messages: [...messages, { type: "text", text: { body: "Tomorrow?" }, sendAt: inMs(3_600_000) }] };
    expect(await answer(turnId, { messages: [{ type: "interactive", interactive: { type: "button" } }] })).toMatchObject({ status: 400 });
    expect(await answer(turnId, { messages: [{ type: "image", image: { id: newId() } }] })).toMatchObject({
      ...{ status: 400, json: { detail: expect.stringContaining("is no file of this business") } },
    });
    expect((await answer(turnId, all)).status).toBe(200);
    await turn();
    expect((await said()).map(({ type }) => type)).toEqual(["text", "image", "text", "interactive"]);
    expect(await scheduled()).toMatchObject([{ author: "ai", text: "Tomorrow?", yields: true }]);
    expect((await answer(turnId, all)).status).toBe(200);
    expect(await answer(turnId, { messages })).toMatchObject({ status: 200 });
    expect(await answer(turnId, { messages: messages.slice(1) })).toMatchObject({ status: 409, json: { code: "turn_already_answered" } });
  });
});
