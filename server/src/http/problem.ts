// Owns: the form of an error answer: RFC 9457 problem details with a stable code. Refuses to know: which failure becomes which code (error-mapper.ts).
import type { FastifyReply } from "fastify";
import { FAULTS, type FaultCode } from "../kernel/faults.ts";

export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: FaultCode;
  /** Only for errors on our side: under this id the log says what happened. */
  readonly instance?: string;
  readonly errors?: readonly FieldProblem[];
}

export interface FieldProblem {
  /** Where in the request: `body.type`, `query.limit`. */
  readonly path: string;
  readonly message: string;
}

export interface ProblemExtras {
  readonly instance?: string;
  readonly errors?: readonly FieldProblem[];
}

export function problemOf(code: FaultCode, detail: string, extras: ProblemExtras = {}): Problem {
  const { status, title } = FAULTS[code];
  return { type: `urn:onethread:problem:${code}`, title, status, detail, code, ...extras };
}

/** Sent as text: it must reach the client whatever the schema of the route says. */
export function sendProblem(reply: FastifyReply, problem: Problem): FastifyReply {
  return reply.code(problem.status).type("application/problem+json").send(JSON.stringify(problem));
}
