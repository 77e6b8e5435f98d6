import { describe, expect, test } from "vitest";
import { failureEnding, handoffEnding, handoffTextOf, endingOf } from "./endings.ts";
import { findHandoffKeyword } from "../words/handoff-keywords.ts";
import { isWithinOfficeHours } from "../settings/office-hours.ts";
import type { Circumstances, ReplyState } from "./load-turn.ts";
import { replySettingsSchema, type ReplySettings } from "../settings/reply-settings.ts";

// Wednesday, 12:00 in Lisbon.
const NOON = new Date("2026-11-25T12:00:00Z");
const at = (time: string): Date => new Date(`2026-11-25T${time}:00Z`);
const settings = (more: object = {}): ReplySettings => replySettingsSchema.parse(more);
const state = (more: Partial<ReplyState> = {}): ReplyState =>
  ({
    at: NOON,
    handoff_text: "I fetch a person.",
    last_turn_id: null,
    last_finished_at: null,
    last_state: null,
    last_reason: null,
    ...more,
  }) as ReplyState;
const thread = { burst: [], history: [], newestInbound: null, newestAt: null, lastSaidByTurn: null, lastSaid: null };
const now = (more: Partial<Circumstances> = {}): Circumstances => ({ state: state(), thread, settings: settings(), ...more });

describe("office hours", () => {
  const officeHours = settings({
    officeHours: {
      wed: [
        ["09:00", "12:30"],
        ["14:00", "24:00"],
      ],
    },
  }).officeHours;
  test.for([
    { time: "08:59", open: false },
    { time: "09:00", open: true },
    { time: "12:29", open: true },
    { time: "12:30", open: false },
    { time: "23:59", open: true },
  ])("at $time somebody is there: $open", ({ time, open }) => {
    expect(isWithinOfficeHours(officeHours, "UTC", at(time))).toBe(open);
  });
  test("they follow the business's clock and days", () => {
    expect(isWithinOfficeHours(officeHours, "Asia/Tokyo", at("23:30"))).toBe(false);
    expect(isWithinOfficeHours(officeHours, "America/Sao_Paulo", at("12:00"))).toBe(true);
    expect(isWithinOfficeHours(officeHours, "America/Sao_Paulo", at("11:59"))).toBe(false);
  });
  test("without any, somebody is always there", () => {
    expect(isWithinOfficeHours(null, "UTC", NOON)).toBe(true);
  });
  test("outside of them the customer reads the away text, if the business has one", () => {
    const away = { awayText: "We are back at 9.", officeHours: {} };
    expect(handoffTextOf(state(), settings(away))).toBe("We are back at 9.");
    expect(handoffTextOf(state(), settings({ officeHours: {} }))).toBe("I fetch a person.");
  });
});

describe("keywords that fetch a person", () => {
  const keywords = ["human", "falar com alguém", "נציג"];
  test.for(["HUMAN!", "a human, please", "quero FALAR com   alguem.", "אני רוצה נציג"])("%j does", (text) => {
    expect(findHandoffKeyword(["hello", text], keywords)).toBeDefined();
  });
  test.for(["humanity", "falar com", "inhuman", ""])("%j does not", (text) => {
    expect(findHandoffKeyword([text, null], keywords)).toBeUndefined();
  });
});

describe("endings", () => {
  const told = { last_turn_id: "t1", last_state: "handed_off", last_reason: "budget", last_finished_at: new Date(NOON.getTime() - 60_000) };
  test("the customer is not told again that a person was fetched for the same reason, while nobody has said anything else", () => {
    const again = now({ state: state(told), thread: { ...thread, lastSaidByTurn: "t1" } });
    expect(handoffEnding("budget", again)).toEqual({ state: "handed_off", reason: "budget", texts: [] });
    expect(handoffEnding("keyword", again).texts).toHaveLength(1);
    expect(handoffEnding("budget", now({ state: state(told), thread: { ...thread, lastSaidByTurn: "t2" } })).texts).toHaveLength(1);
    const longAgo = state({ ...told, last_finished_at: new Date(NOON.getTime() - 3_600_000) });
    expect(handoffEnding("budget", { ...again, state: longAgo }).texts).toHaveLength(1);
  });
  test("an answer that comes with the handoff is said, however recently a person was fetched for the same reason", () => {
    const again = now({ state: state(told), thread: { ...thread, lastSaidByTurn: "t1", lastSaid: "We open at 7.\n\nI fetch a person." } });
    const handoff = (text: string) => endingOf({ outcome: "handoff", reason: "budget", text }, again).texts;
    expect(handoff("A roll is 1.20.\n\nI fetch a person.")).toEqual(["A roll is 1.20.\n\nI fetch a person."]);
    expect(handoff("We open at 7.\n\nI fetch a person.")).toEqual([]);
    expect(handoff("I fetch a person.")).toEqual([]);
  });
  test("a failure is never silent: a person is fetched, or the business's own words are said", () => {
    expect(failureEnding("responder_failed", now())).toMatchObject({ state: "handed_off", texts: ["I fetch a person."] });
    const fallback = now({ settings: settings({ onFailure: "fallback", fallbackText: "Later, please." }) });
    expect(failureEnding("responder_failed", fallback)).toMatchObject({
      state: "failed",
      reason: "responder_failed",
      texts: ["Later, please."],
    });
  });
  test("an answer of which nothing is left counts as a failure", () => {
    expect(endingOf({ outcome: "reply", texts: [" ", "\n"] }, now())).toMatchObject({ state: "handed_off", reason: "empty_answer" });
    expect(endingOf({ outcome: "reply", texts: [" a", "c"] }, now())).toMatchObject({ state: "replied", texts: ["a", "c"] });
  });
});
