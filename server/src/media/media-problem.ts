// Owns: the one error of fetching a file: what went wrong, and whether trying again can help. Refuses to know: when it is tried again.

/** API: `media.error.code` of a message, docs/media.md. */
export const MEDIA_PROBLEMS = {
  /** Nobody answered, or not in time. */
  unreachable: { patience: Infinity, ends: "failed" },
  unauthorized: { patience: Infinity, ends: "failed" },
  throttled: { patience: Infinity, ends: "failed" },
  provider_error: { patience: Infinity, ends: "failed" },
  /** The channel has no token, or no address. */
  channel_incomplete: { patience: Infinity, ends: "failed" },
  /** Our own store: full, gone, or not allowed. */
  store_unavailable: { patience: Infinity, ends: "failed" },
  scanner_unavailable: { patience: Infinity, ends: "failed" },
  not_found: { patience: 8, ends: "failed" },
  incomplete: { patience: 6, ends: "failed" },
  sha256_mismatch: { patience: 4, ends: "failed" },
  redirected: { patience: 4, ends: "failed" },
  expired: { patience: 1, ends: "failed" },
  not_provided: { patience: 1, ends: "failed" },
  /** WhatsApp's own code: it could not take the file from the customer. */
  "131052": { patience: 1, ends: "failed" },
  /** Whoever worked on it died, several times in a row. */
  crashed: { patience: 1, ends: "failed" },
  infected: { patience: 1, ends: "refused" },
  host_not_allowed: { patience: 1, ends: "refused" },
  too_large: { patience: 1, ends: "refused" },
  wrong_type: { patience: 1, ends: "refused" },
  too_many_pixels: { patience: 1, ends: "refused" },
} as const satisfies Readonly<Record<string, { readonly patience: number; readonly ends: "failed" | "refused" }>>;

export type MediaProblemCode = keyof typeof MEDIA_PROBLEMS;

/** `message` is for people, and names no address, no token and no customer. */
export class MediaProblem extends Error {
  readonly code: MediaProblemCode;

  constructor(code: MediaProblemCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = "MediaProblem";
    this.code = code;
  }
}

/** From the disk or the store: it has nothing to do with the file. */
export const storeProblem = (cause: unknown): MediaProblem =>
  new MediaProblem("store_unavailable", `The file could not be stored (${codeOf(cause)}). It is fetched again when it can be.`, cause);

function codeOf(error: unknown): string {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return typeof code === "string" ? code : "no answer of the store";
}
