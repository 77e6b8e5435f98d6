import { expect, test } from "vitest";
import { stressStartStop } from "../../test/support/stress-start-stop.ts";
import { createLoop, type Loop, type LoopDeps } from "./loop.ts";

const FOR_EVER = Infinity;

interface Watched {
  readonly loop: Loop;
  readonly passes: () => number;
  readonly failures: readonly unknown[];
  /** Resolves when the n-th pass has begun. */
  readonly begun: (n: number) => Promise<unknown>;
}

/** A loop whose passes are counted; it sleeps for ever after each. */
function watch(work: (nth: number) => Promise<number> | number = () => FOR_EVER, more: Partial<LoopDeps> = {}): Watched {
  let passes = 0;
  const waiting = new Map<number, PromiseWithResolvers<undefined>>();
  const of = (n: number): PromiseWithResolvers<undefined> => {
    const signal = waiting.get(n) ?? Promise.withResolvers<undefined>();
    waiting.set(n, signal);
    return signal;
  };
  const failures: unknown[] = [];
  const loop = createLoop({
    async pass() {
      const nth = (passes += 1);
      of(nth).resolve(undefined);
      return work(nth);
    },
    onFailed: (error) => failures.push(error),
    pauseMs: FOR_EVER,
    ...more,
  });
  return { loop, passes: () => passes, failures, begun: (n) => of(n).promise };
}

const turns = async (count: number): Promise<void> => {
  for (let at = 0; at < count; at += 1) await new Promise((resolve) => setImmediate(resolve));
};
/** Long enough for any timer of a few milliseconds that is set now: another loop has polled some times. */
async function someTimers(): Promise<void> {
  const clock = watch(() => 2);
  clock.loop.start();
  await clock.begun(6);
  await clock.loop.stop();
}
const timers = (): number => process.getActiveResourcesInfo().filter((kind) => kind === "Timeout").length;

test("the first pass begins at the start, the next when its time has come", async () => {
  const { loop, begun } = watch(() => 1);
  loop.start();
  await begun(3);
  await loop.stop();
});

test("a loop that has nothing to do until it is woken stays asleep until then", async () => {
  const { loop, passes, begun } = watch();
  loop.start();
  await someTimers();
  expect(passes()).toBe(1);
  loop.wake();
  await begun(2);
  await loop.stop();
});

test.each(["ends well", "fails"])("a wake during a pass that %s is answered by a pass of its own", async (how) => {
  const gate = Promise.withResolvers<number>();
  const { loop, begun, passes, failures } = watch((nth) => (nth === 1 ? gate.promise : FOR_EVER));
  loop.start();
  loop.wake();
  loop.wake();
  if (how === "fails") gate.reject(new Error("broken"));
  else gate.resolve(FOR_EVER);
  await begun(2);
  await someTimers();
  expect(passes()).toBe(2);
  expect(failures).toHaveLength(how === "fails" ? 1 : 0);
  await loop.stop();
});

test("a pass that fails is told once, and the loop goes on after the pause", async () => {
  const { loop, begun, failures } = watch(
    (nth) => {
      if (nth < 3) throw new Error(`failure ${String(nth)}`);
      return FOR_EVER;
    },
    { pauseMs: 1 },
  );
  loop.start();
  await begun(3);
  await loop.stop();
  expect(failures.map(String)).toEqual(["Error: failure 1", "Error: failure 2"]);
});

test("the pause after a failed pass ends with a wake, and with a stop", async () => {
  const { loop, begun, passes } = watch(() => Promise.reject(new Error("broken")));
  loop.start();
  await someTimers();
  expect(passes()).toBe(1);
  loop.wake();
  await begun(2);
  await turns(5);
  await loop.stop();
  expect(passes()).toBe(2);
});

test("a loop that is stopped before its start never begins", async () => {
  const { loop, passes } = watch();
  await loop.stop();
  loop.start();
  loop.wake();
  await someTimers();
  expect(passes()).toBe(0);
  await loop.stop();
});

test("a loop that is started twice is one loop", async () => {
  const gate = Promise.withResolvers<number>();
  const { loop, passes } = watch(() => gate.promise);
  loop.start();
  loop.start();
  expect(passes()).toBe(1);
  gate.resolve(FOR_EVER);
  await someTimers();
  expect(passes()).toBe(1);
  await loop.stop();
});

test("every stop waits for the pass that runs, and a wake that came with it begins no other", async () => {
  const gate = Promise.withResolvers<number>();
  const { loop, passes, begun } = watch(() => gate.promise);
  loop.start();
  await begun(1);
  const ended: string[] = [];
  const stops = ["first", "second"].map(async (name) => {
    await loop.stop();
    ended.push(name);
  });
  loop.wake();
  await turns(5);
  expect(ended).toEqual([]);
  gate.resolve(0);
  await Promise.all(stops);
  await loop.stop();
  await someTimers();
  expect(passes()).toBe(1);
});

test("of a swarm of wake-ups one pass answers all, and a stop does not wait for the time between two", async () => {
  const { loop, passes, begun } = watch(() => FOR_EVER, { minIntervalMs: 60_000 });
  loop.start();
  await begun(1);
  for (let nth = 0; nth < 100; nth += 1) {
    loop.wake();
    await turns(1);
  }
  expect(passes()).toBe(1);
  await loop.stop();
  expect(passes()).toBe(1);
});

test("neither a wake nor a stop leaves the timer of a long sleep behind", async () => {
  const before = timers();
  const { loop, begun } = watch(() => 60_000);
  loop.start();
  for (let nth = 2; nth < 5; nth += 1) {
    await turns(2);
    loop.wake();
    await begun(nth);
  }
  await turns(2);
  await loop.stop();
  expect(timers()).toBeLessThanOrEqual(before);
});

test("no wake is lost, however many come from wherever", async () => {
  const [workers, wakesOfEach] = [8, 200];
  let [announced, seen] = [0, 0];
  const all = Promise.withResolvers<undefined>();
  const { loop, passes } = watch(async (nth) => {
    const now = announced;
    // Passes of every length, some of which fail, some of which come again by themselves.
    await turns(nth % 3);
    seen = now;
    if (seen === workers * wakesOfEach) all.resolve(undefined);
    if (nth % 5 === 0) throw new Error("broken");
    return nth % 7 === 0 ? 0 : FOR_EVER;
  });
  loop.start();
  await Promise.all(
    Array.from({ length: workers }, async (_, worker) => {
      for (let nth = 0; nth < wakesOfEach; nth += 1) {
        announced += 1;
        loop.wake();
        await turns((worker + nth) % 3);
      }
    }),
  );
  await all.promise;
  await loop.stop();
  expect(passes()).toBeLessThanOrEqual(2 * workers * wakesOfEach);
});

test("starting, waking and stopping in any order, at the same time, again and again: passes never overlap, and no timer is left", async () => {
  const before = timers();
  let [running, most] = [0, 0];
  const passes = await stressStartStop((begun) =>
    createLoop({
      async pass() {
        begun();
        most = Math.max(most, (running += 1));
        await turns(2);
        running -= 1;
        if (most % 2 === 0) throw new Error("broken");
        return 0;
      },
      onFailed: () => undefined,
      pauseMs: 1,
      minIntervalMs: 2,
    }),
  );
  expect(passes).toBeGreaterThan(0);
  expect([running, most]).toEqual([0, 1]);
  expect(timers()).toBeLessThanOrEqual(before);
});
