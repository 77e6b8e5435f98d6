// Owns: the way of a gateway's webhook through HTTP: channel by its token, the gateway's own proof, then the intake; 200 only after everything is
// durable. Refuses to know: tenants, databases.
// What these answers mean to a gateway: Evolution never retries 400, 401, 403, 404 and 422. So only a call that proves nothing is refused with one of
// them; an unknown token, a body of another instance or a database that is gone loses nothing.
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { WebhookIntake } from "../../ingest/webhook-intake.ts";
import { Fault } from "../../kernel/faults.ts";
import type { WebhookEvent } from "../../whatsapp/events.ts";
import {
  type GatewayCall,
  hasWahaSignature,
  verifyBridgeCall,
  verifyEvolutionCall,
  verifyWahaCall,
} from "../../whatsapp/gateways/gateway-auth.ts";
import type { GatewayDelivery } from "../../whatsapp/gateways/gateway-item.ts";
import { type Gateway, GATEWAYS, openGatewayWebhook } from "../../whatsapp/gateways/parse-gateway-webhook.ts";
import { readInTurns } from "../../whatsapp/opened-webhook.ts";
import { cleanString } from "../../kernel/storable-json.ts";
import { countAnswers } from "../count-answers.ts";
import type { Metrics } from "../metrics.ts";

export interface GatewayChannel {
  /** What proves a caller; one, or two while a secret is being replaced. None: only an Evolution channel can work so (its token is then the proof). */
  readonly secrets: readonly string[];
  /** The instance (Evolution) or session (WAHA) that belongs here; absent: any. */
  readonly instance?: string;
}

export interface GatewayWebhookDeps {
  readonly intake: WebhookIntake;
  readonly metrics: Pick<Metrics, "ingested" | "requestFinished">;
  /** Undefined when no channel of this gateway has the token. */
  readonly findChannel: (gateway: Gateway, token: string) => Promise<GatewayChannel | undefined>;
  readonly now: () => Date;
}

interface GatewayRules {
  /** What the headers alone can prove: asked before the body is read. */
  readonly verifyHeaders: (call: GatewayCall) => boolean;
  /** For a gateway that signs the bytes of its bodies. */
  readonly verifyBody?: (call: GatewayCall, rawBody: Buffer) => boolean;
  readonly worksWithoutSecret: boolean;
  /** What to look at when a call was refused. */
  readonly proof: string;
}

const RULES: Readonly<Record<Gateway, GatewayRules>> = {
  evolution: {
    verifyHeaders: verifyEvolutionCall,
    // Its global webhook can send no header of ours; the token of the address is then all there is.
    worksWithoutSecret: true,
    proof: 'the webhook header "apikey" (or "jwt_key") of the instance',
  },
  waha: {
    verifyHeaders: hasWahaSignature,
    verifyBody: verifyWahaCall,
    worksWithoutSecret: false,
    proof: "the webhook's hmac key of the session",
  },
  baileys: {
    verifyHeaders: verifyBridgeCall,
    worksWithoutSecret: false,
    proof: "the secret that createBaileysBridge was given",
  },
};

/** With media as base64 in the webhook a video may come along. */
const BODY_LIMIT = 32 * 1024 * 1024;
const NO_BODY = Buffer.alloc(0);
const UNKNOWN_RETRY_S = 60;

type GatewayRequest = FastifyRequest<{ Params: { token: string } }>;

/** Belongs into a scope of its own: it replaces the body parsers. */
export function registerGatewayWebhooks(app: FastifyInstance, deps: GatewayWebhookDeps): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", { parseAs: "buffer", bodyLimit: BODY_LIMIT }, (_request, body, done) => {
    done(null, body);
  });
  countAnswers(app, deps.metrics);
  for (const gateway of GATEWAYS) {
    const path = `/webhooks/${gateway}/:token`;
    const calls = new WeakMap<FastifyRequest, ProvenCall>();
    const options = {
      bodyLimit: BODY_LIMIT,
      // Before the body is read: a stranger must not make us hold 32 MB.
      async onRequest(request: GatewayRequest): Promise<void> {
        calls.set(request, await requireProof(deps, gateway, request));
      },
    };
    const receive = async (request: GatewayRequest, reply: FastifyReply): Promise<FastifyReply> => {
      const call = calls.get(request);
      if (call === undefined) throw new Error("the caller was not looked at before the body");
      await receiveWebhook(call, request, deps);
      return reply.code(200).send();
    };
    app.post<{ Params: { token: string } }>(path, options, receive);
    // Evolution's "webhook by events" appends the event to the address.
    app.post<{ Params: { token: string } }>(`${path}/:event`, options, receive);
  }
}

/** A call whose headers prove what headers can prove. */
interface ProvenCall extends GatewayCall {
  readonly gateway: Gateway;
  readonly channel: GatewayChannel;
}

async function requireProof(deps: GatewayWebhookDeps, gateway: Gateway, { params, headers }: GatewayRequest): Promise<ProvenCall> {
  const channel = await requireChannel(deps, gateway, params.token);
  const call: ProvenCall = { gateway, channel, headers, secrets: channel.secrets, now: deps.now() };
  if (!isOpen(call) && !RULES[gateway].verifyHeaders(call)) throw unproven(gateway);
  return call;
}

function isOpen({ gateway, channel }: ProvenCall): boolean {
  return channel.secrets.length === 0 && RULES[gateway].worksWithoutSecret;
}

function unproven(gateway: Gateway): Fault {
  const sentence = `The call does not prove that it knows the secret of this channel. Nothing was stored; check ${RULES[gateway].proof}.`;
  return new Fault("signature_invalid", sentence);
}

async function requireChannel(deps: GatewayWebhookDeps, gateway: Gateway, token: string): Promise<GatewayChannel> {
  const channel = await deps.findChannel(gateway, token);
  if (channel !== undefined) return channel;
  const sentence = `No ${gateway} channel has this address. Nothing was stored; connect the channel, or correct the webhook address of the gateway. It may deliver again.`;
  throw new Fault("unavailable", sentence, { retryAfterSeconds: UNKNOWN_RETRY_S });
}

async function receiveWebhook(call: ProvenCall, request: GatewayRequest, deps: GatewayWebhookDeps): Promise<void> {
  const { gateway, channel } = call;
  const rawBody = Buffer.isBuffer(request.body) ? request.body : NO_BODY;
  const { verifyBody } = RULES[gateway];
  if (verifyBody !== undefined && !isOpen(call) && !verifyBody(call, rawBody)) throw unproven(gateway);
  const events = await eventsOf(gateway, channel, { rawBody, delivery: { channelKey: request.params.token, receivedAt: deps.now() } });
  if (events.length > 0) deps.metrics.ingested(await deps.intake.receive(events));
}

interface Delivered {
  readonly rawBody: Buffer;
  readonly delivery: GatewayDelivery;
}

async function eventsOf(gateway: Gateway, channel: GatewayChannel, { rawBody, delivery }: Delivered): Promise<readonly WebhookEvent[]> {
  const { channelKey } = delivery;
  const setAside = (reason: string): readonly WebhookEvent[] => [
    { kind: "unreadable", provider: gateway, channelKey, reason, raw: cleanString(rawBody.toString("utf8")) },
  ];
  const parsed = await readInTurns(openGatewayWebhook(gateway, rawBody, delivery));
  // It is proven, so the gateway did send it, and would lose it for good: kept for a person and a replay instead of refused.
  if (parsed.outcome !== "events") return setAside(parsed.reason);
  const { instance } = parsed;
  if (channel.instance !== undefined && instance !== undefined && instance !== channel.instance) {
    return setAside(`The webhook comes from "${cleanString(instance).slice(0, 80)}", but this channel belongs to "${channel.instance}".`);
  }
  return parsed.events;
}
