import { afterAll, beforeAll, beforeEach, expect, test as it } from "vitest";
import type { TestBusiness } from "../../test/support/test-business.ts";
import type { TestDatabase } from "../../test/support/test-database.ts";
import { eventually } from "../../test/support/eventually.ts";
import { webhookBody } from "../../test/support/webhook-bodies.ts";
import { newId } from "../kernel/ids.ts";
import { parseCloudWebhook } from "../whatsapp/parse-webhook.ts";
import { insertOutboundMessage } from "./accept-message.queries.ts";
import { startSends } from "./deliver.queries.ts";
import { openBufferCounter, type PlanMode } from "../../test/support/buffer-counter.ts";
import { closeTestEngine, openTestEngine, type TestEngine } from "../../test/support/test-engine.ts";

let test: TestDatabase;
let business: TestBusiness;
let engine: TestEngine;
let phone: string;
let counter = 0;

beforeAll(async () => {
  ({ test, business, engine } = await openTestEngine());
});
beforeEach(async () => {
  counter += 1;
  phone = String(12_025_557_000 + counter);
  engine.simulator.clearFailures();
  await test.superuser.query("update onethread.lanes set check_at = now() + interval '1 hour' where check_at is not null");
  await test.superuser.query("update onethread.channels set held_until = null, slowed_until = null");
  await engine.receive(business, { from: phone });
});
afterAll(() => closeTestEngine(engine, test));

interface Message {
  readonly status: string;
  readonly code: string | null;
  readonly attempts: number;
  readonly provider_id: string | null;
}
async function message(id: string): Promise<Message | undefined> {
  const { rows } = await test.superuser.query<Message>(
    "select status, error_code as code, attempts, provider_message_id as provider_id from onethread.messages where id = $1",
    [id],
  );
  return rows[0];
}

interface SendLane {
  readonly left: boolean;
  readonly in_ms: number | null;
}
async function sendLane(): Promise<SendLane | undefined> {
  const { rows } = await test.superuser.query<SendLane>(
    `select wanted > done as left, (extract(epoch from check_at - now()) * 1000)::float8 as in_ms
       from onethread.lanes l join onethread.aliases a using (business_id, conversation_id) where l.kind = 'send' and a.value = $1`,
    [phone],
  );
  return rows[0];
}

const outbox = (): readonly string[] => engine.simulator.outbox({ to: phone }).map(({ body }) => JSON.stringify(body["text"]));
const setConversation = (change: string): Promise<unknown> =>
  test.superuser.query(
    `update onethread.conversations set ${change} where id = (select conversation_id from onethread.aliases where value = $1)`,
    [phone],
  );
const failSend = (respond: object): void => void engine.simulator.addFailure({ match: { path: "messages", to: phone }, respond });
const sendNow = async (text: string): Promise<string> => {
  const id = await engine.send(business, phone, text);
  await engine.deliver(await engine.claimOne("send"));
  return id;
};

it("the messages of a conversation go out one after the other, in the order in which they were accepted", async () => {
  const ids = [];
  for (const text of ["one", "two", "three"]) ids.push(await engine.send(business, phone, text));
  await engine.deliver(await engine.claimOne("send"));
  expect(outbox()).toEqual(['{"body":"one"}', '{"body":"two"}', '{"body":"three"}']);
  for (const id of ids)
    expect(await message(id)).toMatchObject({ status: "accepted", attempts: 1, provider_id: expect.stringMatching(/^wamid\./) });
  expect(await sendLane()).toEqual({ left: false, in_ms: null });
});

it.for([131_026, 131_051, 100])(
  "a message that the provider refuses for good (%i) fails with that code, and the next one still goes out",
  async (code) => {
    failSend({ code });
    const [refused, next] = [await engine.send(business, phone, "refused"), await engine.send(business, phone, "next")];
    await engine.deliver(await engine.claimOne("send"));
    expect(await message(refused)).toMatchObject({ status: "failed", code: String(code), attempts: 1 });
    expect(await message(next)).toMatchObject({ status: "accepted" });
    expect(outbox()).toEqual(['{"body":"next"}']);
  },
);

it("a message that was refused for now waits, is sent again, and is accepted once", async () => {
  failSend({ code: 131_056 });
  const id = await sendNow("again");
  expect(await message(id)).toMatchObject({ status: "queued", code: "131056", attempts: 1 });
  expect((await sendLane())?.in_ms).toBeGreaterThan(500);
  expect(await engine.claim("send")).toEqual([]);
  await engine.expireLeases();
  const lane = (await engine.claim("send")).find(({ attempts }) => attempts === 1);
  if (lane === undefined) throw new Error("the lane did not come again");
  await engine.deliver(lane);
  expect(await message(id)).toMatchObject({ status: "accepted", attempts: 2, code: null });
  expect(outbox()).toHaveLength(1);
});

it("a message that is refused for now too often fails, visibly", async () => {
  engine.simulator.addFailure({ match: { path: "messages", to: phone }, times: null, respond: { code: 131_056 } });
  const id = await sendNow("never");
  let runs = 1;
  for (; (await sendLane())?.left === true && runs < 20; runs += 1) {
    await engine.expireLeases();
    for (const lane of await engine.claim("send")) await engine.deliver(lane);
  }
  expect(await message(id)).toMatchObject({ status: "failed", code: "131056", attempts: runs });
  expect(outbox()).toEqual([]);
});

it.for([
  { how: "the connection breaks after it was accepted", respond: { drop: "after" }, accepted: 1 },
  { how: "the connection breaks before it was accepted", respond: { drop: "before" }, accepted: 0 },
  { how: "the provider says that it does not know", respond: { code: 131_000 }, accepted: 0 },
  { how: "the answer is no JSON", respond: { status: 502, body: "<html>" }, accepted: 0 },
])("when $how, the outcome is unknown and the message is never sent again", async ({ respond, accepted }) => {
  failSend(respond);
  const id = await sendNow("perhaps");
  expect(await message(id)).toMatchObject({ status: "unknown", attempts: 1 });
  expect(await sendLane()).toEqual({ left: false, in_ms: null });
  const next = await sendNow("next");
  expect(await message(next)).toMatchObject({ status: "accepted" });
  expect(await message(id)).toMatchObject({ status: "unknown", attempts: 1 });
  expect(outbox()).toHaveLength(accepted + 1);
});

it("a stopped channel keeps its messages, and sends them once it is resumed", async () => {
  failSend({ code: 190 });
  const id = await sendNow("kept");
  expect(await message(id)).toMatchObject({ status: "queued" });
  const stopped = "select stopped_reason from onethread.channels where id = $1 and stopped_at is not null";
  expect((await test.superuser.query(stopped, [business.channelId])).rows).toHaveLength(1);
  await engine.expireLeases();
  for (const lane of await engine.claim("send")) await engine.deliver(lane);
  expect(await message(id)).toMatchObject({ status: "queued", attempts: 1 });
  expect(outbox()).toEqual([]);
  await test.superuser.query("update onethread.channels set stopped_at = null, stopped_reason = null");
  await engine.expireLeases();
  for (const lane of await engine.claim("send")) await engine.deliver(lane);
  expect(await message(id)).toMatchObject({ status: "accepted" });
  expect(outbox()).toHaveLength(1);
});

it.for([
  { change: "opted_out_at = now()", undo: "opted_out_at = null", code: "opted_out" },
  {
    change: "last_customer_message_at = now() - interval '25 hours'",
    undo: "last_customer_message_at = last_message_at",
    code: "window_closed",
  },
])("what was queued before $code does not leave", async ({ change, undo, code }) => {
  const id = await engine.send(business, phone, "too late");
  await setConversation(change);
  await engine.deliver(await engine.claimOne("send"));
  await setConversation(undo);
  expect(await message(id)).toMatchObject({ status: "failed", code, attempts: 0 });
  expect(outbox()).toEqual([]);
});

it("of two workers that hold the same lane only the one who claimed it last sends", async () => {
  const id = await engine.send(business, phone, "once");
  const stale = await engine.claimOne("send");
  await test.superuser.query("update onethread.lanes set check_at = now() where kind = 'send' and conversation_id = $1", [
    stale.conversationId,
  ]);
  const fresh = await engine.claimOne("send");
  expect(fresh.fence).toBe(stale.fence + 1);
  await engine.deliver(stale);
  expect(outbox()).toEqual([]);
  expect(await message(id)).toMatchObject({ status: "queued" });
  await engine.deliver(fresh);
  await engine.deliver(stale);
  expect(outbox()).toHaveLength(1);
});

it("a worker that loses its lane during the request cannot write the outcome; its successor makes it unknown and sends nothing", async () => {
  failSend({ hangMs: 300 });
  const id = await engine.send(business, phone, "slow");
  const stale = await engine.claimOne("send");
  const sending = engine.deliver(stale);
  await engine.simulator.waitForOutbox({ to: phone }, { atLeast: 1 });
  await test.superuser.query("update onethread.lanes set check_at = now() where kind = 'send' and conversation_id = $1", [
    stale.conversationId,
  ]);
  await engine.deliver(await engine.claimOne("send"));
  await sending;
  expect(await message(id)).toMatchObject({ status: "unknown", attempts: 1, provider_id: null });
  expect(outbox()).toHaveLength(1);
});

it("what WhatsApp answered is stored once the database is back", async () => {
  const id = await engine.send(business, phone, "hello");
  await test.superuser.query(
    `create function onethread.refuse() returns trigger language plpgsql as $$ begin raise exception 'no space' using errcode = '53100'; end $$;
     create trigger refuse before update on onethread.messages for each row when (new.status = 'accepted') execute function onethread.refuse()`,
  );
  const delivered = engine.deliver(await engine.claimOne("send"));
  await eventually(outbox, (sent) => sent.length === 1, { what: "the message at WhatsApp" });
  await test.superuser.query("drop function onethread.refuse cascade");
  await delivered;
  expect(await message(id)).toMatchObject({ status: "accepted", attempts: 1 });
  expect(outbox()).toHaveLength(1);
});

/** As a worker leaves it that died in mid-send. */
async function interrupt(id: string): Promise<void> {
  await test.superuser.query("update onethread.messages set status = 'sending' where id = $1", [id]);
}
const conversationOf = async (): Promise<string> => {
  const { rows } = await test.superuser.query<{ id: string }>("select conversation_id as id from onethread.aliases where value = $1", [
    phone,
  ]);
  return rows[0]?.id ?? "";
};
const waitsForALock = async (): Promise<number> => {
  const { rows } = await test.superuser.query<{ count: number }>(
    "select count(*)::int as count from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' and query like '%outbound.%'",
  );
  return rows[0]?.count ?? 0;
};
const receiveStatus = async (status: object): Promise<void> => {
  const timestamp = String(Math.floor(Date.now() / 1000));
  const statuses = [{ id: `wamid.settles-${phone}`, timestamp, recipient_id: phone, ...status }];
  const parsed = parseCloudWebhook(webhookBody(business.phoneNumberId, { statuses }));
  if (parsed.outcome !== "events") throw new Error(parsed.reason);
  await engine.intake.receive(parsed.events);
};

it("a message that is queued while the lane is being looked at is sent", async () => {
  const interrupted = await engine.send(business, phone, "first");
  await interrupt(interrupted);
  const conversationId = await conversationOf();
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
  expect({ status: (await message(queuedId))?.status, isAwake: rows.length > 0 }).not.toEqual({ status: "queued", isAwake: false });
});

it("the status that settles an unknown message also says why it failed", async () => {
  const id = await engine.send(business, phone, "hello");
  await interrupt(id);
  await engine.deliver(await engine.claimOne("send"));
  expect((await message(id))?.status).toBe("unknown");
  const errors = [{ code: 131026, title: "Message undeliverable" }];
  await receiveStatus({ status: "failed", biz_opaque_callback_data: id, errors });
  expect(await message(id)).toMatchObject({ status: "failed", code: "131026" });
});

it("beginning a send reads as much, however many messages of the business wait", async () => {
  await engine.send(business, phone, "hello");
  const { conversationId, fence } = await engine.claimOne("send");
  const counter = await openBufferCounter(test.url, business.businessId);
  // The plan is made while hardly anything waits.
  await test.superuser.query(
    `insert into onethread.messages (business_id, id, conversation_id, seq, channel_id, direction, author, provider_message_id, type, text, content, sent_at, received_at, status)
     select $1, gen_random_uuid(), $3, 10000 + n, $2, 'out', 'api', 'wamid.earlier.' || n, 'text', 'later', '{}', now(), now(), 'sent' from generate_series(1, 3000) n`,
    [business.businessId, business.channelId, conversationId],
  );
  await test.superuser.query("vacuum (analyze) onethread.messages");
  const others = Array.from({ length: 34 }, () => ({ conversationId: newId(), fence: 1 }));
  const count = async (plan: PlanMode): Promise<number> =>
    counter.count(startSends, { lanes: [{ conversationId, fence }, ...others] }, plan);
  try {
    const alone = [await count("force_custom_plan"), await count("force_generic_plan")];
    await engine.receive(business, { from: `${phone}9` });
    await test.superuser.query(
      `insert into onethread.messages (business_id, id, conversation_id, seq, channel_id, direction, author, type, text, content, sent_at, received_at, status)
       select a.business_id, gen_random_uuid(), a.conversation_id, 100 + n, $2, 'out', 'api', 'text', 'later', '{}', now(), now(), 'queued'
         from onethread.aliases a cross join generate_series(1, 2000) n where a.value = $1`,
      [`${phone}9`, business.channelId],
    );
    const beside = [await count("force_custom_plan"), await count("force_generic_plan")];
    // The indexes may be a page deeper.
    beside.forEach((buffers, at) => {
      expect(buffers).toBeLessThan((alone[at] ?? 0) * 1.5);
    });
  } finally {
    await counter.close();
    await test.superuser.query("delete from onethread.messages where text = 'later'");
  }
});

it("a delivered message shows no error", async () => {
  const id = await engine.send(business, phone, "hello");
  await interrupt(id);
  await engine.deliver(await engine.claimOne("send"));
  await receiveStatus({ status: "delivered", biz_opaque_callback_data: id });
  expect(await message(id)).toMatchObject({ status: "delivered", code: null });
});

it("the known outcome of a send survives a deadlock in the database", async () => {
  const id = await engine.send(business, phone, "hello");
  const conversationId = await conversationOf();
  const lane = await engine.claimOne("send");
  const other = await test.superuser.connect();
  engine.simulator.addFailure({ match: { path: "messages", to: phone }, respond: { hangMs: 300 } });
  try {
    const running = engine.deliver(lane).then(
      () => "finished",
      () => "threw",
    );
    await eventually(
      () => message(id),
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
  expect((await message(id))?.status).toBe("accepted");
});
