// Proves that sessions end up as the messages say, each with a summary, whatever fails on the way, and that a summary delays no session.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createTestBusiness, type TestBusiness } from "../../test/support/test-business.ts";
import { createTestDatabase, type TestDatabase } from "../../test/support/test-database.ts";
import { createSessionThread, type SessionThread } from "../../test/support/session-threads.ts";
import { eventually } from "../../test/support/eventually.ts";
import type { Database } from "../db/database.ts";
import { noFailPoints, type FailPoints } from "../kernel/fail-points.ts";
import { createLaneStore, type ClaimedLane, type LaneStore } from "../lanes/lane-store.ts";
import { replySettingsSchema, type ReplySettings } from "../settings/reply-settings.ts";
import { extractiveSummarizer } from "./extractive-summarizer.ts";
import { planTracking } from "./plan-tracking.ts";
import type { Summarizer } from "./summarizer.ts";
import { createTrackSession, type TrackSessionDeps } from "./track-session.ts";
import { readSessionLanes } from "./sessions.queries.ts";
import { readLanes, writePlans } from "./write-tracking.ts";

let test: TestDatabase;
let database: Database;
let store: LaneStore;
let business: TestBusiness;
let thread: SessionThread;
const never = new AbortController().signal;

beforeAll(async () => {
  test = await createTestDatabase();
  database = test.open();
  store = createLaneStore(database.acrossBusinesses);
});
beforeEach(async () => {
  await test.superuser.query("truncate onethread.businesses cascade");
  business = await createTestBusiness(test.superuser);
  thread = await createSessionThread(test.superuser, business);
});
afterAll(() => test.close());

const byModel: Summarizer = ({ messages }) =>
  Promise.resolve({
    source: "model",
    summary: `a model read ${String(messages.length)}`,
    topic: "hours",
    outcome: "answered",
    openPoints: ["call back"],
    // Not every server counts in whole tokens.
    inputTokens: 7.4,
    outputTokens: 2.6,
  });

function tracker(more: Partial<TrackSessionDeps> & { readonly sessions?: Partial<ReplySettings["sessions"]> } = {}) {
  const settings = replySettingsSchema.parse({ sessions: more.sessions ?? {}, modelTimeoutMs: 300_000 });
  return createTrackSession({
    database,
    settings: { find: () => Promise.resolve(settings) },
    summarize: { extractive: extractiveSummarizer, model: extractiveSummarizer },
    failPoints: noFailPoints,
    log: test.log,
    ...more,
  });
}
const modelled = (model: Summarizer, more: Partial<TrackSessionDeps> = {}) =>
  tracker({ sessions: { summaries: "model" }, summarize: { extractive: extractiveSummarizer, model }, ...more });

const claim = (limit = 100): Promise<readonly ClaimedLane[]> => store.claim({ kind: "session", limit, leaseMs: 60_000, owner: "test" });
async function claimOne(): Promise<ClaimedLane> {
  await test.superuser.query("update onethread.lanes set check_at = now() where check_at is not null");
  const [lane] = await claim(1);
  if (lane === undefined) throw new Error("no lane is due");
  return lane;
}
async function runOnce(track = tracker()): Promise<void> {
  await track(await claimOne(), never);
}
async function select<T extends object>(sql: string, id: string = thread.id): Promise<readonly T[]> {
  return (await test.superuser.query<T>(sql, [id])).rows;
}
const sessionsOf = (id: string = thread.id) =>
  select<{ from: number; to: number | null; reason: string | null; state: string; source: string | null; summary: string | null }>(
    `select from_seq::int as "from", to_seq::int as "to", closed_reason as reason, summary_state as state, summary_source as source, summary
       from onethread.sessions where conversation_id = $1 order by from_seq`,
    id,
  );
const laneOf = async (id: string = thread.id) =>
  (
    await select<{ wanted: number; done: number; due: boolean; soon: boolean; asleep: boolean; owner: string | null; attempts: number }>(
      `select wanted::int, done::int, coalesce(check_at <= now(), false) as due, coalesce(check_at <= now() + interval '11 seconds', false) as soon,
              check_at is null as asleep, owner, attempts
         from onethread.lanes where conversation_id = $1 and kind = 'session'`,
      id,
    )
  )[0];
const eventsOf = async (id: string = thread.id) =>
  (await select<{ type: string }>("select type from onethread.events where conversation_id = $1 order by at, id", id)).map(
    ({ type }) => type,
  );

describe("tracking", () => {
  it("a worker that was away for hours cuts all sessions at once, and sums them up", async () => {
    const ago = [300, 299, 200, 190, 100, 2, 1];
    await thread.add(...ago.map((minutesAgo) => ({ minutesAgo, text: `written ${String(minutesAgo)} minutes ago` })));
    await runOnce();
    expect(await sessionsOf()).toMatchObject([
      { from: 1, to: 2, reason: "inactive", state: "done", source: "extractive" },
      { from: 3, to: 4, reason: "inactive", state: "done" },
      { from: 5, to: 5, reason: "inactive", state: "too_short", source: "message", summary: "written 100 minutes ago" },
      { from: 6, to: null, reason: null, state: "none" },
    ]);
    expect(await laneOf()).toMatchObject({ wanted: 7, done: 5, due: false, asleep: false, owner: null });
    expect((await eventsOf()).toSorted()).toEqual([
      ...Array<string>(3).fill("session.closed"),
      ...Array<string>(4).fill("session.opened"),
      ...Array<string>(3).fill("session.summarized"),
    ]);
  });

  it("a session ends when the customer was silent, whatever the business wrote meanwhile, and the lane sleeps", async () => {
    await thread.add({ minutesAgo: 20 }, { minutesAgo: 1, author: "human", text: "Anything else?" });
    await runOnce();
    expect(await sessionsOf()).toMatchObject([{ from: 1, to: 1, reason: "inactive" }]);
    expect(await laneOf()).toMatchObject({ wanted: 1, done: 1, asleep: true });
  });

  it("a message that was committed late still belongs to the session that was closed without it", async () => {
    await thread.add({ minutesAgo: 30 });
    await runOnce();
    await thread.add({ minutesAgo: 20 }, { minutesAgo: 1 });
    await runOnce();
    expect(await sessionsOf()).toMatchObject([
      { from: 1, to: 2, reason: "inactive", state: "done" },
      { from: 3, to: null },
    ]);
  });

  it("notices of the system open no session, and leave the lane asleep", async () => {
    await thread.add({ minutesAgo: 1, type: "system" });
    await runOnce();
    expect(await sessionsOf()).toEqual([]);
    expect(await laneOf()).toMatchObject({ done: 1, asleep: true });
  });

  it("of two workers only the one with the newer claim writes", async () => {
    await thread.add({ minutesAgo: 40 }, { minutesAgo: 39 });
    const [stale, fresh] = [await claimOne(), await claimOne()];
    await Promise.all([tracker()(stale, never), tracker()(fresh, never)]);
    await tracker()(stale, never);
    expect(await sessionsOf()).toMatchObject([{ from: 1, to: 2, state: "done" }]);
    expect(await eventsOf()).toHaveLength(3);
  });

  it("what was read under a fence that is lost meanwhile is not written", async () => {
    await thread.add({ minutesAgo: 40 }, { minutesAgo: 39 });
    const { conversationId, fence } = await claimOne();
    const db = database.forBusiness(business.businessId);
    const reading = (await readLanes(db, [{ conversationId, fence }])).get(conversationId);
    if (reading === undefined) throw new Error("the lane is not held");
    const plan = planTracking(reading, { inactivityMs: 60_000, dayZone: null });
    expect(plan.changes).not.toEqual([]);
    const newer = await claimOne();
    const lanes = [{ conversationId, fence, wanted: reading.wanted, plan }];
    expect(await writePlans(db, { lanes, takesOver: false })).toEqual(new Set());
    expect(await sessionsOf()).toEqual([]);
    await tracker()(newer, never);
    expect(await sessionsOf()).toMatchObject([{ from: 1, to: 2, state: "done" }]);
  });

  it("a lane of another business cannot be written with this one's name", async () => {
    const other = await createTestBusiness(test.superuser);
    await thread.add({ minutesAgo: 40 });
    const lane = await claimOne();
    await tracker()({ ...lane, businessId: other.businessId }, never);
    expect(await sessionsOf()).toEqual([]);
    await tracker()(lane, never);
    expect(await sessionsOf()).toHaveLength(1);
  });
});

describe("summaries", () => {
  const twoMessages = () =>
    thread.add({ minutesAgo: 40, text: "When are you open on Sunday?" }, { minutesAgo: 39, text: "And on Monday?" });

  it("a model's summary is kept with its topic, outcome, open points and tokens", async () => {
    await twoMessages();
    await thread.add(
      { minutesAgo: 38, author: "ai", text: "From nine." },
      { minutesAgo: 1, author: "human", text: "too late to belong to it" },
    );
    await runOnce(modelled(byModel));
    const [row] = await select(
      "select summary, topic, outcome, open_points, summary_source, summary_input_tokens as input, summary_output_tokens as output from onethread.sessions where conversation_id = $1",
    );
    expect(row).toEqual({
      summary: "a model read 3",
      topic: "hours",
      outcome: "answered",
      open_points: ["call back"],
      summary_source: "model",
      input: 7,
      output: 3,
    });
  });

  it("an edit is read as it was meant, and what was revoked is not read", async () => {
    await twoMessages();
    await thread.add({ minutesAgo: 38, text: "and on Tuesday?" }, { minutesAgo: 37, text: "my card is 1234" });
    const ids = await select<{ id: string }>(
      "select provider_message_id as id from onethread.messages where conversation_id = $1 order by seq",
    );
    await thread.add(
      { minutesAgo: 36, type: "edit", text: "And on Wednesday?", target: ids[2]?.id ?? "" },
      { minutesAgo: 35, type: "revoke", text: null, target: ids[3]?.id ?? "" },
    );
    let read: readonly (string | null)[] = [];
    await runOnce(
      modelled((session, signal) => {
        read = session.messages.map(({ text }) => text);
        return byModel(session, signal);
      }),
    );
    expect(read).toEqual(["When are you open on Sunday?", "And on Monday?", "And on Wednesday?"]);
  });

  it("after a crash between closing and summing up, the summary is written, and the session was closed once", async () => {
    await twoMessages();
    const crash = new AbortController();
    const failPoints: FailPoints = {
      hit(point) {
        if (point !== "session.summarize") return undefined;
        crash.abort();
        return new Promise(() => undefined);
      },
    };
    await expect(tracker({ failPoints })(await claimOne(), crash.signal)).rejects.toThrow();
    expect(await sessionsOf()).toMatchObject([{ from: 1, to: 2, state: "pending" }]);
    expect(await laneOf()).toMatchObject({ wanted: 2, done: 0 });
    await runOnce();
    expect(await sessionsOf()).toMatchObject([{ from: 1, to: 2, state: "done" }]);
    expect(await laneOf()).toMatchObject({ wanted: 2, done: 2, asleep: true });
    expect((await eventsOf()).filter((type) => type === "session.closed")).toHaveLength(1);
  });

  it("a model that fails is asked three times, soon enough for the sessions that follow; then the summary is made without it", async () => {
    await twoMessages();
    let asked = 0;
    const track = modelled(() => {
      asked += 1;
      return Promise.reject(new Error("429"));
    });
    for (const attempts of [1, 2, 3]) {
      await runOnce(track);
      expect(await laneOf()).toMatchObject({ done: 0, soon: true, owner: null, attempts });
      expect(
        await select(
          "select summary_attempts as attempts, summary_error as error, summary_state as state from onethread.sessions where conversation_id = $1",
        ),
      ).toEqual([{ attempts, error: "429", state: "pending" }]);
    }
    await thread.add({ minutesAgo: 1 });
    await runOnce(track);
    expect(asked).toBe(3);
    expect(await sessionsOf()).toMatchObject([
      { from: 1, to: 2, state: "done", source: "extractive" },
      { from: 3, to: null },
    ]);
  });

  it("while an old summary fails, new sessions are opened and closed", async () => {
    await twoMessages();
    const track = modelled(() => Promise.reject(new Error("down")));
    await runOnce(track);
    await thread.add({ minutesAgo: 20 }, { minutesAgo: 1 });
    await runOnce(track);
    expect(await sessionsOf()).toMatchObject([
      { to: 2, state: "pending" },
      { from: 3, to: 3, state: "pending" },
      { from: 4, to: null },
    ]);
  });

  it("while a model hangs, the sessions of its own lane and of all others are tracked", async () => {
    await twoMessages();
    const second = await createSessionThread(test.superuser, business);
    await second.add({ minutesAgo: 50 }, { minutesAgo: 49 });
    const stop = new AbortController();
    const hanging = Promise.withResolvers<undefined>();
    const track = modelled(
      () => {
        hanging.resolve(undefined);
        return new Promise(() => undefined);
      },
      { trackEveryMs: 10, summariesAtOnce: 1 },
    );
    const lanes = await claim();
    const runs = lanes.map((lane) => track(lane, stop.signal).catch((error: unknown) => error));
    await hanging.promise;
    // One of them has the only place; the other one was closed, and released at once.
    await Promise.race(runs);
    expect([...(await sessionsOf()), ...(await sessionsOf(second.id))].map(({ state }) => state)).toEqual(["pending", "pending"]);
    await Promise.all([thread.add({ minutesAgo: 0 }), second.add({ minutesAgo: 0 })]);
    const opened = async (): Promise<number> =>
      [...(await sessionsOf()), ...(await sessionsOf(second.id))].filter(({ to }) => to === null).length;
    await eventually(opened, (count) => count >= 1, { what: "a session opened beside the summary that hangs" });
    stop.abort();
    await Promise.all(runs);
  });

  it("all summaries of a lane are written in one run, also when each ends while its lane is being tracked", async () => {
    const ago = [300, 299, 250, 249, 200, 199, 150, 149, 100, 99, 50, 49];
    await thread.add(...ago.map((minutesAgo) => ({ minutesAgo })));
    let begin: (() => void) | undefined;
    const watched: Database = {
      ...database,
      forBusiness(id) {
        const db = database.forBusiness(id);
        return {
          ...db,
          run(query, values) {
            if (query.name === readSessionLanes.name) begin?.();
            return db.run(query, values);
          },
        };
      },
    };
    const slow: Summarizer = async (session, signal) => {
      await new Promise<void>((resolve) => (begin = resolve));
      return byModel(session, signal);
    };
    await runOnce(modelled(slow, { trackEveryMs: 1, database: watched }));
    expect((await sessionsOf()).map(({ state }) => state)).toEqual(Array<string>(6).fill("done"));
    expect(await laneOf()).toMatchObject({ wanted: 12, done: 12, asleep: true, owner: null });
  });

  it("lanes that find no place to write their summary are released together, for ten to twenty seconds, not at one time", async () => {
    const threads = await Promise.all(Array.from({ length: 40 }, () => createSessionThread(test.superuser, business)));
    for (const one of threads) await one.add({ minutesAgo: 50 }, { minutesAgo: 49 });
    const asked = Promise.withResolvers<undefined>();
    const stop = new AbortController();
    const statements: string[] = [];
    const counting: Database = {
      ...database,
      forBusiness(id) {
        const db = database.forBusiness(id);
        return {
          ...db,
          execute(query, values) {
            statements.push(query.name);
            return db.execute(query, values);
          },
        };
      },
    };
    const hangs: Summarizer = () => {
      asked.resolve(undefined);
      return new Promise(() => undefined);
    };
    const track = modelled(hangs, { summariesAtOnce: 1, database: counting });
    const runs = (await claim()).map((lane) => track(lane, stop.signal).catch((error: unknown) => error));
    await asked.promise;
    const waits = () =>
      test.superuser.query<{ ms: number }>(
        `select (extract(epoch from l.check_at - now()) * 1000)::float8 as ms from onethread.lanes l
          where l.business_id = $1 and l.kind = 'session' and l.owner is null order by 1`,
        [business.businessId],
      );
    const { rows } = await eventually(waits, ({ rowCount }) => rowCount === 39, { what: "all others to be released" });
    stop.abort();
    await Promise.all(runs);
    expect(rows.at(-1)?.ms).toBeGreaterThan(4_000);
    expect(rows.at(-1)?.ms).toBeLessThanOrEqual(20_000);
    expect((rows.at(-1)?.ms ?? 0) - (rows[0]?.ms ?? 0)).toBeGreaterThan(1_000);
    const postponements = statements.filter((name) => name === "sessions.postpone-summaries").length;
    expect(postponements).toBeGreaterThan(0);
    expect(postponements).toBeLessThan(10);
  });

  it("a summary that was written under a lost lease is thrown away", async () => {
    await twoMessages();
    const started = Promise.withResolvers<undefined>();
    const goOn = Promise.withResolvers<undefined>();
    const slow = modelled(async (session, signal) => {
      started.resolve(undefined);
      await goOn.promise;
      return { ...(await byModel(session, signal)), summary: "too late" };
    });
    const run = slow(await claimOne(), never);
    await started.promise;
    await runOnce(modelled(byModel));
    goOn.resolve(undefined);
    await run;
    expect(await sessionsOf()).toMatchObject([{ state: "done", summary: "a model read 2" }]);
    expect((await eventsOf()).filter((type) => type === "session.summarized")).toHaveLength(1);
  });

  it("no connection is held while a model writes", async () => {
    const hanging = Promise.withResolvers<undefined>();
    const threads = await Promise.all(Array.from({ length: 16 }, () => createSessionThread(test.superuser, business)));
    for (const one of threads) await one.add({ minutesAgo: 40 }, { minutesAgo: 39 });
    let asked = 0;
    const stop = new AbortController();
    const track = modelled(() => {
      asked += 1;
      if (asked === threads.length) hanging.resolve(undefined);
      return new Promise(() => undefined);
    });
    const runs = (await claim()).map((lane) => track(lane, stop.signal).catch((error: unknown) => error));
    await hanging.promise;
    const busy = await test.superuser.query(
      "select 1 from pg_stat_activity where datname = current_database() and application_name like 'test-%' and state <> 'idle'",
    );
    expect(busy.rowCount).toBe(0);
    stop.abort();
    await Promise.all(runs);
  });

  it("of a voice note that was written down, its words are summed up", async () => {
    await thread.add({ minutesAgo: 60, type: "audio", text: "Voice note" });
    await test.superuser.query(
      `with said as (select business_id, id from onethread.messages where conversation_id = $1), file as (
         insert into onethread.media (business_id, id, message_id, state, mime_type, bytes, sha256, created_at, state_at)
         select business_id, id, id, 'ready', 'audio/ogg', 1, 'x', now(), now() from said returning business_id, id)
       insert into onethread.transcripts (business_id, media_id, state, text, model, created_at, state_at)
       select business_id, id, 'ready', 'Is the hall free?', 'm', now(), now() from file`,
      [thread.id],
    );
    await runOnce();
    expect(await sessionsOf()).toMatchObject([{ state: "too_short", summary: "(a voice message: Is the hall free?)" }]);
  });

  it("a session of nothing that can be read still ends with a summary", async () => {
    await thread.add({ minutesAgo: 40, type: "reaction", text: null });
    await runOnce();
    expect(await sessionsOf()).toMatchObject([{ state: "too_short", summary: "(a reaction)" }]);
  });

  it("a session of a group says who wrote, and what came without words", async () => {
    await thread.add({ minutesAgo: 40, text: null, type: "image" });
    const byMember = `update onethread.messages set content = '{"participant": {"phone": "12025550147", "name": "Ana"}}' where conversation_id = $1`;
    await test.superuser.query(byMember, [thread.id]);
    await runOnce();
    expect(await sessionsOf()).toMatchObject([{ state: "too_short", summary: "Ana: (a picture)" }]);
    await thread.add({ minutesAgo: 39 }, { minutesAgo: 38, text: "Is the hall free on Friday?" });
    await test.superuser.query(byMember, [thread.id]);
    await test.superuser.query("update onethread.sessions set summary_state = 'pending', to_seq = 3 where conversation_id = $1", [
      thread.id,
    ]);
    await runOnce();
    const [session] = await sessionsOf();
    expect(session?.summary).toBe("3 messages of Ana. Asked (Ana): “Is the hall free on Friday?” Sent: a picture.");
  });
});
