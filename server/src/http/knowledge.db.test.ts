import { afterAll, beforeAll, expect, test } from "vitest";
import { createTestBusiness } from "../../test/support/test-business.ts";
import { createTestDatabase, type TestDatabase } from "../../test/support/test-database.ts";
import { bearerFor, createTestHttp, type TestHttp } from "../../test/support/test-http.ts";

let testDatabase: TestDatabase;
let http: TestHttp;
let own: { readonly authorization: string };
let other: { readonly authorization: string };

beforeAll(async () => {
  testDatabase = await createTestDatabase();
  const database = testDatabase.open();
  http = createTestHttp(database, testDatabase.log);
  own = await bearerFor(database, (await createTestBusiness(testDatabase.superuser)).businessId);
  other = await bearerFor(database, (await createTestBusiness(testDatabase.superuser)).businessId);
});
afterAll(async () => {
  await http.app.close();
  await testDatabase.close();
});

interface Body {
  readonly id: string;
  readonly state: string;
  readonly detail: string;
  readonly data: readonly { readonly title: string; readonly answers: boolean; readonly body: string }[];
  readonly nextCursor: string | null;
}

async function call(
  ...[method, path, payload, headers = own]: [
    method: "GET" | "POST" | "PUT" | "DELETE",
    path: string,
    payload?: object,
    headers?: typeof own,
  ]
) {
  const answer = await http.app.inject({ method, url: `/api/v1${path}`, headers, ...(payload === undefined ? {} : { payload }) });
  return { status: answer.statusCode, body: (answer.body === "" ? {} : answer.json()) as Body };
}

test("a pair is added, found, replaced and removed, and another business sees nothing of it", async () => {
  const pair = { kind: "qa", questions: ["Do you deliver?", "Is shipping free?"], answer: "Yes.", language: "english" };
  const added = await call("POST", "/knowledge", pair);
  expect(added).toMatchObject({ status: 201, body: { state: "ready" } });
  const { id } = added.body;
  expect((await call("GET", "/knowledge/search?q=shipping")).body.data).toMatchObject([
    { title: "Do you deliver?", answers: true, body: "Yes." },
  ]);
  expect((await call("PUT", `/knowledge/${id}`, { kind: "text", title: "Shipping", body: "No." })).body).toMatchObject({
    id,
    state: "ready",
  });
  expect((await call("GET", "/knowledge/search?q=shipping")).body.data).toMatchObject([{ title: "Shipping", body: "No." }]);
  for (const [method, path] of [
    ["GET", ""],
    ["DELETE", ""],
    ["POST", "/reindex"],
  ] as const)
    expect((await call(method, `/knowledge/${id}${path}`, undefined, other)).status).toBe(404);
  expect((await call("PUT", `/knowledge/${id}`, pair, other)).status).toBe(404);
  expect((await call("GET", "/knowledge", undefined, other)).body.data).toEqual([]);
  expect((await call("GET", "/knowledge/search?q=shipping", undefined, other)).body.data).toEqual([]);
  expect((await call("DELETE", `/knowledge/${id}`)).status).toBe(204);
  expect((await call("GET", `/knowledge/${id}`)).status).toBe(404);
});

test("what a business with an embedding model adds waits for its meaning, short as it may be, and the workers are told at once", async () => {
  const business = (await createTestBusiness(testDatabase.superuser)).businessId;
  const headers = await bearerFor(testDatabase.open(), business);
  const add = async (title: string): Promise<string> =>
    (await call("POST", "/knowledge", { kind: "text", title, body: "Heated." }, headers)).body.id;
  const queued = async (): Promise<readonly string[]> =>
    (
      await testDatabase.superuser.query<{ id: string }>("select text_id as id from knowledge_jobs where business_id = $1", [business])
    ).rows.map(({ id }) => id);
  await add("Pool");
  expect([await queued(), http.woken.includes("knowledge")]).toEqual([[], false]);
  const embedding = { provider: "openai-compatible", model: "words", baseUrl: "http://127.0.0.1:1/v1", dimensions: 64 };
  const patched = await http.app.inject({ method: "PATCH", url: "/api/v1/reply-settings", headers, payload: { embedding } });
  expect(patched.statusCode).toBe(200);
  const added = await add("Sauna");
  expect(await queued()).toEqual([added]);
  expect(http.woken).toContain("knowledge");
});

test("a file waits to be indexed; what cannot be read is refused with a sentence", async () => {
  const content = Buffer.from("# Rooms\n\nThere are twelve.").toString("base64");
  expect((await call("POST", "/knowledge", { kind: "file", name: "rooms.md", content, encoding: "base64" })).body.state).toBe("pending");
  for (const [file, sentence] of [
    [{ name: "rooms.docx", content: "x" }, "known kind"],
    [{ name: "rooms.pdf", content: "no pdf" }, "could not be read"],
    [{ name: "rooms.md", content: "x", language: "klingon" }, "klingon"],
  ] as const) {
    const answer = await call("POST", "/knowledge", { kind: "file", ...file });
    expect(answer.status).toBe(400);
    expect(answer.body.detail).toContain(sentence);
  }
});

test("the list is paged by title, and every text is on one page", async () => {
  for (const title of ["B", "A", "C"]) await call("POST", "/knowledge", { kind: "text", title, body: "x" }, other);
  const first = await call("GET", "/knowledge?limit=2", undefined, other);
  const second = await call("GET", `/knowledge?limit=2&cursor=${first.body.nextCursor ?? ""}`, undefined, other);
  expect([...first.body.data, ...second.body.data].map(({ title }) => title)).toEqual(["A", "B", "C"]);
  expect(second.body.nextCursor).toBeNull();
});
