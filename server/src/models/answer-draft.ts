// Owns: putting an answer together from the parts of a provider's stream, as text, as calls, and as a message that can be quoted in the next question.
// Refuses to know: where the parts come from.
import type { AssistantModelMessage, ModelMessage } from "ai";
import type { OpenModel } from "./language-models.ts";

export interface AskedCall {
  readonly id: string;
  readonly name: string;
  readonly args: unknown;
  /** The arguments were no JSON, so that `args` is text. */
  readonly isBroken: boolean;
}

export interface ModelAnswer {
  readonly text: string;
  readonly calls: readonly AskedCall[];
  /** To be put behind the messages of the question when it goes on. */
  readonly message: ModelMessage | undefined;
  readonly finishReason: string;
}

type ModelStream = Awaited<ReturnType<OpenModel["model"]["doStream"]>>["stream"];
export type ModelPart = ModelStream extends ReadableStream<infer Part> ? Part : never;
type Content = Exclude<AssistantModelMessage["content"], string>[number];

export interface AnswerDraft {
  /** Throws what the provider says went wrong. */
  take(part: ModelPart): void;
  /** As the provider calls it. */
  readonly model: string | undefined;
  read(): ModelAnswer;
}

/** Text or thought: it grows piece by piece, and what the provider wants to see of it again may come with any of them. */
interface Block {
  readonly type: "text" | "reasoning";
  text: string;
  marks: object | undefined;
}

function argumentsOf(input: string): { readonly args: unknown; readonly isBroken: boolean } {
  if (input.trim() === "") return { args: {}, isBroken: false };
  try {
    const args: unknown = JSON.parse(input, (key, value: unknown) => {
      if (key === "__proto__") throw new SyntaxError("not a name for a value");
      return value;
    });
    return { args, isBroken: typeof args === "string" };
  } catch {
    return { args: input, isBroken: true };
  }
}

const marksOf = (marks: object | undefined): object => (marks === undefined ? {} : { providerOptions: marks });

/** Providers refuse a call of which the arguments are not an object, even when it is only quoted. */
const quotable = (args: unknown): unknown => (typeof args !== "object" || args === null ? {} : args);

type Entry = { readonly block: Block } | { readonly call: AskedCall; readonly marks: object | undefined };

function contentOf(entry: Entry): readonly Content[] {
  if ("call" in entry) {
    const { id, name, args } = entry.call;
    return [{ type: "tool-call", toolCallId: id, toolName: name, input: quotable(args), ...marksOf(entry.marks) }];
  }
  const { type, text, marks } = entry.block;
  return text === "" && marks === undefined ? [] : [{ type, text, ...marksOf(marks) }];
}

export function createAnswerDraft(): AnswerDraft {
  const entries: Entry[] = [];
  const blocks = new Map<string, Block>();
  let finishReason = "other";
  let model: string | undefined;

  function begin(type: Block["type"], id: string): Block {
    const block: Block = { type, text: "", marks: undefined };
    blocks.set(`${type} ${id}`, block);
    entries.push({ block });
    return block;
  }

  function grow(type: Block["type"], part: { readonly id: string; readonly delta?: string; readonly providerMetadata?: object }): void {
    const block = blocks.get(`${type} ${part.id}`) ?? begin(type, part.id);
    block.text += part.delta ?? "";
    block.marks = part.providerMetadata ?? block.marks;
  }

  return {
    get model() {
      return model;
    },
    take(part) {
      if (part.type === "error") throw part.error;
      else if (part.type === "text-start" || part.type === "reasoning-start") {
        const type = part.type === "text-start" ? "text" : "reasoning";
        begin(type, part.id);
        grow(type, part);
      } else if (part.type === "text-delta" || part.type === "text-end") grow("text", part);
      else if (part.type === "reasoning-delta" || part.type === "reasoning-end") grow("reasoning", part);
      else if (part.type === "tool-call") {
        const call = { id: part.toolCallId, name: part.toolName, ...argumentsOf(part.input) };
        entries.push({ call, marks: part.providerMetadata });
      } else if (part.type === "response-metadata") model = part.modelId ?? model;
      else if (part.type === "finish") finishReason = part.finishReason.unified;
    },
    read() {
      const content = entries.flatMap(contentOf);
      const texts = entries.flatMap((entry) => ("block" in entry && entry.block.type === "text" ? [entry.block.text] : []));
      return {
        text: texts.filter((text) => text !== "").join("\n\n"),
        calls: entries.flatMap((entry) => ("call" in entry ? [entry.call] : [])),
        message: content.length === 0 ? undefined : { role: "assistant", content },
        finishReason,
      };
    },
  };
}
