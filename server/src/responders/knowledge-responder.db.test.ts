import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { newId, type ConversationId, type TurnId } from "../kernel/ids.ts";
import type { KnowledgeBase } from "../knowledge/knowledge-base.ts";
import { BAKERY_QUESTIONS, BAKERY_TEXTS, CLINIC_QUESTIONS, CLINIC_TEXTS } from "../../test/support/labelled-questions.ts";
import { createTestBusiness, type TestBusiness } from "../../test/support/test-business.ts";
import { createTestDatabase, type TestDatabase } from "../../test/support/test-database.ts";
import { createTestServices } from "../../test/support/test-services.ts";
import { createKnowledgeResponder } from "./knowledge-responder.ts";
import { DEFAULT_REPLY_SETTINGS } from "../settings/reply-settings.ts";
import type { Responder, ResponderAnswer } from "../answers/responder.ts";

describe("the knowledge responder", () => {
  let test: TestDatabase;
  let business: TestBusiness;
  let clinic: TestBusiness;
  let responder: Responder;
  let knowledge: KnowledgeBase;

  beforeAll(async () => {
    test = await createTestDatabase();
    business = await createTestBusiness(test.superuser);
    knowledge = createTestServices({ database: test.open(), log: test.log }).knowledge;
    clinic = await createTestBusiness(test.superuser);
    for (const text of BAKERY_TEXTS) await knowledge.addText({ businessId: business.businessId, ...text });
    for (const text of CLINIC_TEXTS) await knowledge.addText({ businessId: clinic.businessId, ...text });
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
        coversTo: 1,
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

  async function judge(question: string, expected: string | null, of: TestBusiness): Promise<void> {
    const answer = await ask(question, of);
    if (expected === null) {
      expect(answer).toEqual({ outcome: "handoff", text: "I fetch a person.", reason: "nothing_found" });
      return;
    }
    expect(answer.work?.sources?.map(({ title }) => title.split(":")[0])).toEqual([expect.stringMatching(new RegExp(`^${expected}`, "u"))]);
    const texts = [...BAKERY_TEXTS, ...CLINIC_TEXTS].filter(({ title }) => title === answer.work?.sources?.[0]?.title);
    expect(answer).toMatchObject({ outcome: "reply", texts: [texts[0]?.body] });
  }

  it.each(BAKERY_QUESTIONS)("answers as labelled in one language: $question", ({ question, expected }) =>
    judge(question, expected, business),
  );
  it.each(CLINIC_QUESTIONS)("answers as labelled among texts in three languages: $question", ({ question, expected }) =>
    judge(question, expected, clinic),
  );

  it("fetches a person for a message that nobody can read", async () => {
    expect(await ask(null)).toMatchObject({ outcome: "handoff", reason: "nothing_readable" });
  });

  it("never answers from the texts of another business", async () => {
    const other = await createTestBusiness(test.superuser);
    expect(await ask("Do you deliver?", other)).toMatchObject({ outcome: "handoff" });
  });
});
