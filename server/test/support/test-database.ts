// Owns: a fresh, migrated database per test file, cloned from the template; dropped at the end, which fails when a connection leaked.
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
  close(): Promise<void>;
}

let counter = 0;

export async function createTestDatabase(): Promise<TestDatabase> {
  const base = inject("postgresUrl");
  counter += 1;
  const name = `test_${String(process.pid)}_${String(counter)}_${String(Date.now())}`;
  const admin = new pg.Client({ connectionString: base });
  await admin.connect();
  await admin.query(`create database ${name} template onethread_template owner onethread`);
  await admin.end();
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
    async close() {
      await Promise.all(opened.map((database) => database.close()));
      await superuser.end();
      const end = new pg.Client({ connectionString: base });
      await end.connect();
      await end.query(`drop database ${name} with (force)`);
      await end.end();
    },
  };
}
