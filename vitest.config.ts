// Owns: how all tests of the workspace are run.

import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["{server,sdk,simulator,inbox,bench,scripts}/**/*.test.{ts,tsx}"],
    exclude: ["**/node_modules/**", "**/dist/**"],
    globalSetup: ["server/test/global-setup.ts"],
    pool: "forks",
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 60_000,
    teardownTimeout: 30_000,
    reporters: ["default", "./scripts/summary-reporter.ts"],
  },
});
