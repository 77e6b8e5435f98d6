import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Database } from "../db/database.ts";
import { noFailPoints } from "../kernel/fail-points.ts";
import { Fault } from "../kernel/faults.ts";
import { parseCloudWebhook } from "../whatsapp/parse-webhook.ts";
import type { WebhookEvent } from "../whatsapp/events.ts";
import { createTestBusiness, type TestBusiness } from "../../test/support/test-business.ts";
import { createTestDatabase, type TestDatabase } from "../../test/support/test-database.ts";
import { messagesBody, webhookBody } from "../../test/support/webhook-bodies.ts";
import { type Intake } from "./create-intake.ts";
import { createReplay } from "./replay.ts";
import { createStatusStore } from "./store-statuses.ts";
import { withoutQuarantine } from "./webhook-log.ts";
import { createTestIntake } from "../../test/support/test-intake.ts";
import { createTestServices } from "../../test/support/test-services.ts";

function eventsOf(body: Buffer): readonly WebhookEvent[] {
  const parsed = parseCloudWebhook(body);
  if (parsed.outcome !== "events") throw new Error(parsed.reason);
  return parsed.events;
}

describe("the intake", () => {
  let test: TestDatabase;
  let db: Database;
  let business: TestBusiness;
  const intakeOn = (database: Database, options: { maxWaiting?: number; replay?: boolean } = {}): Intake => {
    const { replay = false, ...limits } = options;
    return createTestIntake(test, { database, slots: 3, ...limits, ...(replay ? { changeLog: withoutQuarantine } : {}) });
  };
  const count = async (text: string, values: readonly unknown[] = []): Promise<number> => {
    const { rows } = await test.superuser.query<{ count: string }>(text, [...values]);
    return Number(rows[0]?.count);
  };
  const accountBody = (field: string, value: unknown): Buffer =>
    Buffer.from(JSON.stringify({ object: "whatsapp_business_account", entry: [{ id: "300000000000001", changes: [{ field, value }] }] }));
  const receive = (intake: Intake, body: Buffer) => intake.receive(eventsOf(body));

  beforeAll(async () => {
    test = await createTestDatabase();
    db = test.open();
    business = await createTestBusiness(test.superuser);
  });
  afterAll(() => test.close());

  it.each([20, 200])("puts %i concurrent first messages of a new customer into one conversation", async (n) => {
    const from = `1202555${String(1000 + n)}`;
    const intakes = [intakeOn(db), intakeOn(test.open())];
    await Promise.all(
      Array.from({ length: n }, (_, i) => receive(intakes[i % 2] as Intake, messagesBody(business.phoneNumberId, { from }))),
    );
    const key = `phone:${business.businessId}:+${from}`;
    expect(await count("select count(*) from conversations where canonical_key = $1", [key])).toBe(1);
    expect(
      await count("select count(*) from messages m join conversations c on c.id = m.conversation_id where c.canonical_key = $1", [key]),
    ).toBe(n);
    expect(
      await count(
        "select count(distinct seq) from messages m join conversations c on c.id = m.conversation_id where c.canonical_key = $1",
        [key],
      ),
    ).toBe(n);
  });

  it("stores a message once, however often and concurrently it is delivered", async () => {
    const intake = intakeOn(db);
    const body = messagesBody(business.phoneNumberId, { from: "12025550301", id: "wamid.same" });
    const results = await Promise.all(Array.from({ length: 50 }, () => receive(intake, body)));
    expect(results.reduce((sum, result) => sum + result.stored, 0)).toBe(1);
    expect(results.reduce((sum, result) => sum + result.duplicates, 0)).toBe(49);
    expect(await count("select count(*) from messages where provider_message_id = 'wamid.same'")).toBe(1);
  });

  it("stores every one of a batch of 1000", async () => {
    const messages = Array.from({ length: 1000 }, (_, i) => ({ from: `1303555${String(1000 + (i % 300))}` }));
    expect(await receive(intakeOn(db), messagesBody(business.phoneNumberId, ...messages))).toEqual({
      stored: 1000,
      duplicates: 0,
      quarantined: 0,
    });
  });

  it("lets 99 neighbours of a poisoned message pass, quarantines it, and replays it once the cause is gone", async () => {
    const intake = intakeOn(db);
    await test.superuser.query("alter table messages add constraint ck_poison check (text <> 'poison') not valid");
    const messages = Array.from({ length: 100 }, (_, i) => ({
      from: `1404555${String(1000 + i)}`,
      text: i === 37 ? "poison" : "fine",
      id: `wamid.p${String(i)}`,
    }));
    expect(await receive(intake, messagesBody(business.phoneNumberId, ...messages))).toEqual({ stored: 99, duplicates: 0, quarantined: 1 });
    const replay = createReplay({ db: db.acrossBusinesses, intake: intakeOn(db, { replay: true }) });
    expect((await replay.run({})).stillQuarantined).toHaveLength(1);
    expect(await count("select count(*) from webhook_log where state = 'quarantined'")).toBe(1);
    await test.superuser.query("alter table messages drop constraint ck_poison");
    expect(await replay.run({})).toEqual({ replayed: 1, stillQuarantined: [] });
    expect(await count("select count(*) from messages where provider_message_id = 'wamid.p37'")).toBe(1);
    expect((await replay.run({})).replayed).toBe(0);
  });

  it("keeps an item that cannot be read once, however often it is delivered, and counts how often; notices too", async () => {
    const intake = intakeOn(db);
    const unreadable = webhookBody(business.phoneNumberId, { messages: [{ from: "12025550360", type: "text", text: { body: "no id" } }] });
    const twice = eventsOf(unreadable).flatMap((event) => [event, event]);
    for (let at = 0; at < 3; at += 1) {
      expect(await intake.receive(twice)).toMatchObject({ quarantined: 2 });
      await receive(intake, accountBody("flows", { event: "FLOW_STATUS_CHANGE", metadata: { phone_number_id: business.phoneNumberId } }));
    }
    // Of another number it is another item.
    await receive(intake, webhookBody("298888888888888", { messages: [{ from: "12025550360", type: "text", text: { body: "no id" } }] }));
    const { rows } = await test.superuser.query(
      "select w.state, w.kind, i.seen from webhook_log w join webhook_items i on i.business_id = w.business_id and i.log_id = w.id where body ~ 'no id|FLOW_STATUS' order by 3, 2",
    );
    expect(rows).toEqual([
      { state: "quarantined", kind: "unreadable", seen: 1 },
      { state: "unused", kind: "flows", seen: 3 },
      { state: "quarantined", kind: "unreadable", seen: 6 },
    ]);
    const replay = createReplay({ db: db.acrossBusinesses, intake: intakeOn(db, { replay: true }) });
    const result = await replay.run({ businessId: business.businessId });
    expect(result.stillQuarantined).toMatchObject([{ seen: 6 }]);
    expect(await count("select count(*) from webhook_log where body ~ 'no id'")).toBe(2);
    await test.superuser.query("delete from webhook_log where body ~ 'no id'");
  });

  it("keeps what cannot be used yet replayable, never as stored; a replay uses it once it can be read", async () => {
    const intake = intakeOn(db);
    const metadata = { phone_number_id: business.phoneNumberId };
    for (const field of ["standby", "history", "smb_app_state_sync", "calls", "a_field_of_tomorrow"])
      expect(await receive(intake, accountBody(field, { metadata, [field]: [] }))).toEqual({
        stored: 0,
        duplicates: 0,
        quarantined: 0,
        unused: 1,
      });
    await receive(
      intake,
      webhookBody(business.phoneNumberId, { statuses: [{ id: "wamid.w", status: "framed", timestamp: "1790000000" }] }),
    );
    const inState = (state: string) =>
      count("select count(*) from webhook_log where business_id = $1 and state = $2 and kind !~ '^(message|flows|unreadable)$'", [
        business.businessId,
        state,
      ]);
    expect([await inState("stored"), await inState("unused")]).toEqual([0, 6]);
    const replay = createReplay({ db: db.acrossBusinesses, intake: intakeOn(db, { replay: true }) });
    expect(await replay.run({ businessId: business.businessId })).toMatchObject({ replayed: 0, unused: expect.any(Number) });
    expect(await inState("unused")).toBe(6);
    // As if this version had just learned what standby says.
    const learned = messagesBody(business.phoneNumberId, { from: "12025550361", id: "wamid.learned" }).toString();
    await test.superuser.query("update webhook_log set body = $1 where kind = 'standby'", [learned]);
    expect(await replay.run({ businessId: business.businessId })).toMatchObject({ replayed: 1 });
    expect(await count("select count(*) from messages where provider_message_id = 'wamid.learned'")).toBe(1);
    expect([await inState("replayed"), await inState("unused")]).toEqual([1, 5]);
  });

  it("uses the existing conversation when its upsert is refused", async () => {
    const intake = intakeOn(db);
    const from = "12025550305";
    await receive(intake, messagesBody(business.phoneNumberId, { from }));
    await test.superuser.query("alter table conversations add constraint ck_refuse check (contact_name <> 'Refused') not valid");
    const body = webhookBody(business.phoneNumberId, {
      contacts: [{ profile: { name: "Refused" }, wa_id: from }],
      messages: [{ from, id: "wamid.refused", timestamp: "1790000000", type: "text", text: { body: "hi" } }],
    });
    expect(await receive(intake, body)).toMatchObject({ stored: 1, quarantined: 0 });
    await test.superuser.query("alter table conversations drop constraint ck_refuse");
    const { rows: lanes } = await test.superuser.query(
      "select l.kind, wanted::int, check_at is not null as awake from lanes l join aliases a using (business_id, conversation_id) where a.value = $1 order by 1",
      [from],
    );
    expect(lanes).toEqual([
      { kind: "reply", wanted: 2, awake: true },
      { kind: "session", wanted: 2, awake: true },
    ]);
    await receive(intake, messagesBody(business.phoneNumberId, { from }));
    expect(
      await count("select count(*) from messages m join aliases a using (business_id, conversation_id) where a.value = $1", [from]),
    ).toBe(3);
  });

  it("moves the times of a conversation forward, never back, and reopens it only for a new message", async () => {
    const intake = intakeOn(db);
    const from = "12025550306";
    const now = Math.floor(Date.now() / 1000) - 10;
    const first = messagesBody(business.phoneNumberId, { from, at: now });
    await receive(intake, first);
    await receive(intake, messagesBody(business.phoneNumberId, { from, at: now - 86_400 * 6 }));
    const read = () =>
      test.superuser.query<{ at: Date; is_open: boolean }>(
        "select last_customer_message_at as at, is_open from conversations where canonical_key = $1",
        [`phone:${business.businessId}:+${from}`],
      );
    expect((await read()).rows[0]?.at.getTime()).toBe(now * 1000);
    await test.superuser.query("update conversations set is_open = false where canonical_key = $1", [
      `phone:${business.businessId}:+${from}`,
    ]);
    await receive(intake, first);
    expect((await read()).rows[0]?.is_open).toBe(false);
    await receive(intake, messagesBody(business.phoneNumberId, { from }));
    expect((await read()).rows[0]?.is_open).toBe(true);
  });

  it("does not keep a thread at the top for days because of a message that claims to be from the future, or has no time", async () => {
    const from = "12025550316";
    const ahead = Math.floor(Date.now() / 1000) + 86_400 * 3;
    const messages = [ahead, 0].map((at, index) => ({ from, at, text: String(index), id: `wamid.times-${String(index)}` }));
    expect(await receive(intakeOn(db), messagesBody(business.phoneNumberId, ...messages))).toMatchObject({ stored: 2, quarantined: 0 });
    const near = "between now() - interval '1 hour' and now() + interval '1 minute'";
    expect(await count(`select count(*) from messages where provider_message_id like 'wamid.times-%' and sent_at ${near}`)).toBe(2);
  });

  it("follows a tombstone to the conversation that it was merged into", async () => {
    const intake = intakeOn(db);
    await receive(intake, messagesBody(business.phoneNumberId, { from: "12025550307" }));
    await receive(intake, messagesBody(business.phoneNumberId, { from: "12025550308" }));
    const id = async (phone: string): Promise<unknown> =>
      (
        await test.superuser.query<{ id: string }>("select id from conversations where canonical_key = $1", [
          `phone:${business.businessId}:+${phone}`,
        ])
      ).rows[0]?.id;
    const [loser, winner] = [await id("12025550307"), await id("12025550308")];
    await test.superuser.query("update conversations set merged_into = $2 where id = $1", [loser, winner]);
    await receive(intake, messagesBody(business.phoneNumberId, { from: "12025550307", id: "wamid.follows" }));
    expect(
      await count("select count(*) from messages where provider_message_id = 'wamid.follows' and conversation_id = $1", [winner]),
    ).toBe(1);
  });

  it("keeps what comes for an unknown channel, raw and replayable once the channel is connected", async () => {
    const intake = intakeOn(db);
    const phoneNumberId = "299999999999999";
    expect(await receive(intake, messagesBody(phoneNumberId, { from: "12025550309", id: "wamid.unknown-channel" }))).toMatchObject({
      quarantined: 1,
    });
    await createTestBusiness(test.superuser, { phoneNumberId });
    const replay = createReplay({ db: db.acrossBusinesses, intake: intakeOn(db, { replay: true }) });
    expect(await replay.run({})).toMatchObject({ replayed: 1, stillQuarantined: [] });
    expect(await count("select count(*) from messages where provider_message_id = 'wamid.unknown-channel'")).toBe(1);
  });

  it("joins a status that came before our own record of its message for as long as a send may take", async () => {
    const intake = intakeOn(db);
    const status = {
      id: "wamid.early",
      status: "delivered",
      timestamp: String(Math.floor(Date.now() / 1000)),
      recipient_id: "12025550318",
    };
    await receive(intake, webhookBody(business.phoneNumberId, { statuses: [status] }));
    await receive(intake, messagesBody(business.phoneNumberId, { from: "12025550318", id: "wamid.before-early" }));
    await test.superuser.query("update message_statuses set received_at = now() - interval '5 minutes' where provider_message_id = $1", [
      status.id,
    ]);
    await test.superuser.query(
      `insert into messages (business_id, id, conversation_id, seq, channel_id, direction, author, provider_message_id, type, text, content, sent_at, received_at, status)
       select business_id, gen_random_uuid(), conversation_id, 99, channel_id, 'out', 'ai', $1, type, text, content, sent_at, received_at, 'sent'
         from messages where provider_message_id = 'wamid.before-early'`,
      [status.id],
    );
    const { actOnRefusal, webhookLog } = createTestServices({ database: db, log: test.log });
    const statuses = createStatusStore({ db: db.acrossBusinesses, webhookLog, actOnRefusal, failPoints: noFailPoints });
    expect(await statuses.applyWaitingOnce()).toBe(1);
    expect(await count("select count(*) from messages where provider_message_id = $1 and delivered_at is not null", [status.id])).toBe(1);
  });

  it("keeps what a status says of the price, of the window of an advertisement and of the template, before and after its message is known", async () => {
    const pricing = { billable: true, pricing_model: "PMP", type: "regular", category: "utility" };
    const window = { id: "c1", expiration_timestamp: "1790700000", origin: { type: "referral_conversion" } };
    const said = {
      status: "sent",
      timestamp: "1790100100",
      recipient_id: "12025550319",
      pricing,
      conversation: window,
      template_id: "15009",
    };
    const statuses = [
      { ...said, id: "wamid.priced" },
      { ...said, id: "wamid.priced", status: "read", pricing: undefined, conversation: undefined, template_id: undefined },
    ];
    await receive(intakeOn(db), webhookBody(business.phoneNumberId, { statuses }));
    const kept = async (): Promise<unknown> => {
      const { rows } = await test.superuser.query<{ kept: unknown }>(
        `select json_agg(json_build_object('pricing', pricing, 'entry_window', entry_window, 'template_id', template_id) order by status desc) as kept
           from message_statuses where provider_message_id = 'wamid.priced'`,
      );
      return rows[0]?.kept;
    };
    const wanted = [
      { pricing, entry_window: { id: "c1", origin: "referral_conversion", expiration_timestamp: "1790700000" }, template_id: "15009" },
      { pricing: null, entry_window: null, template_id: null },
    ];
    expect(await kept()).toEqual(wanted);
    await receive(intakeOn(db), messagesBody(business.phoneNumberId, { from: "12025550319", id: "wamid.before-priced" }));
    await test.superuser.query(
      `insert into messages (business_id, id, conversation_id, seq, channel_id, direction, author, provider_message_id, type, text, content, sent_at, received_at, status)
       select business_id, gen_random_uuid(), conversation_id, 99, channel_id, 'out', 'ai', 'wamid.priced', type, text, content, sent_at, received_at, 'sent'
         from messages where provider_message_id = 'wamid.before-priced'`,
    );
    const { actOnRefusal, webhookLog } = createTestServices({ database: db, log: test.log });
    expect(
      await createStatusStore({ db: db.acrossBusinesses, webhookLog, actOnRefusal, failPoints: noFailPoints }).applyWaitingOnce(),
    ).toBe(2);
    const ofMessage = `select count(*) from message_statuses s join messages m on m.business_id = s.business_id and m.id = s.message_id
                        where s.provider_message_id = 'wamid.priced' and m.provider_message_id = 'wamid.priced'`;
    expect(await count(ofMessage)).toBe(2);
    expect(await kept()).toEqual(wanted);
  });

  it("acknowledges nothing when the queue is full", async () => {
    const intake = intakeOn(db, { maxWaiting: 0 });
    const refused = receive(intake, messagesBody(business.phoneNumberId, { from: "12025550310" }));
    await expect(refused).rejects.toBeInstanceOf(Fault);
    await expect(refused).rejects.toMatchObject({ code: "unavailable", retryAfterSeconds: 2 });
  });

  it("takes in a body with more messages than the queue holds, and another business beside it", async () => {
    const intake = intakeOn(db, { maxWaiting: 2_100 });
    const other = await createTestBusiness(test.superuser);
    const messages = Array.from({ length: 2_500 }, (_, i) => ({ from: `1505555${String(1000 + (i % 50))}` }));
    const big = receive(intake, messagesBody(business.phoneNumberId, ...messages));
    const small = await receive(intake, messagesBody(other.phoneNumberId, { from: "12025550333" }));
    expect(small).toMatchObject({ stored: 1 });
    expect(await big).toEqual({ stored: 2_500, duplicates: 0, quarantined: 0 });
  });

  it.each(["abc", "+++", "US.x1y2", "GB.x1y2", "-", "twelve12"])(
    "keeps a message aside whose sender %s is no address, instead of putting strangers into one thread",
    async (from) => {
      expect(await receive(intakeOn(db), messagesBody(business.phoneNumberId, { from }))).toMatchObject({ stored: 0, quarantined: 1 });
      expect(await count("select count(*) from aliases where value = $1", [from])).toBe(0);
      expect(await count("select count(*) from conversations where canonical_key !~ '^(phone:.*:\\+[0-9]{6,}|user:.*)$'")).toBe(0);
    },
  );

  it("places a message by its user id when its number is not one, and does not remember the number", async () => {
    const userId = "US.8Q2m9XkLp4";
    expect(await receive(intakeOn(db), messagesBody(business.phoneNumberId, { from: "hidden", userId }))).toMatchObject({ stored: 1 });
    expect(await count("select count(*) from aliases where value = 'hidden'")).toBe(0);
    expect(await count("select count(*) from conversations where reply_kind = 'user' and reply_address = $1", [userId])).toBe(1);
  });

  it.for(["", "12025550147", "name:b:Ana", "lead:", "user:b", "user:b:", "lid::1", "phone:b:", "phone:b:+", "phone:b:Ana"])(
    "cannot store a conversation under the key %j, which names nobody, whoever writes it",
    async (key) => {
      const insert = test.superuser.query(
        "insert into conversations (business_id, id, canonical_key, last_message_at, created_at, updated_at) values ($1, $1, $2, now(), now(), now())",
        [business.businessId, key],
      );
      await expect(insert).rejects.toMatchObject({ constraint: "ck_conversation_canonical_key" });
    },
  );

  it("joins messages that name a person by different identifiers when one of them proves both", async () => {
    const intake = intakeOn(db);
    const userId = "US.7Q2m9XkLp4";
    await receive(intake, messagesBody(business.phoneNumberId, { userId }, { from: "12025550311", userId }));
    await receive(intake, messagesBody(business.phoneNumberId, { userId }));
    expect(await count("select count(distinct conversation_id) from aliases where value in ('12025550311', $1)", [userId])).toBe(1);
  });
});
