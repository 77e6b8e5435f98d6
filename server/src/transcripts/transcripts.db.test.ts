// Proves, with a real database, the simulator, a real directory and a model's real protocol, that what is said in a voice note is written down once, and is what the
// customer said; and that no reply waits for it beyond its time.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { createMediaStack, type MediaStack } from "../../test/support/media-stack.ts";
import { startOpenAiServer, type OpenAiServer } from "../../test/support/openai-server.ts";
import { createTestServices } from "../../test/support/test-services.ts";
import type { ReplyContext } from "../answers/responder.ts";
import { createLaneWork } from "../compose/lane-work.ts";
import type { Services } from "../compose/services.ts";
import type { Database } from "../db/database.ts";
import { noFailPoints } from "../kernel/fail-points.ts";
import type { JsonObject } from "../kernel/json.ts";
import { createLaneStore } from "../lanes/lane-store.ts";
import type { FileWorker } from "../media/claimed-work.ts";
import { keyOf } from "../media/media-store.ts";
import type { MediaView } from "../media/media-view.ts";
import { createTranscribeAudio } from "../models/transcribe-audio.ts";
import { createOutsideHttp, type OutsideHttp } from "../outside/outside-http.ts";
import { createIsOverBudget } from "../replies/read-budget.ts";
import { createWakeForFile } from "../replies/wake-for-file.ts";
import { DEFAULT_REPLY_SETTINGS } from "../settings/reply-settings.ts";
import type { ConversationId } from "../kernel/ids.ts";
import { opusSeconds } from "./opus-seconds.ts";
import { createTranscriptWorker } from "./transcript-worker.ts";

let stack: MediaStack;
let model: OpenAiServer;
let outside: OutsideHttp;
let services: Services;
const asked: ReplyContext[] = [];
const workers: FileWorker[] = [];

const say = (text: string): void => {
  model.hear = () => text;
};
const change = (patch: JsonObject): Promise<unknown> => services.replySettings.change(stack.business.businessId, patch);
const setting = (more: JsonObject = {}): JsonObject => ({
  transcription: {
    provider: "openai-compatible",
    model: "whisper-1",
    baseUrl: model.baseUrl,
    apiKeySecret: "hearing",
    pricePerMinute: 0.6,
    ...more,
  },
});

beforeAll(async () => {
  stack = await createMediaStack();
  model = await startOpenAiServer({ apiKey: "sk-hear" });
  outside = createOutsideHttp({ privateHosts: [model.host] });
  services = createTestServices({ database: stack.database, log: stack.test.log });
  await stack.test.superuser.query("update businesses set quiet_ms = 0");
  await services.replySettings.saveSecret(stack.business.businessId, "hearing", "sk-hear");
  await change(setting());
});
afterEach(async () => {
  for (const worker of workers.splice(0)) await worker.stop();
  say("Do you open on Saturday?");
  await stack.test.superuser
    .query(`update lanes set done = wanted, check_at = null, owner = null; update media set state = 'failed', due_at = null,
    error_code = 'expired' where due_at is not null; update transcripts set state = 'failed', error_code = 'crashed', due_at = null where due_at is not null`);
  asked.length = 0;
});
afterAll(async () => {
  await outside.close();
  await model.stop();
  await stack.close();
});

const voiceNote = (more: object = {}): Readonly<Record<string, unknown>> => ({ type: "audio", audio: { voice: true, ...more } });
const wakeForFile = () =>
  createWakeForFile({ database: stack.database, settings: services.replySettings, log: stack.test.log, wake: () => undefined });

function openTranscripts(options: { readonly database?: Database } = {}): FileWorker {
  const settings = services.replySettings;
  const worker = createTranscriptWorker({
    ...{ database: options.database ?? stack.database, store: stack.store, settings, log: stack.test.log, leaseMs: 60_000 },
    transcribeAudio: createTranscribeAudio({ settings, outside }),
    backoffMs: () => 3_600_000,
    onEnd: wakeForFile(),
  });
  workers.push(worker);
  return worker;
}

/** As a worker's process does. */
async function fetchFiles(): Promise<void> {
  const wake = wakeForFile();
  await stack
    .openWork({
      wantsTranscripts: async (businessId) => (await services.replySettings.find(businessId)).transcription !== null,
      onEnd: async (file) => (file.isToTranscribe ? undefined : wake(file)),
    })
    .runOnce();
}

async function transcriptOf(id: string): Promise<MediaView["transcript"] | undefined> {
  return (await stack.view(id))?.transcript;
}
async function rowOf(id: string): Promise<Readonly<Record<string, unknown>>> {
  const { rows } = await stack.test.superuser.query<Record<string, unknown>>("select * from transcripts where media_id = $1", [id]);
  return rows[0] ?? {};
}
const eventsOf = async (id: string): Promise<readonly string[]> =>
  (
    await stack.test.superuser.query<{ type: string }>("select type from events where subject_id = $1 and type like 'transcript.%'", [id])
  ).rows.map(({ type }) => type);
const expireLeases = (): Promise<unknown> => stack.test.superuser.query("update transcripts set due_at = now() where due_at is not null");

test("a voice note is written down when its file is there: for people, for programs, and once", async () => {
  const id = await stack.send(voiceNote());
  expect(await transcriptOf(id)).toBeNull();
  await fetchFiles();
  expect(await transcriptOf(id)).toEqual({ state: "pending", text: null, language: null, error: null });
  const worker = openTranscripts();
  const before = model.sounds.length;
  expect(await worker.runOnce()).toBe(1);
  expect(await worker.runOnce()).toBe(0);
  expect(await transcriptOf(id)).toEqual({ state: "ready", text: "Do you open on Saturday?", language: null, error: null });
  expect(await eventsOf(id)).toEqual(["transcript.ready"]);
  const { sha256 } = await stack.row(id);
  const stored = await readFile(
    join(stack.directory, keyOf({ businessId: stack.business.businessId, sha256: String(sha256), variant: "file" })),
  );
  expect(model.sounds.slice(before)).toEqual([{ model: "whisper-1", fileName: "audio.ogg", bytes: stored }]);
  // A second of sound, at 0.60 a minute.
  expect(opusSeconds(stored)).toBeCloseTo(1, 1);
  expect(Number((await rowOf(id))["cost_micros"])).toBeCloseTo(10_000, -3);
});

test("a music file, a picture, and whatever a business does not want to be heard, are not listened to", async () => {
  const before = model.sounds.length;
  const ids = [
    await stack.send(voiceNote({ voice: false })),
    await stack.send({ type: "image" }),
    await stack.send(voiceNote(), stack.otherBusiness),
  ];
  await fetchFiles();
  expect(await openTranscripts().runOnce()).toBe(0);
  expect([await transcriptOf(ids[0] ?? ""), await transcriptOf(ids[1] ?? "")]).toEqual([null, null]);
  expect((await stack.view(ids[2] ?? "", stack.otherBusiness))?.transcript).toBeNull();
  expect(model.sounds.length).toBe(before);
});

test("a worker that loses a voice note to another one changes nothing when it comes back", async () => {
  const id = await stack.send(voiceNote());
  await fetchFiles();
  const [reached, back] = [Promise.withResolvers<undefined>(), Promise.withResolvers<undefined>()];
  model.hear = async () => {
    reached.resolve(undefined);
    await back.promise;
    return "What the first one heard.";
  };
  const slow = openTranscripts().runOnce();
  await reached.promise;
  expect(await transcriptOf(id)).toMatchObject({ state: "pending" });
  expect(await openTranscripts().runOnce()).toBe(0);
  await expireLeases();
  say("What the second one heard.");
  expect(await openTranscripts().runOnce()).toBe(1);
  back.resolve(undefined);
  await slow;
  expect(await rowOf(id)).toMatchObject({ state: "ready", text: "What the second one heard.", fence: "2", unsettled: 0 });
  expect(await eventsOf(id)).toEqual(["transcript.ready"]);
});

test("a model that is busy is asked again, one that refuses is not, and neither is what is too long or kills its worker", async () => {
  const [busy, refused, long, deadly] = await Promise.all(["a", "b", "c", "d"].map(() => stack.send(voiceNote())));
  await fetchFiles();
  const only = async (id = ""): Promise<void> => {
    await stack.test.superuser.query(
      "update transcripts set due_at = case when media_id = $1 then now() else now() + interval '1 hour' end where due_at is not null",
      [id],
    );
    await openTranscripts().runOnce();
  };
  model.hear = () => 503;
  await only(busy);
  expect(await transcriptOf(busy ?? "")).toMatchObject({ state: "pending", error: { code: "model_failed" } });
  say("Hello again.");
  await only(busy);
  expect(await transcriptOf(busy ?? "")).toMatchObject({ state: "ready", text: "Hello again.", error: null });
  model.hear = () => 401;
  await only(refused);
  expect(await transcriptOf(refused ?? "")).toMatchObject({ state: "failed", text: null, error: { code: "model_refused" } });
  expect(await eventsOf(refused ?? "")).toEqual(["transcript.failed"]);
  const before = model.sounds.length;
  await stack.test.superuser.query(`update messages set content = jsonb_set(content, '{audio,seconds}', '601') where id = $1`, [long]);
  await only(long);
  expect(await transcriptOf(long ?? "")).toMatchObject({ state: "failed", error: { code: "too_long" } });
  await stack.test.superuser.query("update transcripts set unsettled = 3 where media_id = $1", [deadly]);
  await only(deadly);
  expect(await transcriptOf(deadly ?? "")).toMatchObject({ state: "failed", error: { code: "crashed" } });
  expect(model.sounds.length).toBe(before);
});

test("by hand what failed is heard again, what is written down or just being heard is not, and that of another business is not known", async () => {
  const [failed, other] = await Promise.all([stack.send(voiceNote()), stack.send(voiceNote())]);
  await fetchFiles();
  const retry = async (id: string, business = stack.business): Promise<unknown> => {
    const headers = await stack.headers(business);
    return (await stack.app.inject({ method: "POST", url: `/api/v1/messages/${id}/transcript/retry`, headers })).json();
  };
  model.hear = () => 401;
  const worker = openTranscripts();
  await worker.runOnce();
  expect(await transcriptOf(failed)).toMatchObject({ state: "failed" });
  expect(await retry(failed, stack.otherBusiness)).toMatchObject({ status: 404 });
  expect(await retry(await stack.send({ text: "oi" }))).toMatchObject({ status: 404 });
  await stack.test.superuser.query(
    "update transcripts set state = 'working', due_at = now() + interval '1 hour', fence = 7, attempts = 3 where media_id = $1",
    [other],
  );
  expect(await retry(other)).toMatchObject({ media: { transcript: { state: "pending" } } });
  expect(await rowOf(other)).toMatchObject({ state: "working", fence: "7", attempts: 3 });
  say("Do you open on Sunday?");
  expect(await retry(failed)).toMatchObject({ id: failed, media: { transcript: { state: "pending", error: null } } });
  expect(await worker.runOnce()).toBe(1);
  expect(await transcriptOf(failed)).toMatchObject({ state: "ready", text: "Do you open on Sunday?" });
  expect(await retry(failed)).toMatchObject({ status: 409, code: "transcript_ready" });
  await stack.test.superuser.query(
    "update transcripts set state = 'failed', due_at = null, error_code = 'model_failed' where media_id = $1",
    [other],
  );
  const { businessId } = stack.business;
  expect(await services.retryTranscripts.retryFailed(stack.otherBusiness.businessId)).toBe(0);
  expect(await services.retryTranscripts.retryFailed(businessId)).toBeGreaterThan(0);
  expect(await rowOf(other)).toMatchObject({ state: "pending", fence: "8", attempts: 0, error_code: null });
});

test("what a business's voice notes cost counts in its budgets, and in that of the conversation alone", async () => {
  const id = await stack.send(voiceNote());
  const other = await stack.send({ text: "oi" });
  await fetchFiles();
  await openTranscripts().runOnce();
  await stack.test.superuser.query("update transcripts set cost_micros = 5000000 where media_id = $1", [id]);
  const ask = async (messageId: string, budget: Readonly<Record<string, number>>): Promise<boolean> => {
    const { rows } = await stack.test.superuser.query<{ conversation_id: ConversationId }>(
      "select conversation_id from messages where id = $1",
      [messageId],
    );
    const isOverBudget = createIsOverBudget({ database: stack.database, failPoints: noFailPoints, log: stack.test.log, withinMs: 30_000 });
    const conversationId = rows[0]?.conversation_id ?? ("" as ConversationId);
    return isOverBudget({ businessId: stack.business.businessId, conversationId }, { ...DEFAULT_REPLY_SETTINGS, budget });
  };
  expect([
    await ask(id, { moneyPerConversation: 4 }),
    await ask(id, { moneyPerConversation: 6 }),
    await ask(other, { moneyPerConversation: 4 }),
  ]).toEqual([...[true, false, false]]);
  expect([await ask(other, { moneyPerBusiness: 4 }), await ask(other, { moneyPerBusiness: 7 })]).toEqual([true, false]);
  await stack.test.superuser.query("update transcripts set cost_micros = null where media_id = $1", [id]);
});

const lanes = () => createLaneStore(stack.database.acrossBusinesses);

/** Runs every reply that is due. Answers how many there were. */
async function reply(database: Database = stack.database): Promise<number> {
  const work = createLaneWork({
    ...{
      database,
      log: stack.test.log,
      failPoints: noFailPoints,
      services,
      mediaStore: stack.store,
      uploadFile: stack.uploadFile,
      outside,
    },
    overrides: {
      responder: {
        name: "test",
        wants: "burst",
        respond: async (context) => {
          asked.push(context);
          return { outcome: "reply", texts: ["Yes, from 9 to 12."] };
        },
      },
    },
    ...{ transportOf: () => undefined, wake: () => undefined, onTurn: () => undefined },
  });
  const due = await lanes().claim({ kind: "reply", limit: 100, leaseMs: 60_000, owner: "test" });
  await Promise.all(due.map((lane) => work.turn.run(lane, new AbortController().signal)));
  return due.length;
}
async function turnsOf(messageId: string): Promise<readonly unknown[]> {
  const { rows } = await stack.test.superuser.query<{ state: string; reason: string | null }>(
    "select t.state, t.reason from turns t join messages m using (conversation_id) where m.id = $1",
    [messageId],
  );
  return rows;
}
const restsFor = async (messageId: string): Promise<number> => {
  const { rows } = await stack.test.superuser.query<{ ms: number; owner: string | null }>(
    `select (extract(epoch from l.check_at - now()) * 1000)::float8 as ms, l.owner from lanes l join messages m using (conversation_id)
      where m.id = $1 and l.kind = 'reply'`,
    [messageId],
  );
  expect(rows[0]?.owner).toBeNull();
  return rows[0]?.ms ?? NaN;
};

test("a reply rests until the words are there, then begins at once, and answers them as what the customer wrote", async () => {
  const id = await stack.send(voiceNote());
  expect(await reply()).toBe(1);
  expect(asked).toEqual([]);
  expect(await restsFor(id)).toBeGreaterThan(10_000);
  expect(await restsFor(id)).toBeLessThanOrEqual(20_000);
  await fetchFiles();
  expect(await reply()).toBe(0);
  await openTranscripts().runOnce();
  expect(await reply()).toBe(1);
  expect(asked.map(({ burst }) => burst)).toEqual([
    [
      expect.objectContaining({
        type: "audio",
        text: "Do you open on Saturday?",
        words: "Do you open on Saturday?",
        asks: "question",
        isTranscript: true,
      }),
    ],
  ]);
  expect(await turnsOf(id)).toEqual([{ state: "replied", reason: null }]);
});

test.for([
  [
    "the time is over",
    () =>
      stack.test.superuser.query(
        "update media set created_at = now() - interval '21 seconds'; update lanes set check_at = now() where check_at is not null",
      ),
  ],
  [
    "its file cannot be had",
    async () => {
      await stack.test.superuser.query("update messages set content = content #- '{audio,id}' where type = 'audio'");
      await fetchFiles();
    },
  ],
  [
    "nobody could hear it",
    async () => {
      model.hear = () => 401;
      await fetchFiles();
      await openTranscripts().runOnce();
    },
  ],
] as const)("a reply goes on without the words when %s", async ([, happen]) => {
  const id = await stack.send(voiceNote());
  expect(await reply()).toBe(1);
  expect(asked).toEqual([]);
  await happen();
  expect(await reply()).toBe(1);
  expect(asked[0]?.burst).toEqual([expect.objectContaining({ type: "audio", text: "Voice note", words: null, asks: "unreadable" })]);
  expect(asked[0]?.burst[0]?.isTranscript).toBeUndefined();
  expect(await turnsOf(id)).toEqual([{ state: "replied", reason: null }]);
});

test("words that come while the reply is being laid to rest wake it", async () => {
  const id = await stack.send(voiceNote());
  await fetchFiles();
  const worker = openTranscripts();
  const { database } = stack;
  // Between the look at the files and the rest of the lane, when nobody can wake it.
  const overtaken: Database = {
    ...database,
    forBusiness(businessId) {
      const db = database.forBusiness(businessId);
      return {
        ...db,
        async execute(query, values) {
          if (query.name === "replies.rest-for-files") await worker.runOnce();
          return db.execute(query, values);
        },
      };
    },
  };
  expect(await reply(overtaken)).toBe(1);
  expect(asked).toEqual([]);
  expect(await restsFor(id)).toBeLessThanOrEqual(0);
  expect(await reply()).toBe(1);
  expect(asked[0]?.burst[0]?.isTranscript).toBe(true);
});

test("a spoken wish for a person fetches one, and spoken thanks, which silence is often taken for, are answered all the same", async () => {
  // To a model written thanks are nothing to answer.
  await change({ responder: "model" });
  const said = async (text: string): Promise<readonly unknown[]> => {
    say(text);
    const id = await stack.send(voiceNote());
    await fetchFiles();
    await openTranscripts().runOnce();
    await reply();
    return turnsOf(id);
  };
  expect(await said("I want to speak to a human.")).toEqual([{ state: "handed_off", reason: "keyword" }]);
  expect(await said("Thank you.")).toEqual([{ state: "replied", reason: null }]);
  expect(await said("")).toEqual([{ state: "replied", reason: null }]);
  expect(asked.map(({ burst }) => burst[0]?.text)).toEqual(["Thank you.", "Voice note"]);
  await change({ responder: null });
});
