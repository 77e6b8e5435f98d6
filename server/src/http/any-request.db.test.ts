// Proves that no request makes the API fail: bodies and queries made by chance from the description itself, with values at and beyond their edges, are
// answered with success or with a refusal that says why, never with 500.
import fc from "fast-check";
import { afterAll, beforeAll, expect, test as it } from "vitest";
import { z } from "zod";
import { mutated, jsonTextOf } from "../../test/support/mutate-json.ts";
import { createTestBusiness } from "../../test/support/test-business.ts";
import { createTestDatabase, type TestDatabase } from "../../test/support/test-database.ts";
import { bearerFor, createTestHttp, createTestThread, type TestHttp } from "../../test/support/test-http.ts";
import { newId } from "../kernel/ids.ts";
import { readFixture } from "../whatsapp/fixtures/fixtures.ts";

interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly additionalProperties?: Schema | boolean;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly maxLength?: number;
  readonly maxItems?: number;
  readonly format?: string;
}

interface Operation {
  readonly operationId: string;
  readonly parameters?: readonly { readonly in: string; readonly name: string; readonly required?: boolean; readonly schema: Schema }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Schema }>> };
}

interface Description {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

let test: TestDatabase;
let http: TestHttp;
let headers: Readonly<Record<string, string>>;
let description: Description;
let conversationId: string;

beforeAll(async () => {
  test = await createTestDatabase();
  const database = test.open();
  const { businessId, channelId } = await createTestBusiness(test.superuser);
  conversationId = await createTestThread(test, { businessId, channelId, contactName: "José" });
  http = createTestHttp(database, test.log, { apiRequestsPerMinute: 1_000_000 });
  headers = await bearerFor(database, businessId);
  description = (await http.app.inject("/openapi.json")).json<Description>();
});

afterAll(async () => {
  await http.app.close();
  await test.close();
});

const EDGES: readonly unknown[] = [
  null,
  true,
  false,
  0,
  -1,
  0.5,
  1e21,
  Number.MAX_SAFE_INTEGER,
  -(2 ** 63),
  "",
  " ",
  "\n",
  "a",
  "0",
  "-1",
  "1e999",
  "'",
  "%",
  "_",
  "\\",
  "{{a}}",
  "{{secret:a}}",
  "${a}",
  "\u202E",
  "e\u0301",
  "👍🏽",
  "\u0001",
  "\uFFFE",
  "null",
  "[object Object]",
  "__proto__",
  "constructor",
  "(a+)+$",
  "[",
  "*",
  "x".repeat(70_000),
  "9999-12-31T23:59:59Z",
  "0000-01-01T00:00:00Z",
  "+275760-09-13T00:00:00.000Z",
  "2026-02-30T00:00:00Z",
  "http://[::1]/",
  "http://a:b@c",
  "https://x/",
  "javascript:a",
  "America/New_York",
  "Etc/Nowhere",
  "a@b",
  "+15550100",
  "tel:+1",
  "1".repeat(400),
  [],
  {},
  [[]],
  [null],
  { a: null },
  { __proto__: 1 },
  { toString: 1, length: -1 },
  { "": "" },
];
const edge = fc.constantFrom(...EDGES);

function typesOf({ type }: Schema): readonly string[] {
  return type === undefined ? [] : typeof type === "string" ? [type] : type;
}

/** What the schema asks for, mostly; now and then something else. */
function valueOf(schema: Schema, depth = 0): fc.Arbitrary<unknown> {
  return fc.oneof({ weight: 30, arbitrary: properValueOf(schema, depth) }, { weight: 1, arbitrary: edge });
}

function properValueOf(schema: Schema, depth: number): fc.Arbitrary<unknown> {
  if (schema.$ref !== undefined) {
    const target = description.components.schemas[schema.$ref.slice("#/components/schemas/".length)];
    return target === undefined || depth > 8 ? edge : properValueOf(target, depth + 1);
  }
  const choices = schema.anyOf ?? schema.oneOf ?? schema.allOf;
  if (choices !== undefined) return fc.oneof(...choices.map((choice) => properValueOf(choice, depth + 1)));
  if (schema.const !== undefined) return fc.constant(schema.const);
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum);
  const types = typesOf(schema);
  if (types.length === 0) return edge;
  return fc.oneof(...types.map((type) => valueOfType(type, schema, depth)));
}

function valueOfType(type: string, schema: Schema, depth: number): fc.Arbitrary<unknown> {
  switch (type) {
    case "null":
      return fc.constant(null);
    case "boolean":
      return fc.boolean();
    case "integer":
      return fc.oneof(
        fc.integer({ min: Math.max(schema.minimum ?? -5, -(2 ** 31)), max: Math.min(schema.maximum ?? 100, 2 ** 31 - 1) }),
        fc.constantFrom(...[schema.minimum ?? 0, schema.maximum ?? 2 ** 53]),
      );
    case "number":
      return fc.double({ min: schema.minimum ?? -1e6, max: schema.maximum ?? 1e6, noNaN: true });
    case "array":
      return fc.array(valueOf(schema.items ?? {}, depth + 1), { maxLength: Math.min(schema.maxItems ?? 3, 3) });
    case "object":
      return objectOf(schema, depth);
    default:
      return stringFor(schema);
  }
}

function objectOf({ properties = {}, required = [], additionalProperties }: Schema, depth: number): fc.Arbitrary<unknown> {
  if (Object.keys(properties).length === 0) {
    const inner = typeof additionalProperties === "object" ? valueOf(additionalProperties, depth + 1) : edge;
    return fc.dictionary(fc.oneof(fc.string({ maxLength: 8 }), fc.constantFrom("type", "text", "body", "to", "id", "__proto__")), inner, {
      maxKeys: 3,
    });
  }
  const fields = Object.fromEntries(Object.entries(properties).map(([name, inner]) => [name, valueOf(inner, depth + 1)]));
  return fc.record(fields, { requiredKeys: [...required] });
}

function stringFor({ format, maxLength = 40 }: Schema): fc.Arbitrary<unknown> {
  const known = fc.constantFrom(conversationId, newId(), "2026-11-28T12:00:00Z", "https://example.com/a", "hello", "en", "UTC");
  const longest = fc.constant("x".repeat(Math.min(maxLength, 100_000)));
  const made = fc.string({ unit: "grapheme", maxLength: 20 });
  return format === undefined ? fc.oneof(known, made, longest, edge) : fc.oneof({ weight: 4, arbitrary: known }, made);
}

interface Request {
  readonly path: Readonly<Record<string, unknown>>;
  readonly query: Readonly<Record<string, unknown>>;
  readonly body: unknown;
}

function requestOf({ parameters = [], requestBody }: Operation): fc.Arbitrary<Request> {
  const named = (place: string): Readonly<Record<string, fc.Arbitrary<unknown>>> =>
    Object.fromEntries(parameters.filter((parameter) => parameter.in === place).map(({ name, schema }) => [name, valueOf(schema)]));
  const schema = requestBody?.content["application/json"]?.schema;
  return fc.record({
    path: fc.record(
      Object.fromEntries(
        parameters
          .filter((p) => p.in === "path")
          .map(({ name, schema: inner }) => [name, fc.oneof({ weight: 8, arbitrary: fc.constant(conversationId) }, valueOf(inner))]),
      ),
    ),
    query: fc.record(named("query"), { requiredKeys: [] }),
    body: schema === undefined ? fc.constant(undefined) : valueOf(schema),
  });
}

function textFor(value: unknown): string {
  const text = typeof value === "string" ? value : value === undefined ? "" : JSON.stringify(value);
  return encodeURIComponent(text.toWellFormed().slice(0, 4_000));
}

function urlOf(path: string, request: Request): string {
  const query = Object.entries(request.query)
    .map(([name, value]) => `${name}=${textFor(value)}`)
    .join("&");
  return `${path.replaceAll(/\{(\w+)\}/g, (_match, name: string) => textFor(request.path[name]) || "-")}?${query}`;
}

it("is answered with success or with a reason, whatever it holds", async () => {
  const answered = new Map<number, number>();
  for (const [path, methods] of Object.entries(description.paths)) {
    for (const [method, operation] of Object.entries(methods)) {
      for (const request of fc.sample(requestOf(operation), { numRuns: 60, seed: 7 })) {
        const payload = request.body === undefined ? undefined : JSON.stringify(request.body);
        const asked = [method, urlOf(path, request), payload] as const;
        const status = await statusOf(asked);
        expect([...asked, status]).toSatisfy(([, , , code]: readonly unknown[]) => Number(code) < 500);
        answered.set(status, (answered.get(status) ?? 0) + 1);
      }
    }
  }
  // It goes beyond the schemas: much of it is done.
  expect(answered.get(200)).toBeGreaterThan(500);
});

async function statusOf([method, url, payload]: readonly [string, string, string | undefined]): Promise<number> {
  const type = payload === undefined ? {} : { "content-type": "application/json" };
  const answer = await http.app.inject({
    method: method.toUpperCase() as "GET",
    url,
    headers: { ...headers, "idempotency-key": newId(), ...type },
    ...(payload === undefined ? {} : { payload }),
  });
  return answer.statusCode;
}

it("content to send in which something was replaced", async () => {
  for (const content of readFixture("outbound-content.jsonl", z.record(z.string(), z.json()))) {
    for (const changed of fc.sample(mutated(content), { numRuns: 5, seed: 7 })) {
      const payload = jsonTextOf(changed);
      const status = await statusOf(["post", `/api/v1/conversations/${conversationId}/messages`, payload]);
      expect([payload, status]).toEqual([payload, expect.toSatisfy((code: number) => [202, 400, 409, 422].includes(code))]);
    }
  }
});
