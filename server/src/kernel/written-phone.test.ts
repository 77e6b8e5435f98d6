import { expect, test } from "vitest";
import { readWrittenPhone } from "./written-phone.ts";

test.each([
  ["+49 30/1234-567", "49301234567"],
  ["0049 30 1234567", "49301234567"],
  ["00 1 (202) 555-0147", "12025550147"],
  ["\u202A+1 202 555 0147\u202C", "12025550147"],
  ["\u2066+1\u00A0202\u00A0555\u20110147\u2069", "12025550147"],
  ["+1\u2009202\u202F555\u30000147\u200E", "12025550147"],
  ["\uFEFF+1 202 555 0147\u200B", "12025550147"],
  ["tel:+49-30-1234567", "49301234567"],
  ["TEL:%2B4930%201234567", "49301234567"],
  ["whatsapp:+4930 1234567", "49301234567"],
  ["+49 (0)30 1234567", "49301234567"],
  ["+49(0) 30 1234567", "49301234567"],
  ["0049 ( 0 ) 30 1234567", "49301234567"],
  ["(+49) 30 1234567", "49301234567"],
  ["＋１２０２５５５０１４７", "12025550147"],
  ["+٩٧١ ٥٠ ١٢٣ ٤٥٦٧", "971501234567"],
  ["۰۰۹۸ ۹۱۲ ۳۴۵ ۶۷۸۹", "989123456789"],
  ["+९१ ९८७६५ ४३२१०", "919876543210"],
  ["+1−202–555—0147", "12025550147"],
  ["12025550147", "12025550147"],
  ["+39 06 1234567", "39061234567"],
  ["https://wa.me/12025550147?text=hi", "12025550147"],
  ["whatsapp://send?phone=+12025550147", "12025550147"],
  ["https://web.whatsapp.com/send?phone=12025550147&text=hi", "12025550147"],
  ["12025550147:12@s.whatsapp.net", "12025550147"],
  ["WA.me/+12025550147", "12025550147"],
  ["https://api.whatsapp.com/send?phone=%2B12025550147&text=hi", "12025550147"],
  ["12025550147@s.whatsapp.net", "12025550147"],
  ["12025550147@c.us", "12025550147"],
])("%j is %s", (written, digits) => {
  expect(readWrittenPhone(written)).toEqual({ outcome: "read", digits });
});

test.each([
  ["030 1234567", /country code/],
  ["(0) 30 1234567", /country code/],
  ["011 49 30 1234567", /country code/],
  ["+0049 30 1234567", /country code/],
  ["+39 (0)6 1234567", /parentheses/],
  ["+49 30 1234567 / +49 30 1234568", /one international number/],
  ["+49 30 1234567 ext. 5", /one international number/],
  ["tel:+49301234567;ext=5", /extension/],
  ["tel:1234567;phone-context=+4930", /extension/],
  ["https://wa.me/qr/ABC", /one international number/],
  ["https://wa.me.evil.example/12025550147", /one international number/],
  ["81203344556677@lid", /one international number/],
  ["call me", /one international number/],
  ["", /one international number/],
  ["+", /one international number/],
  ["()", /5 to 15 digits/],
  ["+1234", /5 to 15 digits/],
  ["+1202555014712025550147", /5 to 15 digits/],
])("%j is refused with a sentence", (written, reason) => {
  expect(readWrittenPhone(written)).toEqual({ outcome: "refused", reason: expect.stringMatching(reason) });
});

test("a number without end costs one walk", () => {
  for (const written of ["(0)".repeat(100_000), "1 ".repeat(100_000), " ".repeat(200_000)])
    expect(readWrittenPhone(written).outcome).toBe("refused");
});
