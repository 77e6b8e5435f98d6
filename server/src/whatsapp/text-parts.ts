// Owns: putting the parts of a readable text together. Refuses to know: what they say.
import type { Json } from "../kernel/json.ts";
import { isObject, readString } from "../kernel/read-json.ts";

type Part = string | null | undefined;

const isPart = (part: Part): part is string => part !== null && part !== undefined && part !== "";

export function firstOf(node: Json | undefined, keys: readonly string[]): string | null {
  if (!isObject(node)) return null;
  return keys.map((key) => readString(node, key)).find((text) => text !== undefined) ?? null;
}

export function joinLines(lines: readonly Part[]): string | null {
  const text = lines.filter(isPart).join("\n");
  return text === "" ? null : text;
}

export function joinParts(parts: readonly Part[]): string {
  return parts.filter(isPart).join(", ");
}

/** "Photo: like this", or "Photo" alone. */
export function labelled(label: string, words: Part): string {
  return isPart(words) ? `${label}: ${words}` : label;
}
