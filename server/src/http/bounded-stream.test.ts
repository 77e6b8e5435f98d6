// Proves that a body which breaks off is a matter of whoever reads it, and of nobody else.
import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import { boundedStream } from "./bounded-stream.ts";

const tooLarge = (): Error => new Error("too large");

test("a body that breaks off before anybody reads it fails the reading, and ends no process", async () => {
  const body = new PassThrough();
  const bounded = boundedStream(body, 10, tooLarge);
  body.destroy(new Error("aborted"));
  await new Promise(setImmediate);
  await expect(Array.fromAsync(bounded)).rejects.toThrow("aborted");
});

test("of a body that is too large as much is read as is allowed", async () => {
  const body = new PassThrough();
  body.end(Buffer.alloc(11));
  await expect(Array.fromAsync(boundedStream(body, 10, tooLarge))).rejects.toThrow("too large");
});
