// Owns: what PostgreSQL can hold of a JSON value: no U+0000, no lone surrogates, no bottomless nesting. Refuses to know: what the JSON means.
import type { Json, JsonObject } from "./json.ts";
import { isArray, isObject } from "./read-json.ts";

/** Real payloads stay below 20 levels; a few thousand overflow the stack of JSON.stringify and of PostgreSQL. */
export const MAX_DEPTH = 100;

/** A quick look at the wire text. False proves that no string of it needs cleaning; true proves nothing (every emoji is an escaped pair). */
export function mayHoldUnstorable(wireText: string): boolean {
  return wireText.includes("\\u0000") || wireText.includes("\\ud") || wireText.includes("\\uD");
}

export function isStorable(text: string): boolean {
  return text.isWellFormed() && !text.includes("\0");
}

export function cleanString(text: string): string {
  const wellFormed = text.toWellFormed();
  return wellFormed.includes("\0") ? wellFormed.replaceAll("\0", "\uFFFD") : wellFormed;
}

/** The value with every string and key cleaned. Needs a value no deeper than MAX_DEPTH. */
export function cleanJson(value: Json): Json {
  if (typeof value === "string") return cleanString(value);
  if (isArray(value)) return value.map(cleanJson);
  return isObject(value) ? cleanObject(value) : value;
}

export function cleanObject(node: JsonObject): JsonObject {
  // fromEntries defines its keys: a "__proto__" of the wire stays a plain key.
  return Object.fromEntries(Object.entries(node).map(([key, value]) => [cleanString(key), cleanJson(value)]));
}

/** True when the value nests deeper than `limit`. Looks no further than that, so it cannot overflow the stack itself. */
export function isDeeperThan(value: Json | undefined, limit: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (limit === 0) return true;
  if (isArray(value)) return value.some((item) => isDeeperThan(item, limit - 1));
  for (const key in value) if (isDeeperThan(value[key], limit - 1)) return true;
  return false;
}
