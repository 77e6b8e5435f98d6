// Proves that the committed description and types are those of the routes.
import { readFile } from "node:fs/promises";
import { expect, test as it } from "vitest";
import { renderSdkTypes } from "../../../scripts/render-sdk-types.ts";
import { describeRoutes } from "../../src/http/describe-routes.ts";

async function read(path: string): Promise<string> {
  return readFile(new URL(path, import.meta.url), "utf8");
}

it("sdk/openapi.json is what the routes say (node scripts/generate-openapi.ts)", async () => {
  expect(JSON.parse(await read("../../../sdk/openapi.json"))).toEqual(await describeRoutes());
});

it("sdk/src/schema.ts is what sdk/openapi.json says (node scripts/generate-sdk-types.ts)", async () => {
  expect(await read("../../../sdk/src/schema.ts")).toBe(await renderSdkTypes(JSON.parse(await read("../../../sdk/openapi.json"))));
});

it("every operation has its own name and a summary", async () => {
  const description = await describeRoutes();
  const text = JSON.stringify(description);
  const operations = [...text.matchAll(/"operationId":"(\w+)"/g)].map(([, name]) => name);
  expect(operations.length).toBeGreaterThan(10);
  expect(new Set(operations).size).toBe(operations.length);
  expect([...text.matchAll(/"operationId":"\w+","summary":"/g)]).toHaveLength(operations.length);
});
