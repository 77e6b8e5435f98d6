// Owns: one examination of a database: all checks in one snapshot, without changing anything. Refuses to know how the report is shown.
import pg from "pg";
import { checkMigrations, type MigrationState } from "../db/migrate.ts";
import { messageOf } from "../kernel/faults.ts";
import type { Log } from "../kernel/log.ts";
import { toStatement, type Check } from "./check.ts";
import { checks as allChecks } from "./checks.ts";

export interface CheckResult {
  readonly name: string;
  readonly invariant: number;
  readonly state: "ok" | "warn" | "broken";
  readonly count: number;
  /** Ids of up to five violations. */
  readonly examples: readonly string[];
  /** What it means and what to do; empty when all is well. */
  readonly advice: string;
}

export interface DoctorReport {
  /** True when nothing is broken; there may be warnings. */
  readonly ok: boolean;
  readonly checks: readonly CheckResult[];
}

export interface DoctorOptions {
  /** Any login that is a member of onethread_reader. */
  readonly url: string;
  readonly log: Log;
}

/** Asks the database one question; `client` must be allowed to read every business. A question that fails is a broken check, not a throw. */
export async function runCheck(client: pg.ClientBase, check: Check): Promise<CheckResult> {
  const { name, invariant } = check;
  try {
    await client.query("savepoint doctor");
    const { rows } = await client.query<{ count: number; examples: string[] }>(toStatement(check));
    await client.query("release savepoint doctor");
    const { count, examples } = rows[0] ?? { count: 0, examples: [] };
    if (count === 0) return { name, invariant, state: "ok", count, examples, advice: "" };
    return { name, invariant, state: check.severity, count, examples, advice: `${check.finding} ${check.advice}` };
  } catch (error) {
    await client.query("rollback to savepoint doctor");
    return { name, invariant, state: "broken", count: 1, examples: [], advice: `This could not be checked: ${messageOf(error)}.` };
  }
}

/** Examines a live database in one read-only snapshot, over all businesses. Throws only when the database cannot be reached or read. */
export async function runDoctor(options: DoctorOptions): Promise<DoctorReport> {
  const migrations = judgeMigrations(await checkMigrations(options));
  if (migrations.state === "broken") return toReport([migrations]);
  const client = new pg.Client({
    connectionString: options.url,
    application_name: "onethread-doctor",
    connectionTimeoutMillis: 10_000,
    options: "-c default_transaction_read_only=on -c TimeZone=UTC",
  });
  // An error between two questions reaches us with the next one.
  client.on("error", (error) => {
    options.log.warn({ error: error.message }, "database.connection-lost");
  });
  await client.connect();
  try {
    await client.query("set role onethread_reader");
    // One snapshot: a message that comes in meanwhile is seen by all checks or by none.
    await client.query("begin isolation level repeatable read, read only");
    const results: CheckResult[] = [];
    for (const check of allChecks) results.push(await runCheck(client, check));
    await client.query("commit");
    return toReport([migrations, ...results]);
  } finally {
    await client.end();
  }
}

function judgeMigrations({ applied, pending }: MigrationState): CheckResult {
  const base = { name: "migrations-pending", invariant: 1, count: pending.length, examples: pending.slice(0, 5) };
  if (pending.length === 0) return { ...base, state: "ok", advice: "" };
  const what =
    applied.length === 0 ? "This database was never prepared for Onethread" : "The database is older than this version of Onethread";
  return { ...base, state: "broken", advice: `${what}, so nothing else was checked. Run \`onethread migrate\`, then this again.` };
}

function toReport(results: readonly CheckResult[]): DoctorReport {
  return { ok: results.every((result) => result.state !== "broken"), checks: results };
}
