import fc from "fast-check";
import { expect, test } from "vitest";
import { CHUNK_SIZES, chunkText } from "./chunk-text.ts";
import { correctWords } from "./correct-words.ts";
import { foldText, wordsOfQuestion } from "./fold-text.ts";
import { readTable } from "./read-table.ts";
import { doTextTask } from "./text-work.ts";

const squeeze = (text: string): string => text.replace(/\s+/g, "");

test("a piece keeps the headings above it, and no piece is about two of them", () => {
  const chunks = chunkText("Welcome.\n\n# Hours\n\nFrom 8.\n\n## Sunday\n\nClosed.\n\n# Prices\n\nA roll is 0.90.");
  expect(chunks).toEqual([
    { heading: "", body: "Welcome." },
    { heading: "Hours", body: "From 8." },
    { heading: "Hours › Sunday", body: "Closed." },
    { heading: "Prices", body: "A roll is 0.90." },
  ]);
});

test("a long paragraph is cut between sentences, and a piece begins with the end of the one before", () => {
  const sentences = Array.from({ length: 40 }, (_, index) => `Sentence number ${String(index)} says something of its own.`);
  const chunks = chunkText(sentences.join(" "));
  expect(chunks.length).toBeGreaterThan(2);
  for (const { body } of chunks) {
    expect(body.length).toBeLessThanOrEqual(CHUNK_SIZES.target);
    expect(body).toMatch(/^Sentence number \d+ .*own\.$/s);
  }
  expect(chunks[1]?.body.startsWith(chunks[0]?.body.split(/(?<=\.) /).at(-2) ?? "?")).toBe(true);
});

test("whatever the text is, no word of it is lost and no piece is too long", () => {
  const word = fc.string({ minLength: 1, maxLength: 30 }).map((text) => text.replaceAll(/[#\s]/g, "x"));
  const line = fc.array(word, { maxLength: 120 }).map((words) => words.join(" "));
  fc.assert(
    fc.property(fc.array(line, { maxLength: 12 }), fc.constantFrom("\n", "\n\n"), (lines, joint) => {
      const text = lines.join(joint);
      const chunks = chunkText(text, { ...CHUNK_SIZES, overlap: 0 });
      expect(squeeze(chunks.map(({ body }) => body).join(""))).toBe(squeeze(text));
      for (const { body } of chunks) expect(body.length).toBeLessThanOrEqual(CHUNK_SIZES.longest);
    }),
    { numRuns: 60 },
  );
});

test("a table with questions and answers becomes pairs, any other one row by row with its columns' names", () => {
  expect(readTable('question,answer\n"Do you deliver, too?","Yes,\nby bike."\n,left out')).toEqual([
    { heading: "Do you deliver, too?", body: "Yes,\nby bike." },
  ]);
  expect(readTable("pergunta;resposta\nTem pão?;Sim")).toEqual([{ heading: "Tem pão?", body: "Sim" }]);
  expect(readTable("Product,Price\nRoll,0.90\nLoaf,")).toEqual([
    { heading: "Roll", body: "Product: Roll\nPrice: 0.90" },
    { heading: "Loaf", body: "Product: Loaf" },
  ]);
});

test("a long first line does not multiply with the rows, and pieces beyond what can be searched never leave the process", async () => {
  const name = "n".repeat(1_000);
  expect(readTable(`${name},b\nx,y`)).toEqual([{ heading: "x", body: `${"n".repeat(80)}: x\nb: y` }]);
  for (const body of [
    `${"n".repeat(100_000)}\n${"a\n".repeat(900_000)}`,
    `${"n".repeat(90)},`.repeat(60) + `\n${`${"a,".repeat(60)}\n`.repeat(9_000)}`,
    "###### a\n\nb\n\n".repeat(20_000),
  ]) {
    const mediaType = body.startsWith("n") ? "text/csv" : "text/markdown";
    const result = await doTextTask({ kind: "cut", title: "T", body, mediaType });
    expect(result).toEqual({ kind: "cut", cut: { refused: expect.stringContaining("Split it into several") } });
  }
  expect(await doTextTask({ kind: "cut", title: "T", body: "a,b\n", mediaType: "text/csv" })).toMatchObject({
    cut: { refused: expect.stringContaining("no pieces") },
  });
});

test("accents and the forms of Hebrew do not keep a question from its text", () => {
  expect(foldText("Endereço, até amanhã")).toBe("Endereco, ate amanha");
  expect(foldText("הפתיחה")).toBe(foldText("פתיחה"));
  expect(wordsOfQuestion("¿Dónde están? Donde!").map(({ folded }) => folded)).toEqual(["donde"]);
});

test("a mistyped word is taken for a known one only when it looks like a mistake", () => {
  const meant = (typed: string, known: string): string | undefined => correctWords([{ typed, known: [known] }]).get(typed);
  expect(meant("opning", "opening")).toBe("opening");
  expect(meant("apointmnet", "appointment")).toBe("appointment");
  expect(meant("opne", "open")).toBe("open");
  expect(meant("care", "card")).toBeUndefined();
  expect(meant("hiring", "ring")).toBeUndefined();
});

test.each([
  ["a heading of blanks", `# a${" ".repeat(500_000)}b`],
  ["a heading of marks", `# ${"#".repeat(500_000)} b`],
  ["paragraphs of one letter", "a\n\n".repeat(200_000)],
  ["lines of one letter", "- a\n".repeat(200_000)],
  ["one word", "a".repeat(1_000_000)],
  ["blank lines", "\n \n".repeat(300_000)],
])("%s without end are cut in one walk", (_what, text) => {
  const before = process.cpuUsage();
  chunkText(text);
  const { user, system } = process.cpuUsage(before);
  // Quadratic, each of these took minutes to hours; in one walk it is a fraction of a second.
  expect((user + system) / 1_000_000).toBeLessThan(8);
});

test.each([
  ["## Hours ##", "Hours"],
  ["# C#", "C#"],
  ["#\tPrices", "Prices"],
  ["# ##", "##"],
])("%s is the heading %s", (line, heading) => {
  expect(chunkText(`${line}\n\nText.`)).toEqual([{ heading, body: "Text." }]);
});

test("no more than marks is no heading", () => {
  expect(chunkText("#\n\n#hash tag")).toEqual([{ heading: "", body: "#\n\n#hash tag" }]);
});
