// Owns how a Graph request is answered: token, failure rules, error envelopes, dropped and held connections.
// Knows nothing of what the request does.
import { timingSafeEqual } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { FailureResponse, FailureRules, RuleSubject } from "./failure-rules.ts";
import { graphErrorBody, httpStatusOf, invalidToken } from "./graph-problem.ts";
import type { GraphProblem } from "./graph-problem.ts";
import type { Identifiers } from "./identifiers.ts";
import type { JsonObject } from "./json-object.ts";
import type { Settings } from "./settings.ts";

export type GraphOutcome =
  | { readonly answer: JsonObject }
  | { readonly problem: GraphProblem }
  | { readonly bytes: Buffer; readonly status: number; readonly headers: Readonly<Record<string, string>> };

export interface GraphAnswer {
  /** Runs the effect under the rule that matches, if any, and answers. */
  answer(
    exchange: { readonly request: FastifyRequest; readonly reply: FastifyReply },
    subject: RuleSubject,
    effect: (rule: FailureResponse | undefined) => GraphOutcome | Promise<GraphOutcome>,
  ): Promise<FastifyReply>;
  refuse(reply: FastifyReply, problem: GraphProblem): FastifyReply;
}

const sameText = (a: string, b: string): boolean => {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
};

export function createGraphAnswer(deps: {
  readonly settings: Settings;
  readonly identifiers: Identifiers;
  readonly rules: FailureRules;
}): GraphAnswer {
  const { settings, identifiers, rules } = deps;

  const isAuthorised = (request: FastifyRequest): boolean => {
    const token = /^(?:Bearer|OAuth)\s+(\S+)$/i.exec(request.headers.authorization ?? "")?.[1];
    return token !== undefined && (settings.accessToken === undefined || sameText(token, settings.accessToken));
  };

  const refuse = (reply: FastifyReply, problem: GraphProblem): FastifyReply => {
    const body = graphErrorBody(problem, identifiers.traceId());
    if (problem.code === 190) reply.header("www-authenticate", 'OAuth "Facebook Platform" "invalid_token" "Invalid OAuth access token"');
    return reply.status(httpStatusOf(problem)).send(body);
  };

  const send = (reply: FastifyReply, outcome: GraphOutcome): FastifyReply => {
    if ("problem" in outcome) return refuse(reply, outcome.problem);
    if ("answer" in outcome) return reply.send(outcome.answer);
    return reply.status(outcome.status).headers(outcome.headers).send(outcome.bytes);
  };

  const drop = (request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    reply.hijack();
    request.raw.socket.destroy();
    return reply;
  };

  const hold = async (rule: FailureResponse): Promise<void> => {
    if (rule.hangMs !== undefined) await pause(rule.hangMs, undefined, { ref: false });
  };

  const refuseByRule = async (request: FastifyRequest, reply: FastifyReply, rule: FailureResponse): Promise<FastifyReply | undefined> => {
    const refuses = rule.problem !== undefined || rule.plain !== undefined || rule.drop === "before";
    if (!refuses) return undefined;
    await hold(rule);
    if (rule.drop === "before") return drop(request, reply);
    if (rule.retryAfter !== undefined) reply.header("retry-after", String(rule.retryAfter));
    if (rule.plain !== undefined) return reply.status(rule.plain.status).type("text/plain").send(rule.plain.body);
    return rule.problem === undefined ? undefined : refuse(reply, rule.problem);
  };

  return {
    async answer({ request, reply }, subject, effect) {
      if (!isAuthorised(request)) return refuse(reply, invalidToken);
      const rule = rules.take(subject);
      if (rule === undefined) return send(reply, await effect(undefined));
      const refused = await refuseByRule(request, reply, rule);
      if (refused !== undefined) return refused;
      const outcome = await effect(rule);
      await hold(rule);
      return rule.drop === "after" ? drop(request, reply) : send(reply, outcome);
    },
    refuse,
  };
}
