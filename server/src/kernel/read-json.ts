// Owns: tolerant reading of JSON that someone else wrote: what is missing or of another kind reads as undefined. Refuses to know: what any key means.
import type { Json, JsonObject } from "./json.ts";

/** For values that come out of JSON.parse. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** For values that come out of JSON.parse. */
export function isArray(value: unknown): value is readonly Json[] {
  return Array.isArray(value);
}

/** Undefined for what is not JSON. */
export function parseJson(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}

/** Undefined for what is not JSON, or not an object. */
export function parseObject(text: string | undefined): JsonObject | undefined {
  const value = text === undefined ? undefined : parseJson(text);
  return isObject(value) ? value : undefined;
}

/** The object below `key`; own keys only, so that a key chosen by a stranger never reaches a prototype. */
export function readObject(node: JsonObject | undefined, key: string): JsonObject | undefined {
  if (node === undefined || !Object.hasOwn(node, key)) return undefined;
  const value = node[key];
  return isObject(value) ? value : undefined;
}

export function readArray(node: JsonObject | undefined, key: string): readonly Json[] | undefined {
  if (node === undefined) return undefined;
  const value = node[key];
  return isArray(value) ? value : undefined;
}

/** Anything but blanks and characters that take no room: people send "empty" messages with those, and programs fill fields with them. */
const IS_SEEN = /[^\s\p{Cf}\u2800\u3164\u115f\u1160]/u;

/** Most texts begin with a letter or a digit: that is seen without the expression. */
function isSeen(text: string): boolean {
  const first = text.charCodeAt(0);
  return (first > 0x20 && first < 0x7f) || IS_SEEN.test(text);
}

/** A string in which something can be seen. */
export function readString(node: JsonObject | undefined, key: string): string | undefined {
  if (node === undefined) return undefined;
  const value = node[key];
  return typeof value === "string" && isSeen(value) ? value : undefined;
}

/** An identifier, a phone, an amount: providers write them as strings or as numbers. */
export function readScalar(node: JsonObject | undefined, key: string): string | undefined {
  if (node === undefined) return undefined;
  const value = node[key];
  if (typeof value === "string") return isSeen(value) ? value : undefined;
  return typeof value === "number" && Number.isFinite(value) ? String(value) : undefined;
}

export function readInteger(node: JsonObject | undefined, key: string): number | undefined {
  const text = readScalar(node, key);
  if (text === undefined) return undefined;
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : undefined;
}
