// Owns: the way of every provider's webhook through HTTP: proof by the headers, raw bytes, proof over the bytes, parsing in turns, the intake; 200 only
// after everything is durable. The hot path: no schema, no hook but the one that counts, no rate limit, no extra header. Refuses to know: the providers.
import type { FastifyInstance, FastifyReply, FastifyRequest, HookHandlerDoneFunction } from "fastify";
import type { WebhookIntake } from "../../ingest/webhook-intake.ts";
import type { Fault } from "../../kernel/faults.ts";
import { cleanString } from "../../kernel/storable-json.ts";
import type { UnreadableEvent } from "../../whatsapp/events.ts";
import { type OpenedWebhook, readInTurns } from "../../whatsapp/opened-webhook.ts";
import { countAnswers } from "../count-answers.ts";
import type { Metrics } from "../metrics.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** Of a webhook, once its headers are checked. */
    webhookCall?: WebhookCall;
  }
}

export interface RawWebhookDeps {
  readonly intake: Pick<WebhookIntake, "receive">;
  readonly metrics: Pick<Metrics, "ingested" | "requestFinished">;
}

/** A call whose headers prove what headers can prove. */
export interface WebhookCall {
  /** Whose bytes they are, when they cannot be read. */
  readonly source: Pick<UnreadableEvent, "provider" | "channelKey">;
  /** The proof over the exact bytes; absent where the headers were all there is to prove. */
  readonly isProven?: ((rawBody: Buffer) => boolean) | undefined;
  /** Parses the bytes, once. Never throws. */
  readonly open: (rawBody: Buffer) => OpenedWebhook;
}

/** What the webhooks of one provider do differently. */
export interface RawWebhook<Params = unknown> {
  readonly paths: readonly string[];
  readonly bodyLimit: number;
  /**
   * Fastify's own hook, before the body is read: a stranger must not make us hold and hash `bodyLimit` bytes. It sets `webhookCall` or refuses with
   * `unproven`; it answers through `done`, without a promise, or is async and takes no `done`.
   */
  readonly beforeBody: (
    request: FastifyRequest<{ Params: Params }>,
    reply: FastifyReply,
    done: HookHandlerDoneFunction,
  ) => void | Promise<void>;
  readonly unproven: () => Fault;
  /** What a GET of the same address is answered. */
  readonly handshake?: (request: FastifyRequest, reply: FastifyReply) => FastifyReply;
}

const NO_BODY = Buffer.alloc(0);

/** In a scope of its own, whose bodies stay bytes and whose answers are counted, whatever their status. */
export function registerRawWebhook<Params>(app: FastifyInstance, webhook: RawWebhook<Params>, deps: RawWebhookDeps): void {
  const { paths, bodyLimit, beforeBody, handshake } = webhook;
  app.register((scope, _options, done) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser("*", { parseAs: "buffer", bodyLimit }, (_request, body, parsed) => {
      parsed(null, body);
    });
    scope.decorateRequest("webhookCall");
    countAnswers(scope, deps.metrics);
    const receive = receiverOf(webhook, deps);
    for (const path of paths) {
      scope.post<{ Params: Params }>(path, { bodyLimit, onRequest: beforeBody }, receive);
      if (handshake !== undefined) scope.get(path, handshake);
    }
    done();
  });
}

type Receiver = (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply>;

function receiverOf({ unproven }: Pick<RawWebhook, "unproven">, { intake, metrics }: RawWebhookDeps): Receiver {
  return async ({ webhookCall: call, body }, reply) => {
    if (call === undefined) throw new Error("the headers were not checked before the body");
    const rawBody = Buffer.isBuffer(body) ? body : NO_BODY;
    if (call.isProven?.(rawBody) === false) throw unproven();
    const parsed = await readInTurns(call.open(rawBody));
    // It is proven, so the provider did send it, and would send the same for days or lose it: kept for a person and a replay instead of refused.
    const events = parsed.outcome === "events" ? parsed.events : [unreadable(call, parsed.reason, rawBody)];
    if (events.length > 0) metrics.ingested(await intake.receive(events));
    return reply.code(200).send();
  };
}

function unreadable({ source }: WebhookCall, reason: string, rawBody: Buffer): UnreadableEvent {
  return { kind: "unreadable", ...source, reason, raw: cleanString(rawBody.toString("utf8")) };
}
