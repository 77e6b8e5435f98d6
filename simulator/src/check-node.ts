// Owns the small checks of a node that every kind of message shares: texts with their limits, media sources. Knows no kind of message.
import { badValue, missingParameter, tooLong } from "./graph-problem.ts";
import type { GraphProblem } from "./graph-problem.ts";
import { isJsonObject } from "./json-object.ts";
import type { JsonObject } from "./json-object.ts";

export type Problem = GraphProblem | undefined;

const empty: JsonObject = {};
export const objectIn = (source: JsonObject, key: string): JsonObject => {
  const value = source[key];
  return isJsonObject(value) ? value : empty;
};
export const objectsIn = (value: unknown): readonly JsonObject[] => (Array.isArray(value) ? value.filter(isJsonObject) : []);
export const firstOf = <T>(items: readonly T[], check: (item: T, index: number) => Problem): Problem => {
  for (const [index, item] of items.entries()) {
    const problem = check(item, index);
    if (problem !== undefined) return problem;
  }
  return undefined;
};

/** A text that must be there and fit. */
export function requiredText(source: JsonObject, key: string, limit: { readonly max: number; readonly name: string }): Problem {
  const value = source[key];
  if (value === undefined || value === null || value === "") return missingParameter(limit.name);
  if (typeof value !== "string") return badValue(`${limit.name} must be a string`);
  return value.length > limit.max ? tooLong(limit.name, limit.max) : undefined;
}

/** A text that must fit when it is there. */
export function optionalText(source: JsonObject, key: string, limit: { readonly max: number; readonly name: string }): Problem {
  return source[key] === undefined ? undefined : requiredText(source, key, limit);
}

/** Exactly one of `id` and `link`. */
export function mediaSourceProblem(node: JsonObject, name: string): Problem {
  const [hasId, hasLink] = [node["id"] !== undefined, node["link"] !== undefined];
  if (hasId === hasLink) {
    return badValue(hasId ? `${name} must have either an id or a link, not both` : `${name} must have an id or a link`);
  }
  const source = hasId ? node["id"] : node["link"];
  if (typeof source !== "string" || source === "") return badValue(`${name}['${hasId ? "id" : "link"}'] must be a string`);
  return hasLink && !/^https?:\/\/[^\s]+$/.test(source) ? badValue(`${name}['link'] is not a valid URL`) : undefined;
}
