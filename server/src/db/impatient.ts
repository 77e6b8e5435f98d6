// Owns: how a statement says that it waits only a moment for a row that somebody else holds. Refuses to know: which statement, and what follows.

/** Belongs in the `from` of what the statement evaluates before it locks anything. It then fails as `locked` (classify-error.ts) instead of keeping its connection. */
export const IMPATIENT = "(select set_config('lock_timeout', '50ms', true)) as patience";
