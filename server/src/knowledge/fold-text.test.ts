import { expect, test } from "vitest";
import { vocabularyOf } from "./fold-text.ts";

test("a word is as long as the database counts it: letters beyond the basic plane are one each", () => {
  expect(vocabularyOf("\u{1D5D5}\u{1D5D6} 𑘁𐺙 𑘁𐺙𑘁")).toEqual(["𑘁𐺙𑘁"]);
  expect(vocabularyOf(`${"𐺙".repeat(40)} ${"a".repeat(41)} ${"𑘁".repeat(41)}`)).toEqual(["𐺙".repeat(40)]);
});
