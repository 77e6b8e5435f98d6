// Owns: the moment that a time on the clocks of a place means. Pure. Refuses to know: which place.

const WALL_TIME = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d)(:\d\d)?$/;
const WITH_OFFSET = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:\d\d)$/;

/**
 * `2027-01-07T09:00` on the clocks of `timeZone`, or with an offset of its own. Of an hour that the clocks repeat, one of the two; of one that they skip, the
 * hour beside it. Undefined: it is no time.
 */
export function readLocalTime(written: string, timeZone: string): Date | undefined {
  const text = written.trim();
  if (WITH_OFFSET.test(text)) return validOrNone(new Date(text.replace(" ", "T")));
  const wall = WALL_TIME.exec(text);
  if (wall === null) return undefined;
  const asUtc = validOrNone(new Date(`${wall[1] ?? ""}T${wall[2] ?? ""}${wall[3] ?? ":00"}Z`));
  if (asUtc === undefined) return undefined;
  // The second look is for what lies between the two where the clocks change.
  const near = asUtc.getTime() - offsetMs(asUtc, timeZone);
  return new Date(asUtc.getTime() - offsetMs(new Date(near), timeZone));
}

function validOrNone(at: Date): Date | undefined {
  return Number.isNaN(at.getTime()) ? undefined : at;
}

/** By how much the clocks there are ahead of UTC. */
function offsetMs(at: Date, timeZone: string): number {
  const options = { calendar: "gregory", hourCycle: "h23", year: "numeric", month: "2-digit", day: "2-digit" } as const;
  const format = new Intl.DateTimeFormat("en-US", { ...options, timeZone, hour: "2-digit", minute: "2-digit", second: "2-digit" });
  const part = new Map(format.formatToParts(at).map(({ type, value }) => [type, Number(value)]));
  const of = (type: Intl.DateTimeFormatPartTypes): number => part.get(type) ?? 0;
  const wall = Date.UTC(of("year"), of("month") - 1, of("day"), of("hour"), of("minute"), of("second"));
  return wall - Math.floor(at.getTime() / 1000) * 1000;
}
