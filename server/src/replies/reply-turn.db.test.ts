import fc from "fast-check";
import { afterAll, beforeAll, beforeEach, expect, test as it, vi } from "vitest";
import { expectNothingBroken } from "../../test/support/expect-nothing-broken.ts";
import type { TestBusiness } from "../../test/support/test-business.ts";
import type { TestDatabase } from "../../test/support/test-database.ts";
import { closeTestEngine, openTestEngine, type TestEngine } from "../../test/support/test-engine.ts";
import type { ClaimedLane } from "../lanes/lane-store.ts";

const MAX_SUPERSEDED = 2;
let test: TestDatabase;
let business: TestBusiness;
let engine: TestEngine;
let phone: string;
let counter = 0;

beforeAll(async () => {
  ({ test, business, engine } = await openTestEngine({ quietMs: 0, ceilingMs: 0 }));
});
beforeEach(async () => {
  counter += 1;
  phone = String(12_025_556_000 + counter);
  engine.responder.asked.length = 0;
  engine.responder.answer = (context) => ({ outcome: "reply", texts: [`reply to ${String(context.burst.length)}`] });
  // Each test has a customer of its own; what an earlier one left waiting is none of its business.
  await test.superuser.query("update onethread.lanes set check_at = 'infinity' where check_at is not null");
});
afterAll(() => closeTestEngine(engine, test));

interface Turn {
  readonly from: number;
  readonly to: number;
  readonly state: string;
  readonly reason: string | null;
}
async function turns(): Promise<readonly Turn[]> {
  const { rows } = await test.superuser.query<Turn>(
    `select t.covers_from::int as from, t.covers_to::int as to, t.state, t.reason
       from onethread.turns t join onethread.aliases a using (business_id, conversation_id) where a.value = $1 order by t.covers_from`,
    [phone],
  );
  return rows;
}
async function replies(): Promise<readonly string[]> {
  const { rows } = await test.superuser.query<{ text: string }>(
    `select m.text from onethread.messages m join onethread.aliases a using (business_id, conversation_id)
      where a.value = $1 and m.direction = 'out' order by m.seq`,
    [phone],
  );
  return rows.map(({ text }) => text);
}
const write = (count = 1): Promise<void> => engine.receive(business, ...Array.from({ length: count }, () => ({ from: phone })));
const setConversation = (change: string): Promise<unknown> =>
  test.superuser.query(
    `update onethread.conversations set ${change} where id = (select conversation_id from onethread.aliases where value = $1)`,
    [phone],
  );
const setLane = (change: string): Promise<unknown> =>
  test.superuser.query(
    `update onethread.lanes set ${change} where kind = 'reply' and conversation_id = (select conversation_id from onethread.aliases where value = $1)`,
    [phone],
  );

it("the turns of a conversation are contiguous, each with one reply to its burst", async () => {
  for (const size of [1, 3, 2]) {
    await write(size);
    await engine.turn(await engine.claimOne("reply"));
  }
  expect(await turns()).toEqual([
    { from: 1, to: 1, state: "replied", reason: null },
    { from: 2, to: 5, state: "replied", reason: null },
    { from: 6, to: 8, state: "replied", reason: null },
  ]);
  expect(await replies()).toEqual(["reply to 1", "reply to 3", "reply to 2"]);
});

it("a message that comes while the answer is written supersedes it, and both get one answer", async () => {
  await write();
  engine.responder.answer = async (context) => {
    if (engine.responder.asked.length === 1) await write();
    return { outcome: "reply", texts: [context.burst.map(({ seq }) => seq).join("+")] };
  };
  await engine.turn(await engine.claimOne("reply"));
  expect(await replies()).toEqual([]);
  await engine.turn(await engine.claimOne("reply"));
  expect(await turns()).toMatchObject([
    { from: 1, to: 1, state: "superseded" },
    { from: 2, to: 2, state: "replied" },
  ]);
  expect(await replies()).toEqual(["1+2"]);
});

it("a customer who never stops writing is answered after so many superseded turns", async () => {
  await write();
  engine.responder.answer = async (context) => {
    await write();
    return { outcome: "reply", texts: [`reply to ${String(context.burst.length)}`] };
  };
  for (let run = 0; run <= MAX_SUPERSEDED; run += 1) await engine.turn(await engine.claimOne("reply"));
  expect((await turns()).map(({ state }) => state)).toEqual(["superseded", "superseded", "replied"]);
  expect(await replies()).toEqual(["reply to 3"]);
});

it("a turn begins and ends by the database's clock, whatever the process's says", async () => {
  await write();
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 3_600_000 });
  try {
    await engine.turn(await engine.claimOne("reply"));
  } finally {
    vi.useRealTimers();
  }
  const { rows } = await test.superuser.query(
    `select t.started_at between t.finished_at - interval '1 minute' and t.finished_at as is_before,
            t.finished_at - t.started_at = t.latency_ms * interval '1 millisecond' as is_measured
       from onethread.turns t join onethread.aliases a using (business_id, conversation_id) where a.value = $1`,
    [phone],
  );
  expect(rows).toEqual([{ is_before: true, is_measured: true }]);
});

it("a turn whose lane was claimed again changes nothing, whichever of the two ends first", async () => {
  for (const newerFirst of [false, true]) {
    await write();
    const stale = await engine.claimOne("reply");
    await engine.expireLeases();
    const fresh = (await engine.claim("reply")).find((lane) => lane.conversationId === stale.conversationId);
    if (fresh === undefined) throw new Error("not claimed again");
    const before = (await turns()).length;
    for (const lane of newerFirst ? [fresh, stale] : [stale, fresh]) {
      await engine.turn(lane);
      expect((await turns()).length - before).toBe(lane === stale && !newerFirst ? 0 : 1);
    }
  }
  expect(await replies()).toHaveLength(2);
});

it.for<{ readonly change: string; readonly reason: string }>([
  { change: "ai_paused_at = now(), ai_paused_reason = 'inbox'", reason: "taken_over" },
  { change: "opted_out_at = now()", reason: "opted_out" },
  { change: "last_customer_message_at = now() - interval '25 hours'", reason: "window_closed" },
])("when it becomes $reason before the question or between the answer and the commit, nothing is said", async ({ change, reason }) => {
  await write();
  engine.responder.answer = async () => {
    await setConversation(change);
    return { outcome: "reply", texts: ["too late"] };
  };
  await engine.turn(await engine.claimOne("reply"));
  expect(await turns()).toMatchObject([{ state: "skipped", reason }]);
  // Known before the responder is asked: then it is not asked at all.
  await write();
  await setConversation(change);
  const asked = engine.responder.asked.length;
  await engine.turn(await engine.claimOne("reply"));
  expect(engine.responder.asked).toHaveLength(asked);
  expect(await turns()).toMatchObject([{ state: "skipped" }, { state: "skipped", reason }]);
  expect(await replies()).toEqual([]);
  await setConversation("last_customer_message_at = last_message_at");
});

it("a responder that fails is asked again; after the third time the business's own words go out and a person is fetched", async () => {
  await write();
  engine.responder.answer = () => Promise.reject(new Error("the model is gone"));
  for (const attempt of [1, 2]) {
    const lane = await engine.claimOne("reply");
    await expect(engine.turn(lane)).rejects.toThrow("the model is gone");
    await engine.store.retry(lane, { afterMs: 0, failed: true, error: "the model is gone" });
    expect(await turns()).toEqual([]);
    expect(lane.attempts).toBe(attempt - 1);
  }
  await engine.turn(await engine.claimOne("reply"));
  expect(await turns()).toMatchObject([{ state: "handed_off", reason: "responder_failed" }]);
  expect(await replies()).toEqual([expect.stringContaining("get someone to help")]);
  await write();
  await engine.turn(await engine.claimOne("reply"));
  expect(await turns()).toMatchObject([{ state: "handed_off" }, { state: "skipped", reason: "taken_over" }]);
});

it("a reply waits until the customer is quiet, and not longer than the ceiling", async () => {
  await test.superuser.query("update onethread.businesses set quiet_ms = 60000, ceiling_ms = 300000 where id = $1", [business.businessId]);
  try {
    await write();
    await setLane("check_at = now()");
    expect(await engine.claim("reply")).toEqual([]);
    const waitsMs = async (): Promise<number> => {
      const { rows } = await test.superuser.query<{ ms: number }>(
        `select (extract(epoch from l.check_at - l.last_at) * 1000)::float8 as ms from onethread.lanes l
           join onethread.aliases a using (business_id, conversation_id) where a.value = $1 and l.kind = 'reply'`,
        [phone],
      );
      return rows[0]?.ms ?? 0;
    };
    expect(await waitsMs()).toBe(60_000);
    // Still writing, and 20 seconds before the ceiling: it is looked at again then.
    await setLane("check_at = now(), first_at = last_at - interval '280 seconds'");
    expect(await engine.claim("reply")).toEqual([]);
    expect(await waitsMs()).toBe(20_000);
    await setLane("check_at = now(), first_at = last_at - interval '301 seconds'");
    expect(await engine.claim("reply")).toHaveLength(1);
  } finally {
    await test.superuser.query("update onethread.businesses set quiet_ms = 0, ceiling_ms = 0 where id = $1", [business.businessId]);
  }
});

type Step = "write" | "begin" | "answer" | "fail" | "expire";

/** Workers that begin, answer, fail and lose their leases in any order, while the customer goes on writing. */
async function play(steps: readonly Step[]): Promise<void> {
  const open: { readonly answer: () => void; readonly fail: () => void; readonly ended: Promise<unknown> }[] = [];
  const begin = async (lane: ClaimedLane): Promise<void> => {
    const gate = Promise.withResolvers<{ readonly outcome: "reply"; readonly texts: readonly string[] }>();
    const asked = Promise.withResolvers<undefined>();
    // Not every run asks: one that was tried too often does not.
    gate.promise.catch(() => undefined);
    engine.responder.answer = () => {
      asked.resolve(undefined);
      return gate.promise;
    };
    const ended = engine.turn(lane).catch(() => engine.store.retry(lane, { afterMs: 0, failed: true, error: "failed" }));
    await Promise.race([asked.promise, ended]);
    open.push({ answer: () => gate.resolve({ outcome: "reply", texts: ["answer"] }), fail: () => gate.reject(new Error("failed")), ended });
  };
  for (const step of steps) {
    if (step === "write") await write();
    else if (step === "expire") await engine.expireLeases();
    else if (step === "begin") for (const lane of await engine.claim("reply")) await begin(lane);
    else {
      const [run] = open.splice(open.length > 1 ? 1 : 0, 1);
      if (step === "answer") run?.answer();
      else run?.fail();
      await run?.ended;
    }
  }
  for (const run of open) {
    run.answer();
    await run.ended;
  }
  engine.responder.answer = () => ({ outcome: "reply", texts: ["answer"] });
  await engine.expireLeases();
  for (let lanes = await engine.claim("reply"); lanes.length > 0; lanes = await engine.claim("reply")) {
    for (const lane of lanes) await engine.turn(lane);
  }
}

it("whatever workers do and lose, every inbound message is covered by exactly one turn, and no burst is answered twice", async () => {
  const step = fc.constantFrom<Step>("write", "begin", "begin", "answer", "fail", "expire");
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 20 }), async (steps) => {
      counter += 1;
      phone = String(12_025_558_000 + counter);
      await test.superuser.query("update onethread.lanes set check_at = 'infinity' where check_at is not null");
      await write();
      await play(steps);
      const { rows } = await test.superuser.query<{ seq: number; turns: number }>(
        `select m.seq::int, (select count(*)::int from onethread.turns t where t.business_id = m.business_id
            and t.conversation_id = m.conversation_id and m.seq between t.covers_from and t.covers_to) as turns
           from onethread.messages m join onethread.aliases a using (business_id, conversation_id) where a.value = $1 and m.direction = 'in'`,
        [phone],
      );
      expect(rows.filter(({ turns: covering }) => covering !== 1)).toEqual([]);
      const list = await turns();
      expect(list.slice(1).every((turn, index) => turn.from === (list[index]?.to ?? 0) + 1)).toBe(true);
      expect(await replies()).toHaveLength(list.filter(({ state }) => state === "replied" || state === "handed_off").length);
      // The last word is an answer: no burst is left as superseded.
      expect(list.at(-1)?.state).not.toBe("superseded");
    }),
    { numRuns: 120, seed: 20_261_122, endOnFailure: true },
  );
  await test.superuser.query("update onethread.lanes set check_at = now() + interval '1 hour' where check_at = 'infinity'");
  await expectNothingBroken(test);
}, 60_000);

it("a reply that the database refuses ends its turn all the same, and harms no other conversation", async () => {
  await engine.receive(business, { from: phone, text: "good" }, { from: "13035550012", text: "bad" });
  engine.responder.answer = ({ burst }) => ({ outcome: "reply", texts: [burst[0]?.text === "bad" ? "nothing\0here" : "fine"] });
  const lanes = await engine.claim("reply");
  const results = await Promise.allSettled(lanes.map((lane) => engine.turn(lane)));
  expect(results.map(({ status }) => status)).toEqual(["fulfilled", "fulfilled"]);
  expect(await replies()).toEqual(["fine"]);
});

it("a turn that could not be written eight times ends as failed, for people to see, and the thread goes on", async () => {
  await write();
  await setLane("attempts = 8");
  await engine.turn(await engine.claimOne("reply"));
  await write();
  await engine.turn(await engine.claimOne("reply"));
  expect(await turns()).toMatchObject([
    { state: "failed", reason: "gave_up" },
    { state: "replied", reason: null },
  ]);
});
