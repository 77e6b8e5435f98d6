// Owns: the doctor's word at the end of a test: whatever was done, every invariant still holds.
import { expect } from "vitest";
import { runDoctor } from "../../src/doctor/run-doctor.ts";
import type { TestDatabase } from "./test-database.ts";

export async function expectNothingBroken({ url, log }: Pick<TestDatabase, "url" | "log">): Promise<void> {
  const { checks, complete } = await runDoctor({ url, log });
  expect(complete).toBe(true);
  expect(checks.filter(({ state }) => state === "broken")).toEqual([]);
}
