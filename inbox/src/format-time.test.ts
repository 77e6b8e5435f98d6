import { expect, test } from "vitest";
import { formatMoment, formatRecent } from "./format-time.ts";

const iso = (day: number, hour: number, year = 2026): string => new Date(year, 10, day, hour, 5).toISOString();
const now = new Date(2026, 10, 28, 23, 30).getTime();
const clock = (hour: number): string =>
  new Date(2026, 10, 28, hour, 5).toLocaleTimeString(undefined, { hour: "2-digit", minute: "2-digit" });
const date = (day: number, year: number | undefined): string =>
  new Date(year ?? 2026, 10, day).toLocaleDateString(undefined, {
    day: "numeric",
    month: "short",
    ...(year === undefined ? {} : { year: "numeric" }),
  });

test("a moment of another day says its day, one of another year its year", () => {
  expect(formatMoment(iso(28, 9), now)).toBe(clock(9));
  expect(formatMoment(iso(27, 23), now)).toBe(`yesterday, ${clock(23)}`);
  expect(formatMoment(iso(29, 0), now)).toBe(`tomorrow, ${clock(0)}`);
  expect(formatMoment(iso(30, 9), now)).toBe(`${date(30, undefined)}, ${clock(9)}`);
  expect(formatMoment(iso(3, 9), now)).toBe(`${date(3, undefined)}, ${clock(9)}`);
  expect(formatMoment(iso(3, 9, 2025), now)).toBe(`${date(3, 2025)}, ${clock(9)}`);
});

test("a recent time is never mistaken for one of another day or year", () => {
  expect(formatRecent(iso(28, 9), now)).toBe(clock(9));
  expect(formatRecent(iso(29, 9), now)).toBe(date(29, undefined));
  expect(formatRecent(iso(21, 9), now)).toBe(date(21, undefined));
  expect(formatRecent(iso(28, 9, 2025), now)).toBe(date(28, 2025));
});
