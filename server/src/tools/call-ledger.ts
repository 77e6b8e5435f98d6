// Owns: that a call is made at most once: it is recorded before it leaves, and whoever wants to make it again within the same burst is told what
// became of it. Refuses to know: what the tool does, and who asked.
import { setTimeout as delay } from "node:timers/promises";
import type { Database } from "../db/database.ts";
import type { Row } from "../db/query.ts";
import { hashOfJson } from "../kernel/hash-json.ts";
import { newId, type BusinessId, type ConversationId, type TurnId } from "../kernel/ids.ts";
import type { Json, JsonObject } from "../kernel/json.ts";
import type { CallOutcome } from "./callable-tool.ts";
import { findRecordedCall, finishRecordedCall, listCallsOfBurst, recordToolCall, startRecordedCall } from "./tool-calls.queries.ts";

export interface CallKey {
  readonly businessId: BusinessId;
  readonly conversationId: ConversationId;
  readonly turnId: TurnId;
  readonly answeredTo: number;
  readonly tool: string;
  readonly args: JsonObject;
}

export interface CallRules {
  readonly isRepeatable: boolean;
  readonly needsApproval: boolean;
  /** What runs for longer is taken for a leftover of a process that died. */
  readonly abandonedAfterMs: number;
}

export interface StartedCall {
  readonly callId: string;
  readonly attempt: number;
}

export type BeginOutcome =
  /** It is ours to make, and nobody else's. */
  | ({ readonly outcome: "ours" } & StartedCall)
  | { readonly outcome: "done"; readonly result: Json }
  | { readonly outcome: "failed"; readonly error: string; readonly result: Json | null }
  | { readonly outcome: "unknown" }
  | { readonly outcome: "denied" }
  | { readonly outcome: "waits" }
  /** `signal` aborted, or the burst is over or has moved to another thread; nothing was begun. */
  | { readonly outcome: "stopped" };

export interface CallLedger {
  /** What was called in this burst before, by whichever turn; the oldest first. */
  list(burst: Pick<CallKey, "businessId" | "conversationId" | "answeredTo">): Promise<readonly BurstCall[]>;
  /** Waits while another process is making the same call. */
  begin(key: CallKey, rules: CallRules, signal: AbortSignal): Promise<BeginOutcome>;
  finish(businessId: BusinessId, call: StartedCall, outcome: CallOutcome): Promise<void>;
}

export type BurstCall = Row<typeof listCallsOfBurst>;
type CallRow = Row<typeof findRecordedCall>;

const FIRST_LOOK_MS = 20;
const LAST_LOOK_MS = 500;

/** What the call came to, for those who may not make it again; undefined: it may be started, or is being made. */
function settled(row: CallRow, { isRepeatable }: CallRules): BeginOutcome | undefined {
  switch (row.state) {
    case "done":
      return { outcome: "done", result: row.result as Json };
    case "waiting":
      return { outcome: "waits" };
    case "denied":
      return { outcome: "denied" };
    case "failed":
      // Without an answer it never left: making it now is making it for the first time.
      return isRepeatable || row.result === null ? undefined : { outcome: "failed", error: row.error ?? "", result: row.result };
    case "unknown":
      return isRepeatable ? undefined : { outcome: "unknown" };
    default:
      return undefined;
  }
}

export function createCallLedger(deps: { readonly database: Database }): CallLedger {
  const { database } = deps;

  async function record(key: CallKey, argsHash: string, { needsApproval }: CallRules): Promise<BeginOutcome | undefined> {
    const { businessId, conversationId, turnId, answeredTo, tool, args } = key;
    const state = needsApproval ? "waiting" : "running";
    const call = { id: newId(), conversationId, turnId, answeredTo, tool, args: JSON.stringify(args), argsHash, state };
    const [row] = await database.forBusiness(businessId).run(recordToolCall, call);
    if (row === undefined) return { outcome: "stopped" };
    if (row.id === null) return undefined;
    return row.state === "waiting" ? { outcome: "waits" } : { outcome: "ours", callId: row.id, attempt: row.attempts ?? 1 };
  }

  async function start(businessId: BusinessId, { id, state, attempts }: CallRow): Promise<BeginOutcome | undefined> {
    const [started] = await database.forBusiness(businessId).run(startRecordedCall, { id, state, attempts });
    return started === undefined ? undefined : { outcome: "ours", callId: id, attempt: started.attempts };
  }

  async function giveUp(businessId: BusinessId, { id, attempts }: CallRow): Promise<void> {
    const error = "The process that made the call ended before its outcome was known.";
    await database.forBusiness(businessId).execute(finishRecordedCall, { id, attempts, state: "unknown", result: null, error });
  }

  /** One look at a call that somebody has recorded before; undefined: look again. */
  async function look(key: CallKey, argsHash: string, rules: CallRules): Promise<BeginOutcome | "running" | undefined> {
    const { businessId, conversationId, answeredTo, tool } = key;
    const call = { conversationId, answeredTo, tool, argsHash, abandonedAfterMs: rules.abandonedAfterMs };
    const [row] = await database.forBusiness(businessId).run(findRecordedCall, call);
    if (row === undefined) return undefined;
    const known = settled(row, rules);
    if (known !== undefined) return known;
    if (row.state !== "running") return start(businessId, row);
    if (!row.is_abandoned) return "running";
    if (rules.isRepeatable) return start(businessId, row);
    await giveUp(businessId, row);
    return undefined;
  }

  return {
    list: ({ businessId, conversationId, answeredTo }) =>
      database.forBusiness(businessId).run(listCallsOfBurst, { conversationId, answeredTo }),
    async begin(key, rules, signal) {
      const argsHash = hashOfJson(key.args);
      let pauseMs = FIRST_LOOK_MS;
      while (!signal.aborted) {
        const begun = (await record(key, argsHash, rules)) ?? (await look(key, argsHash, rules));
        if (begun === undefined) continue;
        if (begun !== "running") return begun;
        // Somebody else is making the call, perhaps in another process: all that we can do is look again.
        await delay(pauseMs, undefined, { signal }).catch(() => undefined);
        pauseMs = Math.min(pauseMs * 2, LAST_LOOK_MS);
      }
      return { outcome: "stopped" };
    },
    async finish(businessId, { callId, attempt }, outcome) {
      const result = outcome.outcome !== "unknown" && outcome.result !== undefined ? JSON.stringify(outcome.result) : null;
      const error = outcome.outcome === "done" ? null : outcome.error.slice(0, 1_000);
      const end = { id: callId, attempts: attempt, state: outcome.outcome, result, error };
      await database.forBusiness(businessId).execute(finishRecordedCall, end);
    },
  };
}
