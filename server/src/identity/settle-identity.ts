// Owns: applying what is known of somebody, repeated until nobody interferes: attach, move, merge, or begin a new thread. Rare: only for identifiers
// that are new or that lead to different threads; everything else takes the batched way of ingest.
import type { Database } from "../db/database.ts";
import type { Log } from "../kernel/log.ts";
import { settleOnce, ThreadsMoved, type IdentityOutcome, type SettledIdentity, type SettleRequest } from "./identity-transaction.ts";

export type SettleIdentity = (request: SettleRequest) => Promise<SettledIdentity | undefined>;
export type ClaimIdentity = (request: SettleRequest) => Promise<IdentityOutcome>;

interface SettleIdentityDeps {
  readonly database: Database;
  readonly log: Log;
}

const ATTEMPTS = 20;

/** For what WhatsApp proves: it may take an identifier away from who had it before. */
export function createSettleIdentity(deps: SettleIdentityDeps): SettleIdentity {
  return async (request) => {
    const result = await settleUndisturbed(deps, request, request.isRedelivery !== true);
    return result.outcome === "settled" ? result.settled : undefined;
  };
}

/** For what the business says: it adds and merges, but takes nothing away from anybody and replaces no lead. Refused as a whole, or done as a whole. */
export function createClaimIdentity(deps: SettleIdentityDeps): ClaimIdentity {
  return (request) => settleUndisturbed(deps, request, false);
}

async function settleUndisturbed(
  { database, log }: SettleIdentityDeps,
  request: SettleRequest,
  isProven: boolean,
): Promise<IdentityOutcome> {
  const { businessId, reason, lockTimeoutMs } = request;
  const patience = lockTimeoutMs === undefined ? {} : { lockTimeoutMs };
  for (let attempt = 1; ; attempt += 1) {
    try {
      const result = await database.forBusiness(businessId).transaction((tx) => settleOnce(tx, request, isProven), patience);
      if (result.outcome !== "settled") return result;
      const { conversationId, merged, splits } = result.settled;
      for (const { winnerId, loserId } of splits)
        log.info({ businessId, winnerId, loserId, reason: "number_changed" }, "conversation.split");
      for (const loserId of merged) log.info({ businessId, winnerId: conversationId, loserId, reason }, "conversation.merged");
      return result;
    } catch (error) {
      if (!(error instanceof ThreadsMoved) || attempt === ATTEMPTS) throw error;
    }
  }
}
