import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { createTestBusiness, type TestBusiness } from "../../test/support/test-business.ts";
import { createTestDatabase, type TestDatabase } from "../../test/support/test-database.ts";
import { createTestServices } from "../../test/support/test-services.ts";
import { eventually } from "../../test/support/eventually.ts";
import { stressStartStop } from "../../test/support/stress-start-stop.ts";
import type { Database } from "../db/database.ts";
import { noFailPoints, type FailPoints } from "../kernel/fail-points.ts";
import { createOutsideHttp, type OutsideHttp } from "../outside/outside-http.ts";
import { claimKnowledgeJobsAcrossBusinesses } from "./indexing.queries.ts";
import { createIndexWorker, type IndexWorker } from "./index-worker.ts";
import type { AddOutcome, KnowledgeBase } from "./knowledge-base.ts";
import type { RunTextWork } from "./run-text-work.ts";
import { doTextTask } from "./text-work.ts";

let testDatabase: TestDatabase;
let database: Database;
let outside: OutsideHttp;
let pages: Server;
let origin: string;
let answer: { status: number; type: string; body: string };
let base: KnowledgeBase;
let business: TestBusiness;

beforeAll(async () => {
  testDatabase = await createTestDatabase();
  database = testDatabase.open();
  pages = createServer((_request, response) => response.writeHead(answer.status, { "content-type": answer.type }).end(answer.body));
  await new Promise<void>((resolve) => pages.listen(0, "127.0.0.1", resolve));
  const host = `127.0.0.1:${String((pages.address() as AddressInfo).port)}`;
  origin = `http://${host}`;
  outside = createOutsideHttp({ privateHosts: [host] });
  base = createTestServices({ database, log: testDatabase.log }).knowledge;
});
beforeEach(async () => {
  await testDatabase.superuser.query("delete from knowledge_texts");
  business = await createTestBusiness(testDatabase.superuser);
});
afterAll(async () => {
  await outside.close();
  pages.closeAllConnections();
  pages.close();
  await testDatabase.close();
});

const byWordsOnly = (): Promise<undefined> => Promise.resolve(undefined);

function workerWith(failPoints: FailPoints = noFailPoints): IndexWorker {
  return createIndexWorker({ database, findEmbedder: byWordsOnly, failPoints, outside, log: testDatabase.log, backoffMs: () => 0 });
}

/** A fail point that breaks at its n-th hit, once. */
function breakAt(n: number): FailPoints & { readonly hits: () => number } {
  let hits = 0;
  return {
    hits: () => hits,
    hit: (point) => (point === "knowledge.index" && ++hits === n ? Promise.reject(new Error("the process died")) : undefined),
  };
}

const savedId = (outcome: AddOutcome | undefined): string => {
  if (outcome?.outcome !== "saved") throw new Error(outcome?.reason ?? "unknown text");
  return outcome.id;
};
const handbook = (word: string): string =>
  Array.from(
    { length: 100 },
    (_, index) => `## Chapter ${String(index)}\n\nThe ${word} of room${String(index)} is on page ${String(index)}.`,
  ).join("\n\n");
const file = (text: string, title = "Handbook") =>
  ({ kind: "file", title, bytes: Buffer.from(text), mediaType: "text/markdown", language: "english" }) as const;
const ask = async (text: string, of = business): Promise<string | undefined> =>
  (await base.search({ businessId: of.businessId, text, language: "english" })).find(({ answers }) => answers)?.body;
const find = (id: string) => base.findText(business.businessId, id);

test("a file answers with the piece that is about the question, once it is indexed, and with its progress in sight", async () => {
  const id = savedId(await base.add(business.businessId, file(handbook("kettle"))));
  expect(await find(id)).toMatchObject({ state: "pending", isLive: false });
  expect(await ask("kettle room42")).toBeUndefined();
  expect(await workerWith().runOnce()).toBe(1);
  expect(await find(id)).toMatchObject({ state: "ready", isLive: true, chunks: { done: 100, total: 100 }, error: null });
  expect(await ask("kettle room42")).toBe("The kettle of room42 is on page 42.");
  expect(await workerWith().runOnce()).toBe(0);
});

test("after a crash in the middle of indexing the next run continues from there, and the earlier version answers until the new one is whole", async () => {
  const id = savedId(await base.add(business.businessId, file(handbook("kettle"))));
  await workerWith().runOnce();
  expect(savedId(await base.add(business.businessId, file(handbook("teapot"))))).toBe(id);
  await workerWith(breakAt(3)).runOnce();
  expect(await find(id)).toMatchObject({ isLive: true, chunks: { done: 64, total: 100 } });
  expect(await ask("kettle room42")).toBe("The kettle of room42 is on page 42.");
  expect(await ask("teapot")).toBeUndefined();
  const rest = breakAt(99);
  await workerWith(rest).runOnce();
  expect(rest.hits()).toBe(2);
  expect(await ask("teapot room42")).toBe("The teapot of room42 is on page 42.");
  expect(await ask("kettle")).toBeUndefined();
  const { rows } = await testDatabase.superuser.query("select distinct version from knowledge_chunks where text_id = $1", [id]);
  expect(rows).toEqual([{ version: 2 }]);
});

test("what fails again and again is given up with a sentence; what is asked for again is tried again", async () => {
  answer = { status: 503, type: "text/html", body: "" };
  const id = savedId(await base.add(business.businessId, { kind: "url", url: `${origin}/faq`, title: "FAQ", language: "english" }));
  await workerWith().runOnce();
  expect(await find(id)).toMatchObject({ state: "pending", error: expect.stringContaining("answered 503") as string });
  for (let attempt = 0; attempt < 7; attempt += 1) await workerWith().runOnce();
  expect(await find(id)).toMatchObject({ state: "failed" });
  expect(await workerWith().runOnce()).toBe(0);
  answer = {
    status: 200,
    type: "text/html; charset=utf-8",
    body: "<title>FAQ</title><nav>Menu</nav><main><h2>Refunds</h2><p>Refunds take five days.</p></main>",
  };
  expect(await base.reindex(business.businessId, id)).toBe(1);
  await workerWith().runOnce();
  expect(await find(id)).toMatchObject({ state: "ready", error: null });
  expect(await ask("how long do refunds take")).toBe("Refunds take five days.");
});

test("an outage of our own database fails no text, however long it lasts", async () => {
  const id = savedId(await base.add(business.businessId, file(handbook("kettle"))));
  await testDatabase.superuser.query(
    `create function onethread.refuse() returns trigger language plpgsql as $$ begin raise exception 'no space' using errcode = '53100'; end $$;
     create trigger refuse before insert on onethread.knowledge_chunks for each row execute function onethread.refuse()`,
  );
  // The last of its tries.
  await testDatabase.superuser.query("update knowledge_jobs set attempts = 7, unsettled = 2");
  try {
    expect(await workerWith().runOnce()).toBe(1);
  } finally {
    await testDatabase.superuser.query("drop function onethread.refuse cascade");
  }
  const { rows } = await testDatabase.superuser.query("update knowledge_jobs set due_at = now() returning attempts, unsettled");
  expect(rows).toEqual([{ attempts: 7, unsettled: 0 }]);
  expect(await find(id)).toMatchObject({ error: null });
  await workerWith().runOnce();
  expect(await find(id)).toMatchObject({ state: "ready" });
});

test("a page that changed is a new version when it is read again, and the same page is none", async () => {
  answer = { status: 200, type: "text/plain", body: "The pool is heated." };
  const id = savedId(await base.add(business.businessId, { kind: "url", url: `${origin}/pool`, language: "english" }));
  for (let read = 0; read < 2; read += 1) {
    await base.reindex(business.businessId, id);
    await workerWith().runOnce();
    expect(await find(id)).toMatchObject({ version: 1, state: "ready" });
  }
  answer = { ...answer, body: "The pool is closed." };
  await base.reindex(business.businessId, id);
  await workerWith().runOnce();
  expect(await find(id)).toMatchObject({ version: 2, state: "ready" });
  expect(await ask("pool")).toBe("The pool is closed.");
});

test("a page of our own network, or of a kind that nobody can read, fails at once with a sentence", async () => {
  const inside = savedId(await base.add(business.businessId, { kind: "url", url: "http://127.0.0.1:8081/secret", language: "english" }));
  answer = { status: 200, type: "image/png", body: "x" };
  const picture = savedId(await base.add(business.businessId, { kind: "url", url: `${origin}/picture`, language: "english" }));
  await workerWith().runOnce();
  expect(await find(inside)).toMatchObject({ state: "failed" });
  expect(await find(picture)).toMatchObject({ state: "failed", error: expect.stringContaining("image/png") as string });
});

test("nothing of one business is found, shown, changed or removed by another", async () => {
  const other = await createTestBusiness(testDatabase.superuser);
  const id = savedId(await base.add(business.businessId, file(handbook("kettle"))));
  await base.addText({ businessId: business.businessId, title: "Parking", body: "Behind the house.", language: "english" });
  await workerWith().runOnce();
  expect(await ask("kettle room42", other)).toBeUndefined();
  expect(await base.search({ businessId: other.businessId, text: "parkng kettle", language: "english" })).toEqual([]);
  expect(await base.findText(other.businessId, id)).toBeUndefined();
  expect(await base.listTexts(other.businessId)).toEqual([]);
  expect(await base.reindex(other.businessId, id)).toBe(0);
  expect(await base.removeText(other.businessId, id)).toBe(false);
  expect(await base.replace(other.businessId, id, file("# X\n\nStolen."))).toBeUndefined();
  expect(await ask("kettle room42")).toBe("The kettle of room42 is on page 42.");
});

test("a row of older code answers, also when it replaces a file; and a file replaces a short text only when it is indexed", async () => {
  const write = (body: string) =>
    testDatabase.superuser.query(
      `insert into knowledge_texts (business_id, id, title, body, language, search) values ($1, gen_random_uuid(), 'Handbook', $2, 'english', to_tsvector('english', $2))
       on conflict on constraint uq_knowledge_title do update set body = excluded.body, search = excluded.search`,
      [business.businessId, body],
    );
  await write("The kettle whistles.");
  expect(await ask("kettle")).toBe("The kettle whistles.");
  await base.add(business.businessId, file("# Kettles\n\nThe kettle boils."));
  expect(await ask("kettle")).toBe("The kettle whistles.");
  await workerWith().runOnce();
  expect(await ask("kettle")).toBe("The kettle boils.");
  await write("The kettle is broken.");
  expect(await ask("kettle")).toBe("The kettle is broken.");
});

test("a pair is found by every way to ask, and gives its answer word for word", async () => {
  const questions = ["Do you deliver?", "Can you bring it home?"];
  await base.add(business.businessId, { kind: "qa", questions, answer: "Yes, by bike.", language: "en" });
  expect(await ask("bring home")).toBe("Yes, by bike.");
  expect(await ask("delivr")).toBe("Yes, by bike.");
});

test("a text that takes its process down each time has failed after three tries, and its neighbours are indexed", async () => {
  const id = savedId(await base.add(business.businessId, file(handbook("kettle"))));
  // Its process was killed: the lease ended, and nobody wrote down how the work did.
  for (let killed = 0; killed < 3; killed += 1) {
    const { rowCount } = await testDatabase.superuser.query(
      "update knowledge_jobs set attempts = attempts + 1, unsettled = unsettled + 1, fence = fence + 1 where text_id = $1",
      [id],
    );
    expect(rowCount).toBe(1);
  }
  const neighbour = savedId(await base.add(business.businessId, file(handbook("teapot"), "Another")));
  await workerWith().runOnce();
  expect(await find(id)).toMatchObject({ state: "failed", error: expect.stringContaining("three times in a row") as string });
  expect(await find(neighbour)).toMatchObject({ state: "ready" });
  expect(await base.reindex(business.businessId, id)).toBe(1);
  await workerWith().runOnce();
  expect(await find(id)).toMatchObject({ state: "ready" });
});

test("a claim counts as unsettled until its end is written down", async () => {
  const hung = Promise.withResolvers<undefined>();
  const begun = Promise.withResolvers<undefined>();
  const id = savedId(await base.add(business.businessId, file(handbook("kettle"))));
  const worker = createIndexWorker({
    database,
    findEmbedder: byWordsOnly,
    failPoints: noFailPoints,
    outside,
    log: testDatabase.log,
    runTextWork: async () => {
      begun.resolve(undefined);
      await hung.promise;
      return { outcome: "busy" };
    },
  });
  const pass = worker.runOnce();
  await begun.promise;
  const unsettled = async (): Promise<unknown> =>
    (await testDatabase.superuser.query("select unsettled from knowledge_jobs where text_id = $1", [id])).rows;
  expect(await unsettled()).toEqual([{ unsettled: 1 }]);
  hung.resolve(undefined);
  await pass;
  expect(await unsettled()).toEqual([{ unsettled: 0 }]);
});

test("one business's slow pages take two places, and another's text is indexed beside them", async () => {
  const release = Promise.withResolvers<undefined>();
  let asked = 0;
  const silent = createServer((_request, response) => {
    asked += 1;
    void release.promise.then(() => response.writeHead(200, { "content-type": "text/plain" }).end("At last."));
  });
  await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
  const host = `127.0.0.1:${String((silent.address() as AddressInfo).port)}`;
  const http = createOutsideHttp({ privateHosts: [host] });
  const worker = createIndexWorker({
    database,
    findEmbedder: byWordsOnly,
    failPoints: noFailPoints,
    outside: http,
    log: testDatabase.log,
    pollMs: 20,
  });
  try {
    for (let page = 0; page < 6; page += 1)
      await base.add(business.businessId, { kind: "url", url: `http://${host}/${String(page)}`, language: "english" });
    worker.start();
    await eventually(
      () => asked,
      (count) => count === 2,
      { what: "the share of the business with the slow pages" },
    );
    const other = await createTestBusiness(testDatabase.superuser);
    const id = savedId(await base.add(other.businessId, file(handbook("teapot"))));
    worker.wake();
    await eventually(
      () => base.findText(other.businessId, id),
      (text) => text?.state === "ready",
      { what: "the other business's text" },
    );
    expect(asked).toBe(2);
  } finally {
    release.resolve(undefined);
    await worker.stop();
    await http.close();
    silent.close();
  }
});

test("however a worker is started, woken and stopped, it claims nothing after a stop, and what it released is indexed at once by the next", async () => {
  const ids: string[] = [];
  for (let nth = 0; nth < 3; nth += 1) {
    const title = `Handbook ${String(nth)}`;
    ids.push(savedId(await base.add(business.businessId, file(handbook("kettle"), title))));
  }
  // Here and not in a process of its own, which would take most of the time.
  const runTextWork: RunTextWork = async (_businessId, task) => ({ outcome: "done", result: (await doTextTask(task)) as never });
  const { acrossBusinesses } = database;
  const create = (begun: () => void): IndexWorker => {
    const run: Database["acrossBusinesses"]["run"] = (query, values) => {
      if (query.name === claimKnowledgeJobsAcrossBusinesses.name) begun();
      return acrossBusinesses.run(query, values);
    };
    const watched = { ...database, acrossBusinesses: { ...acrossBusinesses, run } };
    return createIndexWorker({
      database: watched,
      failPoints: noFailPoints,
      findEmbedder: byWordsOnly,
      outside,
      log: testDatabase.log,
      runTextWork,
    });
  };
  expect(await stressStartStop(create, 12)).toBeGreaterThan(0);
  const last = create(() => undefined);
  last.start();
  for (const id of ids)
    await eventually(
      () => find(id),
      (text) => text?.state === "ready",
      { what: "the text, long before its lease would have ended" },
    );
  await last.stop();
});
