// Owns: holding a model's arguments against the JSON Schema of a tool, before anything is done with them. Refuses to know: what the tool does.
import { runInNewContext } from "node:vm";
import { LRUCache } from "lru-cache";
import { z } from "zod";
import { messageOf } from "../kernel/faults.ts";
import type { Json, JsonObject } from "../kernel/json.ts";
import { isObject } from "../whatsapp/read-json.ts";
import { cleanObject, isDeeperThan } from "../whatsapp/storable-json.ts";

export type CheckedArguments =
  { readonly outcome: "valid"; readonly args: JsonObject } | { readonly outcome: "invalid"; readonly problems: readonly string[] };

export type CheckArguments = (args: unknown) => CheckedArguments;

const MAX_DEPTH = 20;
const MAX_BYTES = 16_000;
const MAX_PROBLEMS = 5;
const PATTERN_BUDGET_MS = 100;

// Every turn opens every tool, and hardly any is called: compiling them anew was 1 ms of each reply (2026-11-25).
const compiledOnes = new LRUCache<string, CheckArguments>({ max: 1_000 });

/** Throws a sentence when the schema is not one that can be checked (conditions, `not`, an unknown type). */
export function compileArguments(schema: JsonObject): CheckArguments {
  const written = JSON.stringify(schema);
  const known = compiledOnes.get(written) ?? compile(schema, written.includes('"pattern'));
  compiledOnes.set(written, known);
  return known;
}

function compile(schema: JsonObject, hasPattern: boolean): CheckArguments {
  let compiled: z.ZodType;
  try {
    compiled = z.fromJSONSchema(schema);
  } catch (error) {
    throw new RangeError(`the parameters cannot be checked: ${messageOf(error)}`, { cause: error });
  }
  return (args) => {
    const object = readArguments(args);
    if (object === undefined)
      return invalid([`arguments: must be one JSON object of at most ${MAX_BYTES} bytes, not nested deeper than ${MAX_DEPTH}`]);
    const parse = (): z.ZodSafeParseResult<unknown> => compiled.safeParse(object);
    const parsed = hasPattern ? withinBudget(parse) : parse();
    if (parsed === undefined) return invalid(["arguments: a pattern of the schema could not be checked in time"]);
    if (!parsed.success) return invalid(parsed.error.issues.map(({ path, message }) => `${path.join(".") || "arguments"}: ${message}`));
    return { outcome: "valid", args: parsed.data as JsonObject };
  };
}

function invalid(problems: readonly string[]): CheckedArguments {
  return { outcome: "invalid", problems: problems.slice(0, MAX_PROBLEMS) };
}

/** A plain JSON object that PostgreSQL can hold; nothing: no arguments. */
function readArguments(args: unknown): JsonObject | undefined {
  const object = args ?? {};
  if (!isObject(object) || isDeeperThan(object, MAX_DEPTH)) return undefined;
  const text = JSON.stringify(object);
  if (Buffer.byteLength(text) > MAX_BYTES) return undefined;
  const plain: Json = JSON.parse(text) as Json;
  return isObject(plain) ? cleanObject(plain) : undefined;
}

// A pattern may need exponential time for a text that a customer thought up, and would stop the whole process: /^(a+)+$/ takes minutes for 40
// letters (2026-11-25). The watchdog of a vm ends whatever runs inside the call, regular expressions included.
function withinBudget<T>(work: () => T): T | undefined {
  try {
    return runInNewContext("work()", { work }, { timeout: PATTERN_BUDGET_MS }) as T;
  } catch (error) {
    // Not always an `Error` of this realm: the watchdog may make it in the one that it ended.
    if (isObject(error) && error["code"] === "ERR_SCRIPT_EXECUTION_TIMEOUT") return undefined;
    throw error;
  }
}
