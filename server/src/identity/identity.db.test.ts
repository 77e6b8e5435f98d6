import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { expectNothingBroken } from "../../test/support/expect-nothing-broken.ts";
import type { TestBusiness } from "../../test/support/test-business.ts";
import type { TestDatabase } from "../../test/support/test-database.ts";
import { closeTestEngine, openTestEngine, type TestEngine } from "../../test/support/test-engine.ts";
import { messagesBody, textMessage, webhookBody } from "../../test/support/webhook-bodies.ts";
import type { Identifier } from "./identifier.ts";
import { createSettleIdentity } from "./settle-identity.ts";
import { parseCloudWebhook } from "../whatsapp/parse-webhook.ts";

describe("one person, one thread", () => {
  let test: TestDatabase;
  let business: TestBusiness;
  let engine: TestEngine;

  beforeAll(async () => {
    ({ test, business, engine } = await openTestEngine({ quietMs: 0, ceilingMs: 0 }));
  });
  afterAll(() => closeTestEngine(engine, test));
  afterEach(async () => {
    for (const lane of await engine.claim("reply")) await engine.turn(lane);
    for (const lane of await engine.claim("send")) await engine.deliver(lane);
    await expectNothingBroken(test);
  });

  const threadsOf = async (...values: readonly string[]): Promise<readonly string[]> => {
    const { rows } = await test.superuser.query<{ id: string }>(
      "select distinct conversation_id as id from aliases where business_id = $1 and value = any ($2) order by 1",
      [business.businessId, values],
    );
    return rows.map(({ id }) => id);
  };
  const textsOf = async (conversationId: string | undefined): Promise<readonly (string | null)[]> => {
    const { rows } = await test.superuser.query<{ text: string | null }>(
      "select text from messages where conversation_id = $1 and direction = 'in' order by sent_at, seq",
      [conversationId],
    );
    return rows.map(({ text }) => text);
  };
  const systemBody = (id: string, from: string | undefined, change: Record<string, string>): Buffer => {
    const timestamp = String(Math.floor(Date.now() / 1000));
    const message = { ...(from === undefined ? {} : { from }), id, timestamp, type: "system", system: change };
    return webhookBody(business.phoneNumberId, { messages: [message] });
  };
  const receiveBody = async (body: Buffer): Promise<unknown> => {
    const parsed = parseCloudWebhook(body);
    return parsed.outcome === "events" ? engine.intake.receive(parsed.events) : parsed;
  };
  const system = (...about: Parameters<typeof systemBody>): Promise<unknown> => receiveBody(systemBody(...about));

  it("keeps phone and BSUID, then BSUID only, then the phone again, in one thread", async () => {
    await engine.receive(business, { from: "12025550401", userId: "US.a1", text: "1" });
    await engine.receive(business, { userId: "US.a1", text: "2" });
    await engine.receive(business, { from: "12025550401", userId: "US.a1", text: "3" });
    const [thread, ...others] = await threadsOf("12025550401", "US.a1");
    expect(others).toEqual([]);
    expect(await textsOf(thread)).toEqual(["1", "2", "3"]);
  });

  it("a redelivered webhook does not change who a phone number belongs to", async () => {
    const old = messagesBody(business.phoneNumberId, { id: "wamid.owner-old", from: "13035550001", userId: "US.owner.first" });
    await receiveBody(old);
    await engine.receive(business, { from: "13035550001", userId: "US.owner.second" });
    const second = await threadsOf("US.owner.second");
    expect(await threadsOf("13035550001")).toEqual(second);
    expect(await receiveBody(old)).toMatchObject({ duplicates: 1 });
    expect(await threadsOf("13035550001")).toEqual(second);
  });

  it.each([
    {
      as: "who they were",
      writes: { from: "12025550490", userId: "US.p1" },
      from: "12025550490",
      previous: "US.p1",
      number: "12025550491",
      becomes: "US.p2",
    },
    {
      as: "who they are",
      writes: { from: "12025550493", userId: "US.p4" },
      from: "12025550492",
      previous: "US.p3",
      number: "12025550493",
      becomes: "US.p4",
    },
  ])(
    "a change that comes before the person's first message is applied when they write as $as",
    async ({ writes, from, previous, number, becomes }) => {
      const change = { type: "user_changed_number", body: "changed", wa_id: number, user_id: becomes, previous_user_id: previous };
      const body = systemBody(`wamid.change-${becomes}`, from, change);
      await receiveBody(body);
      await receiveBody(body);
      const stateOf = async (): Promise<readonly unknown[]> =>
        (
          await test.superuser.query<Record<string, unknown>>(
            "select state from webhook_log where body ~ $1 and kind = 'message' and id not in (select id from messages)",
            [`wamid.change-${becomes}`],
          )
        ).rows;
      expect(await stateOf()).toEqual([{ state: "quarantined" }]);
      await engine.receive(business, { ...writes, text: "hello", at: Math.floor(Date.now() / 1000) + 1 });
      expect(await threadsOf(from, previous, number, becomes)).toHaveLength(1);
      expect(await textsOf((await threadsOf(becomes))[0])).toEqual(expect.arrayContaining(["hello", "changed"]));
      expect(await stateOf()).toEqual([{ state: "replayed" }]);
    },
  );

  it("merges two threads, answered and not, when one payload proves that they are one person; the doctor finds nothing", async () => {
    await engine.receive(business, { from: "12025550402", text: "p1" });
    await engine.turn(await engine.claimOne("reply"));
    await engine.deliver(await engine.claimOne("send"));
    await engine.receive(business, { userId: "US.a2", text: "u1" }, { userId: "US.a2", text: "u2" });
    await engine.turn(await engine.claimOne("reply"));
    await engine.deliver(await engine.claimOne("send"));
    await engine.receive(business, { from: "12025550402", text: "p2" });
    await engine.receive(business, { userId: "US.a2", text: "u3" });
    await engine.receive(business, { from: "12025550402", userId: "US.a2", text: "both" });
    const [thread, ...others] = await threadsOf("12025550402", "US.a2");
    expect(others).toEqual([]);
    expect([...(await textsOf(thread))].sort()).toEqual(["both", "p1", "p2", "u1", "u2", "u3"]);
    const asked = engine.responder.asked.length;
    await engine.turn(await engine.claimOne("reply"));
    expect(engine.responder.asked.slice(asked).map(({ burst }) => burst.map(({ text }) => text).sort())).toEqual([["both", "p2", "u3"]]);
    await engine.deliver(await engine.claimOne("send"));
    const { rows } = await test.superuser.query("select count(*)::int as count from merges where reason = 'payload'");
    expect(rows).toEqual([{ count: 1 }]);
  });

  it("writes a reply that was being written during a merge once, for both threads, to the newest address", async () => {
    await engine.receive(business, { from: "12025550403", text: "the first question" });
    await engine.receive(business, { userId: "US.a3", text: "the second question" });
    const lanes = await engine.claim("reply");
    expect(lanes).toHaveLength(2);
    await engine.receive(business, { from: "12025550403", userId: "US.a3", text: "the third question" });
    for (const lane of lanes) await engine.turn(lane);
    await engine.turn(await engine.claimOne("reply"));
    await engine.deliver(await engine.claimOne("send"));
    const sent = engine.simulator.outbox({ to: "12025550403" });
    expect(sent.map(({ body }) => (body as { text: { body: string } }).text.body)).toEqual(["reply to 3"]);
  });

  it("merges a merge: every old id leads to the last winner", async () => {
    await engine.receive(business, { from: "12025550404", text: "a" });
    await engine.receive(business, { userId: "US.a4", text: "b" });
    await engine.receive(business, { from: "12025550404", userId: "US.a4", text: "c" });
    await engine.receive(business, { from: "12025550405", text: "d" });
    await engine.receive(business, { from: "12025550405", userId: "US.a4", text: "e" });
    const [thread, ...others] = await threadsOf("12025550404", "12025550405", "US.a4");
    expect(others).toEqual([]);
    expect(await textsOf(thread)).toHaveLength(5);
    const { rows } = await test.superuser.query(
      "select count(*)::int as chains from conversations a join conversations b on b.id = a.merged_into where b.merged_into is not null",
    );
    expect(rows).toEqual([{ chains: 0 }]);
  });

  it("begins a new thread for a recycled number, and shows its owner nothing of the old one", async () => {
    await engine.receive(business, { from: "12025550406", userId: "US.old", text: "secret" });
    await engine.turn(await engine.claimOne("reply"));
    await engine.deliver(await engine.claimOne("send"));
    const asked = engine.responder.asked.length;
    await engine.receive(business, { from: "12025550406", userId: "US.new", text: "hello" });
    await engine.turn(await engine.claimOne("reply"));
    await engine.deliver(await engine.claimOne("send"));
    const context = engine.responder.asked[asked];
    expect([...(context?.history ?? []), ...(context?.burst ?? [])].map(({ text }) => text)).toEqual(["hello"]);
    expect(await threadsOf("US.old")).not.toEqual(await threadsOf("US.new"));
    expect(await threadsOf("12025550406")).toEqual(await threadsOf("US.new"));
    await engine.receive(business, { userId: "US.old", text: "still me" });
    expect(await textsOf((await threadsOf("US.old"))[0])).toEqual(["secret", "still me"]);
  });

  it("leaves a recycled number with its new owner when a message of the old one comes late", async () => {
    const anHourAgo = Math.floor(Date.now() / 1000) - 3600;
    await engine.receive(business, { from: "12025550416", userId: "US.first", text: "mine", at: anHourAgo - 60 });
    await engine.receive(business, { from: "12025550416", userId: "US.second", text: "now mine" });
    await engine.receive(business, { from: "12025550416", userId: "US.first", text: "late", at: anHourAgo });
    await engine.receive(business, { from: "12025550416", text: "only the number" });
    expect(await textsOf((await threadsOf("US.first"))[0])).toEqual(["mine", "late"]);
    expect(await textsOf((await threadsOf("US.second"))[0])).toEqual(["now mine", "only the number"]);
  });

  it("lets nobody's thread lose an identifier to another one that begins at the same moment", async () => {
    const others = test.open();
    const [settle, settleToo] = [engine.database, others].map((database) => createSettleIdentity({ database, log: test.log }));
    for (let round = 0; round < 30; round += 1) {
      const phone: Identifier = { kind: "phone", value: `1404555${String(2000 + round)}`, scope: null };
      const user: Identifier = { kind: "user", value: `US.twice${String(round)}`, scope: "300000000000001" };
      const request = { businessId: business.businessId, reason: "payload", proof: {}, at: new Date() } as const;
      const settled = await Promise.all([
        settle?.({ ...request, identifiers: [user], newKeys: [`user:${business.businessId}:${user.value}`] }),
        settleToo?.({ ...request, identifiers: [user, phone], newKeys: [`phone:${business.businessId}:+${phone.value}`] }),
      ]);
      expect(new Set(settled.map((one) => one?.conversationId)).size).toBe(1);
      expect(settled.filter((one) => one?.isNew)).toHaveLength(1);
    }
  });

  it("carries the thread over when the customer changes the number, and parks the change of somebody unknown", async () => {
    await engine.receive(business, { from: "12025550407", userId: "US.a7", text: "before" });
    await system("wamid.change-1", "12025550407", {
      type: "user_changed_number",
      wa_id: "12025550408",
      user_id: "US.a8",
      previous_user_id: "US.a7",
      body: "changed",
    });
    await engine.receive(business, { from: "12025550408", userId: "US.a8", text: "after" });
    const [thread, ...others] = await threadsOf("12025550407", "12025550408", "US.a7", "US.a8");
    expect(others).toEqual([]);
    expect(await textsOf(thread)).toEqual(["before", "changed", "after"]);
    expect(
      await system("wamid.change-2", undefined, { type: "user_changed_user_id", user_id: "US.x2", previous_user_id: "US.x1" }),
    ).toMatchObject({ quarantined: 1 });
    expect(await threadsOf("US.x1", "US.x2")).toEqual([]);
  });

  it("joins the number that a customer shares when they are asked for it", async () => {
    await engine.receive(business, { userId: "US.shy", text: "hello" });
    await engine.receive(business, { from: "12025550455", text: "by phone" });
    const contacts = [{ origin: "contact_request", phones: [{ phone: "+12025550455", wa_id: "12025550455", type: "CELL" }] }];
    const shared = {
      from_user_id: "US.shy",
      id: "wamid.shared",
      timestamp: String(Math.floor(Date.now() / 1000)),
      type: "contacts",
      contacts,
    };
    const parsed = parseCloudWebhook(webhookBody(business.phoneNumberId, { messages: [shared] }));
    if (parsed.outcome === "events") await engine.intake.receive(parsed.events);
    expect(await threadsOf("US.shy", "12025550455")).toHaveLength(1);
  });

  it("does not take a card that a customer passes on for their own number", async () => {
    const contacts = [{ origin: "other", phones: [{ phone: "+12025550456", wa_id: "12025550456" }] }];
    const card = {
      from_user_id: "US.card",
      id: "wamid.card",
      timestamp: String(Math.floor(Date.now() / 1000)),
      type: "contacts",
      contacts,
    };
    const parsed = parseCloudWebhook(webhookBody(business.phoneNumberId, { messages: [card] }));
    if (parsed.outcome === "events") await engine.intake.receive(parsed.events);
    expect(await threadsOf("12025550456")).toEqual([]);
  });

  it.each([
    ["its number", "12025550457"],
    ["its account only", "12025550458"],
  ])("understands the older way of telling that a user id has changed, where it names %s", async (named, phone) => {
    const [previous, current] = [`US.before${phone}`, `US.after${phone}`];
    await engine.receive(business, { from: phone, userId: previous, text: "before" });
    const metadata = { display_phone_number: "15550100200", phone_number_id: business.phoneNumberId };
    const update = { wa_id: phone, detail: "changed", user_id: { previous, current }, timestamp: "1790000000" };
    const place = named === "its number" ? { metadata } : {};
    const change = { field: "user_id_update", value: { messaging_product: "whatsapp", ...place, user_id_update: [update] } };
    const body = { object: "whatsapp_business_account", entry: [{ id: "300000000000001", changes: [change] }] };
    const parsed = parseCloudWebhook(Buffer.from(JSON.stringify(body)));
    if (parsed.outcome === "events") await engine.intake.receive(parsed.events);
    await engine.intake.idle();
    await engine.receive(business, { userId: current, text: "after" });
    expect(await threadsOf(previous, current, phone)).toHaveLength(1);
  });

  it("keeps a group in one thread, silent until the business wants answers there, and then answers the group", async () => {
    const write = async (from: string, text: string): Promise<void> => {
      const message = { ...textMessage({ from, text }), group_id: "Z3JwLTE" };
      const contacts = [{ profile: { name: `Member ${from}` }, wa_id: from }];
      const parsed = parseCloudWebhook(webhookBody(business.phoneNumberId, { contacts, messages: [message] }));
      if (parsed.outcome === "events") await engine.intake.receive(parsed.events);
    };
    await write("12025550461", "hello all");
    await write("12025550462", "hello you");
    const [thread, ...others] = await threadsOf("Z3JwLTE");
    expect(others).toEqual([]);
    expect(await threadsOf("12025550461", "12025550462")).toEqual([]);
    expect(await textsOf(thread)).toEqual(["hello all", "hello you"]);
    await engine.turn(await engine.claimOne("reply"));
    expect(engine.simulator.outbox({ to: "Z3JwLTE" })).toEqual([]);
    await test.superuser.query("update businesses set answers_groups = true");
    await write("12025550461", "anybody?");
    await engine.turn(await engine.claimOne("reply"));
    await engine.deliver(await engine.claimOne("send"));
    expect(engine.simulator.outbox({ to: "Z3JwLTE" })).toHaveLength(1);
  });

  it("settles who began a thread when two deliveries name one person differently at the same moment", async () => {
    const phones = Array.from({ length: 30 }, (_, i) => String(13035550500 + i));
    await Promise.all(
      phones.flatMap((from, i) => {
        const userId = `US.race${String(i)}`;
        const bodies = [
          { userId, text: "u" },
          { from, userId, text: "b" },
          { from, text: "p" },
        ];
        return bodies.map(async (message) => {
          const parsed = parseCloudWebhook(webhookBody(business.phoneNumberId, { messages: [textMessage(message)] }));
          return parsed.outcome === "events" ? engine.intake.receive(parsed.events) : undefined;
        });
      }),
    );
    for (const [i, from] of phones.entries()) expect(await threadsOf(from, `US.race${String(i)}`)).toHaveLength(1);
    const { rows } = await test.superuser.query(
      "select count(distinct m.conversation_id)::int as threads, count(*)::int as messages from messages m join aliases a using (conversation_id) where a.value = any ($1)",
      [phones],
    );
    expect(rows).toEqual([{ threads: 30, messages: 90 }]);
  });
});
