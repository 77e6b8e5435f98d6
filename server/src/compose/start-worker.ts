// Owns: putting together what works on the lanes: the responders and what they know, the senders, the sessions.
import { hostname } from "node:os";
import { createLaneStore, type LaneKind } from "../lanes/lane-store.ts";
import { createLaneWorker, type LaneWorkerDeps } from "../lanes/lane-worker.ts";
import type { Facts } from "../conversations/customer-facts.ts";
import { createBusinessBatcher } from "../db/business-batcher.ts";
import type { ConversationId } from "../kernel/ids.ts";
import { createDeliver } from "../outbound/deliver.ts";
import { createGatherMemory } from "../replies/gather-memory.ts";
import type { SessionMemory } from "../answers/responder.ts";
import { createKnowledgeResponder } from "../responders/knowledge-responder.ts";
import { createIsOverBudget } from "../replies/read-budget.ts";
import type { ReplySettings } from "../settings/reply-settings.ts";
import { createSocketLookup } from "../outside/guarded-agent.ts";
import { createHostResolver } from "../outside/resolve-host.ts";
import { createReplyTurn, type ReplyTurn } from "../replies/reply-turn.ts";
import type { Responder } from "../answers/responder.ts";
import { createRegisterTurn, createTakeAnswer } from "../replies/waiting-turn.ts";
import { createWebhookResponder } from "../responders/webhook-responder.ts";
import { extractiveSummarizer } from "../sessions/extractive-summarizer.ts";
import { readSessionMemory } from "../sessions/session-memory.ts";
import { createTrackSession } from "../sessions/track-session.ts";
import { createOpenTools } from "../tools/open-tools.ts";
import { createGatewayHttp } from "../whatsapp/gateways/gateway-http.ts";
import { gatewayTransport } from "../whatsapp/gateways/gateway-transport.ts";
import { createGraphClient } from "../whatsapp/graph-client.ts";
import { isGateway } from "../whatsapp/providers.ts";
import type { TransportOf } from "../whatsapp/transport.ts";
import { createLazyModels, type LazyModels } from "./lazy-models.ts";
import type { Parts } from "./parts.ts";

const SEND_CONNECTIONS_SPARE = 8;
/** Of all replies that a worker writes at once, one business gets at most this share, unless it has a number of its own. */
const BUSINESS_SHARE = 0.5;
const SESSION_CONCURRENCY = 64;
/** What runs at a stop may end by itself for so long; what does not is done again by the next worker. */
const STOP_GRACE_MS = 5_000;

function openTransports({ config, atEnd }: Parts, graphUrl: string): TransportOf {
  const transport = createGraphClient({
    baseUrl: graphUrl,
    version: config.graphVersion,
    timeoutMs: config.sendTimeoutMs,
    connections: config.sendConcurrency + SEND_CONNECTIONS_SPARE,
  });
  atEnd(() => transport.close());
  const gatewayHttp = createGatewayHttp({
    timeoutMs: config.sendTimeoutMs,
    lookup: createSocketLookup(createHostResolver(), { guarded: false }),
  });
  atEnd(() => gatewayHttp.close());
  return (provider, settings) => {
    if (provider === "cloud") return transport;
    return provider !== null && isGateway(provider) ? gatewayTransport(gatewayHttp, provider, settings ?? undefined) : undefined;
  };
}

type Handlers = Readonly<Record<LaneKind, Pick<LaneWorkerDeps, "concurrency" | "handle" | "perBusiness" | "watchesNewer" | "onEarly">>>;

function createResponderOf(parts: Parts, shared: Shared): (settings: ReplySettings) => Responder {
  const { database, log, failPoints, outside, overrides, atEnd, services } = parts;
  const { models } = shared;
  const settings = services.replySettings;
  const knowledge = { search: services.searchForReply };
  const openTools = createOpenTools({ database, knowledge, settings, outside, failPoints, log });
  atEnd(() => openTools.idle());
  const responders: Readonly<Record<ReplySettings["responder"], Responder>> = {
    knowledge: createKnowledgeResponder({ knowledge }),
    model: models.responder({ openTools, log }),
    webhook: createWebhookResponder({
      settings,
      outside,
      registerTurn: createRegisterTurn({ database }),
      takeAnswer: createTakeAnswer({ database }),
    }),
  };
  return ({ responder }) => overrides.responder ?? responders[responder];
}

interface Shared {
  readonly models: LazyModels;
  readonly transportOf: TransportOf;
}

function createTurn(parts: Parts, shared: Shared): ReplyTurn {
  const { database, log, failPoints, wakeUps, services } = parts;
  // Replies of a business that are begun at the same time are looked up together.
  const sessions = createBusinessBatcher<ConversationId, SessionMemory>({
    slots: 2,
    async run(businessId, ids) {
      const memories = await readSessionMemory(database.forBusiness(businessId), ids);
      return ids.map((id) => memories.get(id) ?? { summarisedTo: null, earlier: [] });
    },
  });
  const facts = createBusinessBatcher<ConversationId, Facts>({
    slots: 2,
    async run(businessId, ids) {
      const known = await services.customerFacts.find(businessId, ids);
      return ids.map((id) => known.get(id) ?? {});
    },
  });
  return createReplyTurn({
    database,
    settings: services.replySettings,
    responderOf: createResponderOf(parts, shared),
    gatherMemory: createGatherMemory({
      sessions,
      facts,
      knowledge: services.searchForReply,
      failPoints,
      log,
    }),
    isOverBudget: createIsOverBudget({ database: database.optional, failPoints, log }),
    transportOf: shared.transportOf,
    failPoints,
    log,
    wake: (kind) => {
      wakeUps.wake(kind);
    },
    onTurn: (state, ms) => {
      parts.metrics.turnEnded(state, ms / 1_000);
    },
  });
}

function createHandlers(parts: Parts, shared: Shared): Handlers {
  const { config, database, log, failPoints, services } = parts;
  const turn = createTurn(parts, shared);
  const summarize = { extractive: extractiveSummarizer, model: shared.models.summarizer };
  return {
    reply: {
      concurrency: config.replyConcurrency,
      perBusiness: Math.max(1, Math.floor(config.replyConcurrency * BUSINESS_SHARE)),
      watchesNewer: true,
      handle: (lane, signal, newer) => turn.run(lane, signal, newer),
      onEarly: (lanes) => {
        turn.greet(lanes);
      },
    },
    send: { concurrency: config.sendConcurrency, handle: createDeliver({ database, transportOf: shared.transportOf, failPoints, log }) },
    session: {
      concurrency: SESSION_CONCURRENCY,
      handle: createTrackSession({ database, settings: services.replySettings, summarize, failPoints, log }),
    },
  };
}

function startIndexing({ services: { indexWorker }, wakeUps, atEnd }: Parts): void {
  wakeUps.on("knowledge", () => {
    indexWorker.wake();
  });
  indexWorker.start();
  atEnd(() => indexWorker.stop());
}

/** `graphUrl`: where the Cloud API is reached. */
export function startWorker(parts: Parts, graphUrl: string): void {
  const { config, database, log, wakeUps } = parts;
  const handlers = createHandlers(parts, {
    models: createLazyModels({ settings: parts.services.replySettings, outside: parts.outside }),
    transportOf: openTransports(parts, graphUrl),
  });
  startIndexing(parts);
  const store = createLaneStore(database.acrossBusinesses);
  const owner = `${hostname()}-${String(process.pid)}`;
  const workers = (["reply", "send", "session"] as const).map((kind) => {
    const worker = createLaneWorker({ kind, store, log, owner, leaseMs: config.leaseMs, ...handlers[kind] });
    wakeUps.on(kind, () => {
      worker.wake();
    });
    worker.start();
    return worker;
  });
  parts.atEnd(async () => {
    await Promise.all(workers.map((worker) => worker.stop(STOP_GRACE_MS)));
  });
}
