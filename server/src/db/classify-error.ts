// Owns: what a failure of the database means for its caller. Refuses to know: which query it was.

/**
 * `transient`: the same again may work at once. `locked`: somebody holds a row that this needs; others need not wait for it. `data`: this input can
 * never work. `unavailable`: anything else, whether the database is gone or the fault is ours: whoever must not lose the input keeps it, and does not
 * blame it. `absenceOf` tells the two apart, for whoever has to explain the failure.
 */
export type DatabaseErrorClass = "transient" | "locked" | "data" | "unavailable";

const TRANSIENT = new Set(["40001", "40P01", "55006"]);
const LOCK_NOT_AVAILABLE = "55P03";
// 22: data exception, 23: integrity constraint, 54: program limit (an index row too large),
// P0: raised by a rule in the database, 44: check option of a policy or view.
const DATA_CLASSES = new Set(["22", "23", "54", "P0", "44"]);

export function sqlStateOf(error: unknown): string | undefined {
  if (typeof error !== "object" || error === null || !("code" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}

export function classifyDatabaseError(error: unknown): DatabaseErrorClass {
  const state = sqlStateOf(error);
  if (state?.length !== 5) return "unavailable";
  if (TRANSIENT.has(state)) return "transient";
  if (state === LOCK_NOT_AVAILABLE) return "locked";
  return DATA_CLASSES.has(state.slice(0, 2)) ? "data" : "unavailable";
}

/** Why the database cannot do what it was asked, although nothing is wrong with the request: the same may work later. */
export type DatabaseAbsence = "gone" | "overloaded" | "contended" | "timeout";

// By SQLSTATE and, where that has no row, by its class. What has no row in either is a fault of ours or of the installation (42: a wrong statement; 28: a wrong
// login; 0A, 26, XX, …): sending the same again would never help, and somebody has to look.
const ABSENCES: Readonly<Record<string, DatabaseAbsence | "fault">> = {
  "08": "gone",
  "08P01": "fault",
  "25006": "gone",
  "25P03": "gone",
  "40": "contended",
  "53": "overloaded",
  "55": "contended",
  "55000": "fault",
  "57": "gone",
  "57014": "timeout",
  "58": "gone",
};

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
// What pg says, without a code, when a connection is lost, cannot be opened, or is closed under it; and when a statement is not answered.
const CONNECTION_MESSAGES =
  /^(Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error|Client was closed|Cannot use a pool)/;
const READ_TIMEOUT = "Query read timeout";

/** A code of the system may have five letters, too: EPIPE. */
const isSqlState = (code: string | undefined): code is string => code?.length === 5 && !CONNECTION_CODES.has(code);

function absenceOfState(state: string | undefined): DatabaseAbsence | undefined {
  if (!isSqlState(state)) return undefined;
  const found = ABSENCES[state] ?? ABSENCES[state.slice(0, 2)];
  return found === "fault" ? undefined : found;
}

/** Undefined: it is no such failure, and asking again would not help. Also when it is the cause of what is thrown. */
export function absenceOf(error: unknown): DatabaseAbsence | undefined {
  const [first, ...causes] = causesOf(error);
  return absenceOfFirst(first) ?? causes.map(absenceOfCause).find(Boolean);
}

function absenceOfFirst(error: unknown): DatabaseAbsence | undefined {
  const code = sqlStateOf(error);
  if (code !== undefined && CONNECTION_CODES.has(code)) return "gone";
  if (isSqlState(code)) return absenceOfState(code);
  if (error instanceof AggregateError) return error.errors.map(absenceOfFirst).find(Boolean);
  if (!(error instanceof Error)) return undefined;
  if (error.message.startsWith(READ_TIMEOUT)) return "timeout";
  return CONNECTION_MESSAGES.test(error.message) ? "gone" : undefined;
}

/** A cause may come from anywhere, so a failure of a connection counts only when the connection is known to be ours. */
function absenceOfCause(cause: unknown): DatabaseAbsence | undefined {
  const code = sqlStateOf(cause);
  return isSqlState(code) ? absenceOfState(code) : goneAs(cause);
}

/** The name of the constraint that was violated, also when that is the cause of what is thrown. */
export function constraintOf(error: unknown): string | undefined {
  for (const cause of causesOf(error)) {
    const isViolation = sqlStateOf(cause)?.startsWith("23") === true;
    if (isViolation && cause instanceof Error && "constraint" in cause && typeof cause.constraint === "string") return cause.constraint;
  }
  return undefined;
}

const MOST_CAUSES = 8;
const connectionFailures = new WeakSet<Error>();

/** For whoever opens connections: nobody else could tell a failure below SQL from one of a connection to somewhere else. */
export function noteConnectionFailure(error: unknown): void {
  const isMistakeOfOurs = error instanceof TypeError || error instanceof RangeError || error instanceof SyntaxError;
  if (error instanceof Error && !isMistakeOfOurs) connectionFailures.add(error);
}

/** Below SQL; only whoever opened the connection knows that it was to our database. */
function goneAs(error: unknown): DatabaseAbsence | undefined {
  return error instanceof Error && connectionFailures.has(error) ? "gone" : undefined;
}

/** What was thrown, what caused it, and so on. */
function causesOf(error: unknown): readonly unknown[] {
  const causes = [error];
  for (let last = error; causes.length < MOST_CAUSES && last instanceof Error && last.cause !== undefined; last = last.cause)
    causes.push(last.cause);
  return causes;
}

/**
 * A failure that says nothing about the work itself, so it does not count as an attempt; also when it is the cause of what is thrown. A statement that was
 * too slow is not among them, because that may be the work's own doing; nor is a connection to somebody else's server.
 */
export function isOutage(error: unknown): boolean {
  for (const cause of causesOf(error)) {
    if (goneAs(cause) !== undefined) return true;
    const absence = absenceOfState(sqlStateOf(cause));
    if (absence !== undefined) return absence !== "timeout";
  }
  return false;
}
