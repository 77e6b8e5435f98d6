// Owns failures as data: which request they match, how often, and what happens instead. Carries none of them out.
import type { GraphProblem } from "./graph-problem.ts";
import type { Identifiers } from "./identifiers.ts";
import {
  InputError,
  isJsonObject,
  readBoolean,
  readInteger,
  readObject,
  readOneOf,
  readString,
  rejectUnknownKeys,
  requireObject,
} from "./json-object.ts";
import type { JsonObject } from "./json-object.ts";

const paths = ["messages", "marketing", "read", "thread", "media", "templates", "object"] as const;
export type RulePath = (typeof paths)[number];
const followingStatuses = ["sent", "delivered", "read", "played"] as const;

export interface FailureMatch {
  /** messages: a send. marketing: one through /marketing_messages. read: mark-read and typing. thread: /thread_control. media: upload, resolve, download, delete. templates: their list and management. object: other reads. */
  readonly path?: RulePath;
  readonly phoneNumberId?: string;
  readonly to?: string;
  readonly type?: string;
  /** From the nth matching request on, counted from 1. */
  readonly nth?: number;
}

export interface FailureResponse {
  /** An error envelope; given by `status` or `code` (the other follows from it). */
  readonly problem?: GraphProblem;
  /** Answered as it is instead of an envelope, with this status. */
  readonly plain?: { readonly status: number; readonly body: string };
  readonly retryAfter?: number;
  /** The connection is dropped: before or after the request took effect. */
  readonly drop?: "before" | "after";
  /** The answer is held this long; a send that is accepted has been accepted before. */
  readonly hangMs?: number;
  /** Accepted, then this `failed` status follows. */
  readonly failStatus?: GraphProblem;
  /** Accepted, and no status ever follows. */
  readonly silent?: boolean;
  /** A template is accepted and held for quality assessment: no status follows until one is sent by hand (`sent`: released; `failed` 132015: dropped). */
  readonly held?: boolean;
  /** These statuses follow, in this order, instead of the usual ones. */
  readonly statuses?: readonly string[];
  /** The first status is delivered before the answer. */
  readonly statusBeforeResponse?: boolean;
}

export interface FailureRule {
  readonly id: string;
  readonly match: FailureMatch;
  /** How often it applies; null: until deleted. */
  readonly times: number | null;
  readonly respond: FailureResponse;
  readonly given: JsonObject;
  matched: number;
  applied: number;
}

export interface RuleSubject {
  readonly path: RulePath;
  readonly phoneNumberId?: string | undefined;
  readonly to?: string | undefined;
  readonly type?: string | undefined;
}

export interface FailureRules {
  /** Throws InputError. */
  readonly add: (input: unknown) => FailureRule;
  /** The rule that this request meets, which is thereby used once. */
  readonly take: (subject: RuleSubject) => FailureResponse | undefined;
  readonly list: () => readonly JsonObject[];
  readonly clear: () => void;
}

function readProblem(source: JsonObject): GraphProblem | undefined {
  const status = readInteger(source, "status", { min: 200, max: 599 });
  const code = readInteger(source, "code", { min: 0 });
  if (status === undefined && code === undefined) return undefined;
  const details = readString(source, "details");
  const message = readString(source, "message");
  const subcode = readInteger(source, "subcode", { min: 0 });
  return {
    code: code ?? ((status ?? 500) >= 500 ? 131000 : 100),
    ...(status !== undefined && { status }),
    ...(details !== undefined && { details }),
    ...(message !== undefined && { message }),
    ...(subcode !== undefined && { subcode }),
  };
}

function readFailStatus(source: JsonObject): GraphProblem | undefined {
  const failStatus = readObject(source, "failStatus");
  if (failStatus === undefined) return undefined;
  rejectUnknownKeys(failStatus, ["code", "details", "message"], '"failStatus"');
  const problem = readProblem(failStatus);
  if (problem === undefined) throw new InputError('"failStatus" needs a "code", such as 131026.');
  return problem;
}

function readStatuses(source: JsonObject): readonly string[] | undefined {
  const value = source["statuses"];
  if (value === undefined) return undefined;
  const isStatus = (item: unknown): item is string => followingStatuses.some((status) => status === item);
  if (!Array.isArray(value) || !value.every(isStatus))
    throw new InputError(`"statuses" must be a list of: ${followingStatuses.join(", ")}.`);
  return value;
}

const respondKeys = [
  ...["status", "code", "details", "message", "subcode", "body", "retryAfter"],
  ...["drop", "hangMs", "failStatus", "silent", "held", "statuses", "statusBeforeResponse"],
];

function readRespond(source: JsonObject): FailureResponse {
  rejectUnknownKeys(source, respondKeys, '"respond"');
  const problem = readProblem(source);
  const body =
    source["body"] === undefined ? undefined : typeof source["body"] === "string" ? source["body"] : JSON.stringify(source["body"]);
  const retryAfter = readInteger(source, "retryAfter", { min: 0 });
  const drop = readOneOf(source, "drop", ["before", "after"]);
  const hangMs = readInteger(source, "hangMs", { min: 0, max: 3_600_000 });
  const failStatus = readFailStatus(source);
  const statuses = readStatuses(source);
  const respond: FailureResponse = {
    ...(problem !== undefined && { problem }),
    ...(body !== undefined && { plain: { status: problem?.status ?? 502, body } }),
    ...(retryAfter !== undefined && { retryAfter }),
    ...(drop !== undefined && { drop }),
    ...(hangMs !== undefined && { hangMs }),
    ...(failStatus !== undefined && { failStatus }),
    ...(readBoolean(source, "silent") === true && { silent: true }),
    ...(readBoolean(source, "held") === true && { held: true }),
    ...(statuses !== undefined && { statuses }),
    ...(readBoolean(source, "statusBeforeResponse") === true && { statusBeforeResponse: true }),
  };
  if (Object.keys(respond).length === 0) throw new InputError(`"respond" says nothing. It knows: ${respondKeys.join(", ")}.`);
  if (drop === "after" && (problem ?? body) !== undefined) {
    throw new InputError('"respond" drops the connection and also gives an answer: choose one.');
  }
  const refuses = problem !== undefined || body !== undefined || drop === "before";
  if (refuses && (failStatus ?? statuses ?? respond.silent ?? respond.held ?? respond.statusBeforeResponse) !== undefined) {
    throw new InputError('"respond" refuses the request and also says which statuses follow: a refused message has none.');
  }
  return respond;
}

function readMatch(source: JsonObject): FailureMatch {
  rejectUnknownKeys(source, ["path", "phoneNumberId", "to", "type", "nth"], '"match"');
  const path = readOneOf(source, "path", paths);
  const phoneNumberId = readString(source, "phoneNumberId");
  const to = readString(source, "to");
  const type = readString(source, "type");
  const nth = readInteger(source, "nth", { min: 1 });
  return {
    ...(path !== undefined && { path }),
    ...(phoneNumberId !== undefined && { phoneNumberId }),
    ...(to !== undefined && { to: to.replace(/^\+/, "") }),
    ...(type !== undefined && { type }),
    ...(nth !== undefined && { nth }),
  };
}

const meets = (match: FailureMatch, subject: RuleSubject): boolean =>
  (match.path ?? subject.path) === subject.path &&
  (match.phoneNumberId === undefined || match.phoneNumberId === subject.phoneNumberId) &&
  (match.to === undefined || match.to === subject.to) &&
  (match.type === undefined || match.type === subject.type);

export function createFailureRules(identifiers: Identifiers): FailureRules {
  let rules: FailureRule[] = [];
  return {
    add(input) {
      const given = requireObject(input, "A failure rule");
      rejectUnknownKeys(given, ["match", "times", "respond"], "A failure rule");
      if (!isJsonObject(given["respond"]))
        throw new InputError('A failure rule needs "respond", such as {"code":131056} or {"drop":"after"}.');
      const rule: FailureRule = {
        id: identifiers.ruleId(),
        match: readMatch(readObject(given, "match") ?? {}),
        times: given["times"] === null ? null : (readInteger(given, "times", { min: 1 }) ?? 1),
        respond: readRespond(given["respond"]),
        given,
        matched: 0,
        applied: 0,
      };
      rules.push(rule);
      return rule;
    },
    take(subject) {
      if (rules.length === 0) return undefined;
      for (const rule of rules) {
        if (!meets(rule.match, subject) || (rule.times !== null && rule.applied >= rule.times)) continue;
        rule.matched += 1;
        if (rule.matched < (rule.match.nth ?? 1)) continue;
        rule.applied += 1;
        return rule.respond;
      }
      return undefined;
    },
    list: () => rules.map(({ id, given, matched, applied }) => ({ id, ...given, matched, applied })),
    clear: () => {
      rules = [];
    },
  };
}
