// Owns: what the MCP servers of businesses offer, remembered for a while: a server that is slow or down costs one turn a moment, and every turn
// only its own tools. Refuses to know: who calls them.
import { createCachedLookup } from "../kernel/cached-lookup.ts";
import type { BusinessId } from "../kernel/ids.ts";
import type { Log } from "../kernel/log.ts";
import type { OutsideHttp } from "../outside/outside-http.ts";
import type { BusinessTool, BusinessTools } from "./business-tools.ts";
import { connectMcp, McpFault, type ListedTool } from "./mcp-connection.ts";
import { isListed } from "./mcp-tools.ts";

export type ListMcpTools = (businessId: BusinessId, tool: BusinessTool & { readonly kind: "mcp" }) => Promise<readonly ListedTool[]>;

export interface ListMcpToolsDeps {
  readonly tools: Pick<BusinessTools, "find">;
  readonly outside: Pick<OutsideHttp, "fetch">;
  readonly findSecret: (businessId: BusinessId, name: string) => Promise<string | undefined>;
  readonly log: Log;
}

const REMEMBER_MS = 300_000;
const DOWN_FOR_MS = 15_000;
const LIST_TIMEOUT_MS = 5_000;

/** Empty when the server cannot be reached. */
export function createListMcpTools(deps: ListMcpToolsDeps): ListMcpTools {
  const { tools, outside, findSecret, log } = deps;

  async function ask(key: string): Promise<readonly ListedTool[] | undefined> {
    const [business = "", id = ""] = key.split("|");
    const businessId = business as BusinessId;
    const tool = await tools.find(businessId, id);
    if (tool?.kind !== "mcp") return [];
    const { definition } = tool;
    const signal = new AbortController().signal;
    try {
      const connection = await connectMcp({
        definition,
        outside,
        findSecret: (name) => findSecret(businessId, name),
        timeoutMs: LIST_TIMEOUT_MS,
        signal,
      });
      try {
        return (await connection.list()).filter((listed) => isListed(definition, listed));
      } finally {
        void connection.close();
      }
    } catch (error) {
      if (!(error instanceof McpFault)) throw error;
      log.warn({ businessId, toolId: id, reason: error.message }, "tool.server-unreachable");
      return undefined;
    }
  }

  const known = createCachedLookup<readonly ListedTool[]>({
    find: ask,
    maxEntries: 1_000,
    foundForMs: REMEMBER_MS,
    missingForMs: DOWN_FOR_MS,
  });
  return async (businessId, tool) => (await known.find(`${businessId}|${tool.id}|${tool.updatedAt}`)) ?? [];
}
