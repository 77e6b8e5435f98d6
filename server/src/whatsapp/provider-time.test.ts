import { describe, expect, test } from "vitest";
import { notAhead, readTime } from "./provider-time.ts";

const AT = new Date(1_790_003_000_000);

describe("a time of a platform or a gateway", () => {
  test.each([
    ["seconds", 1_790_003_000],
    ["seconds in words", "1790003000"],
    ["seconds with a fraction", 1_790_003_000.0004],
    ["seconds with a fraction in words", "1790003000.0004"],
    ["milliseconds", 1_790_003_000_000],
    ["milliseconds in words", "1790003000000"],
    ["microseconds", 1_790_003_000_000_000],
    ["microseconds in words", "1790003000000000"],
    ["nanoseconds in words", "1790003000000000000"],
    ["ISO 8601", "2026-09-21T15:03:20Z"],
    ["the halves of a 64-bit number", { low: 1_790_003_000, high: 0, unsigned: false }],
    ["the halves of milliseconds", { low: 1_790_003_000_000 | 0, high: Math.floor(1_790_003_000_000 / 2 ** 32) }],
  ])("is read in %s", (_spelling, value) => {
    expect(readTime({ at: value }, "at")).toEqual(AT);
  });

  test.each([
    undefined,
    null,
    0,
    "0",
    -1,
    "-1790003000",
    NaN,
    "",
    "soon",
    "1e9",
    1,
    1_000_000_000,
    4_102_444_800,
    "9".repeat(60),
    {},
    [],
    true,
  ])("is none when it says %o", (value) => {
    expect(readTime(value === undefined ? {} : { at: value }, "at")).toBeUndefined();
  });

  test("keeps its milliseconds", () => {
    expect(readTime({ at: "1790003000.5" }, "at")).toEqual(new Date(AT.getTime() + 500));
  });

  test("of a clock that is a little ahead is kept; days ahead, or none, it is when we received it", () => {
    const later = (seconds: number): Date => new Date(AT.getTime() + seconds * 1000);
    expect(notAhead(later(300), AT)).toEqual(later(300));
    expect(notAhead(later(301), AT)).toEqual(AT);
    expect(notAhead(undefined, AT)).toEqual(AT);
    expect(notAhead(later(-86_400 * 30), AT)).toEqual(later(-86_400 * 30));
  });
});
