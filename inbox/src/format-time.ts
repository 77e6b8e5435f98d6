// Owns: instants as people of this browser write them.
const DAY_MS = 86_400_000;

const startOfDay = (at: Date): number => new Date(at.getFullYear(), at.getMonth(), at.getDate()).getTime();
/** Whole days between two instants' days; a day with a change of clocks has 23 or 25 hours. */
const daysBetween = (earlier: Date, later: Date): number => Math.round((startOfDay(later) - startOfDay(earlier)) / DAY_MS);

export function formatClock(iso: string): string {
  return new Date(iso).toLocaleTimeString(undefined, { hour: "2-digit", minute: "2-digit" });
}

function formatDate(at: Date, now: number): string {
  const isThisYear = at.getFullYear() === new Date(now).getFullYear();
  return at.toLocaleDateString(undefined, { day: "numeric", month: "short", ...(isThisYear ? {} : { year: "numeric" }) });
}

/** As short as it is clear: the time of today, the weekday of this week, else the date. */
export function formatRecent(iso: string, now: number): string {
  const at = new Date(iso);
  const days = daysBetween(at, new Date(now));
  if (days === 0) return formatClock(iso);
  if (days > 0 && days < 7) return at.toLocaleDateString(undefined, { weekday: "short" });
  return formatDate(at, now);
}

export function formatDay(iso: string, now: number): string {
  const at = new Date(iso);
  const days = daysBetween(at, new Date(now));
  if (days === 0) return "Today";
  if (days === 1) return "Yesterday";
  return at.toLocaleDateString(undefined, { weekday: "long", day: "numeric", month: "long", year: "numeric" });
}

/** The time alone on the day of `now`, else the day with it. */
export function formatMoment(iso: string, now: number): string {
  const at = new Date(iso);
  const days = daysBetween(at, new Date(now));
  if (days === 0) return formatClock(iso);
  if (days === -1) return `tomorrow, ${formatClock(iso)}`;
  if (days === 1) return `yesterday, ${formatClock(iso)}`;
  return `${formatDate(at, now)}, ${formatClock(iso)}`;
}

/** A sentence of the server, with its instants as people of this browser write them. */
export function withLocalTimes(sentence: string): string {
  return sentence.replaceAll(/\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z/g, (iso) =>
    Number.isNaN(Date.parse(iso)) ? iso : formatFull(iso),
  );
}

export function formatFull(iso: string): string {
  return new Date(iso).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });
}
