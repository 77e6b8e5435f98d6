import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";

const reporter = fileURLToPath(new URL("summary-reporter.ts", import.meta.url));
const vitest = fileURLToPath(new URL("vitest.mjs", import.meta.resolve("vitest/package.json")));

/** Runs vitest on one file, as `npx vitest run` would, and gives the last line that it writes and its exit code. */
function runOn(body: string): { readonly lastLine: string | undefined; readonly code: number | null } {
  const root = mkdtempSync(join(tmpdir(), "onethread-reporter-"));
  onTestFinished(() => {
    rmSync(root, { recursive: true });
  });
  mkdirSync(join(root, "tests"));
  writeFileSync(join(root, "package.json"), '{"type":"module"}');
  writeFileSync(join(root, "tests", "one.test.js"), body);
  const args = [vitest, "run", "--root", root, "--globals", "--reporter=default", `--reporter=${reporter}`];
  const run = spawnSync(process.execPath, args, { encoding: "utf8", env: { FORCE_COLOR: "1" } });
  return { lastLine: run.stdout.trimEnd().split("\n").at(-1), code: run.status };
}

test("a run of passed tests ends with a plain line and exit code 0", () => {
  expect(runOn('test("a", () => {}); test("b", () => {});')).toEqual({ lastLine: "2 passed, 0 failed", code: 0 });
});

test("failed and skipped tests are counted, and the exit code is not 0", () => {
  const body = 'test("a", () => {}); test("b", () => { throw new Error("b"); }); test.skip("c", () => {}); test.todo("d");';
  expect(runOn(body)).toEqual({ lastLine: "1 passed, 1 failed, 2 skipped", code: 1 });
});

test("a file that cannot be loaded is a failure", () => {
  expect(runOn('import "./nowhere.js"; test("a", () => {});')).toEqual({ lastLine: "0 passed, 1 failed", code: 1 });
});

test("a hook that throws is a failure, though no test has failed", () => {
  const { lastLine, code } = runOn('describe("all", () => { beforeAll(() => { throw new Error("hook"); }); test("a", () => {}); });');
  expect(code).toBe(1);
  expect(lastLine).toMatch(/^0 passed, [1-9] failed/);
});

test("an error that nobody caught is a failure, though every test has passed", () => {
  const { lastLine, code } = runOn('test("a", () => { void Promise.reject(new Error("lost")); });');
  expect(code).toBe(1);
  expect(lastLine).toBe("1 passed, 1 failed");
});
