// Owns: which database a command works on: DATABASE_URL, the embedded PostgreSQL that runs already, or one started for this command.
// Refuses to know what the command does there.
import { createDatabase, type Database } from "../db/database.ts";
import { EmbeddedPostgresError } from "../embedded/embedded-error.ts";
import { findRunningEmbeddedDatabase, startEmbeddedDatabase } from "../embedded/embedded-database.ts";
import { messageOf } from "../kernel/faults.ts";
import { CliFailure } from "./cli-failure.ts";
import type { Settings } from "./read-settings.ts";

/** Hands `work` the URL of a login that may become any of our roles, and cleans up whatever had to be started. */
export async function withDatabase<T>({ config, log }: Settings, work: (url: string) => Promise<T>): Promise<T> {
  if (config.databaseUrl !== undefined) return work(config.databaseUrl);
  const started = await startEmbeddedDatabase({ dataDir: config.dataDir, log }).catch((error: unknown) => {
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

async function findRunning(dataDir: string): Promise<string> {
  return findRunningEmbeddedDatabase(dataDir).catch((cause: unknown) => {
    const sentence = `Onethread is running on ${dataDir}, but its database cannot be reached from here (${messageOf(cause)}): run this as the same user, or set DATABASE_URL.`;
    throw new CliFailure(sentence, 1, { cause });
  });
}
