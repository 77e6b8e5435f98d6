// Owns: whether a business or a conversation has used up what it may use in a day. Read from the turns themselves. Bookkeeping: when it cannot be read
// in time the reply is written anyway.
import type { Database } from "../db/database.ts";
import type { FailPoints } from "../kernel/fail-points.ts";
import type { Log } from "../kernel/log.ts";
import type { ClaimedLane } from "../lanes/lane-store.ts";
import { createOptionalRead } from "./optional-read.ts";
import type { ReplySettings } from "../settings/reply-settings.ts";
import { readUsage } from "./replies.queries.ts";

/** True when a limit is reached. */
export type IsOverBudget = (lane: Pick<ClaimedLane, "businessId" | "conversationId">, settings: ReplySettings) => Promise<boolean>;

const READ_WITHIN_MS = 500;
const MICROS = 1_000_000;

export function createIsOverBudget(deps: {
  readonly database: Pick<Database, "forBusiness">;
  readonly failPoints: FailPoints;
  readonly log: Log;
}): IsOverBudget {
  const isOverBudget: IsOverBudget = async ({ businessId, conversationId }, settings) => {
    await deps.failPoints.hit("usage.read");
    const [used] = await deps.database.forBusiness(businessId).run(readUsage, { conversationId, timeZone: settings.timeZone });
    const { tokensPerBusiness, tokensPerConversation, moneyPerBusiness, moneyPerConversation } = settings.budget;
    const limits: readonly (readonly [number | undefined, number | undefined])[] = [
      [used?.business_tokens, tokensPerBusiness],
      [used?.conversation_tokens, tokensPerConversation],
      [(used?.business_micros ?? 0) / MICROS, moneyPerBusiness],
      [(used?.conversation_micros ?? 0) / MICROS, moneyPerConversation],
    ];
    return limits.some(([spent = 0, limit = Infinity]) => spent >= limit);
  };

  const optionalRead = createOptionalRead({
    withinMs: READ_WITHIN_MS,
    onFailure: (businessId, error) => {
      deps.log.warn({ businessId, error }, "usage.not-read");
    },
  });
  return async (lane, settings) => {
    if (Object.keys(settings.budget).length === 0) return false;
    return optionalRead(lane.businessId, () => isOverBudget(lane, settings), false);
  };
}
