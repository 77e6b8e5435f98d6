// Owns: what a failure of the database means for the one who called it. Refuses to know which query it was.

/**
 * `transient`: the same again may work at once. `locked`: somebody holds a row that this needs; others need not wait with it. `data`: this input can
 * never work. `unavailable`: the database cannot be used now.
 */
export type DatabaseFailure = "transient" | "locked" | "data" | "unavailable";

const TRANSIENT = new Set(["40001", "40P01", "55006"]);
const LOCK_NOT_AVAILABLE = "55P03";
// 22: data exception, 23: integrity constraint, 54: program limit (an index row too large),
// P0: raised by a rule in the database, 44: check option of a policy or view.
const DATA_CLASSES = new Set(["22", "23", "54", "P0", "44"]);

export function sqlStateOf(error: unknown): string | undefined {
  if (typeof error !== "object" || error === null || !("code" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}

export function classifyDatabaseError(error: unknown): DatabaseFailure {
  const state = sqlStateOf(error);
  if (state?.length !== 5) return "unavailable";
  if (TRANSIENT.has(state)) return "transient";
  if (state === LOCK_NOT_AVAILABLE) return "locked";
  return DATA_CLASSES.has(state.slice(0, 2)) ? "data" : "unavailable";
}

const CONNECTION_CODES = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "EPIPE",
  "ETIMEDOUT",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
]);
// Connection (08), try again (40), resources (53), in use (55), stopped or timed out (57), system (58), read-only after a failover, idle for too long.
// Every other state is a fault of ours or of the installation: sending the same again would never help, and somebody has to look.
const PASSING_STATES = /^(08|40|53|55|57|58|25006|25P03)/;
// What pg says without a code when a connection is lost, cannot be had, or is closed under it.
const CONNECTION_MESSAGES =
  /^(Connection terminated|timeout exceeded when trying to connect|Query read timeout|Client has encountered a connection error|Client was closed|Cannot use a pool)/;

/** The database cannot be reached or cannot work now, and nothing is wrong with what it was asked: the same may work later. */
export function isDatabaseGone(error: unknown): boolean {
  const code = sqlStateOf(error);
  if (code !== undefined && CONNECTION_CODES.has(code)) return true;
  if (code?.length === 5) return PASSING_STATES.test(code);
  if (error instanceof AggregateError) return error.errors.some(isDatabaseGone);
  return error instanceof Error && CONNECTION_MESSAGES.test(error.message);
}

const STATEMENT_TIMEOUT = "57014";

const MOST_CAUSES = 8;
const connectionFailures = new WeakSet<Error>();

/** For who opens connections: a failure below SQL says nothing by which anybody else could tell it from that of a connection to somewhere else. */
export function noteConnectionFailure(error: unknown): void {
  const isMistakeOfOurs = error instanceof TypeError || error instanceof RangeError || error instanceof SyntaxError;
  if (error instanceof Error && !isMistakeOfOurs) connectionFailures.add(error);
}

/**
 * A failure that says nothing about the work itself, so it counts as no try of it; also when it is the cause of what is thrown. A statement that was too
 * slow is none of them: it may be the work's own. Nor is a connection to somebody else's server.
 */
export function isOutage(error: unknown): boolean {
  let cause = error;
  for (let depth = 0; depth < MOST_CAUSES && cause instanceof Error; depth += 1, cause = cause.cause) {
    const state = sqlStateOf(cause);
    if (connectionFailures.has(cause)) return true;
    if (state?.length === 5 && PASSING_STATES.test(state)) return state !== STATEMENT_TIMEOUT;
  }
  return false;
}
