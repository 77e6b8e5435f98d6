// Owns: which database a command works on: DATABASE_URL, the embedded PostgreSQL that runs already, or one started for this command.
// Refuses to know what the command does there.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { createDatabase, type Database } from "../db/database.ts";
import { EmbeddedPostgresError, startEmbeddedPostgres } from "../db/embedded.ts";
import { messageOf } from "../kernel/faults.ts";
import { CliFailure } from "./cli-failure.ts";
import type { Settings } from "./read-settings.ts";

/** Hands `work` the URL of a login that may become any of our roles, and cleans up whatever had to be started. */
export async function withDatabase<T>({ config, log }: Settings, work: (url: string) => Promise<T>): Promise<T> {
  if (config.databaseUrl !== undefined) return work(config.databaseUrl);
  const started = await startEmbeddedPostgres({ dataDir: config.dataDir, log }).catch((error: unknown) => {
    if (error instanceof EmbeddedPostgresError && error.code === "already_running") return undefined;
    throw error;
  });
  if (started === undefined) return work(await findRunning(config.dataDir));
  try {
    return await work(started.url);
  } finally {
    await started.stop();
  }
}

/** The same with our two roles: what a command uses that works as the application does. */
export async function withApplicationDatabase<T>(settings: Settings, work: (database: Database) => Promise<T>): Promise<T> {
  return withDatabase(settings, async (url) => {
    const database = createDatabase({ url, appConnections: 2, ingestConnections: 2, applicationName: "onethread-cli", log: settings.log });
    try {
      return await work(database);
    } finally {
      await database.close();
    }
  });
}

/** Line 4 of PostgreSQL's own postmaster.pid is the port that it listens on. */
async function findRunning(dataDir: string): Promise<string> {
  try {
    const state = await readFile(join(dataDir, "postgres", "postmaster.pid"), "utf8");
    const password = (await readFile(join(dataDir, "postgres.password"), "utf8")).trim();
    const port = Number(state.split("\n")[3]);
    if (!Number.isInteger(port) || port < 1) throw new Error("it has no port yet");
    return `postgres://postgres:${encodeURIComponent(password)}@127.0.0.1:${String(port)}/postgres`;
  } catch (error) {
    const sentence = `Onethread runs on ${dataDir}, but its database cannot be reached from here (${messageOf(error)}): run this as the same user, or set DATABASE_URL.`;
    throw new CliFailure(sentence, 1, { cause: error });
  }
}
