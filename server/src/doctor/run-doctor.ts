// Owns: one examination of a database, from the connection to the report. Changes nothing. Refuses to know what is asked, and how the report is shown.
import pg from "pg";
import { checkMigrations, type MigrationState } from "../db/migrate.ts";
import type { Log } from "../kernel/log.ts";
import { createAsk } from "./ask.ts";
import { checks as allChecks } from "./checks.ts";
import { examine, type CheckResult, type Examination } from "./examine.ts";

export interface DoctorReport {
  /** True when everything was looked at and nothing is broken; there may be warnings. */
  readonly ok: boolean;
  /** False when the time was over before: nothing is claimed about what was not looked at. */
  readonly complete: boolean;
  readonly tookMs: number;
  /** Absent when the database is not what can be examined. */
  readonly coverage?: Examination["coverage"];
  readonly checks: readonly CheckResult[];
}

export interface DoctorOptions {
  /** Any login that is a member of onethread_reader. */
  readonly url: string;
  readonly log: Log;
  /** How long it may take. Absent: as long as it takes to look at everything. */
  readonly limitMs?: number | undefined;
}

// A statement for all checks of 1,000 conversations takes a few milliseconds, mostly of reading.
const SLICE_SIZE = 1_000;

// Most questions are about a slice, of which an index tells; the planner, who cannot know how much lies between two ids, would sometimes read a whole table. One
// process of the database is all that the doctor takes.
const SETTINGS =
  "-c default_transaction_read_only=on -c TimeZone=UTC -c enable_seqscan=off -c max_parallel_workers_per_gather=0 -c jit=off";

/**
 * Examines a live database, over all businesses. Each statement has a snapshot of its own, so that nothing waits for the doctor for longer than that.
 * Throws only when the database cannot be reached or read.
 */
export async function runDoctor({ url, log, limitMs = Infinity }: DoctorOptions): Promise<DoctorReport> {
  const startedAt = performance.now();
  const tookMs = (): number => performance.now() - startedAt;
  const migrations = judgeMigrations(await checkMigrations({ url, log }));
  if (migrations.state === "broken") return { ok: false, complete: false, tookMs: tookMs(), checks: [migrations] };
  const client = new pg.Client({
    connectionString: url,
    application_name: "onethread-doctor",
    connectionTimeoutMillis: 10_000,
    options: SETTINGS,
  });
  // An error between two questions reaches us with the next one.
  client.on("error", (error) => {
    log.warn({ error: error.message }, "database.connection-lost");
  });
  await client.connect();
  try {
    await client.query("set role onethread_reader");
    const timeLeftMs = (): number => limitMs - tookMs();
    const ask = createAsk(client, timeLeftMs);
    const { coverage, checks } = await examine({ ask, checks: allChecks, timeLeftMs, sliceSize: SLICE_SIZE });
    const complete = checks.every((check) => check.complete);
    const ok = complete && checks.every(({ state }) => state !== "broken");
    return { ok, complete, tookMs: tookMs(), coverage, checks: [migrations, ...checks] };
  } finally {
    await client.end();
  }
}

function judgeMigrations({ applied, pending }: MigrationState): CheckResult {
  const base = { name: "migrations-pending", invariant: 1, count: pending.length, examples: pending.slice(0, 5), tookMs: 0 };
  if (pending.length === 0) return { ...base, state: "ok", complete: true, advice: "" };
  const what =
    applied.length === 0 ? "This database was never prepared for Onethread" : "The database is older than this version of Onethread";
  return {
    ...base,
    state: "broken",
    complete: false,
    advice: `${what}, so nothing else was checked. Run \`onethread migrate\`, then this again.`,
  };
}
