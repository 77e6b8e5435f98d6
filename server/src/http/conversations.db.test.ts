// Proves what the API promises about reading: the caller's business only, stable pages, edits and reactions beside their message.
import { afterAll, beforeAll, expect, test as it } from "vitest";
import { createApiKeys } from "../businesses/api-keys.ts";
import type { Database } from "../db/database.ts";
import { newId } from "../kernel/ids.ts";
import { createTestBusiness, type TestBusiness } from "../../test/support/test-business.ts";
import { createTestDatabase, type TestDatabase } from "../../test/support/test-database.ts";
import { addTestMessage, bearerFor, createTestHttp, createTestThread, type TestHttp } from "../../test/support/test-http.ts";

let test: TestDatabase;
let database: Database;
let http: TestHttp;

beforeAll(async () => {
  test = await createTestDatabase();
  database = test.open();
  http = createTestHttp(database, test.log);
});

afterAll(async () => {
  await http.app.close();
  await test.close();
});

type Headers = Readonly<Record<string, string>>;
interface Item extends Readonly<Record<string, unknown>> {
  readonly id: string;
}
interface Page {
  readonly data: readonly Item[];
  readonly nextCursor: string | null;
}

async function get(url: string, headers: Headers): Promise<{ status: number; json: Item & Page }> {
  const answer = await http.app.inject({ url: `/api/v1${url}`, headers });
  return { status: answer.statusCode, json: answer.json() };
}

async function post(url: string, headers: Headers, payload?: object): Promise<{ status: number; json: Record<string, unknown> }> {
  const answer = await http.app.inject({ method: "POST", url: `/api/v1${url}`, headers, ...(payload === undefined ? {} : { payload }) });
  return { status: answer.statusCode, json: answer.json() };
}

async function newBusiness(): Promise<{ business: TestBusiness; headers: Headers }> {
  const business = await createTestBusiness(test.superuser);
  return { business, headers: await bearerFor(database, business.businessId) };
}

async function walk(url: string, headers: Headers, betweenPages: () => Promise<void> = () => Promise.resolve()): Promise<Item[]> {
  const items: Item[] = [];
  for (let cursor: string | null = ""; cursor !== null;) {
    const { json }: { json: Page } = await get(`${url}${cursor === "" ? "" : `&cursor=${cursor}`}`, headers);
    items.push(...json.data);
    cursor = json.nextCursor;
    await betweenPages();
  }
  return items;
}

it("without a valid key nothing is answered", async () => {
  const { business, headers } = await newBusiness();
  for (const authorization of [
    undefined,
    "",
    "Bearer",
    "Bearer ot_nonsense",
    `Bearer ot_${"a".repeat(32)}`,
    headers["authorization"]?.replace("Bearer", "Basic"),
  ]) {
    const answer = await http.app.inject({ url: "/api/v1/business", headers: authorization === undefined ? {} : { authorization } });
    expect([answer.statusCode, answer.json<{ code: string }>().code]).toEqual([401, "unauthorized"]);
  }
  expect((await get("/business", headers)).json.id).toBe(business.businessId);
});

it("a revoked key stops working, and only its hash is ever stored", async () => {
  const { business } = await newBusiness();
  const keys = createApiKeys({ database });
  const { id, key } = await keys.create(business.businessId, "short-lived");
  expect(key).toMatch(/^ot_[0-9A-Za-z]{32}$/);
  const { rows } = await test.superuser.query("select * from directory where target_id = $1", [id]);
  expect(JSON.stringify(rows)).not.toContain(key);
  expect(await keys.revoke(business.businessId, id)).toBe(true);
  expect((await get("/business", { authorization: `Bearer ${key}` })).status).toBe(401);
  expect((await keys.list(business.businessId)).find((known) => known.id === id)?.revokedAt).toBeInstanceOf(Date);
});

it("pages of conversations hold each one once, also when times are equal to the microsecond and new ones arrive", async () => {
  const { business, headers } = await newBusiness();
  const ids = await Promise.all(Array.from({ length: 11 }, () => createTestThread(test, business)));
  // Two instants of the same millisecond: a cursor that goes through a Date loses one of them.
  await test.superuser.query("update conversations set last_message_at = '2026-01-01 00:00:00.000100Z' where business_id = $1", [
    business.businessId,
  ]);
  await test.superuser.query("update conversations set last_message_at = '2026-01-01 00:00:00.000200Z' where id = any($1)", [
    ids.slice(0, 5),
  ]);
  const seen = await walk("/conversations?limit=2", headers, async () => {
    await createTestThread(test, business);
  });
  expect(seen.map(({ id }) => id).sort()).toEqual([...ids].sort());
});

it("pages of a thread hold each message once, in the order of the platform's time, in both directions", async () => {
  const { business, headers } = await newBusiness();
  const id = await createTestThread(test, { ...business, quietForMs: 1_000_000 });
  const base = Date.now() - 900_000;
  // Arrives in another order than it was written in, some of it within one second.
  for (const [index, offset] of [5, 1, 1, 4, 2, 3].entries()) {
    const sentAt = new Date(base + offset * 1000);
    await addTestMessage(test, {
      ...business,
      conversationId: id,
      seq: index + 2,
      providerMessageId: `wamid.${id}.${String(index)}`,
      type: "text",
      text: String(offset),
      sentAt,
    });
  }
  const seqs = (items: readonly Item[]): unknown[] => items.map((item) => item["seq"]);
  expect(seqs(await walk(`/conversations/${id}/messages?limit=2`, headers))).toEqual([2, 5, 7, 6, 4, 3, 1]);
  expect(seqs(await walk(`/conversations/${id}/messages?limit=2&order=asc`, headers))).toEqual([1, 3, 4, 6, 7, 5, 2]);
});

it("edits, revokes and reactions are shown with their message; those without it stay in the list", async () => {
  const { business, headers } = await newBusiness();
  const id = await createTestThread(test, business);
  const target = `wamid.${id}`;
  const sentAt = (second: number): Date => new Date(Date.now() + second * 1000);
  const reaction = (emoji: string): object => ({ type: "reaction", reaction: { message_id: target, emoji } });
  const changes = [
    { type: "edit", text: "Hello!", target },
    { type: "reaction", text: "👍", target, content: reaction("👍") },
    { type: "reaction", text: "❤️", target, content: reaction("❤️") },
    { type: "revoke", text: null, target },
    { type: "edit", text: "Of something we never saw", target: "wamid.never-seen" },
  ];
  for (const [index, change] of changes.entries()) {
    await addTestMessage(test, {
      ...business,
      ...change,
      conversationId: id,
      seq: index + 2,
      providerMessageId: `${target}.${String(index)}`,
      sentAt: sentAt(index),
    });
  }
  const { json } = await get(`/conversations/${id}/messages`, headers);
  expect(json.data.map((item) => item["seq"])).toEqual([6, 1]);
  expect(json.data[1]).toMatchObject({ text: "Hello", edits: [{ text: "Hello!" }], reactions: [{ emoji: "❤️", direction: "in" }] });
  expect(json.data[1]?.["revokedAt"]).not.toBeNull();
  // The same of a message that the business wrote: a customer changes nothing of it.
  const ours = "update onethread.messages set direction = 'out', author = 'ai', status = 'sent' where conversation_id = $1 and seq = 1";
  await test.superuser.query(ours, [id]);
  const [, said] = (await get(`/conversations/${id}/messages`, headers)).json.data;
  expect(said).toMatchObject({ text: "Hello", edits: [], revokedAt: null, reactions: [{ emoji: "❤️" }] });
});

it("a quote says what the quoted message says now: its last edit, what it is when it has no words, nothing once it was taken back, and nothing of another thread", async () => {
  const { business, headers } = await newBusiness();
  const [id, other] = [await createTestThread(test, business), await createTestThread(test, business)];
  const say = (seq: number, message: Partial<Parameters<typeof addTestMessage>[1]>, conversationId = id) =>
    addTestMessage(test, {
      ...business,
      conversationId,
      seq,
      providerMessageId: `${id}.${conversationId}.${String(seq)}`,
      type: "text",
      text: "said",
      sentAt: new Date(Date.now() + seq * 1_000),
      ...message,
    });
  const idOf = (seq: number, conversationId = id): string => `${id}.${conversationId}.${String(seq)}`;
  await say(2, { text: "tomorow at 5" });
  await say(3, { type: "edit", text: "tomorrow at 5", target: idOf(2) });
  await say(4, { text: "forget it" });
  await say(5, { type: "revoke", text: null, target: idOf(4) });
  await say(6, { text: "40 EUR" });
  await test.superuser.query(
    "update onethread.messages set direction = 'out', author = 'ai', status = 'sent' where conversation_id = $1 and seq = 6",
    [id],
  );
  await say(7, { type: "edit", text: "free of charge", target: idOf(6) });
  await say(8, { type: "revoke", text: null, target: idOf(6) });
  await say(2, { text: "of somebody else" }, other);
  await say(9, { type: "image", text: null });
  await say(10, { type: "audio", text: null });
  await say(11, { type: "revoke", text: null, target: idOf(10) });
  const all = [idOf(2), idOf(4), idOf(6), idOf(2, other), "wamid.unknown", idOf(9), idOf(10)];
  for (const [index, quoted] of all.entries()) {
    await say(12 + index, {});
    await test.superuser.query("update onethread.messages set quoted_provider_message_id = $3 where conversation_id = $1 and seq = $2", [
      id,
      12 + index,
      quoted,
    ]);
  }
  const { json } = await get(`/conversations/${id}/messages?order=asc`, headers);
  expect(json.data.slice(-7).map((item) => item["quotedText"])).toEqual(["tomorrow at 5", null, "40 EUR", null, null, "(a picture)", null]);
});

it("a message of a group names its member", async () => {
  const { business, headers } = await newBusiness();
  const id = await createTestThread(test, business);
  const content = { type: "text", text: { body: "hi" }, participant: { phone: "12025550147", name: "Ana" } };
  await addTestMessage(test, {
    ...business,
    conversationId: id,
    seq: 2,
    providerMessageId: `${id}.2`,
    type: "text",
    text: "hi",
    sentAt: new Date(),
    content,
  });
  const { json } = await get(`/conversations/${id}/messages`, headers);
  expect(json.data.map((item) => item["participant"])).toEqual([{ phone: "12025550147", name: "Ana" }, null]);
});

it("a member of a group has one reaction, by whichever of their ids they are named", async () => {
  const { business, headers } = await newBusiness();
  const id = await createTestThread(test, business);
  const react = (seq: number, emoji: string, participant: Record<string, string>) =>
    addTestMessage(test, {
      ...business,
      conversationId: id,
      seq,
      providerMessageId: `${id}.${String(seq)}`,
      type: "reaction",
      text: emoji,
      target: `${id}.wrote`,
      sentAt: new Date(Date.now() + seq * 1_000),
      content: { type: "reaction", reaction: { emoji }, participant },
    });
  const content = { type: "text", text: { body: "hi" }, participant: { phone: "12025550147", lid: "81200000000001" } };
  const wrote = { ...business, conversationId: id, seq: 2, providerMessageId: `${id}.wrote`, type: "text", text: "hi", sentAt: new Date() };
  await addTestMessage(test, { ...wrote, content });
  await react(3, "👍", { phone: "12025550147" });
  await react(4, "🎉", { lid: "81200000000001" });
  await react(5, "❤️", { phone: "12025550148" });
  const { json } = await get(`/conversations/${id}/messages`, headers);
  expect(json.data[0]?.["reactions"]).toMatchObject([{ emoji: "🎉" }, { emoji: "❤️" }]);
});

it("a merged conversation is not listed, and its id returns the winner and the winner's thread", async () => {
  const { business, headers } = await newBusiness();
  const [winner, middle, loser] = [
    await createTestThread(test, business),
    await createTestThread(test, business),
    await createTestThread(test, business),
  ];
  await test.superuser.query("update conversations set merged_into = $2 where id = $1", [middle, winner]);
  await test.superuser.query("update conversations set merged_into = $2 where id = $1", [loser, middle]);
  expect((await get("/conversations", headers)).json.data.map(({ id }) => id)).toEqual([winner]);
  expect((await get(`/conversations/${loser}`, headers)).json.id).toBe(winner);
  expect((await get(`/conversations/${loser}/messages`, headers)).json.data.map((item) => item["conversationId"])).toEqual([winner]);
});

it("a name is found by the beginning of any of its words, whatever the case, the accents and the digits, and a number by a part of it", async () => {
  const { business, headers } = await newBusiness();
  const other = await newBusiness();
  const names = [
    "José Ávila",
    "Weiß-Groß",
    "IŞIL ILICA",
    "أَحْمَد",
    "שָׁלוֹם",
    "Ｂｅａ ٢٢",
    "Øyvind Æsir",
    "ЁЛКА",
    "O’Brien",
    "🌸Lia🌸",
    "~*Rui*~",
    "«Eva»♥",
    "王小明",
    "山田太郎",
    "김철수",
    "สมชาย",
  ];
  for (const [index, contactName] of names.entries())
    await createTestThread(test, { ...business, contactName, phone: `120255570${String(index).padStart(2, "0")}` });
  await createTestThread(test, { ...other.business, contactName: "José", phone: "12025557000" });
  await test.superuser.query(
    "update onethread.conversations set contact_username = 'Ana.Souza' where business_id = $1 and contact_name = 'ЁЛКА'",
    [business.businessId],
  );
  const found = async (q: string): Promise<readonly unknown[]> =>
    (await get(`/conversations?q=${encodeURIComponent(q)}`, headers)).json.data.map(({ displayName }) => displayName);
  for (const [q, name] of [
    ["Jose", "José Ávila"],
    ["Ávila", "José Ávila"],
    ["avila", "José Ávila"],
    ["JOSÉ ÁV", "José Ávila"],
    ["Jose\u0301", "José Ávila"],
    ["WEISS", "Weiß-Groß"],
    ["weiß", "Weiß-Groß"],
    ["gross", "Weiß-Groß"],
    ["ışıl", "IŞIL ILICA"],
    ["isil ılıca", "IŞIL ILICA"],
    ["İSİL", "IŞIL ILICA"],
    ["احمد", "أَحْمَد"],
    ["שלום", "שָׁלוֹם"],
    ["bea 22", "Ｂｅａ ٢٢"],
    ["oyvind aesir", "Øyvind Æsir"],
    ["елка", "ЁЛКА"],
    ["o'br", "O’Brien"],
    ["@ana.s", "ЁЛКА"],
    ["souza", "ЁЛКА"],
    ["lia", "🌸Lia🌸"],
    ["🌸 Lia", "🌸Lia🌸"],
    ["rui", "~*Rui*~"],
    ["eva", "«Eva»♥"],
    ["小明", "王小明"],
    ["太郎", "山田太郎"],
    ["철수", "김철수"],
    ["ชาย", "สมชาย"],
    ["7001", "Weiß-Groß"],
    ["(0202) 555-7001", "Weiß-Groß"],
    ["００1 202/555-7001", "Weiß-Groß"],
    ["\u202A+1\u00A0202\u00A0555\u00A07001\u202C", "Weiß-Groß"],
    ["tel:+12025557001", "Weiß-Groß"],
  ] as const)
    expect([q, await found(q)]).toEqual([q, [name]]);
  for (const q of ["ose", "%", "_", ".", "-", "@", "🌸", "701 Jose"]) expect([q, await found(q)]).toEqual([q, []]);
});

it("a part of a phone number is found by its end, its beginning and as it is written within its country; else anywhere in the number", async () => {
  const { business, headers } = await newBusiness();
  for (const phone of ["491711234567", "4915550147250", "12025550147", "351911234890", "8801711234599", "34600017112"])
    await createTestThread(test, { ...business, contactName: "Ana", phone });
  const found = async (q: string): Promise<readonly unknown[]> =>
    (await get(`/conversations?q=${encodeURIComponent(q)}`, headers)).json.data.map(({ phone }) => phone).toSorted();
  for (const [q, phones] of [
    ["4567", ["491711234567"]],
    ["0171 1234567", ["491711234567"]],
    ["0171 12", ["34600017112", "491711234567", "8801711234599"]],
    ["171-1234", ["491711234567", "8801711234599"]],
    ["+49 17", ["491711234567"]],
    ["0049 1555", ["4915550147250"]],
    ["(202) 555", ["12025550147"]],
    // The end of one; in the midst of another, which is not looked at then.
    ["0147", ["12025550147"]],
    ["01472", ["4915550147250"]],
    ["1123", ["351911234890", "491711234567", "8801711234599"]],
    ["49", []],
    ["0147 250", ["4915550147250"]],
    ["11123456789", []],
  ] as const)
    expect([q, await found(q)]).toEqual([q, phones]);
});

it("the list can be narrowed by state, channel, phone and the beginning of a name", async () => {
  const { business, headers } = await newBusiness();
  const ana = await createTestThread(test, { ...business, contactName: "Ana 100%_Prado", phone: "12025550147" });
  const bia = await createTestThread(test, { ...business, contactName: "Bia", phone: "12025550148" });
  await post(`/conversations/${bia}/close`, headers);
  const ids = async (query: string): Promise<string[]> => (await get(`/conversations?${query}`, headers)).json.data.map(({ id }) => id);
  expect(await ids("open=true")).toEqual([ana]);
  expect(await ids("open=false")).toEqual([bia]);
  expect(await ids(`channelId=${business.channelId}`)).toHaveLength(2);
  expect(await ids(`channelId=${newId()}`)).toEqual([]);
  expect(await ids(`q=${encodeURIComponent("+1 (202) 555-0148")}`)).toEqual([bia]);
  expect(await ids("q=aNA")).toEqual([ana]);
  expect(await ids(`q=${encodeURIComponent("%")}`)).toEqual([]);
});

it("a conversation says who it is with, what came last, and until when anything may be sent", async () => {
  const { business, headers } = await newBusiness();
  const id = await createTestThread(test, { ...business, contactName: "Ana", phone: "12025550149" });
  const { json } = await get(`/conversations/${id}`, headers);
  expect(json).toMatchObject({ contactName: "Ana", phone: "12025550149", channelId: business.channelId, isOpen: true, aiPaused: null });
  expect(json["lastMessage"]).toMatchObject({ text: "Hello", direction: "in", type: "text" });
  expect(Date.parse(String(json["windowClosesAt"])) - Date.parse(String(json["lastCustomerMessageAt"]))).toBe(86_400_000);
});

it("pausing twice keeps the first reason, and resuming ends it", async () => {
  const { business, headers } = await newBusiness();
  const id = await createTestThread(test, business);
  const paused = await post(`/conversations/${id}/pause`, headers, { reason: "complaint" });
  expect(paused.json["aiPaused"]).toMatchObject({ reason: "complaint" });
  expect((await post(`/conversations/${id}/pause`, headers)).json["aiPaused"]).toEqual(paused.json["aiPaused"]);
  expect((await post(`/conversations/${id}/resume`, headers)).json["aiPaused"]).toBeNull();
  expect((await post(`/conversations/${id}/close`, headers)).json["isOpen"]).toBe(false);
  expect((await post(`/conversations/${id}/open`, headers)).json["isOpen"]).toBe(true);
});

it("after a pause has expired the next one begins a new time; while it lasts, pausing again changes nothing", async () => {
  const { business, headers } = await newBusiness();
  await test.superuser.query("update businesses set handoff_pause_ms = 60000 where id = $1", [business.businessId]);
  const id = await createTestThread(test, business);
  await test.superuser.query(
    "update conversations set ai_paused_at = now() - interval '61 seconds', ai_paused_reason = 'nothing_found' where id = $1",
    [id],
  );
  expect((await get(`/conversations/${id}`, headers)).json["aiPaused"]).toBeNull();
  const { json: paused } = await post(`/conversations/${id}/pause`, headers, { reason: "complaint" });
  const pause = paused["aiPaused"] as { at: string; until: string };
  expect(pause).toMatchObject({ reason: "complaint" });
  expect(Date.parse(pause.until) - Date.parse(pause.at)).toBe(60_000);
  expect((await post(`/conversations/${id}/pause`, headers, { reason: "again" })).json["aiPaused"]).toEqual(pause);
});

it("the turns of a conversation are listed, the newest first", async () => {
  const { business, headers } = await newBusiness();
  const id = await createTestThread(test, business);
  for (const seq of [1, 2, 3]) {
    await test.superuser.query(
      `insert into turns (business_id, id, conversation_id, covers_from, covers_to, state, fence, started_at, finished_at) values ($1, $2, $3, $4, $4, 'replied', 1, now(), now())`,
      [business.businessId, newId(), id, seq],
    );
  }
  const turns = await walk(`/turns?conversationId=${id}&limit=2`, headers);
  expect(turns.map((turn) => turn["coversFrom"])).toEqual([3, 2, 1]);
});

it("the key of one business reaches nothing of another one", async () => {
  const { business, headers } = await newBusiness();
  const other = await newBusiness();
  const id = await createTestThread(test, business);
  const { json } = await get(`/conversations/${id}/messages`, headers);
  const messageId = json.data[0]?.id ?? "";
  for (const url of [`/conversations/${id}`, `/conversations/${id}/messages`, `/messages/${messageId}`, `/turns?conversationId=${id}`]) {
    expect([url, (await get(url, headers)).status]).toEqual([url, 200]);
    expect([url, (await get(url, other.headers)).status]).toEqual([url, 404]);
  }
  for (const action of ["pause", "resume", "close", "open"])
    expect((await post(`/conversations/${id}/${action}`, other.headers)).status).toBe(404);
  expect((await post(`/conversations/${id}/messages`, other.headers, { type: "text", text: { body: "Hi" } })).status).toBe(404);
  expect((await get("/conversations", other.headers)).json.data).toEqual([]);
  expect((await get("/channels", other.headers)).json.data.map((item) => item.id)).toEqual([other.business.channelId]);
});

it("a cursor or an id that we never issued is refused with a sentence, never a failure of ours", async () => {
  const { business, headers } = await newBusiness();
  const id = await createTestThread(test, business);
  const forged = Buffer.from(JSON.stringify(["2026-13-45 00:00:00+00", newId()])).toString("base64url");
  for (const cursor of ["x", forged, Buffer.from("[]").toString("base64url"), Buffer.from('["now",1]').toString("base64url"), "%00"]) {
    for (const url of [
      `/conversations?cursor=${cursor}`,
      `/conversations/${id}/messages?cursor=${cursor}`,
      `/turns?conversationId=${id}&cursor=${cursor}`,
    ]) {
      expect([url, (await get(url, headers)).status]).toEqual([url, 400]);
    }
  }
  for (const url of ["/conversations/1", "/conversations/x/messages", "/turns?conversationId=1"])
    expect((await get(url, headers)).status).toBe(404);
  for (const url of ["/conversations?limit=0", "/conversations?limit=101", "/conversations?open=maybe", "/turns", "/messages/%00"])
    expect((await get(url, headers)).status).toBe(400);
});
