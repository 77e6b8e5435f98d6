// Owns: trying a tool out by hand: it is really called, marked as a test, and nothing of it is recorded in any conversation.
import { newId, type BusinessId } from "../kernel/ids.ts";
import type { Json } from "../kernel/json.ts";
import type { OutsideHttp } from "../outside/outside-http.ts";
import type { ReplySettingsStore } from "../settings/reply-settings-store.ts";
import type { BusinessTool, BusinessTools } from "./business-tools.ts";
import type { CallableTool, CallOutcome } from "./callable-tool.ts";
import { createHttpTool } from "./http-tool.ts";
import { connectMcp, McpFault } from "./mcp-connection.ts";
import { createMcpConnections, createMcpTool, isListed, type McpConnections } from "./mcp-tools.ts";

export interface TryToolDeps {
  readonly tools: Pick<BusinessTools, "find">;
  readonly settings: Pick<ReplySettingsStore, "findSecret" | "find">;
  readonly outside: Pick<OutsideHttp, "request" | "fetch">;
}

export interface TryRequest {
  readonly businessId: BusinessId;
  readonly toolId: string;
  readonly args: unknown;
  /** Of an MCP server: which of its tools, as the server calls it. Absent: they are listed. */
  readonly serverTool?: string | undefined;
}

export type TryOutcome =
  | { readonly outcome: "done"; readonly result: Json; readonly ms: number }
  | { readonly outcome: "failed" | "unknown"; readonly error: string; readonly result: Json; readonly ms: number }
  | { readonly outcome: "invalid_arguments"; readonly problems: readonly string[] }
  | { readonly outcome: "not_found" };

export type TryTool = (request: TryRequest) => Promise<TryOutcome>;

export function createTryTool({ tools, settings, outside }: TryToolDeps): TryTool {
  interface Trial {
    readonly request: TryRequest;
    readonly tool: BusinessTool;
    readonly connections: McpConnections;
    readonly timeoutMs: number;
  }

  async function tryOne({ request, tool, connections, timeoutMs }: Trial): Promise<TryOutcome> {
    const startedAt = performance.now();
    const ms = (): number => Math.round(performance.now() - startedAt);
    const callable = await callableOf({ request, tool, connections, timeoutMs });
    if (!("run" in callable)) return withTime(callable, ms());
    const checked = callable.check(request.args);
    if (checked.outcome === "invalid") return { outcome: "invalid_arguments", problems: checked.problems };
    const signal = new AbortController().signal;
    const contextValue = (name: string): Promise<string> => Promise.resolve(name === "business_id" ? request.businessId : "test");
    return withTime(await callable.run(checked.args, { callId: newId(), timeoutMs, signal, contextValue, isTest: true }), ms());
  }

  async function callableOf({ request, tool, connections, timeoutMs }: Trial): Promise<CallableTool | CallOutcome> {
    const findSecret = (name: string): Promise<string | undefined> => settings.findSecret(request.businessId, name);
    if (tool.kind === "http") return createHttpTool({ ...tool, outside, findSecret });
    const { definition } = tool;
    const connect = () => connectMcp({ definition, outside, findSecret, timeoutMs, signal: new AbortController().signal });
    try {
      const connection = await connections.open(tool.name, connect);
      const listed = (await connection.list()).filter((one) => isListed(definition, one));
      if (request.serverTool === undefined) return { outcome: "done", result: { tools: listed.map(({ name }) => name) } };
      const found = listed.find(({ name }) => name === request.serverTool);
      if (found === undefined) return { outcome: "failed", error: "The server has no such tool, or it is not among the allowed ones." };
      return createMcpTool({ server: tool, outside, findSecret, connections }, found);
    } catch (error) {
      if (error instanceof McpFault) return { outcome: "failed", error: error.message };
      throw error;
    }
  }

  return async (request) => {
    const tool = await tools.find(request.businessId, request.toolId);
    if (tool === undefined) return { outcome: "not_found" };
    const { timeoutMs } = (await settings.find(request.businessId)).tools;
    const connections = createMcpConnections();
    try {
      return await tryOne({ request, tool, connections, timeoutMs });
    } finally {
      await connections.close();
    }
  };
}

function withTime(outcome: CallOutcome, ms: number): TryOutcome {
  if (outcome.outcome === "done") return { ...outcome, ms };
  return { outcome: outcome.outcome, error: outcome.error, result: ("result" in outcome ? outcome.result : undefined) ?? null, ms };
}
