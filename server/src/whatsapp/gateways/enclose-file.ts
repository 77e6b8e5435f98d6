// Owns: a JSON body with a file in it, in base64, written a piece at a time: no more of the file than a piece is in memory. Refuses to know: gateways, and where files are kept.
import { randomBytes } from "node:crypto";
import type { JsonObject } from "../../kernel/json.ts";
import type { EnclosedFile } from "../enclosed-file.ts";

/** A file and what stands in the body where it belongs: a text that nobody can have guessed, so that it stands there once. */
export interface Enclosure {
  readonly slot: string;
  readonly file: EnclosedFile;
}

export const encloseFile = (file: EnclosedFile): Enclosure => ({ slot: `file:${randomBytes(16).toString("hex")}`, file });

export interface EnclosedBody {
  /** Bytes. */
  readonly length: number;
  /** Throws when the file is not as long as it is said to be. */
  readonly pieces: (content: AsyncIterable<Uint8Array>) => AsyncGenerator<Buffer>;
  /** False: what was read of it so far is no whole JSON, so nobody can have understood it. */
  readonly isWhole: () => boolean;
}

export function writeEnclosed(body: JsonObject, { slot, file }: Enclosure): EnclosedBody {
  const [before = Buffer.alloc(0), after = Buffer.alloc(0)] = JSON.stringify(body)
    .split(slot)
    .map((part) => Buffer.from(part));
  let isWhole = false;
  async function* pieces(content: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
    yield before;
    yield* inBase64(content, file.bytes);
    isWhole = true;
    yield after;
  }
  return {
    length: before.length + 4 * Math.ceil(file.bytes / 3) + after.length,
    pieces,
    isWhole: () => isWhole,
  };
}

async function* inBase64(content: AsyncIterable<Uint8Array>, bytes: number): AsyncGenerator<Buffer> {
  let rest: Uint8Array = new Uint8Array();
  let read = 0;
  for await (const chunk of content) {
    read += chunk.length;
    if (read > bytes) break;
    const known = Buffer.concat([rest, chunk]);
    // Three bytes are four characters: what is left over comes before the next piece.
    const whole = known.length - (known.length % 3);
    rest = known.subarray(whole);
    yield Buffer.from(known.toString("base64", 0, whole), "latin1");
  }
  if (read !== bytes) throw new Error("the file in the store is not as long as it was");
  yield Buffer.from(Buffer.from(rest).toString("base64"), "latin1");
}
