// Owns: one question to a model and its whole answer, streamed so that a stream that hangs or breaks is noticed. Refuses to know: what the answer
// is for, and how a tool is called.
import type { ModelMessage } from "ai";
import type { Json } from "../kernel/json.ts";
import { ResponderFault } from "../answers/responder.ts";
import { GATHER_MS, type OpenModel } from "./language-models.ts";
import { explainModelError } from "./model-fault.ts";
import { createAnswerDraft, type ModelAnswer, type ModelPart } from "./answer-draft.ts";
import { promptOf } from "./model-prompt.ts";

export interface OfferedTool {
  readonly name: string;
  readonly description: string;
  readonly parameters: Readonly<Record<string, Json>>;
}

export interface ModelQuestion {
  readonly instructions: string;
  readonly messages: readonly ModelMessage[];
  readonly tools?: readonly OfferedTool[];
  /** False: the tools stay in sight (what was said before speaks of them), but none may be called. */
  readonly mayCall?: boolean;
  /** Between two pieces of the answer. */
  readonly idleMs: number;
}

export interface ModelUsage {
  readonly model: string;
  readonly inputTokens: number;
  readonly outputTokens: number;
}

/** They come before the model has said anything. */
const PRELUDE = new Set<ModelPart["type"]>(["stream-start", "response-metadata", "ping", "raw"]);

class Stalled extends Error {}

interface ExchangeGuard {
  readonly signal: AbortSignal;
  readonly hasStalled: () => boolean;
  alive(): void;
  end(): void;
}

/**
 * Aborts with the caller, and when nothing has come for `idleMs` since the last sign of life; the first one has all the time there is. What has come is
 * known up to `GATHER_MS` later.
 */
function guardExchange(caller: AbortSignal, idleMs: number): ExchangeGuard {
  const exchange = new AbortController();
  const giveUp = (): void => {
    exchange.abort(caller.reason);
  };
  caller.addEventListener("abort", giveUp, { once: true });
  let timer: NodeJS.Timeout | undefined;
  return {
    signal: exchange.signal,
    hasStalled: () => exchange.signal.reason instanceof Stalled,
    alive() {
      if (timer === undefined) timer = setTimeout(() => exchange.abort(new Stalled()), idleMs + GATHER_MS);
      else timer.refresh();
    },
    end() {
      clearTimeout(timer);
      caller.removeEventListener("abort", giveUp);
    },
  };
}

type CallOptions = Parameters<OpenModel["model"]["doStream"]>[0];

function callOf({ settings }: OpenModel, question: ModelQuestion, abortSignal: AbortSignal): CallOptions {
  const { tools = [], mayCall = true } = question;
  return {
    prompt: promptOf(question.instructions, question.messages),
    maxOutputTokens: settings.maxOutputTokens,
    abortSignal,
    ...(settings.temperature === undefined ? {} : { temperature: settings.temperature }),
    ...(tools.length === 0
      ? {}
      : {
          tools: tools.map(({ name, description, parameters }) => ({ type: "function", name, description, inputSchema: parameters })),
          toolChoice: { type: mayCall ? "auto" : "none" },
        }),
  };
}

function usageOf({ usage }: Extract<ModelPart, { readonly type: "finish" }>, model: string): ModelUsage {
  return { model, inputTokens: usage.inputTokens.total ?? 0, outputTokens: usage.outputTokens.total ?? 0 };
}

export interface AskOptions {
  /** Ends the exchange at once; its reason is thrown as it is. */
  readonly signal: AbortSignal;
  /** Called as soon as it is known, so that it is not lost when the answer breaks. */
  readonly onUsage: (usage: ModelUsage) => void;
}

/** Throws a `ResponderFault`, or the reason of `signal`. */
export async function askModel(open: OpenModel, question: ModelQuestion, { signal, onUsage }: AskOptions): Promise<ModelAnswer> {
  signal.throwIfAborted();
  const { settings } = open;
  const guard = guardExchange(signal, question.idleMs);
  const draft = createAnswerDraft();
  try {
    // The provider itself, not the library's streamText: that one passes each word through seven more streams, which was half of what a reply cost us
    // (7.4 instead of 3.3 ms of CPU for 30 words, 2026-11-25).
    const { stream } = await open.model.doStream(callOf(open, question, guard.signal));
    for await (const part of stream) {
      if (!PRELUDE.has(part.type)) guard.alive();
      draft.take(part);
      if (part.type === "finish") onUsage(usageOf(part, draft.model ?? settings.model));
    }
    signal.throwIfAborted();
    if (guard.hasStalled()) throw new Stalled();
    const answer = draft.read();
    if (question.mayCall === false && answer.calls.length > 0)
      throw new ResponderFault("The model went on calling tools although it has to answer.");
    return answer;
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    if (guard.hasStalled())
      throw new ResponderFault(`The model's server ${open.host} began to answer and then said nothing for ${question.idleMs} ms.`);
    throw explainModelError(error, open.host);
  } finally {
    guard.end();
  }
}
