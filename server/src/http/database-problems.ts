// Owns: what the API answers when the database refuses or fails a request: by the name of the constraint, or by why it cannot be used now. What is in neither
// table is a fault of ours. Refuses to know: which route it was.
import { absenceOf, constraintOf, type DatabaseAbsence } from "../db/classify-error.ts";
import type { FaultCode } from "../kernel/faults.ts";

export interface DatabaseProblem {
  readonly code: FaultCode;
  readonly detail: string;
}

/**
 * Constraints that a request of the API can violate: two at the same time may each have found nothing in the way. Each answers as the check before it
 * does. Every other constraint guards what only our own statements could break.
 */
export const PROBLEMS_OF_CONSTRAINTS: Readonly<Record<string, DatabaseProblem>> = {
  uq_tool_name: {
    code: "tool_name_taken",
    detail: "Another tool of this business has this name. Nothing was changed; choose another name.",
  },
  ck_tool_name: {
    code: "bad_request",
    detail:
      "The name of a tool has small letters, digits and _ only, begins with a letter, and has at most 40 characters. Nothing was changed.",
  },
  uq_knowledge_title: { code: "bad_request", detail: "Another text has this title. Nothing was changed; remove that one first." },
  ck_business_name: { code: "bad_request", detail: "The name of a business must have 1 to 200 characters. Nothing was changed." },
  ck_business_debounce: {
    code: "bad_request",
    detail: "quietMs must be 0 to 60000, and ceilingMs at least quietMs and at most 300000. Nothing was changed.",
  },
  ck_business_handoff_pause: { code: "bad_request", detail: "handoffPauseMs must not be below 0. Nothing was changed." },
  ck_business_reply_concurrency: { code: "bad_request", detail: "replyConcurrency must be 1 to 10000, or null. Nothing was changed." },
  ck_reply_secret_name: {
    code: "bad_request",
    detail: "A secret's name has small letters, digits and _ only, and begins with a letter. Nothing was changed.",
  },
  ck_reply_settings_object: { code: "invalid_settings", detail: "The settings must be an object. Nothing was changed." },
  ck_customer_facts: {
    code: "bad_request",
    detail: "There is no room for more facts about this customer. Nothing was changed; remove a fact first.",
  },
  ck_idempotency_key: { code: "bad_request", detail: "Idempotency-Key must have 1 to 255 characters. Nothing was stored." },
};

const DETAILS: Readonly<Record<DatabaseAbsence, string>> = {
  gone: "The database does not answer right now. Nothing of this request was kept; send it again.",
  overloaded: "The database has no room for this request right now. Nothing of it was kept; send it again.",
  contended: "Other requests held what this one needs. Nothing of it was kept; send it again.",
  timeout: "The database took too long over this request and gave up. Nothing of it was kept; send it again, or ask for less at once.",
};

export type DatabaseFailure =
  | { readonly outcome: "refused"; readonly problem: DatabaseProblem }
  | { readonly outcome: "absent"; readonly absence: DatabaseAbsence; readonly detail: string };

/** Undefined: nobody foresaw it. */
export function databaseFailureOf(error: unknown): DatabaseFailure | undefined {
  const constraint = constraintOf(error);
  const problem = constraint === undefined ? undefined : PROBLEMS_OF_CONSTRAINTS[constraint];
  if (problem !== undefined) return { outcome: "refused", problem };
  const absence = absenceOf(error);
  return absence === undefined ? undefined : { outcome: "absent", absence, detail: DETAILS[absence] };
}
