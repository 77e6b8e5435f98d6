import { signatureOf } from "@onethread/simulator";
import { afterAll, beforeAll, expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { startMortalPostgres, type MortalPostgres } from "../support/mortal-postgres.ts";
import type { OnethreadProcess } from "../support/onethread-process.ts";
import { STACK_APP_SECRET, createStack, customers, QUESTION, type Stack } from "../support/start-stack.ts";
import { messagesBody } from "../support/webhook-bodies.ts";

let postgres: MortalPostgres;
let stack: Stack;
let api: OnethreadProcess;

beforeAll(async () => {
  postgres = await startMortalPostgres();
  stack = await createStack(postgres);
  [api] = await Promise.all([stack.start("api"), stack.start("api"), stack.start("worker,scheduler")]);
}, 90_000);
afterAll(async () => {
  await stack.stop();
  await postgres.stop();
});

async function post(from: string): Promise<Response> {
  const body = messagesBody(stack.business.phoneNumberId, { from, text: QUESTION });
  return fetch(`${api.url}/webhooks/whatsapp`, {
    method: "POST",
    headers: { "content-type": "application/json", "x-hub-signature-256": signatureOf(STACK_APP_SECRET, body.toString()) },
    body: new Uint8Array(body),
  });
}

/** Enough for the load to last across the crash; each customer writes a burst of two. */
const ROUNDS = 3;

test("PostgreSQL dies under load and comes back: everything answered 200 is there once, each burst has one reply", async () => {
  const phones = customers(120, 1);
  const messages = phones.flatMap((from) => [
    { from, text: QUESTION },
    { from, text: "Also on Sunday?" },
  ]);
  for (let round = 1; round <= ROUNDS; round += 1) {
    const part = messages.slice(((round - 1) * messages.length) / ROUNDS, (round * messages.length) / ROUNDS);
    const writing = stack.simulator.inbound({ messages: part, deliver: { concurrency: 24, shuffle: true } });
    const answered = (): number => stack.simulator.deliveries({ limit: 20_000, state: "delivered" }).length;
    const before = answered();
    await eventually(answered, (now) => now > before + 5, { what: "the load" });
    await postgres.kill();
    const refused = await eventually(
      () => post("12025559999"),
      ({ status }) => status !== 200,
      { what: "a refusal while PostgreSQL is down" },
    );
    expect(refused.status).toBe(503);
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
    await postgres.restart();
    const written = await writing;
    expect(written.flatMap(({ deliveries }) => deliveries).filter(({ state }) => state !== "delivered")).toEqual([]);
  }
  const deliveries = stack.simulator.deliveries({ limit: 20_000 });
  expect(deliveries.some(({ tries }) => tries.some(({ status }) => status === 503))).toBe(true);
  await stack.settled(30_000);

  expect(stack.processes.map(({ isRunning }) => isRunning)).toEqual([true, true, true]);
  const ids = deliveries.filter(({ state, ids: of }) => state === "delivered" && of.length > 0).flatMap(({ ids: of }) => of);
  const inbound = ids.filter((id) => stack.simulator.outbox().every((entry) => entry.id !== id));
  expect(inbound).toHaveLength(messages.length);
  expect(
    await stack.count("select count(*) from onethread.messages where direction = 'in' and provider_message_id = any ($1)", [inbound]),
  ).toBe(messages.length);

  // A burst whose two halves were on either side of the crash is two bursts; no turn has two replies, and what is not unknown was sent.
  const sent = "select count(*) from onethread.messages where direction = 'out' and status not in ('unknown', 'failed')";
  const unknown = await stack.count("select count(*) from onethread.messages where status = 'unknown'");
  const turns = await stack.count("select count(*) from onethread.turns where state in ('replied', 'handed_off')");
  expect(await stack.count(sent)).toBe(turns - unknown);
  await eventually(
    async () => (await stack.books()).faults,
    (faults) => faults.length === 0,
    { what: "the platform's record of what was sent, and ours" },
  );
  const replied = new Set(stack.replies().keys());
  expect(phones.filter((phone) => !replied.has(phone)).length).toBeLessThanOrEqual(unknown);
  expect(await stack.count("select count(*) from onethread.turns where state = 'failed'")).toBe(0);
  expect(await stack.audit()).toEqual([]);
}, 120_000);
