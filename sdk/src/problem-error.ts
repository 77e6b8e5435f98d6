// Owns: the one error that the client throws for an answer that is not a success.
import type { Problem } from "./schema.ts";

/** What the API answered instead of a result. Branch on `code`: it is stable. */
export class ProblemError extends Error {
  readonly code: string;
  readonly status: number;
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(`${problem.title}: ${problem.detail}`);
    this.name = "ProblemError";
    this.code = problem.code;
    this.status = problem.status;
    this.problem = problem;
  }
}

/** The problem of an answer; an answer of something between us and the API (a proxy) becomes the code `unexpected_answer`. */
export async function problemErrorOf(answer: Response): Promise<ProblemError> {
  const text = await answer.text();
  return new ProblemError(readProblem(text) ?? { ...unexpected(answer.status), detail: text.slice(0, 200) });
}

function unexpected(status: number): Omit<Problem, "detail"> {
  return { type: "about:blank", title: `The answer ${String(status)} is not from the Onethread API`, status, code: "unexpected_answer" };
}

function readProblem(text: string): Problem | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isProblem(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isProblem(value: unknown): value is Problem {
  if (typeof value !== "object" || value === null) return false;
  const texts = ["type", "title", "detail", "code"].every((key) => typeof Reflect.get(value, key) === "string");
  return texts && typeof Reflect.get(value, "status") === "number";
}
