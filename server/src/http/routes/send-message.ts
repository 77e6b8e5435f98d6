// Owns: the route that takes a message to send, and what each refusal is called.
import { z } from "zod";
import { Fault } from "../../kernel/faults.ts";
import type { Json, JsonObject } from "../../kernel/json.ts";
import type { AcceptMessage, AcceptMessageOutcome } from "../../outbound/accept-message.ts";
import { messageSchema, type MessageView } from "../../conversations/message-view.ts";
import { isArray, isObject } from "../../kernel/read-json.ts";

import { notFound, requireUuid, type ApiApp } from "../api-app.ts";
import { idParams, problemAnswers } from "../api-schemas.ts";
import { callerOf } from "../authenticate.ts";

const sendHeaders = z.looseObject({
  "idempotency-key": z
    .string()
    .min(1)
    .max(255)
    .optional()
    .describe("The same key and body: one message, the same answer. At most 255 characters."),
});

const sendQuery = z.object({
  author: z
    .enum(["api", "human"])
    .default("api")
    .describe("human: a person wrote it, so the AI pauses: until it is resumed, or for the business's set time. api: a program did."),
});

/** For longer nobody knows whether the window, the template and the consent will be there. */
const LATEST_MS = 366 * 86_400_000;
export const sendAtSchema = z.iso
  .datetime({ offset: true })
  .describe("When it leaves, such as 2027-01-07T09:00:00+02:00; at most a year ahead. Window, consent and takeover are looked at then.");

export function readSendAt(written: string): Date {
  const sendAt = new Date(written);
  if (sendAt.getTime() <= Date.now() + LATEST_MS) return sendAt;
  throw new Fault("bad_request", "sendAt is more than a year ahead. Nothing was stored.");
}

const messageContentSchema = z
  .looseObject({
    type: z.string(),
    sendAt: sendAtSchema.optional(),
    context: z.object({ message_id: z.string().describe("The provider's id of the message that this one quotes.") }).optional(),
  })
  .describe(
    'The Cloud API\'s content shape: {"type":"text","text":{"body":"…"}}. In a group also {"type":"pin","pin":{"type":"pin","message_id":"wamid.…","expiration_days":7}}, and "unpin" likewise; by gateways {"type":"poll","poll":{"name":"…","options":[{"name":"…"},{"name":"…"}]}}. With \"category\":\"utility\" (and ttl_seconds, direct_send_config) a text or buttons leave by Direct Send. What the channel of the conversation does not send is refused: unsupported_on_channel (docs/sending.md has the table).',
  )
  .meta({ id: "MessageContent" });

export function registerSendMessage(api: ApiApp, deps: { readonly acceptMessage: AcceptMessage }): void {
  const schema = {
    operationId: "sendMessage",
    summary: "Send a message; 202 means that it is stored and will be sent",
    params: idParams,
    querystring: sendQuery,
    headers: sendHeaders,
    body: messageContentSchema,
    response: { 202: messageSchema, ...problemAnswers },
  };
  api.post("/conversations/:id/messages", { schema }, async (request, reply) => {
    const { sendAt, ...content } = request.body;
    const outcome = await deps.acceptMessage({
      businessId: callerOf(request).businessId,
      conversationId: requireUuid(request.params.id, "conversation"),
      author: request.query.author,
      content: jsonObjectOf(content),
      sendAt: sendAt === undefined ? undefined : readSendAt(sendAt),
      idempotencyKey: request.headers["idempotency-key"],
    });
    return reply.code(202).send(acceptedOrThrow(outcome));
  });
}

/** `what` there is none of, when nothing was found. */
export function acceptedOrThrow(outcome: AcceptMessageOutcome, what = "conversation"): MessageView {
  switch (outcome.outcome) {
    case "accepted":
      return outcome.message;
    case "not_found":
      throw notFound(what);
    case "invalid_content":
      throw new Fault("invalid_content", outcome.reason);
    case "unsupported_on_channel":
      throw new Fault("unsupported_on_channel", outcome.reason);
    case "template_refused":
      throw new Fault(outcome.code, outcome.sentence, outcome.problems.length === 0 ? {} : { errors: outcome.problems });
    case "direct_send_refused":
      throw new Fault(outcome.code, outcome.sentence);
    case "opted_out":
      throw new Fault("opted_out", "This customer asked not to be written to. Nothing was stored.");
    case "marketing_stopped":
      throw new Fault(
        "opted_out",
        "The customer stopped marketing in WhatsApp, and this template is not known to be utility or authentication. Nothing was stored; answer what they write, or send a template of another category.",
      );
    case "no_address":
      throw new Fault(
        "no_address",
        "Nobody has written in this conversation yet, so it is not known where to send to. Nothing was stored.",
      );
    case "idempotency_conflict":
      throw new Fault(
        "idempotency_conflict",
        "This Idempotency-Key was used with another conversation or body. Nothing was stored; take a new key for a new message.",
      );
    case "window_closed":
      throw new Fault("window_closed", windowClosedSentence(outcome));
  }
}

function windowClosedSentence({ closedAt, instead }: Extract<AcceptMessageOutcome, { readonly outcome: "window_closed" }>): string {
  const since = closedAt === null ? "The customer has not written yet" : `The customer's 24 hours ended at ${closedAt.toISOString()}`;
  return `${since}. ${instead ?? "Only a template may be sent until the customer writes again."} Nothing was stored.`;
}

/** The body came out of JSON.parse; this says so to the compiler, by looking. */
export function jsonObjectOf(value: Readonly<Record<string, unknown>>): JsonObject {
  return Object.fromEntries(Object.entries(value).flatMap(([key, part]) => (isJson(part) ? [[key, part]] : [])));
}

function isJson(value: unknown): value is Json {
  if (value === null || isArray(value) || isObject(value)) return true;
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean";
}
