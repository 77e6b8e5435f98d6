// Owns: what works on the lanes in a process: the transports, the workers of each lane, and the indexing of knowledge beside them.
import { hostname } from "node:os";
import type { Config } from "../config/config.ts";
import { createLaneStore, type LaneKind } from "../lanes/lane-store.ts";
import { createLaneWorker, type LaneWorkerDeps } from "../lanes/lane-worker.ts";
import { createSocketLookup } from "../outside/guarded-agent.ts";
import { createHostResolver } from "../outside/resolve-host.ts";
import { createWakeForFile, type WakeForFile } from "../replies/wake-for-file.ts";
import { createTranscriptWorker } from "../transcripts/transcript-worker.ts";
import { createGatewayHttp } from "../whatsapp/gateways/gateway-http.ts";
import { gatewayTransport } from "../whatsapp/gateways/gateway-transport.ts";
import { createGraphClient } from "../whatsapp/graph-client.ts";
import { createGraphUpload } from "../whatsapp/graph-upload.ts";
import { isGateway } from "../whatsapp/providers.ts";
import type { TransportOf } from "../whatsapp/transport.ts";
import { createLaneWork, type LaneWork } from "./lane-work.ts";
import { createLazyModels } from "./lazy-models.ts";
import { createMediaWork, mediaDirectoryOf } from "./media-work.ts";
import type { Parts } from "./parts.ts";

const SEND_CONNECTIONS_SPARE = 8;
/** Of all replies that a worker writes at once, and of all messages that it sends, one business gets at most this share, unless (for replies) it has a number of its own. */
const BUSINESS_SHARE = 0.5;
const SESSION_CONCURRENCY = 64;
/** A session is due a second after its message, and nobody waits for it: those of some milliseconds are claimed together. */
const SESSION_CLAIM_INTERVAL_MS = 50;
/** Most businesses have no voice note written down, and a lost wake-up costs less than a reply waits. */
const TRANSCRIPT_POLL_MS = 5_000;
/** What is running at a stop has this long to finish; what does not finish is done again by the next worker. */
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

type Handlers = Readonly<
  Record<LaneKind, Pick<LaneWorkerDeps, "concurrency" | "claimIntervalMs" | "handle" | "perBusiness" | "watchesNewer" | "onEarly">>
>;

/** A platform or a gateway that hangs for one business must not hold up the others. */
const shareOf = (concurrency: number): number => Math.max(1, Math.floor(concurrency * BUSINESS_SHARE));

function handlersOf({ turn, deliver, trackSession }: LaneWork, { replyConcurrency, sendConcurrency }: Config): Handlers {
  return {
    reply: {
      concurrency: replyConcurrency,
      perBusiness: shareOf(replyConcurrency),
      watchesNewer: true,
      handle: (lane, signal, newer) => turn.run(lane, signal, newer),
      onEarly: (lanes) => {
        turn.greet(lanes);
      },
    },
    send: { concurrency: sendConcurrency, perBusiness: shareOf(sendConcurrency), handle: deliver },
    session: { concurrency: SESSION_CONCURRENCY, claimIntervalMs: SESSION_CLAIM_INTERVAL_MS, handle: trackSession },
  };
}

function startIndexing({ services: { indexWorker }, wakeUps, atEnd }: Parts): void {
  wakeUps.on("knowledge", () => {
    indexWorker.wake();
  });
  indexWorker.start();
  atEnd(() => indexWorker.stop());
}

/** What is said in voice notes, written down. */
function startTranscribing(
  { config, database, log, mediaStore: store, outside, services, wakeUps, atEnd }: Parts,
  onEnd: WakeForFile,
): void {
  const settings = services.replySettings;
  const { transcribeAudio } = createLazyModels({ settings, outside });
  const { leaseMs } = config;
  const worker = createTranscriptWorker({ database, store, settings, transcribeAudio, log, leaseMs, pollMs: TRANSCRIPT_POLL_MS, onEnd });
  wakeUps.on("transcript", () => {
    worker.wake();
  });
  worker.start();
  atEnd(() => worker.stop());
}

function startFetching(parts: Parts, graphUrl: string): void {
  const { config, database, log, failPoints, mediaStore: store, services, wakeUps, atEnd } = parts;
  const settings = services.replySettings;
  const wakeForFile = createWakeForFile({
    database,
    settings,
    log,
    wake: () => {
      wakeUps.wake("reply");
    },
  });
  startTranscribing(parts, wakeForFile);
  const { graphVersion, mediaHosts, privateHosts, leaseMs, scanner } = config;
  const directory = mediaDirectoryOf(config);
  const work = createMediaWork({
    database,
    log,
    failPoints,
    store,
    directory,
    graphUrl,
    graphVersion,
    mediaHosts,
    privateHosts,
    leaseMs,
    scanner,
    wantsTranscripts: async (businessId) => (await settings.find(businessId)).transcription !== null,
    async onEnd(file) {
      if (file.isToTranscribe) wakeUps.wake("transcript");
      else await wakeForFile(file);
    },
  });
  wakeUps.on("media", () => {
    work.wake();
  });
  work.start();
  atEnd(() => work.close());
  atEnd(() => work.stop());
}

/** `graphUrl`: where the Cloud API is reached. */
export function startWorker(parts: Parts, graphUrl: string): void {
  const { config, database, log, wakeUps, metrics, services, atEnd } = parts;
  const wake = (kind: "reply" | "send"): void => {
    wakeUps.wake(kind);
  };
  const onTurn = (state: string, ms: number): void => {
    metrics.turnEnded(state, ms / 1_000);
  };
  const upload = createGraphUpload({ baseUrl: graphUrl, version: config.graphVersion });
  atEnd(() => upload.close());
  const work = createLaneWork({ ...parts, uploadFile: upload.uploadFile, transportOf: openTransports(parts, graphUrl), wake, onTurn });
  atEnd(() => services.openTools.idle());
  const handlers = handlersOf(work, config);
  startIndexing(parts);
  startFetching(parts, graphUrl);
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
  atEnd(async () => {
    await Promise.all(workers.map((worker) => worker.stop(STOP_GRACE_MS)));
  });
}
