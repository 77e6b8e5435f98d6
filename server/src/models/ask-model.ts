// Owns: one question to a model and its whole answer, streamed so that a stream that hangs or breaks is noticed. Refuses to know: what the answer
// is for, and how a tool is called.
import { jsonSchema, streamText, tool, type LanguageModelUsage, type ModelMessage, type ToolSet as SdkTools } from "ai";
import type { Json } from "../kernel/json.ts";
import { ResponderFault } from "../replies/responder.ts";
import type { OpenModel } from "./language-models.ts";
import { explainModelError } from "./model-fault.ts";

export interface ToolDefinition {
  readonly name: string;
  readonly description: string;
  readonly parameters: Readonly<Record<string, Json>>;
}

export interface ModelQuestion {
  readonly instructions: string;
  readonly messages: readonly ModelMessage[];
  readonly tools?: readonly ToolDefinition[];
  /** False: the tools stay in sight (what was said before speaks of them), but none may be called. */
  readonly mayCall?: boolean;
  /** Between two pieces of the answer. */
  readonly idleMs: number;
}

export interface AskedCall {
  readonly id: string;
  readonly name: string;
  readonly args: unknown;
  /** The arguments were no JSON, so that `args` is text. */
  readonly isBroken: boolean;
}

export interface ModelUsage {
  readonly model: string;
  readonly inputTokens: number;
  readonly outputTokens: number;
}

export interface ModelAnswer {
  readonly text: string;
  readonly calls: readonly AskedCall[];
  /** To be put behind the messages of the question when it goes on. */
  readonly message: ModelMessage | undefined;
  readonly finishReason: string;
}

type Part = { readonly type: string } & Readonly<Record<string, unknown>>;
/** They come before the model has said anything. */
const PRELUDE = new Set(["start", "start-step"]);

class Stalled extends Error {}

/** Aborts when nothing has come for `idleMs` since the last sign of life; the first one has all the time there is. */
function createStallGuard(idleMs: number): { readonly signal: AbortSignal; alive(): void; end(): void } {
  const stall = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  return {
    signal: stall.signal,
    alive() {
      if (timer === undefined) timer = setTimeout(() => stall.abort(new Stalled()), idleMs);
      else timer.refresh();
    },
    end: () => clearTimeout(timer),
  };
}

function toolsOf(definitions: readonly ToolDefinition[]): SdkTools {
  const entries = definitions.map(({ name, description, parameters }) => [
    name,
    tool({ description, inputSchema: jsonSchema(parameters) }),
  ]);
  return Object.fromEntries(entries) as SdkTools;
}

/** Providers refuse a call of which the arguments are not an object, even when it is only quoted. */
function quotable(messages: readonly ModelMessage[]): ModelMessage | undefined {
  const said = messages.find((message) => message.role === "assistant");
  if (said === undefined || typeof said.content === "string") return said;
  const content = said.content.map((part) =>
    part.type === "tool-call" && (typeof part.input !== "object" || part.input === null) ? { ...part, input: {} } : part,
  );
  return { ...said, content };
}

interface Draft {
  text: string;
  readonly calls: AskedCall[];
  finishReason: string;
}

function take(part: Part, draft: Draft): void {
  if (part.type === "text-start" && draft.text !== "") draft.text += "\n\n";
  else if (part.type === "text-delta") draft.text += String(part["text"]);
  else if (part.type === "tool-call")
    draft.calls.push({
      id: String(part["toolCallId"]),
      name: String(part["toolName"]),
      args: part["input"],
      isBroken: typeof part["input"] === "string",
    });
  else if (part.type === "finish-step") draft.finishReason = String(part["finishReason"]);
  else if (part.type === "error") throw part["error"];
}

function usageOf(part: Part, asked: string): ModelUsage {
  const usage = part["usage"] as LanguageModelUsage;
  const response = part["response"] as { readonly modelId?: string };
  return { model: response.modelId ?? asked, inputTokens: usage.inputTokens ?? 0, outputTokens: usage.outputTokens ?? 0 };
}

export interface AskOptions {
  /** Ends the exchange at once; its reason is thrown as it is. */
  readonly signal: AbortSignal;
  /** Told as soon as it is known, so that it is not lost when the answer breaks. */
  readonly onUsage: (usage: ModelUsage) => void;
}

/** Throws a `ResponderFault`, or the reason of `signal`. */
export async function askModel(open: OpenModel, question: ModelQuestion, { signal, onUsage }: AskOptions): Promise<ModelAnswer> {
  signal.throwIfAborted();
  const { settings } = open;
  const guard = createStallGuard(question.idleMs);
  const hasTools = question.tools !== undefined && question.tools.length > 0;
  const draft: Draft = { text: "", calls: [], finishReason: "other" };
  try {
    const result = streamText({
      model: open.model,
      instructions: question.instructions,
      messages: [...question.messages],
      maxOutputTokens: settings.maxOutputTokens,
      maxRetries: 0,
      abortSignal: AbortSignal.any([signal, guard.signal]),
      // Errors come through the stream; without this they would also be printed, and with them what the customer wrote.
      onError: () => undefined,
      ...(settings.temperature === undefined ? {} : { temperature: settings.temperature }),
      ...(hasTools
        ? { tools: toolsOf(question.tools), toolChoice: question.mayCall === false ? ("none" as const) : ("auto" as const) }
        : {}),
    });
    for await (const part of result.stream as AsyncIterable<Part>) {
      if (part.type === "abort") break;
      if (!PRELUDE.has(part.type)) guard.alive();
      if (part.type === "finish-step") onUsage(usageOf(part, settings.model));
      take(part, draft);
    }
    signal.throwIfAborted();
    if (guard.signal.aborted) throw new Stalled();
    return { ...draft, message: quotable(await result.responseMessages) };
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    if (guard.signal.aborted)
      throw new ResponderFault(`The model's server ${open.host} began to answer and then said nothing for ${question.idleMs} ms.`);
    throw explainModelError(error, open.host);
  } finally {
    guard.end();
  }
}
