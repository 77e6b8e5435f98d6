// Owns the double of WAHA: its webhooks out, signed and retried as it does, with its twins and its handling of linked ids, and its send endpoints in.
// Shares no code with what it tests.
import { createHmac, randomBytes } from "node:crypto";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { createCounterparts } from "../gateway/gateway-inbound.ts";
import type { GatewayInboundRequest, IdentityMode, ShownNames } from "../gateway/gateway-inbound.ts";
import { newMessageId, resultOf, startGatewayServer } from "../gateway/gateway-server.ts";
import { createGatewaySends } from "../gateway/gateway-sends.ts";
import type { GatewayResult, GatewaySend, GatewaySimulator } from "../gateway/gateway-server.ts";
import { filledText, object } from "../gateway/strict-body.ts";
import type { Shape } from "../gateway/strict-body.ts";
import { createWebhookSender } from "../gateway/webhook-sender.ts";
import type { WebhookSender } from "../gateway/webhook-sender.ts";
import { wahaBodies } from "./waha-bodies.ts";
import { readString, requireObject } from "../json-object.ts";
import type { JsonObject } from "../json-object.ts";

export interface WahaSimulatorOptions {
  readonly host?: string;
  /** Default: any free one. */
  readonly port?: number;
  readonly webhookUrl: string | (() => string);
  readonly session: string;
  /** Asked of whoever sends, in the header `X-Api-Key`. */
  readonly apiKey: string;
  /** Signs the webhooks. */
  readonly hmacKey: string;
  readonly ownPhone?: string;
  /** How reactions are sent: its pages name both. Default: PUT. */
  readonly reactionMethod?: "POST" | "PUT";
  readonly identity?: IdentityMode;
  /** Default: 2 ms, a thousandth of the real one. */
  readonly retryDelaysMs?: readonly number[];
}

const nowSeconds = (): number => Math.floor(Date.now() / 1000);

export async function startWahaSimulator(options: WahaSimulatorOptions): Promise<GatewaySimulator> {
  const { hmacKey } = options;
  const sender = createWebhookSender({
    webhookUrl: options.webhookUrl,
    headers: (body) => ({
      "x-webhook-hmac": createHmac("sha512", hmacKey).update(body).digest("hex"),
      "x-webhook-hmac-algorithm": "sha512",
      "x-webhook-request-id": randomBytes(8).toString("hex"),
      "x-webhook-timestamp": String(Date.now()),
    }),
    mayRetry: () => true,
    maxAttempts: 15,
    retryDelaysMs: options.retryDelaysMs ?? [2],
  });
  const { accept, ...simulator } = createWaha(options, sender);
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

type Accept = (operation: string, body: JsonObject, reply: FastifyReply) => Promise<unknown>;

function createWaha(
  options: WahaSimulatorOptions,
  sender: WebhookSender,
): Omit<GatewaySimulator, "url" | "stop"> & { readonly accept: Accept } {
  const counterparts = createCounterparts("c.us");
  const ownJid = `${options.ownPhone ?? "15550100200"}@c.us`;
  const { accept, ...sends } = createGatewaySends(() => ({ message: "refused" }));

  const emit: GatewaySimulator["emit"] = (event, payload) =>
    sender.send(event, {
      id: `evt_${randomBytes(13).toString("hex")}`,
      timestamp: Date.now(),
      event,
      session: options.session,
      me: { id: ownJid, pushName: "Aurora" },
      payload,
      engine: "GOWS",
      environment: { version: "2026.8.1" },
    });

  const payloadOf = (request: GatewayInboundRequest, bareId: string, { jid, alternative }: ShownNames): JsonObject => {
    const { fromMe = false, groupId } = request;
    const chat = groupId ?? jid;
    const member = groupId === undefined ? "" : `_${jid}`;
    const Info = { PushName: request.name ?? "Ana", ...(alternative !== undefined && !fromMe && { SenderAlt: alternative }) };
    return {
      id: `${String(fromMe)}_${chat}_${bareId}${member}`,
      timestamp: request.timestamp ?? nowSeconds(),
      from: fromMe ? ownJid : chat,
      fromMe,
      source: "app",
      to: fromMe ? chat : ownJid,
      participant: groupId === undefined ? null : jid,
      body: request.text ?? "oi",
      hasMedia: false,
      media: null,
      ack: 2,
      ackName: "DEVICE",
      vCards: [],
      replyTo: null,
      _data: { Info, ...(request.message !== undefined && { Message: request.message }) },
    };
  };

  const inbound = async (request: GatewayInboundRequest): Promise<GatewayResult> => {
    const bareId = request.id ?? newMessageId();
    const mode = request.identity ?? options.identity ?? "both";
    const shown = counterparts.show(request.from, mode);
    // Twins show one name each; otherwise there would be nothing to work out.
    const names = mode === "twins" ? [{ jid: shown.jid }, { jid: shown.alternative ?? shown.jid }] : [shown];
    const payloads = names.flatMap((name) => Array.from({ length: request.copies ?? 1 }, () => payloadOf(request, bareId, name)));
    return resultOf(bareId, await Promise.all(payloads.map((payload) => emit("message.any", payload))));
  };

  const report = async (send: GatewaySend): Promise<void> => {
    const base = { fromMe: true, participant: null };
    await emit("message.any", {
      ...payloadOf({ from: "", text: readString(send.body, "text") ?? "-", fromMe: true }, send.id, { jid: send.to }),
      source: "api",
    });
    const phone = /^(\d+)@c/.exec(send.to)?.[1];
    const chat = phone === undefined ? send.to : counterparts.lidOf(phone);
    for (const [ack, ackName] of [
      [1, "SERVER"],
      [2, "DEVICE"],
      [3, "READ"],
    ]) {
      await emit("message.ack", { ...base, id: `true_${chat}_${send.id}`, from: chat, to: ownJid, ack, ackName });
    }
  };

  return {
    ...sends,
    inbound,
    emit,
    deliveries: () => sender.deliveries(),
    accept: (operation, body, reply) =>
      accept({ operation, to: chatOf(body), body }, reply, (send) =>
        // A reaction is no message of its own: it is answered without an id, and nothing is reported of it.
        operation === "reaction"
          ? { answer: {}, report: () => Promise.resolve() }
          : { answer: { id: `true_${send.to}_${send.id}`, timestamp: nowSeconds() }, report: () => report(send) },
      ),
  };
}

/** A reaction names its chat within the id of its message. */
function chatOf(body: JsonObject): string {
  return readString(body, "chatId") ?? readString(body, "messageId")?.split("_")[1] ?? "";
}

/** The newest first; what was sent through the API only. */
function registerChatRoute(
  app: FastifyInstance,
  { apiKey, session, ownPhone }: WahaSimulatorOptions,
  outbox: GatewaySimulator["outbox"],
): void {
  interface ChatRequest {
    readonly Params: { readonly session: string; readonly chatId: string };
    readonly Querystring: Readonly<Record<string, string | undefined>>;
  }
  app.get<ChatRequest>("/api/:session/chats/:chatId/messages", (request, reply) => {
    if (request.headers["x-api-key"] !== apiKey) return reply.status(401).send({ message: "Unauthorized", statusCode: 401 });
    if (request.params.session !== session) return reply.status(404).send({ message: "Session not found", statusCode: 404 });
    const { limit = "10", "filter.timestamp.gte": since = "0" } = request.query;
    return outbox()
      .filter(({ to, acceptedAt }) => to === request.params.chatId && Date.parse(acceptedAt) / 1_000 >= Number(since))
      .toReversed()
      .slice(0, Number(limit))
      .map(({ id, to, body, acceptedAt }) => ({
        id: `true_${to}_${id}`,
        timestamp: Math.floor(Date.parse(acceptedAt) / 1_000),
        from: `${ownPhone ?? "15550100200"}@c.us`,
        fromMe: true,
        source: "api",
        to,
        body: readString(body, "text") ?? "",
        hasMedia: body["file"] !== undefined,
        ack: 1,
      }));
  });
}

const chatOperations = ["sendSeen", "startTyping", "stopTyping"];

function registerSendRoutes(app: FastifyInstance, { apiKey, session, reactionMethod = "PUT" }: WahaSimulatorOptions, accept: Accept): void {
  const chatBody = object({ session: filledText, chatId: filledText, "messageId?": filledText, "participant?": filledText });
  const refuse = (request: FastifyRequest, shape: Shape, reply: FastifyReply): FastifyReply | undefined => {
    const body = requireObject(request.body, "The request body");
    if (request.headers["x-api-key"] !== apiKey) return reply.status(401).send({ message: "Unauthorized", statusCode: 401 });
    if (body["session"] !== session) return reply.status(404).send({ message: "Session not found", statusCode: 404 });
    const problem = shape(body, "body");
    return problem === undefined ? undefined : reply.status(400).send({ message: [problem], statusCode: 400 });
  };
  for (const [operation, shape] of Object.entries(wahaBodies)) {
    app.route({
      method: operation === "reaction" ? reactionMethod : "POST",
      url: `/api/${operation}`,
      handler: (request, reply) =>
        refuse(request, shape, reply) ?? accept(operation, requireObject(request.body, "The request body"), reply),
    });
  }
  const otherMethod = reactionMethod === "PUT" ? "POST" : "PUT";
  const noSuchRoute = { message: `Cannot ${otherMethod} /api/reaction`, error: "Not Found", statusCode: 404 };
  app.route({ method: otherMethod, url: "/api/reaction", handler: (_request, reply) => reply.status(404).send(noSuchRoute) });
  for (const operation of chatOperations) {
    app.post(`/api/${operation}`, (request, reply) => refuse(request, chatBody, reply) ?? reply.status(201).send({ result: true }));
  }
}
