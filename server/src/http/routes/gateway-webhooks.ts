// Owns: what the webhooks of gateways do differently: the channel by its token, each gateway's own proof. Refuses to know: tenants, databases, the way
// through HTTP.
// What these answers mean to a gateway: Evolution never retries 400, 401, 403, 404 and 422. So only a call that proves nothing is refused with one of
// them; an unknown token, a body of another instance or a database that is gone loses nothing.
import type { FastifyInstance } from "fastify";
import type { GatewayProof } from "../../businesses/channel-directory.ts";
import { Fault } from "../../kernel/faults.ts";
import { cleanString } from "../../kernel/storable-json.ts";
import {
  type GatewayCall,
  hasWahaSignature,
  verifyBridgeCall,
  verifyEvolutionCall,
  verifyWahaCall,
} from "../../whatsapp/gateways/gateway-auth.ts";
import { openGatewayWebhook } from "../../whatsapp/gateways/parse-gateway-webhook.ts";
import type { OpenedWebhook } from "../../whatsapp/opened-webhook.ts";
import { type Gateway, GATEWAYS } from "../../whatsapp/providers.ts";
import { type RawWebhook, registerRawWebhook, type RawWebhookDeps } from "./raw-webhook.ts";

export interface GatewayWebhookDeps extends RawWebhookDeps {
  /** Undefined when no channel of this gateway has the token. */
  readonly findChannel: (gateway: Gateway, token: string) => Promise<GatewayProof | undefined>;
  readonly now: () => Date;
}

interface GatewayRules {
  /** What the headers alone can prove: asked before the body is read. */
  readonly verifyHeaders: (call: GatewayCall) => boolean;
  /** For a gateway that signs the bytes of its bodies. */
  readonly verifyBody?: (call: GatewayCall, rawBody: Buffer) => boolean;
  /** What to look at when a call was refused. */
  readonly proof: string;
}

const RULES: Readonly<Record<Gateway, GatewayRules>> = {
  evolution: {
    // Its global webhook can send no header of ours; without a secret the token of the address is all there is.
    verifyHeaders: (call) => call.secrets.length === 0 || verifyEvolutionCall(call),
    proof: 'the webhook header "apikey" (or "jwt_key") of the instance',
  },
  waha: {
    verifyHeaders: hasWahaSignature,
    verifyBody: verifyWahaCall,
    proof: "the webhook's hmac key of the session",
  },
  baileys: {
    verifyHeaders: verifyBridgeCall,
    proof: "the secret that createBaileysBridge was given",
  },
};

/** With media as base64 in the webhook a video may come along. */
const BODY_LIMIT = 32 * 1024 * 1024;
const UNKNOWN_RETRY_S = 60;

interface Address {
  readonly token: string;
}

export function registerGatewayWebhooks(app: FastifyInstance, deps: GatewayWebhookDeps): void {
  for (const gateway of GATEWAYS) registerRawWebhook(app, webhookOf(gateway, deps), deps);
}

function webhookOf(gateway: Gateway, deps: GatewayWebhookDeps): RawWebhook<Address> {
  const { verifyHeaders, verifyBody, proof } = RULES[gateway];
  const path = `/webhooks/${gateway}/:token`;
  const unproven = (): Fault => {
    const sentence = `The call does not prove that it knows the secret of this channel. Nothing was stored; check ${proof}.`;
    return new Fault("signature_invalid", sentence);
  };
  return {
    // Evolution's "webhook by events" appends the event to the address.
    paths: [path, `${path}/:event`],
    bodyLimit: BODY_LIMIT,
    unproven,
    beforeBody: async (request) => {
      const channelKey = request.params.token;
      const { secrets, instance } = await requireChannel(deps, gateway, channelKey);
      const call: GatewayCall = { headers: request.headers, secrets, now: deps.now() };
      if (!verifyHeaders(call)) throw unproven();
      request.webhookCall = {
        source: { provider: gateway, channelKey },
        isProven: verifyBody && ((rawBody) => verifyBody(call, rawBody)),
        open: (rawBody) => ofInstance(openGatewayWebhook(gateway, rawBody, { channelKey, receivedAt: deps.now() }), instance),
      };
    },
  };
}

async function requireChannel({ findChannel }: GatewayWebhookDeps, gateway: Gateway, token: string): Promise<GatewayProof> {
  const channel = await findChannel(gateway, token);
  if (channel !== undefined) return channel;
  const sentence = `No ${gateway} channel has this address. Nothing was stored; connect the channel, or correct the webhook address of the gateway. It may deliver again.`;
  throw new Fault("unavailable", sentence, { retryAfterSeconds: UNKNOWN_RETRY_S });
}

/** A body that names another instance than the channel's is kept as one that cannot be read. */
function ofInstance(opened: OpenedWebhook, expected: string | undefined): OpenedWebhook {
  if (opened.outcome !== "events" || expected === undefined) return opened;
  const { instance } = opened;
  if (instance === undefined || instance === expected) return opened;
  const from = cleanString(instance).slice(0, 80);
  return { outcome: "malformed", reason: `The webhook comes from "${from}", but this channel belongs to "${expected}".` };
}
