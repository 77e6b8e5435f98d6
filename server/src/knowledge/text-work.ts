// Owns: the work on a text that somebody else wrote: reading the bytes of a file or page, cutting a text into its pieces and words. Pure. Runs in a
// process of its own (text-process.ts), never in one that answers others. Refuses to know: limits.
import { chunkText, type Chunk } from "./chunk-text.ts";
import { vocabularyOf } from "./fold-text.ts";
import type { MediaType, ReadSource, TextMediaType } from "./media-types.ts";
import { readTable } from "./read-table.ts";

export type TextTask =
  | { readonly kind: "read"; readonly bytes: Uint8Array; readonly mediaType: MediaType; readonly charset: string | undefined }
  | { readonly kind: "cut"; readonly title: string; readonly body: string; readonly mediaType: TextMediaType };

export interface CutText {
  readonly chunks: readonly Chunk[];
  /** Distinct words of title and pieces. */
  readonly words: readonly string[];
}

export type TextResult = { readonly kind: "read"; readonly read: ReadSource } | { readonly kind: "cut"; readonly cut: CutText };

export async function doTextTask(task: TextTask): Promise<TextResult> {
  if (task.kind === "read") {
    // What can read PDF and HTML is loaded only for them.
    const { readText } = await import("./read-text.ts");
    return { kind: "read", read: await readText(Buffer.from(task.bytes), task.mediaType, task.charset) };
  }
  const chunks = task.mediaType === "text/csv" ? readTable(task.body) : chunkText(task.body);
  const words = vocabularyOf([task.title, ...chunks.flatMap(({ heading, body }) => [heading, body])].join("\n"));
  return { kind: "cut", cut: { chunks, words } };
}
