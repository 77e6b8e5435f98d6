// Proves that whole conversations, in four languages at once, go as they should: webhook, store, debounce, model with tools, texts and memory, people, send.
import { afterAll, beforeAll, expect, test } from "vitest";
import { createApiClient, type ApiClient } from "../support/api-client.ts";
import { eventually } from "../support/eventually.ts";
import { startOpenAiServer, type OpenAiServer } from "../support/openai-server.ts";
import { createStack, type Stack } from "../support/start-stack.ts";
import { createTestDatabase, type TestDatabase } from "../support/test-database.ts";
import { createTestServices } from "../support/test-services.ts";
import { clinicModel, newestIn, startClinicBookings, type ClinicBookings } from "./clinic.model.ts";
import { CLINIC_SCRIPTS, fill, HANDOFF_TEXT, type ClinicScript } from "./clinic.scripts.ts";

type Line = readonly [who: string, text: string | null];
interface TurnRow {
  readonly state: string;
  readonly reason: string | null;
  readonly coversFrom: number;
  readonly coversTo: number;
}
interface SessionRow {
  readonly closed: { readonly reason: string } | null;
  readonly summaryState: string;
  readonly summary: { readonly text: string; readonly source: string } | null;
}
interface Page<Row> {
  readonly data: readonly Row[];
}

const WAIT_MS = 20_000;
let database: TestDatabase;
let stack: Stack;
let model: OpenAiServer;
let bookings: ClinicBookings;
let api: ApiClient;

const DAY = { type: "string", enum: ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday"] };

async function addTools(): Promise<void> {
  const tools = createTestServices({ database: database.open(), log: database.log }).businessTools;
  const common = { kind: "http", needsApproval: false, isEnabled: true } as const;
  const saved = await Promise.all([
    tools.add(stack.business.businessId, {
      ...common,
      name: "find_slots",
      description: "Finds free times of a day.",
      definition: {
        parameters: { type: "object", properties: { day: DAY }, required: ["day"] },
        url: `${bookings.url}/slots`,
        query: { day: "{day}" },
      },
    }),
    tools.add(stack.business.businessId, {
      ...common,
      name: "book_appointment",
      description: "Books an appointment.",
      definition: {
        parameters: { type: "object", properties: { day: DAY, time: { type: "string" } }, required: ["day", "time"] },
        method: "POST",
        url: `${bookings.url}/appointments`,
        body: { day: "{day}", time: "{time}", phone: "{{context:customer_phone}}" },
      },
    }),
  ]);
  expect(saved.map(({ outcome }) => outcome)).toEqual(["saved", "saved"]);
}

async function addTexts(): Promise<void> {
  await database.superuser.query("delete from onethread.knowledge_texts");
  const knowledge = createTestServices({ database: database.open(), log: database.log }).knowledge;
  for (const text of CLINIC_SCRIPTS.flatMap(({ texts }) => texts)) {
    const added = await knowledge.add(stack.business.businessId, { kind: "text", ...text });
    expect(added).toMatchObject({ outcome: "saved", state: "ready" });
  }
}

beforeAll(async () => {
  database = await createTestDatabase();
  [model, bookings] = await Promise.all([startOpenAiServer({ script: clinicModel }), startClinicBookings()]);
  stack = await createStack(database, {
    quietMs: 400,
    ceilingMs: 5_000,
    env: { ONETHREAD_PRIVATE_HOSTS: `${model.host},${bookings.host}` },
  });
  const { businessId } = stack.business;
  await database.superuser.query("update onethread.businesses set handoff_text = $2 where id = $1", [businessId, HANDOFF_TEXT]);
  const changed = await createTestServices({ database: database.open(), log: database.log }).replySettings.change(businessId, {
    responder: "model",
    model: { provider: "openai-compatible", model: "clinic-model", baseUrl: model.baseUrl },
    systemPrompt: "You are the receptionist of a dental clinic.",
    sessions: { summaries: "model" },
  });
  expect(changed.outcome).toBe("changed");
  await addTexts();
  await addTools();
  const [web] = await Promise.all([stack.start("api"), stack.start("worker,scheduler")]);
  api = await createApiClient(web.url, database.open(), businessId);
}, 120_000);
afterAll(async () => {
  await stack.stop();
  await Promise.all([model.stop(), bookings.stop()]);
  await database.close();
});

/** The customer's side of one conversation, step by step, each awaited by what it causes. */
function createScene(script: ClinicScript) {
  const { phone } = script;
  let conversation: string | undefined;

  async function conversationId(): Promise<string> {
    if (conversation !== undefined) return conversation;
    const { rows } = await database.superuser.query<{ id: string }>("select id from onethread.conversations where canonical_key = $1", [
      `phone:${stack.business.businessId}:+${phone}`,
    ]);
    conversation = rows[0]?.id;
    if (conversation === undefined) throw new Error(`nobody has written from ${phone}`);
    return conversation;
  }
  const path = async (rest: string): Promise<string> => `/conversations/${await conversationId()}${rest}`;
  const turns = async (): Promise<readonly TurnRow[]> =>
    (await api.get<Page<TurnRow>>(`/turns?conversationId=${await conversationId()}&limit=100`)).body.data.toReversed();

  return {
    path,
    turns,
    write: (text: string) => stack.simulator.inbound({ from: phone, name: script.language, text }),
    voice: () => stack.simulator.inbound({ from: phone, type: "audio", audio: { voice: true } }),
    said: async (atLeast: number): Promise<void> => {
      const sent = await stack.simulator.waitForOutbox({ to: phone }, { atLeast, waitMs: WAIT_MS });
      expect(sent.length, `messages to ${script.language}`).toBe(atLeast);
    },
    ended: (state: string) =>
      eventually(turns, (rows) => rows.at(-1)?.state === state, { what: `${script.language}: a turn that ends as ${state}` }),
    asked: (text: string) =>
      eventually(
        () => model.requests.some((request) => newestIn(request).at(-1) === text),
        (isAsked) => isAsked,
        { what: `the model is asked about "${text}"` },
      ),
    sessions: async () => (await api.get<Page<SessionRow>>(await path("/sessions"))).body.data.toReversed(),
    transcript: async (): Promise<readonly Line[]> => {
      const thread = await api.get<Page<{ readonly author: string; readonly text: string | null; readonly seq: number }>>(
        await path("/messages?limit=100"),
      );
      return thread.body.data.toSorted((a, b) => a.seq - b.seq).map(({ author, text }) => [author, text]);
    },
  };
}

type Scene = ReturnType<typeof createScene>;

async function bookAppointment({ write, voice, said }: Scene, { says }: ClinicScript): Promise<void> {
  await write(says.hours);
  await said(1);
  await write(says.tuesday);
  await said(2);
  await write(says.time);
  await said(3);
  await voice();
  await said(4);
  await write(says.allergy);
  await said(5);
}

async function writeHastily({ write, said, asked }: Scene, { says }: ClinicScript): Promise<void> {
  for (const part of says.burst) await write(part);
  await said(6);
  await write(says.friday);
  await asked(says.friday);
  await write(says.monday);
  await said(7);
}

async function fetchPerson({ write, said, ended, path }: Scene, { says }: ClinicScript): Promise<void> {
  await write(says.human);
  await said(8);
  await write(says.paused);
  await ended("skipped");
  const sent = await api.post(await path("/messages?author=human"), { type: "text", text: { body: says.colleague } });
  expect(sent.status).toBe(202);
  await said(9);
  expect((await api.post(await path("/resume"))).status).toBe(200);
  await write(says.afterwards);
  await said(10);
}

async function comeBack({ write, said, path, sessions }: Scene, { says }: ClinicScript): Promise<void> {
  const closed = await eventually(
    async () => api.post(await path("/close-session")),
    ({ body }) => body["isClosed"] === true,
    { what: "the session is closed by hand" },
  );
  expect(closed.status).toBe(200);
  await eventually(sessions, (rows) => rows[0]?.summaryState === "done", { what: "the summary of the first session" });
  await write(says.again);
  await said(11);
}

function expectedLines({ says, answers, hours, price, allergy, phone }: ClinicScript): readonly Line[] {
  const reference = `R${phone.slice(-4)}`;
  const customer = (text: string): Line => ["customer", text];
  const ai = (template: string, values: Readonly<Record<string, string>> = {}): Line => ["ai", fill(template, values)];
  return [
    customer(says.hours),
    ai(answers.hours, { hours: hours.is }),
    customer(says.tuesday),
    ai(answers.slots, { slots: "09:00, 10:30" }),
    customer(says.time),
    ai(answers.booked, { reference }),
    ["customer", "Voice note"],
    ai(answers.voice),
    customer(says.allergy),
    ai(answers.noted),
    ...says.burst.map(customer),
    ai(answers.price, { price: price.is }),
    customer(says.friday),
    customer(says.monday),
    ai(answers.slots, { slots: "11:00, 12:30" }),
    customer(says.human),
    ai(HANDOFF_TEXT),
    customer(says.paused),
    ["human", says.colleague],
    customer(says.afterwards),
    ai(answers.discount, { discount: "10%" }),
    customer(says.again),
    ai(answers.again, { reference, allergy }),
  ];
}

const ENDINGS = [...Array.from({ length: 7 }, () => "replied"), "handed_off", "skipped", "replied", "replied"];

async function expectTurns({ turns, transcript }: Scene, { says }: ClinicScript): Promise<void> {
  const rows = await turns();
  const lines = await transcript();
  expect(rows.map(({ state }) => state).filter((state) => state !== "superseded")).toEqual(ENDINGS);
  const fridaySeq = lines.findIndex(([, text]) => text === says.friday) + 1;
  expect(rows.find(({ coversFrom, coversTo }) => coversFrom <= fridaySeq && fridaySeq <= coversTo)?.state).toBe("superseded");
  // Each begins where the last one ended, so that every message is in exactly one.
  expect(rows.map(({ coversFrom }) => coversFrom)).toEqual([1, ...rows.slice(0, -1).map(({ coversTo }) => coversTo + 1)]);
  const lastInbound = lines.findLastIndex(([who]) => who === "customer") + 1;
  expect(rows.at(-1)?.coversTo).toBe(lastInbound);
}

const textSent = (entry: { readonly body: Readonly<Record<string, unknown>> }): unknown =>
  (entry.body["text"] as { readonly body?: unknown } | undefined)?.body;

test.concurrent.for(CLINIC_SCRIPTS.map((script) => [script.language, script] as const))(
  "in %s, a visit to the clinic reads as it should, to the last byte",
  { timeout: 55_000 },
  async ([, script], { expect: check }) => {
    const scene = createScene(script);
    await bookAppointment(scene, script);
    await writeHastily(scene, script);
    await fetchPerson(scene, script);
    await comeBack(scene, script);

    const lines = expectedLines(script);
    check(await scene.transcript()).toEqual(lines);
    const toCustomer = lines.filter(([who]) => who !== "customer").map(([, text]) => Buffer.from(text ?? "", "utf8"));
    const arrived = stack.simulator.outbox({ to: script.phone }).map((entry) => Buffer.from(String(textSent(entry)), "utf8"));
    check(arrived).toEqual(toCustomer);
    check(bookings.booked.filter(({ phone }) => phone.replace("+", "") === script.phone)).toMatchObject([
      { day: "tuesday", time: "10:30" },
    ]);
    check((await api.get(await scene.path("/facts"))).body).toMatchObject({ facts: { allergy: script.allergy } });
    const summary = fill(script.answers.summary, { reference: `R${script.phone.slice(-4)}` });
    const sessions = await eventually(scene.sessions, (rows) => rows.length === 2, { what: "the second session" });
    check(sessions).toMatchObject([
      { closed: { reason: "by_hand" }, summaryState: "done", summary: { text: summary, source: "model" } },
      { closed: null, summaryState: "none", summary: null },
    ]);
    await expectTurns(scene, script);
  },
);

test("nothing is left over, nothing is broken, and nobody complained", async () => {
  await stack.settled();
  expect(stack.processes.flatMap(({ log }) => log).filter(({ event }) => event === "reply.refused")).toEqual([]);
  expect(bookings.booked).toHaveLength(CLINIC_SCRIPTS.length);
  expect(stack.complaints()).toEqual([]);
  expect(await stack.audit()).toEqual([]);
});
