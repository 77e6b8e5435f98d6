// Owns: bytes that come in, onto the disk, a piece at a time: counted, hashed, and no more of them than allowed. Refuses to know: where they come from, and where
// the file goes.
import { createHash, randomBytes } from "node:crypto";
import { mkdir, open, readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { MediaProblem, storeProblem } from "./media-problem.ts";

export interface SpooledFile {
  readonly path: string;
  readonly bytes: number;
  /** Hexadecimal. */
  readonly sha256: string;
}

export interface Spool {
  /** Throws a MediaProblem, or what `source` throws; nothing is left behind then. */
  write(source: AsyncIterable<Uint8Array>, maxBytes: number): Promise<SpooledFile>;
  /** A name for a file beside them. */
  newPath(): Promise<string>;
  /** What was written to such a name, whole and on the disk. */
  read(path: string): Promise<SpooledFile>;
  /** Takes away what was left behind by processes that died. */
  tidy(): Promise<void>;
}

/** No file takes so long. */
const LEFT_BEHIND_MS = 24 * 3_600_000;

export function createSpool(directory: string): Spool {
  async function newPath(): Promise<string> {
    await mkdir(directory, { recursive: true });
    return join(directory, `${randomBytes(12).toString("hex")}.part`);
  }

  async function fill(path: string, source: AsyncIterable<Uint8Array>, maxBytes: number): Promise<SpooledFile> {
    const hash = createHash("sha256");
    let bytes = 0;
    const file = await open(path, "wx", 0o600).catch(rethrowStoreProblem);
    try {
      for await (const chunk of source) {
        bytes += chunk.byteLength;
        if (bytes > maxBytes) throw tooLarge(maxBytes);
        hash.update(chunk);
        await file.writeFile(chunk).catch(rethrowStoreProblem);
      }
      // A name is only given to what is on the disk.
      await file.sync().catch(rethrowStoreProblem);
    } finally {
      await file.close();
    }
    return { path, bytes, sha256: hash.digest("hex") };
  }

  return {
    async write(source, maxBytes) {
      const path = await newPath().catch(rethrowStoreProblem);
      try {
        return await fill(path, source, maxBytes);
      } catch (error) {
        await rm(path, { force: true }).catch(() => undefined);
        throw error;
      }
    },
    newPath: () => newPath().catch(rethrowStoreProblem),
    async read(path) {
      const file = await open(path, "r+").catch(rethrowStoreProblem);
      try {
        const content = await file.readFile();
        await file.sync();
        return { path, bytes: content.length, sha256: createHash("sha256").update(content).digest("hex") };
      } catch (error) {
        throw storeProblem(error);
      } finally {
        await file.close();
      }
    },
    async tidy() {
      const names = await readdir(directory).catch(() => []);
      for (const name of names.filter((one) => one.endsWith(".part"))) {
        const path = join(directory, name);
        const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: Infinity }));
        if (mtimeMs < Date.now() - LEFT_BEHIND_MS) await rm(path, { force: true }).catch(() => undefined);
      }
    },
  };
}

export function tooLarge(maxBytes: number): MediaProblem {
  return new MediaProblem("too_large", `The file is larger than ${String(Math.floor(maxBytes / 1024 / 1024))} MB, and was not kept.`);
}

function rethrowStoreProblem(error: unknown): never {
  throw storeProblem(error);
}
