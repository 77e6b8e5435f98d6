// Proves with a real server that plays the business's agent: what it is asked, what its answers mean, and that the first answer is the one that counts.
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Webhook } from "standardwebhooks";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { createTestBusiness, type TestBusiness } from "../../test/support/test-business.ts";
import { createTestDatabase, type TestDatabase } from "../../test/support/test-database.ts";
import { bearerFor, createTestHttp, createTestThread, type TestHttp } from "../../test/support/test-http.ts";
import { createTestServices } from "../../test/support/test-services.ts";
import type { Database } from "../db/database.ts";
import { newId, type ConversationId, type TurnId } from "../kernel/ids.ts";
import { createOutsideHttp, type OutsideHttp } from "../outside/outside-http.ts";
import { createReplySettingsStore, type ReplySettingsStore } from "../settings/reply-settings-store.ts";
import { ResponderFault, type ReplyContext, type Responder } from "../answers/responder.ts";
import { createRegisterTurn, createTakeAnswer } from "../replies/answer-turn.ts";
import { createWebhookResponder } from "./webhook-responder.ts";

const SECRET = `whsec_${Buffer.from("a signing secret of the test....").toString("base64")}`;
const NEVER = new AbortController().signal;

interface AgentRequest {
  readonly headers: Record<string, string>;
  readonly body: string;
}

let db: TestDatabase;
let database: Database;
let business: TestBusiness;
let http: TestHttp;
let headers: { readonly authorization: string };
let outside: OutsideHttp;
let settings: ReplySettingsStore;
let responder: Responder;
let agentUrl: string;
const asked: AgentRequest[] = [];
let agent: (request: IncomingMessage, response: ServerResponse) => void;
const server = createServer((request, response) => {
  let body = "";
  request.on("data", (chunk: Buffer) => (body += chunk.toString()));
  request.on("end", () => {
    asked.push({ headers: request.headers as Record<string, string>, body });
    agent(request, response);
  });
});

beforeAll(async () => {
  db = await createTestDatabase();
  database = db.open();
  business = await createTestBusiness(db.superuser);
  http = createTestHttp(database, db.log);
  headers = await bearerFor(database, business.businessId);
  outside = createOutsideHttp({ privateHosts: ["127.0.0.1"] });
  settings = createReplySettingsStore({ database, log: db.log });
  await settings.saveSecret(business.businessId, "webhook_secret", SECRET);
  responder = createWebhookResponder({
    settings,
    outside,
    registerTurn: createRegisterTurn({ database }),
    takeAnswer: createTakeAnswer({ database }),
    checkParts: createTestServices({ database, log: db.log }).checkParts,
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  agentUrl = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/turns`;
  await settings.change(business.businessId, { responder: "webhook", webhook: { url: agentUrl, timeoutMs: 20_000 } });
});
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await outside.close();
  await http.app.close();
  await db.close();
});
beforeEach(() => {
  asked.length = 0;
  http.woken.length = 0;
});

const says =
  (status: number, body: unknown = "", more: Record<string, string> = {}) =>
  (_request: IncomingMessage, response: ServerResponse): void => {
    response.writeHead(status, { "content-type": "application/json", ...more }).end(typeof body === "string" ? body : JSON.stringify(body));
  };

/** A thread whose customer has written once, with its reply lane as ingest leaves it. */
async function thread(): Promise<ConversationId> {
  const id = await createTestThread(db, business);
  await db.superuser.query(
    `insert into lanes (business_id, conversation_id, kind, check_at, first_at, last_at, wanted, fence) values ($1, $2, 'reply', now() + interval '30 s', now(), now(), 1, 1)`,
    [business.businessId, id],
  );
  return id;
}

async function contextOf(conversationId: ConversationId, more: Partial<ReplyContext> = {}): Promise<ReplyContext> {
  return {
    businessId: business.businessId,
    conversationId,
    turnId: newId<TurnId>(),
    answeredTo: 0,
    coversTo: 1,
    businessName: "Aurora",
    customerName: "Ada",
    facts: { size: "42" },
    language: "english",
    handoffText: "I fetch somebody.",
    settings: await settings.read(business.businessId),
    burst: [{ seq: 1, author: "customer", type: "text", text: "Hello", sentAt: new Date() }],
    history: [],
    earlier: [{ openedAt: new Date(), summary: "Asked for shoes." }],
    knowledge: [{ id: newId(), title: "Hours", body: "9 to 18" }],
    now: new Date(),
    ...more,
  };
}

async function respond(context: ReplyContext): Promise<unknown> {
  return responder.respond(context, NEVER).catch((error: unknown) => error);
}

async function answer(turnId: string, payload: object): Promise<{ readonly status: number; readonly json: Record<string, unknown> }> {
  const reply = await http.app.inject({ method: "POST", url: `/api/v1/turns/${turnId}/answer`, headers, payload });
  return { status: reply.statusCode, json: reply.json() };
}

/** What the engine does when the responder says "later". */
async function park(conversationId: ConversationId): Promise<void> {
  await db.superuser.query("update lanes set parked = true, owner = null where conversation_id = $1 and kind = 'reply'", [conversationId]);
  await db.superuser.query("update waiting_turns set waits_for = 'answer' where conversation_id = $1", [conversationId]);
}

async function waitingTurn(): Promise<{ readonly conversationId: ConversationId; readonly turnId: TurnId }> {
  agent = says(202);
  const conversationId = await thread();
  const context = await contextOf(conversationId);
  expect(await respond(context)).toMatchObject({ outcome: "later" });
  await park(conversationId);
  return { conversationId, turnId: context.turnId };
}

async function endTurn(turnId: string, end: { readonly state: string; readonly reason?: string }): Promise<void> {
  await db.superuser.query(
    `with w as (delete from waiting_turns where id = $1 returning *)
     insert into turns (business_id, id, conversation_id, covers_from, covers_to, state, reason, responder, fence, started_at, finished_at)
     select business_id, id, conversation_id, 1, covers_to, $2, $3, 'webhook', 1, now(), now() from w`,
    [turnId, end.state, end.reason ?? null],
  );
}

test("the agent gets a signed question with the burst and what is known, under the turn's id", async () => {
  agent = says(200, { messages: ["Hi Ada.", " How can I help? "] });
  const context = await contextOf(await thread());
  expect(await respond(context)).toEqual({ outcome: "reply", texts: ["Hi Ada.", "How can I help?"] });
  const [question] = asked;
  expect(new Webhook(SECRET).verify(question?.body ?? "", question?.headers ?? {})).toMatchObject({
    type: "turn.requested",
    data: {
      turnId: context.turnId,
      conversationId: context.conversationId,
      customer: { name: "Ada", facts: { size: "42" } },
      burst: [{ seq: 1, author: "customer", text: "Hello" }],
      earlier: [{ summary: "Asked for shoes." }],
      knowledge: [{ title: "Hours" }],
      expiresAt: expect.stringMatching(/Z$/) as string,
    },
  });
  expect(question?.headers["webhook-id"]).toBe(context.turnId);
  expect(() => new Webhook(SECRET).verify(`${question?.body ?? ""} `, question?.headers ?? {})).toThrow();
});

test.for([
  [200, { text: "One." }, { outcome: "reply", texts: ["One."] }],
  [201, { messages: ["One."] }, { outcome: "reply", texts: ["One."] }],
  [200, { handoff: { reason: "refund" } }, { outcome: "handoff", reason: "refund", text: "I fetch somebody." }],
  [200, { handoff: { reason: "refund", text: "A moment." } }, { outcome: "handoff", reason: "refund", text: "A moment." }],
  [200, { later: true }, { outcome: "later", waitsFor: "answer", waitMs: 120_000 }],
  [202, "whatever", { outcome: "later", waitsFor: "answer", waitMs: 120_000 }],
] as const)("%i %j is an answer", async ([status, body, expected]) => {
  agent = says(status, body);
  expect(await respond(await contextOf(await thread()))).toEqual(expected);
});

test.for([
  [400, "", true, undefined],
  [401, "", true, undefined],
  [404, "", true, undefined],
  [302, "", true, undefined],
  [408, "", false, undefined],
  [429, "", false, 7_000],
  [500, "", false, undefined],
  [503, "", false, 7_000],
  [200, "not json", false, undefined],
  [204, "", false, undefined],
  [200, "[]", false, undefined],
  [200, {}, false, undefined],
  [200, { messages: [] }, false, undefined],
  [200, { messages: [" "] }, false, undefined],
  [200, { messages: ["1", "2", "3", "4"] }, false, undefined],
  [200, { text: "x".repeat(4_097) }, false, undefined],
  [200, { text: "a", messages: ["b"] }, false, undefined],
  [200, { text: "a", later: true }, false, undefined],
  [200, { handoff: {} }, false, undefined],
  [200, `{"text":"${"x".repeat(300_000)}"}`, false, undefined],
] as const)("%i %j is a fault that says whether another try may help", async ([status, body, isFinal, retryAfterMs]) => {
  agent = says(status, body, retryAfterMs === undefined ? {} : { "retry-after": "7" });
  const context = await contextOf(await thread());
  const fault = await respond(context);
  expect(fault).toBeInstanceOf(ResponderFault);
  expect(fault).toMatchObject({ isFinal, retryAfterMs });
  expect((fault as ResponderFault).message).not.toContain("Hello");
  // It can still be answered through the API: it was asked, after all.
  expect((await answer(context.turnId, { messages: ["Late."] })).status).toBe(200);
});

test("an agent that is slow, gone, or inside the network is a fault: the first two may pass, the last is final", async () => {
  agent = () => undefined;
  const elsewhere = async (url: string): Promise<unknown> => {
    const context = await contextOf(await thread());
    const webhook = { url, secretName: "webhook_secret", timeoutMs: 500, answerWithinMs: 1_000 };
    return respond({ ...context, settings: { ...context.settings, webhook } });
  };
  expect(await elsewhere(agentUrl)).toMatchObject({ isFinal: false, message: expect.stringContaining("500 ms") as string });
  expect(await elsewhere("http://127.0.0.1:1/?token=hunter2")).toMatchObject({
    isFinal: false,
    message: expect.not.stringContaining("hunter2") as string,
  });
  expect(await elsewhere("http://localhost:9999/")).toMatchObject({
    isFinal: true,
    message: expect.stringContaining("ONETHREAD_PRIVATE_HOSTS") as string,
  });
});

test("without an address, a secret, or with one that signs nothing, nobody is asked, and the operator reads which", async () => {
  agent = says(200, { text: "x" });
  const context = await contextOf(await thread());
  expect(await respond({ ...context, settings: { ...context.settings, webhook: null } })).toMatchObject({ isFinal: true });
  const withSecret = (secretName: string): Promise<unknown> => {
    const webhook = { url: agentUrl, secretName, timeoutMs: 500, answerWithinMs: 1_000 };
    return respond({ ...context, settings: { ...context.settings, webhook } });
  };
  expect(await withSecret("nothing")).toMatchObject({ isFinal: true, message: expect.stringContaining("nothing") as string });
  await settings.saveSecret(business.businessId, "bad", "%%%hunter2");
  expect(await withSecret("bad")).toMatchObject({ isFinal: true, message: expect.not.stringContaining("hunter2") as string });
  expect(asked).toEqual([]);
});

test("an answer that comes before the question has been answered is known: it wins, and the inline one changes nothing", async () => {
  const conversationId = await thread();
  const context = await contextOf(conversationId);
  let early: { readonly status: number } | undefined;
  agent = (request, response) => {
    void answer(context.turnId, { messages: ["Through the API."] }).then((accepted) => {
      early = accepted;
      says(200, { text: "Inline." })(request, response);
    });
  };
  expect(await respond(context)).toMatchObject({ outcome: "later" });
  expect(early?.status).toBe(200);
  const { rows } = await db.superuser.query("select waits_for, answer from waiting_turns where id = $1", [context.turnId]);
  expect(rows).toEqual([{ waits_for: "answer", answer: { outcome: "reply", texts: ["Through the API."] } }]);
  // Asked again (the worker died before it parked): the agent is left alone.
  asked.length = 0;
  expect(await respond(context)).toMatchObject({ outcome: "later" });
  expect(asked).toEqual([]);
});

test("after an inline answer the one through the API is refused", async () => {
  agent = says(200, { text: "Inline." });
  const context = await contextOf(await thread());
  await respond(context);
  expect(await answer(context.turnId, { messages: ["Second."] })).toMatchObject({ status: 409, json: { code: "turn_already_answered" } });
});

test("a worker that lost its lease does not take the question from the one that has it", async () => {
  agent = says(202);
  const conversationId = await thread();
  const [stale, mine] = [await contextOf(conversationId), await contextOf(conversationId)];
  await respond(mine);
  expect(await respond(stale)).toBeInstanceOf(ResponderFault);
  expect((await answer(mine.turnId, { messages: ["Mine."] })).status).toBe(200);
});

test("an accepted answer is stored, wakes the parked lane and only then the workers; the same one again is the same success", async () => {
  const { conversationId, turnId } = await waitingTurn();
  const first = await answer(turnId, { messages: ["Later. "] });
  expect(first).toEqual({ status: 200, json: { id: turnId, conversationId, outcome: "accepted" } });
  expect(http.woken).toEqual(["reply"]);
  const { rows } = await db.superuser.query(
    "select w.answer, l.check_at <= now() as due, l.parked from waiting_turns w join lanes l using (conversation_id) where w.id = $1 and l.kind = 'reply'",
    [turnId],
  );
  expect(rows).toEqual([{ answer: { outcome: "reply", texts: ["Later."] }, due: true, parked: true }]);
  expect(await answer(turnId, { messages: ["Later."] })).toEqual(first);
  expect(await answer(turnId, { messages: ["Other."] })).toMatchObject({ status: 409, json: { code: "turn_already_answered" } });
});

test("a lane that somebody holds is not touched", async () => {
  const { conversationId, turnId } = await waitingTurn();
  await db.superuser.query("update lanes set parked = false where conversation_id = $1", [conversationId]);
  expect((await answer(turnId, { messages: ["Later."] })).status).toBe(200);
  const { rows } = await db.superuser.query("select check_at > now() as ok from lanes where conversation_id = $1", [conversationId]);
  expect(rows).toEqual([{ ok: true }]);
});

test("of many answers at once exactly one is accepted", async () => {
  const { turnId } = await waitingTurn();
  const answers = await Promise.all(Array.from({ length: 24 }, (_, index) => answer(turnId, { messages: [`Answer ${String(index)}`] })));
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
  expect(answers.filter(({ json }) => json["code"] === "turn_already_answered")).toHaveLength(23);
});

test("what cannot be an answer any more is refused with a code that says why", async () => {
  const late = await waitingTurn();
  await db.superuser.query("update waiting_turns set expires_at = now() where id = $1", [late.turnId]);
  expect((await answer(late.turnId, { messages: ["x"] })).json["code"]).toBe("turn_expired");
  const overtaken = await waitingTurn();
  await db.superuser.query("update lanes set wanted = 2 where conversation_id = $1", [overtaken.conversationId]);
  expect((await answer(overtaken.turnId, { messages: ["x"] })).json["code"]).toBe("turn_superseded");
  const paused = await waitingTurn();
  await http.app.inject({ method: "POST", url: `/api/v1/conversations/${paused.conversationId}/pause`, headers });
  expect((await answer(paused.turnId, { messages: ["x"] })).json["code"]).toBe("turn_taken_over");
  expect((await answer(newId(), { messages: ["x"] })).json["code"]).toBe("not_found");
  expect((await answer("nonsense", { messages: ["x"] })).json["code"]).toBe("not_found");
  const other = await createTestBusiness(db.superuser);
  const stranger = await bearerFor(database, other.businessId);
  const { turnId } = await waitingTurn();
  for (const url of [`/api/v1/turns/${turnId}/answer`, `/api/v1/turns/${turnId}`]) {
    const method = url.endsWith("answer") ? "POST" : "GET";
    const reply = await http.app.inject({ method, url, headers: stranger, ...(method === "POST" ? { payload: { messages: ["x"] } } : {}) });
    expect(reply.json()).toMatchObject({ code: "not_found" });
  }
});

test("a turn that was superseded too often already is answered, whatever came since", async () => {
  const { conversationId, turnId } = await waitingTurn();
  await db.superuser.query(
    `insert into turns (business_id, id, conversation_id, covers_from, covers_to, state, fence, started_at, finished_at)
     select $1, gen_random_uuid(), $2, n, n, 'superseded', 1, now(), now() from generate_series(1, 2) n`,
    [business.businessId, conversationId],
  );
  await db.superuser.query("update lanes set wanted = 5 where conversation_id = $1", [conversationId]);
  expect((await answer(turnId, { messages: ["x"] })).status).toBe(200);
});

test.for([
  [{ state: "superseded" }, "turn_superseded"],
  [{ state: "replied" }, "turn_already_answered"],
  [{ state: "handed_off", reason: "no_answer" }, "turn_expired"],
  [{ state: "handed_off", reason: "responder_failed" }, "turn_expired"],
  [{ state: "failed", reason: "no_answer" }, "turn_expired"],
  [{ state: "skipped", reason: "taken_over" }, "turn_taken_over"],
  [{ state: "skipped", reason: "opted_out" }, "turn_not_waiting"],
] as const)("after a turn ended as %j its answer is refused as %s", async ([end, code]) => {
  const { turnId } = await waitingTurn();
  await endTurn(turnId, end);
  expect(await answer(turnId, { messages: ["x"] })).toMatchObject({ status: 409, json: { code } });
  expect((await http.app.inject({ method: "GET", url: `/api/v1/turns/${turnId}`, headers })).json()).toMatchObject({
    ...end,
    waiting: null,
  });
});

test("the answer that was sent is the same success also after its turn is over", async () => {
  const { conversationId, turnId } = await waitingTurn();
  await endTurn(turnId, { state: "replied" });
  await db.superuser.query(
    `insert into messages (business_id, id, conversation_id, seq, channel_id, direction, author, type, text, content, sent_at, received_at, status, turn_id, turn_part)
     select $1, gen_random_uuid(), $2, 1 + n, $3, 'out', 'ai', 'text', 'Part ' || n, '{}', now(), now(), 'queued', $4, n from generate_series(1, 2) n`,
    [business.businessId, conversationId, business.channelId, turnId],
  );
  expect((await answer(turnId, { messages: ["Part 1", "Part 2"] })).json).toEqual({ id: turnId, conversationId, outcome: "accepted" });
  expect((await answer(turnId, { messages: ["Part 1"] })).json["code"]).toBe("turn_already_answered");
});

test("an answer that does not fit is refused with the reason, and the turn still waits", async () => {
  const { turnId } = await waitingTurn();
  for (const wrong of [
    {},
    { messages: [] },
    { messages: [" "] },
    { messages: ["1", "2", "3", "4"] },
    { messages: ["a"], handoff: { reason: "b" } },
  ])
    expect(await answer(turnId, wrong)).toMatchObject({ status: 400, json: { code: "bad_request" } });
  expect((await http.app.inject({ method: "GET", url: `/api/v1/turns/${turnId}`, headers })).json()).toMatchObject({
    state: "waiting",
    finishedAt: null,
    waiting: { waitsFor: "answer", answeredAt: null },
  });
  expect((await answer(turnId, { handoff: { reason: "refund" } })).status).toBe(200);
});
