// Proves that no schema and no arguments, a tenant's, a foreign server's or a model's, can hold up the process.
import { expect, test } from "vitest";
import type { Json, JsonObject } from "../kernel/json.ts";
import { compileArguments } from "./check-arguments.ts";
import { schemaCost } from "./schema-cost.ts";

/** A chain of definitions, each a choice of three objects that all lead to the next. */
function chain(length: number, choice = "oneOf"): JsonObject {
  const next = (n: number): JsonObject => ({ type: "object", properties: { a: { $ref: `#/$defs/d${String(n + 1)}` } } });
  const definitions = Array.from({ length }, (_, n): [string, JsonObject] => [`d${String(n)}`, { [choice]: [next(n), next(n), next(n)] }]);
  return {
    type: "object",
    properties: { x: { $ref: "#/$defs/d0" } },
    $defs: { ...Object.fromEntries(definitions), [`d${String(length)}`]: { type: "number" } },
  };
}

function nested(depth: number, leaf: Json): Json {
  return depth === 0 ? leaf : { a: nested(depth - 1, leaf) };
}

const recursive = (choice: string): JsonObject => ({
  type: "object",
  properties: { x: { $ref: "#/$defs/d" } },
  $defs: {
    d: {
      [choice]: [
        { type: "object", properties: { a: { $ref: "#/$defs/d" } } },
        { type: "object", properties: { a: { $ref: "#/$defs/d" } } },
      ],
    },
  },
});

const bottomless = (depth: number): JsonObject => (depth === 0 ? { type: "string" } : { type: "array", items: bottomless(depth - 1) });

test.each([
  ["a chain of choices", chain(15)],
  ["a chain of alternatives", chain(15, "anyOf")],
  ["a choice that leads back to itself", recursive("oneOf")],
  ["an alternative that leads back to itself", recursive("anyOf")],
  ["a nesting without end", { type: "object", properties: { x: bottomless(2_000) } }],
  [
    "a doubling of references without any choice",
    {
      type: "object",
      properties: { x: { $ref: "#/$defs/d0" } },
      $defs: Object.fromEntries(
        Array.from({ length: 30 }, (_, n) => {
          const ref = { $ref: `#/$defs/d${String(n + 1)}` };
          return [`d${String(n)}`, { type: "object", properties: { a: ref, b: ref } }];
        }),
      ),
    },
  ],
])("%s is refused when the tool is saved", (_what, schema) => {
  expect(() => compileArguments(schema)).toThrow(RangeError);
});

test("what passes the look at the schema still has a limit of time for each call", () => {
  const check = compileArguments(chain(6));
  const before = process.cpuUsage();
  expect(["valid", "invalid"]).toContain(check({ x: nested(6, "five") }).outcome);
  const pattern = compileArguments({ type: "object", properties: { x: { type: "string", pattern: "^(a+)+$" } } });
  expect(pattern({ x: `${"a".repeat(60)}!` })).toMatchObject({ outcome: "invalid", problems: [expect.stringContaining("in time")] });
  expect(process.cpuUsage(before).user).toBeLessThan(5_000_000);
});

test("a tree that refers to itself is checked, and a choice in it too where it does not lead back", () => {
  const tree: JsonObject = {
    type: "object",
    properties: { name: { anyOf: [{ type: "string" }, { type: "number" }] }, children: { type: "array", items: { $ref: "#" } } },
    required: ["name"],
  };
  expect(schemaCost(tree).outcome).toBe("bounded");
  const check = compileArguments(tree);
  expect(check({ name: "a", children: [{ name: 1, children: [] }] }).outcome).toBe("valid");
  expect(check({ name: "a", children: [{ children: [] }] }).outcome).toBe("invalid");
});
