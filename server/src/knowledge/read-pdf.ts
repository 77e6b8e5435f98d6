// Owns: the text of a PDF, page after page, so that no more than one page of a long file is held at a time and what is too long is not read to its end.
// Runs in a process of its own (run-text-work.ts), which also bounds what one page may unpack to. Refuses to know: what becomes of the text.
import { getDocumentProxy } from "unpdf";

type PdfDocument = Awaited<ReturnType<typeof getDocumentProxy>>;

type TextPart = Awaited<ReturnType<Awaited<ReturnType<PdfDocument["getPage"]>>["getTextContent"]>>;

/** Undefined: it is longer than that, and the rest was not read. */
export async function readPdf(bytes: Uint8Array, maxLength: number): Promise<string | undefined> {
  const document = await getDocumentProxy(new Uint8Array(bytes), { verbosity: 0 });
  try {
    const pages: string[] = [];
    let left = maxLength;
    for (let number = 1; number <= document.numPages; number += 1) {
      const text = await readPage(document, { number, maxLength: left });
      if (text === undefined) return undefined;
      left -= text.length;
      if (text !== "") pages.push(text);
    }
    return pages.join("\n\n");
  } finally {
    await document.loadingTask.destroy();
  }
}

async function readPage(
  document: PdfDocument,
  { number, maxLength }: { readonly number: number; readonly maxLength: number },
): Promise<string | undefined> {
  const page = await document.getPage(number);
  const reader = (page.streamTextContent() as ReadableStream<TextPart>).getReader();
  let text = "";
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    for (const item of part.value.items) if ("str" in item) text += item.hasEOL ? `${item.str}\n` : item.str;
    if (text.length > maxLength) {
      // cancel() needs a reason.
      await reader.cancel(new Error("The text is longer than it may be."));
      return undefined;
    }
  }
  page.cleanup();
  return text.trim();
}
