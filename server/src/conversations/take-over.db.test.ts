// Proves that a person who writes silences the AI in the same transaction, for as long as the business wants it, and that everybody is told
// once of what really changed.
import { afterAll, beforeAll, beforeEach, expect, test as it } from "vitest";
import { createTestBusiness, type TestBusiness } from "../../test/support/test-business.ts";
import { createTestDatabase, type TestDatabase } from "../../test/support/test-database.ts";
import { bearerFor, createTestHttp, createTestThread, type TestHttp } from "../../test/support/test-http.ts";
import type { Database } from "../db/database.ts";
import type { ConversationId } from "../kernel/ids.ts";

const PAUSE_MS = 60_000;
const HELLO = { type: "text", text: { body: "Hello" } };

let test: TestDatabase;
let database: Database;
let http: TestHttp;
let business: TestBusiness;
let headers: { readonly authorization: string };
let id: ConversationId;

beforeAll(async () => {
  test = await createTestDatabase();
  database = test.open();
  http = createTestHttp(database, test.log);
});

beforeEach(async () => {
  business = await createTestBusiness(test.superuser);
  headers = await bearerFor(database, business.businessId);
  id = await createTestThread(test, business);
});

afterAll(async () => {
  await http.app.close();
  await test.close();
});

interface Conversation {
  readonly isOpen: boolean;
  readonly aiPaused: { readonly at: string; readonly reason: string; readonly until: string | null } | null;
  readonly lastTurn: object | null;
}

async function post(path: string, payload?: object, key?: string): Promise<{ status: number; json: Record<string, unknown> }> {
  const answer = await http.app.inject({
    method: "POST",
    url: `/api/v1/conversations/${id}/${path}`,
    headers: { ...headers, ...(key === undefined ? {} : { "idempotency-key": key }) },
    ...(payload === undefined ? {} : { payload }),
  });
  return { status: answer.statusCode, json: answer.json() };
}

const personWrites = (key?: string): ReturnType<typeof post> => post("messages?author=human", HELLO, key);

async function readConversation(): Promise<Conversation> {
  return (await http.app.inject({ url: `/api/v1/conversations/${id}`, headers })).json();
}

/** Types and data, the oldest first. */
async function readEvents(): Promise<readonly { type: string; data: object; subjectId: string | null; conversationId: string | null }[]> {
  const answer = await http.app.inject({ url: "/api/v1/events", headers });
  return answer.json<{ data: { type: string; data: object; subjectId: string | null; conversationId: string | null }[] }>().data;
}

const typesOf = async (): Promise<readonly string[]> => (await readEvents()).map(({ type }) => type);

async function setPause({ agoMs, reason }: { agoMs: number; reason: string }): Promise<void> {
  await test.superuser.query("update businesses set handoff_pause_ms = $2 where id = $1", [business.businessId, PAUSE_MS]);
  await test.superuser.query(
    "update conversations set ai_paused_at = now() - $2 * interval '1 millisecond', ai_paused_reason = $3 where id = $1",
    [id, agoMs, reason],
  );
}

it("a person's message is stored as such and pauses the AI; a program's does neither", async () => {
  expect((await post("messages", HELLO)).json["author"]).toBe("api");
  expect((await readConversation()).aiPaused).toBeNull();
  expect(await readEvents()).toEqual([]);
  const { status, json } = await personWrites();
  expect([status, json["author"]]).toEqual([202, "human"]);
  expect((await readConversation()).aiPaused).toMatchObject({ reason: "inbox", until: null });
  expect(await readEvents()).toMatchObject([
    {
      type: "conversation.taken-over",
      conversationId: id,
      subjectId: json["id"],
      data: { by: "inbox", seq: json["seq"], reason: "inbox", until: null },
    },
  ]);
});

it("a message that is refused pauses nothing, and one that is sent again under its key takes over once", async () => {
  await test.superuser.query("update conversations set opted_out_at = now() where id = $1", [id]);
  expect((await personWrites()).status).toBe(409);
  expect((await readConversation()).aiPaused).toBeNull();
  await test.superuser.query("update conversations set opted_out_at = null where id = $1", [id]);
  await Promise.all(Array.from({ length: 10 }, () => personWrites("once")));
  expect(await typesOf()).toEqual(["conversation.taken-over"]);
  await post("resume");
  await personWrites("once");
  expect((await readConversation()).aiPaused).toBeNull();
});

it("a person who writes after the pause has passed takes over again, for the whole time", async () => {
  await setPause({ agoMs: PAUSE_MS + 1_000, reason: "nothing_found" });
  const { json } = await personWrites();
  const { aiPaused } = await readConversation();
  expect(aiPaused).toMatchObject({ at: json["sentAt"], reason: "inbox" });
  expect(Date.parse(aiPaused?.until ?? "")).toBe(Date.parse(String(json["sentAt"])) + PAUSE_MS);
  expect(await typesOf()).toEqual(["conversation.taken-over"]);
});

it("each further message of a person begins the time anew and keeps the first reason", async () => {
  await setPause({ agoMs: PAUSE_MS - 10_000, reason: "nothing_found" });
  const { json } = await personWrites();
  expect((await readConversation()).aiPaused).toMatchObject({ at: json["sentAt"], reason: "nothing_found" });
  expect(await typesOf()).toEqual(["conversation.taken-over"]);
});

it("what people decide is an event when it changes something, and none when it does not", async () => {
  for (const action of ["pause", "pause", "resume", "resume", "open", "close", "close", "open", "open"]) await post(action);
  expect(await typesOf()).toEqual(["conversation.paused", "conversation.resumed", "conversation.closed", "conversation.opened"]);
  expect((await readEvents()).slice(0, 2).map(({ data }) => data)).toEqual([{ reason: "api", until: null }, { reason: "api" }]);
});

it("ten who pause at once are one pause, and resuming after its time tells nobody, for nothing changed", async () => {
  await Promise.all(Array.from({ length: 10 }, () => post("pause")));
  expect(await typesOf()).toEqual(["conversation.paused"]);
  await setPause({ agoMs: PAUSE_MS + 1, reason: "api" });
  expect((await post("resume")).json["aiPaused"]).toBeNull();
  expect(await typesOf()).toEqual(["conversation.paused"]);
});

it("a conversation and its turns show how the newest burst ended, and what writing the reply took", async () => {
  expect((await readConversation()).lastTurn).toBeNull();
  const work = [
    JSON.stringify([{ tool: "search_knowledge", state: "done", ms: 12 }]),
    JSON.stringify([{ id: "1", title: "Opening hours" }]),
  ];
  await test.superuser.query(
    `insert into turns (business_id, id, conversation_id, covers_from, covers_to, state, reason, fence, started_at, finished_at, model, input_tokens,
       output_tokens, cost_micros, latency_ms, tool_calls, sources)
     values ($1, gen_random_uuid(), $2, 1, 1, 'handed_off', 'model', 1, now(), now(), 'small-1', 1200, 80, 450, 900, $3, $4)`,
    [business.businessId, id, ...work],
  );
  expect((await readConversation()).lastTurn).toMatchObject({ state: "handed_off", reason: "model" });
  const answer = await http.app.inject({ url: `/api/v1/turns?conversationId=${id}`, headers });
  expect(answer.json<{ data: object[] }>().data).toMatchObject([
    {
      model: "small-1",
      inputTokens: 1200,
      outputTokens: 80,
      costMicros: 450,
      latencyMs: 900,
      toolCalls: [{ tool: "search_knowledge", state: "done", ms: 12 }],
      sources: [{ id: "1", title: "Opening hours" }],
    },
  ]);
});
