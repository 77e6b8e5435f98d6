// Proves that PostgreSQL reads of each binary array what was put into it, and refuses what it cannot hold as it refuses the same in text.
import fc from "fast-check";
import { afterAll, beforeAll, expect, test as it } from "vitest";
import { createTestDatabase, type TestDatabase } from "../../test/support/test-database.ts";
import { booleanArray, intArray, jsonbArray, textArray, timestampArray, uuidArray } from "./binary-arrays.ts";
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

async function expectSame<T>(
  type: string,
  { values, encode }: { values: fc.Arbitrary<T>; encode: (values: T[]) => Buffer },
): Promise<void> {
  await fc.assert(
    fc.asyncProperty(fc.array(values), async (list) => {
      const { rows } = await test.superuser.query<{ same: boolean }>(`select $1::${type}[] is not distinct from $2::${type}[] as same`, [
        encode(list),
        list,
      ]);
      expect(rows[0]?.same).toBe(true);
    }),
    { numRuns: 40 },
  );
}

it("reads texts, ids, numbers, truths, times and JSON as it reads them from text", async () => {
  await expectSame("text", { values: fc.option(NO_NUL), encode: textArray });
  await expectSame("uuid", { values: fc.option(fc.uuid()), encode: uuidArray });
  await expectSame("int", { values: fc.integer(), encode: intArray });
  await expectSame("boolean", { values: fc.boolean(), encode: booleanArray });
  await expectSame("timestamptz", { values: DATE, encode: timestampArray });
  await expectSame("jsonb", { values: fc.dictionary(NO_NUL, NO_NUL).map((value) => JSON.stringify(value)), encode: jsonbArray });
});

it("takes what is undefined for null, and both letter cases of an id", async () => {
  expect(await readBack("text", textArray([undefined, "", null, "NULL", "é😀"]))).toEqual([null, "", null, "NULL", "é😀"]);
  expect(await readBack("uuid", uuidArray(["01ABCDEF-0123-7abc-8def-0123456789AB"]))).toEqual(["01abcdef-0123-7abc-8def-0123456789ab"]);
});

it.each([
  ["an invalid date", "timestamptz", () => timestampArray([new Date(Number.NaN)])],
  ["a date before all that it can hold", "timestamptz", () => timestampArray([new Date(-8.64e15)])],
  ["U+0000", "text", () => textArray(["a\0b"])],
  ["what is no JSON", "jsonb", () => jsonbArray(["{"])],
])("refuses %s as data", async (_name, type, encode) => {
  const failure: unknown = await readBack(type, encode()).catch((error: unknown) => error);
  expect(classifyDatabaseError(failure)).toBe("data");
});

it.each(["", "0", "01abcdef-0123-7abc-8def-0123456789a", "01abcdef-0123-7abc-8def-0123456789abc", "01abcdef-0123-7abc-8def-0123456789ag"])(
  "takes no id that is none: %j",
  (value) => {
    expect(() => uuidArray([value])).toThrow("is no UUID");
  },
);

it("refuses an array of another type", async () => {
  await expect(readBack("uuid", textArray(["a"]))).rejects.toThrow("instead of expected 2950 (uuid)");
});
