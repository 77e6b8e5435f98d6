// Owns: the engine as the product puts it together, on a test database, driven step by step: messages in, lanes claimed, turns and sends run when the
// test says so. Refuses to know: how it is put together. That is compose's.
import { startSimulator, type Simulator } from "@onethread/simulator";
import { createLaneWork } from "../../src/compose/lane-work.ts";
import type { Services } from "../../src/compose/services.ts";
import type { Database } from "../../src/db/database.ts";
import type { Intake } from "../../src/ingest/create-intake.ts";
import { noFailPoints } from "../../src/kernel/fail-points.ts";
import { createLaneStore, type ClaimedLane, type LaneKind, type LaneStore } from "../../src/lanes/lane-store.ts";
import { createLocalStore } from "../../src/media/local-store.ts";
import { createOutsideHttp } from "../../src/outside/outside-http.ts";
import type { ReplySettingsStore } from "../../src/settings/reply-settings-store.ts";
import type { ReplyContext, Responder, ResponderAnswer } from "../../src/answers/responder.ts";
import { createGraphClient, type GraphClient } from "../../src/whatsapp/graph-client.ts";
import { createGatewayHttp } from "../../src/whatsapp/gateways/gateway-http.ts";
import { gatewayTransport } from "../../src/whatsapp/gateways/gateway-transport.ts";
import { createGraphUpload } from "../../src/whatsapp/graph-upload.ts";
import { createGraphTemplates } from "../../src/whatsapp/graph-templates.ts";
import { createGraphThreadControl } from "../../src/whatsapp/graph-thread-control.ts";
import { parseCloudWebhook } from "../../src/whatsapp/parse-webhook.ts";
import { isGateway } from "../../src/whatsapp/providers.ts";
import { expectNothingBroken } from "./expect-nothing-broken.ts";
import { createTestBusiness, type TestBusiness } from "./test-business.ts";
import { createTestDatabase, type TestDatabase } from "./test-database.ts";
import { createTestIntake } from "./test-intake.ts";
import { createTestServices } from "./test-services.ts";
import { messagesBody, type TestMessage } from "./webhook-bodies.ts";

export interface TestEngine {
  readonly database: Database;
  readonly simulator: Simulator;
  readonly store: LaneStore;
  readonly intake: Intake;
  readonly responder: TestResponder;
  readonly services: Services;
  readonly settings: ReplySettingsStore;
  receive(business: TestBusiness, ...messages: readonly TestMessage[]): Promise<void>;
  /** Puts a text of the business into the outbox, as the API does. */
  send(business: TestBusiness, phone: string, text: string): Promise<string>;
  claim(kind: LaneKind, options?: { readonly limit?: number; readonly leaseMs?: number }): Promise<readonly ClaimedLane[]>;
  /** The only lane of this kind that is due. */
  claimOne(kind: LaneKind): Promise<ClaimedLane>;
  turn(lane: ClaimedLane, signal?: AbortSignal, newer?: AbortSignal): Promise<void>;
  deliver(lane: ClaimedLane, signal?: AbortSignal): Promise<void>;
  /** What another process would be: connections of its own to the database and to WhatsApp. Closed with the engine. */
  openWorker(): TestWorker;
  /** As if their leases had ended: whoever claims next gets them. */
  expireLeases(): Promise<void>;
  close(): Promise<void>;
}

export type TestWorker = Pick<TestEngine, "claim" | "deliver">;

/** A responder that the test answers for: the port that a model would be behind. */
export interface TestResponder extends Responder {
  wants: Responder["wants"];
  readonly asked: ReplyContext[];
  answer: (context: ReplyContext, signal: AbortSignal) => Promise<ResponderAnswer> | ResponderAnswer;
}

function createTestResponder(): TestResponder {
  const asked: ReplyContext[] = [];
  return {
    name: "test",
    wants: "burst",
    asked,
    answer: (context) => ({ outcome: "reply", texts: [`reply to ${String(context.burst.length)}`] }),
    async respond(context, signal) {
      asked.push(context);
      return this.answer(context, signal);
    },
  };
}

/** The window of the customer is checked by us alone: the simulator here never heard them write. */
function startPlatform(numbers: readonly TestBusiness[]): Promise<Simulator> {
  return startSimulator({
    port: 0,
    webhookUrl: () => [],
    appSecret: "unused-here",
    windowCheck: false,
    statuses: "none",
    numbers: numbers.map(({ phoneNumberId }) => ({ phoneNumberId, displayPhoneNumber: "15550100200", wabaId: "300000000000001" })),
  });
}

export async function createTestEngine(test: TestDatabase, numbers: readonly TestBusiness[]): Promise<TestEngine> {
  const database = test.open();
  const { log } = test;
  const simulator = await startPlatform(numbers);
  const transports: GraphClient[] = [];
  const openTransport = (): GraphClient => {
    const opened = createGraphClient({ baseUrl: simulator.url, version: "v26.0", timeoutMs: 5_000, connections: 16 });
    transports.push(opened);
    return opened;
  };
  const transport = openTransport();
  const gateways = createGatewayHttp({ timeoutMs: 5_000 });
  const upload = createGraphUpload({ baseUrl: simulator.url, version: "v26.0" });
  const outside = createOutsideHttp({ privateHosts: [] });
  const store = createLaneStore(database.acrossBusinesses);
  const responder = createTestResponder();
  const platform = { baseUrl: () => simulator.url, version: "v26.0", timeoutMs: 5_000 };
  const [templatePlatform, threadPlatform] = [createGraphTemplates(platform), createGraphThreadControl(platform)];
  const platforms = { templatePlatform, threadPlatform };
  const services = createTestServices({ database, log, outside, ...platforms, onKnown: (person) => intake.applyWaitingFor(person) });
  const intake = createTestIntake(test, { database });
  const parts = {
    ...{
      log,
      failPoints: noFailPoints,
      outside,
      overrides: { responder },
      mediaStore: createLocalStore(""),
      uploadFile: upload.uploadFile,
    },
    ...{ wake: () => undefined, onTurn: () => undefined },
  };
  const work = createLaneWork({
    ...parts,
    database,
    services,
    transportOf: (provider, channel) =>
      provider !== null && isGateway(provider) ? gatewayTransport(gateways, provider, channel ?? undefined) : transport,
  });
  const never = new AbortController().signal;
  const claimFrom =
    (lanes: LaneStore, owner: string): TestEngine["claim"] =>
    (kind, { limit = 100, leaseMs = 60_000 } = {}) =>
      lanes.claim({ kind, limit, leaseMs, owner });
  const claim = claimFrom(store, "test");
  return {
    database,
    simulator,
    store,
    intake,
    responder,
    services,
    settings: services.replySettings,
    async receive(business, ...messages) {
      const parsed = parseCloudWebhook(messagesBody(business.phoneNumberId, ...messages));
      if (parsed.outcome !== "events") throw new Error(parsed.reason);
      const result = await intake.receive(parsed.events);
      if (result.stored !== messages.length) throw new Error(`of ${String(messages.length)} messages ${String(result.stored)} were stored`);
    },
    async send({ businessId }, phone, text) {
      const { rows } = await test.superuser.query<{ id: string }>(
        "select conversation_id as id from onethread.aliases where business_id = $1 and value = $2",
        [businessId, phone],
      );
      const content = { type: "text", text: { body: text } };
      const accepted = await services.acceptMessage({ businessId, conversationId: rows[0]?.id ?? "", author: "api", content });
      if (accepted.outcome !== "accepted") throw new Error(accepted.outcome);
      return accepted.message.id;
    },
    claim,
    async claimOne(kind) {
      const [lane, ...others] = await claim(kind);
      if (lane === undefined || others.length > 0) throw new Error(`${String(others.length)} lanes too many, or none`);
      return lane;
    },
    turn: (lane, signal = never, newer = never) => work.turn.run(lane, signal, newer),
    deliver: (lane, signal = never) => work.deliver(lane, signal),
    openWorker() {
      const own = test.open();
      const graph = openTransport();
      const { deliver } = createLaneWork({
        ...parts,
        database: own,
        services: createTestServices({ database: own, log, outside, templatePlatform }),
        transportOf: () => graph,
      });
      return {
        claim: claimFrom(createLaneStore(own.acrossBusinesses), "another"),
        deliver: (lane, signal = never) => deliver(lane, signal),
      };
    },
    async expireLeases() {
      await test.superuser.query("update onethread.lanes set check_at = now() where check_at is not null");
    },
    async close() {
      await Promise.all(transports.map((opened) => opened.close()));
      await gateways.close();
      await upload.close();
      await templatePlatform.close();
      await threadPlatform.close();
      await outside.close();
      await simulator.stop();
    },
  };
}

/** A database of its own, with one business in it and the engine on it. */
export async function openTestEngine(options?: Parameters<typeof createTestBusiness>[1]): Promise<{
  readonly test: TestDatabase;
  readonly business: TestBusiness;
  readonly engine: TestEngine;
}> {
  const test = await createTestDatabase();
  const business = await createTestBusiness(test.superuser, options);
  return { test, business, engine: await createTestEngine(test, [business]) };
}

/** Fails when the tests have left anything broken. */
export async function closeTestEngine(engine: TestEngine, test: TestDatabase): Promise<void> {
  try {
    await expectNothingBroken(test);
  } finally {
    await engine.close();
    await test.close();
  }
}
