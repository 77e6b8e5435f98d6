import { expect, test } from "vitest";
import { describeTurn, detailsOf } from "./describe-turn.ts";
import type { Turn } from "./inbox-client.ts";

const turn: Turn = {
  id: "t",
  conversationId: "c",
  coversFrom: 1,
  coversTo: 2,
  state: "replied",
  reason: null,
  responder: "knowledge",
  attempts: 1,
  error: null,
  startedAt: "2026-01-01T00:00:00.000Z",
  finishedAt: "2026-01-01T00:00:01.000Z",
  model: null,
  inputTokens: null,
  outputTokens: null,
  costMicros: null,
  latencyMs: null,
  toolCalls: [],
  sources: [],
  pictures: null,
};
const hours = { id: "1", title: "Opening hours" };

test("each end of a turn is one sentence that says why", () => {
  const text = (changes: Partial<Turn>): string => describeTurn({ ...turn, ...changes }).text;
  expect(text({ sources: [hours, hours] })).toBe("AI answered · from “Opening hours”");
  expect(text({ sources: [hours, { id: "2", title: "Prices" }] })).toBe("AI answered · from “Opening hours” and 1 more");
  const long = { id: "3", title: "Opening hours: when are you open, Sunday, weekend, close" };
  expect(text({ sources: [long] })).toBe("AI answered · from “Opening hours”");
  expect(text({ sources: [{ ...long, title: "What we do about parcels that never came to you" }] })).toBe(
    "AI answered · from “What we do about parcels that never…”",
  );
  expect(text({ responder: "webhook" })).toBe("Your agent answered");
  expect(text({ state: "handed_off", reason: "nothing_found" })).toBe("Handed to a person: nothing found in the texts");
  expect(text({ state: "skipped", reason: "ai_disabled" })).toBe("Not answered by the AI: the AI is off");
  expect(text({ state: "failed", reason: "gave_up" })).toBe("Failed: the reply could not be stored");
  expect(text({ state: "some_new_state" })).toBe("some new state");
});

test("details name what is known and leave out what is not", () => {
  expect(detailsOf(turn)).toEqual([{ name: "Answered by", value: "knowledge" }]);
  const work = { model: "small-1", inputTokens: 1200, outputTokens: 80, costMicros: 450, latencyMs: 900, attempts: 2, error: "429" };
  const details = detailsOf({ ...turn, ...work, toolCalls: [{ tool: "book", state: "done", ms: 12 }], sources: [hours] });
  expect(details.map(({ name }) => name)).toEqual([
    "Answered by",
    "Model",
    "Tokens",
    "Cost",
    "Time to write",
    "Attempts",
    "Tools",
    "Texts",
    "Error",
  ]);
  expect(details.find(({ name }) => name === "Tools")?.value).toBe("book (done, 12 ms)");
  expect(details.find(({ name }) => name === "Cost")?.value).toMatch(/^0[.,]00045$/);
});
