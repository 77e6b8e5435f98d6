// Owns: below which message of the thread the end of each turn is shown. Refuses to know: how it looks.
import type { Message, Turn } from "./inbox-client.ts";

/**
 * Below its own reply; without one, below the last message that it covers. A turn of which nothing is in the list (older pages are not
 * loaded) is not shown.
 */
export function placeTurns(messages: readonly Message[], turns: readonly Turn[]): ReadonlyMap<string, readonly Turn[]> {
  const replies = new Map<string, string>();
  for (const { id, turnId } of messages) if (turnId !== null) replies.set(turnId, id);
  const placed = turns.toReversed().flatMap((turn) => {
    const below = replies.get(turn.id) ?? messages.findLast(({ direction, seq }) => direction === "in" && isCovered(seq, turn))?.id;
    return below === undefined ? [] : [{ below, turn }];
  });
  const groups = Map.groupBy(placed, ({ below }) => below);
  return new Map([...groups].map(([id, entries]) => [id, entries.map(({ turn }) => turn)]));
}

function isCovered(seq: number, { coversFrom, coversTo }: Turn): boolean {
  return seq >= coversFrom && seq <= coversTo;
}
