// Proves that files which were made to cost are read in one walk, or given up, and that nothing else stands still meanwhile.
import { deflateSync } from "node:zlib";
import { expect, it } from "vitest";
import { newId, type BusinessId } from "../kernel/ids.ts";
import type { MediaType, ReadSource } from "./media-types.ts";
import { plainMarkdown } from "./plain-markdown.ts";
import { readSource } from "./read-source.ts";
import { createTextWork, type TextWorkLimits } from "./run-text-work.ts";

const LENGTH = 1_900_000;
const filled = (piece: string): Buffer => Buffer.from(piece.repeat(Math.ceil(LENGTH / piece.length)).slice(0, LENGTH));
const business = newId<BusinessId>();
const other = newId<BusinessId>();

const read = (bytes: Buffer, mediaType: MediaType, limits?: TextWorkLimits): Promise<ReadSource> =>
  readSource(business, { bytes, mediaType }, ...(limits === undefined ? [] : [createTextWork(limits)]));

/** A PDF of one page, whose content is so many bytes of blanks, packed. */
function pdfOfBlanks(bytes: number): Buffer {
  const content = deflateSync(Buffer.concat([Buffer.from("BT /F1 12 Tf (Hello) Tj ET"), Buffer.alloc(bytes, " ")]));
  const objects = [
    "<< /Type /Catalog /Pages 2 0 R >>",
    "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
    "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 200] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
    Buffer.concat([
      Buffer.from(`<< /Length ${String(content.length)} /Filter /FlateDecode >>\nstream\n`),
      content,
      Buffer.from("\nendstream"),
    ]),
    "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
  ];
  const parts: Buffer[] = [Buffer.from("%PDF-1.4\n")];
  const offsets: number[] = [];
  for (const [index, object] of objects.entries()) {
    offsets.push(parts.reduce((sum, part) => sum + part.length, 0));
    parts.push(Buffer.from(`${String(index + 1)} 0 obj\n`), Buffer.from(object), Buffer.from("\nendobj\n"));
  }
  const at = parts.reduce((sum, part) => sum + part.length, 0);
  const table = offsets.map((offset) => `${String(offset).padStart(10, "0")} 00000 n \n`).join("");
  const end = `xref\n0 6\n0000000000 65535 f \n${table}trailer << /Size 6 /Root 1 0 R >>\nstartxref\n${String(at)}\n%%EOF`;
  return Buffer.concat([...parts, Buffer.from(end)]);
}

it("a PDF is read", async () => {
  expect(await read(pdfOfBlanks(10), "application/pdf")).toMatchObject({ outcome: "read", text: "Hello" });
});

it("a small PDF that unpacks to a gigabyte is given up with a sentence, and takes no memory of ours", async () => {
  const bytes = pdfOfBlanks(700_000_000);
  expect(bytes.length).toBeLessThan(1_000_000);
  const before = process.memoryUsage.rss();
  expect(await read(bytes, "application/pdf", { memoryMb: 400 })).toEqual({
    outcome: "refused",
    reason: expect.stringMatching(/too much memory|within/),
  });
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
  const run = createTextWork({ maxWaitingPerBusiness: 2, timeoutMs: 1_500 });
  const costly = { bytes: filled("<div>"), mediaType: "text/html" } as const;
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
