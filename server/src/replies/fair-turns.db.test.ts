// Proves that a turn does not wait behind the many of another business before its responder is asked. By the order, not by the clock.
import { afterAll, beforeAll, expect, test as it, vi } from "vitest";
import { createTestBusiness, type TestBusiness } from "../../test/support/test-business.ts";
import { createTestDatabase, type TestDatabase } from "../../test/support/test-database.ts";
import { closeTestEngine, createTestEngine, type TestEngine } from "../../test/support/test-engine.ts";
import type { ClaimedLane } from "../lanes/lane-store.ts";

const MANY = 240;
/** As docs/limits.md says it: turns of one business that are begun at once. */
const PLACES_OF_A_BUSINESS = 48;

let test: TestDatabase;
let engine: TestEngine;
let big: TestBusiness;
let small: TestBusiness;

beforeAll(async () => {
  test = await createTestDatabase();
  big = await createTestBusiness(test.superuser, { quietMs: 0 });
  small = await createTestBusiness(test.superuser, { quietMs: 0 });
  engine = await createTestEngine(test, [big, small]);
});
afterAll(() => closeTestEngine(engine, test));

async function claimAfter(business: TestBusiness, phones: readonly number[]): Promise<readonly ClaimedLane[]> {
  await engine.receive(business, ...phones.map((phone) => ({ from: String(phone), text: "When are you open?" })));
  return engine.claim("reply", { limit: phones.length });
}

it("the one turn of a small business begins right behind those of a big one that have a place, and all are answered", async () => {
  const phones = Array.from({ length: MANY }, (_, index) => 12_025_560_000 + index);
  const many = await claimAfter(big, phones);
  const one = await claimAfter(small, [12_025_570_000]);
  // A turn begins with the settings of its business.
  const finding = vi.spyOn(engine.services.replySettings, "find");
  try {
    await Promise.all([...many, ...one].map((lane) => engine.turn(lane)));
    expect(finding.mock.calls.map(([businessId]) => businessId).indexOf(small.businessId)).toBe(PLACES_OF_A_BUSINESS);
  } finally {
    finding.mockRestore();
  }
  expect(engine.responder.asked).toHaveLength(MANY + 1);
});

it("of a business whose turns cannot begin some wait outside, and another's turn begins and ends meanwhile", async () => {
  const phones = Array.from({ length: PLACES_OF_A_BUSINESS + 10 }, (_, index) => 12_025_561_000 + index);
  const many = await claimAfter(big, phones);
  const one = await claimAfter(small, [12_025_570_001]);
  const { replySettings } = engine.services;
  const find = replySettings.find.bind(replySettings);
  const opened = Promise.withResolvers<undefined>();
  let begun = 0;
  const holding = vi.spyOn(replySettings, "find").mockImplementation(async (businessId) => {
    if (businessId === big.businessId) {
      begun += 1;
      await opened.promise;
    }
    return find(businessId);
  });
  try {
    const held = many.map((lane) => engine.turn(lane));
    await Promise.all(one.map((lane) => engine.turn(lane)));
    expect(begun).toBe(PLACES_OF_A_BUSINESS);
    expect(engine.responder.asked.at(-1)?.businessId).toBe(small.businessId);
    opened.resolve(undefined);
    await Promise.all(held);
  } finally {
    holding.mockRestore();
  }
});
