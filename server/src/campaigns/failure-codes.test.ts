import { expect, test } from "vitest";
import { NEVER_AGAIN, NOT_BEFORE_MS, STOP_CODES } from "./failure-codes.ts";

const HOUR_MS = 3_600_000;

test("a campaign pauses itself by the codes of the platform's reference, and by a category that was stopped", () => {
  const reference = [0, 190, 368, 131031, 131042, 131048, 131064, 132015, 132016];
  expect(STOP_CODES.toSorted()).toEqual([...reference.map(String), "category_stopped"].toSorted());
});

test.each([131026, 131050, 130472, 130403, 131021, 131030, 130497])("%i is never tried again", (code) => {
  expect(NEVER_AGAIN).toContain(String(code));
});

test.each([
  [131049, 24 * HOUR_MS],
  [132069, HOUR_MS],
  [134101, HOUR_MS / 6],
])("%i is tried again not before %i ms", (code, ms) => {
  expect(NOT_BEFORE_MS.get(String(code))).toBeGreaterThanOrEqual(ms);
});
