import { expect, test } from "vitest";
import { writeBlock } from "./write-block.ts";

const now = Date.parse("2026-11-22T12:00:00Z");

test("nothing blocks inside the window, and it closes at its very instant", () => {
  const conversation = { windowClosesAt: "2026-11-22T12:00:00.001Z", optedOutAt: null };
  expect(writeBlock(conversation, now)).toBeUndefined();
  expect(writeBlock(conversation, now + 1)).toMatch(/more than 24 hours ago/);
});

test("an opt-out weighs more than an open window", () => {
  expect(writeBlock({ windowClosesAt: "2026-11-23T00:00:00Z", optedOutAt: "2026-11-22T11:00:00Z" }, now)).toMatch(
    /asked not to be written to/,
  );
});

test("a customer who never wrote has no window", () => {
  expect(writeBlock({ windowClosesAt: null, optedOutAt: null }, now)).toMatch(/has not written yet/);
});
