// Owns: reading the platform's time. Refuses to know: our own clock; a message that comes a week late is still a message.
import type { JsonObject } from "../kernel/json.ts";
import { readScalar } from "./read-json.ts";

const DIGITS = /^\d{10}$/;
/** WhatsApp began in 2009; whatever lies outside is another unit or no time at all. */
const EARLIEST_MS = Date.UTC(2009, 0, 1);
const LATEST_MS = Date.UTC(2100, 0, 1);

/** The `timestamp` of a message or a status: seconds since 1970, as a string or a number. Undefined when it is missing or absurd. */
export function readSentAt(node: JsonObject): Date | undefined {
  const text = readScalar(node, "timestamp");
  if (text === undefined || !DIGITS.test(text)) return undefined;
  const ms = Number(text) * 1000;
  return ms >= EARLIEST_MS && ms < LATEST_MS ? new Date(ms) : undefined;
}
