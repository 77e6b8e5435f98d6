// Owns: the work on a text that somebody else wrote: reading the bytes of a file or page, cutting a text into its pieces and words. Pure. Runs in a
// process of its own (text-process.ts), never in one that answers others. Refuses to know: limits of time and memory.
import { chunkText, type Chunk } from "./chunk-text.ts";
import { vocabularyOf } from "./fold-text.ts";
import { MAX_CHUNKS, MAX_CHUNKS_LENGTH, type MediaType, type ReadOutcome, type TextMediaType } from "./media-types.ts";
import { readTable } from "./read-table.ts";

export type TextTask =
  | { readonly kind: "read"; readonly bytes: Uint8Array; readonly mediaType: MediaType; readonly charset: string | undefined }
  | { readonly kind: "cut"; readonly title: string; readonly body: string; readonly mediaType: TextMediaType };

export interface CutText {
  readonly chunks: readonly Chunk[];
  /** Distinct words of title and pieces. */
  readonly words: readonly string[];
}

/** A sentence: it has no pieces, or more than can be searched. */
export interface CutRefusal {
  readonly refused: string;
}

export type TextResult =
  | { readonly kind: "read"; readonly read: ReadOutcome }
  | { readonly kind: "cut"; readonly cut: CutText | CutRefusal };

export async function doTextTask(task: TextTask): Promise<TextResult> {
  if (task.kind === "read") {
    // What can read PDF and HTML is loaded only for them.
    const { readText } = await import("./read-text.ts");
    return { kind: "read", read: await readText(Buffer.from(task.bytes), task.mediaType, task.charset) };
  }
  return { kind: "cut", cut: cut(task) };
}

/** What is too much never leaves this process. */
function cut({ title, body, mediaType }: Extract<TextTask, { kind: "cut" }>): CutText | CutRefusal {
  const chunks = mediaType === "text/csv" ? readTable(body) : chunkText(body);
  if (chunks.length === 0) return { refused: "The text makes no pieces; there is nothing to search in it." };
  if (chunks.length > MAX_CHUNKS)
    return { refused: `The text makes more than ${String(MAX_CHUNKS)} pieces, which is the most of one text. Split it into several.` };
  const length = chunks.reduce((sum, { heading, body: piece }) => sum + heading.length + piece.length, 0);
  if (length > MAX_CHUNKS_LENGTH) {
    const most = String(MAX_CHUNKS_LENGTH);
    return {
      refused: `The pieces of the text, with their headings or columns' names, have more than ${most} characters. Split it into several.`,
    };
  }
  return { chunks, words: vocabularyOf([title, ...chunks.flatMap(({ heading, body: piece }) => [heading, piece])].join("\n")) };
}
