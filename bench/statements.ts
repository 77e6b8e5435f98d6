// Owns: what PostgreSQL counted of the statements of a measurement: how often each ran, for how long, over how many rows and buffers, and its WAL.
import { glob } from "node:fs/promises";
import { fileURLToPath, pathToFileURL } from "node:url";
import pg from "pg";

export interface StatementUse {
  /** Of the query, or the beginning of its text. */
  readonly name: string;
  readonly calls: number;
  readonly rows: number;
  /** Of execution, with what it waited for. */
  readonly ms: number;
  readonly planningMs: number;
  readonly buffers: number;
  readonly walBytes: number;
}

/** The embedded server's superuser has the password of our login. */
export async function withSuperuser<T>(databaseUrl: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const url = new URL(databaseUrl);
  url.username = "postgres";
  const client = new pg.Client({ connectionString: url.href, application_name: "bench-statements" });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** Takes effect with the next start of the server. Counting costs some percent of the time that it counts: not for figures that are compared. */
export const countStatements = (databaseUrl: string): Promise<void> =>
  withSuperuser(databaseUrl, async (client) => {
    await client.query("alter system set shared_preload_libraries = 'pg_stat_statements'");
    await client.query("alter system set pg_stat_statements.track_planning = on");
  });

export const forgetStatements = (databaseUrl: string): Promise<void> =>
  withSuperuser(databaseUrl, async (client) => {
    await client.query("create extension if not exists pg_stat_statements");
    await client.query("select pg_stat_statements_reset()");
  });

const READ = `
select query as name, calls::float8, rows::float8, total_exec_time as ms, total_plan_time as "planningMs",
       (shared_blks_hit + shared_blks_read)::float8 as buffers, wal_bytes::float8 as "walBytes"
  from pg_stat_statements
 where query not like '%pg_stat_statements%'
 order by ms desc`;

/** What PostgreSQL leaves of a text: no comments, every value the same, and a list of values as one. */
const shapeOf = (text: string): string =>
  text
    .replaceAll(/--.*/g, "")
    .replaceAll(/'(?:[^']|'')*'|\$\d+|\b(?:\d+|null|true|false)\b/gi, "?")
    .replaceAll(/\/\*.*?\*\//g, "")
    .replaceAll(/\s+/g, " ")
    .replaceAll(/\((\?)(?:, \?)+\)/g, "($1)")
    .replaceAll(" )", ")")
    .trim();

async function namesByShape(): Promise<ReadonlyMap<string, string>> {
  const names = new Map<string, string>();
  const src = fileURLToPath(new URL("../server/src/", import.meta.url));
  for await (const file of glob("**/*.queries.ts", { cwd: src })) {
    const module: unknown = await import(pathToFileURL(`${src}${file}`).href);
    for (const query of Object.values(module ?? {})) if (isQuery(query)) names.set(shapeOf(query.text), query.name);
  }
  return names;
}

function isQuery(value: unknown): value is { readonly name: string; readonly text: string } {
  return typeof value === "object" && value !== null && "name" in value && typeof value.name === "string" && "text" in value;
}

/** The most time first. */
export async function readStatements(databaseUrl: string): Promise<readonly StatementUse[]> {
  const names = await namesByShape();
  const rows = await withSuperuser(databaseUrl, async (client) => (await client.query<StatementUse>(READ)).rows);
  return rows.map((row) => ({ ...row, name: names.get(shapeOf(row.name)) ?? row.name.replaceAll(/\s+/g, " ").slice(0, 40) }));
}
