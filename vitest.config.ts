// Owns: how all tests of the workspace are run.

import { defineConfig } from "vitest/config";

const tests = ["{server,sdk,simulator,inbox,bench,scripts}/**/*.test.{ts,tsx}"];
/** What starts whole processes or a browser. */
const whole = ["{server,simulator,inbox}/test/**/*.test.{ts,tsx}", "server/src/embedded/embedded.db.test.ts"];
const foreign = ["**/node_modules/**", "**/dist/**"];

export default defineConfig({
  test: {
    globalSetup: ["server/test/global-setup.ts"],
    pool: "forks",
    maxWorkers: 2,
    // A process that loads everything anew for each file cost 0.8 s of CPU. Nothing of ours that could differ from file to file is kept in a module.
    isolate: false,
    testTimeout: 30_000,
    hookTimeout: 60_000,
    teardownTimeout: 30_000,
    reporters: ["default", "./scripts/summary-reporter.ts"],
    // Projects start in the order of their names: the long files first, so that the short ones keep both workers busy to the end.
    projects: [
      { extends: true, test: { name: "e2e", include: whole, exclude: foreign } },
      { extends: true, test: { name: "parts", include: tests, exclude: [...foreign, ...whole] } },
    ],
  },
});
