import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { createTestBusiness, type TestBusiness } from "../../test/support/test-business.ts";
import { createTestDatabase, type TestDatabase } from "../../test/support/test-database.ts";
import { createTestServices } from "../../test/support/test-services.ts";
import { createTestThread } from "../../test/support/test-http.ts";
import { addTool, contextOf, createTestTools, type TestTools } from "../../test/support/test-tools.ts";
import type { Database } from "../db/database.ts";
import { createMergeByHand } from "../identity/merge-by-hand.ts";
import type { ConversationId } from "../kernel/ids.ts";
import { createCustomerFacts, FACT_LIMITS, type CustomerFacts } from "./customer-facts.ts";

let db: TestDatabase;
let database: Database;
let facts: CustomerFacts;
let tools: TestTools;
let business: TestBusiness;
let conversationId: ConversationId;

beforeAll(async () => {
  db = await createTestDatabase();
  database = db.open();
  facts = createCustomerFacts({ database });
  tools = createTestTools({ database, log: db.log });
});
afterAll(async () => {
  await tools.close();
  await db.close();
});
beforeEach(async () => {
  business = await createTestBusiness(db.superuser);
  conversationId = await createTestThread(db, business);
});

const change = (patch: Readonly<Record<string, string | null>>, of: string = conversationId) =>
  facts.change({ businessId: business.businessId, conversationId: of, patch, by: "api" });
const read = (of: string = conversationId) => facts.read(business.businessId, of);

test("two changes at the same time both stay, and each change is an event", async () => {
  await Promise.all(Array.from({ length: 20 }, (_, nth) => change({ [`fact ${String(nth)}`]: "yes" })));
  expect(Object.keys((await read()) ?? {}).length).toBe(20);
  await change({ "fact 0": null, "fact 1": "no" });
  await change({ "fact 1": "no" });
  expect(await read()).toMatchObject({ "fact 1": "no" });
  expect(Object.hasOwn((await read()) ?? {}, "fact 0")).toBe(false);
  const { rows } = await db.superuser.query(
    "select data from onethread.events where type = 'customer-facts.changed' and business_id = $1",
    [business.businessId],
  );
  expect(rows.length).toBe(21);
});

test("facts are few and short: what is too much is refused as a whole", async () => {
  expect(await change({ a: "x".repeat(FACT_LIMITS.valueLength + 1), b: "y" })).toMatchObject({ outcome: "refused" });
  expect(await change({ "": "x" })).toMatchObject({ outcome: "refused" });
  expect(await change(Object.fromEntries(Array.from({ length: 31 }, (_, nth) => [`n${String(nth)}`, "v"])))).toMatchObject({
    outcome: "refused",
  });
  expect(await change(Object.fromEntries(Array.from({ length: 25 }, (_, nth) => [`n${String(nth)}`, '"'.repeat(300)])))).toMatchObject({
    outcome: "refused",
  });
  expect(await read()).toEqual({});
});

test("of two merged conversations all facts stay, the winner's where both have one; the tombstone answers the winner's", async () => {
  const otherId = await createTestThread(db, { ...business, contactName: "Ana" });
  await change({ city: "Porto", both: "first" });
  await change({ pet: "dog", both: "second" }, otherId);
  const merged = await createMergeByHand({ database, log: db.log })({
    businessId: business.businessId,
    conversationIds: [conversationId, otherId],
    execute: true,
  });
  if (merged.outcome !== "merged") throw new Error(merged.outcome);
  const expected = { city: "Porto", pet: "dog", both: merged.winnerId === conversationId ? "first" : "second" };
  expect(await read(merged.winnerId)).toEqual(expected);
  expect(await read(merged.loserId)).toEqual(expected);
  await change({ later: "yes" }, merged.loserId);
  expect(await read(merged.winnerId)).toEqual({ ...expected, later: "yes" });
});

test("facts that do not fit together never keep two conversations from becoming one", async () => {
  const otherId = await createTestThread(db, business);
  const many = (prefix: string) => Object.fromEntries(Array.from({ length: 18 }, (_, nth) => [`${prefix}${String(nth)}`, "z".repeat(300)]));
  await change(many("a"));
  await change(many("b"), otherId);
  const merged = await createMergeByHand({ database, log: db.log })({
    businessId: business.businessId,
    conversationIds: [conversationId, otherId],
    execute: true,
  });
  expect(merged.outcome).toBe("merged");
  expect(Object.keys((await read()) ?? {}).length).toBe(18);
});

test("the AI notes what the customer said, of this customer only, and searches this business's texts only", async () => {
  const other = await createTestBusiness(db.superuser);
  const knowledge = createTestServices({ database, log: db.log }).knowledge;
  await knowledge.addText({ businessId: business.businessId, title: "Parking", body: "Parking is behind the house.", language: "english" });
  await knowledge.addText({ businessId: other.businessId, title: "Parking", body: "Parking is a secret of others.", language: "english" });
  const context = contextOf({ businessId: business.businessId, conversationId });
  expect(await tools.call(context, "update_customer", { name: "Ana", facts: { allergy: "penicillin" } })).toMatchObject({
    outcome: "result",
  });
  expect(await tools.call(context, "update_customer", { facts: { allergy: "" } })).toMatchObject({ outcome: "result" });
  expect(await tools.call(context, "update_customer", { conversationId: "x" })).toMatchObject({ outcome: "error" });
  expect(await read()).toEqual({ name: "Ana" });
  const found = JSON.stringify(await tools.call(context, "search_knowledge", { query: "where is parking" }));
  expect(found).toContain("behind the house");
  expect(found).not.toContain("secret of others");
  expect(await facts.read(other.businessId, conversationId)).toBeUndefined();
});

test("built-in tools can be withheld; a business that allows no calls keeps handoff alone", async () => {
  await addTool(database, business.businessId, { name: "shop", definition: { url: "http://127.0.0.1:1/" } });
  const namesOf = async (settings: object): Promise<readonly string[]> => {
    const set = await tools.set(contextOf({ businessId: business.businessId, conversationId }, { tools: settings }));
    await set.close();
    return set.tools.map(({ name }) => name);
  };
  expect(await namesOf({ withhold: ["update_customer", "search_knowledge"] })).toEqual(["handoff", "shop"]);
  expect(await namesOf({ maxCalls: 0 })).toEqual(["handoff"]);
});
