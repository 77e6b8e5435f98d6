// Owns: everything that may break around sends, at random: workers that die at named places, at any moment, or stand still for longer than their lease; a platform that hangs, cuts,
// throttles and fails; a PostgreSQL that is killed. Refuses to know: what has to hold.
import { setTimeout as delay } from "node:timers/promises";
import type { MortalPostgres } from "../support/mortal-postgres.ts";
import type { OnethreadProcess } from "../support/onethread-process.ts";
import type { Random } from "../support/seeded-random.ts";
import { LEASE_MS, type Stack } from "../support/start-stack.ts";

export interface Chaos {
  /** How often what happened. */
  readonly counts: Readonly<Record<string, number>>;
  /** Nothing breaks any more, and all workers run. */
  calm(): Promise<void>;
  /** Ends the workers. */
  end(): Promise<void>;
}

export interface ChaosOptions {
  readonly stack: Stack;
  readonly postgres: MortalPostgres;
  readonly random: Random;
  readonly workers: number;
  /** What requests of ours are given up after. */
  readonly sendTimeoutMs: number;
}

const FAIL_POINTS = ["send.before-request", "send.after-request", "turn.before-commit", "turn.after-commit"] as const;
const BETWEEN_OUTAGES_MS = 20_000;

/** What the platform may do to one request. */
function responses(timeoutMs: number): readonly [object, ...object[]] {
  const hangMs = 3 * timeoutMs;
  return [
    { hangMs },
    { hangMs, silent: true },
    { hangMs, drop: "before" },
    { drop: "before" },
    { drop: "after" },
    { drop: "after", silent: true },
    { drop: "after", statusBeforeResponse: true },
    { statusBeforeResponse: true, statuses: ["delivered"], hangMs: 100 },
    { status: 429, body: "slow down" },
    { code: 131_056 },
    { status: 500 },
    { status: 503, body: "<html>" },
    { code: 131_026 },
    { failStatus: { code: 131_026 } },
  ];
}

export function startChaos({ stack, postgres, random, workers, sendTimeoutMs }: ChaosOptions): Chaos {
  const counts: Record<string, number> = {};
  const count = (what: string): void => void (counts[what] = (counts[what] ?? 0) + 1);
  const places: (OnethreadProcess | undefined)[] = Array.from({ length: workers }, () => undefined);
  const answers = responses(sendTimeoutMs);
  /** By us, not by their own end. */
  const killed = new WeakSet<OnethreadProcess>();
  let isCalm = false;
  let isOver = false;
  const isEnding = (): boolean => isOver;
  let outageAt = performance.now();

  /** Whoever dies has a successor, which may bear its own end. */
  async function keepPlace(place: number): Promise<void> {
    while (!isEnding()) {
      const point = random.pick<(typeof FAIL_POINTS)[number] | undefined>([...FAIL_POINTS, undefined]);
      const failPoints = isCalm || point === undefined ? undefined : `${point}=exit:${String(1 + random.below(300))}`;
      try {
        const worker = await stack.start("worker", failPoints === undefined ? {} : { failPoints });
        places[place] = worker;
        if (isEnding()) kill(worker);
        const how = await worker.exited;
        if (how !== "SIGKILL") count(`ended with ${how}`);
        else if (killed.has(worker)) count("killed at any moment");
        else count(`killed at ${point ?? "no place"}`);
      } catch {
        // There was no database to start with.
        count("could not start");
        await delay(300);
      }
    }
  }

  const anyWorker = (): OnethreadProcess | undefined => places[random.below(workers)];
  function kill(worker: OnethreadProcess | undefined): void {
    if (worker?.isRunning !== true) return;
    killed.add(worker);
    worker.signal("SIGKILL");
  }

  const actions: Readonly<Record<string, () => Promise<void>>> = {
    async platform() {
      for (let left = 1 + random.below(12); left > 0; left -= 1) {
        count("failures of the platform");
        stack.simulator.addFailure({ match: { path: "messages", nth: 1 + random.below(15) }, respond: random.pick(answers) });
      }
      await Promise.resolve();
    },
    async kill() {
      kill(anyWorker());
      await Promise.resolve();
    },
    async stall() {
      const worker = anyWorker();
      count("stalled");
      worker?.signal("SIGSTOP");
      await delay(LEASE_MS * (1.2 + random.below(200) / 100));
      worker?.signal("SIGCONT");
    },
    async outage() {
      if (performance.now() - outageAt < BETWEEN_OUTAGES_MS) return;
      count("PostgreSQL killed");
      await postgres.kill();
      await delay(100 + random.below(1_500));
      await postgres.restart();
      outageAt = performance.now();
    },
  };

  async function breakThings(): Promise<void> {
    while (!isCalm) {
      await delay(300 + random.below(1_200));
      await actions[random.pick(["platform", "platform", "platform", "kill", "stall", "outage"])]?.();
    }
  }

  const keeping = places.map((_, place) => keepPlace(place));
  const breaking = breakThings();
  return {
    counts,
    async calm() {
      isCalm = true;
      await breaking;
      stack.simulator.clearFailures();
      // Those that bear their end in them give way to some that do not.
      for (const worker of places) kill(worker);
    },
    async end() {
      isOver = true;
      for (const worker of places) kill(worker);
      await Promise.all(keeping);
    },
  };
}
