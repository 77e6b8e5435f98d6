// Owns: counting a test run for a machine to read. What counts as failed is more than failed tests: a file that could not be
// loaded, a hook that threw and an error that nobody caught are failures too, although no test says so.
// Refuses to know: how a person is told. Vitest's own reporter does that.

import { writeFileSync } from "node:fs";
import type { Reporter, TestModule } from "vitest/node";

export type Counts = { readonly passed: number; readonly failed: number; readonly skipped: number };

export default class SummaryReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[], reason: "passed" | "interrupted" | "failed"): void {
    const counted = countTests(modules, unhandledErrors.length);
    // Interrupted, or failed for a reason that none of the above has shown: never report that as a success.
    const counts = reason !== "passed" && counted.failed === 0 ? { ...counted, failed: 1 } : counted;
    const path = process.env["SUMMARY_FILE"];
    if (path === undefined) process.once("exit", () => process.stdout.write(`${summaryLine(counts)}\n`));
    else writeFileSync(path, JSON.stringify(counts));
  }
}

export function summaryLine({ passed, failed, skipped }: Counts): string {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`;
}

function countTests(modules: readonly TestModule[], unhandledErrors: number): Counts {
  const tests = modules.flatMap((module) => [...module.children.allTests()]);
  const suites = modules.flatMap((module) => [...module.children.allSuites()]);
  const brokenAround = [...modules, ...suites].filter((suite) => suite.errors().length > 0).length;
  const having = (state: string): number => tests.filter((test) => test.result().state === state).length;
  return {
    passed: having("passed"),
    failed: having("failed") + brokenAround + unhandledErrors,
    skipped: having("skipped") + having("pending"),
  };
}
