// Proves that files which were made to cost are read in one walk, or given up, and that nothing else stands still meanwhile.
import { expect, it } from "vitest";
import { plainMarkdown } from "./plain-markdown.ts";
import { createReadSource, readSource, type MediaType } from "./read-source.ts";

const LENGTH = 1_900_000;
const filled = (piece: string): Buffer => Buffer.from(piece.repeat(Math.ceil(LENGTH / piece.length)).slice(0, LENGTH));

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
  const read = await readSource(filled(piece), mediaType);
  expect(read).not.toMatchObject({ reason: expect.stringContaining("within") });
});

it("what takes too long is given up with a sentence", async () => {
  const read = await createReadSource({ timeoutMs: 1 })(filled("word "), "text/plain");
  expect(read).toEqual({ outcome: "refused", reason: expect.stringMatching(/could not be read as text\/plain within 1 ms/) });
});

it("what takes too much memory is given up with a sentence, and the process goes on", async () => {
  const read = await createReadSource({ memoryMb: 8 })(filled("<b>a"), "text/html");
  expect(read).toEqual({ outcome: "refused", reason: expect.stringContaining("too much memory") });
});

it("more than there are threads wait for their place", async () => {
  const read = createReadSource({ slots: 1 });
  const texts = await Promise.all(["one", "two", "three"].map((text) => read(Buffer.from(text), "text/plain")));
  expect(texts).toMatchObject(["one", "two", "three"].map((text) => ({ outcome: "read", text })));
});

it("a page has its title, a text its first heading", async () => {
  expect(
    await readSource(Buffer.from("<html><head><TITLE lang=en>A &amp; B</TITLE></head><body><p>Hi</p></body></html>"), "text/html"),
  ).toEqual({
    outcome: "read",
    text: "Hi",
    mediaType: "text/markdown",
    title: "A & B",
  });
  expect(await readSource(Buffer.from("# Hours\n\nNine **to** six."), "text/markdown")).toMatchObject({
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
