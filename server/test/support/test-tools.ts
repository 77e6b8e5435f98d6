// Owns: the tools of a business as a model meets them, on a test database: real parts, real servers.
import type { Database } from "../../src/db/database.ts";
import { noFailPoints, type FailPoints } from "../../src/kernel/fail-points.ts";
import { newId, type BusinessId, type ConversationId } from "../../src/kernel/ids.ts";
import type { Log } from "../../src/kernel/log.ts";
import { createOutsideHttp } from "../../src/outside/outside-http.ts";
import { replySettingsSchema } from "../../src/settings/reply-settings.ts";
import type { ReplyContext, ToolOutcome, ToolSet } from "../../src/answers/responder.ts";
import { createBusinessTools, type BusinessTool, type NewTool } from "../../src/tools/business-tools.ts";
import type { OpenToolsWithEnd } from "../../src/tools/open-tools.ts";
import { createTestServices } from "./test-services.ts";

export interface TestTools {
  readonly open: OpenToolsWithEnd;
  /** One turn that calls one tool. */
  call(context: ReplyContext, tool: string, args: unknown): Promise<ToolOutcome>;
  set(context: ReplyContext): Promise<ToolSet>;
  close(): Promise<void>;
}

export interface TestToolsOptions {
  readonly database: Database;
  readonly log: Log;
  readonly failPoints?: FailPoints;
  readonly privateHosts?: readonly string[];
}

export function createTestTools({ database, log, failPoints = noFailPoints, privateHosts = ["127.0.0.1"] }: TestToolsOptions): TestTools {
  const outside = createOutsideHttp({ privateHosts });
  const open = createTestServices({ database, log, failPoints, outside }).openTools;
  const never = new AbortController().signal;
  return {
    open,
    set: (context) => open(context, never),
    async call(context, tool, args) {
      const set = await open(context, never);
      try {
        return await set.call(tool, args, never);
      } finally {
        await set.close();
      }
    },
    async close() {
      await open.idle();
      await outside.close();
    },
  };
}

export async function addTool(
  database: Database,
  businessId: BusinessId,
  tool: Partial<NewTool> & Pick<NewTool, "name" | "definition">,
): Promise<BusinessTool> {
  const saved = await createBusinessTools({ database }).add(businessId, {
    kind: "http",
    description: "A tool of the tests.",
    needsApproval: false,
    isEnabled: true,
    ...tool,
  });
  if (saved.outcome !== "saved") throw new Error(JSON.stringify(saved));
  return saved.tool;
}

/** A turn of a conversation; another one of the same burst has another id and the same answeredTo. */
export function contextOf(
  place: { readonly businessId: BusinessId; readonly conversationId: ConversationId },
  options: { readonly answeredTo?: number; readonly tools?: object } = {},
): ReplyContext {
  const now = new Date();
  return {
    ...place,
    turnId: newId(),
    answeredTo: options.answeredTo ?? 0,
    coversTo: 1,
    businessName: "Aurora",
    customerName: null,
    facts: {},
    language: "english",
    handoffText: "A person will answer.",
    settings: replySettingsSchema.parse({ tools: options.tools ?? {} }),
    burst: [{ seq: 1, author: "customer", type: "text", text: "Hello", sentAt: now }],
    history: [],
    earlier: [],
    knowledge: [],
    now,
  };
}
