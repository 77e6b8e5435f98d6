import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DEMO_TEXTS } from "../demo/demo-texts.ts";
import { noFailPoints } from "../kernel/fail-points.ts";
import { newId, type ConversationId, type TurnId } from "../kernel/ids.ts";
import { createKnowledgeBase, type KnowledgeBase } from "../knowledge/knowledge-base.ts";
import { createTestBusiness, type TestBusiness } from "../../test/support/test-business.ts";
import { createTestDatabase, type TestDatabase } from "../../test/support/test-database.ts";
import { createKnowledgeResponder } from "./knowledge-responder.ts";
import { DEFAULT_REPLY_SETTINGS } from "./reply-settings.ts";
import type { Responder, ResponderAnswer } from "./responder.ts";

// The labelled set on which the threshold was tuned: what a customer writes, and the beginning of the text that should answer.
const ANSWERED: readonly (readonly [string, string])[] = [
  ["hi", "Greeting"],
  ["Good morning!", "Greeting"],
  ["When are you open on Sunday?", "Opening"],
  ["are you open today", "Opening"],
  ["what time do you close on saturdays", "Opening"],
  ["Where are you?", "Address"],
  ["is there parking?", "Address"],
  ["Do you deliver?", "Delivery"],
  ["could you deliver 20 rolls tomorrow", "Delivery"],
  ["how much is a croissant", "Prices"],
  ["I need a birthday cake for my daughter", "Cakes"],
  ["do you have something vegan", "Allergens"],
  ["Is it without gluten?", "Allergens"],
  ["can i pay by card", "Payment"],
  ["thanks a lot!", "Thanks"],
];
const FETCHES_A_PERSON = [
  "My invoice number 4711 from last Friday is wrong and the lawyer of my company demands a correction with proper dates",
  "xyzzy",
  "¿?",
  "I want to speak with the manager about yesterday",
  "Are you hiring apprentices?",
];

describe("the knowledge responder", () => {
  let test: TestDatabase;
  let business: TestBusiness;
  let responder: Responder;
  let knowledge: KnowledgeBase;

  beforeAll(async () => {
    test = await createTestDatabase();
    business = await createTestBusiness(test.superuser);
    knowledge = createKnowledgeBase({ database: test.open(), failPoints: noFailPoints });
    for (const text of DEMO_TEXTS) await knowledge.addText({ businessId: business.businessId, language: "english", ...text });
    responder = createKnowledgeResponder({ knowledge });
  });
  afterAll(() => test.close());

  const ask = (text: string | null, of: TestBusiness = business): Promise<ResponderAnswer> =>
    responder.respond(
      {
        businessId: of.businessId,
        conversationId: of.businessId as unknown as ConversationId,
        turnId: newId<TurnId>(),
        answeredTo: 0,
        businessName: "Aurora",
        customerName: null,
        facts: {},
        language: "english",
        handoffText: "I fetch a person.",
        settings: DEFAULT_REPLY_SETTINGS,
        burst: [{ seq: 1, author: "customer", type: "text", text, sentAt: new Date() }],
        history: [],
        earlier: [],
        knowledge: [],
        now: new Date(),
      },
      new AbortController().signal,
    );

  it.each(ANSWERED)("answers %j from the text about it", async (question, title) => {
    const expected = DEMO_TEXTS.find((text) => text.title.startsWith(title));
    const answer = await ask(question);
    expect(answer).toMatchObject({ outcome: "reply", texts: [expected?.body] });
    expect(answer.work?.sources).toEqual([{ id: expect.any(String) as string, title: expected?.title }]);
  });

  it.each(FETCHES_A_PERSON)("says that it fetches a person for %j", async (question) => {
    expect(await ask(question)).toEqual({ outcome: "handoff", text: "I fetch a person.", reason: "nothing_found" });
  });

  it("fetches a person for a message that nobody can read", async () => {
    expect(await ask(null)).toMatchObject({ outcome: "handoff", reason: "nothing_readable" });
  });

  it("never answers from the texts of another business", async () => {
    const other = await createTestBusiness(test.superuser);
    expect(await ask("Do you deliver?", other)).toMatchObject({ outcome: "handoff" });
  });
});
