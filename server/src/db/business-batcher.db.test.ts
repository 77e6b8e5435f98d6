// Proves that what is refused of one item stays with that one, whether PostgreSQL refuses it or it cannot even be written for PostgreSQL.
import { afterAll, beforeAll, expect, test as it } from "vitest";
import { createTestBusiness } from "../../test/support/test-business.ts";
import { createTestDatabase, type TestDatabase } from "../../test/support/test-database.ts";
import { newId, type BusinessId } from "../kernel/ids.ts";
import { createBusinessBatcher } from "./business-batcher.ts";
import { classifyDatabaseError } from "./classify-error.ts";
import { rowsOf } from "./parameters.ts";
import { defineQuery } from "./query.ts";

let test: TestDatabase;

beforeAll(async () => {
  test = await createTestDatabase();
});
afterAll(() => test.close());

const divide = defineQuery({
  name: "test.divide",
  role: "app",
  columns: { share: "int4" },
  params: { numbers: rowsOf({ by: "int4" }) },
  text: "select 100 / n.by as share from :numbers with ordinality as n join businesses b on b.id = :business order by n.ord",
});

it.each([
  ["refuses", 0],
  ["could not read", 1.5],
  ["has no room for", 2_147_483_648],
])("one item with what PostgreSQL %s fails alone", async (_what, by) => {
  const database = test.open();
  const { businessId } = await createTestBusiness(test.superuser);
  const share = createBusinessBatcher<number, number | undefined>({
    slots: 1,
    run: async (id, items) => {
      const rows = await database.forBusiness(id).run(divide, { numbers: items.map((item) => ({ by: item })) });
      return rows.map((row) => row.share);
    },
  });
  const [first, failed, last] = await Promise.allSettled([10, by, 20].map((item) => share(businessId, item)));
  expect([first, last]).toEqual([
    { status: "fulfilled", value: 10 },
    { status: "fulfilled", value: 5 },
  ]);
  expect(failed?.status === "rejected" && classifyDatabaseError(failed.reason)).toBe("data");
});

it("whoever waits is served in turn, by business", async () => {
  const served: string[] = [];
  const [many, few] = [newId<BusinessId>(), newId<BusinessId>()];
  const serve = createBusinessBatcher<string, undefined>({
    slots: 1,
    maxItems: 2,
    run: (_id, items) => {
      served.push(...items);
      return Promise.resolve(items.map(() => undefined));
    },
  });
  await Promise.all([...["a1", "a2", "a3", "a4"].map((item) => serve(many, item)), serve(few, "b1")]);
  expect(served.indexOf("b1")).toBe(1);
});
