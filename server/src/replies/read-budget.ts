// Owns: whether a business or a conversation has used up what it may use in a day. Read from the turns themselves. Bookkeeping: when it cannot be read
// in time the reply is written anyway.
import { LRUCache } from "lru-cache";
import { createBusinessBatcher } from "../db/business-batcher.ts";
import type { Database } from "../db/database.ts";
import type { Row } from "../db/query.ts";
import type { FailPoints } from "../kernel/fail-points.ts";
import type { BusinessId, ConversationId } from "../kernel/ids.ts";
import type { Log } from "../kernel/log.ts";
import type { ClaimedLane } from "../lanes/lane-store.ts";
import { createOptionalRead } from "./optional-read.ts";
import type { ReplySettings } from "../settings/reply-settings.ts";
import { readUsage } from "./read-budget.queries.ts";

/** True when a limit is reached, by all turns that have ended so far. */
export type IsOverBudget = (lane: Pick<ClaimedLane, "businessId" | "conversationId">, settings: ReplySettings) => Promise<boolean>;

/** How long a turn waits for it. */
export const READ_BUDGET_WITHIN_MS = 500;
const MICROS = 1_000_000;
const MOST_BUSINESSES = 10_000;
/** Then the whole day is read again, in case that the database's clock was set back. */
const REREAD_MS = 600_000;

interface Used {
  readonly tokens: number;
  readonly micros: number;
}

interface Usage {
  readonly business: Used;
  readonly conversation: Used;
}

/** What a business used up on a day until a moment, of which no turn can still become known. */
interface Settled extends Used {
  readonly day: number;
  readonly settledTo: number;
}

interface Question extends Pick<ReplySettings, "timeZone"> {
  /** Absent: only of the business. */
  readonly conversationId: ConversationId | undefined;
}

const NOTHING: Used = { tokens: 0, micros: 0 };

type ReadUsage = (businessId: BusinessId, question: Question) => Promise<Usage>;

/** Turns of a business that begin at the same time ask together, and each turn of the day is summed up once. */
function createReadUsage(database: Pick<Database, "forBusiness">): ReadUsage {
  const known = new LRUCache<BusinessId, Settled>({ max: MOST_BUSINESSES, ttl: REREAD_MS, noUpdateTTL: true });

  function remember(businessId: BusinessId, row: Row<typeof readUsage>, base: Used): void {
    const settled = {
      day: row.day,
      settledTo: row.settled_to,
      tokens: base.tokens + row.settled_tokens,
      micros: base.micros + row.settled_micros,
    };
    const other = known.get(businessId);
    if (other?.day !== settled.day || other.settledTo < settled.settledTo) known.set(businessId, settled);
  }

  return createBusinessBatcher<Question, Usage>({
    slots: 2,
    async run(businessId, questions) {
      const before = known.get(businessId);
      const rows = await database.forBusiness(businessId).run(readUsage, {
        conversationIds: [...new Set(questions.flatMap(({ conversationId }) => conversationId ?? []))],
        timeZone: questions[0]?.timeZone ?? "UTC",
        day: before?.day,
        settledTo: before?.settledTo,
      });
      const [row] = rows;
      if (row === undefined) throw new Error("no row came of a sum");
      const base = before?.day === row.day ? before : NOTHING;
      remember(businessId, row, base);
      const business = { tokens: base.tokens + row.tokens, micros: base.micros + row.micros };
      const used = new Map(rows.map((one) => [one.conversation_id, { tokens: one.conversation_tokens, micros: one.conversation_micros }]));
      return questions.map(({ conversationId = null }) => ({ business, conversation: used.get(conversationId) ?? NOTHING }));
    },
  });
}

export function createIsOverBudget(deps: {
  readonly database: Pick<Database, "forBusiness">;
  readonly failPoints: FailPoints;
  readonly log: Log;
  /** Then the reply is written without the answer. */
  readonly withinMs: number;
}): IsOverBudget {
  const read = createReadUsage(deps.database);

  const isOverBudget: IsOverBudget = async ({ businessId, conversationId }, { budget, timeZone }) => {
    await deps.failPoints.hit("usage.read");
    const { tokensPerBusiness, tokensPerConversation, moneyPerBusiness, moneyPerConversation } = budget;
    const ofConversation = tokensPerConversation !== undefined || moneyPerConversation !== undefined;
    const { business, conversation } = await read(businessId, { timeZone, conversationId: ofConversation ? conversationId : undefined });
    const limits: readonly (readonly [number, number | undefined])[] = [
      [business.tokens, tokensPerBusiness],
      [conversation.tokens, tokensPerConversation],
      [business.micros / MICROS, moneyPerBusiness],
      [conversation.micros / MICROS, moneyPerConversation],
    ];
    return limits.some(([spent, limit = Infinity]) => spent >= limit);
  };

  const optionalRead = createOptionalRead({
    withinMs: deps.withinMs,
    onFailure: (businessId, error) => {
      deps.log.warn({ businessId, error }, "usage.not-read");
    },
  });
  return async (lane, settings) => {
    if (Object.keys(settings.budget).length === 0) return false;
    return optionalRead(lane.businessId, () => isOverBudget(lane, settings), false);
  };
}
