// Owns how a Graph request is answered: token, failure rules, error envelopes, dropped and held connections.
// Knows nothing of what the request does.
import { timingSafeEqual } from "node:crypto";
import type { Readable } from "node:stream";
import { setTimeout as pause } from "node:timers/promises";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { FailureResponse, FailureRules, RuleSubject } from "./failure-rules.ts";
import { graphErrorBody, httpStatusOf, invalidToken } from "./graph-problem.ts";
import type { GraphProblem } from "./graph-problem.ts";
import type { Identifiers } from "./identifiers.ts";
import { isJsonObject } from "./json-object.ts";
import type { JsonObject } from "./json-object.ts";
import type { Settings } from "./settings.ts";

export type GraphOutcome =
  | { readonly answer: JsonObject }
  | { readonly problem: GraphProblem }
  | { readonly bytes: Buffer | Readable; readonly status: number; readonly headers: Readonly<Record<string, string>> };

/** What the route handler returns to the server; undefined when the connection was dropped. */
export type AnswerPayload = JsonObject | Buffer | Readable | string | undefined;

export interface GraphAnswer {
  /** Runs the effect under the rule that matches, if any, and gives what to answer. */
  readonly answer: (
    exchange: { readonly request: FastifyRequest; readonly reply: FastifyReply },
    subject: RuleSubject,
    effect: (rule: FailureResponse | undefined) => GraphOutcome | Promise<GraphOutcome>,
  ) => Promise<AnswerPayload>;
}

const sameText = (a: string, b: string): boolean => {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
};

/** The platform takes the token as a parameter as well. */
const tokenIn = (source: unknown): string | undefined => {
  const token = isJsonObject(source) ? source["access_token"] : undefined;
  return typeof token === "string" && token !== "" ? token : undefined;
};

export function createGraphAnswer(deps: {
  readonly settings: Settings;
  readonly identifiers: Identifiers;
  readonly rules: FailureRules;
}): GraphAnswer {
  const { settings, identifiers, rules } = deps;

  const isAuthorised = (request: FastifyRequest): boolean => {
    const token =
      tokenIn(request.body) ?? tokenIn(request.query) ?? /^(?:Bearer|OAuth)\s+(\S+)$/i.exec(request.headers.authorization ?? "")?.[1];
    return token !== undefined && (settings.accessToken === undefined || sameText(token, settings.accessToken));
  };

  const refuse = (reply: FastifyReply, problem: GraphProblem): AnswerPayload => {
    if (problem.code === 190) reply.header("www-authenticate", 'OAuth "Facebook Platform" "invalid_token" "Invalid OAuth access token"');
    reply.status(httpStatusOf(problem));
    return graphErrorBody(problem, identifiers.traceId());
  };

  const payloadOf = (reply: FastifyReply, outcome: GraphOutcome): AnswerPayload => {
    if ("problem" in outcome) return refuse(reply, outcome.problem);
    if ("answer" in outcome) return outcome.answer;
    reply.status(outcome.status).headers(outcome.headers);
    return outcome.bytes;
  };

  const drop = (request: FastifyRequest, reply: FastifyReply): AnswerPayload => {
    reply.hijack();
    request.raw.socket.destroy();
    return undefined;
  };

  const hold = async (rule: FailureResponse): Promise<void> => {
    if (rule.hangMs !== undefined) await pause(rule.hangMs, undefined, { ref: false });
  };

  const refuseByRule = (reply: FastifyReply, rule: FailureResponse): AnswerPayload => {
    if (rule.retryAfter !== undefined) reply.header("retry-after", String(rule.retryAfter));
    if (rule.plain === undefined) return refuse(reply, rule.problem ?? { code: 131000 });
    reply.status(rule.plain.status).type("text/plain");
    return rule.plain.body;
  };

  return {
    async answer({ request, reply }, subject, effect) {
      if (!isAuthorised(request)) return refuse(reply, invalidToken);
      const rule = rules.take(subject);
      if (rule === undefined) return payloadOf(reply, await effect(undefined));
      if (rule.drop === "before" || rule.problem !== undefined || rule.plain !== undefined) {
        await hold(rule);
        return rule.drop === "before" ? drop(request, reply) : refuseByRule(reply, rule);
      }
      const outcome = await effect(rule);
      await hold(rule);
      return rule.drop === "after" ? drop(request, reply) : payloadOf(reply, outcome);
    },
  };
}
