// Proves how the parameters of a query get their numbers, types and values, and that what is written wrongly does not load.
import { expect, test } from "vitest";
import { newId, type BusinessId } from "../kernel/ids.ts";
import { encodeParameters, rowsOf } from "./parameters.ts";
import { defineQuery } from "./query.ts";

const BUSINESS = newId<BusinessId>();

test("a parameter has one number and its type, wherever and however often it is named; the business is the first", () => {
  const query = defineQuery({
    name: "test.named",
    role: "app",
    columns: {},
    params: { messageId: "uuid", after: "timestamptz?", kinds: "text[]" },
    text: "select from messages where id = :messageId and kind = any (:kinds) and at > :after and business_id = :business and id <> :messageId",
  });
  expect(query.text).toBe(
    "-- test.named\nselect from messages where id = $2::uuid and kind = any ($3::text[]) and at > $4::timestamptz and business_id = $1::uuid and id <> $2::uuid",
  );
  expect(query.slots.map(({ type }) => type)).toEqual(["uuid", "uuid", "text[]", "timestamptz"]);
  const values = encodeParameters(query.slots, { messageId: "m", after: undefined, kinds: ["a"] }, BUSINESS);
  expect(values).toEqual([BUSINESS, "m", expect.any(Buffer), null]);
});

test("rows are a table with the columns of their fields, under their own name or another, with their position when it is asked for", () => {
  const query = defineQuery({
    name: "test.rows",
    role: "app",
    columns: {},
    params: { sends: rowsOf({ messageId: "uuid", settledTo: "int8?" }), limit: "int4" },
    text: "with input as (select * from :sends) select from :sends with ordinality as s, :sends as t limit :limit",
  });
  expect(query.text).toBe(
    "-- test.rows\nwith input as (select * from unnest((select $1::uuid[]), (select $2::int8[])) as sends (message_id, settled_to)) " +
      "select from unnest((select $1::uuid[]), (select $2::int8[])) with ordinality as s (message_id, settled_to, ord), " +
      "unnest((select $1::uuid[]), (select $2::int8[])) as t (message_id, settled_to) limit $3::int4",
  );
  expect(
    query.slots.map(({ read }) => read({ sends: [{ messageId: "m", settledTo: 3 }, { messageId: "n" }], limit: 5 }, BUSINESS)),
  ).toEqual([["m", "n"], [3, undefined], 5]);
});

test("casts, times and JSON in the text are no parameters", () => {
  const text = `select '12:30'::text, a.b::uuid[], '{"by": "inbox"}', c || ':' || d, 'split:identity'`;
  expect(defineQuery({ name: "test.text", role: "app", columns: {}, params: {}, text }).text).toBe(`-- test.text\n${text}`);
});

test("a parameter that is not declared, or not used, does not load", () => {
  const define = (text: string) => () => defineQuery({ name: "test.wrong", role: "app", columns: {}, params: { known: "text" }, text });
  expect(define("select :known, :unknown")).toThrow(":unknown is used, but not among the parameters");
  expect(define("select 1")).toThrow(":known is among the parameters, but not used");
});

test("a statement that is bound to a business does not run outside of one", () => {
  const { slots } = defineQuery({ name: "test.bound", role: "app", columns: {}, params: {}, text: "select :business" });
  expect(() => encodeParameters(slots, {}, undefined)).toThrow("runs outside of any");
});
