import { afterAll, afterEach, beforeAll, beforeEach, expect, test as it } from "vitest";
import { createTestBusiness, type TestBusiness } from "../../test/support/test-business.ts";
import { createTestDatabase, type TestDatabase } from "../../test/support/test-database.ts";
import { createTestEngine, type TestEngine } from "../../test/support/test-engine.ts";
import { eventually } from "../../test/support/eventually.ts";
import { stressStartStop } from "../../test/support/stress-start-stop.ts";
import type { ClaimedLane } from "./lane-store.ts";
import { createLaneWorker, type LaneWorker, type LaneWorkerDeps } from "./lane-worker.ts";

let test: TestDatabase;
let big: TestBusiness;
let small: TestBusiness;
let engine: TestEngine;
const workers: LaneWorker[] = [];

beforeAll(async () => {
  test = await createTestDatabase();
});
beforeEach(async () => {
  await test.superuser.query("truncate onethread.businesses cascade");
  await test.superuser.query("truncate onethread.messages, onethread.webhook_log cascade");
  big = await createTestBusiness(test.superuser, { quietMs: 0, ceilingMs: 0 });
  small = await createTestBusiness(test.superuser, { quietMs: 0, ceilingMs: 0 });
  engine = await createTestEngine(test, [big, small]);
});
afterEach(async () => {
  await Promise.all(workers.splice(0).map((worker) => worker.stop(0)));
  await engine.close();
});
afterAll(() => test.close());

function worker(handle: LaneWorkerDeps["handle"], more: Partial<LaneWorkerDeps> = {}): LaneWorker {
  const made = createLaneWorker({
    kind: "reply",
    store: engine.store,
    log: test.log,
    owner: "test",
    concurrency: 10,
    leaseMs: 60_000,
    pollMs: 60_000,
    backoffMs: () => 1,
    handle,
    ...more,
  });
  workers.push(made);
  return made;
}

/** The end of a lane's work, as every feature writes it: under the fence. */
async function finish(lane: ClaimedLane): Promise<boolean> {
  const done = await test.superuser.query(
    `update onethread.lanes set done = $4, check_at = case when wanted > $4 then now() end, owner = null, attempts = 0
      where business_id = $1 and conversation_id = $2 and kind = 'reply' and fence = $3`,
    [lane.businessId, lane.conversationId, lane.fence, lane.wanted],
  );
  return done.rowCount === 1;
}

const lanesOf = (business: TestBusiness, count: number, series: number): Promise<void> =>
  engine.receive(business, ...Array.from({ length: count }, (_, index) => ({ from: `1303${String(5_550_000 + series * 1_000 + index)}` })));
const left = async (): Promise<number> => {
  const { rows } = await test.superuser.query<{ count: string }>(
    "select count(*) from onethread.lanes where kind = 'reply' and wanted > done",
  );
  return Number(rows[0]?.count);
};
interface LaneRow {
  readonly attempts: number;
  readonly last_error: string | null;
  readonly owner: string | null;
  readonly due: boolean;
  readonly check_at: Date;
}
const onlyLane = async (): Promise<LaneRow | undefined> =>
  (
    await test.superuser.query<LaneRow>(
      "select attempts, last_error, owner, check_at <= now() as due, check_at from onethread.lanes where kind = 'reply'",
    )
  ).rows[0];

/** Stays at work until it is told to stop. */
const untilAborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    signal.addEventListener("abort", () => {
      reject(new Error("aborted"));
    });
  });

it("a claim says when the next lane is due that it did not take", async () => {
  await lanesOf(big, 2, 1);
  const next: (number | undefined)[] = [];
  const request = { kind: "reply", leaseMs: 60_000, owner: "test", onNext: (inMs: number | undefined) => void next.push(inMs) } as const;
  expect(await engine.store.claim({ ...request, limit: 1 })).toHaveLength(1);
  expect(next.at(-1)).toBeLessThanOrEqual(0);
  expect(await engine.store.claim({ ...request, limit: 10 })).toHaveLength(1);
  // The end of a lease.
  expect(next.at(-1)).toBeGreaterThan(1_000);
  await test.superuser.query("update onethread.lanes set check_at = null, done = wanted where kind = 'reply'");
  expect(await engine.store.claim({ ...request, limit: 10 })).toEqual([]);
  expect(next.at(-1)).toBeUndefined();
});

it("a business with 500 due lanes does not delay the five of another one", async () => {
  await lanesOf(big, 500, 1);
  await lanesOf(small, 5, 2);
  const first = await engine.claim("reply", { limit: 10 });
  expect(Map.groupBy(first, ({ businessId }) => businessId).get(small.businessId)).toHaveLength(5);
  await engine.expireLeases();
  const order: string[] = [];
  const ended = Promise.withResolvers<undefined>();
  worker(async (lane) => {
    order.push(lane.businessId);
    await finish(lane);
    if (order.filter((id) => id === small.businessId).length === 5) ended.resolve(undefined);
  }).start();
  await ended.promise;
  expect(order.lastIndexOf(small.businessId)).toBeLessThan(30);
});

it("of a lane that a worker lost and claimed again only the older claim is lost, and only the newer one has grown", async () => {
  await lanesOf(small, 1, 1);
  const older = await engine.claim("reply");
  await engine.expireLeases();
  const newer = await engine.claim("reply");
  await lanesOf(small, 1, 1);
  const both = [...older, ...newer];
  expect(both).toHaveLength(2);
  expect(await engine.store.extend("reply", both, 60_000)).toEqual(older);
  expect(await engine.store.listGrown("reply", both)).toEqual(newer);
});

it("four workers run 200 lanes, none of them twice at the same time, and each to its end", async () => {
  await lanesOf(big, 150, 1);
  await lanesOf(small, 50, 2);
  const running = new Set<string>();
  const collisions: string[] = [];
  const runs = new Map<string, number>();
  const all = Array.from({ length: 4 }, () =>
    worker(async (lane) => {
      if (running.has(lane.conversationId)) collisions.push(lane.conversationId);
      running.add(lane.conversationId);
      runs.set(lane.conversationId, (runs.get(lane.conversationId) ?? 0) + 1);
      await finish(lane);
      running.delete(lane.conversationId);
    }),
  );
  for (const one of all) one.start();
  await eventually(left, (count) => count === 0, { what: "all lanes done" });
  expect(collisions).toEqual([]);
  expect([...runs.values()].filter((count) => count !== 1)).toEqual([]);
  expect(runs.size).toBe(200);
});

it("a wake-up that is lost costs no more than the poll", async () => {
  const handled = Promise.withResolvers<number>();
  worker(
    async (lane) => {
      await finish(lane);
      handled.resolve(performance.now());
    },
    { pollMs: 250 },
  ).start();
  await eventually(
    () => engine.store.nextInMs("reply"),
    (next) => next === undefined,
    { what: "an idle worker" },
  );
  await lanesOf(small, 1, 1);
  // Nobody wakes the worker: only its own poll can find the lane.
  await handled.promise;
});

it("a wake-up is heard while the worker sleeps", async () => {
  const handled = Promise.withResolvers<undefined>();
  const sleeper = worker(async (lane) => {
    await finish(lane);
    handled.resolve(undefined);
  });
  sleeper.start();
  await lanesOf(small, 1, 1);
  sleeper.wake();
  // Its poll is a minute away.
  await handled.promise;
  expect(await left()).toBe(0);
});

it("a lane that fails is retried with one more attempt, its error, and a backoff", async () => {
  await lanesOf(small, 1, 1);
  const attempts: number[] = [];
  const ended = Promise.withResolvers<undefined>();
  worker(
    async (lane) => {
      attempts.push(lane.attempts);
      if (attempts.length < 3) throw new Error(`failure ${String(attempts.length)}`);
      ended.resolve(undefined);
      await untilAborted(new AbortController().signal).catch(() => undefined);
    },
    { concurrency: 1 },
  ).start();
  await Promise.race([
    ended.promise,
    eventually(
      () => attempts.length,
      (count) => count === 3,
      { what: "three attempts" },
    ),
  ]);
  expect(attempts).toEqual([0, 1, 2]);
  expect(await onlyLane()).toMatchObject({ attempts: 2, last_error: "failure 2" });
  await test.superuser.query("update onethread.lanes set fence = fence + 1");
  workers.splice(0);
});

/** As PostgreSQL says it: a full disk, too many connections, a shutdown, a deadlock that does not end. */
const outage = (code: string): Promise<unknown> =>
  test.superuser.query(`do $$ begin raise exception 'no' using errcode = '${code}'; end $$`);

it.each(["53100", "53300", "57P01", "25006", "40P01", "55P03"])(
  "an outage of our own database (%s) does not count as an attempt",
  async (code) => {
    await lanesOf(small, 1, 1);
    const attempts: number[] = [];
    worker(
      async (lane) => {
        attempts.push(lane.attempts);
        if (attempts.length < 6) await outage(code);
        await finish(lane);
      },
      { concurrency: 1 },
    ).start();
    await eventually(left, (count) => count === 0, { what: "the end of the lane" });
    expect(attempts).toEqual([0, 0, 0, 0, 0, 0]);
  },
);

it("a statement that takes too long may be the work's own: it counts", async () => {
  await lanesOf(small, 1, 1);
  const attempts: number[] = [];
  worker(async (lane) => {
    attempts.push(lane.attempts);
    if (attempts.length < 3) await outage("57014");
    await finish(lane);
  }).start();
  await eventually(left, (count) => count === 0, { what: "the end of the lane" });
  expect(attempts).toEqual([0, 1, 2]);
});

it("a lane that could not even be released is released when the database can be written to again, long before its lease ends", async () => {
  await lanesOf(small, 1, 1);
  await test.superuser.query(
    `create function onethread.refuse() returns trigger language plpgsql as $$ begin raise exception 'no space' using errcode = '53100'; end $$;
     create trigger refuse before update on onethread.lanes for each row when (new.owner is null) execute function onethread.refuse()`,
  );
  const attempts: number[] = [];
  worker(
    async (lane) => {
      attempts.push(lane.attempts);
      if (attempts.length === 1) await outage("53100");
      await finish(lane);
    },
    { concurrency: 1 },
  ).start();
  await eventually(
    () => attempts.length,
    (count) => count === 1,
    { what: "the first run" },
  );
  await test.superuser.query("drop function onethread.refuse cascade");
  await eventually(left, (count) => count === 0, { what: "the end of the lane" });
  expect(attempts).toEqual([0, 0]);
});

it("the heartbeat keeps a lane that is still worked on from everybody else", async () => {
  await lanesOf(small, 1, 1);
  const started = Promise.withResolvers<undefined>();
  worker(
    async (_lane, signal) => {
      started.resolve(undefined);
      await untilAborted(signal);
    },
    { leaseMs: 300 },
  ).start();
  await started.promise;
  const seen = new Set<number>();
  await eventually(
    async () => {
      expect(await engine.claim("reply")).toEqual([]);
      seen.add((await onlyLane())?.check_at.getTime() ?? 0);
      return seen.size;
    },
    // The first lease ended twice over by then.
    (count) => count > 6,
    { what: "prolonged leases" },
  );
});

it("a worker whose lane was taken over is stopped, and cannot end or retry it", async () => {
  await lanesOf(small, 1, 1);
  const claimed = Promise.withResolvers<ClaimedLane>();
  const aborted = Promise.withResolvers<undefined>();
  worker(
    async (lane, signal) => {
      claimed.resolve(lane);
      await untilAborted(signal).catch(() => undefined);
      aborted.resolve(undefined);
      throw new Error("interrupted");
    },
    { leaseMs: 300 },
  ).start();
  const stale = await claimed.promise;
  await test.superuser.query("update onethread.lanes set fence = fence + 1, owner = 'another', check_at = now() + interval '1 hour'");
  await aborted.promise;
  await eventually(
    () => workers[0]?.running,
    (running) => running === 0,
    { what: "the end of the run" },
  );
  expect(await finish(stale)).toBe(false);
  expect(await onlyLane()).toMatchObject({ owner: "another", attempts: 0, due: false });
});

it("a worker that is stopped releases what did not end, so that another one need not wait for the lease", async () => {
  await lanesOf(small, 3, 1);
  const started: ClaimedLane[] = [];
  const stopping = worker(async (lane, signal) => {
    started.push(lane);
    await untilAborted(signal);
  });
  stopping.start();
  await eventually(
    () => started.length,
    (count) => count === 3,
    { what: "three runs" },
  );
  await stopping.stop(0);
  const again = await engine.claim("reply");
  expect(again).toHaveLength(3);
  // Being stopped is no failure.
  expect(again.map(({ attempts }) => attempts)).toEqual([0, 0, 0]);
});

it("a run whose end the database could not take until after its lease does not count as an attempt", async () => {
  await lanesOf(small, 1, 1);
  await test.superuser.query(
    `create function onethread.refuse() returns trigger language plpgsql as $$ begin raise exception 'no space' using errcode = '53100'; end $$`,
  );
  const attempts: number[] = [];
  worker(
    async (lane) => {
      attempts.push(lane.attempts);
      if (attempts.length === 1) {
        await test.superuser.query(
          "create trigger refuse before update on onethread.lanes for each statement execute function onethread.refuse()",
        );
        await outage("53100");
      }
      await finish(lane);
    },
    { leaseMs: 200, pollMs: 20 },
  ).start();
  await eventually(
    async () => attempts.length === 1 && (await onlyLane())?.due === true,
    (isDue) => isDue,
    { what: "the end of the lease" },
  );
  await test.superuser.query("drop function onethread.refuse cascade");
  await eventually(left, (count) => count === 0, { what: "the end of the lane" });
  expect(attempts).toEqual([0, 0]);
});

it("a failure to reach somebody else's server is no outage of ours: it counts", async () => {
  await lanesOf(small, 1, 1);
  const attempts: number[] = [];
  worker(async (lane) => {
    attempts.push(lane.attempts);
    if (attempts.length < 3) throw Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED" });
    await finish(lane);
  }).start();
  await eventually(left, (count) => count === 0, { what: "the end of the lane" });
  expect(attempts).toEqual([0, 1, 2]);
});

it("an outage that somebody has wrapped is still an outage", async () => {
  await lanesOf(small, 1, 1);
  const attempts: number[] = [];
  worker(async (lane) => {
    attempts.push(lane.attempts);
    if (attempts.length < 3)
      await outage("53100").catch((cause: unknown) => {
        throw new Error("The model could not be asked.", { cause });
      });
    await finish(lane);
  }).start();
  await eventually(left, (count) => count === 0, { what: "the end of the lane" });
  expect(attempts).toEqual([0, 0, 0]);
});

it("starting and stopping again and again loses no lane", async () => {
  await lanesOf(big, 60, 1);
  const runs = new Map<string, number>();
  for (let round = 0; round < 15; round += 1) {
    const one = worker(
      async (lane) => {
        if (await finish(lane)) runs.set(lane.conversationId, (runs.get(lane.conversationId) ?? 0) + 1);
      },
      { concurrency: 4 },
    );
    one.start();
    if (round % 3 === 0) one.wake();
    await one.stop();
  }
  worker(async (lane) => {
    if (await finish(lane)) runs.set(lane.conversationId, (runs.get(lane.conversationId) ?? 0) + 1);
  }).start();
  await eventually(left, (count) => count === 0, { what: "all lanes done" });
  expect(runs.size).toBe(60);
  expect([...runs.values()].every((count) => count === 1)).toBe(true);
});

it("however a worker is started, woken and stopped, it claims and runs nothing after a stop", async () => {
  await lanesOf(big, 40, 1);
  const left: number[] = [];
  const passes = await stressStartStop((begun) => {
    const store = {
      ...engine.store,
      claim: (...request: Parameters<typeof engine.store.claim>) => {
        begun();
        return engine.store.claim(...request);
      },
    };
    const one = worker((lane) => finish(lane).then(() => undefined), { store, concurrency: 3 });
    return {
      ...one,
      async stop() {
        await one.stop();
        left.push(one.running);
      },
    };
  }, 24);
  expect(passes).toBeGreaterThan(0);
  expect(new Set(left)).toEqual(new Set([0]));
  expect(process.getActiveResourcesInfo().filter((kind) => kind === "Interval")).toEqual([]);
});

it("whoever works on a lane learns when more comes for it, in this process and from others, and only then", async () => {
  await lanesOf(big, 2, 20);
  const told: string[] = [];
  const begun: ClaimedLane[] = [];
  const allBegun = Promise.withResolvers<undefined>();
  const first = Promise.withResolvers<undefined>();
  const made = worker(
    async (lane, signal, newer) => {
      begun.push(lane);
      if (begun.length === 2) allBegun.resolve(undefined);
      newer.addEventListener("abort", () => {
        told.push(lane.conversationId);
        first.resolve(undefined);
      });
      await untilAborted(signal);
    },
    { watchesNewer: true },
  );
  made.start();
  await allBegun.promise;
  await lanesOf(big, 1, 20);
  // The announcement of the intake, as compose passes it on; the watch goes on until the runs are old enough to be worth it.
  made.wake();
  await first.promise;
  const { rows } = await test.superuser.query<{ id: string }>(
    "select conversation_id as id from onethread.lanes where kind = 'reply' and wanted = 2",
  );
  expect(told).toEqual(rows.map(({ id }) => id));
});

it("slow runs of one business never fill the worker: the other one's lanes run beside them", async () => {
  await lanesOf(big, 20, 30);
  const release = Promise.withResolvers<undefined>();
  const running = new Map<string, number>();
  let most = 0;
  const smallDone = Promise.withResolvers<undefined>();
  let small5 = 0;
  const made = worker(
    async (lane) => {
      const count = (running.get(lane.businessId) ?? 0) + 1;
      running.set(lane.businessId, count);
      if (lane.businessId === big.businessId) {
        most = Math.max(most, count);
        await release.promise;
      }
      await finish(lane);
      running.set(lane.businessId, (running.get(lane.businessId) ?? 0) - 1);
      if (lane.businessId === small.businessId && (small5 += 1) === 5) smallDone.resolve(undefined);
    },
    { perBusiness: 4, concurrency: 10 },
  );
  made.start();
  await eventually(
    () => running.get(big.businessId),
    (count) => count === 4,
    { what: "the share of the big business" },
  );
  await lanesOf(small, 5, 40);
  made.wake();
  await smallDone.promise;
  release.resolve(undefined);
  await eventually(left, (count) => count === 0, { what: "the rest" });
  expect(most).toBe(4);
});

it("a business whose outbox holds thousands does not hold up another one's reply: it has its share of the sends, and no more", async () => {
  // As they wait when a campaign, or a program, has filled the outbox.
  await test.superuser.query(
    `with c as (
       insert into onethread.conversations (business_id, id, canonical_key, last_message_at, created_at, updated_at)
       select $1, gen_random_uuid(), 'phone:' || $1::uuid || ':+' || n, now(), now(), now() from generate_series(14045550001, 14045553000) n returning business_id, id)
     insert into onethread.lanes (business_id, conversation_id, kind, check_at, first_at, last_at, wanted)
     select business_id, id, 'send', now() - interval '1 minute', now(), now(), 1 from c`,
    [big.businessId],
  );
  const release = Promise.withResolvers<undefined>();
  const running = new Map<string, number>();
  const answered = Promise.withResolvers<undefined>();
  const sender = worker(
    async ({ businessId }) => {
      running.set(businessId, (running.get(businessId) ?? 0) + 1);
      if (businessId === small.businessId) answered.resolve(undefined);
      else await release.promise;
    },
    { kind: "send", concurrency: 10, perBusiness: 5 },
  );
  sender.start();
  await eventually(
    () => running.get(big.businessId),
    (count) => count === 5,
    { what: "the share of the big business" },
  );
  await engine.receive(small, { from: "14045550001" });
  await engine.send(small, "14045550001", "It leaves today.");
  sender.wake();
  await answered.promise;
  expect(running.get(big.businessId)).toBe(5);
  // The rest of the thousands is nobody's work.
  workers.splice(0);
  await test.superuser.query("update onethread.lanes set done = wanted, check_at = null, owner = null where kind = 'send'");
  release.resolve(undefined);
  await sender.stop();
});

it("a business with a number of its own gets that many runs", async () => {
  await test.superuser.query("update onethread.businesses set reply_concurrency = 2 where id = $1", [big.businessId]);
  await lanesOf(big, 6, 50);
  let [now, most] = [0, 0];
  const made = worker(
    async (lane) => {
      now += 1;
      most = Math.max(most, now);
      await new Promise((resolve) => setImmediate(resolve));
      await finish(lane);
      now -= 1;
    },
    { perBusiness: 8 },
  );
  made.start();
  await eventually(left, (count) => count === 0, { what: "all of them" });
  expect(most).toBe(2);
});

it("a stop that waited for a run leaves no timer behind that would keep the process from ending", async () => {
  await lanesOf(big, 1, 60);
  const begun = Promise.withResolvers<undefined>();
  const release = Promise.withResolvers<undefined>();
  const made = worker(async (lane) => {
    begun.resolve(undefined);
    await release.promise;
    await finish(lane);
  });
  const timers = (): number => process.getActiveResourcesInfo().filter((kind) => kind === "Timeout").length;
  const before = timers();
  made.start();
  await begun.promise;
  const stopped = made.stop(60_000);
  // It waits for the run by now: what it did before takes less than these.
  for (let look = 0; look < 20; look += 1) await left();
  release.resolve(undefined);
  await stopped;
  expect(timers()).toBeLessThanOrEqual(before);
});

it("a business whose customers are still writing does not keep the next one from its turn", async () => {
  const businesses: TestBusiness[] = [];
  for (let n = 0; n < 4; n += 1) businesses.push(await createTestBusiness(test.superuser, { quietMs: 0, ceilingMs: 0 }));
  const [first, second, writing, last] = businesses.sort((x, y) => (x.businessId < y.businessId ? -1 : 1));
  if (first === undefined || second === undefined || writing === undefined || last === undefined) throw new Error("four businesses");
  await test.superuser.query("update onethread.businesses set quiet_ms = 60000, ceiling_ms = 60000 where id = $1", [writing.businessId]);
  for (const one of [first, second, writing, last]) await lanesOf(one, one === last ? 1 : 20, 7);
  await test.superuser.query("update onethread.lanes set check_at = now() - interval '1 second' where kind = 'reply'");
  const served: string[] = [];
  for (let n = 0; n < 8; n += 1) for (const lane of await engine.claim("reply", { limit: 1 })) served.push(lane.businessId);
  expect(served).toContain(last.businessId);
});
