// Owns: what went wrong between us and a model, as a sentence for the operator and as advice: again, later, or never. No text of a customer and no
// key gets into it: providers quote both in their errors, and the library keeps the whole request in them.
import { APICallError, LoadAPIKeyError } from "ai";
import { OutsideError } from "../outside/outside-http.ts";
import { ResponderFault } from "../replies/responder.ts";

const MAX_RETRY_AFTER_MS = 3_600_000;
/** Client errors that another try may cure. */
const PASSING = new Set([408, 409, 425, 429]);
/** Said with a status that sounds as if it would pass. */
const LASTING_CODES = new Set(["insufficient_quota", "billing_hard_limit_reached", "billing_not_active"]);

function outsideErrorIn(error: unknown): OutsideError | undefined {
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) if (cause instanceof OutsideError) return cause;
  return undefined;
}

/** The provider's own word for it, such as `model_not_found`: an identifier, or it is not repeated. */
function codeIn(body: string | undefined): string | undefined {
  const found = [...(body ?? "").matchAll(/"(?:code|type|status)"\s*:\s*"([A-Za-z][A-Za-z0-9_.-]{2,60})"/g)].map((match) => match[1] ?? "");
  return found.find((code) => code !== "error" && code !== "invalid_request_error") ?? found[0];
}

export function readRetryAfter(headers: Readonly<Record<string, string>> | undefined, now: number): number | undefined {
  const inMs = Number(headers?.["retry-after-ms"]);
  const text = headers?.["retry-after"] ?? "";
  const wait = inMs > 0 ? inMs : /^\d+(\.\d+)?$/.test(text) ? Number(text) * 1_000 : Date.parse(text) - now;
  return wait > 0 ? Math.min(wait, MAX_RETRY_AFTER_MS) : undefined;
}

function explainStatus(error: APICallError, status: number, host: string): ResponderFault {
  const code = codeIn(error.responseBody);
  const isFinal = (status >= 400 && status < 500 && !PASSING.has(status)) || (code !== undefined && LASTING_CODES.has(code));
  const retryAfterMs = readRetryAfter(error.responseHeaders, Date.now());
  const said = `The model's server ${host} answered ${status}${code === undefined ? "" : ` (${code})`}`;
  const advice =
    status === 401 || status === 403
      ? ": the key is wrong, or is not allowed to use this model."
      : status === 404
        ? ": the model or the address does not exist there."
        : ".";
  return new ResponderFault(said + advice, { isFinal, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) });
}

/** Never for an abort of the caller: that one is passed on as it is. */
export function explainModelError(error: unknown, host: string): ResponderFault {
  if (error instanceof ResponderFault) return error;
  const outside = outsideErrorIn(error);
  if (outside !== undefined)
    return new ResponderFault(outside.message, {
      cause: outside,
      isFinal: outside.code === "not_allowed" || outside.code === "invalid_url",
    });
  if (LoadAPIKeyError.isInstance(error)) return new ResponderFault(`The key for the model's server ${host} is missing.`, { isFinal: true });
  // From here on without `cause`: it would carry the whole request, and with it what the customer wrote, into the log.
  if (APICallError.isInstance(error) && error.statusCode !== undefined && error.statusCode >= 300)
    return explainStatus(error, error.statusCode, host);
  const wasReached = !APICallError.isInstance(error) || error.statusCode !== undefined;
  return new ResponderFault(
    wasReached
      ? `The answer of the model's server ${host} broke off or could not be understood.`
      : `The model's server ${host} could not be reached.`,
  );
}
