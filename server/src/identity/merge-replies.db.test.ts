// Proves what a merge and a split mean for replies: who took over stays heard, no question is answered for somebody else, nobody's message is forgotten.
import fc from "fast-check";
import { afterAll, beforeAll, beforeEach, expect, test as it } from "vitest";
import { expectNothingBroken } from "../../test/support/expect-nothing-broken.ts";
import { propertyRuns } from "../../test/support/property-runs.ts";
import { createTestBusiness, type TestBusiness } from "../../test/support/test-business.ts";
import { createTestDatabase, type TestDatabase } from "../../test/support/test-database.ts";
import { createTestEngine, type TestEngine } from "../../test/support/test-engine.ts";
import { newId, type TurnId } from "../kernel/ids.ts";
import { createTakeAnswer } from "../replies/answer-turn.ts";
import type { MergeByHandOutcome } from "./merge-by-hand.ts";
import type { SplitOutcome } from "./split-conversations.ts";

let test: TestDatabase;
let engine: TestEngine;
let business: TestBusiness;
let people = 0;

beforeAll(async () => {
  test = await createTestDatabase();
  engine = await createTestEngine(test, [await createTestBusiness(test.superuser)]);
});
afterAll(async () => {
  await engine.close();
  await test.close();
});
const plainAnswer: TestEngine["responder"]["answer"] = ({ burst }) => ({ outcome: "reply", texts: [`reply to ${String(burst.length)}`] });
beforeEach(async () => {
  engine.responder.answer = plainAnswer;
  business = await createTestBusiness(test.superuser, { quietMs: 0, ceilingMs: 0 });
});

async function select<T extends object>(text: string, ...values: readonly unknown[]): Promise<readonly T[]> {
  return (await test.superuser.query<T>(text, [...values])).rows;
}

interface Person {
  readonly from: string;
  readonly id: string;
}
async function newPerson(...texts: readonly string[]): Promise<Person> {
  people += 1;
  const from = `1303556${String(1000 + people)}`;
  await engine.receive(business, ...texts.map((text) => ({ from, text })));
  const [row] = await select<{ id: string }>("select conversation_id as id from aliases where value = $1", from);
  return { from, id: row?.id ?? "" };
}
/** The first one is longer, so it wins. */
const merge = (a: Person, b: Person): Promise<MergeByHandOutcome> =>
  engine.services.mergeByHand({
    businessId: business.businessId,
    conversationIds: [a.id, b.id],
    execute: true,
  });
const split = (conversationId: string): Promise<SplitOutcome> =>
  engine.services.splitConversations({
    businessId: business.businessId,
    conversationId,
    execute: true,
  });

/** One run of the reply lane of this thread and of no other, when it has work; answers the texts of the burst that was asked about. */
async function turnOf(id: string): Promise<readonly string[]> {
  await test.superuser.query(
    `update onethread.lanes set owner = null, check_at = now() + case when conversation_id = $1 then interval '0' else interval '1 hour' end
      where kind = 'reply' and check_at is not null`,
    [id],
  );
  const [lane] = await engine.claim("reply");
  const asked = engine.responder.asked.length;
  if (lane !== undefined) await engine.turn(lane);
  return engine.responder.asked.slice(asked).flatMap(({ burst }) => burst.map(({ text }) => text ?? ""));
}
async function expectHealthy(): Promise<void> {
  await expectNothingBroken(test);
}
/** Last of the days before yesterday: a pause whose set time has passed stays where it was written. */
const pause = (id: string, reason: string, ago: string) =>
  test.superuser.query("update onethread.conversations set ai_paused_at = now() - $2::interval, ai_paused_reason = $3 where id = $1", [
    id,
    ago,
    reason,
  ]);
const pauseOf = async (id: string) =>
  (
    await select<{ reason: string; recent: boolean }>(
      "select ai_paused_reason as reason, ai_paused_at > now() - interval '1 hour' as recent from conversations where id = $1",
      id,
    )
  )[0];

it("who took over last holds for the joint thread and for both after a split, on whichever side it was, with their reason", async () => {
  await test.superuser.query("update onethread.businesses set handoff_pause_ms = 3600000 where id = $1", [business.businessId]);
  for (const isLoser of [true, false]) {
    const [winner, loser] = [await newPerson("a1", "a2"), await newPerson("b1")];
    await pause(isLoser ? winner.id : loser.id, "nothing_found", "3 days");
    await pause(isLoser ? loser.id : winner.id, "inbox", "1 minute");
    expect(await merge(winner, loser)).toMatchObject({ winnerId: winner.id });
    expect(await pauseOf(winner.id)).toEqual({ reason: "inbox", recent: true });
    expect(await turnOf(winner.id)).toEqual([]);
    // The loser keeps what it had when it was merged; since then another person has taken over the joint thread.
    await pause(loser.id, "nothing_found", "2 days");
    await split(loser.id);
    expect(await pauseOf(loser.id)).toEqual({ reason: "inbox", recent: true });
    expect(await pauseOf(winner.id)).toEqual({ reason: "inbox", recent: true });
  }
  await expectHealthy();
});

it("after a split, an answer to the question about the joint thread reaches nobody, and both are asked about anew", async () => {
  const [winner, loser] = [await newPerson("a1", "a2"), await newPerson("b1")];
  await merge(winner, loser);
  engine.responder.answer = () => ({ outcome: "later", waitsFor: "answer", waitMs: 60_000 });
  expect((await turnOf(winner.id)).toSorted()).toEqual(["a1", "a2", "b1"]);
  const [waiting] = await select<{ id: TurnId }>("select id from waiting_turns where conversation_id = $1", winner.id);
  await engine.expireLeases();
  const held = (await engine.claim("reply")).find(({ conversationId }) => conversationId === winner.id);
  await split(loser.id);
  const takeAnswer = createTakeAnswer({ database: engine.database });
  const turn = { businessId: business.businessId, turnId: waiting?.id ?? newId<TurnId>() };
  expect(await takeAnswer(turn, { outcome: "reply", texts: ["to both"] })).toBe(false);
  // Whoever held the joint lane is too late as well.
  engine.responder.answer = plainAnswer;
  if (held !== undefined) await engine.turn(held);
  expect(await select("select 1 from messages where conversation_id = any ($1) and direction = 'out'", [winner.id, loser.id])).toEqual([]);
  expect(await turnOf(winner.id)).toEqual(["a1", "a2"]);
  expect(await turnOf(loser.id)).toEqual(["b1"]);
  await expectHealthy();
});

it("a split that leaves the winner without a message of a customer leaves no lane awake for it, and whoever held it too late", async () => {
  const [winner, loser] = [await newPerson("a1"), await newPerson("b1")];
  await test.superuser.query("update onethread.conversations set last_seq = 2 where id = $1", [winner.id]);
  await test.superuser.query(
    "update onethread.messages set direction = 'out', author = 'human', status = 'sent' where conversation_id = $1",
    [winner.id],
  );
  await test.superuser.query("delete from onethread.lanes where conversation_id = $1", [winner.id]);
  await test.superuser.query("update onethread.conversations set last_customer_message_at = null where id = $1", [winner.id]);
  expect(await merge(winner, loser)).toMatchObject({ winnerId: winner.id });
  const held = (await engine.claim("reply")).find(({ conversationId }) => conversationId === winner.id);
  expect(held).toBeDefined();
  await split(loser.id);
  if (held !== undefined) await engine.turn(held);
  expect(await select("select 1 from turns where conversation_id = $1", winner.id)).toEqual([]);
  expect(await turnOf(winner.id)).toEqual([]);
  expect(await turnOf(loser.id)).toEqual(["b1"]);
  await expectHealthy();
});

/** What happens to the two threads, and to the joint one after the merge: they write, are answered, or write while an answer is being written. */
type Step = readonly ["writes" | "answered" | "overtaken", 0 | 1];
const steps = (maxLength: number): fc.Arbitrary<readonly Step[]> =>
  fc.array(fc.tuple(fc.constantFrom("writes", "answered", "overtaken", "overtaken"), fc.constantFrom<0 | 1>(0, 1)), { maxLength });

class Story {
  readonly waiting = new Set<string>();
  private count = 0;
  readonly phones: readonly [string, string];
  constructor(phones: readonly [string, string]) {
    this.phones = phones;
  }
  async write(who: 0 | 1): Promise<void> {
    this.count += 1;
    const text = `${String(who)} wrote ${String(this.count)}`;
    this.waiting.add(text);
    await engine.receive(business, { from: this.phones[who], text });
  }
  /** What a turn replied to waits no longer; one that was superseded has replied to nothing. */
  async turn(id: string, overtakenBy?: 0 | 1): Promise<readonly string[]> {
    let turnId = "";
    let isAsked = false;
    engine.responder.answer = async (context) => {
      if (overtakenBy !== undefined && !isAsked) await this.write(overtakenBy);
      isAsked = true;
      turnId = context.turnId;
      return plainAnswer(context, new AbortController().signal);
    };
    const burst = await turnOf(id);
    const [turn] = await select<{ state: string }>("select state from turns where id::text = $1", turnId);
    if (turn?.state === "replied") for (const text of burst) this.waiting.delete(text);
    return burst;
  }
}

it(
  "whatever was superseded before a merge, and before a split, every message that no reply was for is in the next burst",
  { timeout: 180_000 },
  async () => {
    await fc.assert(
      fc.asyncProperty(steps(6), steps(2), fc.boolean(), async (before, joint, isSplit) => {
        people += 2;
        const story = new Story([`1303557${String(1000 + people)}`, `1303557${String(1001 + people)}`]);
        const threadOf = async (who: 0 | 1): Promise<string> => {
          const [row] = await select<{ id: string }>("select conversation_id as id from aliases where value = $1", story.phones[who]);
          return row?.id ?? "";
        };
        const play = async (list: readonly Step[]): Promise<void> => {
          for (const [what, who] of list) {
            if (what === "writes") await story.write(who);
            else await story.turn(await threadOf(who), what === "overtaken" ? who : undefined);
          }
        };
        await story.write(0);
        await story.write(1);
        await play(before);
        const [a, b] = [await threadOf(0), await threadOf(1)];
        const merged = await merge({ from: "", id: a }, { from: "", id: b });
        await play(joint);
        if (isSplit) await split(merged.outcome === "merged" ? merged.loserId : "");
        await expectHealthy();
        const expected = [...story.waiting].toSorted();
        const asked = [...(await story.turn(await threadOf(0)))];
        if (isSplit) asked.push(...(await story.turn(await threadOf(1))));
        expect(asked.toSorted()).toEqual(expected);
        await expectHealthy();
      }),
      { numRuns: propertyRuns(14), ...(process.env["MERGE_SEED"] === undefined ? {} : { seed: Number(process.env["MERGE_SEED"]) }) },
    );
  },
);
