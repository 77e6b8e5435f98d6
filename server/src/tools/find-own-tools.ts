// Owns: the tools of a business for one turn. They change rarely, and a turn knows their version when it begins: each version is looked up once.
// Refuses to know: what they do.
import { LRUCache } from "lru-cache";
import type { ReplyContext } from "../answers/responder.ts";
import type { BusinessId } from "../kernel/ids.ts";
import type { BusinessTool, BusinessTools } from "./business-tools.ts";

export type FindOwnTools = (context: Pick<ReplyContext, "businessId" | "tools">) => Promise<readonly BusinessTool[]>;

interface KnownTools {
  readonly version: string;
  readonly tools: Promise<readonly BusinessTool[]>;
}

const MOST_BUSINESSES = 1_000;

export function createFindOwnTools({ businessTools }: { readonly businessTools: Pick<BusinessTools, "list"> }): FindOwnTools {
  const known = new LRUCache<BusinessId, KnownTools>({ max: MOST_BUSINESSES });

  /** What is found may be newer than the version, never older. */
  function look(businessId: BusinessId, version: string): Promise<readonly BusinessTool[]> {
    const tools = businessTools.list(businessId);
    const entry = { version, tools };
    known.set(businessId, entry);
    tools.catch(() => {
      if (known.peek(businessId) === entry) known.delete(businessId);
    });
    return tools;
  }

  return async ({ businessId, tools: state }) => {
    if (state === undefined) return businessTools.list(businessId);
    if (state.version === null) return [];
    const entry = known.get(businessId);
    return entry?.version === state.version ? entry.tools : look(businessId, state.version);
  };
}
