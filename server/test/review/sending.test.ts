// Owns: findings of the review of issue 2 about sending. Each test is right by DESIGN §2 and fails on the code that was reviewed.
import { afterAll, beforeAll, expect, test as it } from "vitest";
import { createKnowledgeResponder } from "../../src/responders/knowledge-responder.ts";
import { insertOutboundMessage } from "../../src/outbound/accept-message.queries.ts";
import { newId } from "../../src/kernel/ids.ts";
import { parseCloudWebhook } from "../../src/whatsapp/parse-webhook.ts";
import { eventually } from "../support/eventually.ts";
import type { TestBusiness } from "../support/test-business.ts";
import type { TestDatabase } from "../support/test-database.ts";
import { closeTestEngine, openTestEngine, type TestEngine } from "../support/test-engine.ts";
import { createTestServices } from "../support/test-services.ts";
import { webhookBody } from "../support/webhook-bodies.ts";

let test: TestDatabase;
let business: TestBusiness;
let engine: TestEngine;

beforeAll(async () => {
  ({ test, business, engine } = await openTestEngine());
});
afterAll(() => closeTestEngine(engine, test));

async function conversationOf(phone: string): Promise<string> {
  const { rows } = await test.superuser.query<{ id: string }>("select conversation_id as id from onethread.aliases where value = $1", [
    phone,
  ]);
  return rows[0]?.id ?? "";
}

async function messageRow(id: string): Promise<{ status: string; error_code: string | null } | undefined> {
  const { rows } = await test.superuser.query<{ status: string; error_code: string | null }>(
    "select status, error_code from onethread.messages where id = $1",
    [id],
  );
  return rows[0];
}

/** As a worker leaves it that died in mid-send. */
async function interrupt(id: string): Promise<void> {
  await test.superuser.query("update onethread.messages set status = 'sending' where id = $1", [id]);
}

const waitsForALock = (): Promise<number> =>
  test.superuser
    .query<{ count: number }>(
      "select count(*)::int as count from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' and query like '%outbound.%'",
    )
    .then(({ rows }) => rows[0]?.count ?? 0);

async function otherLanesSleep(): Promise<void> {
  await test.superuser.query("update onethread.lanes set check_at = now() + interval '1 hour' where check_at is not null");
}

it("a message that is queued while the lane is being looked at is sent", async () => {
  const phone = "12025559001";
  await engine.receive(business, { from: phone });
  const interrupted = await engine.send(business, phone, "first");
  await interrupt(interrupted);
  const conversationId = await conversationOf(phone);
  const lane = await engine.claimOne("send");
  const queuedId = newId();
  const delivery = await engine.database.forBusiness(business.businessId).transaction(async (tx) => {
    const content = JSON.stringify({ type: "text", text: { body: "second" } });
    const message = { messageId: queuedId, author: "api", type: "text", text: "second", content, quoted: null, target: null };
    await tx.run(insertOutboundMessage, { conversationId, ...message, eventId: newId() });
    const running = engine.deliver(lane);
    await eventually(waitsForALock, (count) => count === 1, { what: "the send lane waits for the one who queues" });
    return { running };
  });
  await delivery.running;
  const { rows } = await test.superuser.query(
    "select 1 from onethread.lanes where kind = 'send' and conversation_id = $1 and check_at is not null",
    [conversationId],
  );
  expect({ status: (await messageRow(queuedId))?.status, isAwake: rows.length > 0 }).not.toEqual({ status: "queued", isAwake: false });
});

it("the status that settles an unknown message also says why it failed", async () => {
  await otherLanesSleep();
  const phone = "12025559002";
  await engine.receive(business, { from: phone });
  const id = await engine.send(business, phone, "hello");
  await interrupt(id);
  await engine.deliver(await engine.claimOne("send"));
  expect((await messageRow(id))?.status).toBe("unknown");
  const status = {
    id: "wamid.review-failed",
    status: "failed",
    timestamp: String(Math.floor(Date.now() / 1000)),
    recipient_id: phone,
    biz_opaque_callback_data: id,
    errors: [{ code: 131026, title: "Message undeliverable" }],
  };
  const parsed = parseCloudWebhook(webhookBody(business.phoneNumberId, { statuses: [status] }));
  if (parsed.outcome !== "events") throw new Error(parsed.reason);
  await engine.intake.receive(parsed.events);
  expect(await messageRow(id)).toEqual({ status: "failed", error_code: "131026" });
});

it("a delivered message shows no error", async () => {
  await otherLanesSleep();
  const phone = "12025559003";
  await engine.receive(business, { from: phone });
  const id = await engine.send(business, phone, "hello");
  await interrupt(id);
  await engine.deliver(await engine.claimOne("send"));
  const status = {
    id: "wamid.review-delivered",
    status: "delivered",
    timestamp: String(Math.floor(Date.now() / 1000)),
    recipient_id: phone,
    biz_opaque_callback_data: id,
  };
  const parsed = parseCloudWebhook(webhookBody(business.phoneNumberId, { statuses: [status] }));
  if (parsed.outcome !== "events") throw new Error(parsed.reason);
  await engine.intake.receive(parsed.events);
  expect(await messageRow(id)).toEqual({ status: "delivered", error_code: null });
});

it("the known outcome of a send survives a deadlock in the database", async () => {
  await otherLanesSleep();
  const phone = "12025559004";
  await engine.receive(business, { from: phone });
  const id = await engine.send(business, phone, "hello");
  const conversationId = await conversationOf(phone);
  const lane = await engine.claimOne("send");
  const other = await test.superuser.connect();
  engine.simulator.addFailure({ match: { path: "messages", to: phone }, respond: { hangMs: 300 } });
  try {
    const running = engine.deliver(lane).then(
      () => "finished",
      () => "threw",
    );
    await eventually(
      () => messageRow(id),
      (row) => row?.status === "sending",
      { what: "the send is under way" },
    );
    await other.query("begin");
    await other.query("select 1 from onethread.messages where id = $1 for update", [id]);
    await eventually(waitsForALock, (count) => count === 1, { what: "the worker waits for the message" });
    // The worker waited first, so it is the one that PostgreSQL ends.
    await other.query("select 1 from onethread.lanes where conversation_id = $1 and kind = 'send' for update", [conversationId]);
    await other.query("rollback");
    await running;
  } finally {
    other.release();
  }
  await engine.expireLeases();
  // Whoever finds a lane there, if the worker left one.
  for (const again of await engine.claim("send")) await engine.deliver(again);
  expect((await messageRow(id))?.status).toBe("accepted");
});

it("a knowledge text that is longer than a message of WhatsApp still reaches the customer", async () => {
  await otherLanesSleep();
  const phone = "12025559005";
  const knowledge = createTestServices({ database: engine.database, log: test.log }).knowledge;
  await knowledge.addText({
    businessId: business.businessId,
    language: "english",
    title: "Returns policy",
    body: "You may return it. ".repeat(300),
  });
  const responder = createKnowledgeResponder({ knowledge });
  engine.responder.answer = (context, signal) => responder.respond(context, signal);
  await engine.receive(business, { from: phone, text: "What is your returns policy?" });
  await test.superuser.query(
    "update onethread.lanes set check_at = now(), first_at = now() - interval '1 hour', last_at = now() - interval '1 hour' where kind = 'reply' and conversation_id = $1",
    [await conversationOf(phone)],
  );
  await engine.turn(await engine.claimOne("reply"));
  await engine.deliver(await engine.claimOne("send"));
  expect(engine.simulator.outbox({ to: phone }).length).toBeGreaterThan(0);
});
