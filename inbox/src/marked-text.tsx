// Owns: drawing a text as WhatsApp draws it: its marks, its blocks, and links that can be followed. Never as HTML: what somebody wrote stays text.
import type { ReactNode } from "react";
import { readMarks, type Block, type ListItem, type Piece, type Words } from "./read-marks.ts";
import { SafeLink } from "./safe-link.tsx";

type Run = Block | { readonly kind: "words"; readonly pieces: readonly Words[] };

const LIST = "ps-6";

export function MarkedText({ text }: { readonly text: string }) {
  return <div className="flex flex-col gap-1">{runsOf(readMarks(text)).map(drawRun)}</div>;
}

function isBlock(piece: Piece): piece is Block {
  return piece.kind === "quote" || piece.kind === "list" || (piece.kind === "code" && piece.isBlock);
}

/** Words that stand beside each other are one paragraph. */
function runsOf(pieces: readonly Piece[]): readonly Run[] {
  const runs: Run[] = [];
  let words: Words[] = [];
  const flush = (): void => {
    if (words.length > 0) runs.push({ kind: "words", pieces: words });
    words = [];
  };
  for (const piece of pieces) {
    if (!isBlock(piece)) {
      words.push(piece);
      continue;
    }
    flush();
    runs.push(piece);
  }
  flush();
  return runs;
}

function drawRun(run: Run, index: number): ReactNode {
  switch (run.kind) {
    case "words":
      return (
        <p key={index} dir="auto">
          {run.pieces.map(draw)}
        </p>
      );
    case "quote":
      return (
        <blockquote key={index} dir="auto" className="border-s-2 border-line ps-2 text-soft">
          {run.pieces.map(draw)}
        </blockquote>
      );
    case "code":
      return (
        <pre key={index} className="rounded-md bg-raised px-2 py-1 font-mono text-[0.9em] break-words whitespace-pre-wrap">
          <code>{run.text}</code>
        </pre>
      );
    case "list":
      return drawList(run.items, index);
  }
}

function drawList(items: readonly ListItem[], index: number): ReactNode {
  const lines = items.map(({ number, pieces }, at) => (
    <li key={at} value={number}>
      {pieces.map(draw)}
    </li>
  ));
  return items[0]?.number === undefined ? (
    <ul key={index} dir="auto" className={`list-disc ${LIST}`}>
      {lines}
    </ul>
  ) : (
    <ol key={index} dir="auto" className={`list-decimal ${LIST}`}>
      {lines}
    </ol>
  );
}

function draw(piece: Words, index: number): ReactNode {
  switch (piece.kind) {
    case "text":
      return piece.text;
    case "link":
      return (
        <SafeLink key={index} address={piece.address}>
          {piece.text}
        </SafeLink>
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
