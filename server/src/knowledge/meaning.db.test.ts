import { readdir, readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { PGlite, type Results } from "@electric-sql/pglite";
import { vector } from "@electric-sql/pglite-pgvector";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startOpenAiServer, type OpenAiServer } from "../../test/support/openai-server.ts";
import type { BusinessDatabase, Database } from "../db/database.ts";
import type { Parameters } from "../db/parameters.ts";
import type { Columns, Query, Queryable } from "../db/query.ts";
import { noFailPoints } from "../kernel/fail-points.ts";
import { newId, type BusinessId } from "../kernel/ids.ts";
import { createLog } from "../kernel/log.ts";
import { createOutsideHttp, type OutsideHttp } from "../outside/outside-http.ts";
import { replySettingsSchema } from "../settings/reply-settings.ts";
import { createFindEmbedder, type FindEmbedder } from "./embed-texts.ts";
import { createIndexWorker, type IndexWorker } from "./index-worker.ts";
import { createKnowledgeBase, type KnowledgeBase, type KnowledgeBaseDeps } from "./knowledge-base.ts";

// A real PostgreSQL with pgvector, in this process: the embedded one has none.
const SQL = fileURLToPath(new URL("../../sql/", import.meta.url));
let pglite: PGlite;
let server: OpenAiServer;
let outside: OutsideHttp;
let worker: IndexWorker;
let deps: KnowledgeBaseDeps;
let base: KnowledgeBase;
let findEmbedder: FindEmbedder;
const [own, other] = [newId<BusinessId>(), newId<BusinessId>()];

function onPglite(): Database {
  const as = (role: string, businessId: BusinessId | undefined): BusinessDatabase => {
    const inRole = <T>(work: (tx: Queryable) => Promise<T>): Promise<T> =>
      pglite.transaction(async (tx) => {
        await tx.query(`set local role ${role}`);
        await tx.query("select set_config('onethread.business_id', $1, true)", [businessId ?? ""]);
        const ask = async (query: Query<Columns, Parameters>, values: object): Promise<Results> => {
          const read = query.slots.map((slot) => slot.read(values as Record<string, unknown>, businessId));
          return tx.query(query.text, read);
        };
        return work({
          run: async (query, values) => (await ask(query, values)).rows as never,
          execute: async (query, values) => (await ask(query, values)).affectedRows ?? 0,
        });
      });
    return {
      transaction: inRole,
      run: (query, values) => inRole((tx) => tx.run(query, values)),
      execute: (query, values) => inRole((tx) => tx.execute(query, values)),
    };
  };
  return {
    forBusiness: (id: BusinessId) => as("onethread_app", id),
    acrossBusinesses: as("onethread_ingest", undefined),
  } as unknown as Database;
}

beforeAll(async () => {
  pglite = await PGlite.create({ extensions: { vector } });
  await pglite.exec(await readFile(`${SQL}bootstrap.sql`, "utf8"));
  await pglite.exec("set role onethread_owner; set search_path = onethread, pg_temp");
  for (const file of (await readdir(`${SQL}migrations`)).toSorted()) await pglite.exec(await readFile(`${SQL}migrations/${file}`, "utf8"));
  await pglite.exec("reset role");
  for (const id of [own, other]) await pglite.query("insert into onethread.businesses (id, name) values ($1, 'Aurora')", [id]);
  server = await startOpenAiServer({ apiKey: "key" });
  outside = createOutsideHttp({ privateHosts: [server.host] });
  const settings = replySettingsSchema.parse({
    embedding: { provider: "openai-compatible", model: "words", baseUrl: server.baseUrl, dimensions: 64 },
  });
  findEmbedder = createFindEmbedder({
    settings: { find: () => Promise.resolve(settings), findSecret: () => Promise.resolve("key") },
    outside,
  });
  deps = {
    database: onPglite(),
    failPoints: noFailPoints,
    log: createLog({ level: "silent" }),
    findEmbedder,
    onQueued: () => undefined,
  };
  base = createKnowledgeBase(deps);
  worker = createIndexWorker({ ...deps, outside });
}, 60_000);
afterAll(async () => {
  await outside.close();
  await server.stop();
  await pglite.close();
});

const search = (text: string, businessId = own) => base.search({ businessId, text, language: "english" });

test("meaning is added where the database offers it, now or later; until then, and where the provider fails, words answer", async () => {
  await base.addText({ businessId: own, title: "Swimming", body: "The swimming pool is heated.", language: "english" });
  const file = Buffer.from("# Sauna\n\nThe sauna opens at noon.\n\n# Gym\n\nThe gymnasium is upstairs.");
  await base.add(own, { kind: "file", title: "Leisure", bytes: file, mediaType: "text/markdown", language: "english" });
  expect(await worker.runOnce()).toBe(2);
  expect(server.embedded).toHaveLength(3);
  expect(await search("sauna")).toMatchObject([{ heading: "Sauna", similarity: null, answers: true }]);
  await pglite.exec("create schema extensions; grant usage on schema extensions to public; create extension vector schema extensions");
  // Asked again, because whether vectors are offered is remembered for a minute.
  base = createKnowledgeBase({ ...deps, database: onPglite() });
  // "gymnastics" is another word than "gymnasium", and shares its beginning, which is all that the test's vectors look at.
  expect(await search("gymnastics")).toMatchObject([{ heading: "Gym", score: 0, answers: false }, {}, {}]);
  expect((await search("gymnastics"))[0]?.similarity).toBeGreaterThan(0.3);
  expect((await search("is the swimming pool heated"))[0]).toMatchObject({ title: "Swimming", heading: null, answers: true });
  await base.addText({ businessId: own, title: "Swimming", body: "The swimming pool is closed.", language: "english" });
  expect((await search("swimming pool"))[0]?.body).toBe("The swimming pool is closed.");
  expect(await search("gymnastics", other)).toEqual([]);
  await server.stop();
  expect(await search("sauna")).toMatchObject([{ heading: "Sauna", similarity: null, answers: true }]);
});
