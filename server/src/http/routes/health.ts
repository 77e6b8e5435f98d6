// Owns: what an orchestrator and Prometheus ask: alive, ready, metrics. Needs no key and reveals nothing about any business.
import type { FastifyInstance } from "fastify";
import { messageOf } from "../../kernel/faults.ts";
import type { Log } from "../../kernel/log.ts";
import type { Metrics } from "../metrics.ts";
import { withTimeout } from "../../kernel/with-timeout.ts";
import { shareAnswer } from "../share-answer.ts";

export interface HealthDeps {
  readonly ping: () => Promise<void>;
  /** Names of migrations that this code needs and the database does not have. */
  readonly listPendingMigrations: () => Promise<readonly string[]>;
  readonly metrics: Metrics;
  readonly log: Log;
  readonly timeoutMs?: number;
}

interface Check {
  readonly ok: boolean;
  readonly reason?: string;
}

interface Readiness {
  readonly isReady: boolean;
  readonly checks: { readonly database: Check; readonly migrations: Check };
}

// Both ask the database, and anybody may ask for them: a probe and a scraper get an answer of their own each time, a crowd shares them.
const READY_LIMIT = { burst: 20, perSecond: 5 };
const METRICS_LIMIT = { burst: 10, perSecond: 2 };

export function registerHealthRoutes(app: FastifyInstance, deps: HealthDeps): void {
  const findReadiness = shareAnswer({ ...READY_LIMIT, ask: createCheckReadiness(deps) });
  const renderMetrics = shareAnswer({ ...METRICS_LIMIT, ask: () => deps.metrics.render() });
  app.get("/health/live", () => ({ status: "ok" }));
  app.get("/health/ready", async (_request, reply) => {
    const { isReady, checks } = await findReadiness();
    return reply.code(isReady ? 200 : 503).send({ status: isReady ? "ready" : "not_ready", checks });
  });
  app.get("/metrics", async (_request, reply) => {
    const { contentType, body } = await renderMetrics();
    return reply.header("content-type", contentType).send(body);
  });
}

function createCheckReadiness(deps: HealthDeps): () => Promise<Readiness> {
  // Once this code's migrations are there they stay there: they are forward only.
  let isMigrated = false;
  return async () => {
    const database = await checkDatabase(deps);
    const migrations = isMigrated ? { ok: true } : await checkMigrations(deps, database);
    if (migrations.ok) isMigrated = true;
    return { isReady: database.ok && migrations.ok, checks: { database, migrations } };
  };
}

async function checkDatabase(deps: HealthDeps): Promise<Check> {
  try {
    await withTimeout(deps.ping(), deps.timeoutMs ?? 1_000);
    return { ok: true };
  } catch (error) {
    deps.log.warn({ error: messageOf(error) }, "health.database-failed");
    return { ok: false, reason: "The database does not answer." };
  }
}

async function checkMigrations(deps: HealthDeps, database: Check): Promise<Check> {
  if (!database.ok) return { ok: false, reason: "Not known while the database does not answer." };
  try {
    const pending = await withTimeout(deps.listPendingMigrations(), deps.timeoutMs ?? 1_000);
    if (pending.length === 0) return { ok: true };
    return { ok: false, reason: `The database lacks ${pending.join(", ")}: run "onethread migrate".` };
  } catch (error) {
    deps.log.warn({ error: messageOf(error) }, "health.migrations-failed");
    return { ok: false, reason: 'The migrations cannot be read: run "onethread migrate".' };
  }
}
