import { expect, test } from "vitest";
import { readMarks, type Piece } from "./read-marks.ts";

/** As a person would write the tree down. */
function told(pieces: readonly Piece[]): string {
  return pieces
    .map((piece) => {
      if (piece.kind === "text") return piece.text;
      if (piece.kind === "link") return `<${piece.address}>`;
      return piece.kind === "code" ? `{code ${piece.text}}` : `{${piece.kind} ${told(piece.pieces)}}`;
    })
    .join("");
}

test.each([
  ["*bold* _italic_ ~struck~ `code`", "{bold bold} {italic italic} {struck struck} {code code}"],
  ["*_both_*", "{bold {italic both}}"],
  ["```let *a* = 1;```", "{code let *a* = 1;}"],
  ["5*6*7 and snake_case_name", "5*6*7 and snake_case_name"],
  ["* not a mark * and *never closed", "* not a mark * and *never closed"],
  ["two *lines\nof* text", "two *lines\nof* text"],
  ["see https://a.example/x_y_z?q=*1*, please", "see <https://a.example/x_y_z?q=*1>*, please"],
  ["(www.a.example) mailto:a@b.example", "(<https://www.a.example>) <mailto:a@b.example>"],
  ["*https://a.example*", "{bold <https://a.example>}"],
  ["javascript:alert(1) data:text/html,x", "javascript:alert(1) data:text/html,x"],
  ["*שעות* _ok_", "{bold שעות} {italic ok}"],
  ["", ""],
])("%j is drawn as %j", (text, drawn) => {
  expect(told(readMarks(text))).toBe(drawn);
});

test.each(["*", "*a ", "a* ", "_", "~a", "`", "```", "http://a ", "http://a", "*_", "a", "\n", "www.", "*a*"])(
  "a text of nothing but %j costs one walk",
  (piece) => {
    const before = process.cpuUsage();
    readMarks(piece.repeat(Math.ceil(100_000 / piece.length)));
    expect(process.cpuUsage(before).user).toBeLessThan(3_000_000);
  },
);
