// Owns: what it can cost to check data against a JSON Schema: how many places of it a checker may visit for one path through the data, with every
// reference followed. Pure, and linear in the schema however often it refers to itself. Refuses to know: who checks, and with what.
import type { Json, JsonObject } from "../kernel/json.ts";
import { isArray, isObject } from "../kernel/read-json.ts";

const BRANCHES = ["oneOf", "anyOf", "allOf"] as const;
const CHILDREN = [
  "items",
  "additionalItems",
  "additionalProperties",
  "unevaluatedProperties",
  "unevaluatedItems",
  "contains",
  "propertyNames",
  "not",
  "if",
  "then",
  "else",
];
const LISTS = ["prefixItems", "items"];
const MAPS = ["properties", "patternProperties", "dependentSchemas", "dependencies"];

export type SchemaCost =
  | { readonly outcome: "bounded"; readonly visits: number }
  /** A choice between branches leads back to itself: each level of the data multiplies what is tried. */
  | { readonly outcome: "recursive-branches" };

interface Walk {
  readonly root: JsonObject;
  readonly known: Map<JsonObject, number>;
  /** Where the walk is; true: there was a choice between branches since. */
  readonly path: Map<JsonObject, boolean>;
  recursive: boolean;
}

function resolve(root: JsonObject, ref: string): Json | undefined {
  if (ref === "#") return root;
  if (!ref.startsWith("#/")) return undefined;
  let node: Json | undefined = root;
  for (const part of ref.slice(2).split("/")) {
    const key = part.replaceAll("~1", "/").replaceAll("~0", "~");
    node = isArray(node) ? node[Number(key)] : isObject(node) ? node[key] : undefined;
  }
  return node;
}

function partsOf(node: JsonObject, keys: readonly string[]): readonly Json[] {
  return keys.flatMap((key) => {
    const value = node[key];
    if (isArray(value)) return value;
    return isObject(value) ? [value] : [];
  });
}

function visitsOf(node: Json | undefined, walk: Walk): number {
  if (!isObject(node)) return 1;
  const known = walk.known.get(node);
  if (known !== undefined) return known;
  if (walk.path.has(node)) {
    // Only what is between here and where it was first met is on the way round.
    const nodes = [...walk.path.keys()];
    if (nodes.slice(nodes.indexOf(node)).some((between) => walk.path.get(between) === true)) walk.recursive = true;
    return 1;
  }
  const { $ref: ref } = node;
  const branches = partsOf(node, BRANCHES);
  walk.path.set(node, branches.length > 1);
  const maps = MAPS.flatMap((key) => (isObject(node[key]) ? Object.values(node[key]) : []));
  const parts = [...branches, ...partsOf(node, [...new Set([...CHILDREN, ...LISTS])]), ...maps];
  let visits = typeof ref === "string" ? visitsOf(resolve(walk.root, ref), walk) : 0;
  for (const part of parts) visits += visitsOf(part, walk);
  walk.path.delete(node);
  walk.known.set(node, visits + 1);
  return visits + 1;
}

/** Recursive: the schema's own nesting must be bounded (check-arguments.ts). */
export function schemaCost(schema: JsonObject): SchemaCost {
  const walk: Walk = { root: schema, known: new Map(), path: new Map(), recursive: false };
  const visits = visitsOf(schema, walk);
  return walk.recursive ? { outcome: "recursive-branches" } : { outcome: "bounded", visits };
}
