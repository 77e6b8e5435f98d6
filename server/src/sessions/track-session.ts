// Owns: one run of the session lane: first the sessions are cut, then what was closed is summed up. It may fail as often as it likes: replies and
// messages have lanes of their own, and a summary that fails or hangs delays no session (docs/lifecycles/session.md).
import { isOutage } from "../db/classify-error.ts";
import { createBusinessBatcher } from "../db/business-batcher.ts";
import type { Database } from "../db/database.ts";
import type { FailPoints } from "../kernel/fail-points.ts";
import { messageOf } from "../kernel/faults.ts";
import type { BusinessId } from "../kernel/ids.ts";
import type { Log } from "../kernel/log.ts";
import type { ClaimedLane } from "../lanes/lane-store.ts";
import type { ReplySettingsStore } from "../settings/reply-settings-store.ts";
import { planTracking } from "./plan-tracking.ts";
import { postponeSummaries } from "./summaries.queries.ts";
import { createSummarizeOldest, SummaryFailure, type LaneAfterwards } from "./summarize-session.ts";
import type { Summarizer } from "./summarizer.ts";
import { createSummarySlots } from "./summary-slots.ts";
import { instantOf, readLanes, rulesOf, writePlans } from "./write-tracking.ts";

export interface TrackSessionDeps {
  readonly database: Database;
  /** Of each business: when its sessions end, and who sums them up. */
  readonly settings: Pick<ReplySettingsStore, "find">;
  readonly summarize: { readonly extractive: Summarizer; readonly model?: Summarizer };
  readonly failPoints: FailPoints;
  readonly log: Log;
  /** Of the lane's worker; more summaries at once than this wait, so the rest of the worker is free for tracking. */
  readonly summariesAtOnce?: number;
  /** How long a session of the same lane may wait while a summary is being written. */
  readonly trackEveryMs?: number;
}

const SUMMARIES_AT_ONCE = 32;
const SUMMARIES_AT_ONCE_PER_BUSINESS = 16;
const TRACK_EVERY_MS = 5_000;
// A message does not move the next look at a lane that waits: so a failing summary never lets it wait for longer than this.
const RETRY_MS = [5_000, 10_000] as const;
// Thousands of lanes may wait for a place, after an outage of the model say. Each look costs a claim, so they come seldom, and not all at once.
const BUSY_MS = { from: 10_000, to: 20_000 } as const;

interface Tracked extends Omit<LaneAfterwards, "isLast"> {
  readonly pending: number;
}

type Track = (lane: ClaimedLane) => Promise<Tracked | undefined>;

export function createTrackSession(deps: TrackSessionDeps): (lane: ClaimedLane, signal: AbortSignal) => Promise<void> {
  const track = createTrack(deps);
  const postpone = createPostpone(deps.database);
  const summarizeOldest = createSummarizeOldest(deps);
  const all = deps.summariesAtOnce ?? SUMMARIES_AT_ONCE;
  const slots = createSummarySlots({ all, perBusiness: Math.min(all, SUMMARIES_AT_ONCE_PER_BUSINESS) });

  /** Until all are written, or one has to wait. */
  async function summarizeAll(lane: ClaimedLane, first: Tracked, signal: AbortSignal): Promise<void> {
    const stop = new AbortController();
    const untilStop = AbortSignal.any([signal, stop.signal]);
    let tracked: Tracked | undefined = first;
    while (tracked !== undefined && tracked.pending > 0) {
      signal.throwIfAborted();
      let now: Tracked = tracked;
      const newest = (): LaneAfterwards => ({ ...now, isLast: now.pending === 1 });
      // Where tracking fails, the whole run does: nobody is to go on with its summary.
      const result = await whileTracking(deps, summarizeOldest(lane, newest, untilStop), async () => {
        now = (await track(lane)) ?? now;
      }).catch((error: unknown) => {
        stop.abort();
        throw error;
      });
      if (result === "lost") return;
      if (result === "stored" && now.pending === 1) return;
      // "nothing": somebody else wrote it, or it was taken up again. Tracking knows.
      tracked = result === "stored" ? { ...now, pending: now.pending - 1 } : await track(lane);
    }
  }

  return async (lane, signal) => {
    await deps.failPoints.hit("session.track");
    const tracked = await track(lane);
    if (tracked === undefined || tracked.pending === 0) return;
    const giveBack = slots.take(lane.businessId);
    if (giveBack === undefined) return postpone({ lane, tracked, afterMs: BUSY_MS.from + Math.random() * (BUSY_MS.to - BUSY_MS.from) });
    try {
      await summarizeAll(lane, tracked, signal);
    } catch (error) {
      if (signal.aborted || !(error instanceof SummaryFailure) || isOutage(error)) throw error;
      const { sessionId, attempts } = error;
      const afterMs = RETRY_MS[Math.min(attempts, RETRY_MS.length - 1)] ?? RETRY_MS[0];
      deps.log.warn(
        { conversationId: lane.conversationId, sessionId, attempt: attempts + 1, error: error.message },
        "session.summary-failed",
      );
      await postpone({ lane, tracked, afterMs, failed: { sessionId, error: messageOf(error) } });
    } finally {
      giveBack();
    }
  };
}

/** Two round trips for the waiting lanes of a business, however many they are. */
function createTrack({ database, settings }: TrackSessionDeps): Track {
  const track = createBusinessBatcher<ClaimedLane, Tracked | undefined>({
    slots: 1,
    async run(businessId: BusinessId, lanes) {
      const rules = rulesOf(await settings.find(businessId));
      const db = database.forBusiness(businessId);
      const readings = await readLanes(db, lanes);
      const planned = lanes.flatMap(({ conversationId, fence }) => {
        const reading = readings.get(conversationId);
        return reading === undefined ? [] : [{ conversationId, fence, wanted: reading.wanted, plan: planTracking(reading, rules) }];
      });
      const written = await writePlans(db, { lanes: planned, takesOver: false });
      const results = new Map(planned.map((lane) => [lane.conversationId, { ...lane.plan, wanted: lane.wanted }]));
      return lanes.map(({ conversationId }) => (written.has(conversationId) ? results.get(conversationId) : undefined));
    },
  });
  return (lane) => track(lane.businessId, lane);
}

/** A summary may take as long as a model takes: the sessions of its own lane are not to wait for it. */
async function whileTracking<T>(
  { trackEveryMs = TRACK_EVERY_MS }: TrackSessionDeps,
  work: Promise<T>,
  track: () => Promise<void>,
): Promise<T> {
  const ended = new AbortController();
  const settled = work.finally(() => {
    ended.abort();
  });
  const tracking = (async () => {
    while (await isStillGoing(trackEveryMs, ended.signal)) await track();
  })();
  const [result] = await Promise.all([settled, tracking]);
  return result;
}

function isStillGoing(ms: number, ended: AbortSignal): Promise<boolean> {
  if (ended.aborted) return Promise.resolve(false);
  return new Promise((resolve) => {
    const timer = setTimeout(() => {
      ended.removeEventListener("abort", onEnd);
      resolve(true);
    }, ms);
    function onEnd(): void {
      clearTimeout(timer);
      resolve(false);
    }
    ended.addEventListener("abort", onEnd, { once: true });
  });
}

interface Postponement {
  readonly lane: ClaimedLane;
  readonly tracked: Tracked;
  readonly afterMs: number;
  readonly failed?: { readonly sessionId: string; readonly error: string };
}

function createPostpone(database: Database): (item: Postponement) => Promise<void> {
  const postpone = createBusinessBatcher<Postponement, undefined>({
    slots: 1,
    async run(businessId, items) {
      const lanes = items.map(({ lane, tracked, afterMs, failed }) => ({
        conversationId: lane.conversationId,
        fence: lane.fence,
        sessionId: failed?.sessionId,
        error: failed?.error.slice(0, 1_000),
        openUntil: instantOf(tracked.openUntilMs),
        afterMs,
      }));
      await database.forBusiness(businessId).execute(postponeSummaries, { lanes });
      return items.map(() => undefined);
    },
  });
  return (item) => postpone(item.lane.businessId, item);
}
