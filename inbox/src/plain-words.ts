// Owns: a text with WhatsApp's marks as plain words, where there is no room to draw them: in lists and quotes. Refuses to know: how they are drawn.
import { readMarks, type Piece } from "./read-marks.ts";

/** More is never seen of it; a text may be made to cost. */
const MAX_LETTERS = 1_000;

export function plainWords(text: string): string {
  return wordsOfAll(readMarks(text.slice(0, MAX_LETTERS))).trim();
}

function wordsOfAll(pieces: readonly Piece[]): string {
  return pieces.map(wordsOf).join("");
}

/** What has lines of its own is separated from what is beside it. */
function wordsOf(piece: Piece): string {
  switch (piece.kind) {
    case "text":
    case "link":
      return piece.text;
    case "code":
      return piece.isBlock ? `\n${piece.text}\n` : piece.text;
    case "bold":
    case "italic":
    case "struck":
      return wordsOfAll(piece.pieces);
    case "quote":
      return `\n${wordsOfAll(piece.pieces)}\n`;
    case "list":
      return `\n${piece.items.map((item) => `${item.number === undefined ? "•" : `${String(item.number)}.`} ${wordsOfAll(item.pieces)}`).join("\n")}\n`;
  }
}
