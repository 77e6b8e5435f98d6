// Owns: reading a gateway's time in each of its spellings. Refuses to know: our own clock.
import type { Json, JsonObject } from "../../kernel/json.ts";
import { isObject, readInteger } from "../read-json.ts";

/** WhatsApp began in 2009; whatever lies outside is another unit or no time at all. */
const EARLIEST_MS = Date.UTC(2009, 0, 1);
const LATEST_MS = Date.UTC(2100, 0, 1);

/** Seconds since 1970, also with a fraction, as a string, or as the two halves of a 64-bit number. Undefined when missing or absurd. */
export function readSeconds(node: JsonObject, key: string): Date | undefined {
  const value = numberOf(node[key]);
  return value === undefined ? undefined : dateOf(value * 1000);
}

export function readMilliseconds(node: JsonObject, key: string): Date | undefined {
  const value = numberOf(node[key]);
  return value === undefined ? undefined : dateOf(value);
}

function numberOf(value: Json | undefined): number | undefined {
  if (typeof value === "number") return value;
  if (typeof value === "string") return /^\d{1,16}(\.\d+)?$/.test(value) ? Number(value) : undefined;
  if (!isObject(value)) return undefined;
  const low = readInteger(value, "low");
  const high = readInteger(value, "high");
  return low === undefined || high === undefined ? undefined : high * 2 ** 32 + (low >>> 0);
}

function dateOf(ms: number): Date | undefined {
  const whole = Math.floor(ms);
  return whole >= EARLIEST_MS && whole < LATEST_MS ? new Date(whole) : undefined;
}
