// Proves that files which were made to be expensive are read in one pass, or given up, and that nothing else waits for them.
import { deflateSync } from "node:zlib";
import { expect, it } from "vitest";
import { newId, type BusinessId } from "../kernel/ids.ts";
import type { MediaType, ReadOutcome } from "./media-types.ts";
import { plainMarkdown } from "./plain-markdown.ts";
import { readPdf } from "./read-pdf.ts";
import { readSource } from "./read-source.ts";
import { createTextWork, type TextWorkLimits } from "./run-text-work.ts";

const LENGTH = 1_900_000;
const filled = (piece: string): Buffer => Buffer.from(piece.repeat(Math.ceil(LENGTH / piece.length)).slice(0, LENGTH));
const business = newId<BusinessId>();
const other = newId<BusinessId>();

const read = (bytes: Buffer, mediaType: MediaType, limits?: TextWorkLimits): Promise<ReadOutcome> =>
  readSource(business, { bytes, mediaType }, ...(limits === undefined ? [] : [createTextWork(limits)]));

/** A PDF with these pages: what draws each of them. */
function pdfOf(pages: readonly Buffer[]): Buffer {
  const kids = pages.map((_, index) => `${String(4 + 2 * index)} 0 R`).join(" ");
  const objects = [
    "<< /Type /Catalog /Pages 2 0 R >>",
    `<< /Type /Pages /Kids [${kids}] /Count ${String(pages.length)} >>`,
    "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ...pages.flatMap((page, index) => {
      const content = deflateSync(page);
      const contents = `/Contents ${String(5 + 2 * index)} 0 R /Resources << /Font << /F1 3 0 R >> >>`;
      return [
        `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 200] ${contents} >>`,
        Buffer.concat([
          Buffer.from(`<< /Length ${String(content.length)} /Filter /FlateDecode >>\nstream\n`),
          content,
          Buffer.from("\nendstream"),
        ]),
      ];
    }),
  ];
  const parts: Buffer[] = [Buffer.from("%PDF-1.4\n")];
  let at = 9;
  const offsets: number[] = [];
  for (const [index, object] of objects.entries()) {
    offsets.push(at);
    const part = Buffer.concat([Buffer.from(`${String(index + 1)} 0 obj\n`), Buffer.from(object), Buffer.from("\nendobj\n")]);
    at += part.length;
    parts.push(part);
  }
  const table = offsets.map((offset) => `${String(offset).padStart(10, "0")} 00000 n \n`).join("");
  const size = String(objects.length + 1);
  const end = `xref\n0 ${size}\n0000000000 65535 f \n${table}trailer << /Size ${size} /Root 1 0 R >>\nstartxref\n${String(at)}\n%%EOF`;
  return Buffer.concat([...parts, Buffer.from(end)]);
}

const shown = (text: string): Buffer => Buffer.from(`BT /F1 12 Tf (${text}) Tj ET `);
const pdfOfBlanks = (bytes: number): Buffer => pdfOf([Buffer.concat([shown("Hello"), Buffer.alloc(bytes, " ")])]);

it("a PDF is read", async () => {
  expect(await read(pdfOfBlanks(10), "application/pdf")).toMatchObject({ outcome: "read", text: "Hello" });
});

it("the pages of a PDF are read in their order", async () => {
  const pages = Array.from({ length: 300 }, (_, number) => `Page ${String(number)}`);
  expect(await read(pdfOf(pages.map(shown)), "application/pdf")).toMatchObject({ outcome: "read", text: pages.join("\n\n") });
});

it("a PDF of more text than is kept is read up to there, and the sentence says so", async () => {
  const page = Buffer.concat(Array.from({ length: 200 }, () => shown("word ".repeat(10))));
  // All its pages at once take more memory than there is.
  expect(await read(pdfOf(Array.from({ length: 5_000 }, () => page)), "application/pdf", { timeoutMs: 50_000 })).toEqual({
    outcome: "refused",
    reason: "The text is longer than 2000000 characters. Split it into several.",
  });
  const one = (await readPdf(pdfOf([page]), 20_000)) ?? "";
  expect(one).toMatch(/^word word/);
  expect(await readPdf(pdfOf([page, page]), 2 * one.length)).toBe(`${one}\n\n${one}`);
  expect(await readPdf(pdfOf([page, page]), 2 * one.length - 1)).toBeUndefined();
  expect(await readPdf(pdfOf([page]), one.length - 1)).toBeUndefined();
}, 60_000);

it("a small PDF that unpacks to hundreds of megabytes is given up with a sentence, takes no memory of ours and holds nobody up", async () => {
  const bytes = pdfOfBlanks(300_000_000);
  expect(bytes.length).toBeLessThan(1_000_000);
  const before = process.memoryUsage.rss();
  const run = createTextWork({ memoryMb: 200 });
  let isOver = false;
  const bomb = readSource(business, { bytes, mediaType: "application/pdf" }, run).finally(() => (isOver = true));
  expect(await readSource(other, { bytes: Buffer.from("Open from 9."), mediaType: "text/plain" }, run)).toMatchObject({ outcome: "read" });
  expect(isOver).toBe(false);
  expect(await bomb).toEqual({ outcome: "refused", reason: expect.stringMatching(/too much memory|within/) });
  expect(process.memoryUsage.rss() - before).toBeLessThan(200_000_000);
});

it("what takes too long is given up with a sentence", async () => {
  expect(await read(filled("word "), "text/plain", { timeoutMs: 1 })).toEqual({
    outcome: "refused",
    reason: expect.stringMatching(/could not be read as text\/plain within 1 ms/),
  });
});

it("what takes too much memory is given up with a sentence, and the process goes on", async () => {
  expect(await read(filled("<b>a"), "text/html", { memoryMb: 8 })).toEqual({
    outcome: "refused",
    reason: expect.stringContaining("too much memory"),
  });
});

it("one business's files take one of the places, so that another's is read before the first of them ends, and too many that wait are told so", async () => {
  // Places and share are those of the service: a higher share would leave no place for the other business.
  const run = createTextWork({ maxWaitingPerBusiness: 2 });
  // Takes several times as long as a process to start, however busy the machine is.
  const costly = { bytes: Buffer.from("<div>".repeat(40_000)), mediaType: "text/html" } as const;
  const ended: string[] = [];
  const slow = [1, 2, 3].map(() => readSource(business, costly, run).then(() => ended.push("slow")));
  const tooMany = readSource(business, costly, run);
  const quick = readSource(other, { bytes: Buffer.from("Open from 9."), mediaType: "text/plain" }, run);
  const endedBefore = quick.then(() => [...ended]);
  expect(await quick).toMatchObject({ outcome: "read", text: "Open from 9." });
  expect(await endedBefore).toEqual([]);
  expect(await tooMany).toMatchObject({ outcome: "busy" });
  await Promise.all(slow);
});

it.each<[MediaType, string]>([
  ["text/markdown", "**a "],
  ["text/markdown", "__a "],
  ["text/markdown", "<!--"],
  ["text/markdown", "!["],
  ["text/markdown", "[a]("],
  ["text/markdown", "]("],
  ["text/html", "<title"],
  ["text/html", "<p><title>a</p>"],
])("%s of nothing but %s is read", async (mediaType, piece) => {
  expect(await read(filled(piece), mediaType)).not.toMatchObject({ reason: expect.stringContaining("within") });
});

it("a page has its title, a text its first heading", async () => {
  expect(await read(Buffer.from("<html><head><TITLE lang=en>A &amp; B</TITLE></head><body><p>Hi</p></body></html>"), "text/html")).toEqual({
    outcome: "read",
    text: "Hi",
    mediaType: "text/markdown",
    title: "A & B",
  });
  expect(await read(Buffer.from("# Hours\n\nNine **to** six."), "text/markdown")).toMatchObject({
    title: "Hours",
    text: "# Hours\n\nNine to six.",
  });
});

it.each([
  ["**bold** and __strong__", "bold and strong"],
  ["2 ** 3 ** 4", "2 ** 3 ** 4"],
  ["**a ** b** c", "a ** b c"],
  ["**never closed", "**never closed"],
  ['see [us](https://a.example/x "Us") now', "see us (https://a.example/x) now"],
  ["[https://a.example](https://a.example)", "https://a.example"],
  ["[mail](mailto:a@b.c)", "mail"],
  ["![a plan](plan.png) here", "a plan here"],
  ["[a](b c)", "[a](b c)"],
  ["one <!-- two --> three <!-- four", "one  three <!-- four"],
  ["---\ntitle: x\n---\nbody", "body"],
])("%s becomes %s", (markdown, plain) => {
  expect(plainMarkdown(markdown)).toBe(plain);
});
