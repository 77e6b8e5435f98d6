// Owns: the small checks from which the rules for outbound content are made, each ending in one sentence. Refuses to know: any rule of WhatsApp.
import type { Json, JsonObject } from "../kernel/json.ts";
import { isArray, isObject } from "../kernel/read-json.ts";

/** What is wrong, as a sentence that names the place; undefined when nothing is. */
export type ContentProblem = string | undefined;

/** Where a value is, such as `interactive.action.buttons[0]`. */
export interface ContentPlace {
  readonly node: JsonObject;
  readonly path: string;
}

export interface TextRule {
  readonly max: number;
  readonly optional?: boolean;
}

export function firstProblem(...checks: readonly (() => ContentProblem)[]): ContentProblem {
  for (const check of checks) {
    const problem = check();
    if (problem !== undefined) return problem;
  }
  return undefined;
}

/** Lengths are counted in UTF-16 units, the stricter of the two ways to count. */
export function checkText({ node, path }: ContentPlace, key: string, { max, optional }: TextRule): ContentProblem {
  const value = node[key];
  if (value === undefined && optional === true) return undefined;
  if (typeof value !== "string" || value.trim() === "") return `${path}.${key} must be a text that is not empty.`;
  return value.length > max ? `${path}.${key} has ${value.length} characters; WhatsApp takes ${max} at most.` : undefined;
}

export function checkOneOf({ node, path }: ContentPlace, key: string, allowed: readonly string[]): ContentProblem {
  const value = node[key];
  return typeof value === "string" && allowed.includes(value) ? undefined : `${path}.${key} must be one of: ${allowed.join(", ")}.`;
}

/** Runs the check on the object below `key`. */
export function checkObject({ node, path }: ContentPlace, key: string, check: (place: ContentPlace) => ContentProblem): ContentProblem {
  const value = node[key];
  return isObject(value) ? check({ node: value, path: `${path}.${key}` }) : `${path}.${key} must be an object.`;
}

export function checkOptionalObject(place: ContentPlace, key: string, check: (place: ContentPlace) => ContentProblem): ContentProblem {
  return place.node[key] === undefined ? undefined : checkObject(place, key, check);
}

export interface ListRule {
  readonly min: number;
  readonly max: number;
  readonly each: (place: ContentPlace) => ContentProblem;
}

export function checkList({ node, path }: ContentPlace, key: string, { min, max, each }: ListRule): ContentProblem {
  const list = node[key];
  if (!isArray(list) || list.length < min || list.length > max) return `${path}.${key} must be a list of ${min} to ${max} elements.`;
  for (const [index, item] of list.entries()) {
    const itemPath = `${path}.${key}[${index}]`;
    const problem = isObject(item) ? each({ node: item, path: itemPath }) : `${itemPath} must be an object.`;
    if (problem !== undefined) return problem;
  }
  return undefined;
}

/** Every value, reached by `pick`, is another one. */
export function checkUnique(list: Json | undefined, what: string, pick: (item: JsonObject) => Json | undefined): ContentProblem {
  const seen = new Set<Json | undefined>();
  for (const item of isArray(list) ? list : []) {
    const value = isObject(item) ? pick(item) : undefined;
    if (seen.has(value)) return `${what} must be unique; ${JSON.stringify(value)} is there twice.`;
    seen.add(value);
  }
  return undefined;
}
