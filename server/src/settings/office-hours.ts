// Owns: whether people are there, by the business's own clock. Pure.
import type { OfficeHours } from "./reply-settings.ts";

const DAYS = { Mon: "mon", Tue: "tue", Wed: "wed", Thu: "thu", Fri: "fri", Sat: "sat", Sun: "sun" } as const satisfies Record<
  string,
  keyof OfficeHours
>;

const isDay = (name: string): name is keyof typeof DAYS => Object.hasOwn(DAYS, name);

/** Always true when the business has named no hours. The end of a span does not belong to it. */
export function isWithinOfficeHours(hours: OfficeHours | null, timeZone: string, at: Date): boolean {
  if (hours === null) return true;
  const format = new Intl.DateTimeFormat("en-GB", { timeZone, weekday: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  const parts = new Map(format.formatToParts(at).map(({ type, value }) => [type, value]));
  const day = parts.get("weekday") ?? "";
  const time = `${parts.get("hour") ?? "00"}:${parts.get("minute") ?? "00"}`;
  return isDay(day) && hours[DAYS[day]].some(([from, to]) => from <= time && time < to);
}
