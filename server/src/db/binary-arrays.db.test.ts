// Proves that PostgreSQL reads of each binary array what was put into it, and refuses what it cannot hold as it refuses the same in text.
import fc from "fast-check";
import { afterAll, beforeAll, expect, test as it } from "vitest";
import { createTestDatabase, type TestDatabase } from "../../test/support/test-database.ts";
import { arrayEncoders as encode, type ArrayElements } from "./binary-arrays.ts";
import { classifyDatabaseError } from "./classify-error.ts";

let test: TestDatabase;

beforeAll(async () => {
  test = await createTestDatabase();
});
afterAll(() => test.close());

const NO_NUL = fc.string({ unit: "binary" }).map((text) => text.toWellFormed().replaceAll("\0", ""));
/** What PostgreSQL can show of a time with four digits of a year. */
const DATE = fc.date({ min: new Date("0001-01-02T00:00:00Z"), max: new Date("9999-12-30T00:00:00Z"), noInvalidDate: true });

async function readBack(type: string, array: Buffer): Promise<unknown> {
  const { rows } = await test.superuser.query<{ read: unknown }>(`select to_jsonb($1::${type}[]) as read`, [array]);
  return rows[0]?.read;
}

const VALUES: { readonly [Type in keyof ArrayElements]: fc.Arbitrary<ArrayElements[Type]> } = {
  text: NO_NUL,
  uuid: fc.uuid(),
  bool: fc.boolean(),
  int2: fc.integer({ min: -(2 ** 15), max: 2 ** 15 - 1 }),
  int4: fc.integer(),
  int8: fc.maxSafeInteger(),
  float4: fc.float(),
  float8: fc.double(),
  timestamptz: DATE,
  jsonb: fc.dictionary(NO_NUL, NO_NUL).map((value) => JSON.stringify(value)),
};

it.each(Object.keys(VALUES) as (keyof ArrayElements)[])("reads %s as it reads it from text", async (type) => {
  // What is the value before it is copied from there.
  const lists = fc.array(fc.option(VALUES[type] as fc.Arbitrary<unknown>)).map((values) => values.flatMap((value) => [value, value]));
  const property = fc.asyncProperty(lists, async (list) => {
    const { rows } = await test.superuser.query<{ same: boolean }>(`select $1::${type}[] is not distinct from $2::${type}[] as same`, [
      (encode[type] as (values: readonly unknown[]) => Buffer)(list),
      list,
    ]);
    expect(rows[0]?.same).toBe(true);
  });
  await fc.assert(property, { numRuns: 40 });
});

it("takes undefined as null, and an id in either case", async () => {
  expect(await readBack("text", encode.text([undefined, "", null, "NULL", "é😀"]))).toEqual([null, "", null, "NULL", "é😀"]);
  expect(await readBack("uuid", encode.uuid(["01ABCDEF-0123-7abc-8def-0123456789AB"]))).toEqual(["01abcdef-0123-7abc-8def-0123456789ab"]);
});

it.each([
  ["an invalid date", "timestamptz", () => encode.timestamptz([new Date(Number.NaN)])],
  ["a date before all that it can hold", "timestamptz", () => encode.timestamptz([new Date(-8.64e15)])],
  ["U+0000", "text", () => encode.text(["a\0b"])],
  ["what is no JSON", "jsonb", () => encode.jsonb(["{"])],
])("refuses %s as data", async (_name, type, encoded) => {
  const failure: unknown = await readBack(type, encoded()).catch((error: unknown) => error);
  expect(classifyDatabaseError(failure)).toBe("data");
});

it.each<readonly [type: keyof ArrayElements, value: string | number]>([
  ["int2", 32_768],
  ["int4", 1.5],
  ["int4", -2_147_483_649],
  ["int4", Number.NaN],
  ["int8", 0.1],
  ["int8", 2 ** 63],
  ["float4", 1e39],
  ["uuid", ""],
  ["uuid", "0"],
  ["uuid", "01abcdef-0123-7abc-8def-0123456789a"],
  ["uuid", "01abcdef-0123-7abc-8def-0123456789abc"],
  ["uuid", "01abcdef-0123-7abc-8def-0123456789ag"],
])("refuses as data, as PostgreSQL does in text, what is no %s: %j", async (type, value) => {
  const encoded = async (): Promise<unknown> => (encode[type] as (values: readonly unknown[]) => Buffer)([value]);
  const written = (): Promise<unknown> => test.superuser.query(`select $1::${type}[]`, [[value]]);
  for (const attempt of [encoded, written]) {
    const failure: unknown = await attempt().catch((error: unknown) => error);
    expect(classifyDatabaseError(failure)).toBe("data");
  }
});

it("refuses an array of another type", async () => {
  await expect(readBack("uuid", encode.text(["a"]))).rejects.toThrow("instead of expected 2950 (uuid)");
});
