// Proves that a merge and a split take the recorded calls of tools along: what was called once stays called once, and what waits for a person waits.
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import { expectNothingBroken } from "../../test/support/expect-nothing-broken.ts";
import type { TestBusiness } from "../../test/support/test-business.ts";
import type { TestDatabase } from "../../test/support/test-database.ts";
import { closeTestEngine, openTestEngine, type TestEngine } from "../../test/support/test-engine.ts";
import { addTool, createTestTools, type TestTools } from "../../test/support/test-tools.ts";
import { startHttpTarget, type HttpTarget } from "../../test/support/tool-target.ts";
import type { ReplyContext, ToolOutcome, ToolSet } from "../answers/responder.ts";

let test: TestDatabase;
let business: TestBusiness;
let engine: TestEngine;
let target: HttpTarget;
let tools: TestTools;
let people = 0;

beforeAll(async () => {
  ({ test, business, engine } = await openTestEngine({ quietMs: 0, ceilingMs: 0 }));
  tools = createTestTools({ database: engine.database, log: test.log });
  target = await startHttpTarget();
  const parameters = { type: "object", properties: { day: { type: "string" } } };
  const definition = { method: "POST", url: `${target.url}/ok`, parameters };
  await addTool(engine.database, business.businessId, { name: "book", definition });
  await addTool(engine.database, business.businessId, { name: "refund", definition, needsApproval: true });
});
afterAll(async () => {
  await tools.close();
  await target.close();
  await closeTestEngine(engine, test);
});
beforeEach(() => {
  target.seen.length = 0;
  engine.responder.answer = () => ({ outcome: "reply", texts: ["ok"] });
});
afterEach(async () => {
  await expectNothingBroken(test);
});

function newPerson(): { readonly from: string; readonly userId: string } {
  people += 1;
  return { from: `1303556${String(1000 + people)}`, userId: `US.calls${String(people)}` };
}

async function answerAll(): Promise<void> {
  await engine.expireLeases();
  for (const lane of await engine.claim("reply")) await engine.turn(lane);
}

/** A turn that calls this tool and is then given up, as when a newer message comes or the worker dies. */
async function callAndDie(tool: string, day: string): Promise<readonly ToolOutcome[]> {
  const told: ToolOutcome[] = [];
  engine.responder.answer = async (context) => {
    told.push(await tools.call(context, tool, { day }));
    throw new Error("the worker dies");
  };
  for (const lane of await engine.claim("reply")) await engine.turn(lane).catch(() => undefined);
  engine.responder.answer = () => ({ outcome: "reply", texts: ["ok"] });
  return told;
}

/** The burst is asked again; what its tools know and say. */
async function askAgain(use: (set: ToolSet, context: ReplyContext) => Promise<void>): Promise<void> {
  let failure: Error | undefined = new Error("nobody was asked");
  engine.responder.answer = async (context, signal) => {
    const set = await tools.open(context, signal);
    failure = await use(set, context).then(
      () => undefined,
      (error: unknown) => (error instanceof Error ? error : new Error(String(error))),
    );
    await set.close();
    return { outcome: "reply", texts: ["done"] };
  };
  await answerAll();
  if (failure instanceof Error) throw failure;
}

const never = new AbortController().signal;

/** Each side has answered some, and its open burst has called; sides: how many answered messages each has. */
async function prepare(
  [ofPhone, ofUser]: readonly [number, number],
  tool: string,
): Promise<{ readonly from: string; readonly userId: string }> {
  const { from, userId } = newPerson();
  for (let nth = 0; nth < Math.max(ofPhone, ofUser); nth += 1) {
    if (nth < ofPhone) await engine.receive(business, { from, text: `p${String(nth)}` });
    if (nth < ofUser) await engine.receive(business, { userId, text: `u${String(nth)}` });
    await answerAll();
  }
  await engine.receive(business, { from, text: "book me" });
  await callAndDie(tool, "Monday");
  await engine.receive(business, { userId, text: "book me, too" });
  await engine.claim("reply");
  return { from, userId };
}

it.each([
  [0, 0],
  [2, 0],
  [0, 2],
  [1, 3],
] as const)("a call that was made before a merge is not made again after it (%d and %d answered before)", async (...sides) => {
  const { from, userId } = await prepare(sides, "book");
  expect(target.seen).toHaveLength(1);
  await engine.receive(business, { from, userId, text: "both of us" });
  await askAgain(async (set) => {
    expect(set.earlierCalls).toMatchObject([{ tool: "book", arguments: { day: "Monday" }, state: "done" }]);
    expect(await set.call("book", { day: "Monday" }, never)).toMatchObject({ outcome: "result" });
  });
  expect(target.seen).toHaveLength(1);
});

it("the same call of both sides is one call afterwards, and its result is known", async () => {
  const { from, userId } = newPerson();
  await engine.receive(business, { from, text: "book me" });
  await engine.receive(business, { userId, text: "book me, too" });
  await callAndDie("book", "Monday");
  expect(target.seen).toHaveLength(2);
  await engine.receive(business, { from, userId, text: "both of us" });
  await askAgain(async (set) => {
    expect(set.earlierCalls.map(({ state }) => state)).toEqual(["done", "done"]);
    expect(await set.call("book", { day: "Monday" }, never)).toMatchObject({ outcome: "result" });
  });
  expect(target.seen).toHaveLength(2);
});

it.each([
  [0, 0],
  [0, 2],
] as const)(
  "a call that waits for a person can be approved after a merge, and is then made once (%d and %d answered before)",
  async (...sides) => {
    const { from, userId } = await prepare(sides, "refund");
    await engine.receive(business, { from, userId, text: "both of us" });
    const calls = engine.services.toolCalls;
    const waiting = await calls.list(business.businessId, { limit: 10, state: "waiting" });
    expect(waiting.data).toHaveLength(1);
    const callId = waiting.data[0]?.id ?? "";
    expect(await calls.decide({ businessId: business.businessId, callId, decision: "approved", by: "api" })).toMatchObject({
      outcome: "decided",
    });
    await askAgain(async (set) => {
      expect(set.earlierCalls).toMatchObject([{ tool: "refund", state: "done" }]);
    });
    expect(target.seen.map(({ headers }) => headers["idempotency-key"])).toEqual([callId]);
  },
);

it("of the same call that waits on both sides one is asked for after a merge", async () => {
  const { from, userId } = newPerson();
  await engine.receive(business, { from, text: "book me" });
  await engine.receive(business, { userId, text: "book me, too" });
  await callAndDie("refund", "Monday");
  await engine.receive(business, { from, userId, text: "both of us" });
  const calls = engine.services.toolCalls;
  expect((await calls.list(business.businessId, { limit: 10, state: "waiting" })).data).toHaveLength(1);
  await answerAll();
  expect((await calls.list(business.businessId, { limit: 10, state: "waiting" })).data).toHaveLength(0);
});

it("a worker that has not heard of the merge calls nothing for the thread that is gone", async () => {
  const { from, userId } = newPerson();
  await engine.receive(business, { from, text: "book me" });
  await engine.receive(business, { userId, text: "book me, too" });
  const contexts: ReplyContext[] = [];
  engine.responder.answer = (context) => {
    contexts.push(context);
    throw new Error("goes on elsewhere");
  };
  for (const lane of await engine.claim("reply")) await engine.turn(lane).catch(() => undefined);
  await engine.receive(business, { from, userId, text: "both of us" });
  const told = await Promise.all(contexts.map((context) => tools.call(context, "book", { day: "Friday" })));
  expect(told.map(({ outcome }) => outcome).sort()).toEqual(["error", "result"]);
  expect(target.seen).toHaveLength(1);
  engine.responder.answer = () => ({ outcome: "reply", texts: ["ok"] });
  await answerAll();
});

it.each([
  [2, 1],
  [1, 2],
  [0, 0],
] as const)("a split gives both threads their own calls back, and none is made again (%d and %d answered before)", async (...sides) => {
  const { from, userId } = await prepare(sides, "book");
  await engine.expireLeases();
  await callAndDie("book", "Tuesday");
  expect(target.seen).toHaveLength(3);
  const threadOf = async (value: string): Promise<string> => {
    const { rows } = await test.superuser.query<{ id: string }>("select conversation_id as id from onethread.aliases where value = $1", [
      value,
    ]);
    return rows[0]?.id ?? "";
  };
  const threads = { phone: await threadOf(from), user: await threadOf(userId) };
  await engine.receive(business, { from, userId, text: "both of us" });
  const split = engine.services.splitConversations;
  const winnerId = await threadOf(from);
  const conversationId = winnerId === threads.phone ? threads.user : threads.phone;
  expect(await split({ businessId: business.businessId, conversationId, execute: true })).toMatchObject({ outcome: "split" });
  const known = new Map<string, readonly unknown[]>();
  engine.responder.answer = async (context, signal) => {
    const set = await tools.open(context, signal);
    known.set(
      context.conversationId,
      set.earlierCalls.map(({ arguments: args }) => args),
    );
    for (const args of known.get(context.conversationId) ?? []) await set.call("book", args, signal);
    await set.close();
    return { outcome: "reply", texts: ["ok"] };
  };
  await answerAll();
  expect(known.get(threads.phone)).toEqual([{ day: "Monday" }, { day: "Tuesday" }]);
  expect(known.get(threads.user)).toEqual([{ day: "Tuesday" }]);
  expect(target.seen).toHaveLength(3);
});
