// Owns: checking a model's arguments against the JSON Schema of a tool, before anything is done with them. Refuses to know: what the tool does.
import { createContext, Script } from "node:vm";
import { LRUCache } from "lru-cache";
import { z } from "zod";
import { messageOf } from "../kernel/faults.ts";
import type { Json, JsonObject } from "../kernel/json.ts";
import { isObject } from "../kernel/read-json.ts";
import { cleanObject, isDeeperThan } from "../kernel/storable-json.ts";
import { schemaCost } from "./schema-cost.ts";

export type CheckedArguments =
  | { readonly outcome: "valid"; readonly args: JsonObject }
  | { readonly outcome: "invalid"; readonly problems: readonly string[] };

export type CheckArguments = (args: unknown) => CheckedArguments;

const MAX_DEPTH = 20;
const MAX_BYTES = 16_000;
const MAX_PROBLEMS = 5;
/** For one check; what it can allocate in this time is no danger to the process. */
const CHECK_BUDGET_MS = 100;
const COMPILE_BUDGET_MS = 500;
const MAX_SCHEMA_DEPTH = 60;
/** Of a schema with all its references followed. A schema that people write has a few hundred at most. */
const MAX_VISITS = 5_000;

// Every turn opens every tool, and hardly any is called: compiling them again was 1 ms of each reply (2026-11-25).
const compiledSchemas = new LRUCache<string, CheckArguments>({ max: 1_000 });

/** Throws a sentence when the schema is not one that can be checked: conditions, `not`, an unknown type, or one that is too expensive to check. */
export function compileArguments(schema: JsonObject): CheckArguments {
  if (isDeeperThan(schema, MAX_SCHEMA_DEPTH)) throw new RangeError(`the parameters nest deeper than ${MAX_SCHEMA_DEPTH} levels`);
  const written = JSON.stringify(schema);
  const known = compiledSchemas.get(written) ?? compile(schema);
  compiledSchemas.set(written, known);
  return known;
}

function refuseCostly(schema: JsonObject): void {
  const cost = schemaCost(schema);
  if (cost.outcome === "recursive-branches")
    throw new RangeError(
      "the parameters choose (oneOf, anyOf, allOf) between branches that lead back to the same choice; write it without",
    );
  if (cost.visits > MAX_VISITS)
    throw new RangeError(`the parameters have more than ${MAX_VISITS} places, with all references ($ref) followed; write them shorter`);
}

function compile(schema: JsonObject): CheckArguments {
  refuseCostly(schema);
  let compiled: z.ZodType | undefined;
  try {
    compiled = withinBudget(COMPILE_BUDGET_MS, () => z.fromJSONSchema(schema));
  } catch (error) {
    throw new RangeError(`the parameters cannot be checked: ${messageOf(error)}`, { cause: error });
  }
  if (compiled === undefined) throw new RangeError("the parameters take too long to be prepared; write them shorter");
  const checker = compiled;
  return (args) => {
    const object = readArguments(args);
    if (object === undefined)
      return invalid([`arguments: must be one JSON object of at most ${MAX_BYTES} bytes, not nested deeper than ${MAX_DEPTH}`]);
    const parsed = withinBudget(CHECK_BUDGET_MS, () => checker.safeParse(object));
    if (parsed === undefined) return invalid(["arguments: they could not be checked in time"]);
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

// A pattern may need exponential time for a text that a customer made up (/^(a+)+$/ takes minutes for 40 letters, 2026-11-25), and so may branches
// within branches: both would stop the whole process. The watchdog of a vm ends whatever runs inside the call, regular expressions included.
const room = createContext({ work: undefined as unknown });
const call = new Script("work()");

function withinBudget<T>(timeout: number, work: () => T): T | undefined {
  try {
    room["work"] = work;
    return call.runInContext(room, { timeout }) as T;
  } catch (error) {
    // Not always an `Error` of this realm: the watchdog may make it in the one that it ended.
    if (isObject(error) && error["code"] === "ERR_SCRIPT_EXECUTION_TIMEOUT") return undefined;
    throw error;
  } finally {
    room["work"] = undefined;
  }
}
