import fc from "fast-check";
import { expect, test } from "vitest";
import type { BusinessId, ConversationId, TurnId } from "../kernel/ids.ts";
import { buildContext, estimateTokens, type ContextParts } from "./build-context.ts";
import { replySettingsSchema } from "../settings/reply-settings.ts";
import type { ContextMessage } from "../answers/responder.ts";

const message = (seq: number, text: string): ContextMessage => ({
  seq,
  author: "customer",
  type: "text",
  text,
  sentAt: new Date(seq * 1_000),
});
const parts = (more: Partial<ContextParts> = {}, contextTokens = 500): ContextParts => ({
  businessId: "b" as BusinessId,
  conversationId: "c" as ConversationId,
  turnId: "t" as TurnId,
  answeredTo: 0,
  coversTo: 1,
  businessName: "Aurora",
  customerName: null,
  facts: {},
  language: "english",
  handoffText: "I fetch a person.",
  settings: replySettingsSchema.parse({ contextTokens }),
  burst: [message(100, "What does it cost?")],
  history: [],
  earlier: [],
  knowledge: [],
  now: new Date(0),
  summarisedTo: null,
  ...more,
});
const sizeOf = (context: ReturnType<typeof buildContext>): number =>
  [...context.burst, ...context.history].reduce((sum, { text }) => sum + 8 + estimateTokens(text ?? ""), 0) +
  context.knowledge.reduce((sum, { title, body }) => sum + 8 + estimateTokens(title) + estimateTokens(body), 0) +
  context.earlier.reduce((sum, { summary }) => sum + 8 + estimateTokens(summary), 0);

test("whatever there is, the context stays within its budget, and the newest of the burst is in it", () => {
  const text = fc.string({ unit: "grapheme", minLength: 1, maxLength: 900 });
  fc.assert(
    fc.property(
      fc.record({
        burst: fc.array(text, { minLength: 1, maxLength: 12 }),
        history: fc.array(text, { maxLength: 30 }),
        more: fc.array(text, { maxLength: 6 }),
      }),
      fc.integer({ min: 500, max: 3_000 }),
      ({ burst, history, more }, budget) => {
        const context = buildContext(
          parts(
            {
              burst: burst.map((said, at) => message(100 + at, said)),
              history: history.map((said, at) => message(at, said)),
              knowledge: more.map((body, at) => ({ id: String(at), title: "Text", body })),
              earlier: more.map((summary) => ({ openedAt: new Date(0), summary })),
            },
            budget,
          ),
        );
        expect(sizeOf(context)).toBeLessThanOrEqual(budget);
        expect(context.burst.at(-1)?.seq).toBe(99 + burst.length);
        expect(burst.at(-1)?.endsWith(context.burst.at(-1)?.text ?? "nothing")).toBe(true);
      },
    ),
    { numRuns: 300 },
  );
});

test("of the history the oldest is left out first, and nothing in between", () => {
  const history = Array.from({ length: 60 }, (_, seq) => message(seq, "x".repeat(100)));
  const seqs = buildContext(parts({ history })).history.map(({ seq }) => seq);
  expect(seqs.length).toBeGreaterThan(5);
  expect(seqs.length).toBeLessThan(60);
  expect(seqs).toEqual(history.slice(-seqs.length).map(({ seq }) => seq));
});

test("what a summary covers is not shown twice; without a summary the older messages stay", () => {
  const history = [message(1, "long ago"), message(50, "just now")];
  const earlier = [{ openedAt: new Date(0), summary: "They asked for prices." }];
  expect(buildContext(parts({ history, earlier, summarisedTo: 39 })).history.map(({ seq }) => seq)).toEqual([50]);
  expect(buildContext(parts({ history, summarisedTo: 39 })).history.map(({ seq }) => seq)).toEqual([1, 50]);
  expect(buildContext(parts({ history, earlier })).history.map(({ seq }) => seq)).toEqual([1, 50]);
  // The session of the messages 2 to 50 has ended, and its summary is still to be written.
  expect(buildContext(parts({ history, earlier, summarisedTo: 1 })).history.map(({ seq }) => seq)).toEqual([50]);
  const tooLong = [{ openedAt: new Date(0), summary: "x".repeat(4_000) }];
  expect(buildContext(parts({ history, earlier: tooLong, summarisedTo: 50 })).history.map(({ seq }) => seq)).toEqual([1, 50]);
});

test("a burst that is larger than the budget keeps its end", () => {
  const context = buildContext(parts({ burst: [message(1, "first"), message(2, `${"a".repeat(9_000)}the question`)] }));
  expect(context.burst).toHaveLength(1);
  expect(context.burst[0]?.text?.endsWith("the question")).toBe(true);
  expect(sizeOf(context)).toBeLessThanOrEqual(500);
});

test("letters beyond ASCII count as more tokens than English ones", () => {
  expect(estimateTokens("שלום מה שלומך היום")).toBeGreaterThan(estimateTokens("hello how are you!"));
});
