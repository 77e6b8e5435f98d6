// Owns: under which user PostgreSQL runs when we are root (it refuses to be root), and whether that user can reach its files.
// Refuses to know: what is run.

import { execFile } from "node:child_process";
import { stat } from "node:fs/promises";
import { dirname } from "node:path";
import { EmbeddedPostgresError } from "./embedded-error.ts";

/** `undefined` means: as ourselves. */
export type RunAs = { readonly uid: number; readonly gid: number } | undefined;

/** An existing cluster keeps the user it belongs to; a new one gets `postgres`, else `nobody`, else a user made for it. */
export async function chooseRunAs(clusterDir: string): Promise<RunAs> {
  if (process.getuid?.() !== 0) return undefined;
  const existing = await stat(clusterDir).catch(() => undefined);
  if (existing !== undefined && existing.uid !== 0) return { uid: existing.uid, gid: existing.gid };
  return (await findUser("postgres")) ?? (await findUser("nobody")) ?? (await createUser());
}

/** Throws a sentence that names the directory in the way, unless the user can enter `dir`. */
export async function assertReachable(dir: string, runAs: RunAs, remedy: string): Promise<void> {
  if (runAs === undefined) return;
  if ((await run("/bin/sh", ["-c", 'cd -- "$1"', "sh", dir], runAs)).ok) return;
  const blocked = (await firstBlocked(dir, runAs)) ?? dir;
  throw new EmbeddedPostgresError(
    "directory_unreachable",
    `PostgreSQL refuses to run as root and therefore runs as user id ${String(runAs.uid)}, which may not enter ${blocked}: ` +
      `allow it with \`chmod o+x ${blocked}\`, or ${remedy}.`,
  );
}

async function firstBlocked(dir: string, runAs: NonNullable<RunAs>): Promise<string | undefined> {
  const ancestors: string[] = [];
  for (let at = dir; ; at = dirname(at)) {
    ancestors.unshift(at);
    if (at === dirname(at)) break;
  }
  for (const at of ancestors) {
    const found = await stat(at).catch(() => undefined);
    if (found === undefined) continue;
    const needed = found.uid === runAs.uid ? 0o100 : found.gid === runAs.gid ? 0o010 : 0o001;
    if ((found.mode & needed) === 0) return at;
  }
  return undefined;
}

async function findUser(name: string): Promise<RunAs> {
  const [uid, gid] = await Promise.all([run("id", ["-u", name], undefined), run("id", ["-g", name], undefined)]);
  if (!uid.ok || !gid.ok) return undefined;
  return { uid: Number.parseInt(uid.output, 10), gid: Number.parseInt(gid.output, 10) };
}

async function createUser(): Promise<RunAs> {
  const attempts = [
    ["useradd", ["--system", "--user-group", "--no-create-home", "postgres"]],
    ["adduser", ["-S", "-D", "-H", "postgres"]],
  ] as const;
  for (const [command, args] of attempts) {
    if (!(await run(command, args, undefined)).ok) continue;
    const made = await findUser("postgres");
    if (made !== undefined) return made;
  }
  throw new EmbeddedPostgresError(
    "no_permission",
    "PostgreSQL refuses to run as root, and there is neither a user `postgres` nor `nobody` here, nor could one be made: run Onethread as another user, or set DATABASE_URL.",
  );
}

function run(command: string, args: readonly string[], runAs: RunAs): Promise<{ readonly ok: boolean; readonly output: string }> {
  return new Promise((resolve) => {
    execFile(command, args, { encoding: "utf8", cwd: "/", ...runAs }, (error, stdout) => {
      resolve({ ok: error === null, output: stdout });
    });
  });
}
