// Proves that a file on its way to the disk is never in memory as a whole, and that what fails leaves nothing behind.
import { mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createSpool } from "./spool-file.ts";

const PIECE = 64 * 1024;
let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "onethread-spool-"));
});
afterAll(async () => {
  await rm(directory, { recursive: true });
});

const namesThere = (): Promise<readonly string[]> => readdir(directory);

test("a piece is asked for when the one before is on its way to the disk: of a file of any size one piece is held", async () => {
  const pieces = 256;
  const behind: number[] = [];
  async function* source(): AsyncGenerator<Uint8Array> {
    for (let given = 0; given < pieces; given += 1) {
      const [name] = await namesThere();
      const written = name === undefined ? 0 : (await stat(join(directory, name))).size;
      behind.push(given * PIECE - written);
      yield Buffer.alloc(PIECE, given);
    }
  }
  const file = await createSpool(directory).write(source(), pieces * PIECE);
  expect(file.bytes).toBe(pieces * PIECE);
  expect(new Set(behind)).toEqual(new Set([0]));
  await rm(file.path);
});

test("of a file that is too large nothing is read beyond the bound, and nothing is left", async () => {
  let given = 0;
  async function* endless(): AsyncGenerator<Uint8Array> {
    for (;;) {
      given += 1;
      yield await Promise.resolve(Buffer.alloc(PIECE));
    }
  }
  await expect(createSpool(directory).write(endless(), 10 * PIECE)).rejects.toMatchObject({ code: "too_large" });
  expect([given, await namesThere()]).toEqual([11, []]);
});

test("of a file that breaks off nothing is left", async () => {
  async function* broken(): AsyncGenerator<Uint8Array> {
    yield Buffer.alloc(PIECE);
    throw await Promise.resolve(new Error("cut"));
  }
  await expect(createSpool(directory).write(broken(), 10 * PIECE)).rejects.toThrow("cut");
  expect(await namesThere()).toEqual([]);
});
