// Owns: what the tests of the model need around it: a context, settings that point to a server, tools that are played.
import { newId, type BusinessId, type ConversationId, type TurnId } from "../../src/kernel/ids.ts";
import type { Json, JsonObject } from "../../src/kernel/json.ts";
import { createLanguageModels } from "../../src/models/language-models.ts";
import { createOutsideHttp, type OutsideHttp } from "../../src/outside/outside-http.ts";
import { createModelResponder } from "../../src/responders/model-responder.ts";
import { replySettingsSchema, type ReplySettings } from "../../src/settings/reply-settings.ts";
import type { ContextMessage, OpenTools, ReplyContext, Responder, ToolOutcome, ToolSet } from "../../src/answers/responder.ts";
import { compileArguments } from "../../src/tools/check-arguments.ts";
import type { Log } from "../../src/kernel/log.ts";

const AT = new Date("2026-11-25T14:03:00Z");

export function message(text: string | null, more: Partial<ContextMessage> = {}): ContextMessage {
  return { seq: 1, author: "customer", type: "text", text, sentAt: AT, ...more };
}

export function settingsFor(baseUrl: string, more: JsonObject = {}): ReplySettings {
  return replySettingsSchema.parse({ responder: "model", model: { provider: "openai-compatible", model: "test-model", baseUrl }, ...more });
}

export function contextFor(settings: ReplySettings, more: Partial<ReplyContext> = {}): ReplyContext {
  return {
    businessId: newId<BusinessId>(),
    conversationId: newId<ConversationId>(),
    turnId: newId<TurnId>(),
    answeredTo: 0,
    coversTo: 1,
    businessName: "Smile Clinic",
    customerName: null,
    facts: {},
    language: "english",
    handoffText: "A colleague will answer you here.",
    settings,
    burst: [message("When do you open on Saturdays?")],
    history: [],
    earlier: [],
    knowledge: [{ id: "k1", title: "Hours", body: "Monday to Friday 9 to 18, Saturday 9 to 12. See https://smile.example/hours" }],
    now: AT,
    ...more,
  };
}

export interface PlayedTool {
  readonly name: string;
  readonly parameters?: Readonly<Record<string, Json>>;
  readonly play: (args: unknown, signal: AbortSignal) => ToolOutcome | Promise<ToolOutcome>;
}

export interface PlayedTools {
  readonly open: OpenTools;
  readonly called: { readonly tool: string; readonly args: unknown }[];
  readonly counts: { opened: number; closed: number };
}

export function playTools(played: readonly PlayedTool[] = [], earlierCalls: ToolSet["earlierCalls"] = []): PlayedTools {
  const called: { tool: string; args: unknown }[] = [];
  const counts = { opened: 0, closed: 0 };
  const open = async (): Promise<ToolSet> => {
    counts.opened += 1;
    const calls: { tool: string; state: string; ms: number }[] = [];
    return {
      tools: played.map(({ name, parameters }) => ({
        name,
        description: `Does ${name}.`,
        parameters: parameters ?? { type: "object", properties: {} },
      })),
      async call(name, args, signal) {
        const tool = played.find((one) => one.name === name);
        // As the real set does, and nobody else.
        const checked = compileArguments(tool?.parameters ?? {})(args);
        if (checked.outcome === "invalid")
          return { outcome: "error", error: `The arguments are not valid, and nothing was done: ${checked.problems.join("; ")}.` };
        called.push({ tool: name, args });
        const outcome = (await tool?.play(args, signal)) ?? { outcome: "error", error: "none" };
        calls.push({ tool: name, state: outcome.outcome, ms: 1 });
        return outcome;
      },
      earlierCalls,
      calls,
      close: async () => void (counts.closed += 1),
    };
  };
  return { open, called, counts };
}

export interface RecordedLog extends Log {
  readonly lines: { readonly event: string; readonly fields: unknown }[];
}

export function recordLog(): RecordedLog {
  const lines: { event: string; fields: unknown }[] = [];
  const write = (fields: unknown, event?: string): void => void lines.push({ event: event ?? "", fields });
  const log = { lines, level: "trace", trace: write, debug: write, info: write, warn: write, error: write, fatal: write };
  return Object.assign(log, { child: () => log }) as unknown as RecordedLog;
}

export interface TestModel {
  readonly responder: Responder;
  readonly outside: OutsideHttp;
  readonly tools: PlayedTools;
  readonly log: RecordedLog;
}

export function createTestModel(
  options: {
    readonly tools?: readonly PlayedTool[];
    readonly earlierCalls?: ToolSet["earlierCalls"];
    readonly secrets?: Readonly<Record<string, string>>;
  } = {},
): TestModel {
  const outside = createOutsideHttp({ privateHosts: ["127.0.0.1"] });
  const tools = playTools(options.tools, options.earlierCalls);
  const log = recordLog();
  const settings = { findSecret: async (_: BusinessId, name: string) => options.secrets?.[name] };
  const models = createLanguageModels({ settings, outside });
  return { responder: createModelResponder({ models, openTools: tools.open, log }), outside, tools, log };
}
