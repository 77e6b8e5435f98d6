// Owns: which text is indexed next, with what patience for those that fail, and the loop around it. Refuses to know: what indexing is.
import { isOutage } from "../db/classify-error.ts";
import type { Database } from "../db/database.ts";
import { retryWhileGone } from "../db/retry-while-gone.ts";
import { messageOf } from "../kernel/faults.ts";
import type { BusinessId } from "../kernel/ids.ts";
import type { Log } from "../kernel/log.ts";
import { createLoop } from "../kernel/loop.ts";
import {
  claimKnowledgeJob,
  claimKnowledgeJobsAcrossBusinesses,
  extendKnowledgeJob,
  findTextToIndex,
  finishKnowledgeJob,
  nextKnowledgeJobAcrossBusinesses,
  noteIndexingProblem,
  returnKnowledgeJob,
} from "./indexing.queries.ts";
import { createIndexText, type IndexJob, type IndexOutcome, type IndexTextDeps } from "./index-text.ts";

export interface IndexWorker {
  start(): void;
  /** There may be something due now. */
  wake(): void;
  /** One pass: claims what is due and indexes it. Answers how many texts there were. */
  runOnce(): Promise<number>;
  /** This text now, in this process; undefined: it has no job. */
  indexNow(businessId: BusinessId, textId: string): Promise<IndexOutcome | undefined>;
  /** Stops what runs and releases it: whoever claims it next continues from what is there. */
  stop(): Promise<void>;
}

export interface IndexWorkerDeps extends Omit<IndexTextDeps, "leaseMs"> {
  readonly database: Database;
  readonly log: Log;
  /** The longest sleep: what a lost wake-up can cost. */
  readonly pollMs?: number;
  readonly backoffMs?: (attempt: number) => number;
}

const LEASE_MS = 60_000;
const AT_A_TIME = 8;
/** Of them, for one business: its pages may all be slow. */
const BUSINESS_SHARE = 2;
const MAX_ATTEMPTS = 8;
/** A job that was claimed this often without an end takes its worker down each time: it is not tried again. */
const MAX_UNSETTLED = 3;
const CLAIM_FAILED_MS = 1_000;
const OUTAGE_BACKOFF_MS = 2_000;
const HANGS =
  "It could not be indexed: three times in a row the work on it ended without a result. Give it as plain text, or in several parts.";
const defaultBackoffMs = (attempt: number): number => Math.min(3_600_000, 2_000 * 4 ** attempt) * (0.75 + Math.random() / 2);

interface ClaimedJob extends IndexJob {
  readonly attempts: number;
  readonly unsettled: number;
}

export function createIndexWorker(deps: IndexWorkerDeps): IndexWorker {
  const { database, log, pollMs = 5_000, backoffMs = defaultBackoffMs } = deps;
  const indexText = createIndexText({ ...deps, leaseMs: LEASE_MS });
  const stopping = new AbortController();
  const running = new Map<BusinessId, number>();
  const runs = new Set<Promise<void>>();
  const loop = createLoop({
    pass,
    pauseMs: CLAIM_FAILED_MS,
    onFailed(error) {
      log.warn({ error: messageOf(error) }, "knowledge.claim-failed");
    },
  });

  async function settle(job: ClaimedJob, outcome: IndexOutcome): Promise<void> {
    if (outcome.outcome === "lost") return;
    const { businessId, textId, fence, attempts } = job;
    const db = database.forBusiness(businessId);
    if (outcome.outcome === "indexed") {
      await db.execute(finishKnowledgeJob, { textId, fence });
      log.info({ businessId, textId, chunks: outcome.chunks }, "knowledge.indexed");
      return;
    }
    const isGivenUp = outcome.isFinal || attempts >= MAX_ATTEMPTS;
    log.warn({ businessId, textId, attempt: attempts, isGivenUp, error: outcome.reason }, "knowledge.index-failed");
    const [text] = await db.run(findTextToIndex, { textId });
    // A text that is ready answers; what is wrong with it has been noted already.
    if (text !== undefined && text.state !== "ready") {
      const state = isGivenUp ? "failed" : "pending";
      await db.execute(noteIndexingProblem, { textId, version: text.version, state, error: outcome.reason });
    }
    if (isGivenUp) await db.execute(finishKnowledgeJob, { textId, fence });
    else await db.execute(extendKnowledgeJob, { textId, fence, afterMs: backoffMs(attempts - 1) });
  }

  async function outcomeOf(job: ClaimedJob): Promise<IndexOutcome> {
    if (job.unsettled > MAX_UNSETTLED) return { outcome: "failed", reason: HANGS, isFinal: true };
    return indexText(job, stopping.signal).catch((error: unknown): IndexOutcome => {
      if (isOutage(error)) throw error;
      return { outcome: "failed", reason: `It could not be indexed (${messageOf(error)}). It will be tried again.`, isFinal: false };
    });
  }

  function giveBack({ businessId, textId, fence }: ClaimedJob, afterMs: number): Promise<number> {
    return database.forBusiness(businessId).execute(returnKnowledgeJob, { textId, fence, afterMs });
  }

  async function index(job: ClaimedJob): Promise<IndexOutcome> {
    const outcome = await outcomeOf(job);
    // Asked to stop: it is due again at once, and this does not count as an attempt. A run that was stopped while it wrote says that the job is lost; it is ours all the same.
    if (stopping.signal.aborted && outcome.outcome !== "indexed") await giveBack(job, 0);
    else await settle(job, outcome);
    return outcome;
  }

  /** After an outage of our own database, which is not the text's fault: it does not count as an attempt. */
  async function giveBackAfterOutage(job: ClaimedJob): Promise<void> {
    // Not in time: the lease has ended by then.
    await retryWhileGone(() => giveBack(job, OUTAGE_BACKOFF_MS), { forMs: LEASE_MS, signal: stopping.signal }).catch(() => undefined);
  }

  async function run(job: ClaimedJob): Promise<void> {
    running.set(job.businessId, (running.get(job.businessId) ?? 0) + 1);
    try {
      await index(job);
    } catch (error) {
      log.warn({ businessId: job.businessId, textId: job.textId, error: messageOf(error) }, "knowledge.not-settled");
      if (isOutage(error)) await giveBackAfterOutage(job);
    } finally {
      const rest = (running.get(job.businessId) ?? 1) - 1;
      if (rest === 0) running.delete(job.businessId);
      else running.set(job.businessId, rest);
      loop.wake();
    }
  }

  /** Claims what is due and fits, and begins it. */
  async function begin(): Promise<readonly Promise<void>[]> {
    const counts = [...running];
    const free = AT_A_TIME - counts.reduce((sum, [, count]) => sum + count, 0);
    if (free <= 0) return [];
    const rows = await database.acrossBusinesses.run(claimKnowledgeJobsAcrossBusinesses, {
      limit: free,
      leaseMs: LEASE_MS,
      share: BUSINESS_SHARE,
      running: counts.map(([businessId, count]) => ({ businessId, count })),
    });
    return rows.map(({ business_id, text_id, ...rest }) => {
      const work = run({ businessId: business_id as BusinessId, textId: text_id, ...rest });
      runs.add(work);
      return work.finally(() => runs.delete(work));
    });
  }

  /** How long there is nothing to claim. What is due but finds no place waits until something that runs ends, which wakes the loop. */
  async function idleMs(): Promise<number> {
    const [next] = await database.acrossBusinesses.run(nextKnowledgeJobAcrossBusinesses, {});
    const inMs = next?.in_ms ?? pollMs;
    return inMs <= 0 ? pollMs : Math.min(pollMs, inMs);
  }

  async function pass(): Promise<number> {
    const begun = await begin();
    return begun.length === 0 ? idleMs() : 0;
  }

  return {
    start() {
      loop.start();
    },
    wake() {
      loop.wake();
    },
    async runOnce() {
      const begun = await begin();
      await Promise.all(begun);
      return begun.length;
    },
    async indexNow(businessId, textId) {
      const [row] = await database.forBusiness(businessId).run(claimKnowledgeJob, { textId, leaseMs: LEASE_MS });
      return row === undefined ? undefined : index({ businessId, textId, ...row });
    },
    async stop() {
      stopping.abort();
      await loop.stop();
      await Promise.all(runs);
    },
  };
}
