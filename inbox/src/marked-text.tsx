// Owns: drawing a text as WhatsApp draws it: its marks, and links that can be followed. Never as HTML: what somebody wrote stays text.
import type { ReactNode } from "react";
import { readMarks, type Piece } from "./read-marks.ts";

export function MarkedText({ text }: { readonly text: string }) {
  return <>{readMarks(text).map(draw)}</>;
}

function draw(piece: Piece, index: number): ReactNode {
  switch (piece.kind) {
    case "text":
      return piece.text;
    case "link":
      return (
        <a key={index} href={piece.address} target="_blank" rel="noopener noreferrer nofollow" className="text-accent underline">
          {piece.text}
        </a>
      );
    case "code":
      return (
        <code key={index} className="rounded bg-raised px-1 font-mono text-[0.9em]">
          {piece.text}
        </code>
      );
    case "bold":
      return <strong key={index}>{piece.pieces.map(draw)}</strong>;
    case "italic":
      return <em key={index}>{piece.pieces.map(draw)}</em>;
    case "struck":
      return <s key={index}>{piece.pieces.map(draw)}</s>;
  }
}
