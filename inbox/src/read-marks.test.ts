import { expect, test } from "vitest";
import { readMarks, type Piece } from "./read-marks.ts";

/** As a person would write the tree down. */
function told(pieces: readonly Piece[]): string {
  return pieces
    .map((piece) => {
      switch (piece.kind) {
        case "text":
          return piece.text;
        case "link":
          return `<${piece.text === piece.address ? piece.address : `${piece.text} to ${piece.address}`}>`;
        case "code":
          return `{${piece.isBlock ? "block" : "code"} ${piece.text}}`;
        case "list":
          return piece.items.map((item) => `{${item.number ?? "-"} ${told(item.pieces)}}`).join("");
        default:
          return `{${piece.kind} ${told(piece.pieces)}}`;
      }
    })
    .join("");
}

const RLO = "\u202e";
const ISOLATE = "\u2068";
const END_OF_ISOLATE = "\u2069";

test.each([
  ["*bold* _italic_ ~struck~ `code`", "{bold bold} {italic italic} {struck struck} {code code}"],
  ["*_both_* _*both*_ ~*_all_*~", "{bold {italic both}} {italic {bold both}} {struck {bold {italic all}}}"],
  ["*bold with _italic_ in it*", "{bold bold with {italic italic} in it}"],
  ["**twice** __init__", "*{bold twice}* _{italic init}_"],
  ['(*bold*), "_italic_"!', '({bold bold}), "{italic italic}"!'],
  ["5*6*7 and snake_case_name", "5*6*7 and snake_case_name"],
  ["a*b*c _snake_case_", "a*b*c {italic snake_case}"],
  ["שָׁ*לום* हि*न्दी* 𝒂*b* *b*𝒂", "שָׁ*לום* हि*न्दी* 𝒂*b* *b*𝒂"],
  ["so * not a mark * and *never closed", "so * not a mark * and *never closed"],
  ["two *lines\nof* text", "two *lines\nof* text"],
  ["*https://a.example/*", "{bold <https://a.example/>}"],
  ["*שעות* _ok_", "{bold שעות} {italic ok}"],
  ["", ""],
])("the marks of %j are drawn as %j", (text, drawn) => {
  expect(told(readMarks(text))).toBe(drawn);
});

test.each([
  ["```let *a* = 1;```", "{block let *a* = 1;}"],
  ["before\n```\nlet *a*;\n- b\n```\nafter", "before{block let *a*;\n- b}after"],
  ["say ```x``` or ```y```", "say {code x} or {code y}"],
  ["``` never closed", "``` never closed"],
  ["``````", "``````"],
  ["> quoted *twice*\n> and more\nanswer", "{quote quoted {bold twice}\nand more}answer"],
  ["3 > 2\n>:( \n>", "3 > 2\n>:( \n>"],
  ["List:\n- one\n* _two_\nend", "List:{- one}{- {italic two}}end"],
  ["1. one\n2. two\n10. ten", "{1 one}{2 two}{10 ten}"],
  ["- one\n1. first", "{- one}{1 first}"],
  ["-5 degrees\n1.5 litres\n- \n2024. was good", "-5 degrees\n1.5 litres\n- \n2024. was good"],
  ["* bullet * and *bold*", "{- bullet * and {bold bold}}"],
])("the lines of %j are drawn as %j", (text, drawn) => {
  expect(told(readMarks(text))).toBe(drawn);
});

test.each([
  ["see https://a.example/x_y_z?q=*1*, please", "see <https://a.example/x_y_z?q=*1>*, please"],
  ["https://en.wikipedia.org/wiki/Foo_(bar)", "<https://en.wikipedia.org/wiki/Foo_(bar)>"],
  ["(see https://en.wikipedia.org/wiki/Foo_(bar)).", "(see <https://en.wikipedia.org/wiki/Foo_(bar)>)."],
  ["https://a.example/(a)_(b), [https://a.example/x]", "<https://a.example/(a)_(b)>, [<https://a.example/x>]"],
  ["(www.a.example/m) mailto:a@b.example", "(<www.a.example/m to https://www.a.example/m>) <mailto:a@b.example>"],
  ["call tel:+12025550100, or tel:me", "call <tel:+12025550100>, or tel:me"],
  ["hotel:5 awww.sweet.example xhttps://a.example/", "hotel:5 awww.sweet.example xhttps://a.example/"],
  ["javascript:alert(1) data:text/html,x file:///etc/passwd", "javascript:alert(1) data:text/html,x file:///etc/passwd"],
  ["https:// http://. www.", "https:// http://. www."],
  ["https://אתר.example/דף", "<https://אתר.example/דף>"],
])("the links of %j are drawn as %j", (text, drawn) => {
  expect(told(readMarks(text))).toBe(drawn);
});

test.each([
  "https://paypal.com@evil.example/",
  "https://user:secret@evil.example/",
  "www.paypal.com@evil.example/",
  "https://paypal.com\u2215login.evil.example/",
  "https://paypal.com\uff20evil.example/",
])("%j shows another host than it leads to, and cannot be followed", (text) => {
  expect(readMarks(text).filter(({ kind }) => kind === "link")).toEqual([]);
  expect(told(readMarks(text))).toBe(text);
});

test("signs that turn the order of letters round are no part of a link", () => {
  expect(told(readMarks(`https://evil.example/${RLO}gpj.exe`))).toBe("<https://evil.example/gpj.exe>");
  expect(told(readMarks(`https://good${RLO}.example/a`))).toBe("<https://good.example/a>");
  expect(told(readMarks(`${ISOLATE}https://a.example/b.${END_OF_ISOLATE} ok`))).toBe(
    `${ISOLATE}<https://a.example/b>.${END_OF_ISOLATE} ok`,
  );
});

test.each([
  ..."*|*a |a* |_|~a|`|```|```a```|``` |http://a |http://a|*_|a|www.|*a*|> |- a|1. |http://a(|http://a)|(|\u202e|tel:|mailto:|@".split("|"),
  "\n",
  "> a\n",
  "- a\n",
  "1. a\n",
  "```a\n```\n",
  "https://a.example/\u202e",
])("a text of nothing but %j costs one walk", (piece) => {
  const before = process.cpuUsage();
  readMarks(piece.repeat(Math.ceil(100_000 / piece.length)));
  readMarks(`http://a${piece.repeat(Math.ceil(100_000 / piece.length))}`);
  expect(process.cpuUsage(before).user).toBeLessThan(3_000_000);
});
