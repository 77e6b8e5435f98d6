// Owns: making the calls that a model asks for in one turn: how many, and what the model is told of each. What a call got wrong is told to the model, never
// thrown. Refuses to know: what the tools do, and which arguments they take; the set checks those, within its budget of time.
import { untilAborted } from "../kernel/until-aborted.ts";
import type { ToolModelMessage } from "ai";
import type { AnswerPart } from "../answers/answer-part.ts";
import type { ToolOutcome, ToolSet } from "../answers/responder.ts";
import type { AskedCall } from "./answer-draft.ts";
import { frameText } from "./frame-text.ts";

const MAX_RESULT_LENGTH = 16_000;
export const HANDOFF = "handoff";

export type CallsOutcome =
  | {
      readonly outcome: "told";
      readonly message: ToolModelMessage;
      /** Texts of the business that were found. */ readonly found: readonly string[];
    }
  /** Why is in the call's row, in the model's own words. */
  | { readonly outcome: "handoff" }
  | { readonly outcome: "waits" };

export interface ToolCallerDeps {
  readonly tools: ToolSet;
  readonly mark: string;
  readonly maxCalls: number;
  /** Takes a part into the answer, or says to the model why not. */
  readonly add: (part: AnswerPart) => string | undefined;
}

export interface ToolCaller {
  /** Whatever the model asks for counts, also what it got wrong. With none left a person can still be fetched. */
  callsLeft(): number;
  /** One after another, in the model's order: the second may rest on the first, and a person is fetched before anything else is done. */
  call(calls: readonly AskedCall[], signal: AbortSignal): Promise<CallsOutcome>;
}

type ToolReply = Extract<ToolOutcome, { readonly outcome: "result" | "error" }>;

async function callTool(call: AskedCall, tools: ToolSet, signal: AbortSignal): Promise<ToolOutcome> {
  const known = tools.tools.find(({ name }) => name === call.name);
  if (known === undefined) return { outcome: "error", error: "There is no tool of this name." };
  if (call.isBroken)
    return { outcome: "error", error: "The arguments were not valid JSON. Nothing was done. Call again with a JSON object." };
  return untilAborted(tools.call(call.name, call.args, signal), signal);
}

function resultOf(call: AskedCall, outcome: ToolReply, mark: string): ToolModelMessage["content"][number] {
  const isError = outcome.outcome === "error";
  const written = isError ? outcome.error : typeof outcome.result === "string" ? outcome.result : JSON.stringify(outcome.result);
  const text = written.length > MAX_RESULT_LENGTH ? `${written.slice(0, MAX_RESULT_LENGTH)} …` : written;
  // Pages, CRMs and agents of others write here: data, like what a customer writes.
  const value = frameText(text, { kind: isError ? "tool-error" : "tool-result", mark });
  return { type: "tool-result", toolCallId: call.id, toolName: call.name, output: { type: isError ? "error-text" : "text", value } };
}

const NONE_LEFT: ToolReply = { outcome: "error", error: "No calls are left in this turn. Answer with what you know." };

const ADDED =
  "It is part of your answer now, and goes out after your text. Do not call it again, and do not repeat in your text what it says; if nothing else is to be said, write nothing.";
const ADDED_LATER = "It will be sent at that time. Do not schedule it again. Answer the customer now.";

export function createToolCaller({ tools, mark, maxCalls, add }: ToolCallerDeps): ToolCaller {
  let left = maxCalls;

  function take(part: AnswerPart): ToolReply {
    const problem = add(part);
    if (problem !== undefined) return { outcome: "error", error: problem };
    return { outcome: "result", result: part.sendAt === undefined ? ADDED : `${ADDED_LATER} (${part.sendAt})` };
  }

  return {
    callsLeft: () => left,
    async call(calls, signal) {
      const content: ToolModelMessage["content"] = [];
      const found: string[] = [];
      const allowed = left;
      left = Math.max(0, left - calls.length);
      for (const [index, call] of calls.entries()) {
        const isAllowed = index < allowed || call.name === HANDOFF;
        const made = isAllowed ? await callTool(call, tools, signal) : NONE_LEFT;
        const outcome = made.outcome === "adds" ? take(made.part) : made;
        if (outcome.outcome === "handoff") return { outcome: "handoff" };
        if (outcome.outcome === "waits") return outcome;
        if (outcome.outcome === "result" && call.name === "search_knowledge") found.push(JSON.stringify(outcome.result));
        content.push(resultOf(call, outcome, mark));
      }
      return { outcome: "told", message: { role: "tool", content }, found };
    },
  };
}
