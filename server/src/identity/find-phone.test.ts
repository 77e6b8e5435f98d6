import fc from "fast-check";
import { expect, test } from "vitest";
import { phoneVariantsOf } from "./find-phone.ts";

test.for([
  ["Brazil, mobile with the ninth digit", "5531987654321", ["553187654321"]],
  ["Brazil, mobile without the ninth digit", "553187654321", ["5531987654321"]],
  ["Brazil, landline", "553132654321", []],
  ["Brazil, nine digits that would become a landline", "5531932654321", []],
  ["Mexico, old", "5215512345678", ["525512345678"]],
  ["Mexico, new", "525512345678", ["5215512345678"]],
  ["Argentina, mobile", "5491123456789", ["541123456789"]],
  ["Argentina, perhaps a landline", "541123456789", []],
  ["Benin, old", "22990011223", ["2290190011223"]],
  ["Benin, new", "2290190011223", ["22990011223"]],
  ["United States", "12025550147", []],
  ["a LID", "882880134910105", []],
  ["nothing", "", []],
] as const)("%s: %s", ([, phone, variants]) => {
  expect(phoneVariantsOf(phone)).toEqual(variants);
});

test("a variant is digits, of the same country, and never the number itself", () => {
  fc.assert(
    fc.property(
      fc.constantFrom("55", "52", "521", "549", "54", "229", "22901", "1", "49"),
      fc.stringMatching(/^\d{6,12}$/),
      (country, rest) => {
        for (const variant of phoneVariantsOf(country + rest)) {
          expect(variant).toMatch(/^\d+$/);
          expect(variant).not.toBe(country + rest);
          expect(variant.slice(0, 2)).toBe((country + rest).slice(0, 2));
        }
      },
    ),
  );
});
