// Owns the Graph API's errors: title, HTTP status and envelope of each code. Knows nothing of when they happen.
import type { JsonObject } from "./json-object.ts";

export interface GraphProblem {
  readonly code: number;
  readonly details?: string;
  /** Instead of the code's own sentence; the `(#code) ` prefix is not added to it. */
  readonly message?: string;
  readonly subcode?: number;
  readonly status?: number;
  readonly type?: string;
}

interface CodeFacts {
  readonly status: number;
  readonly title: string;
}

const documentation = "https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes/";

const factsOfCode: ReadonlyMap<number, CodeFacts> = new Map([
  [0, { status: 401, title: "AuthException" }],
  [1, { status: 400, title: "API Unknown" }],
  [2, { status: 503, title: "API Service" }],
  [3, { status: 500, title: "API Method" }],
  [4, { status: 400, title: "Application request limit reached" }],
  [10, { status: 403, title: "Application does not have permission for this action" }],
  [33, { status: 400, title: "Parameter value is not valid" }],
  [100, { status: 400, title: "Invalid parameter" }],
  [190, { status: 401, title: "Invalid OAuth access token - Cannot parse access token" }],
  [368, { status: 403, title: "Temporarily blocked for policies violations" }],
  [80007, { status: 400, title: "Rate limit issues" }],
  [130429, { status: 400, title: "Rate limit hit" }],
  [130472, { status: 400, title: "User's number is part of an experiment" }],
  [130497, { status: 403, title: "Business account is restricted from messaging users in this country." }],
  [131000, { status: 500, title: "Something went wrong" }],
  [131005, { status: 403, title: "Access denied" }],
  [131008, { status: 400, title: "Required parameter is missing" }],
  [131009, { status: 400, title: "Parameter value is not valid" }],
  [131016, { status: 500, title: "Service unavailable" }],
  [131021, { status: 400, title: "Recipient cannot be sender" }],
  [131026, { status: 400, title: "Message undeliverable" }],
  [131031, { status: 403, title: "Account has been locked" }],
  [131037, { status: 400, title: "Display name approval required" }],
  [131042, { status: 400, title: "Business eligibility payment issue" }],
  [131045, { status: 500, title: "Incorrect certificate" }],
  [131047, { status: 400, title: "Re-engagement message" }],
  [131048, { status: 400, title: "Spam rate limit hit" }],
  [131049, { status: 400, title: "This message was not delivered to maintain healthy ecosystem engagement." }],
  [131050, { status: 400, title: "User has stopped marketing messages" }],
  [131051, { status: 400, title: "Unsupported message type" }],
  [131052, { status: 400, title: "Media download error" }],
  [131053, { status: 400, title: "Media upload error" }],
  [131056, { status: 400, title: "Pair rate limit hit" }],
  [131057, { status: 500, title: "Account in maintenance mode" }],
  [131055, { status: 400, title: "Template is not a marketing template" }],
  [131061, { status: 400, title: "bid_spec is not allowed" }],
  [131062, { status: 400, title: "Business-scoped User ID (BSUID) recipients are not supported for this message." }],
  [131063, { status: 400, title: "Marketing messages are disabled on the Cloud API" }],
  [131064, { status: 400, title: "Rate limit hit" }],
  [131070, { status: 400, title: "Message not sent: another responder owns this thread" }],
  [132000, { status: 400, title: "Number of parameters does not match the expected number of params" }],
  [132001, { status: 404, title: "Template name does not exist in the translation" }],
  [132005, { status: 400, title: "Template hydrated text too long" }],
  [132007, { status: 400, title: "Template format character policy violated" }],
  [132012, { status: 400, title: "Parameter format does not match format in the created template" }],
  [132015, { status: 400, title: "Template is paused" }],
  [132016, { status: 400, title: "Template is disabled" }],
  [132068, { status: 400, title: "Flow is in blocked state" }],
  [132069, { status: 400, title: "Flow is in throttled state" }],
  [132021, { status: 400, title: "Template name is in use" }],
  [133004, { status: 503, title: "Server temporarily unavailable" }],
  [133010, { status: 400, title: "Account not registered" }],
  [134011, { status: 500, title: "Payments terms have not been accepted" }],
  [135000, { status: 400, title: "Generic user error" }],
  [139200, { status: 400, title: "Access to Direct Send is blocked" }],
  [2388019, { status: 400, title: "Message template limit exceeded" }],
  [2388040, { status: 400, title: "Message template has too many characters" }],
  [2388047, { status: 400, title: "Message header format is incorrect" }],
  [2388072, { status: 400, title: "Message body format is incorrect" }],
  [2388073, { status: 400, title: "Message footer format is incorrect" }],
  [2388293, { status: 400, title: "Parameter words ratio exceeds limit" }],
  [2388299, { status: 400, title: "Leading or trailing parameters are not allowed" }],
  [2388318, { status: 400, title: "Template cannot be edited" }],
  [2388330, { status: 400, title: "Template cannot be deleted" }],
  [2494191, { status: 400, title: "This app cannot take threads" }],
]);

const factsOf = (code: number): CodeFacts => factsOfCode.get(code) ?? { status: 400, title: "Something went wrong" };

export const httpStatusOf = (problem: GraphProblem): number => problem.status ?? factsOf(problem.code).status;

/** The body of an error answer. */
export function graphErrorBody(problem: GraphProblem, traceId: string): JsonObject {
  return {
    error: {
      message: problem.message ?? `(#${problem.code}) ${factsOf(problem.code).title}`,
      type: problem.type ?? "OAuthException",
      code: problem.code,
      ...(problem.subcode !== undefined && { error_subcode: problem.subcode }),
      ...(problem.details !== undefined && { error_data: { messaging_product: "whatsapp", details: problem.details } }),
      fbtrace_id: traceId,
    },
  };
}

/** The same problem as an entry in `errors` of a status webhook. */
export function webhookError(problem: GraphProblem): JsonObject {
  const { title } = factsOf(problem.code);
  return {
    code: problem.code,
    title,
    message: problem.message ?? title,
    error_data: { details: problem.details ?? title },
    href: documentation,
  };
}

export const invalidToken: GraphProblem = { code: 190, message: "Invalid OAuth access token - Cannot parse access token" };

export const unknownObject = (id: string, method: string): GraphProblem => ({
  code: 100,
  subcode: 33,
  type: "GraphMethodException",
  message:
    `Unsupported ${method.toLowerCase()} request. Object with ID '${id}' does not exist, cannot be loaded due to missing permissions, ` +
    "or does not support this operation. Please read the Graph API documentation at https://developers.facebook.com/docs/graph-api",
});

export const missingParameter = (parameter: string): GraphProblem => ({
  code: 100,
  message: `(#100) The parameter ${parameter} is required.`,
});

export const tooLong = (parameter: string, max: number): GraphProblem => ({
  code: 100,
  message: `(#100) Param ${parameter} must be at most ${max} characters long.`,
  details: `Param ${parameter} must be at most ${max} characters long.`,
});

export const badValue = (details: string): GraphProblem => ({ code: 131009, details });

export const missingPart = (details: string): GraphProblem => ({ code: 131008, details });

/** The loud 501, so that nobody takes silence for success. */
export const notEmulated = (what: string): GraphProblem => ({
  code: 501,
  status: 501,
  type: "SimulatorNotImplemented",
  message: `THE SIMULATOR DOES NOT EMULATE ${what}.`,
});

const documentationOfGraph = "Please read the Graph API documentation at https://developers.facebook.com/docs/graph-api";

/** The object is there, and this verb is nothing it knows at this edge. */
export const unsupportedMethod = (method: string): GraphProblem => ({
  code: 100,
  type: "GraphMethodException",
  message: `Unsupported ${method.toLowerCase()} request. ${documentationOfGraph}`,
});

export const unknownField = (field: string, nodeType: string): GraphProblem => ({
  code: 100,
  message: `(#100) Tried accessing nonexisting field (${field}) on node type (${nodeType})`,
});
