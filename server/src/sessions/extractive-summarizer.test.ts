import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ContextMessage } from "../answers/responder.ts";
import { MESSAGE_TYPES } from "../whatsapp/message-kinds.ts";
import { clip, summarizeExtractively } from "./extractive-summarizer.ts";

const said = (...lines: readonly (readonly [ContextMessage["author"], string | null])[]): readonly ContextMessage[] =>
  lines.map(([author, text], index) => ({ seq: index + 1, author, type: text === null ? "image" : "text", text, sentAt: new Date(index) }));

describe("a summary without a model", () => {
  it.each([
    ["English", "Hi", "How much is a dental cleaning?", "It is 80 euros.", "And can I come on Sunday?"],
    ["Hebrew", "שלום", "כמה עולה ניקוי שיניים אצלכם?", "זה עולה 300 שקל.", "ואפשר להגיע ביום ראשון?"],
    ["Spanish", "Hola", "¿Cuánto cuesta una limpieza dental?", "Cuesta 60 euros.", "¿Puedo ir el domingo?"],
    ["Portuguese", "Oi", "Quanto custa uma limpeza nos dentes?", "Custa 150 reais.", "Posso ir no domingo?"],
  ])("%s: the first question is the topic, the one without an answer stays open", (...[, greeting, question, answer, another]) => {
    const messages = said(["customer", greeting], ["customer", question], ["ai", answer], ["customer", another]);
    const summary = summarizeExtractively({ messages });
    expect(summary).toMatchObject({ source: "extractive", topic: question, outcome: "open", openPoints: [another] });
    expect(summary.summary).toContain(answer);
    const answered = summarizeExtractively({ messages: [...messages, ...said(["ai", answer]).map((one) => ({ ...one, seq: 9 }))] });
    expect(answered).toMatchObject({ outcome: "answered", openPoints: [] });
  });

  it("that a person will come answers nothing; what the person writes does", () => {
    const messages = said(["customer", "Can I pay by card?"], ["ai", "I will fetch a person for you."]);
    const lastTurn = { state: "handed_off", reason: "by_keyword" };
    expect(summarizeExtractively({ messages, lastTurn })).toMatchObject({
      outcome: "handed over: by_keyword",
      openPoints: ["Can I pay by card?"],
    });
    const after = said(["customer", "Can I pay by card?"], ["ai", "I will fetch a person for you."], ["human", "Yes, you can."]);
    expect(summarizeExtractively({ messages: after, lastTurn })).toMatchObject({ outcome: "answered by a person", openPoints: [] });
  });

  it("pictures without words are counted, and said to be there", () => {
    expect(summarizeExtractively({ messages: said(["customer", null], ["customer", null]) })).toMatchObject({
      topic: null,
      summary: "2 messages of the customer. Sent: a picture.",
    });
  });

  it("says of a group who wrote what, and never the name of a type", () => {
    const messages: readonly ContextMessage[] = said(["customer", "Is the hall free on Friday?"], ["customer", null], ["human", null]).map(
      (one, index) => ({ ...one, ...(["Ana", "+12025550147"][index] === undefined ? {} : { from: ["Ana", "+12025550147"][index] ?? "" }) }),
    );
    expect(summarizeExtractively({ messages }).summary).toBe(
      "2 messages of Ana, +12025550147. Asked (Ana): “Is the hall free on Friday?” Sent: a picture. Answer: “(a picture)”",
    );
    expect(summarizeExtractively({ messages: messages.slice(0, 2) }).openPoints).toEqual(["Ana: Is the hall free on Friday?"]);
    for (const type of MESSAGE_TYPES) {
      const { summary } = summarizeExtractively({ messages: [{ seq: 1, author: "customer", type, text: " ", sentAt: new Date(0) }] });
      expect(summary).toMatch(/ Sent: (an? |something )/);
    }
  });

  it("whatever was written, nothing is longer than its limit, and no character is torn apart", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 200 }), fc.integer({ min: 2, max: 120 }), (text, length) => {
        const clipped = clip(text, length);
        expect(clipped.length).toBeLessThanOrEqual(length);
        expect(clipped.isWellFormed()).toBe(true);
      }),
    );
  });
});
