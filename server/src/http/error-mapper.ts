// Owns: which failure becomes which problem, and logging each one that is our fault, once. What nobody expected reaches a client as an id only.
import type { FastifyError, FastifyReply, FastifyRequest } from "fastify";
import { hasZodFastifySchemaValidationErrors } from "fastify-type-provider-zod";
import { Fault, FAULTS } from "../kernel/faults.ts";
import { newId } from "../kernel/ids.ts";
import type { Log } from "../kernel/log.ts";
import { databaseFailureOf, type DatabaseFailure } from "./database-problems.ts";
import { problemOf, sendProblem, type FieldProblem, type Problem } from "./problem.ts";

export type ErrorHandler = (error: unknown, request: FastifyRequest, reply: FastifyReply) => FastifyReply;

const DEFAULT_RETRY_SECONDS = 5;
export function createErrorHandler(deps: { readonly log: Log }): ErrorHandler {
  return (error, request, reply) => {
    const { problem, retryAfterSeconds } = problemFor(error, { request, log: deps.log });
    if (retryAfterSeconds !== undefined && reply.getHeader("retry-after") === undefined)
      reply.header("retry-after", String(retryAfterSeconds));
    if (problem.code === "unauthorized") reply.header("www-authenticate", 'Bearer realm="onethread"');
    return sendProblem(reply, problem);
  };
}

interface ErrorAnswer {
  readonly problem: Problem;
  readonly retryAfterSeconds?: number | undefined;
}

interface Site {
  readonly request: FastifyRequest;
  readonly log: Log;
}

function problemFor(error: unknown, site: Site): ErrorAnswer {
  if (error instanceof Fault) return mapFault(error, site);
  if (hasZodFastifySchemaValidationErrors(error)) return { problem: mapValidation(error) };
  const fromFastify = mapRequestError(error);
  if (fromFastify !== undefined) return { problem: fromFastify };
  const failure = databaseFailureOf(error);
  return failure === undefined ? mapUnknown(error, site) : mapDatabaseFailure(failure, error, site);
}

function mapFault(fault: Fault, { request, log }: Site): ErrorAnswer {
  if (FAULTS[fault.code].status === 500) return mapUnknown(fault, { request, log });
  const retryAfterSeconds = fault.retryAfterSeconds ?? (fault.code === "unavailable" ? DEFAULT_RETRY_SECONDS : undefined);
  if (fault.code === "unavailable") log.warn({ route: routeOf(request), reason: fault.message, error: fault.cause }, "http.refused");
  return { problem: problemOf(fault.code, fault.message, fault.errors === undefined ? {} : { errors: fault.errors }), retryAfterSeconds };
}

function mapValidation(
  error: Pick<FastifyError, "validationContext"> & {
    readonly validation: readonly { instancePath: string; message?: string | undefined }[];
  },
): Problem {
  const place = error.validationContext === "querystring" ? "query" : (error.validationContext ?? "request");
  const errors: readonly FieldProblem[] = error.validation.map(({ instancePath, message }) => ({
    path: `${place}${instancePath.replaceAll("/", ".")}`,
    message: message ?? "is not valid",
  }));
  const first = errors[0];
  const detail = first === undefined ? "The request does not fit its description." : `${first.path}: ${first.message}`;
  return problemOf("bad_request", detail, { errors });
}

/** Errors of the web framework about the request itself. */
function mapRequestError(error: unknown): Problem | undefined {
  if (!(error instanceof Error) || !("statusCode" in error) || typeof error.statusCode !== "number") return undefined;
  if (error.statusCode < 400 || error.statusCode > 499) return undefined;
  if (error.statusCode === 413) return problemOf("payload_too_large", "The body is larger than this address accepts. Send less at once.");
  if (error.statusCode === 415)
    return problemOf("unsupported_media_type", 'Send the body as JSON, with the header "Content-Type: application/json".');
  if (error.statusCode === 404) return problemOf("not_found", "There is nothing at this address.");
  return problemOf("bad_request", `The request cannot be read: ${error.message}`);
}

function mapDatabaseFailure(failure: DatabaseFailure, error: unknown, { request, log }: Site): ErrorAnswer {
  if (failure.outcome === "refused") return { problem: problemOf(failure.problem.code, failure.problem.detail) };
  log.warn({ route: routeOf(request), reason: failure.absence, error }, "http.database-failed");
  return { problem: problemOf("unavailable", failure.detail), retryAfterSeconds: DEFAULT_RETRY_SECONDS };
}

function mapUnknown(error: unknown, { request, log }: Site): ErrorAnswer {
  const errorId = newId();
  log.error({ errorId, route: routeOf(request), error }, "http.failed");
  const detail = `This is not your fault. Whoever runs Onethread finds what happened in the log under ${errorId}.`;
  return { problem: problemOf("internal", detail, { instance: `urn:uuid:${errorId}` }) };
}

function routeOf(request: FastifyRequest): string {
  return `${request.method} ${request.routeOptions.url ?? "unknown"}`;
}
