// Owns: what went wrong between us and a model, as a sentence for the operator and as advice: again, later, or never. No text of a customer and no
// key gets into it: providers quote both in their errors, and the library keeps the whole request in them.
import { APICallError, LoadAPIKeyError, UnsupportedFunctionalityError } from "ai";
import { OutsideError } from "../outside/outside-error.ts";
import { mayPass, readRetryAfter } from "../outside/retry-advice.ts";
import { ResponderFault } from "../answers/responder.ts";

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

/** With these a server says of a question that it has something in it, such as a picture, that the model does not take. Some say 404 or 500 to it. */
const REFUSALS = new Set([400, 404, 413, 415, 422, 500, 501]);

function explainStatus(error: APICallError, status: number, host: string): ResponderFault {
  const code = codeIn(error.responseBody);
  const isFinal = (status >= 400 && !mayPass(status)) || (code !== undefined && LASTING_CODES.has(code));
  const retryAfterMs = readRetryAfter((name) => error.responseHeaders?.[name], Date.now());
  const said = `The model's server ${host} answered ${status}${code === undefined ? "" : ` (${code})`}`;
  const advice =
    status === 401 || status === 403
      ? ": the key is wrong, or is not allowed to use this model."
      : status === 404
        ? ": the model or the address does not exist there."
        : ".";
  return new ResponderFault(said + advice, {
    isFinal,
    isRefusal: REFUSALS.has(status),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  });
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
  if (UnsupportedFunctionalityError.isInstance(error))
    return new ResponderFault(`The model's server ${host} is not known to take what the question holds.`, {
      isFinal: true,
      isRefusal: true,
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
