import { Writable } from "node:stream";
import { expect, test } from "vitest";
import { stressStartStop } from "../../test/support/stress-start-stop.ts";
import { createLog } from "../kernel/log.ts";
import { createPeriodic } from "./periodic.ts";

function logInto(lines: string[]) {
  return createLog({
    level: "info",
    destination: new Writable({
      write(chunk: Buffer, _encoding, done) {
        lines.push(chunk.toString());
        done();
      },
    }),
  });
}

test("a task runs at intervals, also after a failure, and is logged only when it did something", async () => {
  const lines: string[] = [];
  const done = Promise.withResolvers<undefined>();
  let runs = 0;
  const task = createPeriodic({
    name: "sweep",
    everyMs: 1,
    log: logInto(lines),
    runOnce() {
      runs += 1;
      if (runs === 2) return Promise.reject(new Error("broken"));
      if (runs === 4) done.resolve(undefined);
      return Promise.resolve(runs === 3 ? 5 : 0);
    },
  });
  task.start();
  await done.promise;
  await task.stop();
  const said = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(said.map(({ event, task: name, count, error }) => ({ event, name, count, error }))).toEqual([
    { event: "maintenance.failed", name: "sweep", count: undefined, error: "broken" },
    { event: "maintenance.done", name: "sweep", count: 5, error: undefined },
  ]);
});

test("however a task is started and stopped, it runs once at a time and never after a stop", async () => {
  let [running, most] = [0, 0];
  const runs = await stressStartStop((begun) =>
    createPeriodic({
      name: "sweep",
      everyMs: 1,
      log: logInto([]),
      async runOnce() {
        begun();
        most = Math.max(most, (running += 1));
        await new Promise((resolve) => setImmediate(resolve));
        running -= 1;
        return 0;
      },
    }),
  );
  expect(runs).toBeGreaterThan(0);
  expect([running, most]).toEqual([0, 1]);
});
