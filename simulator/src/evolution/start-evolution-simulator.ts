// Owns the double of Evolution API v2 (as read at 2.3.6): its webhooks out, with its retry rules and its handling of linked ids, and its send
// endpoints in. Shares no code with what it tests.
import { createHmac } from "node:crypto";
import type { FastifyInstance, FastifyReply } from "fastify";
import { createCounterparts } from "../gateway/gateway-inbound.ts";
import type { GatewayInboundRequest, IdentityMode, ShownNames } from "../gateway/gateway-inbound.ts";
import { newMessageId, resultOf, startGatewayServer } from "../gateway/gateway-server.ts";
import { createGatewaySends } from "../gateway/gateway-sends.ts";
import type { Acceptance } from "../gateway/gateway-sends.ts";
import type { GatewayResult, GatewaySend, GatewaySimulator } from "../gateway/gateway-server.ts";
import { createWebhookSender } from "../gateway/webhook-sender.ts";
import type { WebhookSender } from "../gateway/webhook-sender.ts";
import { evolutionBodies } from "./evolution-bodies.ts";
import { isJsonObject, readString, requireObject } from "../json-object.ts";
import type { JsonObject } from "../json-object.ts";

export interface EvolutionSimulatorOptions {
  readonly host?: string;
  /** Default: any free one. */
  readonly port?: number;
  readonly webhookUrl: string | (() => string);
  readonly instance: string;
  /** Asked of whoever sends, in the header `apikey`. */
  readonly apiKey: string;
  /** Static headers of the instance's webhook. */
  readonly webhookHeaders?: Readonly<Record<string, string>>;
  /** Signs a token for `Authorization` instead. */
  readonly jwtKey?: string;
  /** Digits of the business's own number. */
  readonly ownPhone?: string;
  readonly identity?: IdentityMode;
  /** When the webhook `send.message` comes: before the answer to the send, or after it (default). */
  readonly echo?: "before" | "after";
  /** Default 5, 10, 20 … ms: a thousandth of the real ones. */
  readonly retryDelaysMs?: readonly number[];
}

const neverRetried = new Set([400, 401, 403, 404, 422]);
const nowSeconds = (): number => Math.floor(Date.now() / 1000);

export async function startEvolutionSimulator(options: EvolutionSimulatorOptions): Promise<GatewaySimulator> {
  const sender = createWebhookSender({
    webhookUrl: options.webhookUrl,
    headers: () => ({ ...options.webhookHeaders, ...tokenHeader(options.jwtKey) }),
    mayRetry: (status) => !neverRetried.has(status),
    maxAttempts: 10,
    retryDelaysMs: options.retryDelaysMs ?? [5, 10, 20, 40, 80, 160, 300],
  });
  const { accept, ...simulator } = createEvolution(options, sender);
  return startGatewayServer({
    listenOn: options,
    sender,
    simulator,
    registerRoutes: (app) => {
      registerSendRoutes(app, options, accept);
      registerChatRoute(app, options, simulator.outbox);
    },
  });
}

function tokenHeader(key: string | undefined): Record<string, string> {
  if (key === undefined) return {};
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
  const signed = `${part({ alg: "HS256", typ: "JWT" })}.${part({ iat: nowSeconds(), exp: nowSeconds() + 600, app: "evolution", action: "webhook" })}`;
  return { authorization: `Bearer ${signed}.${createHmac("sha256", key).update(signed).digest("base64url")}` };
}

type Accept = (operation: string, body: JsonObject, reply: FastifyReply) => Promise<unknown>;

function createEvolution(
  options: EvolutionSimulatorOptions,
  sender: WebhookSender,
): Omit<GatewaySimulator, "url" | "stop"> & { readonly accept: Accept } {
  const counterparts = createCounterparts("s.whatsapp.net");
  const ownJid = `${options.ownPhone ?? "15550100200"}@s.whatsapp.net`;
  const { accept, ...sends } = createGatewaySends((status) => ({ status }));

  const emit: GatewaySimulator["emit"] = (event, data) =>
    sender.send(event, {
      event,
      instance: options.instance,
      data,
      destination: "",
      date_time: new Date().toISOString(),
      sender: ownJid,
      server_url: "http://simulator",
      apikey: null,
    });

  const keyOf = (request: GatewayInboundRequest, id: string, { jid, alternative }: ShownNames): JsonObject => {
    const { groupId, fromMe = false } = request;
    if (groupId !== undefined) {
      return { remoteJid: groupId, participant: jid, ...(alternative !== undefined && { participantAlt: alternative }), fromMe, id };
    }
    // What the phone typed shows the business's own number beside the customer.
    const beside = fromMe ? ownJid : alternative;
    return {
      remoteJid: jid,
      ...(beside !== undefined && { remoteJidAlt: beside }),
      fromMe,
      id,
      addressingMode: jid.endsWith("@lid") ? "lid" : "pn",
    };
  };

  const inbound = async (request: GatewayInboundRequest): Promise<GatewayResult> => {
    const id = request.id ?? newMessageId();
    const data = {
      key: keyOf(request, id, counterparts.show(request.from, request.identity ?? options.identity ?? "both")),
      pushName: request.fromMe === true ? "Você" : (request.name ?? "Ana"),
      status: request.fromMe === true ? "SERVER_ACK" : "DELIVERY_ACK",
      message: request.message ?? { conversation: request.text ?? "oi" },
      messageType: "conversation",
      messageTimestamp: request.timestamp ?? nowSeconds(),
      source: "android",
    };
    return resultOf(id, await Promise.all(Array.from({ length: request.copies ?? 1 }, () => emit("messages.upsert", data))));
  };

  /** The send as WhatsApp's servers report it; acks name the linked id although the phone was addressed. */
  const report = async (send: GatewaySend, echo: JsonObject | undefined): Promise<void> => {
    if (echo !== undefined) await emit("send.message", echo);
    const phone = /^(\d+)/.exec(send.to)?.[1] ?? "";
    const remoteJid = send.to.endsWith("@lid") ? send.to : counterparts.lidOf(phone);
    for (const status of ["SERVER_ACK", "DELIVERY_ACK", "READ"]) {
      await emit("messages.update", { keyId: send.id, remoteJid, fromMe: true, status });
    }
  };

  const take = async (send: GatewaySend): Promise<Acceptance> => {
    const answer = {
      key: { remoteJid: send.to, fromMe: true, id: send.id },
      pushName: "Você",
      status: "PENDING",
      message: { conversation: typeof send.body["text"] === "string" ? send.body["text"] : "" },
      messageType: "conversation",
      messageTimestamp: nowSeconds(),
      source: "web",
    };
    const isEchoedBefore = options.echo === "before";
    if (isEchoedBefore) await emit("send.message", answer);
    return { answer, report: () => report(send, isEchoedBefore ? undefined : answer) };
  };

  return {
    ...sends,
    inbound,
    emit,
    deliveries: () => sender.deliveries(),
    accept: (operation, body, reply) => accept({ operation, to: addressOf(body), body }, reply, take),
  };
}

/** Evolution's own rewriting of bare numbers; what has a server passes as it is. */
function addressOf(body: JsonObject): string {
  const key = isJsonObject(body["key"]) ? body["key"] : undefined;
  const number = readString(body, "number") ?? (key === undefined ? undefined : readString(key, "remoteJid")) ?? "";
  if (number.includes("@")) return number;
  const digits = number.replace(/\D/g, "");
  if (/^(52|54)\d{11}$/.test(digits)) return `${digits.slice(0, 2)}${digits.slice(3)}@s.whatsapp.net`;
  const brazil = /^55(\d{2})9(\d)(\d{7})$/.exec(digits);
  if (brazil !== null && Number(brazil[1]) >= 31 && Number(brazil[2]) >= 7)
    return `55${brazil[1] ?? ""}${brazil[2] ?? ""}${brazil[3] ?? ""}@s.whatsapp.net`;
  return digits.length >= 18 ? `${digits}@g.us` : `${digits}@s.whatsapp.net`;
}

/** The newest first; what was sent through the API only. */
function registerChatRoute(
  app: FastifyInstance,
  { apiKey, instance }: EvolutionSimulatorOptions,
  outbox: GatewaySimulator["outbox"],
): void {
  app.post<{ Params: { instance: string } }>("/chat/findMessages/:instance", (request, reply) => {
    if (request.headers["apikey"] !== apiKey)
      return reply.status(401).send({ status: 401, error: "Unauthorized", response: { message: "Unauthorized" } });
    if (request.params.instance !== instance) return reply.status(404).send({ status: 404, error: "Not Found", response: { message: [] } });
    const body = requireObject(request.body, "The request body");
    const where = isJsonObject(body["where"]) ? body["where"] : {};
    const key = isJsonObject(where["key"]) ? where["key"] : {};
    const size = Number(body["offset"] ?? 50);
    const found = outbox()
      .filter(({ to }) => to === key["remoteJid"])
      .toReversed();
    const records = found.slice(0, size).map(({ id, to, body: sent, acceptedAt }) => ({
      key: { remoteJid: to, fromMe: true, id },
      pushName: "Você",
      message: { conversation: readString(sent, "text") ?? "" },
      messageType: "conversation",
      messageTimestamp: Math.floor(Date.parse(acceptedAt) / 1_000),
      source: "web",
    }));
    return { messages: { total: found.length, pages: Math.ceil(found.length / size), currentPage: 1, records } };
  });
}

function registerSendRoutes(app: FastifyInstance, { apiKey, instance }: EvolutionSimulatorOptions, accept: Accept): void {
  const refuse = (given: unknown, named: string, reply: FastifyReply): FastifyReply | undefined => {
    if (given !== apiKey) return reply.status(401).send({ status: 401, error: "Unauthorized", response: { message: "Unauthorized" } });
    if (named === instance) return undefined;
    const message = [`The "${named}" instance does not exist`];
    return reply.status(404).send({ status: 404, error: "Not Found", response: { message } });
  };
  for (const [operation, shape] of Object.entries(evolutionBodies)) {
    app.post<{ Params: { instance: string } }>(`/message/${operation}/:instance`, (request, reply) => {
      const refused = refuse(request.headers["apikey"], request.params.instance, reply);
      if (refused !== undefined) return refused;
      const body = requireObject(request.body, "The request body");
      const problem = shape(body, "instance");
      if (problem !== undefined) return reply.status(400).send({ status: 400, error: "Bad Request", response: { message: [[problem]] } });
      return accept(operation, body, reply);
    });
  }
  app.post<{ Params: { instance: string } }>(
    "/chat/markMessageAsRead/:instance",
    (request, reply) =>
      refuse(request.headers["apikey"], request.params.instance, reply) ??
      reply.status(201).send({ message: "Read messages", read: "success" }),
  );
  app.post<{ Params: { instance: string } }>(
    "/chat/sendPresence/:instance",
    (request, reply) =>
      refuse(request.headers["apikey"], request.params.instance, reply) ?? reply.status(201).send({ presence: "composing" }),
  );
}
