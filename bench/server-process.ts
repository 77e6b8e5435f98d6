// Owns: the process that takes the webhooks: Onethread's HTTP side around one of the variants.
import { Registry } from "prom-client";
import { createChannelDirectory } from "../server/src/businesses/channel-directory.ts";
import { createServices } from "../server/src/compose/services.ts";
import { readConfig } from "../server/src/config/config.ts";
import { createDatabase } from "../server/src/db/database.ts";
import { createHttpApp } from "../server/src/http/app.ts";
import { createMetrics } from "../server/src/http/metrics.ts";
import { noFailPoints } from "../server/src/kernel/fail-points.ts";
import { createLog } from "../server/src/kernel/log.ts";
import { createWakeUps } from "../server/src/lanes/wake-ups.ts";
import { createOutsideHttp } from "../server/src/outside/outside-http.ts";
import { createGraphTemplates } from "../server/src/whatsapp/graph-templates.ts";
import { createGraphThreadControl } from "../server/src/whatsapp/graph-thread-control.ts";
import { countSentStatements } from "./sent-statements.ts";
import { connectionsOf, createVariant, VARIANTS } from "./variants.ts";
import { endWithParent, readInput, sendToParent, textOf } from "./wire.ts";

countSentStatements();
const input = readInput();
const databaseUrl = textOf(input, "databaseUrl");
const variant = VARIANTS.find((name) => name === textOf(input, "variant"));
if (variant === undefined) throw new Error("there is no such variant");
const read = readConfig({}, { purpose: "tool" });
if (!read.ok) throw new Error(read.problems.join(" "));
const { config } = read;

const log = createLog({ level: "error" });
const connections = connectionsOf(variant, config.ingestConnections);
const database = createDatabase({
  url: databaseUrl,
  appConnections: 2,
  ingestConnections: connections,
  applicationName: "bench",
  log,
});
const wakeUps = createWakeUps({ url: databaseUrl, origin: String(process.pid), listen: false, log });
wakeUps.start();
const services = createServices({
  database,
  log,
  failPoints: noFailPoints,
  outside: createOutsideHttp({ privateHosts: [] }),
  templatePlatform: createGraphTemplates({ baseUrl: () => "", version: "v26.0" }),
  threadPlatform: createGraphThreadControl({ baseUrl: () => "", version: "v26.0" }),
  mediaStore: { open: () => Promise.resolve(undefined) },
  wake: () => undefined,
  onKnown: () => Promise.resolve(),
});
const intake = createVariant(variant, {
  database,
  services,
  channels: createChannelDirectory({ database }),
  log,
  connections,
  maxWaiting: config.ingestQueue,
  onStored: () => {
    wakeUps.wake("reply");
    wakeUps.wake("session");
  },
});
const app = createHttpApp({
  channels: { findGatewayProof: () => Promise.resolve(undefined) },
  services: { ...services, uploadMedia: () => Promise.resolve("busy") },
  ping: () => database.ping(),
  intake,
  log,
  metrics: createMetrics({ registry: new Registry(), database, log, failPoints: noFailPoints }),
  appSecrets: [textOf(input, "appSecret")],
  verifyToken: "bench-verify-token",
  listPendingMigrations: () => Promise.resolve([]),
});
const url = await app.listen({ host: "127.0.0.1", port: 0 });
endWithParent(async () => {
  await app.close();
  await wakeUps.stop();
  await database.close();
});
sendToParent({ event: "ready", url });
