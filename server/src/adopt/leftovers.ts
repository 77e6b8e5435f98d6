// Owns: the rows that an adoption could not store at once: those that cannot be placed, and those whose thread was waiting for a reply.
import type { Queryable } from "../db/query.ts";
import type { LeftoverRow } from "./adopt-report.ts";
import { listLeftovers, settleLeftovers } from "./adoption-records.queries.ts";
import type { OldMessage } from "./old-rows.ts";
import type { PreparedBatch } from "./prepare-batch.ts";
import type { Source } from "./source.ts";
import type { Batch, BatchResult, BatchTarget } from "./adopt-batch.ts";

const PAGE = 1_000;
const LOOK_AGAIN_MS = 200;

export async function listAllLeftovers(
  db: Queryable,
  { source, oldBusinessId }: BatchTarget,
  state: "waiting" | "unplaceable",
): Promise<readonly LeftoverRow[]> {
  const found: LeftoverRow[] = [];
  for (let after = ""; ;) {
    const rows = await db.run(listLeftovers, { source, oldBusinessId, state, after, limit: PAGE });
    found.push(...rows.map((row) => ({ oldBusinessId, oldMessageId: row.old_message_id, reason: row.reason })));
    const last = rows.at(-1);
    if (last === undefined || rows.length < PAGE) return found;
    after = last.old_message_id;
  }
}

interface PlaceWaitingDeps {
  readonly db: Queryable;
  readonly source: Source;
  readonly target: BatchTarget;
  readonly waitMs: number;
  readonly isStopped: () => boolean;
  readonly prepare: (rows: readonly OldMessage[]) => PreparedBatch;
  readonly store: (batch: Batch) => Promise<BatchResult>;
}

/** Retries the rows that wait, until none does or nothing has moved for `waitMs`. */
export async function placeWaiting({ db, source, target, waitMs, isStopped, prepare, store }: PlaceWaitingDeps): Promise<void> {
  let movedAt = performance.now();
  while (!isStopped()) {
    const waiting = await listAllLeftovers(db, target, "waiting");
    if (waiting.length === 0) return;
    let settled = 0;
    for (let at = 0; at < waiting.length; at += PAGE) {
      const ids = waiting.slice(at, at + PAGE).map(({ oldMessageId }) => oldMessageId);
      const rows = await source.findMessages(target.oldBusinessId, ids);
      const gone = ids.filter((id) => !rows.some((row) => row.id === id));
      // The older system has deleted them since: there is nothing left to place, and nothing to count.
      if (gone.length > 0) await db.execute(settleLeftovers, { source: target.source, oldMessageIds: gone });
      const result = await store({ ...prepare(rows), people: [], cursor: undefined });
      settled += ids.length - result.waiting;
    }
    if (settled > 0) movedAt = performance.now();
    else if (performance.now() - movedAt >= waitMs) return;
    else await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
  }
}
