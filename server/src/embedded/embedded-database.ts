// Owns: our database inside the embedded PostgreSQL: a login that is no superuser, and a database that belongs to it.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import pg from "pg";
import { startEmbeddedPostgres, type EmbeddedLog } from "./embedded.ts";
import { EmbeddedPostgresError } from "./embedded-error.ts";

export interface EmbeddedDatabase {
  /** The login `onethread` on the database `onethread`: what DATABASE_URL would be. */
  readonly url: string;
  /** Settles when the server has ended, for whatever reason. */
  readonly exited: Promise<void>;
  stop(): Promise<void>;
}

export interface EmbeddedDatabaseOptions {
  readonly dataDir: string;
  readonly log: EmbeddedLog;
}

const NAME = "onethread";

function ourUrl(superuserUrl: string): string {
  const url = new URL(superuserUrl);
  url.username = NAME;
  url.pathname = `/${NAME}`;
  return url.href;
}

async function prepare(superuserUrl: string): Promise<string> {
  const client = new pg.Client({ connectionString: superuserUrl, connectionTimeoutMillis: 10_000 });
  await client.connect();
  try {
    const password = client.escapeLiteral(decodeURIComponent(new URL(superuserUrl).password));
    const roles = await client.query("select from pg_roles where rolname = $1", [NAME]);
    if (roles.rowCount === 0) await client.query(`create role ${NAME} login createrole`);
    await client.query(`alter role ${NAME} password ${password}`);
    const databases = await client.query("select from pg_database where datname = $1", [NAME]);
    if (databases.rowCount === 0) await client.query(`create database ${NAME} owner ${NAME}`);
    return ourUrl(superuserUrl);
  } finally {
    await client.end();
  }
}

/** Starts the PostgreSQL of this data directory. Throws EmbeddedPostgresError, whose message is a sentence for the user. */
export async function startEmbeddedDatabase(options: EmbeddedDatabaseOptions): Promise<EmbeddedDatabase> {
  const postgres = await startEmbeddedPostgres(options);
  try {
    const url = await prepare(postgres.url);
    return { url, exited: postgres.exited, stop: postgres.stop };
  } catch (error) {
    await postgres.stop();
    throw error;
  }
}

/** The URL of the database that another Onethread process on this data directory is running; throws when there is none. */
export async function findRunningEmbeddedDatabase(dataDir: string): Promise<string> {
  // Line 4 of PostgreSQL's own postmaster.pid is the port that it listens on.
  const port = Number((await readFile(join(dataDir, "postgres", "postmaster.pid"), "utf8")).split("\n")[3]);
  const password = (await readFile(join(dataDir, "postgres.password"), "utf8")).trim();
  if (!Number.isInteger(port) || port < 1)
    throw new EmbeddedPostgresError("start_failed", "The embedded PostgreSQL has no port yet: try again in a second.");
  return ourUrl(`postgres://postgres:${encodeURIComponent(password)}@127.0.0.1:${String(port)}/postgres`);
}
