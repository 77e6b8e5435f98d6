import { expect, test } from "vitest";
import { plainWords } from "./plain-words.ts";

test.each([
  ["*Hours:* _9_ to ~17~ 18, `Mo-Fr`", "Hours: 9 to 17 18, Mo-Fr"],
  ["*_both_* at https://a.example/x_y_z", "both at https://a.example/x_y_z"],
  ["5*6*7 and snake_case_name", "5*6*7 and snake_case_name"],
  ["> you said *eight*\nyes", "you said eight\nyes"],
  ["We have:\n- *rye*\n- seed\n1. today", "We have:\n• rye\n• seed\n\n1. today"],
  ["```\nORDER-7\n```", "ORDER-7"],
  ["*שעות* פתיחה", "שעות פתיחה"],
  ["*", "*"],
])("%j is read as %j", (text, words) => {
  expect(plainWords(text)).toBe(words);
});

test("a long text costs as much as its beginning", () => {
  expect(plainWords("*a* ".repeat(100_000)).length).toBeLessThan(1_000);
});
