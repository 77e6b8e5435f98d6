// Owns: when the next day begins in a time zone. Refuses to know: what ends then.

const formats = new Map<string, Intl.DateTimeFormat>();

/** The day of an instant there, as a number that grows with the days: 20261125. */
export function dayOf(atMs: number, timeZone: string): number {
  let format = formats.get(timeZone);
  if (format === undefined) {
    // This locale writes 2026-11-25.
    format = new Intl.DateTimeFormat("en-CA", { timeZone, year: "numeric", month: "2-digit", day: "2-digit", calendar: "iso8601" });
    formats.set(timeZone, format);
  }
  return Number(format.format(atMs).replaceAll(/\D/g, ""));
}

/** Longer than any day, also one with a clock change and one that a country left out. */
const LONGER_THAN_A_DAY_MS = 50 * 3_600_000;

/**
 * The first instant after `atMs` that belongs to a later day there, to the millisecond. Found by asking the calendar, not by adding hours: days
 * have 23, 24 or 25 of them, and some begin at one o'clock.
 */
export function nextMidnight(atMs: number, timeZone: string): number {
  const today = dayOf(atMs, timeZone);
  let before = atMs;
  let after = atMs + LONGER_THAN_A_DAY_MS;
  while (after - before > 1) {
    const middle = Math.floor((before + after) / 2);
    if (dayOf(middle, timeZone) > today) after = middle;
    else before = middle;
  }
  return after;
}
