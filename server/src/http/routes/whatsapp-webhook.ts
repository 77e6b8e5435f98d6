// Owns: the way of a Cloud API webhook through HTTP: handshake, raw bytes, signature, then the intake; 200 only after everything is durable.
// The hot path: no schema, no hook but the one that counts, no rate limit, no extra header. Refuses to know: tenants, databases.
import { createHash, timingSafeEqual } from "node:crypto";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { WebhookIntake } from "../../ingest/webhook-intake.ts";
import { Fault } from "../../kernel/faults.ts";
import { isObject } from "../../kernel/read-json.ts";
import { openCloudWebhook } from "../../whatsapp/parse-webhook.ts";
import type { WebhookEvent } from "../../whatsapp/events.ts";
import { readInTurns } from "../../whatsapp/opened-webhook.ts";
import { looksSigned, verifySignature } from "../../whatsapp/signature.ts";
import { cleanString } from "../../kernel/storable-json.ts";
import { countAnswers } from "../count-answers.ts";
import type { Metrics } from "../metrics.ts";

export interface WhatsAppWebhookDeps {
  readonly intake: WebhookIntake;
  readonly metrics: Metrics;
  /** One, or two while a secret is being replaced. */
  readonly appSecrets: readonly string[];
  readonly verifyToken: string;
}

const PATH = "/webhooks/whatsapp";
/** What Meta sends at most. */
const BODY_LIMIT = 3 * 1024 * 1024;
const NO_BODY = Buffer.alloc(0);

/** Belongs into a scope of its own: it replaces the body parsers. */
export function registerWhatsAppWebhook(app: FastifyInstance, deps: WhatsAppWebhookDeps): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", { parseAs: "buffer", bodyLimit: BODY_LIMIT }, (_request, body, done) => {
    done(null, body);
  });
  countAnswers(app, deps.metrics);
  app.get(PATH, (request, reply) => answerHandshake(request, reply, deps.verifyToken));
  // Before the body is read: who shows no signature must not make us hold and hash 3 MB.
  const onRequest = (request: FastifyRequest, _reply: FastifyReply, done: (error?: Error) => void): void => {
    done(looksSigned(headerOf(request)) ? undefined : notSigned());
  };
  app.post(PATH, { bodyLimit: BODY_LIMIT, onRequest }, (request, reply) => receiveWebhook(request, reply, deps));
}

function headerOf({ headers }: FastifyRequest): string | undefined {
  const header = headers["x-hub-signature-256"];
  return typeof header === "string" ? header : undefined;
}

function notSigned(): Fault {
  return new Fault(
    "signature_invalid",
    "The header X-Hub-Signature-256 does not sign this body with the app's secret. Nothing was stored; check the app secret of Onethread.",
  );
}

async function receiveWebhook(request: FastifyRequest, reply: FastifyReply, deps: WhatsAppWebhookDeps): Promise<FastifyReply> {
  const rawBody = Buffer.isBuffer(request.body) ? request.body : NO_BODY;
  if (!verifySignature({ rawBody, header: headerOf(request), secrets: deps.appSecrets })) throw notSigned();
  const events = await eventsOf(rawBody);
  if (events.length > 0) deps.metrics.ingested(await deps.intake.receive(events));
  return reply.code(200).send();
}

async function eventsOf(rawBody: Buffer): Promise<readonly WebhookEvent[]> {
  const parsed = await readInTurns(openCloudWebhook(rawBody));
  if (parsed.outcome === "events") return parsed.events;
  // It is signed, so Meta did send it, and would send the same for days: kept for a person and a replay instead of refused.
  return [{ kind: "unreadable", provider: "cloud", reason: parsed.reason, raw: cleanString(rawBody.toString("utf8")) }];
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
