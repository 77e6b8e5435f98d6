// Owns: PostgreSQL's programs at a place where the user that runs them can reach them: below /root, only root can.
// Refuses to know: clusters, and which user that is.

import { chmod, cp, lstat, mkdir, mkdtemp, readdir, readFile, rename, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import type { Binaries } from "./binaries.ts";
import { canReach, unreachable, type RunAs } from "./run-as.ts";

/** /var/lib stays; a temporary directory is only the way out where that cannot be written to. */
const defaultPlaces: readonly string[] = ["/var/lib", tmpdir()];

/** The same programs, or a copy of them (60 MB, made once per version) that the user can run. */
export async function findReachableBinaries(
  binaries: Binaries,
  runAs: RunAs,
  places: readonly string[] = defaultPlaces,
): Promise<Binaries> {
  if (runAs === undefined || (await canReach(binaries.postgres, runAs))) return binaries;
  const name = `onethread-postgres-${await readVersion(binaries.packageDir)}`;
  for (const place of places) {
    const packageDir = join(place, name);
    const moved = (path: string): string => join(packageDir, relative(binaries.packageDir, path));
    const copy = { initdb: moved(binaries.initdb), postgres: moved(binaries.postgres), packageDir };
    if (!(await isOurs(packageDir))) await copyTo(binaries.packageDir, packageDir).catch(() => undefined);
    if ((await isOurs(packageDir)) && (await canReach(copy.postgres, runAs))) return copy;
  }
  throw await unreachable(binaries.postgres, runAs);
}

/** In a directory that everybody may write to, somebody else may have been there first: their programs are not run. */
async function isOurs(path: string): Promise<boolean> {
  const found = await lstat(path).catch(() => undefined);
  return found?.isDirectory() === true && found.uid === process.getuid?.() && (found.mode & 0o022) === 0;
}

/** Made aside and renamed when complete, so that half a copy is never run. */
async function copyTo(from: string, to: string): Promise<void> {
  const aside = await mkdtemp(`${to}.`);
  try {
    await mkdir(join(aside, "native"));
    await cp(join(from, "native"), join(aside, "native"), { recursive: true, verbatimSymlinks: true });
    await openToAll(aside);
    await rename(aside, to);
  } finally {
    await rm(aside, { recursive: true, force: true });
  }
}

async function openToAll(folder: string): Promise<void> {
  await chmod(folder, 0o755);
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isDirectory()) await chmod(path, 0o755);
    else if (entry.isFile()) await chmod(path, ((await lstat(path)).mode & 0o100) === 0 ? 0o644 : 0o755);
  }
}

async function readVersion(packageDir: string): Promise<string> {
  const value: unknown = JSON.parse(await readFile(join(packageDir, "package.json"), "utf8"));
  const version = typeof value === "object" && value !== null && "version" in value ? value.version : undefined;
  if (typeof version !== "string" || !/^[\w.-]+$/.test(version)) throw new Error(`${packageDir} has no version`);
  return version;
}
