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
