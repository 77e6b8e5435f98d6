import fc from "fast-check";
import { afterAll, beforeAll, expect, test as it } from "vitest";
import { expectNothingBroken } from "../../test/support/expect-nothing-broken.ts";
import type { TestBusiness } from "../../test/support/test-business.ts";
import type { TestDatabase } from "../../test/support/test-database.ts";
import { closeTestEngine, openTestEngine, type TestEngine } from "../../test/support/test-engine.ts";
import { type SetConversationState } from "../conversations/set-conversation-state.ts";
import type { ClaimedLane } from "../lanes/lane-store.ts";
import { ResponderFault, type ResponderAnswer } from "../answers/responder.ts";

// The model of the lane: workers begin, answer, fault, hang, wait outside, die and are replaced; the customer writes in bursts; people take over and
// give back; sends go out at any moment. Whatever the order: every inbound message is covered by one final turn, a turn has at most one reply, and
// nothing of the AI is begun to be sent while a person has the conversation.
type Step =
  | { readonly do: "write"; readonly count: number }
  | {
      readonly do:
        | "begin"
        | "newer"
        | "die"
        | "fault"
        | "give-up"
        | "later"
        | "hand-off"
        | "take-over"
        | "resume"
        | "send"
        | "outside"
        | "time";
    }
  | { readonly do: "answer"; readonly parts: number };

let test: TestDatabase;
let business: TestBusiness;
let engine: TestEngine;
let setState: SetConversationState;
let phone = "";
let counter = 0;

beforeAll(async () => {
  ({ test, business, engine } = await openTestEngine({ quietMs: 0, ceilingMs: 0 }));
  setState = engine.services.setConversationState;
});
afterAll(() => closeTestEngine(engine, test));

interface Run {
  readonly lane: ClaimedLane;
  readonly newer: AbortController;
  readonly settle: (answer: ResponderAnswer | Error) => void;
  readonly isStopped: () => boolean;
  readonly ended: Promise<unknown>;
}

const here = "join onethread.aliases a using (business_id, conversation_id) where a.value = $1";
const query = async <Row extends object>(sql: string): Promise<readonly Row[]> => (await test.superuser.query<Row>(sql, [phone])).rows;
const conversationId = async (): Promise<string> =>
  (await query<{ id: string }>("select conversation_id as id from onethread.aliases where value = $1"))[0]?.id ?? "";
const databaseTime = async (): Promise<Date> =>
  (await test.superuser.query<{ at: Date }>("select clock_timestamp() as at")).rows[0]?.at ?? new Date(0);
const expireLeases = (): Promise<unknown> =>
  query(`with mine as (select l.conversation_id from onethread.lanes l ${here} and l.kind = 'reply' and l.check_at is not null)
    update onethread.lanes l set check_at = now() from mine where l.conversation_id = mine.conversation_id and l.kind = 'reply' returning 1`);

/** When a person had the conversation: between two times of the database. */
interface Takeover {
  readonly from: Date;
  to: Date | undefined;
}

class World {
  readonly runs: Run[] = [];
  readonly takeovers: Takeover[] = [];

  async begin(): Promise<void> {
    for (const lane of await engine.claim("reply")) {
      const gate = Promise.withResolvers<ResponderAnswer>();
      const asked = Promise.withResolvers<undefined>();
      const newer = new AbortController();
      let stopped = false;
      engine.responder.answer = (_context, signal) => {
        asked.resolve(undefined);
        signal.addEventListener("abort", () => {
          stopped = true;
          gate.reject(new Error("stopped"));
        });
        return gate.promise;
      };
      gate.promise.catch(() => undefined);
      // What the worker does with a run that throws.
      const ended = engine
        .turn(lane, new AbortController().signal, newer.signal)
        .catch(() => engine.store.retry(lane, { afterMs: 0, failed: true, error: "failed" }));
      await Promise.race([asked.promise, ended]);
      const settle = (answer: ResponderAnswer | Error): void => {
        if (answer instanceof Error) gate.reject(answer);
        else gate.resolve(answer);
      };
      this.runs.push({ lane, newer, settle, ended, isStopped: () => stopped });
    }
  }

  async end(answer: ResponderAnswer | Error): Promise<void> {
    // Not always the oldest: one that lost its lease may answer after the one that has it.
    const [run] = this.runs.splice(this.runs.length > 1 ? 1 : 0, 1);
    run?.settle(answer);
    await run?.ended;
  }

  /** Those that may still be superseded stop by themselves. */
  async tellOfNewer(): Promise<void> {
    for (const run of this.runs.splice(0)) {
      const [grown] = await engine.store.listGrown("reply", [run.lane]);
      if (grown !== undefined) run.newer.abort(new Error("a newer message came"));
      if (run.isStopped()) await run.ended;
      else this.runs.push(run);
    }
  }

  async takeOver(): Promise<void> {
    await setState(business.businessId, await conversationId(), { change: "pause", reason: "inbox" });
    this.takeovers.push({ from: await databaseTime(), to: undefined });
  }

  async resume(): Promise<void> {
    const at = await databaseTime();
    await setState(business.businessId, await conversationId(), { change: "resume" });
    for (const takeover of this.takeovers) takeover.to ??= at;
  }

  async send(): Promise<void> {
    for (const lane of await engine.claim("send")) await engine.deliver(lane);
  }

  async answerOutside(): Promise<void> {
    await query(`with mine as (select w.id from onethread.waiting_turns w ${here})
      update onethread.waiting_turns w set answer = '{"outcome": "reply", "texts": ["from outside"]}', answered_at = now() from mine where w.id = mine.id returning 1`);
    await expireLeases();
  }

  async play(step: Step): Promise<void> {
    switch (step.do) {
      case "write":
        await engine.receive(business, ...Array.from({ length: step.count }, () => ({ from: phone })));
        return;
      case "begin":
        await this.begin();
        return;
      case "answer":
        await this.end({ outcome: "reply", texts: Array.from({ length: step.parts }, (_, part) => `part ${String(part)}`) });
        return;
      case "later":
        await this.end({ outcome: "later", waitsFor: "answer", waitMs: 60_000 });
        return;
      case "hand-off":
        await this.end({ outcome: "handoff", text: "I fetch a person.", reason: "test" });
        return;
      case "fault":
        await this.end(new ResponderFault("passing"));
        return;
      case "give-up":
        await this.end(new ResponderFault("for good", { isFinal: true }));
        return;
      case "newer":
        await this.tellOfNewer();
        return;
      case "die":
        // The process is gone and its lease ends; what it was about to write it never writes.
        this.runs.shift();
        await expireLeases();
        return;
      case "take-over":
        await this.takeOver();
        return;
      case "resume":
        await this.resume();
        return;
      case "send":
        await this.send();
        return;
      case "outside":
        await this.answerOutside();
        return;
      case "time":
        await query(`with mine as (select w.id from onethread.waiting_turns w ${here})
          update onethread.waiting_turns w set expires_at = now() - interval '1 second' from mine where w.id = mine.id returning 1`);
        await expireLeases();
    }
  }

  /** Everybody answers, and what is left is worked off by workers that live. */
  async finish(): Promise<void> {
    while (this.runs.length > 0) await this.end({ outcome: "reply", texts: ["answer"] });
    engine.responder.answer = () => ({ outcome: "reply", texts: ["answer"] });
    for (let round = 0; round < 12; round += 1) {
      await this.play({ do: "time" });
      for (const lane of await engine.claim("reply")) await engine.turn(lane);
    }
    await this.send();
  }
}

const plain = (word: Exclude<Step["do"], "write" | "answer">): fc.Arbitrary<Step> => fc.constant({ do: word });
const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.oneof(
    { weight: 5, arbitrary: fc.record({ do: fc.constant("write" as const), count: fc.integer({ min: 1, max: 4 }) }) },
    { weight: 8, arbitrary: plain("begin") },
    { weight: 5, arbitrary: fc.record({ do: fc.constant("answer" as const), parts: fc.integer({ min: 1, max: 3 }) }) },
    { weight: 3, arbitrary: plain("send") },
    ...(["newer", "die", "fault", "give-up", "later", "hand-off", "take-over", "resume", "outside", "time"] as const).map((word) => ({
      weight: 2,
      arbitrary: plain(word),
    })),
  ),
  { minLength: 4, maxLength: 30 },
);

async function check(world: World): Promise<void> {
  const covering = await query<{ seq: number; states: readonly string[] }>(
    `select m.seq::int, array(select t.state from onethread.turns t where t.business_id = m.business_id
        and t.conversation_id = m.conversation_id and m.seq between t.covers_from and t.covers_to) as states
       from onethread.messages m ${here} and m.direction = 'in'`,
  );
  expect(covering.filter(({ states }) => states.length !== 1)).toEqual([]);
  const turns = await query<{ id: string; from: number; to: number; state: string }>(
    `select t.id, t.covers_from::int as from, t.covers_to::int as to, t.state from onethread.turns t ${here} order by t.covers_from`,
  );
  expect(turns.slice(1).every((turn, index) => turn.from === (turns[index]?.to ?? 0) + 1)).toBe(true);
  expect(turns.at(-1)?.state).not.toBe("superseded");
  const said = await query<{ turn_id: string; part: number; attempted_at: Date | null; attempts: number }>(
    `select m.turn_id, m.turn_part as part, m.attempted_at, m.attempts from onethread.messages m ${here} and m.direction = 'out' order by m.seq`,
  );
  const replies = Map.groupBy(said, (message) => message.turn_id);
  for (const [id, parts] of replies) {
    expect(parts.map(({ part }) => part)).toEqual(parts.map((_, index) => index + 1));
    expect(["replied", "handed_off", "failed"]).toContain(turns.find((turn) => turn.id === id)?.state);
  }
  const replied = turns.filter(({ state }) => state === "replied");
  expect(replied.filter(({ id }) => !replies.has(id))).toEqual([]);
  const talkedOver = said.filter(
    ({ attempted_at: at, attempts }) =>
      attempts > 0 && world.takeovers.some(({ from, to }) => at !== null && at > from && (to === undefined || at < to)),
  );
  expect(talkedOver).toEqual([]);
  const waiting = await query(`select from onethread.waiting_turns w ${here}`);
  expect(waiting).toEqual([]);
}

it("whatever customers, models, workers and people do, in any order: one final turn for every message, one reply for every turn, and nothing of the AI after a takeover", async () => {
  let [replies, takeovers] = [0, 0];
  await fc.assert(
    fc.asyncProperty(steps, async (list) => {
      counter += 1;
      phone = String(13_035_000_000 + counter);
      const world = new World();
      await world.play({ do: "write", count: 1 });
      for (const step of list) await world.play(step);
      await world.finish();
      await check(world);
      replies += engine.simulator.outboxCount({ to: phone });
      takeovers += world.takeovers.length;
    }),
    { numRuns: 80, seed: 20_261_125, endOnFailure: true },
  );
  // The world was not a silent one.
  expect(replies).toBeGreaterThan(40);
  expect(takeovers).toBeGreaterThan(20);
  await expectNothingBroken(test);
}, 120_000);
