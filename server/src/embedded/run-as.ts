// Owns: under which user PostgreSQL runs when we are root (it refuses to be root), and what that user can reach.
// Refuses to know: what is run.

import { execFile } from "node:child_process";
import { stat } from "node:fs/promises";
import { dirname } from "node:path";
import { EmbeddedPostgresError } from "./embedded-error.ts";

export type User = { readonly uid: number; readonly gid: number };

/** `undefined` means: as ourselves. */
export type RunAs = User | undefined;

/** An existing cluster keeps the user it belongs to; a new one gets `postgres`, else `nobody`, else a user made for it. */
export async function chooseRunAs(clusterDir: string): Promise<RunAs> {
  if (process.getuid?.() !== 0) return undefined;
  const existing = await stat(clusterDir).catch(() => undefined);
  if (existing !== undefined && existing.uid !== 0) return { uid: existing.uid, gid: existing.gid };
  return (await findUser("postgres")) ?? (await findUser("nobody")) ?? (await createUser());
}

/** A file counts as reachable when the user may run it, a directory when the user may enter it. */
export async function canReach(path: string, user: User): Promise<boolean> {
  return (await run("/bin/sh", ["-c", 'test -x "$1"', "sh", path], user)).ok;
}

/** The sentence for a path that is out of reach; it names the first directory in the way. */
export async function unreachable(path: string, user: User): Promise<EmbeddedPostgresError> {
  const blocked = (await firstBlocked(path, user)) ?? path;
  return new EmbeddedPostgresError(
    "directory_unreachable",
    `PostgreSQL refuses to run as root and therefore runs as user id ${String(user.uid)}, which may not enter ${blocked}: ` +
      `allow it with \`chmod o+x ${blocked}\`, put Onethread and its data elsewhere, or run it as another user.`,
  );
}

async function firstBlocked(path: string, user: User): Promise<string | undefined> {
  const ancestors: string[] = [];
  for (let at = path; ; at = dirname(at)) {
    ancestors.unshift(at);
    if (at === dirname(at)) break;
  }
  for (const at of ancestors) {
    const found = await stat(at).catch(() => undefined);
    if (found === undefined) continue;
    const needed = found.uid === user.uid ? 0o100 : found.gid === user.gid ? 0o010 : 0o001;
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
