// Owns: telling whether two calls are the same: one text for every JSON value, whatever order its keys were written in. Refuses to know: which tool.
import { createHash } from "node:crypto";
import type { Json } from "../kernel/json.ts";
import { isArray, isObject } from "../kernel/read-json.ts";

/** The same text for equal values: keys sorted by code unit, no blanks. */
export function canonicalJson(value: Json): string {
  if (isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  if (!isObject(value)) return JSON.stringify(value);
  const entries = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, inner]) => `${JSON.stringify(key)}:${canonicalJson(inner)}`).join(",")}}`;
}

export function hashOfArguments(args: Json): string {
  return createHash("sha256").update(canonicalJson(args)).digest("hex");
}
