import { afterAll, beforeAll, expect, test as it } from "vitest";
import { eventually } from "../../test/support/eventually.ts";
import { stressStartStop } from "../../test/support/stress-start-stop.ts";
import { createTestDatabase, type TestDatabase } from "../../test/support/test-database.ts";
import { createWakeUps, type WakeUps } from "./wake-ups.ts";

let test: TestDatabase;

beforeAll(async () => {
  test = await createTestDatabase();
});
afterAll(() => test.close());

const create = (origin: string): WakeUps => createWakeUps({ url: test.url, origin, listen: true, log: test.log });
async function connections(): Promise<number> {
  const { rows } = await test.superuser.query<{ count: number }>(
    "select count(*)::int as count from pg_stat_activity where datname = current_database() and application_name = 'onethread-wake-ups'",
  );
  return rows[0]?.count ?? -1;
}
const none = (): Promise<number> => eventually(connections, (count) => count === 0, { what: "the end of every connection" });

it("what is announced in one process is heard in another, after a lost connection too", async () => {
  let heard = Promise.withResolvers<undefined>();
  const [here, there] = [create("here"), create("there")];
  there.on("send", () => {
    heard.resolve(undefined);
  });
  here.start();
  there.start();
  // Each connection begins with a hint of its own, for what nobody heard before.
  await heard.promise;
  await eventually(connections, (count) => count === 2, { what: "both connections" });
  heard = Promise.withResolvers();
  here.wake("send");
  await heard.promise;
  heard = Promise.withResolvers();
  await test.superuser.query("select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'onethread-wake-ups'");
  await heard.promise;
  await Promise.all([here.stop(), there.stop()]);
  await none();
});

it("however it is started, woken and stopped, one connection is made at most, and none is left", async () => {
  let most = 0;
  let round = 0;
  await stressStartStop((begun) => {
    const wakeUps = create(`round-${String((round += 1))}`);
    // Told at each connection, in this process at once.
    wakeUps.on("reply", begun);
    return {
      start() {
        wakeUps.start();
      },
      wake() {
        wakeUps.wake("send");
      },
      async stop() {
        await wakeUps.stop();
        most = Math.max(most, await connections());
      },
    };
  }, 24);
  expect(most).toBeLessThanOrEqual(1);
  await none();
});
