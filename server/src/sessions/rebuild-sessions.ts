// Owns: making the sessions of threads what their messages say. Looks first; writes under the lane's lock, so the worker may run meanwhile.
import type { Database } from "../db/database.ts";
import type { Queryable } from "../db/query.ts";
import { newId, NO_BUSINESS, type BusinessId, type ConversationId } from "../kernel/ids.ts";
import type { ReplySettingsStore } from "../settings/reply-settings-store.ts";
import type { SessionRules } from "./cut-sessions.ts";
import { planRebuild, type RebuildPlan, type StoredThread } from "./plan-rebuild.ts";
import {
  findThreadOfSessions,
  listStoredSessions,
  listThreadsToRebuild,
  raiseSessionLane,
  readCustomerMessages,
  recordRebuild,
  removeSessions,
  wantSummaries,
} from "./session-changes.queries.ts";
import { rulesOf, writePlans } from "./write-tracking.ts";

export interface RebuildRequest {
  readonly businessId: BusinessId;
  /** Without it: all threads of the business. */
  readonly conversationId?: string;
  /** False: only look. */
  readonly execute: boolean;
}

export interface RebuiltThread {
  readonly conversationId: ConversationId;
  readonly counts: RebuildPlan["counts"];
  /** Closed sessions that get a summary now. */
  readonly summaries: number;
  readonly isChanged: boolean;
}

/** One entry per thread, as it is examined. Nothing, when there is no such conversation. */
export type RebuildSessions = (request: RebuildRequest) => AsyncIterable<RebuiltThread>;

const AT_ONCE = 200;

export function createRebuildSessions(deps: {
  readonly database: Database;
  readonly settings: Pick<ReplySettingsStore, "read">;
}): RebuildSessions {
  return async function* rebuildSessions(request) {
    const { businessId, execute } = request;
    const rules = rulesOf(await deps.settings.read(businessId));
    const db = deps.database.forBusiness(businessId);
    for await (const id of threadsOf(db, request)) {
      yield await db.transaction((tx) => rebuildOne(tx, { id, execute, rules }));
    }
  };
}

async function* threadsOf(db: Queryable, { conversationId }: RebuildRequest): AsyncGenerator<ConversationId> {
  if (conversationId !== undefined) {
    const [thread] = await db.run(findThreadOfSessions, { conversationId });
    if (thread !== undefined) yield thread.id as ConversationId;
    return;
  }
  let afterId: string = NO_BUSINESS;
  for (;;) {
    const rows = await db.run(listThreadsToRebuild, { afterId, limit: AT_ONCE });
    for (const { id } of rows) yield id as ConversationId;
    const last = rows.at(-1);
    if (last === undefined || rows.length < AT_ONCE) return;
    afterId = last.id;
  }
}

interface Rebuild {
  readonly id: ConversationId;
  readonly execute: boolean;
  readonly rules: SessionRules;
}

async function rebuildOne(tx: Queryable, { id, execute, rules }: Rebuild): Promise<RebuiltThread> {
  // The lane first: nobody else changes the sessions of this thread until the end of the transaction.
  const [lane] = execute ? await tx.run(raiseSessionLane, { conversationId: id }) : [];
  const thread = await readThread(tx, id);
  const { tracking, removed, unsummarized, counts } = planRebuild(thread, rules);
  const isChanged = counts.added + counts.changed + counts.removed + unsummarized.length > 0;
  const closed = tracking.changes.filter((change) => change.closed !== null).length;
  const result = { conversationId: id, counts, summaries: closed + unsummarized.length, isChanged };
  if (!isChanged || !execute) return result;
  await tx.execute(removeSessions, { conversationId: id, ids: removed });
  if (lane !== undefined) {
    const planned = { conversationId: id, fence: lane.fence, wanted: thread.wanted, plan: tracking };
    await writePlans(tx, { lanes: [planned], takesOver: true, isSilent: true });
    await tx.execute(wantSummaries, { conversationId: id, ids: unsummarized });
  }
  await tx.execute(recordRebuild, { eventId: newId(), conversationId: id, ...counts, summaries: result.summaries });
  return result;
}

async function readThread(tx: Queryable, conversationId: ConversationId): Promise<StoredThread> {
  const [read] = await tx.run(readCustomerMessages, { conversationId });
  const rows = await tx.run(listStoredSessions, { conversationId });
  return {
    messages: (read?.seqs ?? []).map((seq, index) => ({ seq, atMs: read?.times[index] ?? 0 })),
    wanted: read?.wanted ?? 0,
    nowMs: read?.now_ms ?? 0,
    sessions: rows.map((row) => ({
      id: row.id,
      fromSeq: row.from_seq,
      toSeq: row.to_seq,
      closedAtMs: row.closed_at?.getTime() ?? null,
      reason: row.closed_reason,
      summaryState: row.summary_state,
      hasSummary: row.has_summary,
    })),
  };
}
