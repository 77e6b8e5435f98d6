import { access, readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { checks } from "./checks.ts";
import { GUARDS } from "./schema-checks.ts";

const ROOT = new URL("../../../", import.meta.url);
const text = await readFile(new URL("docs/invariants.md", ROOT), "utf8");
const rows = text.split("\n").flatMap((line) => {
  const [, number, , guards = "", found = "", tests = ""] = line.split("|").map((cell) => cell.trim());
  return /^\d+$/.test(number ?? "")
    ? [{ number: Number(number), guards: codeIn(guards), checks: codeIn(found), tests: codeIn(tests) }]
    : [];
});

function codeIn(cell: string): readonly string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].map(([, code]) => code ?? "");
}

/** Who had to wait for whom leaves nothing in the rows. */
const LEAVES_NO_TRACE = 14;

test("all seventeen invariants are in the document, each with a check and a test that exists", async () => {
  expect(rows.map((row) => row.number)).toEqual(Array.from({ length: 17 }, (_, index) => index + 1));
  for (const row of rows) {
    if (row.number !== LEAVES_NO_TRACE) expect(row.checks.length).toBeGreaterThan(0);
    expect(row.tests.length).toBeGreaterThan(0);
    for (const path of row.tests) await access(new URL(path, ROOT));
  }
});

test("every check is in the row of its invariant, and the document names no other", () => {
  const written = rows.flatMap((row) => row.checks.map((name) => `${String(row.number)} ${name}`));
  const real = [...checks, { name: "migrations-pending", invariant: 1 }].map(({ name, invariant }) => `${String(invariant)} ${name}`);
  expect(written.toSorted()).toEqual(real.toSorted());
});

test("every constraint that the document names is guarded", () => {
  const named = rows.flatMap((row) => row.guards.filter((code) => /^(?:uq|fk|ck)_|_pkey$/.test(code)));
  expect(named.filter((name) => !GUARDS.some((guard) => guard === name))).toEqual([]);
});
