// Owns: what the status and the headers of an answer say about asking again. Pure. Refuses to know: who asked, and what for.

/** Client errors that another try may cure. */
const PASSING = new Set([408, 409, 425, 429]);
const MAX_RETRY_AFTER_MS = 3_600_000;

/** False: the same again cannot work. */
export function mayPass(status: number): boolean {
  return status >= 500 || PASSING.has(status);
}

/** Seconds, milliseconds (of model providers) or a date; undefined: nothing that can be read, or no time to wait. At most an hour. */
export function readRetryAfter(header: (name: string) => string | null | undefined, now: number): number | undefined {
  const inMs = Number(header("retry-after-ms") ?? 0);
  const text = (header("retry-after") ?? "").trim();
  const wait = inMs > 0 ? inMs : /^\d+(\.\d+)?$/.test(text) ? Number(text) * 1_000 : Date.parse(text) - now;
  return wait > 0 ? Math.min(wait, MAX_RETRY_AFTER_MS) : undefined;
}
