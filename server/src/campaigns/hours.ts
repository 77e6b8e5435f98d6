// Owns: when the quiet hours of a country are over, and when they begin: by the time zones that it has, the strictest of several. Refuses to know: campaigns.
import { getCountry } from "countries-and-timezones";
import type { JsonObject } from "../kernel/json.ts";
import type { QuietHours } from "./campaign-view.ts";

export interface Hours {
  readonly isOpen: boolean;
  /** When that changes, to a quarter of an hour. Infinity: not within the next two days. */
  readonly changesAt: number;
}

const MINUTE_MS = 60_000;
const STEP_MINUTES = 15;
const STEP_MS = STEP_MINUTES * MINUTE_MS;
const STEPS = (48 * 60) / STEP_MINUTES;
const DAY_MINUTES = 1_440;

const minutesOf = (time: string): number => Number(time.slice(0, 2)) * 60 + Number(time.slice(3, 5));

const clocks = new Map<string, Intl.DateTimeFormat>();

/** How many minutes a time zone is ahead of UTC at this moment. */
function offsetOf(timeZone: string, at: number): number {
  let clock = clocks.get(timeZone);
  if (clock === undefined) {
    clock = new Intl.DateTimeFormat("en-US", {
      timeZone,
      hourCycle: "h23",
      year: "numeric",
      month: "numeric",
      day: "numeric",
      hour: "numeric",
      minute: "numeric",
    });
    clocks.set(timeZone, clock);
  }
  const parts = new Map(clock.formatToParts(at).map(({ type, value }) => [type, Number(value)]));
  const part = (name: Intl.DateTimeFormatPartTypes): number => parts.get(name) ?? 0;
  const local = Date.UTC(part("year"), part("month") - 1, part("day"), part("hour"), part("minute"));
  return Math.round((local - Math.floor(at / MINUTE_MS) * MINUTE_MS) / MINUTE_MS);
}

export function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat("en-US", { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

/** `country`: two letters; of one that is not known the business's own choice counts. */
export function hoursOf(country: string, quiet: QuietHours, at: number): Hours {
  const zones = getCountry(country)?.timezones ?? [];
  const offsets = new Set((zones.length === 0 ? [quiet.timeZone] : zones).map((zone) => offsetOf(zone, at)));
  const [from, to] = [minutesOf(quiet.from), minutesOf(quiet.to)];
  const isQuietAt = (minute: number): boolean => (from <= to ? minute >= from && minute < to : minute >= from || minute < to);
  const isOpenAt = (time: number): boolean =>
    [...offsets].every((offset) => !isQuietAt((((Math.floor(time / MINUTE_MS) + offset) % DAY_MINUTES) + DAY_MINUTES) % DAY_MINUTES));
  const isOpen = isOpenAt(at);
  const firstStep = Math.floor(at / STEP_MS) * STEP_MS;
  for (let step = 1; step <= STEPS; step += 1) {
    const time = firstStep + step * STEP_MS;
    if (isOpenAt(time) !== isOpen) return { isOpen, changesAt: time };
  }
  return { isOpen, changesAt: Number.POSITIVE_INFINITY };
}

/** `hours` as a campaign has stored them. */
export const isQuiet = (hours: JsonObject, country: string, at: Date): boolean =>
  !hoursOf(country, hours as unknown as QuietHours, at.getTime()).isOpen;
