// Owns: making what a tool answered fit to be stored and shown to a model: bounded, and nothing that PostgreSQL cannot hold.
// Refuses to know: which tool it was.
import type { Json } from "../kernel/json.ts";
import { parseJson } from "../kernel/read-json.ts";
import { cleanJson, cleanString, isDeeperThan } from "../kernel/storable-json.ts";

const MAX_DEPTH = 50;

/** JSON stays JSON while it is short enough; everything else is a text, cut between characters. */
export function trimResult(text: string, maxCharacters: number): Json {
  if (text.length <= maxCharacters) {
    const parsed = parseJson(text);
    if (parsed !== undefined && !isDeeperThan(parsed, MAX_DEPTH)) return cleanJson(parsed);
    return cleanString(text);
  }
  return `${cleanString(text.slice(0, maxCharacters).toWellFormed())} … (cut: ${text.length} characters in all)`;
}

export function trimJson(value: Json, maxCharacters: number): Json {
  if (isDeeperThan(value, MAX_DEPTH)) return "(nested too deeply to be shown)";
  const text = JSON.stringify(value);
  return text.length <= maxCharacters ? cleanJson(value) : trimResult(text, maxCharacters);
}
