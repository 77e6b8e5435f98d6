// Owns: the tools of a business's MCP servers: what they are called here, and what a call of one means. Refuses to know: how calls are recorded.
import type { JsonObject } from "../kernel/json.ts";
import type { OutsideHttp } from "../outside/outside-http.ts";
import type { CallableTool, CallContext, CallOutcome } from "./callable-tool.ts";
import { compileArguments, type CheckArguments } from "./check-arguments.ts";
import { connectMcp, McpFault, type ListedTool, type McpConnection } from "./mcp-connection.ts";
import type { McpDefinition } from "./tool-definition.ts";
import type { FindSecret } from "./tool-secrets.ts";
import { trimResult } from "./trim-result.ts";

export interface McpServer {
  /** What the business calls it: the beginning of its tools' names. */
  readonly name: string;
  readonly needsApproval: boolean;
  readonly definition: McpDefinition;
}

export interface McpToolsOptions {
  readonly server: McpServer;
  readonly outside: Pick<OutsideHttp, "fetch">;
  readonly findSecret: FindSecret;
  /** Shared by the calls of one turn; made at the first. */
  readonly connections: McpConnections;
}

/** Connections of one turn, one for each server, made when they are needed. */
export interface McpConnections {
  open(key: string, connect: () => Promise<McpConnection>): Promise<McpConnection>;
  /** Something went wrong on it: the next call makes a new one. */
  drop(key: string): void;
  close(): Promise<void>;
}

export function createMcpConnections(): McpConnections {
  const opened = new Map<string, Promise<McpConnection>>();
  const end = async (connection: Promise<McpConnection>): Promise<void> => {
    await connection.then(
      (made) => made.close(),
      () => undefined,
    );
  };
  return {
    open(key, connect) {
      const known = opened.get(key);
      if (known !== undefined) return known;
      const made = connect();
      opened.set(key, made);
      made.catch(() => {
        if (opened.get(key) === made) opened.delete(key);
      });
      return made;
    },
    drop(key) {
      const known = opened.get(key);
      opened.delete(key);
      if (known !== undefined) void end(known);
    },
    async close() {
      const all = [...opened.values()];
      opened.clear();
      await Promise.all(all.map(end));
    },
  };
}

const LONGEST_NAME = 64;

/** Names that every model takes: letters, digits, _ and -. */
export function toolNameOf(server: string, tool: string): string {
  return `${server}_${tool}`.replaceAll(/[^A-Za-z0-9_-]/g, "_").slice(0, LONGEST_NAME);
}

export function isListed({ tools }: McpDefinition, { name }: ListedTool): boolean {
  return tools === undefined || tools.includes(name);
}

export function createMcpTool(options: McpToolsOptions, listed: ListedTool): CallableTool {
  const { server } = options;
  const parameters: JsonObject = { type: "object", properties: {}, ...listed.inputSchema };
  return {
    name: toolNameOf(server.name, listed.name),
    description: listed.description,
    parameters,
    needsApproval: server.needsApproval,
    isRepeatable: listed.isReadOnly,
    check: checkOf(parameters),
    run: (args, call) => callMcpTool(options, { tool: listed.name, isReadOnly: listed.isReadOnly, args, call }),
  };
}

/** A schema that we cannot check is left to the server, which knows it best. */
function checkOf(parameters: JsonObject): CheckArguments {
  try {
    return compileArguments(parameters);
  } catch {
    return compileArguments({ type: "object" });
  }
}

interface McpCall {
  readonly tool: string;
  readonly isReadOnly: boolean;
  readonly args: JsonObject;
  readonly call: CallContext;
}

async function callMcpTool(
  { server, outside, findSecret, connections }: McpToolsOptions,
  { tool, isReadOnly, args, call }: McpCall,
): Promise<CallOutcome> {
  const { definition } = server;
  const { timeoutMs, signal } = call;
  try {
    const connection = await connections.open(server.name, () => connectMcp({ definition, outside, findSecret, timeoutMs, signal }));
    const { secrets } = connection;
    const answer = await connection.call({ name: tool, args, signal });
    const result = trimResult(secrets.redact(answer.text), definition.maxResultCharacters);
    return answer.isError ? { outcome: "failed", error: "The tool says that it did not work.", result } : { outcome: "done", result };
  } catch (error) {
    connections.drop(server.name);
    if (!(error instanceof McpFault)) throw error;
    if (error.fate === "refused") return { outcome: "failed", error: error.message, result: { refused: true } };
    return isReadOnly || error.fate === "not_sent"
      ? { outcome: "failed", error: error.message }
      : { outcome: "unknown", error: error.message };
  }
}
