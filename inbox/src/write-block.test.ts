import { expect, test } from "vitest";
import { isWindowClosed, writeBlock } from "./write-block.ts";

const now = Date.parse("2026-11-22T12:00:00Z");

test("nothing blocks inside the window, and it closes at its very instant", () => {
  const conversation = { windowClosesAt: "2026-11-22T12:00:00.001Z", hasWindow: true, optOutForbids: false };
  expect(writeBlock(conversation, now)).toBeUndefined();
  expect(writeBlock(conversation, now + 1)).toMatch(/more than 24 hours ago/);
});

test("an opt-out weighs more than an open window", () => {
  expect(writeBlock({ windowClosesAt: "2026-11-23T00:00:00Z", hasWindow: true, optOutForbids: true }, now)).toMatch(
    /asked not to be written to/,
  );
});

test("a customer who never wrote has no window", () => {
  expect(writeBlock({ windowClosesAt: null, hasWindow: true, optOutForbids: false }, now)).toMatch(/has not written yet/);
});

test("a gateway has no window: a day later anything may be written, unless the customer opted out", () => {
  expect(writeBlock({ windowClosesAt: null, hasWindow: false, optOutForbids: false }, now)).toBeUndefined();
  expect(isWindowClosed({ windowClosesAt: null, hasWindow: false }, now)).toBe(false);
  expect(writeBlock({ windowClosesAt: null, hasWindow: false, optOutForbids: true }, now)).toMatch(/not to be written to/);
});
