// Owns: putting together what works on the lanes: the responders and what they know, the senders, the sessions.
import { hostname } from "node:os";
import type { LaneKind } from "../lanes/lane-store.ts";
import { createLaneStore } from "../lanes/lane-store.ts";
import { createLaneWorker, type LaneWorkerDeps } from "../lanes/lane-worker.ts";
import { createKnowledgeBase } from "../knowledge/knowledge-base.ts";
import { createDeliver } from "../outbound/deliver.ts";
import { createGatherMemory } from "../replies/gather-memory.ts";
import { createKnowledgeResponder } from "../replies/knowledge-responder.ts";
import { createIsOverBudget } from "../replies/read-budget.ts";
import { createReplySettingsStore } from "../replies/reply-settings-store.ts";
import { createReplyTurn } from "../replies/reply-turn.ts";
import { createTrackSession } from "../sessions/track-session.ts";
import { createGatewayHttp } from "../whatsapp/gateways/gateway-http.ts";
import { gatewayTransport } from "../whatsapp/gateways/gateway-transport.ts";
import { isGateway } from "../whatsapp/gateways/parse-gateway-webhook.ts";
import { createGraphClient } from "../whatsapp/graph-client.ts";
import type { TransportOf } from "../whatsapp/transport.ts";
import type { Parts } from "./parts.ts";

const SEND_CONNECTIONS_SPARE = 8;
/** Of all replies that a worker writes at once, one business gets at most this share, unless it has a number of its own. */
const BUSINESS_SHARE = 0.5;
const SESSION_CONCURRENCY = 64;

function openTransports({ config, atEnd }: Parts, graphUrl: string): TransportOf {
  const transport = createGraphClient({
    baseUrl: graphUrl,
    version: config.graphVersion,
    timeoutMs: config.sendTimeoutMs,
    connections: config.sendConcurrency + SEND_CONNECTIONS_SPARE,
  });
  atEnd(() => transport.close());
  const gatewayHttp = createGatewayHttp({ timeoutMs: config.sendTimeoutMs });
  atEnd(() => gatewayHttp.close());
  return (provider, settings) => {
    if (provider === "cloud") return transport;
    return provider !== null && isGateway(provider) ? gatewayTransport(gatewayHttp, provider, settings ?? undefined) : undefined;
  };
}

type Handlers = Readonly<Record<LaneKind, Pick<LaneWorkerDeps, "concurrency" | "handle" | "perBusiness" | "watchesNewer" | "onEarly">>>;

function createHandlers(parts: Parts, transportOf: TransportOf): Handlers {
  const { config, database, log, failPoints, wakeUps, overrides } = parts;
  const knowledge = createKnowledgeBase({ database, failPoints });
  const knowledgeResponder = createKnowledgeResponder({ knowledge });
  const turn = createReplyTurn({
    database,
    settings: createReplySettingsStore({ database, log }),
    responderOf: () => overrides.responder ?? knowledgeResponder,
    gatherMemory: createGatherMemory({
      sessions: () => Promise.resolve({ openFromSeq: null, earlier: [] }),
      facts: () => Promise.resolve({}),
      knowledge: (question) => knowledge.search(question),
      failPoints,
      log,
    }),
    isOverBudget: createIsOverBudget({ database, failPoints, log }),
    transportOf,
    failPoints,
    log,
    wake: (kind) => {
      wakeUps.wake(kind);
    },
  });
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
    send: { concurrency: config.sendConcurrency, handle: createDeliver({ database, transportOf, failPoints, log }) },
    session: { concurrency: SESSION_CONCURRENCY, handle: createTrackSession({ database, failPoints }) },
  };
}

/** `graphUrl`: where the Cloud API is reached. */
export function startWorker(parts: Parts, graphUrl: string): void {
  const { config, database, log, wakeUps } = parts;
  const handlers = createHandlers(parts, openTransports(parts, graphUrl));
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
    await Promise.all(workers.map((worker) => worker.stop()));
  });
}
