import { existsSync, readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startOpenAiServer, type OpenAiServer } from "../support/openai-server.ts";
import { createStack, customers, type Stack } from "../support/start-stack.ts";
import { createTestBusiness, type TestBusiness } from "../support/test-business.ts";
import { createTestDatabase, type TestDatabase } from "../support/test-database.ts";
import { createTestServices } from "../support/test-services.ts";

// 1,000 conversations at once, 900 of one business and 100 of another, in one process, with a model that takes 1 to 10 seconds. How long it takes is
// measured by `npm run bench` (docs/benchmarks.md); here it is proven that everybody is answered, once, by their own business, and within bounds.
const BIG = 900;
const SMALL = 100;
const MEMORY_LIMIT_BYTES = 1_500_000_000;

let database: TestDatabase;
let stack: Stack;
let other: TestBusiness;
let model: OpenAiServer;

/** The most that a process ever had in memory, as the kernel counts it; 0 where it does not (outside of Linux). */
function peakBytes(pid: number): number {
  const status = existsSync(`/proc/${String(pid)}/status`) ? readFileSync(`/proc/${String(pid)}/status`, "utf8") : "";
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1_024;
}

/** 1 to 10 seconds, the same for the same customer. */
const delayOf = (text: string): number => 1_000 + ((Number(/(\d+)\D*$/.exec(text)?.[1] ?? 0) * 7_919) % 9_000);

beforeAll(async () => {
  database = await createTestDatabase();
  other = await createTestBusiness(database.superuser, { quietMs: 40, ceilingMs: 2_000, phoneNumberId: "290000000000002" });
  stack = await createStack(database, {
    simulator: { statuses: "none" },
    numbers: [other.phoneNumberId],
  });
  model = await startOpenAiServer({
    keepRequests: false,
    script: (request) => {
      const asked = request.text("user");
      return {
        text: `To ${/customer (\d+)/.exec(asked)?.[1] ?? "nobody"} from ${request.model}`,
        delayMs: delayOf(/customer (\d+)/.exec(asked)?.[1] ?? "0"),
      };
    },
  });
  const settings = createTestServices({ database: database.open(), log: database.log }).replySettings;
  for (const [businessId, name] of [
    [stack.business.businessId, "big"],
    [other.businessId, "small"],
  ] as const) {
    const changed = await settings.change(businessId, {
      responder: "model",
      model: { provider: "openai-compatible", model: name, baseUrl: model.baseUrl },
    });
    expect(changed.outcome).toBe("changed");
  }
});
afterAll(async () => {
  await stack.stop();
  await model.stop();
  await database.close();
});

test("a thousand conversations at once are all answered, once each, by a slow model, one process and bounded memory", async () => {
  const process = await stack.start("api,worker,scheduler", { env: { ONETHREAD_PRIVATE_HOSTS: model.host } });
  const write = (phones: readonly string[], phoneNumberId: string): Promise<unknown> =>
    stack.simulator.inbound({
      messages: phones.map((from) => ({ from, text: `I am customer ${from}`, phoneNumberId })),
      deliver: { concurrency: 50, wait: true, waitMs: 60_000 },
    });
  const [big, small] = [customers(BIG, 1), customers(SMALL, 5)];
  const writing = [write(big, stack.business.phoneNumberId), write(small, other.phoneNumberId)];
  await Promise.all(writing);
  await stack.simulator.waitForOutbox({}, { atLeast: BIG + SMALL, waitMs: 120_000 });
  await stack.settled(30_000);
  const replies = stack.replies();
  const wrong = [...big, ...small].filter((phone) => {
    const sent = replies.get(phone) ?? [];
    const expected = `To ${phone} from ${big.includes(phone) ? "big" : "small"}`;
    return sent.length !== 1 || !JSON.stringify(sent[0]?.body["text"]).includes(expected);
  });
  expect(wrong).toEqual([]);
  expect(peakBytes(process.pid)).toBeLessThan(MEMORY_LIMIT_BYTES);
  // Both were at work at the same time, and hundreds of answers were being written at once.
  expect(model.counts.most).toBeGreaterThan(300);
  expect(await stack.audit()).toEqual([]);
  expect(stack.complaints()).toEqual([]);
}, 180_000);
