// Proves that a merge joins sessions, turns and lanes without a seam, and that a split gives back what the loser had.
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { expectNothingBroken } from "../../test/support/expect-nothing-broken.ts";
import type { TestBusiness } from "../../test/support/test-business.ts";
import type { TestDatabase } from "../../test/support/test-database.ts";
import { closeTestEngine, openTestEngine, type TestEngine } from "../../test/support/test-engine.ts";
import { createWakeUps } from "../lanes/wake-ups.ts";
import { parseCloudWebhook } from "../whatsapp/parse-webhook.ts";
import { webhookBody } from "../../test/support/webhook-bodies.ts";
import { createTestTracker } from "../../test/support/test-tracker.ts";
import { createMergeByHand, type MergeByHand } from "./merge-by-hand.ts";
import { createSplitConversations, type SplitConversations } from "./split-conversations.ts";

describe("merge and split", () => {
  let test: TestDatabase;
  let business: TestBusiness;
  let engine: TestEngine;
  let mergeByHand: MergeByHand;
  let splitConversations: SplitConversations;
  let people = 0;

  beforeAll(async () => {
    ({ test, business, engine } = await openTestEngine({ quietMs: 0, ceilingMs: 0 }));
    const deps = { database: engine.database, log: test.log };
    mergeByHand = createMergeByHand(deps);
    splitConversations = createSplitConversations(deps);
  });
  afterAll(() => closeTestEngine(engine, test));
  afterEach(async () => {
    await expectHealthy();
    await answerAll();
    await trackSessions();
    await expectHealthy();
  });

  const expectHealthy = async (): Promise<void> => {
    await expectNothingBroken(test);
  };
  const trackSessions = async (inactivityMs = 900_000): Promise<void> => {
    await engine.expireLeases();
    const track = createTestTracker(engine.database, test.log, inactivityMs);
    for (const lane of await engine.claim("session")) await track(lane, new AbortController().signal);
  };
  const answerAll = async (): Promise<void> => {
    for (const lane of await engine.claim("reply")) await engine.turn(lane);
    for (const lane of await engine.claim("send")) await engine.deliver(lane);
  };
  const newPerson = (): { readonly from: string; readonly userId: string } => {
    people += 1;
    return { from: `1303555${String(1000 + people)}`, userId: `US.split${String(people)}` };
  };
  const threadOf = async (value: string): Promise<string> => {
    const { rows } = await test.superuser.query<{ id: string }>("select conversation_id as id from aliases where value = $1", [value]);
    return rows[0]?.id ?? "";
  };
  const select = async (text: string, ...values: readonly unknown[]): Promise<readonly Record<string, unknown>[]> => {
    const { rows } = await test.superuser.query<Record<string, unknown>>(text, [...values]);
    return rows;
  };
  /** Everything of a thread that a split has to give back, positions and all. */
  const pictureOf = async (id: string): Promise<unknown> => ({
    messages: await select("select seq::int, direction, text from messages where conversation_id = $1 order by seq", id),
    turns: await select("select covers_from::int, covers_to::int, state from turns where conversation_id = $1 order by covers_from", id),
    sessions: await select("select from_seq::int from sessions where conversation_id = $1 order by from_seq", id),
    conversation: await select(
      "select reply_kind, reply_address, merged_into, contact_name, lead_id, is_open from conversations where id = $1",
      id,
    ),
    aliases: await select("select kind, value from aliases where conversation_id = $1 order by 1, 2", id),
  });
  const openSessions = (id: string) => select("select 1 from sessions where conversation_id = $1 and closed_at is null", id);

  it("joins two threads with open sessions, answered at different times and with messages that wait: one open session, one chain of turns", async () => {
    const { from, userId } = newPerson();
    for (const text of ["p1", "p2", "p3"]) {
      await engine.receive(business, { from, text });
      await answerAll();
    }
    await engine.receive(business, { userId, text: "u1" });
    await answerAll();
    await trackSessions();
    await engine.receive(business, { from, text: "p4" });
    await engine.receive(business, { userId, text: "u2" });
    await engine.receive(business, { from, userId, text: "both" });
    const id = await threadOf(from);
    expect(await threadOf(userId)).toBe(id);
    expect(await openSessions(id)).toHaveLength(1);
    await expectHealthy();
    await trackSessions(0);
    expect(await openSessions(id)).toHaveLength(0);
  });

  it("a change that comes late takes what the number's next holder wrote out of the thread, with its replies, and what waits is answered there", async () => {
    const { from } = newPerson();
    const { from: taken } = newPerson();
    const begin = Math.floor(Date.now() / 1000) - 10_000;
    for (const [text, at] of [
      ["m1", begin],
      ["n1", begin + 20],
    ] as const) {
      await engine.receive(business, { from, text, at });
      await answerAll();
      await trackSessions();
    }
    await engine.receive(business, { from, text: "n2", at: begin + 30 });
    await engine.receive(business, { from, text: "m0", at: begin - 5 });
    const mover = await threadOf(from);
    const system = { type: "user_changed_number", wa_id: taken, body: "changed" };
    await engine.receive(business, { from, at: begin + 10, node: { type: "system", system } });
    const next = await threadOf(from);
    const partsOf = async (id: string): Promise<readonly unknown[]> =>
      (await select("select direction || coalesce(' ' || text, '') as part from messages where conversation_id = $1 order by seq", id)).map(
        ({ part }) => part,
      );
    expect(await partsOf(mover)).toEqual(["in m1", "out reply to 1", "in m0", "in changed"]);
    expect(await partsOf(next)).toEqual(["in n1", "out reply to 1", "in n2"]);
    expect(await select("select reply_address from conversations where id in ($1, $2) order by id = $2", mover, next)).toEqual([
      { reply_address: taken },
      { reply_address: from },
    ]);
    await expectHealthy();
    await answerAll();
    expect(await partsOf(next)).toEqual(["in n1", "out reply to 1", "in n2", "out reply to 1"]);
    expect(await threadOf(taken)).toBe(mover);
  });

  it("merges while both threads have a turn that is running and an open session: both are answered once, by one reply", async () => {
    const { from, userId } = newPerson();
    await engine.receive(business, { from, text: "p1" });
    await engine.receive(business, { userId, text: "u1" });
    await trackSessions();
    const running = await engine.claim("reply");
    expect(running).toHaveLength(2);
    const asked = engine.responder.asked.length;
    engine.responder.answer = async () => {
      engine.responder.answer = ({ burst }) => ({ outcome: "reply", texts: [`reply to ${String(burst.length)}`] });
      await engine.receive(business, { from, userId, text: "both" });
      return { outcome: "reply", texts: ["too late"] };
    };
    for (const lane of running) await engine.turn(lane);
    await answerAll();
    expect(
      engine.responder.asked
        .at(-1)
        ?.burst.map(({ text }) => text)
        .sort(),
    ).toEqual(["both", "p1", "u1"]);
    expect(engine.responder.asked.length - asked).toBe(2);
    const id = await threadOf(from);
    expect(await select("select text, status from messages where conversation_id = $1 and direction = 'out'", id)).toEqual([
      { text: "reply to 3", status: "accepted" },
    ]);
    expect(await openSessions(id)).toHaveLength(1);
  });

  it("a split right after a merge gives both threads back as they were; what waited is answered in its own thread", async () => {
    const [one, other] = [newPerson(), newPerson()];
    for (const text of ["a1", "a2"]) {
      await engine.receive(business, { ...one, text });
      await answerAll();
    }
    await engine.receive(business, { ...other, text: "b1" });
    await answerAll();
    await trackSessions();
    await engine.receive(business, { ...other, text: "b2" });
    await engine.receive(business, { ...one, text: "a3" });
    const ids = [await threadOf(one.from), await threadOf(other.from)] as const;
    const before = [await pictureOf(ids[0]), await pictureOf(ids[1])];
    const request = { businessId: business.businessId, conversationIds: ids };
    expect(await mergeByHand({ ...request, execute: false })).toMatchObject({
      outcome: "planned",
      winnerId: ids[0],
      moves: { messages: 3, turns: 1, sessions: 1, aliases: 2 },
    });
    expect([await pictureOf(ids[0]), await pictureOf(ids[1])]).toEqual(before);
    expect(await mergeByHand({ ...request, execute: true })).toMatchObject({ outcome: "merged", winnerId: ids[0], loserId: ids[1] });
    await expectHealthy();
    const undo = { businessId: business.businessId, conversationId: ids[1] };
    const merged = await pictureOf(ids[0]);
    expect(await splitConversations({ ...undo, execute: false })).toMatchObject({
      outcome: "planned",
      moves: { messages: 3, turns: 1, sessions: 1, aliases: 2 },
    });
    expect(await pictureOf(ids[0])).toEqual(merged);
    expect(await splitConversations({ ...undo, execute: true })).toMatchObject({ outcome: "split", winnerId: ids[0] });
    expect(await splitConversations({ ...undo, execute: true })).toEqual({ outcome: "not_merged" });
    expect(await pictureOf(ids[1])).toEqual(before[1]);
    const texts = await select("select text from messages where conversation_id = $1 and direction = 'in' order by seq", ids[0]);
    expect(texts).toEqual([{ text: "a1" }, { text: "a2" }, { text: "a3" }]);
    expect(await select("select reason from turns where conversation_id = $1 and reason = 'split_off'", ids[0])).toHaveLength(1);
    const asked = engine.responder.asked.length;
    await answerAll();
    expect(
      engine.responder.asked
        .slice(asked)
        .map(({ burst }) => burst.map(({ text }) => text).join())
        .sort(),
    ).toEqual(["a3", "b2"]);
    expect((await select("select reply_address from conversations where id = $1", ids[0]))[0]).toEqual({ reply_address: one.from });
  });

  it("a split after the joint thread was answered covers the part that went back, and wakes nobody for it", async () => {
    const [one, other] = [newPerson(), newPerson()];
    await engine.receive(business, { ...one, text: "a1" }, { ...one, text: "a2" }, { ...one, text: "a3" });
    await engine.receive(business, { ...other, text: "b1" });
    const ids = [await threadOf(one.from), await threadOf(other.from)] as const;
    await mergeByHand({ businessId: business.businessId, conversationIds: ids, execute: true });
    await answerAll();
    await trackSessions();
    await engine.receive(business, { ...one, text: "a4" });
    expect(await splitConversations({ businessId: business.businessId, conversationId: ids[1], execute: true })).toMatchObject({
      outcome: "split",
    });
    expect(await select("select covers_from::int, covers_to::int, state, reason from turns where conversation_id = $1", ids[1])).toEqual([
      { covers_from: 1, covers_to: 1, state: "skipped", reason: "split_off" },
    ]);
    const asked = engine.responder.asked.length;
    await answerAll();
    expect(engine.responder.asked.slice(asked).map(({ burst }) => burst.map(({ text }) => text))).toEqual([["a4"]]);
    await engine.receive(business, { ...other, text: "b2" });
    await answerAll();
    expect(
      engine.responder.asked
        .at(-1)
        ?.history.concat(engine.responder.asked.at(-1)?.burst ?? [])
        .map(({ text }) => text),
    ).toEqual(["b1", "b2"]);
  });

  it("a session that loses messages to a merge or to a split gets a new summary, of what it still covers", async () => {
    const [one, other] = [newPerson(), newPerson()];
    const anHourAgo = () => test.superuser.query("update messages set received_at = received_at - interval '1 hour'");
    await engine.receive(business, { ...one, text: "a1" });
    await answerAll();
    await engine.receive(business, { ...one, text: "a2" });
    await anHourAgo();
    await trackSessions();
    await engine.receive(business, { ...other, text: "b1" });
    const ids = [await threadOf(one.from), await threadOf(other.from)] as const;
    const summaries = () =>
      select("select summary_state as state, summary from sessions where conversation_id = $1 order by from_seq", ids[0]);
    expect(await summaries()).toMatchObject([{ state: "done" }]);
    await mergeByHand({ businessId: business.businessId, conversationIds: ids, execute: true });
    expect(await summaries()).toMatchObject([{ state: "pending" }]);
    await anHourAgo();
    await trackSessions();
    expect(await summaries()).toMatchObject([{ state: "done" }, { state: "too_short", summary: "b1" }]);
    // A session that had gone on over the messages of both.
    await test.superuser.query("delete from sessions where conversation_id = $1 and from_seq > 1", [ids[0]]);
    await test.superuser.query("update sessions set to_seq = 4 where conversation_id = $1", [ids[0]]);
    await splitConversations({ businessId: business.businessId, conversationId: ids[1], execute: true });
    expect(await summaries()).toMatchObject([{ state: "pending" }]);
    await trackSessions();
    expect(await summaries()).toMatchObject([{ state: "done" }]);
  });

  it("only the newest merge of a thread is undone, and a merge of a merge comes apart in its order", async () => {
    const persons = [newPerson(), newPerson(), newPerson()] as const;
    for (const person of persons) await engine.receive(business, { ...person, text: person.from });
    const ids = await Promise.all(persons.map(({ from }) => threadOf(from)));
    const [a = "", b = "", c = ""] = ids;
    const merge = (x: string, y: string) => mergeByHand({ businessId: business.businessId, conversationIds: [x, y], execute: true });
    const split = (conversationId: string) => splitConversations({ businessId: business.businessId, conversationId, execute: true });
    const first = await merge(a, b);
    const joint = first.outcome === "merged" ? first : undefined;
    const second = await merge(joint?.winnerId ?? "", c);
    expect(second).toMatchObject({ outcome: "merged", winnerId: joint?.winnerId, loserId: c });
    expect(await split(joint?.loserId ?? "")).toEqual({ outcome: "not_newest", newerId: c });
    expect(await split(c)).toMatchObject({ outcome: "split" });
    expect(await split(joint?.loserId ?? "")).toMatchObject({ outcome: "split" });
    for (const [at, id] of ids.entries())
      expect(await pictureOf(id)).toMatchObject({ messages: [{ text: persons[at]?.from }], conversation: [{ merged_into: null }] });
  });

  it("a tombstone's own tombstones follow it out of the thread", async () => {
    const persons = [newPerson(), newPerson(), newPerson()] as const;
    const [long, middle, short] = persons;
    await engine.receive(business, { ...long, text: "1" }, { ...long, text: "2" }, { ...long, text: "3" }, { ...long, text: "4" });
    await engine.receive(business, { ...middle, text: "m1" }, { ...middle, text: "m2" });
    await engine.receive(business, { ...short, text: "s" });
    const [a = "", b = "", c = ""] = await Promise.all(persons.map(({ from }) => threadOf(from)));
    const merge = (x: string, y: string) => mergeByHand({ businessId: business.businessId, conversationIds: [x, y], execute: true });
    expect(await merge(b, c)).toMatchObject({ winnerId: b, loserId: c });
    expect(await merge(a, b)).toMatchObject({ winnerId: a, loserId: b });
    expect(await splitConversations({ businessId: business.businessId, conversationId: b, execute: true })).toMatchObject({
      outcome: "split",
    });
    expect(await select("select id, merged_into from conversations where id = any ($1) and merged_into is not null", [a, b, c])).toEqual([
      { id: c, merged_into: b },
    ]);
    expect(await threadOf(short.from)).toBe(b);
  });

  it("whose a thread is goes along in a merge, and each has its own again after the split; what was said since holds for both", async () => {
    const { businessId, channelId } = business;
    const say = (id: string, owner: string) =>
      select(
        `insert into thread_owners (business_id, conversation_id, channel_id, owner, told_by, at) values ($1, $2, $3, $4, 'handover', now())
         on conflict on constraint thread_owners_pkey do update set owner = excluded.owner, at = excluded.at`,
        ...[businessId, id, channelId, owner],
      );
    const pause = (id: string) => select("update conversations set ai_paused_at = now(), ai_paused_reason = 'standby' where id = $1", id);
    const ownersOf = async (...ids: readonly string[]) =>
      Promise.all(
        ids.map(async (id) => {
          const view = await engine.services.conversations.find(businessId, id);
          return [view?.threadOwner?.owner, view?.aiPaused?.reason];
        }),
      );
    const two = async (): Promise<readonly [string, string]> => {
      const { from, userId } = newPerson();
      await engine.receive(business, { from }, { from }, { userId });
      return [await threadOf(from), await threadOf(userId)];
    };
    const merge = (a: string, b: string) => mergeByHand({ businessId, conversationIds: [a, b], execute: true });
    const split = (conversationId: string) => splitConversations({ businessId, conversationId, execute: true });

    const [alone, lender] = await two();
    await say(lender, "other");
    await pause(lender);
    await merge(alone, lender);
    expect(await ownersOf(alone)).toEqual([["other", "standby"]]);
    await split(lender);
    expect(await ownersOf(alone, lender)).toEqual([
      [undefined, undefined],
      ["other", "standby"],
    ]);

    const [ours, theirs] = await two();
    await say(ours, "us");
    await say(theirs, "other");
    await pause(theirs);
    await merge(ours, theirs);
    await split(theirs);
    expect(await ownersOf(ours, theirs)).toEqual([
      ["us", undefined],
      ["other", "standby"],
    ]);

    // Ours by the newer word: the pause of the other ends.
    const [again, before] = await two();
    await say(before, "other");
    await pause(before);
    await say(again, "us");
    await merge(again, before);
    expect(await ownersOf(again)).toEqual([["us", undefined]]);

    const [one, other] = await two();
    await merge(one, other);
    await say(one, "other");
    await pause(one);
    await split(other);
    expect(await ownersOf(one, other)).toEqual([
      ["other", "standby"],
      ["other", "standby"],
    ]);
  });

  const newestSent = async (conversationId: string): Promise<unknown> =>
    (
      await select(
        "select provider_message_id as id from messages where conversation_id = $1 and direction = 'out' order by sent_at desc, seq desc limit 1",
        conversationId,
      )
    )[0]?.["id"];
  /** WhatsApp reports for one of our messages the window of an ad that ends in so many days. */
  const reportWindow = async (id: unknown, days: number): Promise<void> => {
    const now = Math.floor(Date.now() / 1_000);
    const conversation = { id: "c1", origin: { type: "referral_conversion" }, expiration_timestamp: String(now + days * 86_400) };
    const status = { id, status: "sent", timestamp: String(now), recipient_id: "13035550000", conversation };
    const parsed = parseCloudWebhook(webhookBody(business.phoneNumberId, { statuses: [status] }));
    if (parsed.outcome === "events") await engine.intake.receive(parsed.events);
  };
  /** How many days each is still open; null: it is not. */
  const windowsOf = (...ids: readonly string[]): Promise<readonly unknown[]> =>
    Promise.all(
      ids.map(async (id) => {
        const [row] = await select(
          "select round(extract(epoch from until - now()) / 86400)::int as days from entry_windows where conversation_id = $1 and until > now()",
          id,
        );
        return row?.["days"] ?? null;
      }),
    );

  it("the window of an ad is the longer of the two in the joint thread, and after the split of whoever's message it was reported for", async () => {
    const { businessId } = business;
    const two = async (): Promise<readonly [string, string]> => {
      const { from, userId } = newPerson();
      await engine.receive(business, { from }, { from }, { userId });
      await answerAll();
      return [await threadOf(from), await threadOf(userId)];
    };
    const merge = (a: string, b: string) => mergeByHand({ businessId, conversationIds: [a, b], execute: true });
    const split = (conversationId: string) => splitConversations({ businessId, conversationId, execute: true });

    for (const [ofWinner, ofLoser] of [
      [2, 5],
      [5, 2],
    ] as const) {
      const [winner, loser] = await two();
      await reportWindow(await newestSent(winner), ofWinner);
      await reportWindow(await newestSent(loser), ofLoser);
      await merge(winner, loser);
      expect(await windowsOf(winner)).toEqual([5]);
      await split(loser);
      expect(await windowsOf(winner, loser)).toEqual([ofWinner, ofLoser]);
    }

    // Reported while they are one, for a message that goes back, and for one that stays.
    for (const side of ["winner", "loser"] as const) {
      const [winner, loser] = await two();
      const sent = await newestSent(side === "winner" ? winner : loser);
      await merge(winner, loser);
      await reportWindow(sent, 3);
      expect(await windowsOf(winner)).toEqual([3]);
      await split(loser);
      expect(await windowsOf(winner, loser)).toEqual(side === "winner" ? [3, null] : [null, 3]);
    }

    const [one, other] = await two();
    await merge(one, other);
    await reportWindow(await newestSent(one), 3);
    await select("update entry_windows set refused_at = now() where conversation_id = $1", one);
    await split(other);
    expect(
      await select("select from entry_windows where conversation_id = any ($1) and refused_at is not null limit 1", [one, other]),
    ).toHaveLength(1);
    await select("update entry_windows set refused_at = null");
  });

  it("the window of an ad goes with the number's next holder where it was reported for a message to them", async () => {
    const { from } = newPerson();
    const { from: taken } = newPerson();
    const begin = Math.floor(Date.now() / 1000) - 10_000;
    const change = { type: "system", system: { type: "user_changed_number", wa_id: taken, body: "changed" } };
    for (const at of [begin, begin + 20]) {
      await engine.receive(business, { from, at });
      await answerAll();
    }
    const mover = await threadOf(from);
    await reportWindow(await newestSent(mover), 5);
    await engine.receive(business, { from, at: begin + 10, node: change });
    const next = await threadOf(from);
    expect(next).not.toBe(mover);
    expect(await windowsOf(mover, next)).toEqual([null, 5]);
  });

  it("what cannot be merged by hand is said, and changes nothing", async () => {
    const { businessId } = business;
    const person = newPerson();
    await engine.receive(business, { ...person, text: "x" });
    const id = await threadOf(person.from);
    const unknown = "0198c2f0-0000-7000-8000-000000000000";
    expect(await mergeByHand({ businessId, conversationIds: [id, id], execute: true })).toEqual({ outcome: "same_conversation" });
    expect(await mergeByHand({ businessId, conversationIds: [id, unknown], execute: true })).toEqual({
      outcome: "not_found",
      conversationId: unknown,
    });
    expect(await splitConversations({ businessId, conversationId: id, execute: true })).toEqual({ outcome: "not_merged" });
  });

  it("after a split, what the customer writes goes into their own thread again, in every process", async () => {
    const wakeUps = createWakeUps({ url: test.url, origin: "another-process", listen: true, log: test.log });
    let heard = Promise.withResolvers<undefined>();
    wakeUps.on("identity", () => {
      engine.intake.forget();
      heard.resolve(undefined);
    });
    wakeUps.start();
    await heard.promise;
    heard = Promise.withResolvers();
    for (const userId of ["US.again.a", "US.again.a", "US.again.b"]) await engine.receive(business, { userId });
    const { rows } = await test.superuser.query<{ id: string }>(
      "select conversation_id as id from aliases where value in ('US.again.a', 'US.again.b') order by value",
    );
    const [a = "", b = ""] = rows.map(({ id }) => id);
    const { businessId } = business;
    await mergeByHand({ businessId, conversationIds: [a, b], execute: true });
    await engine.receive(business, { userId: "US.again.b" });
    await splitConversations({ businessId, conversationId: b, execute: true });
    await heard.promise;
    await wakeUps.stop();
    await engine.receive(business, { userId: "US.again.b", text: "after the split" });
    const after = await test.superuser.query<{ id: string }>("select conversation_id as id from messages where text = 'after the split'");
    expect(after.rows).toEqual([{ id: b }]);
  });
});
