// Owns: getting at the message proper of WhatsApp Web: out of its wrappers, and in one spelling. Refuses to know: what it says.
import type { Json, JsonObject } from "../../kernel/json.ts";
import type { MessageType } from "../message-kinds.ts";
import { isArray, isObject, readInteger, readObject, readScalar } from "../../kernel/read-json.ts";

/** The Cloud API's node of a type, made of the gateway's. */
export interface CloudNode {
  readonly type: MessageType;
  readonly node: Json;
  readonly targetId?: string;
  readonly quotedId?: string;
}

const DEEPEST_WRAPPING = 8;
const LONGEST_KEY = 64;

/** A wrapper (vanishing, seen once, edited, part of an album, …) is known by its shape: a node with a `message` in it. There are new ones each year. */
export function unwrap(message: JsonObject): JsonObject {
  let inner = message;
  for (let depth = 0; depth < DEEPEST_WRAPPING; depth += 1) {
    const wrapper = Object.keys(inner).find((key) => readObject(readObject(inner, key), "message") !== undefined);
    const next = wrapper === undefined ? undefined : readObject(readObject(inner, wrapper), "message");
    if (next === undefined) break;
    inner = next;
  }
  return inner;
}

/** Go's spelling of the same keys (`ID`, `remoteJID`, `JPEGThumbnail`) in that of JavaScript (`id`, `remoteJid`, `jpegThumbnail`). */
export function inPlainSpelling(node: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(node).map(([key, value]) => [plainKey(key), plainValue(value)]));
}

function plainValue(value: Json): Json {
  if (isArray(value)) return value.map(plainValue);
  return isObject(value) ? inPlainSpelling(value) : value;
}

function plainKey(key: string): string {
  if (key.length > LONGEST_KEY) return key;
  return key
    .replace(/^(?:[A-Z]+(?=[A-Z][a-z]|\d|$)|[A-Z])/, (capitals) => capitals.toLowerCase())
    .replaceAll(/([A-Z])([A-Z]+)(?=[A-Z][a-z]|\d|$)/g, (_run, first: string, rest: string) => `${first}${rest.toLowerCase()}`);
}

/** A whole number, also as the two halves of a 64-bit one. */
export function readLong(node: JsonObject | undefined, key: string): number | undefined {
  const text = readScalar(node, key);
  if (text !== undefined) return Number.isFinite(Number(text)) ? Number(text) : undefined;
  const halves = readObject(node, key);
  const low = readInteger(halves, "low");
  const high = readInteger(halves, "high");
  return low === undefined || high === undefined ? undefined : high * 2 ** 32 + (low >>> 0);
}

export function present(values: Readonly<Record<string, Json | undefined>>): JsonObject {
  return Object.fromEntries(Object.entries(values).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])));
}
