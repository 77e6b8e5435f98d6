// Proves the approval of a tool's call through real processes: nothing is called before a person allows it, then once; and no customer waits for ever.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createApiClient, type ApiClient } from "../support/api-client.ts";
import { eventually } from "../support/eventually.ts";
import { startOpenAiServer, type OpenAiReply, type OpenAiRequest, type OpenAiServer } from "../support/openai-server.ts";
import { createStack, customers, type Stack } from "../support/start-stack.ts";
import { createTestDatabase, type TestDatabase } from "../support/test-database.ts";
import { startHttpTarget, type HttpTarget } from "../support/tool-target.ts";
import { createTestServices } from "../support/test-services.ts";

const START_MS = 120_000;
const ARGUMENTS = { order: "A-17", euros: 40 };

/** It refunds when it may, and repeats the outcome to the customer. */
function cashier(request: OpenAiRequest): OpenAiReply {
  const results = request.messages.filter(({ role }) => role === "tool").map(({ content }) => JSON.stringify(content));
  const [result] = results;
  if (result === undefined)
    return request.tools.includes("refund") ? { calls: [{ name: "refund", args: ARGUMENTS }] } : { text: "MISSING: the tool" };
  if (result.includes("/ok/refunds")) return { text: "Your 40 euros are on their way." };
  return { text: /den(y|ied)|refus|not allow/i.test(result) ? "I may not refund that." : `MISSING: the decision (${result})` };
}

let database: TestDatabase;
let stack: Stack;
let model: OpenAiServer;
let shop: HttpTarget;
let api: ApiClient;

/** Another one in each test. */
let phone = "";
let nth = 0;

beforeEach(() => {
  [phone = ""] = customers(1, nth);
  nth += 1;
  shop.seen.length = 0;
});

async function stop(): Promise<void> {
  await stack.stop();
  await Promise.all([model.stop(), shop.close()]);
  await database.close();
}

async function start(approvalWaitMs: number): Promise<void> {
  database = await createTestDatabase();
  [model, shop] = await Promise.all([startOpenAiServer({ script: cashier }), startHttpTarget()]);
  stack = await createStack(database, { env: { ONETHREAD_PRIVATE_HOSTS: `${model.host},${new URL(shop.url).host}` } });
  const { businessId } = stack.business;
  const changed = await createTestServices({ database: database.open(), log: database.log }).replySettings.change(businessId, {
    responder: "model",
    model: { provider: "openai-compatible", model: "cashier", baseUrl: model.baseUrl },
    tools: { approvalWaitMs },
  });
  expect(changed.outcome).toBe("changed");
  const saved = await createTestServices({ database: database.open(), log: database.log }).businessTools.add(businessId, {
    name: "refund",
    kind: "http",
    description: "Gives money back.",
    definition: {
      parameters: { type: "object", properties: { order: { type: "string" }, euros: { type: "integer" } }, required: ["order", "euros"] },
      method: "POST",
      url: `${shop.url}/ok/refunds`,
    },
    needsApproval: true,
    isEnabled: true,
  });
  expect(saved.outcome).toBe("saved");
  const [web] = await Promise.all([stack.start("api"), stack.start("worker,scheduler")]);
  api = await createApiClient(web.url, database.open(), businessId);
}

interface Call {
  readonly id: string;
  readonly tool: string;
  readonly arguments: unknown;
}

/** The customer has asked, the turn waits, no worker holds its lane, and nothing was called. */
async function waitingCall(): Promise<Call> {
  await stack.simulator.inbound({ from: phone, text: "I want my money back for order A-17." });
  await eventually(
    () =>
      stack.count(
        `select count(*) from onethread.waiting_turns w join onethread.lanes l using (business_id, conversation_id)
          where w.waits_for = 'approval' and l.kind = 'reply' and l.owner is null`,
      ),
    (count) => count === 1,
    { what: "a turn that waits for an approval, held by no worker" },
  );
  const { body } = await api.get<{ readonly data: readonly Call[] }>("/tool-calls?state=waiting");
  expect(body.data).toMatchObject([{ tool: "refund", arguments: ARGUMENTS }]);
  expect(shop.seen).toEqual([]);
  expect(stack.simulator.outboxCount({ to: phone })).toBe(0);
  const [call] = body.data;
  if (call === undefined) throw new Error("nothing waits");
  return call;
}

async function sent(): Promise<readonly unknown[]> {
  const entries = await stack.simulator.waitForOutbox({ to: phone }, { atLeast: 1, waitMs: 15_000 });
  return entries.map(({ body }) => (body["text"] as { readonly body?: unknown } | undefined)?.body);
}

async function expectOneTurn(turn: { readonly state: string; readonly reason: string | null }): Promise<void> {
  await stack.settled();
  const { rows } = await database.superuser.query(
    "select t.state, t.reason from onethread.turns t join onethread.conversations c on c.id = t.conversation_id where c.canonical_key = $1",
    [`phone:${stack.business.businessId}:+${phone}`],
  );
  expect(rows).toEqual([turn]);
  expect(stack.simulator.outboxCount({ to: phone })).toBe(1);
  expect(await stack.count("select count(*) from onethread.waiting_turns")).toBe(0);
  expect(await stack.audit()).toEqual([]);
  expect(stack.complaints()).toEqual([]);
}

const stateOf = async ({ id }: Call): Promise<unknown> => (await api.get(`/tool-calls/${id}`)).body["state"];

describe("with a minute to decide", () => {
  beforeAll(() => start(60_000), START_MS);
  afterAll(stop);

  test("a call that a person approves is made once, however often that is said, and the customer is answered", async () => {
    const call = await waitingCall();
    const decisions = await Promise.all([1, 2, 3].map(() => api.post(`/tool-calls/${call.id}/approve`)));
    expect(decisions.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(await sent()).toEqual(["Your 40 euros are on their way."]);
    expect(shop.seen.map(({ method, path, body }) => [method, path, JSON.parse(body) as unknown])).toEqual([
      ["POST", "/ok/refunds", ARGUMENTS],
    ]);
    expect(shop.seen[0]?.headers["idempotency-key"]).toBe(call.id);
    expect((await api.post(`/tool-calls/${call.id}/deny`)).body["code"]).toBe("tool_call_decided");
    await expectOneTurn({ state: "replied", reason: null });
    expect(await stateOf(call)).toBe("done");
    expect(shop.seen).toHaveLength(1);
  });

  test("a call that a person denies is never made, and the model is told so", async () => {
    const call = await waitingCall();
    expect((await api.post(`/tool-calls/${call.id}/deny`)).status).toBe(200);
    expect(await sent()).toEqual(["I may not refund that."]);
    await expectOneTurn({ state: "replied", reason: null });
    expect(await stateOf(call)).toBe("denied");
    expect(shop.seen).toEqual([]);
  });
});

describe("with two seconds to decide", () => {
  beforeAll(() => start(2_000), START_MS);
  afterAll(stop);

  test("when nobody decides in time a person is fetched, and an approval after that calls nothing", async () => {
    const call = await waitingCall();
    expect(await sent()).toEqual([expect.any(String)]);
    await expectOneTurn({ state: "handed_off", reason: "approval_expired" });
    expect((await api.post(`/tool-calls/${call.id}/approve`)).body["code"]).toBe("tool_call_over");
    await stack.settled();
    expect(shop.seen).toEqual([]);
    expect(stack.simulator.outboxCount({ to: phone })).toBe(1);
  });
});
