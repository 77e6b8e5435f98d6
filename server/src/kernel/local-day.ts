// Owns: which day it is in a time zone. Refuses to know: what ends or counts with it.

interface Calendar {
  readonly format: Intl.DateTimeFormat;
  quarter: number;
  day: string;
}

const calendars = new Map<string, Calendar>();
/** Everywhere a day begins at a whole quarter of an hour. Most of what is asked for one after the other is of the same one, and asking the calendar takes microseconds. */
const QUARTER_MS = 900_000;

/** The day of an instant there: 2026-11-25. */
export function localDay(at: Date | number, timeZone: string): string {
  let calendar = calendars.get(timeZone);
  if (calendar === undefined) {
    // This locale writes 2026-11-25.
    const format = new Intl.DateTimeFormat("en-CA", { timeZone, year: "numeric", month: "2-digit", day: "2-digit", calendar: "iso8601" });
    calendar = { format, quarter: Number.NaN, day: "" };
    calendars.set(timeZone, calendar);
  }
  const quarter = Math.floor(Number(at) / QUARTER_MS);
  if (quarter !== calendar.quarter) {
    calendar.day = calendar.format.format(at);
    calendar.quarter = quarter;
  }
  return calendar.day;
}
