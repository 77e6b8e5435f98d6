// Owns: the one PostgreSQL of a test run, the migrated template from which every test file clones its own database, and the program as it is built.
import { rm } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import pg from "pg";
import type { TestProject } from "vitest/node";
import { makeDataFolder } from "./support/data-folder.ts";
import { buildServer } from "../../scripts/build-server.ts";
import { startEmbeddedPostgres } from "../src/embedded/embedded.ts";
import { migrate } from "../src/db/migrate.ts";
import { createLog } from "../src/kernel/log.ts";

declare module "vitest" {
  export interface ProvidedContext {
    readonly postgresUrl: string;
  }
}

const log = createLog({ level: "warn" });
const BROKEN = fileURLToPath(new URL("./support/broken-onethread.ts", import.meta.url));

async function prepareTemplate(superuserUrl: string): Promise<void> {
  const client = new pg.Client({ connectionString: superuserUrl });
  await client.connect();
  await client.query("create role onethread login createrole password 'onethread'");
  await client.query("create database onethread_template owner onethread");
  await client.end();
  await migrate({ url: loginUrl(superuserUrl, "onethread_template"), log });
}

function loginUrl(superuserUrl: string, database: string): string {
  const url = new URL(superuserUrl);
  url.username = "onethread";
  url.password = "onethread";
  url.pathname = `/${database}`;
  return url.href;
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const dataDir = await makeDataFolder("onethread-test-");
  // Durability is not under test here; the chaos tests start a PostgreSQL of their own with fsync on.
  const settings = { fsync: "off", synchronous_commit: "off", full_page_writes: "off", max_connections: "200", shared_buffers: "128MB" };
  const postgres = await startEmbeddedPostgres({ dataDir, log, settings });
  await Promise.all([prepareTemplate(postgres.url), buildServer({ "broken-onethread": BROKEN })]);
  project.provide("postgresUrl", postgres.url);
  return async () => {
    await postgres.stop();
    await rm(dataDir, { recursive: true, force: true });
  };
}
