// Owns: the one error of requests to addresses that a business chose.

export type OutsideErrorCode = "not_allowed" | "unreachable" | "timeout" | "aborted" | "too_large" | "too_many_redirects" | "invalid_url";

/** `message` names the host and the reason, never the address's path, query, login or a header: it may be logged and shown. */
export class OutsideError extends Error {
  readonly code: OutsideErrorCode;

  constructor(code: OutsideErrorCode, message: string, options?: { cause: unknown }) {
    super(message, options);
    this.name = "OutsideError";
    this.code = code;
  }
}
