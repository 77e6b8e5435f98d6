// Owns: telling whether two JSON values are the same, in whatever order their keys were written. Refuses to know: what they say.
import { createHash } from "node:crypto";
import type { Json } from "./json.ts";
import { isArray, isObject } from "./read-json.ts";

/** The same text for equal values: keys sorted by code unit, no blanks. */
function canonicalJson(value: Json): string {
  if (isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  if (!isObject(value)) return JSON.stringify(value);
  const entries = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, inner]) => `${JSON.stringify(key)}:${canonicalJson(inner)}`).join(",")}}`;
}

export function hashOfJson(value: Json): string {
  return createHash("sha256").update(canonicalJson(value)).digest("hex");
}
