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
import { createSessionSummaries, SummaryFailure, type TrackedLane, type WaitingSession } from "./summarize-session.ts";
import type { Summarizer } from "./summarizer.ts";
import { createSummarySlots } from "./summary-slots.ts";
import { instantOf, readLanes, rulesOf, writePlans } from "./write-tracking.ts";

export interface TrackSessionDeps {
  readonly database: Database;
  /** Of each business: when its sessions end, and who sums them up. */
  readonly settings: Pick<ReplySettingsStore, "find">;
  readonly summarize: { readonly extractive: Summarizer; readonly model: Summarizer };
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
// Thousands of lanes may wait for a place, for example after an outage of the model. Each look costs a claim, so they are rare, and not all at once.
const BUSY_MS = { from: 10_000, to: 20_000 } as const;

type Track = (lane: ClaimedLane) => Promise<TrackedLane | undefined>;

interface LaneRun {
  readonly tracked: TrackedLane;
  readonly signal: AbortSignal;
}

export function createTrackSession(deps: TrackSessionDeps): (lane: ClaimedLane, signal: AbortSignal) => Promise<void> {
  const { trackEveryMs = TRACK_EVERY_MS, summariesAtOnce: all = SUMMARIES_AT_ONCE } = deps;
  const track = createTrack(deps);
  const postpone = createPostpone(deps.database);
  const summaries = createSessionSummaries(deps);
  const slots = createSummarySlots({ all, perBusiness: Math.min(all, SUMMARIES_AT_ONCE_PER_BUSINESS) });

  /** A summary may take as long as a model takes: the sessions of its own lane are not to wait for it. */
  async function writeWhileTracking(lane: ClaimedLane, session: WaitingSession, { tracked, signal }: LaneRun) {
    const stop = new AbortController();
    const writing = summaries.write(lane.businessId, session, AbortSignal.any([signal, stop.signal]));
    let newest = tracked;
    try {
      while (!(await settlesWithin(writing, trackEveryMs))) newest = (await track(lane)) ?? newest;
      return { summary: await writing, tracked: newest };
    } finally {
      // Where tracking fails, the whole run does: nobody is to go on with its summary.
      stop.abort();
    }
  }

  /** Until all are written, or one has to wait. Nothing is tracked while one is stored: what the lane's row becomes is what was tracked last. */
  async function summarizeAll(lane: ClaimedLane, first: TrackedLane, signal: AbortSignal): Promise<void> {
    let tracked: TrackedLane | undefined = first;
    while (tracked !== undefined && tracked.pending > 0) {
      signal.throwIfAborted();
      const session = await summaries.find(lane);
      if (session === undefined) {
        // Somebody else wrote it, or the session is open again.
        tracked = await track(lane);
        continue;
      }
      const written = await writeWhileTracking(lane, session, { tracked, signal });
      signal.throwIfAborted();
      if (!(await summaries.store(lane, written.summary, written.tracked))) return;
      tracked = { ...written.tracked, pending: written.tracked.pending - 1 };
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
  const track = createBusinessBatcher<ClaimedLane, TrackedLane | undefined>({
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

/** Whether it has settled after this time, or before. */
function settlesWithin(work: Promise<unknown>, ms: number): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => {
      resolve(false);
    }, ms);
    const end = (): void => {
      clearTimeout(timer);
      resolve(true);
    };
    work.then(end, end);
  });
}

interface Postponement {
  readonly lane: ClaimedLane;
  readonly tracked: TrackedLane;
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
