// Owns: running the calls that a model asked for: a budget, and what the model is told of each. What a call got wrong is told to the model, never
// thrown. Refuses to know: what the tools do, and which arguments they take; the set checks those, within its budget of time.
import { untilAborted } from "../kernel/until-aborted.ts";
import type { ToolModelMessage } from "ai";
import type { ToolOutcome, ToolSet } from "../answers/responder.ts";
import type { AskedCall } from "./answer-draft.ts";
import { frameText } from "./frame-text.ts";

const MAX_RESULT_LENGTH = 16_000;
/** Fetching a person needs no budget. */
export const HANDOFF = "handoff";

export type CalledTools =
  | {
      readonly outcome: "told";
      readonly message: ToolModelMessage;
      /** Texts of the business that were found. */ readonly found: readonly string[];
    }
  /** Why is in the call's row, in the model's own words. */
  | { readonly outcome: "handoff" }
  | { readonly outcome: "waits" };

export interface ToolRun {
  readonly tools: ToolSet;
  readonly mark: string;
  /** Calls that are left in this turn. */
  readonly left: number;
  readonly signal: AbortSignal;
}

type Told = Extract<ToolOutcome, { readonly outcome: "result" | "error" }>;

async function callTool(call: AskedCall, run: ToolRun): Promise<ToolOutcome> {
  const known = run.tools.tools.find(({ name }) => name === call.name);
  if (known === undefined) return { outcome: "error", error: "There is no tool of this name." };
  if (call.isBroken)
    return { outcome: "error", error: "The arguments were not valid JSON. Nothing was done. Call again with a JSON object." };
  return untilAborted(run.tools.call(call.name, call.args, run.signal), run.signal);
}

function told(call: AskedCall, outcome: Told, mark: string): ToolModelMessage["content"][number] {
  const isError = outcome.outcome === "error";
  const written = isError ? outcome.error : typeof outcome.result === "string" ? outcome.result : JSON.stringify(outcome.result);
  const text = written.length > MAX_RESULT_LENGTH ? `${written.slice(0, MAX_RESULT_LENGTH)} …` : written;
  // Pages, CRMs and agents of others write here: data, like what a customer writes.
  const value = frameText(text, { kind: isError ? "tool-error" : "tool-result", mark });
  return { type: "tool-result", toolCallId: call.id, toolName: call.name, output: { type: isError ? "error-text" : "text", value } };
}

/** One after another, in the model's order: the second may rest on the first, and a person is fetched before anything else is done. */
export async function callTools(calls: readonly AskedCall[], run: ToolRun): Promise<CalledTools> {
  const content: ToolModelMessage["content"] = [];
  const found: string[] = [];
  for (const [index, call] of calls.entries()) {
    const outcome: ToolOutcome =
      index < run.left || call.name === HANDOFF
        ? await callTool(call, run)
        : { outcome: "error", error: "No calls are left in this turn. Answer with what you know." };
    if (outcome.outcome === "handoff") return { outcome: "handoff" };
    if (outcome.outcome === "waits") return outcome;
    if (outcome.outcome === "result" && call.name === "search_knowledge") found.push(JSON.stringify(outcome.result));
    content.push(told(call, outcome, run.mark));
  }
  return { outcome: "told", message: { role: "tool", content }, found };
}
