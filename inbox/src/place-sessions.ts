// Owns: below which message of the thread the summary of each session is shown. Refuses to know: how it looks.
import type { Message, Session } from "./inbox-client.ts";

/**
 * Above the first message of the customer's that came after it, with all that we answered before that; of the newest one at the end of the thread. One whose summary is its only
 * message, or of which nothing is in the list, is not shown.
 */
export function placeSessions(messages: readonly Message[], sessions: readonly Session[]): ReadonlyMap<string, readonly Session[]> {
  const placed = sessions.toReversed().flatMap((session) => {
    const { fromSeq, toSeq, summary } = session;
    if (toSeq === null || summary === null || summary.source === "message") return [];
    const last = messages.findLastIndex(({ direction, seq }) => direction === "in" && seq >= fromSeq && seq <= toSeq);
    if (last < 0) return [];
    const next = messages.findIndex(({ direction, seq }, at) => at > last && direction === "in" && seq > toSeq);
    const below = messages[(next < 0 ? messages.length : next) - 1];
    return below === undefined ? [] : [{ below: below.id, session }];
  });
  const groups = Map.groupBy(placed, ({ below }) => below);
  return new Map([...groups].map(([id, entries]) => [id, entries.map(({ session }) => session)]));
}
