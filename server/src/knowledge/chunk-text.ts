// Owns: cutting a text into the pieces that are searched and answered with. Pure: the same text always gives the same pieces.

export interface Chunk {
  /** The headings above it, or the question that it answers. */
  readonly heading: string;
  readonly body: string;
}

export interface ChunkSizes {
  /** A piece ends before it grows beyond this, unless a single sentence does. */
  readonly target: number;
  /** A sentence that is longer than this is cut between words, or as a last resort inside one. */
  readonly longest: number;
  /** This much of the end of a piece, in whole sentences, is repeated at the start of the next one of the same section. */
  readonly overlap: number;
}

export const CHUNK_SIZES: ChunkSizes = { target: 800, longest: 1_200, overlap: 120 };

const BULLET = /^\s*(?:[-*+•]|\d{1,3}[.)])\s+/;
const segmenter = new Intl.Segmenter("und", { granularity: "sentence" });
const MAX_HEADING = 200;

interface Section {
  readonly heading: string;
  readonly paragraphs: readonly string[];
}

/** A Markdown heading without its closing marks. Looks at both ends: an expression for the whole line takes quadratic time when it is full of spaces. */
function headingOf(line: string): { readonly level: number; readonly title: string } | undefined {
  const level = /^#{1,6}(?=\s)/.exec(line)?.[0].length;
  if (level === undefined) return undefined;
  const inner = line.slice(level).trim();
  let end = inner.length;
  while (end > 0 && inner[end - 1] === "#") end -= 1;
  // Marks close a heading only after a space ("# C#" is about C#); a heading of nothing but marks has them as its title.
  const title = /\s/.test(inner[end - 1] ?? "") ? inner.slice(0, end).trimEnd() : inner;
  return inner === "" ? undefined : { level, title };
}

function sectionsOf(text: string): readonly Section[] {
  const sections: { heading: string; paragraphs: string[] }[] = [{ heading: "", paragraphs: [] }];
  const path: string[] = [];
  let lines: string[] = [];
  const endParagraph = (): void => {
    const paragraph = lines.join("\n").trim();
    if (paragraph !== "") sections.at(-1)?.paragraphs.push(paragraph);
    lines = [];
  };
  for (const line of text.replace(/\r\n?/g, "\n").split("\n")) {
    const heading = headingOf(line);
    if (heading !== undefined) {
      endParagraph();
      path.length = Math.min(path.length, heading.level - 1);
      path[heading.level - 1] = heading.title.slice(0, MAX_HEADING);
      sections.push({ heading: path.filter(Boolean).join(" › ").slice(-MAX_HEADING), paragraphs: [] });
    } else if (line.trim() === "") endParagraph();
    else lines.push(line.trimEnd());
  }
  endParagraph();
  return sections.filter(({ paragraphs }) => paragraphs.length > 0);
}

function cutLong(sentence: string, longest: number): readonly string[] {
  const pieces: string[] = [];
  let rest = sentence;
  while (rest.length > longest) {
    const space = rest.lastIndexOf(" ", longest);
    const end = space > longest / 2 ? space : safeEnd(rest, longest);
    pieces.push(rest.slice(0, end).trimEnd());
    rest = rest.slice(end).trimStart();
  }
  return rest === "" ? pieces : [...pieces, rest];
}

/** Never between the halves of a character beyond the basic plane. */
function safeEnd(text: string, end: number): number {
  return /[\uD800-\uDBFF]/.test(text.charAt(end - 1)) ? end - 1 : end;
}

const sentencesOf = (line: string): readonly string[] =>
  [...segmenter.segment(line)].map(({ segment }) => segment.trim()).filter((sentence) => sentence !== "");

interface Unit {
  readonly text: string;
  /** What separates it from the one before. */
  readonly joint: "\n\n" | "\n" | " ";
}

/** Whole paragraphs where they fit, else lines of lists, else sentences. */
function unitsOf(paragraphs: readonly string[], { target, longest }: ChunkSizes): readonly Unit[] {
  return paragraphs.flatMap((paragraph): readonly Unit[] => {
    if (paragraph.length <= target) return [{ text: paragraph, joint: "\n\n" }];
    const lines = paragraph.split("\n").some((line) => BULLET.test(line)) ? paragraph.split("\n") : [paragraph.replaceAll("\n", " ")];
    return lines.flatMap((line, index) => {
      const pieces = line.length <= target ? [line] : sentencesOf(line).flatMap((sentence) => cutLong(sentence, longest));
      return pieces.map((text, piece): Unit => ({ text, joint: piece > 0 ? " " : index > 0 ? "\n" : "\n\n" }));
    });
  });
}

function joinUnits(units: readonly Unit[]): string {
  return units.map(({ text, joint }, index) => (index === 0 ? text : joint + text)).join("");
}

/** Units at the end that are sentences of a cut paragraph, as many as fit into the overlap. */
function overlapOf(units: readonly Unit[], overlap: number): readonly Unit[] {
  const taken: Unit[] = [];
  let length = 0;
  for (const unit of units.toReversed()) {
    length += unit.text.length + 1;
    if (length > overlap) break;
    taken.unshift(unit);
  }
  return taken.length === units.length ? [] : taken;
}

function packSection({ heading, paragraphs }: Section, sizes: ChunkSizes): readonly Chunk[] {
  const chunks: Chunk[] = [];
  let units: Unit[] = [];
  let length = 0;
  for (const unit of unitsOf(paragraphs, sizes)) {
    if (units.length > 0 && length + unit.joint.length + unit.text.length > sizes.target) {
      chunks.push({ heading, body: joinUnits(units) });
      // Only what continues in the middle of a paragraph needs to know what was said just before.
      units = unit.joint === " " ? [...overlapOf(units, sizes.overlap)] : [];
      length = joinUnits(units).length;
    }
    length += (units.length > 0 ? unit.joint.length : 0) + unit.text.length;
    units.push(unit);
  }
  return units.length === 0 ? chunks : [...chunks, { heading, body: joinUnits(units) }];
}

/** Headings are Markdown headings. Two sections never share a piece, so a piece is about what its heading says. */
export function chunkText(text: string, sizes: ChunkSizes = CHUNK_SIZES): readonly Chunk[] {
  return sectionsOf(text).flatMap((section) => packSection(section, sizes));
}
