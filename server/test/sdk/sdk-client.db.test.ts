// Proves that the client and the real server understand each other: pages, errors, retries that never send twice.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test as it } from "vitest";
import { createApiKeys } from "../../src/businesses/api-keys.ts";
import { openUploads } from "../../src/compose/media-work.ts";
import type { Database } from "../../src/db/database.ts";
import { noFailPoints } from "../../src/kernel/fail-points.ts";
import { createLocalStore } from "../../src/media/local-store.ts";
import { createTestBusiness, type TestBusiness } from "../support/test-business.ts";
import { createTestDatabase, type TestDatabase } from "../support/test-database.ts";
import { createTestHttp, createTestThread, type TestHttp } from "../support/test-http.ts";
import { createClient, ProblemError, withFile, type Client, type ClientOptions } from "../../../sdk/src/index.ts";

const HELLO = { type: "text", text: { body: "Hello" } };

let test: TestDatabase;
let directory: string;
let database: Database;
let http: TestHttp;
let business: TestBusiness;
let options: ClientOptions;
let client: Client;

beforeAll(async () => {
  test = await createTestDatabase();
  database = test.open();
  directory = await mkdtemp(join(tmpdir(), "onethread-sdk-"));
  const store = createLocalStore(directory);
  http = createTestHttp(database, test.log, {
    uploadMedia: openUploads({ database, store, directory, log: test.log, failPoints: noFailPoints }),
  });
  business = await createTestBusiness(test.superuser);
  const { key } = await createApiKeys({ database }).create(business.businessId, "sdk");
  options = { baseUrl: await http.app.listen({ port: 0, host: "127.0.0.1" }), apiKey: key };
  client = createClient(options);
});

afterAll(async () => {
  await http.app.close();
  await test.close();
  await rm(directory, { recursive: true });
});

it("every page is walked, and each conversation is seen once", async () => {
  const other = await createTestBusiness(test.superuser);
  const { key } = await createApiKeys({ database }).create(other.businessId, "sdk");
  const ids = await Promise.all(Array.from({ length: 7 }, () => createTestThread(test, other)));
  const seen: string[] = [];
  for await (const { id } of createClient({ ...options, apiKey: key }).conversations.all({ limit: 3 })) seen.push(id);
  expect(seen.sort()).toEqual([...ids].sort());
});

it("a thread is read, written to, and changed", async () => {
  const id = await createTestThread(test, business);
  const sent = await client.conversations.send(id, HELLO);
  expect((await client.messages.get(sent.id)).text).toBe("Hello");
  expect((await client.conversations.messages(id, { order: "asc" })).data.map(({ seq }) => seq)).toEqual([1, 2]);
  const all = await Array.fromAsync(client.conversations.allMessages(id, { limit: 1 }));
  expect(all.map(({ seq }) => seq)).toEqual([2, 1]);
  expect((await client.conversations.pause(id, "complaint")).aiPaused?.reason).toBe("complaint");
  expect((await client.conversations.resume(id)).aiPaused).toBeNull();
  expect((await client.conversations.close(id)).isOpen).toBe(false);
  expect((await client.conversations.list({ open: false })).data.map((conversation) => conversation.id)).toContain(id);
  expect((await client.turns.list({ conversationId: id })).data).toEqual([]);
  expect((await client.conversations.send(id, HELLO, { author: "human" })).author).toBe("human");
  expect((await client.conversations.get(id)).aiPaused?.reason).toBe("inbox");
  expect((await client.business.get()).id).toBe(business.businessId);
  expect((await client.channels.list()).data).toHaveLength(1);
});

it("events are read from where the last reading ended", async () => {
  const id = await createTestThread(test, business);
  const { nextCursor: after } = await client.events.list();
  await client.conversations.pause(id);
  await client.conversations.resume(id);
  const first = await client.events.list({ after, limit: 1 });
  const second = await client.events.list({ after: first.nextCursor, type: "conversation.resumed" });
  expect([...first.data, ...second.data].map(({ type, conversationId }) => [type, conversationId])).toEqual([
    ["conversation.paused", id],
    ["conversation.resumed", id],
  ]);
});

it("a file is uploaded, also after an answer that asked to wait, and sent by its id; one that is given up is not tried again", async () => {
  const id = await createTestThread(test, business);
  let asked = 0;
  const fetch: typeof globalThis.fetch = async (...request) => {
    asked += 1;
    return asked === 1 ? new Response("{}", { status: 503, headers: { "retry-after": "0" } }) : globalThis.fetch(...request);
  };
  const patient = createClient({ ...options, fetch, wait: () => Promise.resolve() });
  const file = new File(["%PDF-1.7 offer"], "offer.pdf", { type: "application/pdf" });
  const uploaded = await patient.media.upload(file);
  expect([asked, uploaded]).toMatchObject([2, { kind: "document", fileName: "offer.pdf", mimeType: "application/pdf" }]);
  expect(await client.media.get(uploaded.id)).toMatchObject({ state: "ready", bytes: file.size });
  const sent = await client.conversations.send(id, withFile(uploaded, { caption: "Offer" }));
  expect(sent).toMatchObject({
    type: "document",
    content: { document: { id: uploaded.id, caption: "Offer", filename: "offer.pdf" } },
    media: { id: uploaded.id },
  });
  expect(withFile({ id: "f", kind: "image" }, { as: "document" })).toEqual({ type: "document", document: { id: "f" } });
  await expect(patient.media.upload(new Blob([]), { name: "empty" })).rejects.toMatchObject({ code: "media_refused" });
  asked = 1;
  await expect(patient.media.upload(file, { signal: AbortSignal.abort(new Error("given up")) })).rejects.toThrow("given up");
  expect(asked).toBe(1);
});

it("a person is resolved to one conversation, and a second lead is refused by its code", async () => {
  const made = await client.conversations.resolve({ phone: "+1 202 555 0777", leadId: "crm-1", name: "Ana" });
  expect(made).toMatchObject({ isNew: true, leadId: "crm-1", displayName: "Ana" });
  expect(await client.conversations.resolve({ leadId: "crm-1" })).toMatchObject({ id: made.id, isNew: false });
  await expect(client.conversations.resolve({ phone: "12025550777", leadId: "crm-2" })).rejects.toMatchObject({ code: "lead_conflict" });
});

it("a refusal is thrown with its stable code", async () => {
  const id = await createTestThread(test, { ...business, quietForMs: 2 * 86_400_000 });
  const refused = client.conversations.send(id, HELLO);
  await expect(refused).rejects.toBeInstanceOf(ProblemError);
  await expect(refused).rejects.toMatchObject({ code: "window_closed", status: 409 });
  await expect(createClient({ ...options, apiKey: "wrong" }).business.get()).rejects.toMatchObject({ code: "unauthorized" });
});

it("a send whose answer is lost is tried again, and sends once", async () => {
  const id = await createTestThread(test, business);
  const waits: number[] = [];
  let calls = 0;
  const losing = createClient({
    ...options,
    wait: (ms) => {
      waits.push(ms);
      return Promise.resolve();
    },
    fetch: async (input, init) => {
      calls += 1;
      const answer = await fetch(input, init);
      if (calls === 1) throw new TypeError("fetch failed");
      if (calls === 2) return new Response("busy", { status: 503, headers: { "retry-after": "2" } });
      return answer;
    },
  });
  const sent = await losing.conversations.send(id, HELLO);
  expect(sent.seq).toBe(2);
  expect([calls, waits]).toEqual([3, [200, 2_000]]);
  expect((await client.conversations.messages(id)).data).toHaveLength(2);
});

it("an answer that is not from the API says so", async () => {
  const behindProxy = createClient({ ...options, fetch: () => Promise.resolve(new Response("<html>Bad gateway</html>", { status: 502 })) });
  await expect(behindProxy.business.get()).rejects.toMatchObject({ code: "unexpected_answer", status: 502 });
});

it("templates are listed, read and previewed; without the platform it is said what could not be read", async () => {
  const components = JSON.stringify([{ type: "BODY", text: "Hi {{1}}, all is fine." }]);
  for (const name of ["one", "two", "three"]) {
    await test.superuser.query(
      "insert into template_states (business_id, account_id, name, language, components, parameter_format) values ($1, '300000000000001', $2, 'en', $3, 'POSITIONAL')",
      [business.businessId, name, components],
    );
  }
  expect((await Array.fromAsync(client.templates.all({ limit: 2 }))).map(({ name }) => name)).toEqual(["one", "three", "two"]);
  const [first] = (await client.templates.list({ name: "one" })).data;
  expect(await client.templates.get(first?.id ?? "")).toEqual(first);
  const shown = await client.templates.preview(first?.id ?? "", [{ type: "body", parameters: [{ type: "text", text: "Ana" }] }]);
  expect(shown).toMatchObject({ text: "Hi Ana, all is fine.", problems: [] });
  expect((await client.templates.preview(first?.id ?? "")).problems).toMatchObject([{ path: "body" }]);
  expect((await client.templates.sync({ accountId: "300000000000001" })).data).toMatchObject([{ error: expect.any(String) as string }]);
});
