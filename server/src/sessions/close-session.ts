// Owns: ending the open session because a person says so. What the customer writes next opens a new one.
import type { Database } from "../db/database.ts";
import type { BusinessId, ConversationId } from "../kernel/ids.ts";
import type { ReplySettingsStore } from "../settings/reply-settings-store.ts";
import { planTracking } from "./plan-tracking.ts";
import { lockLane } from "../lanes/lane-locks.queries.ts";
import { findThreadOfSessions } from "./session-changes.queries.ts";
import { readLanes, rulesOf, writePlans } from "./write-tracking.ts";

export interface CloseSessionDeps {
  readonly database: Database;
  readonly settings: Pick<ReplySettingsStore, "find">;
  /** Called after the commit: the summary can be written. */
  readonly wake: (kind: "session") => void;
}

export type CloseSessionOutcome =
  | { readonly outcome: "closed"; readonly conversationId: ConversationId; readonly fromSeq: number; readonly toSeq: number }
  /** It has ended already, or the customer never opened one. */
  | { readonly outcome: "none_open" }
  | { readonly outcome: "not_found" };

export type CloseSession = (businessId: BusinessId, conversationId: string) => Promise<CloseSessionOutcome>;

/** The id of a merged conversation closes the session of its winner. */
export function createCloseSession({ database, settings, wake }: CloseSessionDeps): CloseSession {
  return async (businessId, conversationId) => {
    const rules = rulesOf(await settings.find(businessId));
    const outcome = await database.forBusiness(businessId).transaction(async (tx): Promise<CloseSessionOutcome> => {
      const [thread] = await tx.run(findThreadOfSessions, { conversationId });
      if (thread === undefined) return { outcome: "not_found" };
      const id = thread.id as ConversationId;
      const [lane] = await tx.run(lockLane, { conversationId: id, kind: "session" });
      if (lane === undefined) return { outcome: "none_open" };
      const held = { conversationId: id, fence: lane.fence };
      const reading = (await readLanes(tx, [held])).get(id);
      if (reading === undefined) return { outcome: "none_open" };
      const plan = planTracking(reading, rules, true);
      const ended = plan.changes.find(({ closed }) => closed?.reason === "by_hand");
      if (!ended?.closed) return { outcome: "none_open" };
      await writePlans(tx, { lanes: [{ ...held, wanted: reading.wanted, plan }], takesOver: true });
      return { outcome: "closed", conversationId: id, fromSeq: ended.fromSeq, toSeq: ended.closed.toSeq };
    });
    if (outcome.outcome === "closed") wake("session");
    return outcome;
  };
}
