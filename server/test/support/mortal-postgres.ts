// Owns: a PostgreSQL of its own, as durable as in production, that a test may kill and start again on the same port and data.
import { rm } from "node:fs/promises";
import pg from "pg";
import { makeDataFolder } from "./data-folder.ts";
import { startEmbeddedPostgres } from "../../src/embedded/embedded.ts";
import { migrate } from "../../src/db/migrate.ts";
import { createLog } from "../../src/kernel/log.ts";
import type { StackDatabase } from "./start-stack.ts";

export interface MortalPostgres extends StackDatabase {
  /** kill -9 of the postmaster; resolves when it is gone. */
  kill(): Promise<void>;
  /** Same port, same data: recovery is PostgreSQL's own. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

const LOGIN = "onethread";

export async function startMortalPostgres(): Promise<MortalPostgres> {
  const dataDir = await makeDataFolder("onethread-chaos-");
  const log = createLog({ level: "silent" });
  const settings = { fsync: "on", synchronous_commit: "on", shared_buffers: "32MB" };
  let postgres = await startEmbeddedPostgres({ dataDir, log, settings });
  const { port } = postgres;
  const admin = new pg.Client({ connectionString: postgres.url });
  await admin.connect();
  await admin.query(`create role ${LOGIN} login createrole password '${LOGIN}'`);
  await admin.query(`create database ${LOGIN} owner ${LOGIN}`);
  await admin.end();
  const superUrl = new URL(postgres.url);
  superUrl.pathname = `/${LOGIN}`;
  const url = new URL(superUrl);
  url.username = LOGIN;
  url.password = LOGIN;
  await migrate({ url: url.href, log });
  const superuser = new pg.Pool({ connectionString: superUrl.href, max: 4 });
  superuser.on("error", () => undefined);
  return {
    url: url.href,
    superuser,
    log,
    async kill() {
      process.kill(postgres.pid, "SIGKILL");
      await postgres.exited;
      // Releases the lock on the data directory; there is nothing left to stop.
      await postgres.stop();
    },
    async restart() {
      postgres = await startEmbeddedPostgres({ dataDir, log, port, settings });
    },
    async stop() {
      await superuser.end();
      await postgres.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
