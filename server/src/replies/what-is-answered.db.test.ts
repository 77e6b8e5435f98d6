// Proves on the whole engine, with the business's own texts and no model, what is answered and what is not: nobody is fetched needlessly.
import { afterAll, afterEach, beforeAll, beforeEach, expect, test as it } from "vitest";
import { createTestBusiness, type TestBusiness } from "../../test/support/test-business.ts";
import { createTestDatabase, type TestDatabase } from "../../test/support/test-database.ts";
import { createTestEngine, type TestEngine } from "../../test/support/test-engine.ts";
import type { TestMessage } from "../../test/support/webhook-bodies.ts";
import { createKnowledgeResponder } from "../responders/knowledge-responder.ts";

let test: TestDatabase;
let business: TestBusiness;
let engine: TestEngine;

const HOURS = "We are open Tuesday to Saturday from 7:00 to 18:00.";
const BREAD = "Yes, our rice bread is **gluten free**.";
const CAKES = "We bake cakes to order, from 32.00.";
const FROM = "13035550100";

beforeAll(async () => {
  test = await createTestDatabase();
});
beforeEach(async () => {
  await test.superuser.query("truncate onethread.businesses cascade");
  await test.superuser.query("truncate onethread.messages, onethread.webhook_log cascade");
  business = await createTestBusiness(test.superuser, { quietMs: 0, ceilingMs: 0 });
  engine = await createTestEngine(test, [business]);
  const { knowledge } = engine.services;
  const responder = createKnowledgeResponder({ knowledge });
  engine.responder.answer = (context, signal) => responder.respond(context, signal);
  await engine.settings.change(business.businessId, {});
  for (const [title, body] of [
    ["Opening hours: when are you open", HOURS],
    ["Bread: gluten free bread", BREAD],
    ["Cakes: order a cake", CAKES],
  ] as const)
    await knowledge.addText({ businessId: business.businessId, title, body, language: "english" });
});
afterEach(() => engine.close());
afterAll(() => test.close());

interface TurnRow {
  readonly state: string;
  readonly reason: string | null;
  readonly texts: readonly string[];
}

/** One burst, and how its turn ended. */
async function write(...messages: readonly Omit<TestMessage, "from">[]): Promise<TurnRow> {
  await engine.receive(business, ...messages.map((message) => ({ from: FROM, ...message })));
  await engine.turn(await engine.claimOne("reply"));
  const { rows } = await test.superuser.query<TurnRow>(
    `select t.state, t.reason, coalesce((select array_agg(m.text order by m.turn_part) from onethread.messages m where m.turn_id = t.id), '{}') as texts
       from onethread.turns t order by t.covers_to desc limit 1`,
  );
  const [turn] = rows;
  if (turn === undefined) throw new Error("no turn was written");
  return turn;
}
const isPaused = async (): Promise<boolean> =>
  (await test.superuser.query<{ paused: boolean }>("select ai_paused_at is not null as paused from onethread.conversations")).rows[0]
    ?.paused ?? false;

it("courtesies fetch nobody, and each known question between them is answered", async () => {
  // The platform tells whole seconds: what is asked in the second of a STOP does not count as asked after it.
  let at = Math.floor(Date.now() / 1000) - 600;
  for (const text of ["Hello", "ok", "👍", "yes", "No", "?", "Thanks! 👍", "STOP"]) {
    const told = await write({ text, at: (at += 5) });
    expect({ text, ...told }).toMatchObject({ state: "skipped", reason: text === "STOP" ? "opted_out" : "nothing_to_answer", texts: [] });
    expect(await write({ text: `When are you open? (${text.codePointAt(0)?.toString() ?? ""})`, at: (at += 5) })).toMatchObject({
      state: "replied",
      texts: [HOURS],
    });
    await test.superuser.query("update onethread.messages set sent_at = sent_at - interval '1 hour'");
  }
  expect(await isPaused()).toBe(false);
});

it("each message of a burst is looked at for itself", async () => {
  const told = await write(
    { text: "What are your opening hours?" },
    { node: { type: "image", image: { id: "1", mime_type: "image/jpeg", caption: "Look at this" } } },
    { node: { type: "location", location: { latitude: 1, longitude: 2, name: "Cake Street" } } },
  );
  expect(told).toEqual({ state: "replied", reason: null, texts: [HOURS] });
});

it("two questions get both their answers, in WhatsApp's marks; what is left open is said, and a person is fetched", async () => {
  expect(await write({ text: "What are your opening hours? Also do you have gluten free bread?" })).toEqual({
    state: "replied",
    reason: null,
    texts: [`${HOURS}\n\nYes, our rice bread is *gluten free*.`],
  });
  expect((await write({ text: "when are you open and do you have gluten free bread" })).texts[0]).toMatch(/7:00.*rice bread/su);
  const open = await write({ text: "What are your opening hours? Do you repair bicycles?" });
  expect(open).toMatchObject({ state: "handed_off", reason: "partly_found" });
  expect(open.texts[0]).toContain(HOURS);
  expect(open.texts[0]).toContain("> Do you repair bicycles?");
});

it("what nobody here can see or hear is taken by a person, alone and beside a question that gets its answer", async () => {
  for (const node of [
    { type: "audio", audio: { id: "1", mime_type: "audio/ogg", voice: true } },
    { type: "image", image: { id: "1", mime_type: "image/jpeg" } },
    { type: "video", video: { id: "1", mime_type: "video/mp4" } },
  ]) {
    expect(await write({ node })).toMatchObject({ state: "handed_off", reason: "nothing_readable" });
    await test.superuser.query("update onethread.conversations set ai_paused_at = null, ai_paused_reason = null");
    const told = await write({ text: "What are your opening hours?" }, { node });
    expect(told).toMatchObject({ state: "handed_off", reason: "partly_found" });
    expect(told.texts[0]).toContain(HOURS);
    expect(told.texts[0]?.length).toBeGreaterThan(HOURS.length);
    await test.superuser.query("update onethread.conversations set ai_paused_at = null, ai_paused_reason = null");
    await test.superuser.query("update onethread.messages set sent_at = sent_at - interval '1 hour'");
  }
});

it("names of files and places are no question, an order is taken by a person", async () => {
  const document = { id: "1", mime_type: "application/pdf", filename: "order a cake.pdf" };
  expect(await write({ node: { type: "document", document } })).toMatchObject({ state: "skipped", reason: "nothing_to_answer" });
  const location = { latitude: 1, longitude: 2, name: "Cakes to order", address: "Bread Street" };
  expect(await write({ node: { type: "location", location } })).toMatchObject({ state: "skipped", reason: "nothing_to_answer" });
  const order = {
    catalog_id: "8",
    text: "order a cake please by noon",
    product_items: [{ product_retailer_id: "CAKE", quantity: 3, item_price: 1, currency: "BRL" }],
  };
  expect(await write({ node: { type: "order", order } })).toMatchObject({ state: "handed_off", reason: "order" });
});

it("what nobody wrote as a message is never answered, and pauses nothing", async () => {
  await write({ text: "When are you open?" });
  for (const node of [
    { type: "unsupported", unsupported: { type: "edit" }, errors: [{ code: 131051, title: "Message type unknown" }] },
    { type: "sticker", sticker: { id: "1", mime_type: "image/webp" } },
  ])
    expect(await write({ node })).toMatchObject({ state: "skipped", reason: "nothing_to_answer" });
  expect(await isPaused()).toBe(false);
});

it.each(["I want to speak to a human", "agent please", "quiero hablar con una persona", "אני רוצה נציג", "Quero falar com um atendente"])(
  "a wish for a person is understood: %s",
  async (text) => {
    expect(await write({ text })).toMatchObject({ state: "handed_off", reason: "keyword" });
  },
);

it("a machine that answers our answers is answered four times, and no more", async () => {
  const ends: string[] = [];
  for (let round = 0; round < 20; round += 1) ends.push((await write({ text: "When are you open? This is an automatic message." })).state);
  expect(ends).toEqual([...Array.from({ length: 4 }, () => "replied"), ...Array.from({ length: 16 }, () => "skipped")]);
  expect(
    (await write({ text: "And when are you open on Saturday?" }, { text: "When are you open? This is an automatic message." })).state,
  ).toBe("replied");
});

it("a business may answer thanks with a short courtesy of its own", async () => {
  await engine.settings.change(business.businessId, { courtesyText: "You are welcome!" });
  expect(await write({ text: "Thanks!" })).toEqual({ state: "replied", reason: null, texts: ["You are welcome!"] });
  expect(await write({ text: "👍" })).toMatchObject({ state: "skipped", texts: [] });
});

it("who asks for a text that is longer than a message of WhatsApp gets what WhatsApp takes, and no silence", async () => {
  const body = "You may return it. ".repeat(300);
  await engine.services.knowledge.addText({ businessId: business.businessId, title: "Returns policy", body, language: "english" });
  expect(await engine.services.indexWorker.runOnce()).toBe(1);
  const { texts } = await write({ text: "What is your returns policy?" });
  expect(texts.length).toBeGreaterThan(0);
  await engine.deliver(await engine.claimOne("send"));
  expect(engine.simulator.outbox({ to: FROM })).toHaveLength(texts.length);
});
