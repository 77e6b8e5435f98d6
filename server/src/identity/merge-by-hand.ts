// Owns: making one thread of two because a person says so. The rules of who is who are not applied: whoever merges by hand knows more than the payloads.
import type { Database } from "../db/database.ts";
import type { Queryable, Row } from "../db/query.ts";
import type { BusinessId } from "../kernel/ids.ts";
import type { Log } from "../kernel/log.ts";
import { isKeyOfGroup } from "./identifier.ts";
import { lockConversations } from "./identity.queries.ts";
import { byLength, mergeConversations } from "./merge-conversations.ts";
import { countThread } from "./split.queries.ts";
import type { MovedParts } from "./split-conversations.ts";

export type MergeByHandOutcome =
  | {
      readonly outcome: "planned" | "merged";
      readonly winnerId: string;
      readonly loserId: string;
      readonly moves: MovedParts;
      /** Of both; the first one stays. */
      readonly leadIds: readonly string[];
    }
  | { readonly outcome: "not_found"; readonly conversationId: string }
  | { readonly outcome: "is_merged"; readonly conversationId: string; readonly mergedInto: string }
  | { readonly outcome: "same_conversation" }
  /** A group is a thread of its own. */
  | { readonly outcome: "is_group"; readonly conversationId: string };

export interface MergeByHandRequest {
  readonly businessId: BusinessId;
  readonly conversationIds: readonly [string, string];
  /** False: a dry run. */
  readonly execute: boolean;
}

export type MergeByHand = (request: MergeByHandRequest) => Promise<MergeByHandOutcome>;

/** The longer thread stays. All of it or nothing; it can be split again. */
export function createMergeByHand({ database, log }: { readonly database: Database; readonly log: Log }): MergeByHand {
  return async (request) => {
    const { businessId } = request;
    const result = await database.forBusiness(businessId).transaction((tx) => mergeTwo(tx, request));
    if (result.outcome === "merged") {
      log.info({ businessId, winnerId: result.winnerId, loserId: result.loserId, reason: "by_hand" }, "conversation.merged");
    }
    return result;
  };
}

async function mergeTwo(tx: Queryable, { conversationIds, execute }: MergeByHandRequest): Promise<MergeByHandOutcome> {
  if (conversationIds[0] === conversationIds[1]) return { outcome: "same_conversation" };
  const locked = await tx.run(lockConversations, { conversationIds });
  const objection = objectionTo(conversationIds, locked);
  if (objection !== undefined) return objection;
  const [winner, loser] = locked.toSorted(byLength);
  if (winner === undefined || loser === undefined) return { outcome: "same_conversation" };
  const [counted] = await tx.run(countThread, { conversationId: loser.id });
  if (counted === undefined) return { outcome: "not_found", conversationId: loser.id };
  const { messages, turns, sessions, aliases } = counted;
  if (execute) {
    const sides = { winner: { id: winner.id, lastSeq: winner.last_seq }, loser: { id: loser.id, lastSeq: loser.last_seq } };
    await mergeConversations(tx, { ...sides, reason: "by_hand", proof: { source: "cli" } });
  }
  const leadIds = [winner.lead_id, loser.lead_id].filter((leadId) => leadId !== null);
  const moves = { messages, turns, sessions, aliases };
  return { outcome: execute ? "merged" : "planned", winnerId: winner.id, loserId: loser.id, moves, leadIds };
}

function objectionTo(ids: readonly string[], locked: readonly Row<typeof lockConversations>[]): MergeByHandOutcome | undefined {
  const missing = ids.find((id) => !locked.some((row) => row.id === id));
  if (missing !== undefined) return { outcome: "not_found", conversationId: missing };
  for (const row of locked) {
    if (row.merged_into !== null) return { outcome: "is_merged", conversationId: row.id, mergedInto: row.merged_into };
    if (isKeyOfGroup(row.canonical_key)) return { outcome: "is_group", conversationId: row.id };
  }
  return undefined;
}
