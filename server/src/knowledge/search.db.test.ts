import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { BAKERY_TEXTS, CLINIC_TEXTS, HELD_OUT_QUESTIONS, type LabelledQuestion } from "../../test/support/labelled-questions.ts";
import { createTestBusiness, type TestBusiness } from "../../test/support/test-business.ts";
import { createTestDatabase, type TestDatabase } from "../../test/support/test-database.ts";
import { createTestServices } from "../../test/support/test-services.ts";
import type { KnowledgeBase } from "./knowledge-base.ts";
import { findLikeWords } from "./search.queries.ts";

let database: TestDatabase;
let base: KnowledgeBase;
let bakery: TestBusiness;
let clinic: TestBusiness;

beforeAll(async () => {
  database = await createTestDatabase();
  base = createTestServices({ database: database.open(), log: database.log }).knowledge;
  bakery = await createTestBusiness(database.superuser);
  clinic = await createTestBusiness(database.superuser);
  for (const text of BAKERY_TEXTS) await base.addText({ businessId: bakery.businessId, ...text });
  for (const text of CLINIC_TEXTS) await base.addText({ businessId: clinic.businessId, ...text });
});
afterAll(() => database.close());

const answerTo = async (question: string, { businessId }: TestBusiness): Promise<string | undefined> =>
  (await base.search({ businessId, text: question, language: "english" })).find(({ answers }) => answers)?.title;

/** A connection as the pool of the application opens it, set to the bakery. */
async function asApplication<T>(work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({
    connectionString: database.url,
    options: "-c role=onethread_app -c search_path=onethread,pg_temp -c enable_seqscan=off",
  });
  await client.connect();
  try {
    await client.query("select set_config('onethread.business_id', $1, false)", [bakery.businessId]);
    return await work(client);
  } finally {
    await client.end();
  }
}

async function wrongAmong(questions: readonly LabelledQuestion[], of: TestBusiness): Promise<readonly string[]> {
  const wrong: string[] = [];
  for (const { question, expected } of questions) {
    const got = await answerTo(question, of);
    if (expected === null ? got !== undefined : !(got ?? "").startsWith(expected)) wrong.push(question);
  }
  return wrong;
}

test("of the questions that no number was tuned on, these and no others are judged wrong", async () => {
  expect(await wrongAmong(HELD_OUT_QUESTIONS.bakery, bakery)).toEqual([
    "when do you open tomorrow morning",
    "did anyone find my keys",
    "how do I close my account",
  ]);
  expect(await wrongAmong(HELD_OUT_QUESTIONS.clinic, clinic)).toEqual(["אפשר לחנות לידכם"]);
});

test("questions that come at the same moment get each their own answer", async () => {
  const asked = HELD_OUT_QUESTIONS.bakery.map(({ question }) => question);
  const alone: (string | undefined)[] = [];
  for (const question of asked) alone.push(await answerTo(question, bakery));
  expect(await Promise.all(asked.map((question) => answerTo(question, bakery)))).toEqual(alone);
  expect(new Set(alone).size).toBeGreaterThan(3);
});

test("among very many words that begin alike a mistake is still corrected, and no more than a fixed number of them is read", async () => {
  const { businessId } = await createTestBusiness(database.superuser);
  const textId = await base.addText({ businessId, title: "Kettles", body: "The kettle boils.", language: "english" });
  const word = "'kett' || translate(lpad(to_hex(i), 5, '0'), '0123456789', 'ghijklmnop')";
  await database.superuser.query(
    `insert into knowledge_words (business_id, word, text_id) select $1, ${word}, $2 from generate_series(1, 20000) i`,
    [businessId, textId],
  );
  expect(await answerTo("kettlle", { ...bakery, businessId })).toBe("Kettles");
  const read = await asApplication(async (client) => {
    await client.query("select set_config('onethread.business_id', $1, false)", [businessId]);
    await client.query(`prepare like_words as ${findLikeWords.text}`);
    const { rows } = await client.query<{ "QUERY PLAN": string }>(
      `explain (analyze, timing off, costs off) execute like_words ('${businessId}', '{kettm}')`,
    );
    return rows.flatMap((row) => /knowledge_words.*rows=(\d+)/.exec(row["QUERY PLAN"])?.slice(1) ?? []).map(Number);
  });
  expect(read.length).toBeGreaterThan(1);
  expect(Math.max(...read)).toBeLessThanOrEqual(1000);
});
