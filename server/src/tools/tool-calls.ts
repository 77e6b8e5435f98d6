// Owns: what people see of tool calls, and what they decide about those that wait for them. Refuses to know: how calls are made.
import { z } from "zod";
import { decodeTimeId, encodeCursor, pageOf, type Page } from "../kernel/cursor.ts";
import type { Database } from "../db/database.ts";
import type { Row } from "../db/query.ts";
import { newId, type BusinessId } from "../kernel/ids.ts";
import { instant, isoOf, json, jsonObject, uuid } from "../kernel/shapes.ts";
import { lockLane, wakeParkedLane } from "../lanes/lane-locks.queries.ts";
import { decideToolCall, findToolCall, listToolCalls, lockConversationOfCall, lockToolCall } from "./tool-calls.queries.ts";

export const CALL_STATES = ["waiting", "approved", "denied", "running", "done", "failed", "unknown", "expired"] as const;
export type CallState = (typeof CALL_STATES)[number];

export const toolCallSchema = z
  .object({
    id: uuid,
    conversationId: uuid,
    turnId: uuid,
    tool: z.string(),
    arguments: jsonObject,
    state: z
      .string()
      .describe("waiting, approved, denied, running, done, failed, unknown, or expired: its burst was over before it was made."),
    result: json.describe("Any JSON."),
    error: z.string().nullable(),
    attempts: z.int(),
    createdAt: instant,
    startedAt: instant.nullable(),
    finishedAt: instant.nullable(),
    decidedAt: instant.nullable(),
    decidedBy: z.string().nullable().describe("The name of the API key, or api, or cli."),
  })
  .meta({ id: "ToolCall" });

export type ToolCallView = Readonly<z.output<typeof toolCallSchema>>;

export interface CallFilter {
  readonly limit: number;
  readonly cursor?: string | undefined;
  readonly conversationId?: string | undefined;
  readonly state?: CallState | undefined;
}

export interface Decision {
  readonly businessId: BusinessId;
  readonly callId: string;
  readonly decision: "approved" | "denied";
  /** Whose key it was; its name is recorded. */
  readonly apiKeyId?: string;
  /** Who it was when there is no key. */
  readonly by: string;
}

export type DecideOutcome =
  | { readonly outcome: "decided"; readonly call: ToolCallView }
  /** Somebody has decided the opposite before. */
  | { readonly outcome: "decided_otherwise"; readonly decided: string }
  /** This call never asked for an approval. */
  | { readonly outcome: "not_waiting" }
  /** The customer has already been answered: the call would not be made. */
  | { readonly outcome: "over" }
  | { readonly outcome: "not_found" };

export interface ToolCalls {
  list(businessId: BusinessId, filter: CallFilter): Promise<Page<ToolCallView>>;
  find(businessId: BusinessId, callId: string): Promise<ToolCallView | undefined>;
  /** Doing it twice is doing it once. The reply lane that waits for it is due afterwards. */
  decide(decision: Decision): Promise<DecideOutcome>;
}

function viewOf(row: Row<typeof findToolCall>): ToolCallView {
  return {
    id: row.id,
    conversationId: row.conversation_id,
    turnId: row.turn_id,
    tool: row.tool,
    arguments: row.arguments,
    state: row.state,
    result: row.result,
    error: row.error,
    attempts: row.attempts,
    createdAt: row.created_at.toISOString(),
    startedAt: isoOf(row.started_at),
    finishedAt: isoOf(row.finished_at),
    decidedAt: isoOf(row.decided_at),
    decidedBy: row.decided_by,
  };
}

export function createToolCalls(deps: { readonly database: Database; readonly wake: (kind: "reply") => void }): ToolCalls {
  const { database, wake } = deps;

  async function find(businessId: BusinessId, callId: string): Promise<ToolCallView | undefined> {
    const [row] = await database.forBusiness(businessId).run(findToolCall, { id: callId });
    return row === undefined ? undefined : viewOf(row);
  }

  /** In the lock order: conversation, lane, call. Undefined: the call was moved by a merge meanwhile. */
  function lockAndDecide({ businessId, callId, decision, apiKeyId, by }: Decision): Promise<DecideOutcome["outcome"] | undefined> {
    return database.forBusiness(businessId).transaction(async (tx) => {
      const [conversation] = await tx.run(lockConversationOfCall, { callId });
      if (conversation === undefined) return "not_found";
      await tx.run(lockLane, { conversationId: conversation.id, kind: "reply" });
      const [call] = await tx.run(lockToolCall, { callId });
      if (call?.conversation_id !== conversation.id) return undefined;
      if (call.decided !== null) return call.decided === decision ? "decided" : "decided_otherwise";
      if (call.state !== "waiting") return "not_waiting";
      if (call.is_over) return "over";
      await tx.execute(decideToolCall, { callId, eventId: newId(), decision, apiKeyId, by });
      await tx.execute(wakeParkedLane, { conversationId: conversation.id });
      return "decided";
    });
  }

  return {
    find,
    async list(businessId, { limit, cursor, conversationId, state }) {
      const from = cursor === undefined ? undefined : decodeTimeId(cursor);
      const page = { conversationId, state, beforeAt: from?.at, beforeId: from?.id, limit: limit + 1 };
      const rows = await database.forBusiness(businessId).run(listToolCalls, page);
      return pageOf(rows, limit, { item: viewOf, cursor: (row) => encodeCursor([row.cursor_at, row.id]) });
    },
    async decide(decision) {
      let outcome = await lockAndDecide(decision);
      while (outcome === undefined) outcome = await lockAndDecide(decision);
      if (outcome === "decided") wake("reply");
      const call = await find(decision.businessId, decision.callId);
      if (call === undefined || outcome === "not_found") return { outcome: "not_found" };
      if (outcome === "decided") return { outcome, call };
      return outcome === "decided_otherwise" ? { outcome, decided: decision.decision === "approved" ? "denied" : "approved" } : { outcome };
    },
  };
}
