// Proves that a file within a JSON body is the file, that no more of it is held than what was asked for, and that a body which is not whole is known not to be.
import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import type { JsonObject } from "../../kernel/json.ts";
import { encloseFile, writeEnclosed } from "./enclose-file.ts";

const enclosureOf = (bytes: number) => encloseFile({ id: "file", mimeType: "image/png", bytes, open: () => Promise.resolve(undefined) });

async function* inChunks(content: Buffer, size: number, onChunk: () => void = () => undefined): AsyncGenerator<Buffer> {
  for (let at = 0; at < content.length; at += size) {
    onChunk();
    yield content.subarray(at, at + size);
  }
}

const bodyWith = (slot: string): JsonObject => ({ caption: `"file:" café ${"x".repeat(9)}`, file: { data: slot }, number: "1" });

test.each([
  [0, 1],
  [1, 1],
  [2, 5],
  [3_000, 7],
  [100_001, 4_096],
])("a file of %i bytes that comes in pieces of %i is in the JSON, whose length was known before", async (length, size) => {
  const content = randomBytes(length);
  const enclosure = enclosureOf(length);
  const body = bodyWith(enclosure.slot);
  const written = writeEnclosed(body, enclosure);
  const pieces = await Array.fromAsync(written.pieces(inChunks(content, size)));
  const text = Buffer.concat(pieces);
  expect([text.length, written.isWhole()]).toEqual([written.length, true]);
  expect(JSON.parse(text.toString())).toEqual({ ...body, file: { data: content.toString("base64") } });
});

test("of a large file only the piece that was asked for is read, and nothing of it is kept", async () => {
  const content = Buffer.alloc(16 * 1024 * 1024, 7);
  const size = 64 * 1024;
  let read = 0;
  let largest = 0;
  let asked = 0;
  const { pieces } = writeEnclosed({ data: "" }, enclosureOf(content.length));
  for await (const piece of pieces(inChunks(content, size, () => (read += 1)))) {
    asked += 1;
    largest = Math.max(largest, piece.length);
    expect(read).toBeLessThanOrEqual(asked);
  }
  expect(read).toBe(content.length / size);
  expect(largest).toBeLessThan(size * 1.4);
});

test.each([
  [99, "shorter"],
  [101, "longer"],
])("a file of %i bytes that was said to have 100 (it is %s) makes no whole body", async (length) => {
  const enclosure = enclosureOf(100);
  const written = writeEnclosed(bodyWith(enclosure.slot), enclosure);
  await expect(Array.fromAsync(written.pieces(inChunks(Buffer.alloc(length), 10)))).rejects.toThrow("not as long");
  expect(written.isWhole()).toBe(false);
});
