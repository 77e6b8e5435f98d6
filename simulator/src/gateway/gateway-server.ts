// Owns the HTTP server of a gateway's double: JSON bodies, the control routes that all have, the loud 501 for the rest. Knows no gateway.
import { randomBytes } from "node:crypto";
import fastify from "fastify";
import type { FastifyInstance } from "fastify";
import { InputError } from "../json-object.ts";
import type { JsonObject } from "../json-object.ts";
import { refuseForeignPages } from "../refuse-foreign-pages.ts";
import type { GatewayInboundRequest } from "./gateway-inbound.ts";
import { readGatewayInbound } from "./gateway-inbound.ts";
import type { GatewayDelivery, WebhookSender } from "./webhook-sender.ts";

export interface GatewaySend {
  readonly id: string;
  readonly operation: string;
  /** As it was asked for. */
  readonly to: string;
  /** The request body as received. */
  readonly body: JsonObject;
  readonly acceptedAt: string;
}

export interface GatewayResult {
  readonly messageId: string;
  readonly deliveries: readonly {
    readonly event: string;
    readonly state: GatewayDelivery["state"];
    readonly attempts: readonly number[];
  }[];
}

export interface GatewaySimulator {
  readonly url: string;
  /** Resolves when each webhook was answered or given up. */
  readonly inbound: (request: GatewayInboundRequest) => Promise<GatewayResult>;
  readonly outbox: () => readonly GatewaySend[];
  readonly deliveries: () => readonly GatewayDelivery[];
  /** A webhook with exactly this content. */
  readonly emit: (event: string, data: unknown) => Promise<GatewayDelivery>;
  /** The next sends are answered like this; "drop" takes the message, reports it, and cuts the connection instead of answering. */
  readonly failSends: (...answers: readonly ({ readonly status: number; readonly body?: JsonObject } | "drop")[]) => void;
  /** Resolves when the echoes and statuses of everything that was sent so far are through. */
  readonly settled: () => Promise<void>;
  readonly stop: () => Promise<void>;
}

export const newMessageId = (): string => `3EB0${randomBytes(9).toString("hex").toUpperCase()}`;

export const resultOf = (messageId: string, deliveries: readonly GatewayDelivery[]): GatewayResult => ({
  messageId,
  deliveries: deliveries.map(({ event, state, attempts }) => ({ event, state, attempts })),
});

const statusOf = (error: unknown): number =>
  typeof error === "object" && error !== null && "statusCode" in error && typeof error.statusCode === "number" ? error.statusCode : 500;

export interface GatewayPlan {
  readonly listenOn: { readonly host?: string; readonly port?: number };
  readonly sender: WebhookSender;
  readonly simulator: Omit<GatewaySimulator, "stop" | "url">;
  readonly registerRoutes: (app: FastifyInstance) => void;
}

export async function startGatewayServer({ listenOn, sender, simulator, registerRoutes }: GatewayPlan): Promise<GatewaySimulator> {
  const app = createServer();
  registerControl(app, simulator, sender);
  registerRoutes(app);
  const { host = "127.0.0.1", port = 0 } = listenOn;
  const url = await app.listen({ host, port });
  return {
    url,
    ...simulator,
    async stop() {
      await sender.stop();
      await app.close();
    },
  };
}

function createServer(): FastifyInstance {
  const app = fastify({ logger: false, forceCloseConnections: true, bodyLimit: 32 * 1024 * 1024 });
  refuseForeignPages(app);
  app.setNotFoundHandler((request, reply) =>
    reply.status(501).send({ error: { message: `THE SIMULATOR DOES NOT EMULATE ${request.method} ${request.url}.`, code: 501 } }),
  );
  app.setErrorHandler((error: unknown, _request, reply) => {
    const message = error instanceof Error ? error.message : String(error);
    return reply.status(error instanceof InputError ? 400 : statusOf(error)).send({ error: { message } });
  });
  return app;
}

function registerControl(app: FastifyInstance, simulator: GatewayPlan["simulator"], sender: WebhookSender): void {
  app.post("/sim/inbound", async (request) => ({ data: await simulator.inbound(readGatewayInbound(request.body)) }));
  app.get("/sim/outbox", () => ({ data: simulator.outbox() }));
  app.get("/sim/deliveries", () => ({ data: sender.deliveries().map(({ body: _body, ...rest }) => rest) }));
  app.delete("/sim/deliveries", () => {
    sender.clear();
    return { data: [] };
  });
}
