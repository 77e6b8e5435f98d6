// Owns: bringing a database to the newest schema. Forward only. Refuses to run inside a serving process, save in the demo and in tests.
import { readFile, readdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import pg from "pg";
import { runner } from "node-pg-migrate";
import type { Log } from "../kernel/log.ts";
import { packageFile } from "../kernel/package-files.ts";

const SQL_DIR = fileURLToPath(packageFile("sql/"));
const MIGRATIONS_DIR = `${SQL_DIR}migrations`;
const MINIMUM_VERSION = 150_000;
// Any number will do as long as it stays the same: the lock only makes a second `migrate` wait instead of failing on the first one's work.
const LOCK_KEY = 7_304_105_511;

export interface MigrateOptions {
  /** A login that may create roles and schemas, or one for which an administrator created them before. */
  readonly url: string;
  readonly log: Log;
  readonly lockTimeoutMs?: number;
}

export interface MigrationState {
  readonly applied: readonly string[];
  readonly pending: readonly string[];
}

async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000, application_name: "onethread-migrate" });
  await client.connect();
  return client;
}

async function requireVersion(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ server_version_num: string }>("show server_version_num");
  const version = Number(rows[0]?.server_version_num);
  if (version < MINIMUM_VERSION) {
    throw new Error(
      `This PostgreSQL is version ${String(Math.floor(version / 10_000))}; Onethread needs 15 or newer. Nothing was changed.`,
    );
  }
}

async function readState(client: pg.Client): Promise<MigrationState> {
  const files = (await readdir(MIGRATIONS_DIR))
    .filter((name) => name.endsWith(".sql"))
    .map((name) => name.replace(/\.sql$/, ""))
    .sort();
  const exists = await client.query<{ found: boolean }>("select to_regclass('onethread.migrations') is not null as found");
  if (exists.rows[0]?.found !== true) return { applied: [], pending: files };
  const { rows } = await client.query<{ name: string }>("select name from onethread.migrations order by id");
  const applied = rows.map((row) => row.name);
  return { applied, pending: files.filter((name) => !applied.includes(name)) };
}

/** What is applied and what is pending; changes nothing. Throws when the database cannot be reached. */
export async function checkMigrations(options: MigrateOptions): Promise<MigrationState> {
  const client = await connect(options.url);
  try {
    return await readState(client);
  } finally {
    await client.end();
  }
}

/**
 * Applies every pending migration, each in its own transaction, and answers the names of those that it applied.
 * Safe when several start at once: the others wait for the first and then find nothing to do. A failed migration leaves no trace.
 */
export async function migrate(options: MigrateOptions): Promise<readonly string[]> {
  const client = await connect(options.url);
  try {
    await requireVersion(client);
    await client.query(`set lock_timeout = ${String(options.lockTimeoutMs ?? 120_000)}`);
    await client.query("select pg_advisory_lock($1)", [LOCK_KEY]);
    await client.query(await readFile(`${SQL_DIR}bootstrap.sql`, "utf8"));
    // DDL must never wait behind a long query, with everybody else blocked behind it.
    await client.query("set lock_timeout = '10s'");
    await client.query("set role onethread_owner");
    const done = await runner({
      dbClient: client,
      dir: MIGRATIONS_DIR,
      direction: "up",
      migrationsTable: "migrations",
      migrationsSchema: "onethread",
      singleTransaction: false,
      noLock: true,
      logger: {
        info: () => undefined,
        warn: (text) => {
          options.log.warn({ text }, "migrate.warned");
        },
        error: () => undefined,
      },
    });
    await client.query("grant select on onethread.migrations to onethread_ingest, onethread_app, onethread_reader");
    for (const { name } of done) options.log.info({ migration: name }, "migrate.applied");
    return done.map(({ name }) => name);
  } finally {
    await client.end();
  }
}
