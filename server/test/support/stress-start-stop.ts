// Owns: starting, waking and stopping a service from several sides at once, in every order, again and again. Whatever the order, every stop ends, and
// after the first one that has ended nothing begins any more.
import { expect } from "vitest";

interface Service {
  start(): void;
  wake?(): void;
  stop(): Promise<void>;
}

const ACTS = ["start", "wake", "stop"] as const;
const ORDERS = [
  [0, 1, 2],
  [0, 2, 1],
  [1, 0, 2],
  [1, 2, 0],
  [2, 0, 1],
  [2, 1, 0],
] as const;
const ACTORS = 3;

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Between two acts of one: nothing, the rest of this turn, a turn of the event loop, some of them. */
async function between(kind: number): Promise<void> {
  if (kind === 1) await Promise.resolve();
  for (let turns = 0; turns < (kind === 3 ? 8 : kind - 1); turns += 1) await turn();
}

/** `create` makes a new service, which calls `begun` at the beginning of each of its passes. Answers how many began in all. */
export async function stressStartStop(create: (begun: () => void) => Service, rounds = 48): Promise<number> {
  let passes = 0;
  for (let round = 0; round < rounds; round += 1) {
    let isOver = false;
    let late = 0;
    const service = create(() => {
      passes += 1;
      if (isOver) late += 1;
    });
    const act = {
      start() {
        service.start();
      },
      wake() {
        service.wake?.();
      },
      async stop() {
        await service.stop();
        isOver = true;
      },
    };
    const actor = async (number: number): Promise<void> => {
      const order = ORDERS[(round + number) % ORDERS.length] ?? [];
      for (const [nth, at] of order.entries()) {
        await between((round * ACTORS + number + nth) % 4);
        await act[ACTS[at]]();
      }
    };
    await Promise.all(Array.from({ length: ACTORS }, (_, number) => actor(number)));
    service.start();
    service.wake?.();
    await between(3);
    await service.stop();
    expect([round, late]).toEqual([round, 0]);
  }
  return passes;
}
