// Owns: the connections. Pools of two database roles; the application's connections are set to one business at a time.
import { setTimeout as delay } from "node:timers/promises";
import pg from "pg";
import type { BusinessId } from "../kernel/ids.ts";
import type { Log } from "../kernel/log.ts";
import type { Columns, Query, Queryable, RowOf } from "./query.ts";
import { encodeParameters, type Parameters, type ValuesOf } from "./parameters.ts";
import { createBusinessShares, type TakeShare } from "./business-shares.ts";
import { noteConnectionFailure } from "./classify-error.ts";
import { pauseBeforeRetry } from "./pause-before-retry.ts";

export interface DatabaseOptions {
  readonly url: string;
  readonly appConnections: number;
  /** Batches of messages that run at the same time. */
  readonly ingestConnections: number;
  readonly applicationName: string;
  readonly log: Log;
  readonly statementTimeoutMs?: number;
}

interface TransactionOptions {
  readonly lockTimeoutMs?: number;
}

export interface BusinessDatabase extends Queryable {
  /**
   * Runs `work` in one transaction; a throw rolls it back. After a deadlock or a serialisation failure `work` runs again in a new transaction, so it must
   * touch nothing but the database: what follows from it (a wake-up, a line in the log) comes after the commit. `lockTimeoutMs`: how long it waits for a
   * lock that somebody else holds.
   */
  transaction<T>(work: (tx: Queryable) => Promise<T>, options?: TransactionOptions): Promise<T>;
}

export interface BatchDatabase {
  /** `isImpatient`: gives up as soon as it is plain that somebody holds what it needs. */
  run<C extends Columns, P extends Parameters>(
    query: Query<C, P>,
    values: ValuesOf<P>,
    options?: { readonly isImpatient?: boolean },
  ): Promise<readonly RowOf<C>[]>;
}

/** After a deadlock or a serialisation failure a statement, too, runs again: up to five times, all begun within the time that a statement may take. */
export interface Database {
  /** The rows of one business, by row-level security and by the explicit `business_id = :business` of every query. */
  forBusiness(businessId: BusinessId): BusinessDatabase;
  /** The ingest role: every business, but only the ingest tables. */
  readonly acrossBusinesses: Queryable;
  /**
   * The ingest role again, for statements over arrays that reach tables by scalar subqueries and `on conflict` only. Their plan is made once
   * (planning takes longer than a small batch) and joins by hash: the planner takes every array for ten rows, and nested loops over batches
   * of 256 cost more than all the inserts (measured 2026-11-22: 14 of 24 ms).
   */
  readonly batches: BatchDatabase;
  /**
   * The application's role again, on a few connections of its own and with a short limit: for reads that are useful but not needed. Whatever they wait for
   * (a lock, a huge search), they take no connection from what has to be written.
   */
  readonly optional: Pick<Database, "forBusiness">;
  ping(): Promise<void>;
  close(): Promise<void>;
}

const INT8 = 20;
const INT8_ARRAY = 1016;

// seq and counters stay far below 2^53; a string for each would only invite mistakes.
function createTypes(): pg.TypeOverrides {
  const types = new pg.TypeOverrides();
  types.setTypeParser(INT8, Number);
  types.setTypeParser(INT8_ARRAY, (text) => (text === "{}" ? [] : text.slice(1, -1).split(",").map(Number)));
  return types;
}

const CONNECT_TIMEOUT_MS = 5_000;
const STATEMENT_TIMEOUT_MS = 15_000;
const LOOKUP_CONNECTIONS = 3;
const OPTIONAL_TIMEOUT_MS = 2_000;
/** Beside the application's, not of them. */
const optionalConnectionsOf = ({ appConnections }: DatabaseOptions): number => Math.max(2, Math.ceil(appConnections * 0.4));
const ROLES = { app: "onethread_app", ingest: "onethread_ingest" } as const;

// One conversation whose row somebody holds must not keep a batch of 256 waiting: it is then set aside (ingest/around-locks.ts). A healthy row is held
// for some milliseconds, so whoever tries again, with others behind them, waits only a little longer than that.
const LOCK_TIMEOUT = "1s";
const IMPATIENT_LOCK_TIMEOUT = "50ms";
const PINNED_PLANS = `-c plan_cache_mode=force_generic_plan -c enable_nestloop=off -c enable_mergejoin=off -c lock_timeout=${LOCK_TIMEOUT}`;

interface PoolOptions {
  readonly role: keyof typeof ROLES;
  readonly max: number;
  readonly settings?: string;
}

function createPool(options: DatabaseOptions, { role, max, settings = "" }: PoolOptions): pg.Pool {
  const pool = new pg.Pool({
    connectionString: options.url,
    // The role is part of the connection's start: RESET ROLE leads back to it, not to the login.
    // enable_seqscan: every query of ours has an index to go by; a plan that was cached while the tables were empty must not outlive that.
    options: `-c role=${ROLES[role]} -c search_path=onethread,pg_temp -c TimeZone=UTC -c enable_seqscan=off ${settings}`,
    application_name: `${options.applicationName}-${role}`,
    max,
    types: createTypes(),
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    idleTimeoutMillis: 30_000,
    keepAlive: true,
    statement_timeout: options.statementTimeoutMs ?? STATEMENT_TIMEOUT_MS,
    query_timeout: (options.statementTimeoutMs ?? STATEMENT_TIMEOUT_MS) + 5_000,
    idle_in_transaction_session_timeout: 30_000,
  });
  // A connection that dies while idle is replaced on the next use; whoever uses one gets the error.
  pool.on("error", (error) => {
    options.log.warn({ error: error.message }, "database.connection-lost");
  });
  // The pool listens only to idle connections, and an "error" without a listener ends the process: whoever uses the connection gets the
  // error from the query (chaos/kill-postgres.test.ts).
  pool.on("connect", (client) => {
    client.on("error", () => undefined);
  });
  return pool;
}

/** Runs a query with its values on a connection. */
type Send = <C extends Columns, P extends Parameters>(
  query: Query<C, P>,
  values: ValuesOf<P>,
) => (client: pg.PoolClient) => Promise<pg.QueryResult<RowOf<C> & pg.QueryResultRow>>;

/** For what one business asks, or for all. The values are encoded once, however often the query has to be sent. */
const sendFor =
  (businessId: BusinessId | undefined): Send =>
  (query, values) => {
    const { name, text, slots } = query;
    const encoded = encodeParameters(slots, values, businessId);
    return (client) => client.query({ name, text, values: encoded });
  };

const sendAcross = sendFor(undefined);

/** The two ways to send a query; `on` says on which connection. */
function queryableOf(send: Send, on: <T>(work: (client: pg.PoolClient) => Promise<T>) => Promise<T>): Queryable {
  return {
    run: async (query, values) => (await on(send(query, values))).rows,
    execute: async (query, values) => (await on(send(query, values))).rowCount ?? 0,
  };
}

// Remembers which business a connection is set to, so that a run of calls for the same one costs no extra round trip. Set only outside of
// transactions, so a rollback cannot undo it behind our back.
const currentBusiness = new WeakMap<pg.PoolClient, string>();

async function setBusiness(client: pg.PoolClient, businessId: BusinessId): Promise<void> {
  if (currentBusiness.get(client) === businessId) return;
  currentBusiness.delete(client);
  await client.query({ name: "db.set-business", text: "select set_config('onethread.business_id', $1, false)", values: [businessId] });
  currentBusiness.set(client, businessId);
}

const impatientClients = new WeakSet<pg.PoolClient>();

/** Costs nothing on a connection that is set so already, as all are in ordinary times. */
async function setPatience(client: pg.PoolClient, isImpatient: boolean): Promise<void> {
  if (impatientClients.has(client) === isImpatient) return;
  const timeout = isImpatient ? IMPATIENT_LOCK_TIMEOUT : LOCK_TIMEOUT;
  await client.query({ name: "db.set-patience", text: "select set_config('lock_timeout', $1, false)", values: [timeout] });
  if (isImpatient) impatientClients.add(client);
  else impatientClients.delete(client);
}

// A plan that was made while a table was empty takes any index to be as good as the right one, and stays until the first autoanalyze: look-ups and
// foreign key checks then walk through all rows of a business (measured 2026-11-22: 1,430 instead of 6,600 msg/s in the first seconds of a new
// database; a batch of 256 over 15 s after a bulk load). So a connection forgets its plans each time that its uses have doubled, and every few
// seconds while it is young.
const YOUNG_MS = 600_000;
const FORGET_EVERY_MS = 5_000;
interface Age {
  uses: number;
  readonly bornAt: number;
  forgotAt: number;
}
const ages = new WeakMap<pg.PoolClient, Age>();

async function countUse(client: pg.PoolClient): Promise<void> {
  const now = performance.now();
  const age = ages.get(client) ?? { uses: 0, bornAt: now, forgotAt: now };
  ages.set(client, age);
  age.uses += 1;
  const hasDoubled = age.uses > 1 && (age.uses & (age.uses - 1)) === 0;
  const isDue = now - age.bornAt < YOUNG_MS && now - age.forgotAt > FORGET_EVERY_MS;
  if (!hasDoubled && !isDue) return;
  age.forgotAt = now;
  await client.query("discard plans");
}

/**
 * The server has become read-only or is going away, or it failed below SQL (no SQLSTATE): such a connection is not given back. One on which there was no
 * room (53) is as good as before.
 */
function isLost(error: unknown): boolean {
  return !(error instanceof pg.DatabaseError) || /^(25006|57P0|08)/.test(error.code ?? "");
}

async function connect(pool: pg.Pool): Promise<pg.PoolClient> {
  try {
    return await pool.connect();
  } catch (error) {
    noteConnectionFailure(error);
    throw error;
  }
}

interface Connections {
  readonly pool: pg.Pool;
  /** How long after its beginning it may be begun again, when the database asks for that. */
  readonly retryForMs: number;
}

/** Its cause is what the work of a transaction threw. It is rolled back, and the connection is as good as before. */
class RolledBack extends Error {}

/** Between two tries the connection is in the pool, for others. */
async function withClient<T>({ pool, retryForMs }: Connections, work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
  const beganAt = performance.now();
  for (let attempt = 1; ; attempt += 1) {
    const client = await connect(pool);
    let broken: Error | undefined;
    let pauseMs: number;
    try {
      await countUse(client);
      return await work(client);
    } catch (caught) {
      const error = caught instanceof RolledBack ? caught.cause : caught;
      if (error === caught && isLost(error)) {
        // A SQLSTATE speaks for itself.
        if (!(error instanceof pg.DatabaseError)) noteConnectionFailure(error);
        broken = error instanceof Error ? error : new Error(String(error));
      }
      const pause = performance.now() - beganAt < retryForMs ? pauseBeforeRetry(error, attempt) : undefined;
      if (pause === undefined) throw error;
      pauseMs = pause;
    } finally {
      client.release(broken);
    }
    await delay(pauseMs);
  }
}

interface SharedConnections extends Connections {
  readonly takeShare: TakeShare;
}

async function withBusiness<T>(
  connections: SharedConnections,
  businessId: BusinessId,
  work: (client: pg.PoolClient) => Promise<T>,
): Promise<T> {
  const taken = connections.takeShare(businessId);
  const leave = typeof taken === "function" ? taken : await taken;
  try {
    return await withClient(connections, async (client) => {
      await setBusiness(client, businessId);
      return work(client);
    });
  } finally {
    leave();
  }
}

interface TransactionWork<T> extends TransactionOptions {
  readonly send: Send;
  readonly work: (tx: Queryable) => Promise<T>;
}

async function inTransaction<T>(client: pg.PoolClient, { send, work, lockTimeoutMs }: TransactionWork<T>): Promise<T> {
  await client.query(lockTimeoutMs === undefined ? "begin" : `begin; set local lock_timeout = ${String(Math.ceil(lockTimeoutMs))}`);
  try {
    const result = await work(queryableOf(send, (sent) => sent(client)));
    await client.query("commit");
    return result;
  } catch (error) {
    const isRolledBack = await client.query("rollback").then(
      () => true,
      () => false,
    );
    if (!isRolledBack || (error instanceof pg.DatabaseError && isLost(error))) throw error;
    throw new RolledBack("rolled back", { cause: error });
  }
}

export function createDatabase(options: DatabaseOptions): Database {
  const retryForMs = options.statementTimeoutMs ?? STATEMENT_TIMEOUT_MS;
  const shared = (pool: pg.Pool, forMs: number): SharedConnections => ({
    pool,
    retryForMs: forMs,
    takeShare: createBusinessShares({ connections: pool.options.max, waitMs: CONNECT_TIMEOUT_MS }),
  });
  const app = shared(createPool(options, { role: "app", max: options.appConnections }), retryForMs);
  const lookups = { pool: createPool(options, { role: "ingest", max: options.ingestConnections + LOOKUP_CONNECTIONS }), retryForMs };
  const batches = { pool: createPool(options, { role: "ingest", max: options.ingestConnections, settings: PINNED_PLANS }), retryForMs };
  const optional = shared(
    createPool({ ...options, statementTimeoutMs: OPTIONAL_TIMEOUT_MS }, { role: "app", max: optionalConnectionsOf(options) }),
    OPTIONAL_TIMEOUT_MS,
  );
  const businessOf =
    (connections: SharedConnections): Database["forBusiness"] =>
    (businessId) => {
      const send = sendFor(businessId);
      return {
        ...queryableOf(send, (sent) => withBusiness(connections, businessId, sent)),
        transaction: (work, transactionOptions = {}) =>
          withBusiness(connections, businessId, (client) => inTransaction(client, { send, work, ...transactionOptions })),
      };
    };
  return {
    forBusiness: businessOf(app),
    optional: { forBusiness: businessOf(optional) },
    acrossBusinesses: queryableOf(sendAcross, (sent) => withClient(lookups, sent)),
    batches: {
      async run(query, values, { isImpatient = false } = {}) {
        const sent = sendAcross(query, values);
        const { rows } = await withClient(batches, async (client) => {
          await setPatience(client, isImpatient);
          return sent(client);
        });
        return rows;
      },
    },
    async ping() {
      await lookups.pool.query("select 1");
    },
    async close() {
      await Promise.all([app, lookups, batches, optional].map(({ pool }) => pool.end()));
    },
  };
}
