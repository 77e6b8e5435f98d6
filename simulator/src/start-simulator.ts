// Owns building, starting and stopping the simulator. The one place that wires its parts.
import type { FastifyInstance } from "fastify";
import { createSendAcceptor } from "./accept-send.ts";
import { createVirtualClock } from "./clock.ts";
import { registerControlRoutes } from "./control-routes.ts";
import { createControl } from "./control.ts";
import type { Control } from "./control.ts";
import { openCustomerJournal } from "./customer-journal.ts";
import { createCustomers } from "./customers.ts";
import { createDeliveryLog } from "./delivery-log.ts";
import { createFailureRules } from "./failure-rules.ts";
import { createGraphAnswer } from "./graph-answer.ts";
import { registerGraphRoutes } from "./graph-routes.ts";
import { createIdentifiers } from "./identifiers.ts";
import { createInboundPreparer } from "./inbound-message.ts";
import { createInbound } from "./inbound.ts";
import { createMediaEndpoints } from "./media-routes.ts";
import { createMediaStore } from "./media-store.ts";
import { registerHistoryRoutes } from "./history-routes.ts";
import { createOutbox } from "./outbox.ts";
import { createRateLimits } from "./rate-limits.ts";
import { createRawWebhooks } from "./raw-webhook.ts";
import { answerNotEmulated, createServer } from "./server.ts";
import { createSettings } from "./settings.ts";
import type { SimulatorOptions } from "./settings.ts";
import { createStatusSchedule } from "./status-schedule.ts";
import { createTemplateStore } from "./template-store.ts";
import { createThreads } from "./threads.ts";
import { createTyping } from "./typing.ts";
import { createWebhookDelivery } from "./webhook-delivery.ts";

export interface Simulator extends Control {
  /** Base of the Graph API and of `/sim/…`, without a slash at the end. */
  readonly url: string;
  readonly port: number;
  readonly stop: () => Promise<void>;
}

const addressInUse = (error: unknown): boolean => error instanceof Error && "code" in error && error.code === "EADDRINUSE";

interface Wired {
  readonly app: FastifyInstance;
  readonly control: Control;
  readonly stop: () => Promise<void>;
}

async function wire(options: SimulatorOptions): Promise<Wired> {
  const settings = createSettings(options);
  const clock = createVirtualClock();
  const identifiers = createIdentifiers(options);
  const journal = openCustomerJournal(options.stateFile);
  const customers = createCustomers(journal);
  const media = createMediaStore({ clock, identifiers });
  const log = createDeliveryLog({ entries: 20_000, bytes: 64 * 1024 * 1024 });
  const delivery = createWebhookDelivery({ settings, clock, identifiers, log });
  const outbox = createOutbox();
  const statuses = createStatusSchedule({ clock, outbox, delivery });
  const templates = createTemplateStore({ settings, clock, delivery });
  const rates = createRateLimits({ settings, clock });
  const typing = createTyping(clock);
  const rules = createFailureRules(identifiers);
  const threads = createThreads({ settings, clock, customers });
  const preparer = createInboundPreparer({ settings, clock, identifiers, customers, media, threads });
  const raw = createRawWebhooks({ settings, clock, customers });
  const inbound = createInbound({ identifiers, customers, preparer, raw, delivery });
  const stores = { customers, outbox, log, rules, rates, templates, threads };
  const parts = { ...stores, settings, clock, identifiers, inbound, delivery, statuses, typing };
  const acceptor = createSendAcceptor({ ...parts, media });
  const control = createControl(parts);

  const app = await createServer(identifiers, [...(options.allowedHosts ?? []), ...(options.host === undefined ? [] : [options.host])]);
  registerControlRoutes(app, control);
  const graph = createGraphAnswer({ settings, identifiers, rules });
  const mediaEndpoints = createMediaEndpoints({ settings, store: media });
  registerHistoryRoutes(app, { ...parts, graph, notEmulated: answerNotEmulated });
  registerGraphRoutes(app, { ...parts, acceptor, graph, media: mediaEndpoints, notEmulated: answerNotEmulated });

  const stop = async (): Promise<void> => {
    statuses.cancelAll();
    templates.stop();
    await app.close();
    await delivery.stop();
    journal.close();
  };
  return { app, control, stop };
}

/** Resolves when it listens. Rejects with a sentence when the options are wrong or the port is taken. */
export async function startSimulator(options: SimulatorOptions): Promise<Simulator> {
  const { app, control, stop } = await wire(options);
  const host = options.host ?? "127.0.0.1";
  const port = options.port ?? 4010;
  try {
    await app.listen({ host, port });
  } catch (cause) {
    await stop();
    if (addressInUse(cause))
      throw new Error(`Port ${port} on ${host} is in use: stop what runs there, or choose another port (0 takes any free one).`, { cause });
    throw cause;
  }
  const address = app.server.address();
  const listeningOn = typeof address === "object" && address !== null ? address.port : port;
  const reachableHost = host === "0.0.0.0" || host === "::" ? "127.0.0.1" : host.includes(":") ? `[${host}]` : host;
  return { url: `http://${reachableHost}:${listeningOn}`, port: listeningOn, stop, ...control };
}
