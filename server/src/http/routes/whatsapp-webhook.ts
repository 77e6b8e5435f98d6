// Owns: what the webhook of the Cloud API has of its own: Meta's handshake and signature. Refuses to know: tenants, databases, the way through HTTP.
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

export function registerWhatsAppWebhook(app: FastifyInstance, deps: WhatsAppWebhookDeps): void {
  const { appSecrets: secrets, verifyToken } = deps;
  const rules: RawWebhook = {
    paths: ["/webhooks/whatsapp"],
    bodyLimit: BODY_LIMIT,
    beforeBody: (request, _reply, done) => {
      done(looksSigned(headerOf(request)) ? undefined : notSigned());
    },
    isProven: (rawBody, request) => verifySignature({ rawBody, header: headerOf(request), secrets }),
    unproven: notSigned,
    open: (rawBody) => openCloudWebhook(rawBody),
    sourceOf: () => ({ provider: "cloud" }),
    handshake: (request, reply) => answerHandshake(request, reply, verifyToken),
  };
  registerRawWebhook(app, rules, deps);
}

function headerOf({ headers }: Pick<FastifyRequest, "headers">): string | undefined {
  const header = headers["x-hub-signature-256"];
  return typeof header === "string" ? header : undefined;
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
