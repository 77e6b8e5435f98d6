// Owns: the tools of one turn: which there are, and what happens between a model's call and its answer: checked, recorded, made, reported.
// Refuses to know: which model calls, and what becomes of the turn.
import type { CustomerFacts } from "../conversations/customer-facts.ts";
import type { Database } from "../db/database.ts";
import { retryWhileGone } from "../db/retry-while-gone.ts";
import type { FailPoints } from "../kernel/fail-points.ts";
import { messageOf } from "../kernel/faults.ts";
import type { Json, JsonObject } from "../kernel/json.ts";
import type { Log } from "../kernel/log.ts";
import type { KnowledgeBase } from "../knowledge/knowledge-base.ts";
import type { OutsideHttp } from "../outside/outside-http.ts";
import type { ReplySettingsStore } from "../settings/reply-settings-store.ts";
import type { CheckParts } from "../answers/answer-part.ts";
import type { EarlierCall, OpenTools, ReplyContext, ToolOutcome, ToolSet } from "../answers/responder.ts";
import { createAnswerTools, type AnswerTool } from "./answer-tools.ts";
import { createBuiltInTools, HANDOFF_TOOL } from "./built-in-tools.ts";
import type { BusinessTool, BusinessTools } from "./business-tools.ts";
import { createCallLedger, type BeginOutcome, type BurstCall, type CallLedger, type StartedCall } from "./call-ledger.ts";
import type { CallableTool, CallOutcome } from "./callable-tool.ts";
import { createContextValues } from "./context-values.ts";
import { createHttpTool } from "./http-tool.ts";
import { createFindOwnTools } from "./find-own-tools.ts";
import { createListMcpTools, type ListMcpTools } from "./list-mcp-tools.ts";
import { createMcpConnections, createMcpTool, type McpConnections } from "./mcp-tools.ts";

export interface OpenToolsDeps {
  readonly database: Database;
  readonly businessTools: Pick<BusinessTools, "find" | "list">;
  readonly facts: CustomerFacts;
  readonly knowledge: Pick<KnowledgeBase, "search">;
  readonly settings: Pick<ReplySettingsStore, "findSecret">;
  readonly outside: Pick<OutsideHttp, "request" | "fetch">;
  readonly checkParts: CheckParts;
  readonly failPoints: FailPoints;
  readonly log: Log;
}

export type OpenToolsWithEnd = OpenTools & {
  /** Resolves when no call is in progress: calls that change something continue after their turn was abandoned, until their outcome is recorded. */
  readonly idle: () => Promise<void>;
};

/** Beyond a call's own time: how long recording it may take. */
const GRACE_MS = 5_000;

const SENTENCES = {
  denied: "A person of the business refused this call. Do not ask for it again; say that it is not possible, or fetch a person.",
  unknown: "It is not known whether this call was carried out. Do not repeat it in any form; fetch a person with handoff.",
  stopped: "The turn was stopped.",
  waiting: "A person has not decided yet. To wait for it, call it with exactly these arguments.",
  gone: "A person approved it, but the tool does not exist any more: it was not made. Fetch a person with handoff.",
} as const;

export function createOpenTools(deps: OpenToolsDeps): OpenToolsWithEnd {
  const { database, businessTools, settings, outside, log } = deps;
  const listMcpTools = createListMcpTools({
    tools: businessTools,
    outside,
    findSecret: (...secret) => settings.findSecret(...secret),
    log,
  });
  const parts: SharedParts = {
    ...deps,
    ledger: createCallLedger({ database }),
    listMcpTools,
    underway: new Set(),
  };
  const findOwnTools = createFindOwnTools({ businessTools });
  const open: OpenTools = async (context, signal) => {
    const connections = createMcpConnections();
    const wereCalled = context.tools?.wereCalled ?? true;
    const [own, earlier] = await Promise.all([findOwnTools(context), wereCalled ? parts.ledger.list(context) : []]);
    const tools = await listTools(parts, { context, connections, own });
    const adding = new Map(
      context.settings.tools.maxCalls === 0 ? [] : createAnswerTools(context.settings).map((tool) => [tool.name, tool]),
    );
    return createToolSet(parts, { context, connections, tools, adding, earlier, signal });
  };
  return Object.assign(open, {
    async idle() {
      while (parts.underway.size > 0) await Promise.allSettled(parts.underway);
    },
  });
}

interface SharedParts extends OpenToolsDeps {
  readonly ledger: CallLedger;
  readonly listMcpTools: ListMcpTools;
  readonly underway: Set<Promise<unknown>>;
}

interface Listing {
  readonly context: ReplyContext;
  readonly connections: McpConnections;
  readonly own: readonly BusinessTool[];
}

/** Built-in ones first, then those of the business by name: of two with the same name the first is the one. */
async function listTools(parts: SharedParts, { context, connections, own }: Listing): Promise<ReadonlyMap<string, CallableTool>> {
  const { businessId, conversationId, language } = context;
  const { outside, knowledge, facts } = parts;
  const findSecret = (name: string): Promise<string | undefined> => parts.settings.findSecret(businessId, name);
  const settings = context.settings.tools;
  const builtIn = createBuiltInTools({ businessId, conversationId, language, settings, knowledge, facts });
  const enabled = own.filter(({ isEnabled }) => isEnabled);
  const http = enabled.flatMap((tool) => (tool.kind === "http" ? [createHttpTool({ ...tool, outside, findSecret })] : []));
  const mcp = await Promise.all(
    enabled.map(async (tool) => {
      if (tool.kind !== "mcp") return [];
      const listed = await parts.listMcpTools(businessId, tool);
      return listed.map((one) => createMcpTool({ server: tool, outside, findSecret, connections }, one));
    }),
  );
  const all = settings.maxCalls === 0 ? builtIn.filter(({ name }) => name === HANDOFF_TOOL) : [...builtIn, ...http, ...mcp.flat()];
  return new Map(all.toReversed().map((tool) => [tool.name, tool]));
}

interface ToolSetParts {
  readonly context: ReplyContext;
  readonly connections: McpConnections;
  readonly tools: ReadonlyMap<string, CallableTool>;
  /** Those that add to the answer; of the same name they come first. */
  readonly adding: ReadonlyMap<string, AnswerTool>;
  readonly earlier: readonly BurstCall[];
  readonly signal: AbortSignal;
}

async function createToolSet(
  parts: SharedParts,
  { context, connections, tools, adding, earlier, signal: opening }: ToolSetParts,
): Promise<ToolSet> {
  const calls: { readonly tool: string; readonly state: string; readonly ms: number }[] = [];
  const mine = new Set<Promise<unknown>>();
  const makeCall = createMakeCall(parts, { context, mine });

  async function checkAndMake(tool: CallableTool, args: unknown, signal: AbortSignal): Promise<CallReport> {
    const checked = tool.check(args);
    return checked.outcome === "invalid" ? invalid(checked.problems) : makeCall(tool, checked.args, signal);
  }

  /** Not recorded before it is made, as all others are: it does nothing. What it adds is committed with the turn, or goes with it. */
  async function addToAnswer(tool: AnswerTool, args: unknown): Promise<CallReport> {
    const checked = tool.check(args);
    if (checked.outcome === "invalid") return invalid(checked.problems);
    const drafted = tool.draft(checked.args);
    if (drafted.outcome === "refused") return { state: "refused", answer: { outcome: "error", error: drafted.problem } };
    const fits = await parts.checkParts(context, [drafted.draft], context.settings.tools);
    const [part] = fits.ok ? fits.parts : [];
    if (part !== undefined) return { state: "added", answer: { outcome: "adds", part } };
    return { state: "refused", answer: { outcome: "error", error: fits.ok ? "There is nothing to add." : fits.problem } };
  }

  function makeNamed(name: string, args: unknown, signal: AbortSignal): Promise<CallReport> {
    const [adds, tool] = [adding.get(name), tools.get(name)];
    if (adds !== undefined) return addToAnswer(adds, args);
    if (tool !== undefined) return checkAndMake(tool, args, signal);
    const error = `There is no tool ${JSON.stringify(name.slice(0, 64))}.`;
    return Promise.resolve({ state: "refused", answer: { outcome: "error", error } });
  }

  /** A call that people approved is made with the arguments that they saw, whether or not the model would ask for it again in the same words. */
  async function carryOut({ tool: name, arguments: args }: BurstCall): Promise<void> {
    const tool = tools.get(name);
    if (tool === undefined || opening.aborted) return;
    const startedAt = performance.now();
    const { state } = await makeCall(tool, args, opening);
    calls.push({ tool: name, state, ms: Math.round(performance.now() - startedAt) });
  }

  const approved = earlier.filter(({ state }) => state === "approved");
  for (const call of approved) await carryOut(call);
  const known = approved.length === 0 ? earlier : await parts.ledger.list(context);

  const offered = [...[...tools.values()].toReversed().filter(({ name }) => !adding.has(name)), ...adding.values()].map(
    ({ name, description, parameters }) => ({ name, description, parameters }),
  );
  return {
    tools: offered,
    earlierCalls: known.flatMap((call) => earlierCall(call, tools.get(call.tool))),
    calls,
    async call(name, args, signal) {
      const startedAt = performance.now();
      const { state, answer } = await makeNamed(name, args, signal);
      calls.push({ tool: name.slice(0, 64), state, ms: Math.round(performance.now() - startedAt) });
      return answer;
    },
    async close() {
      if (mine.size === 0) return connections.close();
      // A call that goes on after its turn keeps its connection until it ends.
      const end = Promise.allSettled(mine).then(() => connections.close());
      parts.underway.add(end);
      void end.finally(() => parts.underway.delete(end));
    },
  };
}

/** What only reads may be asked again, and what never left may be made again: the model is not told about those. */
function earlierCall({ tool, arguments: args, state, result }: BurstCall, known: CallableTool | undefined): readonly EarlierCall[] {
  if (known?.isRepeatable === true) return [];
  const tell = (as: EarlierCall["state"], report: Json): readonly EarlierCall[] => [{ tool, arguments: args, state: as, report }];
  switch (state) {
    case "done":
      return tell("done", result);
    case "failed":
      return result === null ? [] : tell("failed", result);
    case "denied":
      return tell("denied", SENTENCES.denied);
    case "waiting":
      return tell("waiting", SENTENCES.waiting);
    case "approved":
      return tell("unknown", SENTENCES.gone);
    default:
      return tell("unknown", SENTENCES.unknown);
  }
}

interface CallReport {
  readonly state: string;
  readonly answer: ToolOutcome;
}

function invalid(problems: readonly string[]): CallReport {
  const error = `The arguments are not valid, and nothing was done: ${problems.join("; ")}.`;
  return { state: "invalid", answer: { outcome: "error", error } };
}

const STOPPED: CallReport = { state: "stopped", answer: { outcome: "error", error: SENTENCES.stopped } };

type MakeCall = (tool: CallableTool, args: JsonObject, signal: AbortSignal) => Promise<CallReport>;

interface TurnCalls {
  readonly context: ReplyContext;
  /** The calls of this turn that are in progress. */
  readonly mine: Set<Promise<unknown>>;
}

function createMakeCall({ ledger, failPoints, log, underway, database }: SharedParts, { context, mine }: TurnCalls): MakeCall {
  const { businessId, conversationId, turnId, answeredTo } = context;
  const { timeoutMs } = context.settings.tools;
  const contextValue = createContextValues({ database, businessId, conversationId });

  async function make(
    tool: CallableTool,
    args: JsonObject,
    { call, signal }: { call: StartedCall; signal: AbortSignal },
  ): Promise<CallReport> {
    await failPoints.hit("tool.before-request");
    const { callId } = call;
    const outcome = await tool.run(args, { callId, timeoutMs, signal, contextValue: contextValue(callId), isTest: false });
    await failPoints.hit("tool.after-request");
    await retryWhileGone(() => ledger.finish(businessId, call, outcome), { forMs: GRACE_MS });
    return reportOutcome(tool, outcome);
  }

  return async (tool, args, signal) => {
    const rules = { isRepeatable: tool.isRepeatable, needsApproval: tool.needsApproval, abandonedAfterMs: timeoutMs + GRACE_MS };
    const key = { businessId, conversationId, turnId, answeredTo, tool: tool.name, args };
    const begun = await ledger.begin(key, rules, signal);
    if (begun.outcome === "stopped") return STOPPED;
    if (begun.outcome !== "ours") return reportBegun(tool, begun);
    // A call that changes something is not abandoned with its turn: nobody would know its outcome. The next turn of the burst finds it.
    const ends = tool.isRepeatable ? signal : new AbortController().signal;
    const made = make(tool, args, { call: begun, signal: ends });
    for (const calls of [underway, mine]) calls.add(made);
    made
      .catch((error: unknown) => {
        if (signal.aborted) log.warn({ businessId, toolCallId: begun.callId, error: messageOf(error) }, "tool.call-not-recorded");
      })
      .finally(() => {
        for (const calls of [underway, mine]) calls.delete(made);
      });
    return tool.isRepeatable ? made : Promise.race([made, stoppedBy(signal)]);
  };
}

function stoppedBy(signal: AbortSignal): Promise<CallReport> {
  return new Promise((resolve) => {
    const stop = (): void => {
      resolve(STOPPED);
    };
    if (signal.aborted) stop();
    else signal.addEventListener("abort", stop, { once: true });
  });
}

function reportOutcome(tool: CallableTool, outcome: CallOutcome): CallReport {
  if (outcome.outcome === "unknown") return reportBegun(tool, { outcome: "unknown" });
  if (outcome.outcome === "failed") return reportBegun(tool, { outcome: "failed", error: outcome.error, result: outcome.result ?? null });
  return reportBegun(tool, outcome);
}

function reportBegun(tool: CallableTool, begun: Exclude<BeginOutcome, { readonly outcome: "ours" | "stopped" }>): CallReport {
  const error = (sentence: string): CallReport => ({ state: begun.outcome, answer: { outcome: "error", error: sentence } });
  switch (begun.outcome) {
    case "done":
      return { state: "done", answer: tool.name === HANDOFF_TOOL ? handoffOf(begun.result) : { outcome: "result", result: begun.result } };
    case "failed":
      return error(begun.result === null ? begun.error : `${begun.error} ${JSON.stringify(begun.result)}`);
    case "unknown":
      return error(SENTENCES.unknown);
    case "denied":
      return error(SENTENCES.denied);
    case "waits":
      return { state: "waiting", answer: { outcome: "waits" } };
  }
}

function handoffOf(result: unknown): ToolOutcome {
  const hasReason = typeof result === "object" && result !== null && "reason" in result && typeof result.reason === "string";
  return { outcome: "handoff", reason: hasReason ? String(result.reason) : "the model asked for a person" };
}
