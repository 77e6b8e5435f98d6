// Owns: making the answer of a WhatsApp form (a flow, an address) readable. Refuses to know: which form it was.
import type { Json, JsonObject } from "../kernel/json.ts";
import { isObject, readString } from "./read-json.ts";
import { cleanString, isDeeperThan } from "./storable-json.ts";

/** Lets a program find the form again; nothing for readers. */
const HIDDEN_KEY = "flow_token";
const DEPTH_LIMIT = 10;

/** One line "key: value" per answer; the plain text when `response_json` is not JSON; undefined when there is none. */
export function readFormAnswer(reply: JsonObject | undefined): string | undefined {
  const source = readString(reply, "response_json");
  if (source === undefined) return undefined;
  const answer = parseAnswer(source);
  if (!isObject(answer) || isDeeperThan(answer, DEPTH_LIMIT)) return source;
  const lines = Object.entries(answer).flatMap(([key, value]) => (key === HIDDEN_KEY ? [] : [`${key}: ${asText(value)}`]));
  // This JSON sits inside a JSON string: escapes that the body's own check cannot see appear only now.
  return lines.length === 0 ? undefined : cleanString(lines.join("\n"));
}

function asText(value: Json): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

function parseAnswer(source: string): unknown {
  try {
    return JSON.parse(source);
  } catch {
    return undefined;
  }
}
