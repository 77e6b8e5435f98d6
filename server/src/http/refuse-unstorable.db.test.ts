// Proves for every route of the description that text which no database can hold is a 400 and never a 500.
import type { HTTPMethods } from "fastify";
import { afterAll, beforeAll, expect, test as it } from "vitest";
import { createTestBusiness } from "../../test/support/test-business.ts";
import { createTestDatabase, type TestDatabase } from "../../test/support/test-database.ts";
import { bearerFor, createTestHttp, type TestHttp } from "../../test/support/test-http.ts";
import { newId } from "../kernel/ids.ts";

interface Operation {
  readonly parameters?: readonly { readonly in: string; readonly name: string; readonly schema: { readonly type?: string } }[];
  readonly requestBody?: unknown;
}

/** As JSON: half a surrogate pair cannot be sent otherwise. */
const UNSTORABLE = ["a\0b", "\ud800", "b\udc00b"];

let test: TestDatabase;
let http: TestHttp;
let headers: Readonly<Record<string, string>>;
let operations: readonly (readonly [method: HTTPMethods, path: string, operation: Operation])[];

beforeAll(async () => {
  test = await createTestDatabase();
  const database = test.open();
  const { businessId } = await createTestBusiness(test.superuser);
  http = createTestHttp(database, test.log);
  headers = await bearerFor(database, businessId);
  const { paths } = (await http.app.inject("/openapi.json")).json<{ paths: Record<string, Record<string, Operation>> }>();
  operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => [method.toUpperCase(), path, operation] as const),
  );
});

afterAll(async () => {
  await http.app.close();
  await test.close();
});

async function answerTo(method: HTTPMethods, url: string, body?: object): Promise<readonly [number, unknown]> {
  const type = body === undefined ? {} : { "content-type": "application/json" };
  const answer = await http.app.inject({
    method,
    url,
    headers: { ...headers, ...type },
    ...(body === undefined ? {} : { payload: JSON.stringify(body) }),
  });
  return [answer.statusCode, answer.json<{ code?: unknown }>().code];
}

const withIds = (path: string): string => path.replaceAll(/\{\w+\}/g, newId());
const REFUSED = [400, "bad_request"];

it("in the body of any route, however deep, also as a name", async () => {
  const bodies = UNSTORABLE.flatMap((bad) => [{ title: bad }, { a: [{ b: [1, null, bad] }] }, { [bad]: 1 }]);
  const taking = operations.filter(([, , { requestBody }]) => requestBody !== undefined);
  expect(taking.length).toBeGreaterThan(10);
  for (const [method, path] of taking)
    for (const body of bodies) expect([method, path, ...(await answerTo(method, withIds(path), body))]).toEqual([method, path, ...REFUSED]);
});

it("in the address and the query of any route", async () => {
  for (const [method, path, { parameters = [] }] of operations) {
    for (const { in: place, name, schema } of parameters.filter((parameter) => parameter.schema.type === "string")) {
      if (place === "header") continue;
      const url = place === "path" ? withIds(path.replace(`{${name}}`, "a%00b")) : `${withIds(path)}?${name}=a%00b`;
      expect([method, url, schema, ...(await answerTo(method, url))]).toEqual([method, url, schema, ...REFUSED]);
    }
  }
});

it("inside of any cursor, and anything else that is none", async () => {
  const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");
  const cursors = ["AA", "7aCA", "x", encode(["a\0b"]), '["\\ud800"]', encode(["2026-01-01 00:00:00+00", "a\0"]), encode({})];
  const lists = operations.flatMap(([method, path, { parameters = [] }]) =>
    parameters.flatMap(({ name }) => (["cursor", "after"].includes(name) ? [[method, `${withIds(path)}?${name}=`] as const] : [])),
  );
  expect(lists.length).toBeGreaterThan(6);
  for (const [method, start] of lists) {
    for (const cursor of cursors) {
      const url = start + encodeURIComponent(cursor);
      const [status, code] = await answerTo(method, url);
      // A list of something that does not exist may say so first.
      expect([url, status, code]).toSatisfy(([, answered]: [string, number]) => answered === 400 || answered === 404);
    }
  }
});

it("a body that nests a hundred thousand levels deep is answered, and not with 500", async () => {
  const payload = `{"title":${"[".repeat(100_000)}${"]".repeat(100_000)}}`;
  const answer = await http.app.inject({
    method: "POST",
    url: "/api/v1/knowledge",
    headers: { ...headers, "content-type": "application/json" },
    payload,
  });
  expect(answer.statusCode).toBe(400);
});
