// Owns: the check of the import rules, and the check of that check: a cruise that overlooked files has proved nothing.
// (With a TypeScript that it does not support, dependency-cruiser sees no modules and passes.)
// Refuses to know: the rules. They are in .dependency-cruiser.cjs.

import { globSync } from "node:fs";
import { cruise } from "dependency-cruiser";
import extractOptions from "dependency-cruiser/config-utl/extract-depcruise-options";
import extractTsConfig from "dependency-cruiser/config-utl/extract-ts-config";

const folders = ["server", "sdk", "simulator", "inbox", "bench"];
const fewestModules = 40;

const expected = globSync(`{${folders.join(",")}}/**/*.{ts,tsx}`).filter((path) => !/(^|\/)(node_modules|dist)\//.test(path));
const present = folders.filter((folder) => expected.some((path) => path.startsWith(`${folder}/`)));

const options = await extractOptions("./.dependency-cruiser.cjs");
const cruised = await cruise(present, { ...options, outputType: "json" }, undefined, { tsConfig: extractTsConfig("tsconfig.json") });
if (typeof cruised.output !== "string") throw new Error("dependency-cruiser was asked for JSON and gave something else.");

type Report = {
  readonly modules: readonly { readonly source: string }[];
  readonly summary: { readonly error: number; readonly violations: readonly Violation[] };
};
type Violation = { readonly rule: { readonly name: string }; readonly from: string; readonly to: string };

const report = JSON.parse(cruised.output) as Report;
const seen = new Set(report.modules.map(({ source }) => source));
const overlooked = expected.filter((path) => !seen.has(path));

for (const { rule, from, to } of report.summary.violations) console.error(`${rule.name}: ${from} → ${to}`);
for (const path of overlooked) console.error(`overlooked: ${path}`);
if (expected.length < fewestModules)
  console.error(`Only ${expected.length} modules were found; there should be at least ${fewestModules}.`);

const isGood = report.summary.error === 0 && overlooked.length === 0 && expected.length >= fewestModules;
if (isGood) console.log(`${expected.length} modules keep the import rules.`);
process.exitCode = isGood ? 0 : 1;
