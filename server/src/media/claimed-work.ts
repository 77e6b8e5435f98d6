// Owns: work on files that many processes share: claiming what is due, fairly between businesses, keeping the lease while it lasts, giving it back, and the
// loop around it. Refuses to know: what the work is, and how its end is recorded.
import { isOutage } from "../db/classify-error.ts";
import { retryWhileGone } from "../db/retry-while-gone.ts";
import { messageOf } from "../kernel/faults.ts";
import type { BusinessId } from "../kernel/ids.ts";
import { createLoop } from "../kernel/loop.ts";

export interface ClaimedFile {
  readonly businessId: BusinessId;
  readonly id: string;
  /** Grows with every claim; whoever writes an end compares it in the same statement. */
  readonly fence: number;
  readonly attempts: number;
  /** Claims in a row whose end was never recorded, this one included. */
  readonly unsettled: number;
}

export interface ClaimOfFiles {
  readonly limit: number;
  /** Of one business. */
  readonly share: number;
  readonly running: readonly { readonly businessId: BusinessId; readonly count: number }[];
}

export interface FileWorker {
  start(): void;
  /** There may be something due now. */
  wake(): void;
  /** One pass: claims what is due, and works on it. Answers how many files there were. */
  runOnce(): Promise<number>;
  /** Ends what runs and gives it back: whoever claims it next begins anew. */
  stop(): Promise<void>;
}

export interface ClaimedWorkDeps {
  readonly atATime: number;
  /** Of them, for one business: its provider may hang. */
  readonly businessShare: number;
  /** The longest sleep: what a lost wake-up can cost. */
  readonly pollMs?: number | undefined;
  readonly leaseMs: number;
  readonly claim: (request: ClaimOfFiles) => Promise<readonly ClaimedFile[]>;
  /** Milliseconds until the next one is due; undefined: none waits. */
  readonly nextInMs: () => Promise<number | undefined>;
  /** Answers 0 when somebody else has it. */
  readonly extend: (file: ClaimedFile) => Promise<number>;
  /** Due again after so long; it does not count as an attempt. */
  readonly giveBack: (file: ClaimedFile, afterMs: number) => Promise<number>;
  /** Does the work and records its end under the fence. When `signal` aborts, the process stops or the lease is lost. */
  readonly work: (file: ClaimedFile, signal: AbortSignal) => Promise<void>;
  readonly onClaimFailed: (error: string) => void;
  readonly onNotSettled: (file: ClaimedFile, error: string) => void;
}

/** Claimed this often without an end, a file takes its worker down each time: it is not tried again. */
export const MAX_UNSETTLED = 3;
const CLAIM_FAILED_MS = 1_000;
const OUTAGE_BACKOFF_MS = 2_000;
const LONGEST_BACKOFF_MS = 3_600_000;

/** 1, 4, 16 … seconds, at most an hour. */
export const growingBackoffMs = (attempt: number): number =>
  Math.min(LONGEST_BACKOFF_MS, 1_000 * 4 ** (attempt - 1)) * (0.75 + Math.random() / 2);

export function createClaimedWork(deps: ClaimedWorkDeps): FileWorker {
  const { atATime, businessShare, pollMs = 1_000, leaseMs } = deps;
  const stopping = new AbortController();
  const running = new Map<BusinessId, number>();
  const runs = new Set<Promise<void>>();
  const loop = createLoop({
    pass,
    pauseMs: CLAIM_FAILED_MS,
    onFailed(error) {
      deps.onClaimFailed(messageOf(error));
    },
  });

  /** While it lasts, the lease is kept; the signal aborts when somebody else has the file. */
  async function whileHeld(file: ClaimedFile): Promise<void> {
    const lost = new AbortController();
    const timer = setInterval(() => {
      deps
        .extend(file)
        .then((held) => {
          if (held === 0) lost.abort(new Error("somebody else has the file"));
        })
        // Not in time: the lease ends, and the fence decides.
        .catch(() => undefined);
    }, leaseMs / 3);
    try {
      await deps.work(file, AbortSignal.any([stopping.signal, lost.signal]));
    } finally {
      clearInterval(timer);
    }
  }

  async function run(file: ClaimedFile): Promise<void> {
    running.set(file.businessId, (running.get(file.businessId) ?? 0) + 1);
    try {
      await whileHeld(file);
    } catch (error) {
      deps.onNotSettled(file, messageOf(error));
      // An outage of our own database is not the file's fault. Not in time: the lease has ended by then.
      if (isOutage(error))
        await retryWhileGone(() => deps.giveBack(file, OUTAGE_BACKOFF_MS), { forMs: leaseMs, signal: stopping.signal }).catch(
          () => undefined,
        );
    } finally {
      const rest = (running.get(file.businessId) ?? 1) - 1;
      if (rest === 0) running.delete(file.businessId);
      else running.set(file.businessId, rest);
      loop.wake();
    }
  }

  /** Claims what is due and fits, and begins it. */
  async function begin(): Promise<readonly Promise<void>[]> {
    const counts = [...running];
    const free = atATime - counts.reduce((sum, [, count]) => sum + count, 0);
    if (free <= 0) return [];
    const files = await deps.claim({
      limit: free,
      share: businessShare,
      running: counts.map(([businessId, count]) => ({ businessId, count })),
    });
    return files.map((file) => {
      const work = run(file);
      runs.add(work);
      return work.finally(() => runs.delete(work));
    });
  }

  /** How long there is nothing to claim. What is due but finds no place waits until something that runs ends, which wakes the loop. */
  async function idleMs(): Promise<number> {
    const inMs = (await deps.nextInMs()) ?? pollMs;
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
    async stop() {
      stopping.abort(new Error("the worker stops"));
      await loop.stop();
      await Promise.all(runs);
    },
  };
}
