// Proves how many statements a turn by a model needs, and that the tools which it remembers between turns are those that the business has now.
import { afterAll, beforeAll, beforeEach, expect, test as it } from "vitest";
import { addTool } from "../../test/support/test-tools.ts";
import { startOpenAiServer, type OpenAiServer } from "../../test/support/openai-server.ts";
import { createTestBusiness, type TestBusiness } from "../../test/support/test-business.ts";
import { createTestDatabase, type TestDatabase } from "../../test/support/test-database.ts";
import { closeTestEngine, createTestEngine, type TestEngine } from "../../test/support/test-engine.ts";
import { createBusinessTools } from "../tools/business-tools.ts";
import type { Database } from "../db/database.ts";
import type { Queryable } from "../db/query.ts";
import { createLanguageModels } from "../models/language-models.ts";
import { createOutsideHttp, type OutsideHttp } from "../outside/outside-http.ts";
import { createModelResponder } from "./model-responder.ts";

let test: TestDatabase;
let business: TestBusiness;
let engine: TestEngine;
let model: OpenAiServer;
let outside: OutsideHttp;
let nextPhone = 12_025_580_000;
const statements: string[] = [];

/** What is asked for a business, by the names of the queries. */
function recorded(database: Database): Database {
  const recording = <T extends Queryable>(db: T): T => ({
    ...db,
    run(query, values) {
      statements.push(query.name);
      return db.run(query, values);
    },
    execute(query, values) {
      statements.push(query.name);
      return db.execute(query, values);
    },
  });
  return {
    ...database,
    forBusiness: (id) => recording(database.forBusiness(id)),
    optional: { forBusiness: (id) => recording(database.optional.forBusiness(id)) },
  };
}

beforeAll(async () => {
  test = await createTestDatabase();
  business = await createTestBusiness(test.superuser, { quietMs: 0 });
  engine = await createTestEngine({ ...test, open: () => recorded(test.open()) }, [business]);
  model = await startOpenAiServer({ script: () => "From 8 to 14 h." });
  outside = createOutsideHttp({ privateHosts: [model.host] });
  const { settings, services } = engine;
  const responder = createModelResponder({
    models: createLanguageModels({ settings, outside }),
    openTools: services.openTools,
    log: test.log,
  });
  engine.responder.wants = "memory";
  engine.responder.answer = (context, signal) => responder.respond(context, signal);
  await settings.change(business.businessId, {
    responder: "model",
    model: { provider: "openai-compatible", model: "test", baseUrl: model.baseUrl },
    // Of which a turn without such messages knows nothing.
    transcription: { provider: "openai-compatible", model: "test", baseUrl: model.baseUrl },
    pictures: {},
  });
  await answerOne();
});
beforeEach(() => {
  statements.length = 0;
});
afterAll(async () => {
  await closeTestEngine(engine, test);
  await outside.close();
  await model.stop();
});

/** A customer who has not written before. */
async function answerOne(): Promise<readonly string[]> {
  nextPhone += 1;
  await engine.receive(business, { from: String(nextPhone), text: "When are you open on Sunday?" });
  const lane = await engine.claimOne("reply");
  statements.length = 0;
  await engine.turn(lane);
  return [...statements];
}

const ofTools = (names: readonly string[]): readonly string[] => names.filter((name) => name.startsWith("tools."));

it("a turn by a model is four statements, and one more for a question with words that no text knows", async () => {
  const names = await answerOne();
  expect(names.filter((name) => !name.startsWith("knowledge.")).toSorted()).toEqual([
    "replies.commit-turns",
    "replies.load-turns",
    "sessions.load-memory",
  ]);
  expect(names.length).toBeLessThanOrEqual(5);
});

it("turns that begin together share them", async () => {
  const phones = Array.from({ length: 20 }, (_, index) => String(12_025_590_000 + index));
  await engine.receive(business, ...phones.map((from) => ({ from, text: "When are you open on Sunday?" })));
  const lanes = await engine.claim("reply");
  statements.length = 0;
  await Promise.all(lanes.map((lane) => engine.turn(lane)));
  const count = (wanted: string): number => statements.filter((name) => name === wanted).length;
  expect([count("replies.load-turns"), count("sessions.load-memory")]).toEqual([1, 1]);
});

it("tools are looked up once for each change of them, also for one that another process made", async () => {
  const elsewhere = test.open();
  const tools = createBusinessTools({ database: elsewhere });
  const offered = (): readonly string[] => model.requests.at(-1)?.tools ?? [];
  const definition = { method: "GET", url: "https://example.com/table", parameters: { type: "object", properties: {} } };
  const tool = await addTool(elsewhere, business.businessId, { name: "find_table", definition });
  expect(ofTools(await answerOne())).toEqual(["tools.list"]);
  expect(offered()).toContain("find_table");
  expect(ofTools(await answerOne())).toEqual([]);
  expect(offered()).toContain("find_table");
  await tools.setEnabled(business.businessId, tool.id, false);
  expect(ofTools(await answerOne())).toEqual(["tools.list"]);
  expect(offered()).not.toContain("find_table");
  await tools.setEnabled(business.businessId, tool.id, true);
  await answerOne();
  expect(offered()).toContain("find_table");
  await tools.remove(business.businessId, tool.id);
  expect(ofTools(await answerOne())).toEqual([]);
  expect(offered()).not.toContain("find_table");
});
