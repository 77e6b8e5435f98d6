// Owns: reading the times of platforms and gateways in each of their spellings. Refuses to know: our own clock; a message that comes a week late is
// still a message.
import type { Json, JsonObject } from "../kernel/json.ts";
import type { WebhookEvent } from "./events.ts";
import { isObject, readInteger } from "../kernel/read-json.ts";

/** WhatsApp began in 2009; whatever lies outside is no time at all. */
const EARLIEST_MS = Date.UTC(2009, 0, 1);
const LATEST_MS = Date.UTC(2100, 0, 1);
/** Clocks differ; a message is written at most so much later than it came in. */
const MAX_AHEAD_MS = 5 * 60_000;
/** What lies from here to a thousand times it is counted in milliseconds, then microseconds, then nanoseconds; in seconds it would be the year 5138. */
const FIRST_MILLISECONDS = 1e11;

/**
 * Since 1970 in seconds, milliseconds, microseconds or nanoseconds, distinguished by their size; as a number, a string (with a fraction, or as ISO 8601)
 * or the two halves of a 64-bit number. Undefined when missing or absurd.
 */
export function readTime(node: JsonObject, key: string): Date | undefined {
  const value = Object.hasOwn(node, key) ? node[key] : undefined;
  const ms = typeof value === "string" && ISO.test(value) ? Date.parse(value) : millisecondsOf(numberOf(value));
  const whole = Math.floor(ms);
  return whole >= EARLIEST_MS && whole < LATEST_MS ? new Date(whole) : undefined;
}

/** When it was written, as far as that is known: never later than it came in. */
export function notAhead(at: Date | undefined, receivedAt: Date): Date {
  return at === undefined || isAhead(at, receivedAt) ? receivedAt : at;
}

/** The same for a whole event, whichever way its time was read. */
export function withoutFuture(event: WebhookEvent, receivedAt: Date): WebhookEvent {
  if (event.kind === "message" && isAhead(event.sentAt, receivedAt)) return { ...event, sentAt: receivedAt };
  return event.kind === "status" && isAhead(event.at, receivedAt) ? { ...event, at: receivedAt } : event;
}

const isAhead = (at: Date, receivedAt: Date): boolean => at.getTime() > receivedAt.getTime() + MAX_AHEAD_MS;

const ISO = /^\d{4}-\d\d-\d\dT\d\d:\d\d/;

function millisecondsOf(count: number): number {
  let ms = count * 1000;
  for (let first = FIRST_MILLISECONDS; count >= first && first <= 1e17; first *= 1000) ms /= 1000;
  return ms;
}

function numberOf(value: Json | undefined): number {
  if (typeof value === "number") return value;
  if (typeof value === "string") return /^\d{1,19}(\.\d{0,20})?$/.test(value) ? Number(value) : NaN;
  if (!isObject(value)) return NaN;
  const low = readInteger(value, "low");
  const high = readInteger(value, "high");
  return low === undefined || high === undefined ? NaN : high * 2 ** 32 + (low >>> 0);
}
