// Proves the business's own agent through real processes: it is asked over HTTP, answers at once or through the API, once; and no lane waits with it.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Webhook } from "standardwebhooks";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createApiClient, type ApiClient } from "../support/api-client.ts";
import { eventually } from "../support/eventually.ts";
import type { OnethreadProcess } from "../support/onethread-process.ts";
import { createStack, customers, type Stack } from "../support/start-stack.ts";
import { createTestDatabase, type TestDatabase } from "../support/test-database.ts";
import { createTestServices } from "../support/test-services.ts";

const SECRET = `whsec_${Buffer.from("the agent of the end-to-end test").toString("base64")}`;
const LATER = 202;
const START_MS = 120_000;

interface Question {
  readonly turnId: string;
  readonly conversationId: string;
  readonly burst: readonly { readonly text: string }[];
  readonly answerPath: string;
}
interface Agent {
  readonly url: string;
  readonly host: string;
  readonly asked: Question[];
  /** What is answered from now on: 202 (later), a body, or nothing ever. */
  answers: (question: Question) => 202 | object | undefined;
  stop(): Promise<void>;
}

/** A receiver that checks the signature as the library of Standard Webhooks advises. */
async function startAgent(): Promise<Agent> {
  const asked: Question[] = [];
  const http = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk: Buffer) => (body += chunk.toString("utf8")));
    request.on("end", () => {
      const { data } = new Webhook(SECRET).verify(body, request.headers as Record<string, string>) as { readonly data: Question };
      asked.push(data);
      const answer = agent.answers(data);
      if (answer === LATER) response.writeHead(LATER).end();
      else if (answer !== undefined) response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(answer));
    });
  });
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  const host = `127.0.0.1:${String((http.address() as AddressInfo).port)}`;
  const agent: Agent = {
    url: `http://${host}/turns`,
    host,
    asked,
    answers: () => LATER,
    stop: () =>
      new Promise((resolve) => {
        http.close(() => resolve());
        http.closeAllConnections();
      }),
  };
  return agent;
}

let database: TestDatabase;
let stack: Stack;
let agent: Agent;
let api: ApiClient;
let worker: OnethreadProcess;
/** Another one in each test. */
let phone = "";
let nth = 0;

async function start(webhook: Readonly<Record<string, number>>): Promise<void> {
  database = await createTestDatabase();
  agent = await startAgent();
  stack = await createStack(database, { env: { ONETHREAD_PRIVATE_HOSTS: agent.host } });
  const { businessId } = stack.business;
  const settings = createTestServices({ database: database.open(), log: database.log }).replySettings;
  await settings.saveSecret(businessId, "webhook_secret", SECRET);
  const changed = await settings.change(businessId, { responder: "webhook", webhook: { url: agent.url, ...webhook } });
  expect(changed.outcome).toBe("changed");
  const [web, first] = await Promise.all([stack.start("api"), stack.start("worker,scheduler")]);
  worker = first;
  api = await createApiClient(web.url, database.open(), businessId);
}

async function stop(): Promise<void> {
  await stack.stop();
  await agent.stop();
  await database.close();
}

beforeEach(() => {
  [phone = ""] = customers(1, nth);
  nth += 1;
  agent.asked.length = 0;
  agent.answers = () => LATER;
});

const write = (text: string) => stack.simulator.inbound({ from: phone, text });

async function askedFor(nth: number): Promise<Question> {
  const asked = await eventually(
    () => agent.asked,
    (all) => all.length >= nth,
    { what: `question ${String(nth)} to the agent` },
  );
  const question = asked[nth - 1];
  if (question === undefined) throw new Error("no such question");
  return question;
}

async function answer(question: Question, text: string): Promise<readonly [number, unknown]> {
  const { status, body } = await api.post(question.answerPath.replace("/api/v1", ""), { messages: [text] });
  return [status, body["code"] ?? body["outcome"]];
}

async function sent(atLeast: number): Promise<readonly unknown[]> {
  const entries = await stack.simulator.waitForOutbox({ to: phone }, { atLeast, waitMs: 15_000 });
  return entries.map(({ body }) => (body["text"] as { readonly body?: unknown } | undefined)?.body);
}

interface TurnRow {
  readonly id: string;
  readonly state: string;
  readonly reason: string | null;
}
const turns = async (): Promise<readonly TurnRow[]> =>
  (
    await database.superuser.query<TurnRow>(
      "select id, state, reason from onethread.turns where conversation_id = $1 order by covers_from",
      [agent.asked[0]?.conversationId],
    )
  ).rows;

/** The agent has been told to take its time: the turn waits, and its lane is given back. */
const parked = () =>
  eventually(
    () =>
      stack.count(
        `select count(*) from onethread.waiting_turns w join onethread.lanes l using (business_id, conversation_id)
          where w.waits_for = 'answer' and l.kind = 'reply' and l.owner is null`,
      ),
    (count) => count === 1,
    { what: "a turn that waits, held by no worker" },
  );

async function expectClean(): Promise<void> {
  await stack.settled();
  expect(await stack.audit()).toEqual([]);
  expect(stack.complaints()).toEqual([]);
}

describe("an agent that has two minutes", () => {
  beforeAll(() => start({ answerWithinMs: 120_000 }), START_MS);
  afterAll(stop);

  test("an agent that answers at once is heard at once", async () => {
    agent.answers = ({ burst }) => ({ text: `You wrote ${burst.map(({ text }) => text).join(" / ")}.` });
    await write("Hello");
    expect(await sent(1)).toEqual(["You wrote Hello."]);
    await expectClean();
    const [question] = agent.asked;
    expect(await turns()).toMatchObject([{ id: question?.turnId, state: "replied", reason: null }]);
    expect(await stack.count("select count(*) from onethread.waiting_turns")).toBe(0);
  });

  test("an answer that comes later is taken once; another one after it is refused, and nobody's lane is held meanwhile", async () => {
    await write("Hello");
    const question = await askedFor(1);
    await parked();
    expect((await api.get(`/turns/${question.turnId}`)).body).toMatchObject({ state: "waiting", waiting: { waitsFor: "answer" } });
    expect(await answer(question, "Here I am.")).toEqual([200, "accepted"]);
    expect(await answer(question, "No, here.")).toEqual([409, "turn_already_answered"]);
    expect(await sent(1)).toEqual(["Here I am."]);
    await expectClean();
    expect(await answer(question, "No, here.")).toEqual([409, "turn_already_answered"]);
    // Who did not hear that it was accepted may say it again.
    expect(await answer(question, "Here I am.")).toEqual([200, "accepted"]);
    expect(stack.simulator.outboxCount({ to: phone })).toBe(1);
    expect(agent.asked).toHaveLength(1);
    expect(await turns()).toMatchObject([{ id: question.turnId, state: "replied" }]);
  });

  test("a newer message supersedes the turn that waits: its answer comes too late, and the agent is asked again for all of it", async () => {
    await write("One pizza");
    const first = await askedFor(1);
    await parked();
    await write("no, two");
    const second = await askedFor(2);
    expect(second.turnId).not.toBe(first.turnId);
    expect(second.burst.map(({ text }) => text)).toEqual(["One pizza", "no, two"]);
    expect(await answer(first, "One pizza it is.")).toEqual([409, "turn_superseded"]);
    expect(await answer(second, "Two pizzas it is.")).toEqual([200, "accepted"]);
    expect(await sent(1)).toEqual(["Two pizzas it is."]);
    await expectClean();
    expect(stack.simulator.outboxCount({ to: phone })).toBe(1);
    expect(await turns()).toMatchObject([
      { id: first.turnId, state: "superseded" },
      { id: second.turnId, state: "replied" },
    ]);
  });
});

describe("an agent that has one second", () => {
  beforeAll(() => start({ answerWithinMs: 1_000 }), START_MS);
  afterAll(stop);

  test("when no answer comes in time a person is fetched, and what comes then is refused", async () => {
    await write("Hello");
    const question = await askedFor(1);
    const [told] = await sent(1);
    expect(told).toEqual(expect.any(String));
    await expectClean();
    expect(await turns()).toMatchObject([{ id: question.turnId, state: "handed_off", reason: "no_answer" }]);
    expect(await answer(question, "Sorry, I was away.")).toEqual([409, "turn_expired"]);
    expect(stack.simulator.outboxCount({ to: phone })).toBe(1);
  });

  test(
    "a worker that is killed while the agent is asked loses nothing: the same turn is asked again, and answered once",
    { timeout: START_MS },
    async () => {
      agent.answers = () => undefined;
      await write("Hello");
      const first = await askedFor(1);
      worker.signal("SIGKILL");
      expect(await worker.exited).toBe("SIGKILL");
      agent.answers = () => ({ text: "Hello to you." });
      await stack.start("worker,scheduler");
      const second = await askedFor(2);
      expect(second).toMatchObject({ turnId: first.turnId, burst: first.burst });
      expect(await sent(1)).toEqual(["Hello to you."]);
      await expectClean();
      expect(stack.simulator.outboxCount({ to: phone })).toBe(1);
      expect(agent.asked).toHaveLength(2);
      expect(await turns()).toMatchObject([{ id: first.turnId, state: "replied" }]);
    },
  );
});
