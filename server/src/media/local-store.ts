// Owns: files in a directory of this machine, or of one that several machines have mounted.
import { mkdir, open, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { storeProblem } from "./media-problem.ts";
import { keyOf, type MediaStore } from "./media-store.ts";

export function createLocalStore(directory: string): MediaStore {
  return {
    async put({ name, path }) {
      const target = join(directory, keyOf(name));
      try {
        const made = await mkdir(dirname(target), { recursive: true });
        // Spooled into the same directory and synced there: the name is all that is missing, and it comes in one step.
        await rename(path, target);
        await syncDirectory(dirname(target));
        // New directories are names in others.
        for (let parent = dirname(dirname(target)); made !== undefined && parent.length >= directory.length; parent = dirname(parent))
          await syncDirectory(parent);
      } catch (error) {
        throw storeProblem(error);
      }
    },
    async open(name, range) {
      const file = await open(join(directory, keyOf(name))).catch((error: unknown) => {
        if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
        throw error;
      });
      return file?.createReadStream(range === undefined ? {} : { start: range.start, end: range.end });
    },
    async remove(name) {
      await rm(join(directory, keyOf(name)), { force: true }).catch((error: unknown) => {
        throw storeProblem(error);
      });
    },
    close: () => Promise.resolve(),
  };
}

async function syncDirectory(path: string): Promise<void> {
  // Windows has no such thing.
  if (process.platform === "win32") return;
  const directory = await open(path);
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
