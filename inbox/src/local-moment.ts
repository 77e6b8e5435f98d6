// Owns: a moment as the browser's field for date and time writes it: 2027-01-07T09:00, on the clocks of this browser.

const two = (value: number): string => String(value).padStart(2, "0");

export function localMoment(at: Date): string {
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}T${two(at.getHours())}:${two(at.getMinutes())}`;
}

/** ISO 8601; undefined: it is none yet, or none that is still to come: what is sent later must not leave at once by a slip. */
export function instantOf(moment: string, now = Date.now()): string | undefined {
  const at = new Date(moment);
  return at.getTime() > now ? at.toISOString() : undefined;
}

/** The next full hour that is at least an hour away. */
export function inAnHour(now: number): string {
  const at = new Date(now + 3_600_000);
  if (at.getMinutes() + at.getSeconds() + at.getMilliseconds() > 0) at.setHours(at.getHours() + 1, 0, 0, 0);
  return localMoment(at);
}
