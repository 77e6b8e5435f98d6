// Owns: what the webhook of the Cloud API does differently: Meta's handshake and signature. Refuses to know: tenants, databases, the way through HTTP.
import { createHash, timingSafeEqual } from "node:crypto";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { Fault } from "../../kernel/faults.ts";
import { isObject } from "../../kernel/read-json.ts";
import { openCloudWebhook } from "../../whatsapp/parse-webhook.ts";
import { looksSigned, verifySignature } from "../../whatsapp/signature.ts";
import { type RawWebhook, registerRawWebhook, type RawWebhookDeps } from "./raw-webhook.ts";

export interface WhatsAppWebhookDeps extends RawWebhookDeps {
  /** One, or two while a secret is being replaced. */
  readonly appSecrets: readonly string[];
  readonly verifyToken: string;
}

/** What Meta sends at most. */
const BODY_LIMIT = 3 * 1024 * 1024;
const SOURCE = { provider: "cloud" } as const;

export function registerWhatsAppWebhook(app: FastifyInstance, deps: WhatsAppWebhookDeps): void {
  const { appSecrets: secrets, verifyToken } = deps;
  const webhook: RawWebhook = {
    paths: ["/webhooks/whatsapp"],
    bodyLimit: BODY_LIMIT,
    beforeBody: (request, _reply, done) => {
      const header = request.headers["x-hub-signature-256"];
      if (typeof header !== "string" || !looksSigned(header)) {
        done(notSigned());
        return;
      }
      request.webhookCall = {
        source: SOURCE,
        isProven: (rawBody) => verifySignature({ rawBody, header, secrets }),
        open: openCloudWebhook,
      };
      done();
    },
    unproven: notSigned,
    handshake: (request, reply) => answerHandshake(request, reply, verifyToken),
  };
  registerRawWebhook(app, webhook, deps);
}

function notSigned(): Fault {
  return new Fault(
    "signature_invalid",
    "The header X-Hub-Signature-256 does not sign this body with the app's secret. Nothing was stored; check the app secret of Onethread.",
  );
}

function answerHandshake(request: FastifyRequest, reply: FastifyReply, verifyToken: string): FastifyReply {
  const query = isObject(request.query) ? request.query : {};
  const token = query["hub.verify_token"];
  const challenge = query["hub.challenge"];
  const isOurs = query["hub.mode"] === "subscribe" && typeof token === "string" && isSame(token, verifyToken);
  if (!isOurs || typeof challenge !== "string") {
    throw new Fault(
      "verify_token_invalid",
      "Enter the verify token of Onethread (ONETHREAD_VERIFY_TOKEN) in the webhook settings of the Meta app.",
    );
  }
  return reply.type("text/plain; charset=utf-8").header("x-content-type-options", "nosniff").send(challenge);
}

/** Takes the same time wherever they differ, and whatever their length. */
function isSame(given: string, expected: string): boolean {
  const digest = (text: string): Buffer => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(given), digest(expected));
}
