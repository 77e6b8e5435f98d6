// Owns: `npm test`: the check, then the tests even if the check has failed, then one plain line for both.
// Refuses to know: what is checked and tested.

import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { summaryLine, type Counts } from "./summary-reporter.ts";

const folder = mkdtempSync(join(tmpdir(), "onethread-summary-"));
const summaryFile = join(folder, "summary.json");

const check = spawnSync("npm", ["run", "--silent", "check"], { stdio: "inherit" });
const tests = spawnSync("vitest", ["run", "--allowOnly=false", ...process.argv.slice(2)], {
  stdio: "inherit",
  // Some hundred processes start, each of which would strip the types of the same files and compile them.
  env: { ...process.env, SUMMARY_FILE: summaryFile, NODE_COMPILE_CACHE: join(folder, "compiled") },
});

const counts = existsSync(summaryFile) ? (JSON.parse(readFileSync(summaryFile, "utf8")) as Counts) : { passed: 0, failed: 0, skipped: 0 };
rmSync(folder, { recursive: true });

if (check.status !== 0) console.error("The check has failed (its messages are above the tests); it counts as one failure.");
const checkFailures = check.status === 0 ? 0 : 1;
// The tests' own exit code has the last word: they can fail without a test that failed.
const otherFailures = tests.status !== 0 && counts.failed === 0 ? 1 : 0;
const total = { ...counts, failed: counts.failed + checkFailures + otherFailures };
console.log(summaryLine(total));
process.exitCode = total.failed === 0 ? 0 : 1;
