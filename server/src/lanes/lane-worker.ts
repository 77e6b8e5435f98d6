// Owns: running the lanes of one kind: claim, heartbeat, retry with backoff, stop. Refuses to know what the work is.
import { setTimeout as delay } from "node:timers/promises";
import { isOutage } from "../db/classify-error.ts";
import { retryWhileGone } from "../db/retry-while-gone.ts";
import { messageOf } from "../kernel/faults.ts";
import type { BusinessId } from "../kernel/ids.ts";
import type { Log } from "../kernel/log.ts";
import { createLoop } from "../kernel/loop.ts";
import { withTimeout } from "../kernel/with-timeout.ts";
import type { ClaimedLane, LaneKind, LaneStore } from "./lane-store.ts";

export interface LaneWorkerDeps {
  readonly kind: LaneKind;
  readonly store: LaneStore;
  readonly log: Log;
  /** Who holds the lease; for people who read the table. */
  readonly owner: string;
  readonly concurrency: number;
  readonly leaseMs: number;
  /** The longest sleep: what a lost wake-up can cost. */
  readonly pollMs?: number;
  /** The least time between two claims: what comes meanwhile is claimed together. */
  readonly claimIntervalMs?: number;
  readonly backoffMs?: (attempt: number) => number;
  /**
   * Does the work and writes its end under the lane's fence. `signal` aborts when the lease is lost or the process stops. A throw means that nothing was
   * finished: the lane is retried after a backoff, with `attempts` one higher (not when our own database was away). It is up to the handler to end what
   * has failed too often.
   */
  readonly handle: (lane: ClaimedLane, signal: AbortSignal, newer: AbortSignal) => Promise<void>;
  /** How many runs one business may have at once in this worker, unless it has a number of its own. Without it: as many as there are. */
  readonly perBusiness?: number;
  /** Whether `newer` aborts when a lane gets more work while it is worked on. Costs a look at what runs, a few times a second. */
  readonly watchesNewer?: boolean;
  /** Called with lanes that woke up but have to wait for their customer to be quiet. Must not throw. */
  readonly onEarly?: (lanes: readonly ClaimedLane[]) => void;
}

export interface LaneWorker {
  /** Does nothing when it runs already, or was stopped. */
  start(): void;
  /** There may be something due now, or earlier than the worker believes. */
  wake(): void;
  /** Claims nothing more, waits for what runs, and releases what did not end within `graceMs`. */
  stop(graceMs?: number): Promise<void>;
  readonly running: number;
}

interface Run {
  readonly lane: ClaimedLane;
  readonly abort: AbortController;
  readonly newer: AbortController;
  readonly startedAt: number;
}

const DEFAULT_CLAIM_INTERVAL_MS = 8;
/** A younger run has ended before anybody could stop it. */
const WATCHED_AFTER_MS = 100;
const WATCH_INTERVAL_MS = 150;
/** What is due but cannot be claimed right now (its business has all its runs, or somebody holds the row) is asked for again after this. */
const NOTHING_CLAIMABLE_MS = 100;
const DEFAULT_POLL_MS = 1_000;
const MAX_RETRY_AFTER_MS = 60_000;
const OUTAGE_PROBE_MS = 500;
/** As after three failed attempts: 2 s. */
const OUTAGE_BACKOFF = 3;
const defaultBackoffMs = (attempt: number): number => Math.min(60_000, 250 * 2 ** attempt) * (0.75 + Math.random() / 2);

export function createLaneWorker(deps: LaneWorkerDeps): LaneWorker {
  const { kind, store, log } = deps;
  const backoffMs = deps.backoffMs ?? defaultBackoffMs;
  const runs = new Set<Run>();
  const stopped = new AbortController();
  const release = createRelease({ kind, store, stopped: stopped.signal });
  const idle = Promise.withResolvers<undefined>();
  const loop = createLoop({
    pass: claimOnce,
    pauseMs: deps.pollMs ?? DEFAULT_POLL_MS,
    minIntervalMs: deps.claimIntervalMs ?? DEFAULT_CLAIM_INTERVAL_MS,
    onFailed(error) {
      log.warn({ kind, error: messageOf(error) }, "lane.claim-failed");
    },
  });
  /** The last claim has ended: there are no further runs. */
  let isDraining = false;
  let heartbeat: NodeJS.Timeout | undefined;
  let watch: NodeJS.Timeout | undefined;
  /** Runs that failed, and whose lanes the database still takes for ours. */
  let unreleased = 0;

  function wake(): void {
    loop.wake();
    if (deps.watchesNewer === true && runs.size > 0) lookLater();
  }

  function lookLater(): void {
    watch ??= setTimeout(() => void lookForNewer(), WATCH_INTERVAL_MS);
  }

  /** One look for all announcements of an interval; a slow one may overlap with the next, which only reads the same again. Whether a run is out of date is for the database to say, not for the announcement. */
  async function lookForNewer(): Promise<void> {
    // What is announced from now on is looked for again.
    watch = undefined;
    const before = performance.now() - WATCHED_AFTER_MS;
    const unaware = [...runs].filter((run) => !run.newer.signal.aborted);
    const watched = unaware.filter((run) => run.startedAt <= before);
    if (watched.length < unaware.length && !stopped.signal.aborted) lookLater();
    if (watched.length === 0) return;
    try {
      const grown = new Set(
        await store.listGrown(
          kind,
          watched.map((run) => run.lane),
        ),
      );
      for (const run of watched) if (grown.has(run.lane)) run.newer.abort(new Error("a newer message came"));
    } catch (error) {
      // The commit will find out anyway.
      log.warn({ kind, error: messageOf(error) }, "lane.watch-failed");
    }
  }

  async function endFailedRun({ lane, abort: { signal } }: Run, error: unknown): Promise<void> {
    const { aborted } = signal;
    // When our own database was away, that is no fault of this work.
    const failed = !aborted && !isOutage(error);
    const afterMs = aborted ? 0 : (retryAfterOf(error) ?? backoffMs(failed ? lane.attempts + 1 : OUTAGE_BACKOFF));
    if (!aborted) log.warn({ kind, conversationId: lane.conversationId, attempt: lane.attempts + 1, error }, "lane.failed");
    unreleased += 1;
    // Until the database knows, or somebody else holds the lane: after a lease that merely ran out, the next claim would count an attempt.
    const until = AbortSignal.any([stopped.signal, signal]);
    await release(lane, { afterMs, failed, error: messageOf(error) }, until).catch((cause: unknown) => {
      log.warn({ kind, conversationId: lane.conversationId, error: messageOf(cause) }, "lane.not-released");
    });
    unreleased -= 1;
  }

  async function run(lane: ClaimedLane): Promise<void> {
    const entry: Run = { lane, abort: new AbortController(), newer: new AbortController(), startedAt: performance.now() };
    runs.add(entry);
    try {
      await deps.handle(lane, entry.abort.signal, entry.newer.signal);
    } catch (error) {
      await endFailedRun(entry, error);
    } finally {
      runs.delete(entry);
      wake();
      settleIdle();
    }
  }

  async function beat(): Promise<void> {
    const held = [...runs];
    const lost = new Set(
      await store.extend(
        kind,
        held.map((entry) => entry.lane),
        deps.leaseMs,
      ),
    );
    for (const entry of held) {
      if (!lost.has(entry.lane)) continue;
      log.warn({ kind, conversationId: entry.lane.conversationId }, "lane.lost");
      entry.abort.abort(new Error("the lease of this lane was taken over"));
    }
  }

  /** One pass: claims what is due and fits; answers how long there is nothing to do. */
  async function claimOnce(): Promise<number> {
    const free = deps.concurrency - runs.size;
    // A lane that is not released yet would be taken for one whose worker died. The end of a release wakes this one.
    if (free <= 0 || unreleased > 0) return deps.pollMs ?? DEFAULT_POLL_MS;
    const { perBusiness, onEarly } = deps;
    const share = perBusiness === undefined ? {} : { share: { max: perBusiness, running: countByBusiness(runs) } };
    const request = { kind, limit: free, leaseMs: deps.leaseMs, owner: deps.owner };
    let next = Infinity;
    const onNext = (inMs = Infinity): void => {
      next = inMs;
    };
    const claimed = await store.claim({ ...request, ...share, ...(onEarly === undefined ? {} : { onEarly }), onNext });
    for (const lane of claimed) void run(lane);
    if (claimed.length === free) return deps.pollMs ?? DEFAULT_POLL_MS;
    const soonest = claimed.length === 0 ? NOTHING_CLAIMABLE_MS : 0;
    return next <= 0 ? soonest : Math.min(Math.ceil(next), deps.pollMs ?? DEFAULT_POLL_MS);
  }

  function settleIdle(): void {
    if (runs.size === 0 && isDraining) idle.resolve(undefined);
  }

  return {
    start() {
      if (stopped.signal.aborted) return;
      loop.start();
      heartbeat ??= setInterval(() => {
        beat().catch((error: unknown) => {
          log.warn({ kind, error: messageOf(error) }, "lane.heartbeat-failed");
        });
      }, deps.leaseMs / 3);
    },
    wake,
    get running() {
      return runs.size;
    },
    async stop(graceMs = 10_000) {
      stopped.abort();
      await loop.stop();
      isDraining = true;
      settleIdle();
      await withTimeout(idle.promise, graceMs).catch(() => {
        for (const entry of runs) entry.abort.abort(new Error("the worker is stopping"));
      });
      await idle.promise;
      clearInterval(heartbeat);
      clearTimeout(watch);
    },
  };
}

interface ReleaseDeps extends Pick<LaneWorkerDeps, "kind" | "store"> {
  readonly stopped: AbortSignal;
}

/** Releases lanes even through an outage of the database, as long as `until` does not abort. */
function createRelease({ kind, store, stopped }: ReleaseDeps) {
  let back: Promise<void> | undefined;

  async function probe(): Promise<void> {
    try {
      await delay(OUTAGE_PROBE_MS, undefined, { signal: stopped });
      await retryWhileGone(() => store.nextInMs(kind), { forMs: Infinity, signal: stopped, everyMs: OUTAGE_PROBE_MS });
    } catch {
      // Stopped, or no longer an outage: whoever waits will find out.
    } finally {
      back = undefined;
    }
  }

  return async (lane: ClaimedLane, request: Parameters<LaneStore["retry"]>[1], until: AbortSignal): Promise<void> => {
    for (;;) {
      try {
        await store.retry(lane, request);
        return;
      } catch (error) {
        if (!isOutage(error) || until.aborted) throw error;
      }
      // One asks for all: a database that is coming back is not held up by everybody who wants to know.
      await (back ??= probe());
    }
  };
}

function countByBusiness(runs: ReadonlySet<Run>): ReadonlyMap<BusinessId, number> {
  const counts = new Map<BusinessId, number>();
  for (const { lane } of runs) counts.set(lane.businessId, (counts.get(lane.businessId) ?? 0) + 1);
  return counts;
}

/** Of a failure that says when another try makes sense. */
function retryAfterOf(error: unknown): number | undefined {
  const isKnown = error instanceof Error && "retryAfterMs" in error && typeof error.retryAfterMs === "number";
  return isKnown ? Math.min(MAX_RETRY_AFTER_MS, Math.max(0, Number(error.retryAfterMs))) : undefined;
}
