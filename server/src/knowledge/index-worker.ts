// Owns: which text is indexed next, with what patience for those that fail, and the loop around it. Refuses to know: what indexing is.
import type { Database } from "../db/database.ts";
import { messageOf } from "../kernel/faults.ts";
import type { BusinessId } from "../kernel/ids.ts";
import type { Log } from "../kernel/log.ts";
import {
  claimKnowledgeJob,
  claimKnowledgeJobsAcrossBusinesses,
  extendKnowledgeJob,
  findTextToIndex,
  finishKnowledgeJob,
  nextKnowledgeJobAcrossBusinesses,
  noteIndexingProblem,
} from "./indexing.queries.ts";
import { createIndexText, type IndexJob, type IndexOutcome, type IndexTextDeps } from "./index-text.ts";

export interface IndexWorker {
  start(): void;
  /** There may be something due now. */
  wake(): void;
  /** One pass: claims what is due and indexes it. Answers how many texts it took up. */
  runOnce(): Promise<number>;
  /** This text now, in this process; undefined: nothing is to be done for it. */
  indexNow(businessId: BusinessId, textId: string): Promise<IndexOutcome | undefined>;
  /** Lets go of what runs; it is taken up again from where it stands. */
  stop(): Promise<void>;
}

export interface IndexWorkerDeps extends Omit<IndexTextDeps, "leaseMs"> {
  readonly database: Database;
  readonly log: Log;
  readonly leaseMs?: number;
  /** The longest sleep: what a lost wake-up can cost. */
  readonly pollMs?: number;
  readonly backoffMs?: (attempt: number) => number;
}

const AT_A_TIME = 4;
const MAX_ATTEMPTS = 8;
const defaultBackoffMs = (attempt: number): number => Math.min(3_600_000, 2_000 * 4 ** attempt) * (0.75 + Math.random() / 2);

interface Claimed extends IndexJob {
  readonly attempts: number;
}

export function createIndexWorker(deps: IndexWorkerDeps): IndexWorker {
  const { database, log, leaseMs = 60_000, pollMs = 5_000, backoffMs = defaultBackoffMs } = deps;
  const indexText = createIndexText({ ...deps, leaseMs });
  const stopping = new AbortController();
  let wanted = false;
  let rouse: (() => void) | undefined;
  let loop: Promise<void> = Promise.resolve();

  function wake(): void {
    wanted = true;
    rouse?.();
  }

  async function settle(job: Claimed, outcome: IndexOutcome): Promise<void> {
    if (outcome.outcome === "lost") return;
    const { businessId, textId, fence, attempts } = job;
    const db = database.forBusiness(businessId);
    if (outcome.outcome === "indexed") {
      await db.run(finishKnowledgeJob, [businessId, textId, fence]);
      log.info({ businessId, textId, chunks: outcome.chunks }, "knowledge.indexed");
      return;
    }
    const isGivenUp = outcome.isFinal || attempts >= MAX_ATTEMPTS;
    log.warn({ businessId, textId, attempt: attempts, isGivenUp, error: outcome.reason }, "knowledge.index-failed");
    const [text] = await db.run(findTextToIndex, [businessId, textId]);
    // A text that is ready answers; what is wrong with it was noted already.
    if (text !== undefined && text.state !== "ready")
      await db.run(noteIndexingProblem, [businessId, textId, text.version, isGivenUp ? "failed" : "pending", outcome.reason]);
    if (isGivenUp) await db.run(finishKnowledgeJob, [businessId, textId, fence]);
    else await db.run(extendKnowledgeJob, [businessId, textId, fence, backoffMs(attempts - 1)]);
  }

  async function index(job: Claimed): Promise<IndexOutcome> {
    const outcome = await indexText(job, stopping.signal).catch((error: unknown): IndexOutcome => {
      return { outcome: "failed", reason: `It could not be indexed (${messageOf(error)}). It is tried again.`, isFinal: false };
    });
    // Asked to stop: the lease ends by itself, or the next start finds the job due.
    if (!stopping.signal.aborted || outcome.outcome === "indexed") await settle(job, outcome);
    return outcome;
  }

  async function runOnce(): Promise<number> {
    const rows = await database.acrossBusinesses.run(claimKnowledgeJobsAcrossBusinesses, [AT_A_TIME, leaseMs]);
    await Promise.all(
      rows.map(({ business_id, text_id, ...rest }) => index({ businessId: business_id as BusinessId, textId: text_id, ...rest })),
    );
    return rows.length;
  }

  async function sleep(): Promise<void> {
    const [next] = await database.acrossBusinesses.run(nextKnowledgeJobAcrossBusinesses, []).catch(() => []);
    if (wanted || stopping.signal.aborted) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, Math.max(0, Math.min(pollMs, next?.in_ms ?? pollMs)));
      rouse = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    rouse = undefined;
  }

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      wanted = false;
      let count = 0;
      try {
        count = await runOnce();
      } catch (error) {
        log.warn({ error: messageOf(error) }, "knowledge.claim-failed");
        await new Promise((resolve) => setTimeout(resolve, 1_000));
      }
      if (count === 0) await sleep();
    }
  }

  return {
    start() {
      loop = run();
    },
    wake,
    runOnce,
    async indexNow(businessId, textId) {
      const [row] = await database.forBusiness(businessId).run(claimKnowledgeJob, [businessId, textId, leaseMs]);
      return row === undefined ? undefined : index({ businessId, textId, fence: row.fence, attempts: row.attempts });
    },
    async stop() {
      stopping.abort();
      wake();
      await loop;
    },
  };
}
