// Owns: making the answer of a WhatsApp form (a flow, an address) readable. Refuses to know: which form it was.
import type { Json, JsonObject } from "../kernel/json.ts";
import { isObject, parseJson, readString } from "../kernel/read-json.ts";
import { cleanString, isDeeperThan } from "../kernel/storable-json.ts";

/** Lets a program find the form again; nothing for readers. */
const HIDDEN_KEY = "flow_token";
const DEPTH_LIMIT = 10;

/** The answers of a form, in its order; the plain text when `response_json` is not JSON; undefined when there is none. */
function answersOf(reply: JsonObject | undefined): string | readonly (readonly [string, Json])[] | undefined {
  const source = readString(reply, "response_json");
  if (source === undefined) return undefined;
  const answer = parseJson(source);
  if (!isObject(answer) || isDeeperThan(answer, DEPTH_LIMIT)) return source;
  return Object.entries(answer).filter(([key]) => key !== HIDDEN_KEY);
}

/** One line "key: value" per answer. */
export function readFormAnswer(reply: JsonObject | undefined): string | undefined {
  const answers = answersOf(reply);
  return typeof answers === "object" ? joined(answers.map(([key, value]) => `${key}: ${asText(value)}`)) : answers;
}

/** Only what was written or chosen, without the names of the fields; an address is none. */
export function readFormWords(reply: JsonObject | undefined): string | undefined {
  const answers = readString(reply, "name") === "address_message" ? undefined : answersOf(reply);
  return typeof answers === "object" ? joined(answers.flatMap(([, value]) => (typeof value === "string" ? [value] : []))) : undefined;
}

/** This JSON sits inside a JSON string: escapes that the body's own check cannot see appear only now. */
function joined(lines: readonly string[]): string | undefined {
  return lines.length === 0 ? undefined : cleanString(lines.join("\n"));
}

function asText(value: Json): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
