import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cutSessions, type CustomerMessage, type ForcedEnd, type SessionRules } from "./cut-sessions.ts";
import { dayOf, nextMidnight } from "./next-midnight.ts";
import { planTracking, type LastSession } from "./plan-tracking.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const plain: SessionRules = { inactivityMs: 15 * MINUTE, dayZone: null };
const at = (text: string): number => Date.parse(text);
const messagesAt = (...times: readonly number[]): CustomerMessage[] => times.map((atMs, index) => ({ seq: index + 1, atMs }));
const rangesOf = (messages: readonly CustomerMessage[], rules: SessionRules, forced: readonly ForcedEnd[] = []) =>
  cutSessions(messages, rules, forced).map(({ fromSeq, toSeq, reason }) => [fromSeq, toSeq, reason]);

describe("where sessions begin and end", () => {
  it("a silence of exactly the time keeps a session together, a longer one ends it", () => {
    expect(rangesOf(messagesAt(0, 15 * MINUTE, 30 * MINUTE + 1), plain)).toEqual([
      [1, 2, "inactive"],
      [3, 3, "inactive"],
    ]);
  });

  it("positions that belong to the business lie inside and between, and count for nothing", () => {
    const messages = [
      { seq: 3, atMs: 0 },
      { seq: 8, atMs: 10 * MINUTE },
      { seq: 12, atMs: HOUR },
    ];
    expect(rangesOf(messages, plain)).toEqual([
      [3, 8, "inactive"],
      [12, 12, "inactive"],
    ]);
  });

  it("a new day of the business ends a session, whatever the day is elsewhere", () => {
    const messages = messagesAt(at("2026-11-25T22:55:00Z"), at("2026-11-25T23:05:00Z"), at("2026-11-26T00:05:00Z"));
    const rules = { inactivityMs: 2 * HOUR, dayZone: "Europe/Madrid" };
    expect(rangesOf(messages, rules)).toEqual([
      [1, 1, "new_day"],
      [2, 3, "inactive"],
    ]);
    expect(cutSessions(messages, rules)[0]?.endsAtMs).toBe(at("2026-11-25T23:00:00Z"));
    expect(rangesOf(messages, { ...rules, dayZone: null })).toEqual([[1, 3, "inactive"]]);
  });

  it("the clocks' hour that is missing or twice there moves no midnight", () => {
    // Spring: the day has 23 hours. Autumn: 25. São Paulo of old: the day began at one o'clock. Samoa left a day out.
    expect(nextMidnight(at("2026-03-29T00:30:00Z"), "Europe/Madrid")).toBe(at("2026-03-29T22:00:00Z"));
    expect(nextMidnight(at("2026-10-24T23:30:00Z"), "Europe/Madrid")).toBe(at("2026-10-25T23:00:00Z"));
    expect(nextMidnight(at("2018-11-03T12:00:00Z"), "America/Sao_Paulo")).toBe(at("2018-11-04T03:00:00Z"));
    expect(nextMidnight(at("2018-02-18T01:30:00Z"), "America/Sao_Paulo")).toBe(at("2018-02-18T03:00:00Z"));
    expect(nextMidnight(at("2011-12-30T05:00:00Z"), "Pacific/Apia")).toBe(at("2011-12-30T10:00:00Z"));
    const spring = messagesAt(at("2026-03-29T00:59:00Z"), at("2026-03-29T01:01:00Z"));
    expect(rangesOf(spring, { inactivityMs: 15 * MINUTE, dayZone: "Europe/Madrid" })).toHaveLength(1);
  });

  it("the next midnight is the first instant of a later day, in every zone", () => {
    const zones = fc.constantFrom(
      "UTC",
      "Europe/Lisbon",
      "Asia/Jerusalem",
      "America/Sao_Paulo",
      "Asia/Kathmandu",
      "Pacific/Kiritimati",
      "Pacific/Apia",
    );
    const instants = fc.integer({ min: at("2010-01-01T00:00:00Z"), max: at("2027-01-01T00:00:00Z") });
    fc.assert(
      fc.property(instants, zones, (instant, zone) => {
        const midnight = nextMidnight(instant, zone);
        expect(dayOf(midnight, zone)).toBeGreaterThan(dayOf(instant, zone));
        expect(dayOf(midnight - 1, zone)).toBe(dayOf(instant, zone));
      }),
    );
  });

  it("an end that somebody forced stays where it was, also when the customer writes on at once", () => {
    const forced = [{ afterSeq: 2, atMs: 3 * MINUTE, reason: "by_hand" }] as const;
    expect(rangesOf(messagesAt(0, MINUTE, 4 * MINUTE), plain, forced)).toEqual([
      [1, 2, "by_hand"],
      [3, 3, "inactive"],
    ]);
  });

  it("where two former threads meet, time jumps back, and that ends a session", () => {
    expect(rangesOf(messagesAt(3 * HOUR, 3 * HOUR + MINUTE, 0, MINUTE), plain)).toEqual([
      [1, 2, "inactive"],
      [3, 4, "inactive"],
    ]);
  });
});

interface Step {
  readonly kind: "message" | "late message" | "run" | "close";
  readonly waitMs: number;
}
interface Row extends LastSession {
  readonly openedAtMs: number;
  readonly closed: { readonly toSeq: number; readonly atMs: number; readonly reason: string } | null;
}

/** The session lane, with a list for a table: what a run reads, and what it writes. */
function live(rules: SessionRules) {
  const rows: Row[] = [];
  const messages: CustomerMessage[] = [];
  const lateFor = ({ toSeq, atMs }: { readonly toSeq: number; readonly atMs: number }): boolean =>
    messages.some((message) => message.seq > toSeq && message.atMs <= atMs);
  const run = (nowMs: number, closeByHand: boolean): void => {
    const newest = rows.at(-1);
    const isLate = newest !== undefined && newest.closed !== null && newest.closed.reason !== "by_hand" && lateFor(newest.closed);
    const from = newest === undefined ? 1 : newest.toSeq === null || isLate ? newest.fromSeq : newest.toSeq + 1;
    const read = messages.filter(({ seq }) => seq >= from);
    const plan = planTracking({ last: newest ?? null, pending: [], messages: read, wanted: messages.length, nowMs }, rules, closeByHand);
    for (const change of plan.changes) {
      const row = { ...change, id: change.id ?? String(rows.length), toSeq: change.closed?.toSeq ?? null };
      const index = rows.findIndex(({ id }) => id === row.id);
      if (index >= 0) rows[index] = row;
      else rows.push(row);
    }
  };
  return { rows, messages, run };
}

describe("live tracking", () => {
  const steps = fc.array(
    fc.record<Step>({
      kind: fc.constantFrom("message", "message", "message", "late message", "run", "close"),
      waitMs: fc.oneof(
        fc.integer({ min: 0, max: 20 * MINUTE }),
        fc.constantFrom(15 * MINUTE, 15 * MINUTE + 1),
        fc.integer({ min: 0, max: 30 * HOUR }),
      ),
    }),
    { maxLength: 60 },
  );
  const rules = fc.constantFrom<SessionRules>(
    plain,
    { inactivityMs: 15 * MINUTE, dayZone: "Asia/Jerusalem" },
    { inactivityMs: 40 * HOUR, dayZone: "Europe/Lisbon" },
  );

  it("late runs, late commits, closing by hand and prompt runs all cut what the messages and the hand closes alone say", () => {
    fc.assert(
      fc.property(steps, rules, (script, rule) => {
        const thread = live(rule);
        let nowMs = at("2026-10-24T12:00:00Z");
        for (const { kind, waitMs } of script) {
          nowMs += waitMs;
          // Late: its transaction began up to ten seconds before it could be seen.
          const atMs = kind === "late message" ? nowMs - 10_000 : nowMs;
          if (kind === "message" || kind === "late message") thread.messages.push({ seq: thread.messages.length + 1, atMs });
          else thread.run(nowMs, kind === "close");
        }
        thread.run(nowMs, false);
        const forced = thread.rows.flatMap(({ closed }) =>
          closed?.reason === "by_hand" ? [{ afterSeq: closed.toSeq, atMs: closed.atMs, reason: "by_hand" as const }] : [],
        );
        const windows = cutSessions(thread.messages, rule, forced).map((window) => ({
          fromSeq: window.fromSeq,
          openedAtMs: window.openedAtMs,
          closed: window.isEnded || window.endsAtMs <= nowMs ? { toSeq: window.toSeq, atMs: window.endsAtMs, reason: window.reason } : null,
        }));
        expect(thread.rows.map(({ fromSeq, openedAtMs, closed }) => ({ fromSeq, openedAtMs, closed }))).toEqual(windows);
        expect(thread.rows.filter(({ closed }) => closed === null).length).toBeLessThanOrEqual(1);
      }),
      { numRuns: 400 },
    );
  });
});
