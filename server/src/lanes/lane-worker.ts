// Owns: running the lanes of one kind: claim, heartbeat, retry with backoff, stop. Refuses to know what the work is.
import { messageOf } from "../kernel/faults.ts";
import type { Log } from "../kernel/log.ts";
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
  readonly backoffMs?: (attempt: number) => number;
  /**
   * Does the work and writes its end under the lane's fence. `signal` aborts when the lease is lost or the process stops. A throw means
   * nothing was finished: the lane comes again after a backoff, with `attempts` one higher. It is for the handler to end what failed too often.
   */
  readonly handle: (lane: ClaimedLane, signal: AbortSignal) => Promise<void>;
}

export interface LaneWorker {
  start(): void;
  /** There may be something due now, or earlier than the worker believes. */
  wake(): void;
  /** Claims nothing more, waits for what runs, and lets go of what did not end within `graceMs`. */
  stop(graceMs?: number): Promise<void>;
  readonly running: number;
}

interface Run {
  readonly lane: ClaimedLane;
  readonly abort: AbortController;
}

const CLAIM_INTERVAL_MS = 8;
const DEFAULT_POLL_MS = 1_000;
const defaultBackoffMs = (attempt: number): number => Math.min(60_000, 250 * 2 ** attempt) * (0.75 + Math.random() / 2);

export function createLaneWorker(deps: LaneWorkerDeps): LaneWorker {
  const { kind, store, log } = deps;
  const backoffMs = deps.backoffMs ?? defaultBackoffMs;
  const runs = new Set<Run>();
  let stopping = false;
  let pending = false;
  let rouse: (() => void) | undefined;
  let loop: Promise<void> = Promise.resolve();
  let heartbeat: NodeJS.Timeout | undefined;

  function wake(): void {
    pending = true;
    rouse?.();
  }

  function sleep(ms: number): Promise<void> {
    if (pending || stopping) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(done, ms);
      function done(): void {
        clearTimeout(timer);
        rouse = undefined;
        resolve();
      }
      rouse = done;
    });
  }

  async function letGo(lane: ClaimedLane, error: unknown, aborted: boolean): Promise<void> {
    const afterMs = aborted ? 0 : backoffMs(lane.attempts + 1);
    if (!aborted) log.warn({ kind, conversationId: lane.conversationId, attempt: lane.attempts + 1, error }, "lane.failed");
    await store.retry(lane, { afterMs, failed: !aborted, error: messageOf(error) }).catch((cause: unknown) => {
      // The lease ends by itself.
      log.warn({ kind, conversationId: lane.conversationId, error: messageOf(cause) }, "lane.not-released");
    });
  }

  async function run(lane: ClaimedLane): Promise<void> {
    const entry: Run = { lane, abort: new AbortController() };
    runs.add(entry);
    try {
      await deps.handle(lane, entry.abort.signal);
    } catch (error) {
      await letGo(lane, error, entry.abort.signal.aborted);
    } finally {
      runs.delete(entry);
      wake();
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
    if (free <= 0) return deps.pollMs ?? DEFAULT_POLL_MS;
    const claimed = await store.claim({ kind, limit: free, leaseMs: deps.leaseMs, owner: deps.owner });
    for (const lane of claimed) void run(lane);
    if (claimed.length === free) return deps.pollMs ?? DEFAULT_POLL_MS;
    const next = (await store.nextInMs(kind)) ?? Infinity;
    return Math.max(0, Math.min(Math.ceil(next), deps.pollMs ?? DEFAULT_POLL_MS));
  }

  async function work(): Promise<void> {
    while (!stopping) {
      pending = false;
      const startedAt = performance.now();
      let idleMs: number;
      try {
        idleMs = await claimOnce();
      } catch (error) {
        log.warn({ kind, error: messageOf(error) }, "lane.claim-failed");
        idleMs = deps.pollMs ?? DEFAULT_POLL_MS;
      }
      await sleep(idleMs);
      // Wake-ups come in swarms under load: one claim takes what a hundred of them announced.
      const rest = CLAIM_INTERVAL_MS - (performance.now() - startedAt);
      if (rest > 1) await new Promise((resolve) => setTimeout(resolve, rest));
    }
  }

  return {
    start() {
      loop = work();
      heartbeat = setInterval(() => {
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
      stopping = true;
      rouse?.();
      await loop;
      const deadline = performance.now() + graceMs;
      while (runs.size > 0 && performance.now() < deadline) {
        pending = false;
        await Promise.race([
          new Promise<void>((resolve) => (rouse = resolve)),
          new Promise((resolve) => setTimeout(resolve, Math.max(0, deadline - performance.now()))),
        ]);
      }
      for (const entry of runs) entry.abort.abort(new Error("the worker is stopping"));
      while (runs.size > 0) await new Promise<void>((resolve) => (rouse = resolve));
      clearInterval(heartbeat);
    },
  };
}
