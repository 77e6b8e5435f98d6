import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { hasWordsFor, wordsFor } from "./turn-reasons.ts";

const LIFECYCLE = new URL("../../docs/lifecycles/turn.md", import.meta.url);
const CODE = /`([a-z]+(?:_[a-z]+)*)`/g;
const STATES = new Set(["replied", "superseded", "handed_off", "skipped", "failed"]);

/** The codes in the rows of the tables; their first cell is a state, or the reason itself. */
function reasonsInDocs(): readonly string[] {
  const rows = readFileSync(LIFECYCLE, "utf8")
    .split("\n")
    .filter((line) => line.startsWith("| `"));
  const codes = rows.flatMap((row) => {
    const [, first = "", second = ""] = row.split("|");
    return [...`${first} ${second}`.matchAll(CODE)].map(([, code = ""]) => code);
  });
  return [...new Set(codes)].filter((code) => !STATES.has(code));
}

test("every reason in docs/lifecycles/turn.md has words", () => {
  const reasons = reasonsInDocs();
  expect(reasons.length).toBeGreaterThan(8);
  expect(reasons.filter((reason) => !hasWordsFor(reason))).toEqual([]);
});

test("words go on with a sentence: no capital, no full stop", () => {
  for (const reason of reasonsInDocs()) expect(wordsFor(reason)).toMatch(/^(?:[a-z]|AI).*[^.]$/);
});

test("a reason that somebody gave in their own words is shown as it stands", () => {
  expect(wordsFor("complaint about the bill")).toBe("complaint about the bill");
  expect(wordsFor("some_new_reason")).toBe("some new reason");
});
