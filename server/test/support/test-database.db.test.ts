// Proves that the check for leaked connections, which every test file ends with, can fail.
import pg from "pg";
import { expect, test as it } from "vitest";
import { createTestDatabase } from "./test-database.ts";

it("a database that somebody is still connected to is dropped, and its test file fails with who it is", async () => {
  const test = await createTestDatabase();
  const left = new pg.Client({ connectionString: test.url, application_name: "forgetful" });
  left.on("error", () => undefined);
  await left.connect();
  await expect(test.close(0)).rejects.toThrow("forgetful");
});

it("what was closed is not held against anybody, however shortly before", async () => {
  const test = await createTestDatabase();
  await Promise.all([1, 2, 3].map(() => test.superuser.query("select 1")));
  await expect(test.close()).resolves.toBeUndefined();
});
