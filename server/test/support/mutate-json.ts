// Owns: JSON in which one or two values were taken out, or replaced by what nobody expects there: other types, edges, control characters, half characters,
// very long and very deep values.
import fc from "fast-check";
import type { Json } from "../../src/kernel/json.ts";

// Written into the text of the body: JSON.stringify cannot nest so deep.
const DEEP: Readonly<Record<string, string>> = Object.fromEntries(
  [40, 600, 5_000, 50_000].flatMap((levels) => [
    [`@list${String(levels)}@`, "[".repeat(levels) + "]".repeat(levels)],
    [`@message${String(levels)}@`, `${'{"message":'.repeat(levels)}1${"}".repeat(levels)}`],
  ]),
);
const EDGES: readonly Json[] = [
  null,
  true,
  0,
  -1,
  0.5,
  1e21,
  2 ** 53,
  "",
  " ",
  "a",
  "\0",
  "a\0b",
  "\ud800",
  "x".repeat(5_000),
  "é".repeat(70_000),
  "1".repeat(300),
  "+",
  "+++",
  "@",
  "@s.whatsapp.net",
  "1203@g.us",
  "status@broadcast",
  "12025550147@lid",
  "0@s.whatsapp.net",
  "__proto__",
  "constructor",
  "toString",
  "-0",
  "1e400",
  "99999999999999",
  "253402300800",
  "-62135596801",
  "NaN",
  [],
  {},
  [[]],
  [null],
  ["a"],
  [{}],
  { a: null },
  { "": "" },
  { low: 5, high: 1, unsigned: true },
  ...Object.keys(DEEP),
  { toString: 1 },
  { constructor: { prototype: 1 } },
];

type Path = readonly (string | number)[];
function pathsOf(value: Json, at: Path = []): readonly Path[] {
  if (typeof value !== "object" || value === null) return [at];
  const inner = Array.isArray(value) ? value.map((item, index) => [index, item] as const) : Object.entries(value);
  return [...(at.length === 0 ? [] : [at]), ...inner.flatMap(([key, item]) => pathsOf(item as Json, [...at, key]))];
}
function replaced(value: Json, [first, ...rest]: Path, by: Json | undefined): Json | undefined {
  if (first === undefined) return by;
  // An earlier change took the place away.
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map((item: Json, index) => (index === first ? (replaced(item, rest, by) ?? null) : item));
  return Object.fromEntries(
    Object.entries(value as Record<string, Json>).flatMap(([key, item]) => {
      const next = key === first ? replaced(item, rest, by) : item;
      return next === undefined ? [] : [[key, next]];
    }),
  );
}
/** From `value`, by chance; turn it into text with `textOf`. */
export const mutated = (value: Json): fc.Arbitrary<Json> => {
  const paths = pathsOf(value);
  const one = fc.tuple(fc.constantFrom(...paths), fc.option(fc.constantFrom(...EDGES), { nil: undefined }));
  return fc.array(one, { minLength: 1, maxLength: 2 }).map((changes) => {
    return changes.reduce<Json>((result, [path, by]) => replaced(result, path, by) ?? null, value);
  });
};

/** As JSON, with the deep values in it. */
export function jsonTextOf(value: Json): string {
  return JSON.stringify(value).replaceAll(/"(@\w+@)"/g, (_match, name: string) => DEEP[name] ?? name);
}
