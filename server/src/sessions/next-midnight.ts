// Owns: when the next day begins in a time zone. Refuses to know: what ends then.
import { localDay } from "../kernel/local-day.ts";

/** The day of an instant there, as a number that grows with the days: 20261125. */
export function dayOf(atMs: number, timeZone: string): number {
  return Number(localDay(atMs, timeZone).replaceAll("-", ""));
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
