// Owns: one run of the session lane. It may fail as often as it likes: replies and messages have lanes of their own.
import { createBusinessBatcher } from "../db/business-batcher.ts";
import type { Database } from "../db/database.ts";
import type { FailPoints } from "../kernel/fail-points.ts";
import { newId } from "../kernel/ids.ts";
import type { ClaimedLane } from "../lanes/lane-store.ts";
import { trackSessions } from "./sessions.queries.ts";

export interface TrackSessionDeps {
  readonly database: Database;
  readonly failPoints: FailPoints;
  /** Since the customer's last message; the business's own messages do not count. */
  readonly inactivityMs?: number;
}

const INACTIVITY_MS = 15 * 60_000;

export function createTrackSession(deps: TrackSessionDeps): (lane: ClaimedLane) => Promise<void> {
  const track = createBusinessBatcher<ClaimedLane, undefined>({
    slots: 1,
    async run(businessId, lanes) {
      await deps.database
        .forBusiness(businessId)
        .run(trackSessions, [
          businessId,
          lanes.map((lane) => lane.conversationId),
          lanes.map((lane) => lane.fence),
          lanes.map(() => newId()),
          deps.inactivityMs ?? INACTIVITY_MS,
        ]);
      return lanes.map(() => undefined);
    },
  });
  return async (lane) => {
    await deps.failPoints.hit("session.track");
    await track(lane.businessId, lane);
  };
}
