import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fitsReply, splitReply } from "./split-reply.ts";

const limits = fc.record({ maxMessages: fc.integer({ min: 1, max: 10 }), maxMessageLength: fc.integer({ min: 100, max: 4_096 }) });
const words = fc.array(
  fc.constantFrom("abrimos", "שלום", "👩‍👩‍👧‍👦", "às", "9h.", "Não!", "\n\n", "\n", "  ", "ここは", "e\u0301", "x".repeat(130)),
  {
    maxLength: 400,
  },
);
const texts = fc.oneof(
  words.map((list) => list.join(" ")),
  words.map((list) => list.join("")),
  fc.string({ unit: "grapheme", maxLength: 3_000 }),
  fc.string({ unit: "binary", maxLength: 1_000 }),
);
const bare = (text: string): string => text.replace(/\s/g, "");

describe("a long answer in several messages", () => {
  it("never has an empty, a blank or a too long message, nor too many", () => {
    fc.assert(
      fc.property(texts, limits, (text, limit) => {
        const pieces = splitReply(text, limit);
        expect(pieces.length).toBeLessThanOrEqual(limit.maxMessages);
        expect(pieces.length > 0).toBe(text.trim() !== "");
        for (const piece of pieces) {
          expect(piece.trim()).toBe(piece);
          expect(piece).not.toBe("");
          expect(piece.length).toBeLessThanOrEqual(limit.maxMessageLength);
        }
      }),
      { numRuns: 500 },
    );
  });

  it("loses nothing but blank space, or says with an ellipsis that it does", () => {
    fc.assert(
      fc.property(texts, limits, (text, limit) => {
        const joined = bare(splitReply(text, limit).join(""));
        if (fitsReply(text, limit)) expect(joined).toBe(bare(text));
        else {
          expect(joined.endsWith("…")).toBe(true);
          expect(bare(text).startsWith(joined.slice(0, -1))).toBe(true);
        }
      }),
      { numRuns: 500 },
    );
  });

  it("tears no character that people see as one", () => {
    const family = "👩‍👩‍👧‍👦";
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 100, max: 300 }), (count, maxMessageLength) => {
        const pieces = splitReply(family.repeat(count), { maxMessages: 10, maxMessageLength });
        for (const piece of pieces) expect(piece.replace(/…$/, "").replaceAll(family, "")).toBe("");
      }),
    );
    fc.assert(
      fc.property(texts, limits, (text, limit) => {
        if (text.isWellFormed()) for (const piece of splitReply(text, limit)) expect(piece.isWellFormed()).toBe(true);
      }),
    );
  });

  it("is broken between paragraphs, else between sentences, else between words", () => {
    const paragraph = "We open at nine. ".repeat(5).trim();
    expect(splitReply(`${paragraph}\n\n${paragraph}`, { maxMessages: 3, maxMessageLength: 120 })).toEqual([paragraph, paragraph]);
    expect(splitReply(paragraph, { maxMessages: 3, maxMessageLength: 100 })).toEqual([paragraph]);
    const three = "The first sentence says a little. The second sentence says a little more than that. The third one ends it.";
    expect(splitReply(three, { maxMessages: 3, maxMessageLength: 100 })).toEqual([
      "The first sentence says a little. The second sentence says a little more than that.",
      "The third one ends it.",
    ]);
    for (const piece of splitReply("appointment ".repeat(40), { maxMessages: 10, maxMessageLength: 100 }))
      expect(piece).toMatch(/^(appointment ?)+$/);
  });

  it("stays one message when it fits", () => {
    expect(splitReply("  One.\n\nTwo.  ", { maxMessages: 3, maxMessageLength: 1_500 })).toEqual(["One.\n\nTwo."]);
    expect(splitReply(" \n ", { maxMessages: 3, maxMessageLength: 1_500 })).toEqual([]);
  });

  it("never makes a message longer than WhatsApp takes, whatever the setting", () => {
    const pieces = splitReply("word ".repeat(4_000), { maxMessages: 10, maxMessageLength: 100_000 });
    expect(Math.max(...pieces.map((piece) => piece.length))).toBeLessThanOrEqual(4_096);
  });
});
