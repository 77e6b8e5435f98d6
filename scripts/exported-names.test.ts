import { globSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const ROOT = fileURLToPath(new URL("../", import.meta.url));
const DECLARATION = /^export (?:declare |abstract |async )*(?:const enum|const|let|function\*?|class|interface|type|enum) ?([\w$]+)/gm;
const RE_EXPORT = /^export (?:type )?(?:\{|\*).*/gm;

interface Module {
  readonly path: string;
  readonly text: string;
}

function modulesOf(part: string): readonly Module[] {
  const paths = globSync(`${part}/**/*.{ts,tsx}`, { cwd: ROOT }).filter((path) => !/node_modules|\/dist\/|\.test\.tsx?$/.test(path));
  return paths.map((path) => ({ path, text: readFileSync(`${ROOT}${path}`, "utf8") }));
}

test.each(["server", "sdk/src", "simulator", "inbox/src", "bench"])("in %s, an exported name means one thing", (part) => {
  const modules = modulesOf(part);
  const exported = modules.flatMap(({ path, text }) => [...text.matchAll(DECLARATION)].map(([, name = ""]) => ({ name, path })));
  expect(exported.length).toBeGreaterThan(10);
  const ambiguous = [...Map.groupBy(exported, ({ name }) => name)].filter(([, places]) => new Set(places.map(({ path }) => path)).size > 1);
  expect(ambiguous.map(([name, places]) => `${name}: ${places.map(({ path }) => path).join(", ")}`)).toEqual([]);
});

test("a name is imported from the module that declares it", () => {
  // The entry of the simulator's package is there to pass names on.
  const modules = ["server", "simulator", "bench"].flatMap(modulesOf).filter(({ path }) => path !== "simulator/src/index.ts");
  const passedOn = modules.flatMap(({ path, text }) => [...text.matchAll(RE_EXPORT)].map(([line]) => `${path}: ${line}`));
  expect(passedOn).toEqual([]);
});
