// Owns: a fresh, migrated database per test file, cloned from the template; dropped at the end, which fails when a connection was left open.
import { setTimeout as delay } from "node:timers/promises";
import pg from "pg";
import { inject } from "vitest";
import { createDatabase, type Database } from "../../src/db/database.ts";
import { createLog, type Log } from "../../src/kernel/log.ts";

export interface TestDatabase {
  /** The login that owns the database and may become any of our roles: what DATABASE_URL would be. */
  readonly url: string;
  /** The superuser, for looking at everything and for breaking things. */
  readonly superuser: pg.Pool;
  readonly log: Log;
  open(): Database;
  /** Throws when somebody still has a connection after `leftForMs`: whoever opened it did not close it. */
  close(leftForMs?: number): Promise<void>;
}

/** A server process ends a moment after its client. */
const LEFT_FOR_MS = 5_000;

let counter = 0;
/** One of this worker, for all its files: a connection costs PostgreSQL more than a file has statements for it. Ends with the worker. */
let administrator: Promise<pg.Client> | undefined;

async function connectAdministrator(): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: inject("postgresUrl") });
  await client.connect();
  client.on("error", () => undefined);
  return client;
}

export async function createTestDatabase(): Promise<TestDatabase> {
  const base = inject("postgresUrl");
  counter += 1;
  const name = `test_${String(process.pid)}_${String(counter)}_${String(Date.now())}`;
  const admin = await (administrator ??= connectAdministrator());
  await admin.query(`create database ${name} template onethread_template owner onethread`);
  const superUrl = new URL(base);
  superUrl.pathname = `/${name}`;
  const url = new URL(superUrl);
  url.username = "onethread";
  url.password = "onethread";
  const superuser = new pg.Pool({ connectionString: superUrl.href, max: 4, options: "-c search_path=onethread" });
  superuser.on("error", () => undefined);
  const log = createLog({ level: process.env["TEST_LOG_LEVEL"] ?? "silent" });
  const opened: Database[] = [];
  return {
    url: url.href,
    superuser,
    log,
    open() {
      const database = createDatabase({ url: url.href, appConnections: 8, ingestConnections: 4, applicationName: "test", log });
      opened.push(database);
      return database;
    },
    async close(leftForMs = LEFT_FOR_MS) {
      await Promise.all(opened.map((database) => database.close()));
      await superuser.end();
      const left = await listLeft(admin, name, leftForMs);
      await admin.query(`drop database ${name} with (force)`);
      if (left.length > 0) throw new Error(`Connections were left open: ${left.join("; ")}`);
    },
  };
}

/** Who is still connected when nobody should be: the name of the application and its last statement. */
async function listLeft(client: pg.Client, name: string, leftForMs: number): Promise<readonly string[]> {
  const until = performance.now() + leftForMs;
  for (;;) {
    const { rows } = await client.query<{ who: string }>(
      `select application_name || ': ' || left(query, 200) as who from pg_stat_activity where datname = $1 and backend_type = 'client backend'`,
      [name],
    );
    if (rows.length === 0 || performance.now() >= until) return rows.map(({ who }) => who);
    await delay(20);
  }
}
