import { afterAll, beforeAll, beforeEach, describe, expect, test as it } from "vitest";
import { createTestBusiness, type TestBusiness } from "../../test/support/test-business.ts";
import type { TestDatabase } from "../../test/support/test-database.ts";
import { closeTestEngine, openTestEngine, type TestEngine } from "../../test/support/test-engine.ts";
import type { JsonObject } from "../kernel/json.ts";
import { ResponderFault, type ReplyContext, type ResponderAnswer } from "../answers/responder.ts";

let test: TestDatabase;
let business: TestBusiness;
let engine: TestEngine;
let phone: string;
let counter = 0;
const never = new AbortController().signal;

beforeAll(async () => {
  ({ test, business, engine } = await openTestEngine({ quietMs: 0, ceilingMs: 0 }));
});
beforeEach(async () => {
  counter += 1;
  phone = String(12_025_559_000 + counter);
  engine.responder.asked.length = 0;
  engine.responder.wants = "burst";
  engine.responder.answer = () => ({ outcome: "reply", texts: ["answer"] });
  engine.simulator.clearFailures();
  await test.superuser.query("update onethread.lanes set check_at = 'infinity' where check_at is not null");
  await test.superuser.query("delete from onethread.reply_settings");
  // Also what the engine remembers of them.
  await change({});
  await test.superuser.query("delete from onethread.switches");
});
afterAll(async () => {
  await test.superuser.query("update onethread.lanes set check_at = now() + interval '1 hour' where check_at = 'infinity'");
  await closeTestEngine(engine, test);
});

interface Turn {
  readonly id: string;
  readonly from: number;
  readonly to: number;
  readonly state: string;
  readonly reason: string | null;
}
const here = "join onethread.aliases a using (business_id, conversation_id) where a.value = $1";
async function turns(): Promise<readonly Turn[]> {
  const { rows } = await test.superuser.query<Turn>(
    `select t.id, t.covers_from::int as from, t.covers_to::int as to, t.state, t.reason from onethread.turns t ${here} order by t.covers_from`,
    [phone],
  );
  return rows;
}
interface Said {
  readonly text: string;
  readonly status: string;
  readonly code: string | null;
  readonly part: number | null;
}
async function said(): Promise<readonly Said[]> {
  const { rows } = await test.superuser.query<Said>(
    `select m.text, m.status, m.error_code as code, m.turn_part as part from onethread.messages m ${here} and m.direction = 'out' order by m.seq`,
    [phone],
  );
  return rows;
}
const write = (text = "hello", at?: number): Promise<void> =>
  engine.receive(business, { from: phone, text, ...(at === undefined ? {} : { at }) });
const change = (patch: JsonObject): Promise<unknown> => engine.settings.change(business.businessId, patch);
const turn = async (newer?: AbortSignal): Promise<void> => engine.turn(await engine.claimOne("reply"), never, newer);
const conversation = (set: string): Promise<unknown> =>
  test.superuser.query(
    `update onethread.conversations set ${set} where id = (select conversation_id from onethread.aliases where value = $1)`,
    [phone],
  );
const later = (waitMs = 60_000): ResponderAnswer => ({ outcome: "later", waitsFor: "answer", waitMs });
const lane = async (): Promise<{ readonly parked: boolean; readonly owner: string | null; readonly due: boolean } | undefined> =>
  (
    await test.superuser.query<{ parked: boolean; owner: string | null; due: boolean }>(
      `select l.parked, l.owner, l.check_at <= now() as due from onethread.lanes l ${here} and l.kind = 'reply'`,
      [phone],
    )
  ).rows[0];

/** As if the time of the lane had come. */
const due = (): Promise<unknown> =>
  test.superuser.query(
    `update onethread.lanes l set check_at = now() from onethread.aliases a
      where a.value = $1 and a.business_id = l.business_id and a.conversation_id = l.conversation_id and l.kind = 'reply'`,
    [phone],
  );

/** A responder that hangs until it is stopped, and tells when it was asked. */
function hanging(): { readonly asked: Promise<ReplyContext>; readonly stopped: Promise<unknown> } {
  const asked = Promise.withResolvers<ReplyContext>();
  const stopped = Promise.withResolvers<unknown>();
  engine.responder.answer = (context, signal) =>
    new Promise((_resolve, reject) => {
      asked.resolve(context);
      signal.addEventListener("abort", () => {
        stopped.resolve(signal.reason);
        reject(new Error("stopped"));
      });
    });
  return { asked: asked.promise, stopped: stopped.promise };
}

describe("a message that comes while the answer is written", () => {
  it("stops the responder, supersedes the turn, and the next answer is for all of it", async () => {
    await write("one");
    const responder = hanging();
    const newer = new AbortController();
    const running = turn(newer.signal);
    await responder.asked;
    await write("two");
    newer.abort(new Error("a newer message came"));
    expect(await responder.stopped).toMatchObject({ message: "a newer message came" });
    await running;
    expect(await turns()).toMatchObject([{ from: 1, to: 1, state: "superseded" }]);
    engine.responder.answer = ({ burst }) => ({ outcome: "reply", texts: [burst.map(({ text }) => text).join("+")] });
    await turn();
    expect((await said()).map(({ text }) => text)).toEqual(["one+two"]);
  });

  it("stops it twice at most: then it is answered, whatever comes", async () => {
    await write("one");
    for (const next of ["two", "three"]) {
      const responder = hanging();
      const newer = new AbortController();
      const running = turn(newer.signal);
      await responder.asked;
      await write(next);
      newer.abort(new Error("a newer message came"));
      await running;
    }
    const newer = new AbortController();
    engine.responder.answer = async ({ burst }, signal) => {
      newer.abort(new Error("a newer message came"));
      await write("four");
      expect(signal.aborted).toBe(false);
      return { outcome: "reply", texts: [burst.map(({ text }) => text).join("+")] };
    };
    await turn(newer.signal);
    expect((await turns()).map(({ state }) => state)).toEqual(["superseded", "superseded", "replied"]);
    expect((await said()).map(({ text }) => text)).toEqual(["one+two+three"]);
    engine.responder.answer = ({ burst }) => ({ outcome: "reply", texts: [burst.map(({ text }) => text).join("+")] });
    await turn();
    expect((await said()).map(({ text }) => text)).toEqual(["one+two+three", "four"]);
  });
});

describe("a reply of several messages", () => {
  it("is in the thread in its order, and is sent in that order", async () => {
    await write();
    engine.responder.answer = () => ({ outcome: "reply", texts: ["first", "second", "third"] });
    await turn();
    await engine.deliver(await engine.claimOne("send"));
    expect(await said()).toMatchObject([
      { text: "first", part: 1, status: "accepted" },
      { text: "second", part: 2, status: "accepted" },
      { text: "third", part: 3, status: "accepted" },
    ]);
    const sent = engine.simulator.outbox({ to: phone }).map(({ body }) => body["text"]);
    expect(sent).toEqual(["first", "second", "third"].map((body): unknown => expect.objectContaining({ body })));
  });

  it("ends where a person takes over, even when the transaction of their message began before the reply was committed", async () => {
    await write();
    await turn();
    // As a transaction that began earlier and got the row only now would write it: not before what was said meanwhile.
    await conversation("ai_paused_at = last_message_at, ai_paused_reason = 'inbox'");
    await engine.deliver(await engine.claimOne("send"));
    expect(await said()).toMatchObject([{ status: "failed", code: "taken_over" }]);
  });

  it("ends where a person takes over: what was not sent by then is never sent", async () => {
    await write();
    engine.responder.answer = () => ({ outcome: "reply", texts: ["first", "second"] });
    await turn();
    await conversation("ai_paused_at = now(), ai_paused_reason = 'inbox'");
    await engine.deliver(await engine.claimOne("send"));
    expect(await said()).toMatchObject([
      { status: "failed", code: "taken_over" },
      { status: "failed", code: "taken_over" },
    ]);
    expect(engine.simulator.outbox({ to: phone })).toEqual([]);
  });

  it("that hands over to a person goes out, although the AI is paused by it", async () => {
    await write();
    engine.responder.answer = () => ({ outcome: "handoff", text: "I fetch a person.", reason: "test" });
    await turn();
    await engine.deliver(await engine.claimOne("send"));
    expect(await said()).toMatchObject([{ text: "I fetch a person.", status: "accepted" }]);
  });
});

describe("what ends a turn before anybody is asked", () => {
  it("a message older than the set age is skipped as stale, and the next one is answered", async () => {
    await write("old", Math.floor(Date.now() / 1000) - 7 * 3_600);
    await turn();
    expect(await turns()).toMatchObject([{ state: "skipped", reason: "stale" }]);
    await write("new");
    await turn();
    expect((await turns()).map(({ state }) => state)).toEqual(["skipped", "replied"]);
    expect(engine.responder.asked.map(({ burst }) => burst.map(({ text }) => text))).toEqual([["new"]]);
  });

  it("the switch of the whole installation silences every business, and takes effect at once", async () => {
    await write();
    await test.superuser.query("insert into onethread.switches values ('ai', false, 'maintenance', now())");
    await turn();
    expect(await turns()).toMatchObject([{ state: "skipped", reason: "ai_disabled" }]);
    await test.superuser.query("update onethread.switches set is_on = true");
    await write();
    await turn();
    expect((await turns()).at(-1)).toMatchObject({ state: "replied" });
  });

  it("a keyword of the business fetches a person without asking the responder", async () => {
    await change({ handoffKeywords: ["talk to a human"] });
    await write("I want to TALK to a human!");
    await turn();
    expect(await turns()).toMatchObject([{ state: "handed_off", reason: "keyword" }]);
    expect(await said()).toHaveLength(1);
    expect(engine.responder.asked).toEqual([]);
  });

  it.for([
    { budget: { tokensPerConversation: 100 }, reason: "budget" },
    { budget: { tokensPerBusiness: 100 }, reason: "budget" },
    { budget: { moneyPerConversation: 0.5 }, reason: "budget" },
    { budget: { moneyPerBusiness: 0.5 }, reason: "budget" },
    { budget: { tokensPerConversation: 1_000_000, moneyPerBusiness: 1_000 }, reason: null },
  ])("a budget of $budget that is used up ends in a handoff: $reason", async ({ budget, reason }) => {
    engine.responder.wants = "memory";
    engine.responder.answer = () => ({
      outcome: "reply",
      texts: ["answer"],
      work: { model: "m", inputTokens: 80, outputTokens: 40, costMicros: 600_000 },
    });
    await change({ budget });
    const own = await createTestBusiness(test.superuser, { quietMs: 0, ceilingMs: 0 });
    await engine.settings.change(own.businessId, { budget });
    for (const text of ["one", "two"]) {
      await engine.receive(own, { from: phone, text });
      await turn();
    }
    const expected = reason === null ? { state: "replied" } : { state: "handed_off", reason };
    expect(await turns()).toMatchObject([{ state: "replied" }, expected]);
    expect(engine.responder.asked).toHaveLength(reason === null ? 2 : 1);
  });
});

describe("a responder that cannot answer", () => {
  it("is not asked again when it says that this is final", async () => {
    await write();
    engine.responder.answer = () => Promise.reject(new ResponderFault("the key is wrong", { isFinal: true }));
    await turn();
    expect(await turns()).toMatchObject([{ state: "handed_off", reason: "responder_failed" }]);
    expect(engine.responder.asked).toHaveLength(1);
  });

  it("leaves the customer with the business's own words, if it wants that, and the AI answers the next message", async () => {
    await change({ onFailure: "fallback", fallbackText: "One moment, please." });
    await write();
    engine.responder.answer = () =>
      Promise.reject(new ResponderFault("no", { isFinal: true, work: { model: "m", inputTokens: 5, outputTokens: 0 } }));
    await turn();
    expect(await turns()).toMatchObject([{ state: "failed", reason: "responder_failed" }]);
    expect(await said()).toMatchObject([{ text: "One moment, please." }]);
    engine.responder.answer = () => ({ outcome: "reply", texts: ["answer"] });
    await write();
    await turn();
    expect((await said()).at(-1)).toMatchObject({ text: "answer" });
  });
});

it("a turn whose workers die or cannot write it three times asks nobody any more, and the customer still gets an answer", async () => {
  await write();
  await test.superuser.query("update onethread.lanes set attempts = 3 where kind = 'reply' and wanted > done");
  await turn();
  expect(await turns()).toMatchObject([{ state: "handed_off", reason: "gave_up" }]);
  expect(await said()).toHaveLength(1);
  expect(engine.responder.asked).toEqual([]);
});

it("a responder that meets an outage of our own database on its last try fails nobody: the turn is tried again", async () => {
  await write();
  await test.superuser.query("update onethread.lanes set attempts = 2 where kind = 'reply' and wanted > done");
  engine.responder.answer = async () => {
    await test.superuser.query("do $$ begin raise exception 'no space' using errcode = '53100'; end $$");
    return { outcome: "reply", texts: ["never"] };
  };
  await expect(turn()).rejects.toMatchObject({ code: "53100" });
  expect(await turns()).toEqual([]);
});

it("a lane whose holder died counts as tried once more", async () => {
  await write();
  expect((await engine.claimOne("reply")).attempts).toBe(0);
  await due();
  expect((await engine.claimOne("reply")).attempts).toBe(1);
});

it("what a turn cost is in its row", async () => {
  await write();
  const work = {
    model: "gpt-x",
    inputTokens: 120,
    outputTokens: 30,
    costMicros: 45,
    toolCalls: [{ tool: "crm", state: "done", ms: 12 }],
    sources: [{ id: "k1", title: "Opening" }],
  };
  engine.responder.answer = () => ({ outcome: "reply", texts: ["answer"], work });
  await turn();
  const { rows } = await test.superuser.query(
    `select t.model, t.input_tokens, t.output_tokens, t.cost_micros::int, t.tool_calls, t.sources, t.latency_ms >= 0 as timed, t.responder from onethread.turns t ${here}`,
    [phone],
  );
  expect(rows).toEqual([
    {
      model: "gpt-x",
      input_tokens: 120,
      output_tokens: 30,
      cost_micros: 45,
      tool_calls: work.toolCalls,
      sources: work.sources,
      timed: true,
      responder: "test",
    },
  ]);
});

describe("events", () => {
  const events = async (): Promise<readonly string[]> => {
    const { rows } = await test.superuser.query<{ type: string }>(`select e.type from onethread.events e ${here} order by e.at, e.type`, [
      phone,
    ]);
    return rows.map(({ type }) => type);
  };
  it("report every end of a turn, in its transaction", async () => {
    await write();
    await turn();
    await write();
    engine.responder.answer = () => ({ outcome: "handoff", text: "I fetch a person.", reason: "test" });
    await turn();
    await write();
    await turn();
    expect(await events()).toEqual(["turn.replied", "conversation.handed-off", "turn.handed-off", "turn.skipped"]);
  });

  it("that the outbox refuses cost no reply", async () => {
    await test.superuser.query("alter table onethread.events add constraint no_more check (false) not valid");
    try {
      await write();
      await turn();
      expect(await turns()).toMatchObject([{ state: "replied" }]);
      expect(await said()).toHaveLength(1);
    } finally {
      await test.superuser.query("alter table onethread.events drop constraint no_more");
    }
    expect(await events()).toEqual([]);
  });
});

describe("a turn that waits for an answer from outside", () => {
  const answer = (text: string): Promise<unknown> =>
    test.superuser.query(
      `update onethread.waiting_turns w set answer = $2, answered_at = now() from onethread.aliases a
        where a.value = $1 and a.business_id = w.business_id and a.conversation_id = w.conversation_id`,
      [phone, JSON.stringify({ outcome: "reply", texts: [text] })],
    );
  it("holds no lane, keeps its id, and ends with the answer", async () => {
    await write();
    engine.responder.answer = () => later();
    await turn();
    expect(await lane()).toEqual({ parked: true, owner: null, due: false });
    expect(await turns()).toEqual([]);
    const { turnId } = engine.responder.asked[0] ?? {};
    await answer("from outside");
    await due();
    await turn();
    expect(await turns()).toMatchObject([{ id: turnId, state: "replied" }]);
    expect(await said()).toMatchObject([{ text: "from outside" }]);
    expect(engine.responder.asked).toHaveLength(1);
    const { rows } = await test.superuser.query("select from onethread.waiting_turns");
    expect(rows).toEqual([]);
  });

  it("ends in a handoff when nobody answers in time, and is not asked again before", async () => {
    await write();
    engine.responder.answer = () => later();
    await turn();
    await due();
    await turn();
    expect(await turns()).toEqual([]);
    expect(engine.responder.asked).toHaveLength(1);
    await test.superuser.query("update onethread.waiting_turns set expires_at = now() - interval '1 second'");
    await due();
    await turn();
    expect(await turns()).toMatchObject([{ state: "handed_off", reason: "no_answer" }]);
  });

  it("is woken and superseded by a newer message, under its own id, and the next turn asks for all of it", async () => {
    await write("one");
    engine.responder.answer = () => later();
    await turn();
    const { turnId } = engine.responder.asked[0] ?? {};
    await write("two");
    expect(await lane()).toMatchObject({ due: true });
    await turn();
    expect(await turns()).toMatchObject([{ id: turnId, from: 1, to: 1, state: "superseded" }]);
    await turn();
    expect(engine.responder.asked[1]?.burst.map(({ text }) => text)).toEqual(["one", "two"]);
    expect(engine.responder.asked[1]?.turnId).not.toBe(turnId);
  });

  it("is superseded twice at most: then newer messages wait for its answer", async () => {
    engine.responder.answer = () => later();
    for (const text of ["one", "two", "three"]) {
      await write(text);
      for (let lanes = await engine.claim("reply"); lanes.length > 0; lanes = await engine.claim("reply"))
        for (const claimed of lanes) await engine.turn(claimed);
    }
    await write("four");
    await turn();
    expect((await turns()).map(({ state }) => state)).toEqual(["superseded", "superseded"]);
    await answer("for three");
    await due();
    await turn();
    expect(await turns()).toMatchObject([{}, {}, { from: 3, to: 3, state: "replied" }]);
    engine.responder.answer = ({ burst }) => ({ outcome: "reply", texts: [burst.map(({ text }) => text).join("+")] });
    await turn();
    expect((await said()).map(({ text }) => text)).toEqual(["for three", "four"]);
  });

  it("ends without a word when a person takes over in the meantime", async () => {
    await write();
    engine.responder.answer = () => later();
    await turn();
    await answer("too late");
    await conversation("ai_paused_at = now(), ai_paused_reason = 'inbox'");
    await due();
    await turn();
    expect(await turns()).toMatchObject([{ state: "skipped", reason: "taken_over" }]);
    expect(await said()).toEqual([]);
  });
});

it("an approval that comes before its turn is parked still wakes the lane", async () => {
  await write();
  engine.responder.answer = async (context) => {
    await test.superuser.query(
      `insert into onethread.tool_calls (business_id, id, conversation_id, turn_id, answered_to, tool, arguments, arguments_hash, state, created_at, decided_at, decided_by)
       values ($1, gen_random_uuid(), $2, $3, $4, 'refund', '{}', 'early', 'approved', now(), now(), 'test')`,
      [context.businessId, context.conversationId, context.turnId, context.answeredTo],
    );
    return { outcome: "later", waitsFor: "approval", waitMs: 60_000 };
  };
  await turn();
  expect(await lane()).toMatchObject({ parked: true, due: true });
});

it("a turn that waits for an approval runs again under its id once a person has decided, and ends in a handoff when nobody does", async () => {
  const decide = (state: string): Promise<unknown> =>
    test.superuser.query(
      "update onethread.tool_calls set state = $1 where conversation_id = (select conversation_id from onethread.aliases where value = $2)",
      [state, phone],
    );
  const callTool = async (context: ReplyContext): Promise<ResponderAnswer> => {
    await test.superuser.query(
      `insert into onethread.tool_calls (business_id, id, conversation_id, turn_id, answered_to, tool, arguments, arguments_hash, state, created_at)
       values ($1, gen_random_uuid(), $2, $3, $4, 'refund', '{}', 'h', 'waiting', now()) on conflict do nothing`,
      [context.businessId, context.conversationId, context.turnId, context.answeredTo],
    );
    return { outcome: "later", waitsFor: "approval", waitMs: 60_000, work: { model: "m", inputTokens: 30, outputTokens: 5 } };
  };
  await write();
  engine.responder.answer = callTool;
  await turn();
  await due();
  await turn();
  expect(engine.responder.asked).toHaveLength(1);
  await decide("approved");
  engine.responder.answer = () => ({ outcome: "reply", texts: ["refunded"], work: { model: "m", inputTokens: 10, outputTokens: 2 } });
  await due();
  await turn();
  const { rows } = await test.superuser.query(`select t.input_tokens, t.output_tokens from onethread.turns t ${here}`, [phone]);
  expect(rows).toEqual([{ input_tokens: 40, output_tokens: 7 }]);
  expect(engine.responder.asked[1]?.turnId).toBe(engine.responder.asked[0]?.turnId);
  expect(await turns()).toMatchObject([{ state: "replied" }]);

  await write();
  engine.responder.answer = callTool;
  await turn();
  await test.superuser.query("update onethread.waiting_turns set expires_at = now() - interval '1 second'");
  await due();
  await turn();
  expect((await turns()).at(-1)).toMatchObject({ state: "handed_off", reason: "approval_expired" });
});
