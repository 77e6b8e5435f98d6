// Owns: a long piece of work in short turns, with everybody else's between them. Refuses to know: what the work is.
import { setImmediate as othersTurn } from "node:timers/promises";

/** How long one piece of work may keep everybody else waiting at a time: a request meets it a few times on its way. */
const TURN_MS = 2;

/** Ask after each step, and wait for what it answers: only when a turn is over it is something to wait for. */
export function createShortTurns(): () => Promise<void> | undefined {
  let begunAt = performance.now();
  return () => {
    if (performance.now() - begunAt < TURN_MS) return undefined;
    return othersTurn().then(() => {
      begunAt = performance.now();
    });
  };
}
