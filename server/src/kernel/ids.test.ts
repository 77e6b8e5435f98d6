import fc from "fast-check";
import { expect, test } from "vitest";
import { isUuid, newId, NO_BUSINESS } from "./ids.ts";

const UUID_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const LAST_MS = 2 ** 48 - 1;
const instant = fc.integer({ min: 0, max: LAST_MS });

test("every id is a UUID of version 7 that carries its instant", () => {
  fc.assert(
    fc.property(instant, (ms) => {
      const id = newId(ms);
      expect(id).toMatch(UUID_V7);
      expect(parseInt(id.replaceAll("-", "").slice(0, 12), 16)).toBe(ms);
    }),
  );
});

test("ids sort by their birth, as text and so in PostgreSQL", () => {
  fc.assert(
    fc.property(instant, instant, (one, other) => {
      fc.pre(one !== other);
      expect(newId(one) < newId(other)).toBe(one < other);
    }),
  );
});

test("a hundred thousand ids of one millisecond differ, in every random digit", () => {
  const ids = Array.from({ length: 100_000 }, () => newId(1_790_000_000_000));
  expect(new Set(ids).size).toBe(ids.length);
  const sample = ids.slice(0, 2_000);
  const constant = [...(sample[0] ?? "")].filter((digit, at) => at > 14 && digit !== "-" && sample.every((id) => id.charAt(at) === digit));
  expect(constant).toEqual([]);
  expect(new Set(ids.map((id) => id.charAt(19)))).toEqual(new Set(["8", "9", "a", "b"]));
});

test("isUuid takes every id of ours and nothing that PostgreSQL would refuse", () => {
  expect(isUuid(newId())).toBe(true);
  expect(isUuid(NO_BUSINESS)).toBe(true);
  expect(isUuid(newId().toUpperCase())).toBe(true);
  fc.assert(fc.property(fc.string(), (text) => !isUuid(text)));
  for (const near of ["", newId().slice(1), `${newId()} `, `${newId()}\n`, newId().replaceAll("-", ""), newId().replace("7", "g")])
    expect(isUuid(near)).toBe(false);
});
