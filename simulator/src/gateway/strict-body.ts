// Owns strict shapes of what a gateway is asked for: what is missing, of another kind, or not known to the gateway is named. Knows no gateway.
import { isJsonObject } from "../json-object.ts";

/** What is wrong with the value at this path; undefined when nothing is. */
export type Shape = (value: unknown, path: string) => string | undefined;

const rule =
  (isRight: (value: unknown) => boolean, what: string): Shape =>
  (value, path) =>
    isRight(value) ? undefined : `${path} must be ${what}`;

const isText = (value: unknown): value is string => typeof value === "string";

export const anyText = rule(isText, "a string");
export const filledText = rule((value) => isText(value) && value.trim() !== "", "a string that is not empty");
export const flag = rule((value) => typeof value === "boolean", "a boolean");
export const number = rule((value) => typeof value === "number" && Number.isFinite(value), "a number");
export const textLike = (pattern: RegExp, what: string): Shape => rule((value) => isText(value) && pattern.test(value), what);
export const oneOf = (...allowed: readonly unknown[]): Shape => rule((value) => allowed.includes(value), `one of ${allowed.join(", ")}`);
export const integer = (min: number, max: number): Shape =>
  rule((value) => Number.isInteger(value) && Number(value) >= min && Number(value) <= max, `a whole number from ${min} to ${max}`);

/** An address that can be fetched, or base64. */
const isLink = (value: string): boolean => /^https?:\/\/\S+$/.test(value);
export const link = rule((value) => isText(value) && isLink(value), "an address");
export const base64 = rule((value) => isText(value) && isBase64(value), "base64");
export const linkOrBase64 = rule((value) => isText(value) && (isLink(value) || isBase64(value)), "an address or base64");

/** Whole and padded: four characters for three bytes. */
function isBase64(value: string): boolean {
  return value.length > 0 && value.length % 4 === 0 && /^[A-Za-z0-9+/]+={0,2}$/.test(value);
}

export function list(each: Shape, { min, max = Number.MAX_SAFE_INTEGER }: { readonly min: number; readonly max?: number }): Shape {
  return (value, path) => {
    if (!Array.isArray(value) || value.length < min || value.length > max) return `${path} must be a list of at least ${min} elements`;
    if (new Set(value.map((item) => JSON.stringify(item))).size < value.length) return `${path} must hold each element once`;
    return value.map((item, index) => each(item, `${path}[${index}]`)).find((problem) => problem !== undefined);
  };
}

/** Keys that end in "?" may be missing; others than these are refused. */
export function object(keys: Readonly<Record<string, Shape>>): Shape {
  const shapes = new Map(Object.entries(keys).map(([key, shape]) => [key.replace(/\?$/, ""), { shape, isOptional: key.endsWith("?") }]));
  return (value, path) => {
    if (!isJsonObject(value)) return `${path} must be an object`;
    const stranger = Object.keys(value).find((key) => !shapes.has(key));
    if (stranger !== undefined) return `${path} does not know "${stranger}"`;
    for (const [key, { shape, isOptional }] of shapes) {
      if (value[key] === undefined && isOptional) continue;
      const problem = value[key] === undefined ? `${path} requires property "${key}"` : shape(value[key], `${path}.${key}`);
      if (problem !== undefined) return problem;
    }
    return undefined;
  };
}

export const oneShapeOf =
  (...shapes: readonly Shape[]): Shape =>
  (value, path) => {
    const problems = shapes.map((shape) => shape(value, path));
    return problems.includes(undefined) ? undefined : problems[0];
  };
