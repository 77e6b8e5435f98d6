// Owns: what the older system summed up, as the closed session of an adopted thread. Only where it is sound: the thread has no session and no
// live message, so that one range covers exactly what was summed up.
import type { Queryable } from "../db/query.ts";
import { addAdoptedSessions, countAdoptedSessions } from "./adoption-records.queries.ts";
import { adoptedId } from "./adopted-id.ts";
import type { People } from "./people.ts";
import { findThreads } from "./person-thread.ts";
import { summaryOf, withSummaries } from "./read-business.ts";
import type { BatchTarget } from "./adopt-batch.ts";

interface KeepRequest {
  readonly db: Queryable;
  readonly target: BatchTarget;
  readonly people: People;
  /** Before that, a thread does not have everything that its summary is about. */
  readonly isComplete: boolean;
}

const AT_ONCE = 500;

export async function keepSummaries({
  db,
  target,
  people,
  isComplete,
}: KeepRequest): Promise<{ readonly found: number; readonly kept: number }> {
  const persons = withSummaries(people);
  let kept = 0;
  for (let at = 0; isComplete && at < persons.length; at += AT_ONCE) {
    const some = persons.slice(at, at + AT_ONCE);
    const { ids } = await findThreads(db, some, target);
    const now = new Date().toISOString();
    const sessions = some.flatMap((person) => {
      const conversationId = ids.get(person);
      const oldId = person.conversations[0]?.id;
      if (conversationId === undefined || oldId === undefined) return [];
      const times = person.conversations
        .flatMap((row) => [row.startedAt, row.createdAt, row.lastMessageAt])
        .filter((time) => time !== null);
      const sorted = times.filter((time) => /^\d{4}-.*[^C]$/.test(time)).toSorted();
      const id = adoptedId(target.source, "session", oldId);
      return [{ id, conversationId, summary: summaryOf(person), openedAt: sorted[0] ?? now, closedAt: sorted.at(-1) ?? now }];
    });
    await db.execute(addAdoptedSessions, { sessions });
    const [count] = await db.run(countAdoptedSessions, { ids: sessions.map(({ id }) => id) });
    kept += count?.count ?? 0;
  }
  return { found: persons.length, kept };
}
