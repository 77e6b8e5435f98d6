// Owns: the routes for messages that have not simply gone out: listing, cancelling, settling, sending again.
import { z } from "zod";
import { messageSchema, type MessageView } from "../../conversations/message-view.ts";
import { Fault, type FaultCode } from "../../kernel/faults.ts";
import type { BusinessId } from "../../kernel/ids.ts";
import { uuid } from "../../kernel/shapes.ts";
import { OPEN_STATUSES, type SettleMessages, type SettleOutcome } from "../../outbound/settle-messages.ts";
import { notFound, requireUuid, type ApiApp } from "../api-app.ts";
import { idParams, problemAnswers } from "../api-schemas.ts";
import { callerOf } from "../authenticate.ts";
import { acceptedOrThrow, jsonObjectOf, readSendAt, sendAtSchema } from "./send-message.ts";

export interface SettleMessagesRoutesDeps {
  readonly settleMessages: SettleMessages;
}

const openQuery = z.object({
  status: z
    .enum(OPEN_STATUSES)
    .describe(
      "scheduled: it leaves later. queued: it waits. sending: its request is under way. unknown: nobody knows whether it was sent.",
    ),
  conversationId: uuid.optional().describe("Only those of this conversation."),
});
const editBody = z
  .object({
    sendAt: sendAtSchema.optional(),
    content: z.looseObject({ type: z.string() }).optional().describe("What it says instead, as in a message that is sent; no template."),
  })
  .refine(({ sendAt, content }) => sendAt !== undefined || content !== undefined, "needs sendAt or content");
const openSchema = z.object({ data: z.array(messageSchema).readonly() }).meta({ id: "OpenMessages" });
const settleBody = z.object({
  as: z.enum(["accepted", "failed"]).describe("What a person found out, on the phone or from the customer."),
  resend: z.boolean().default(false).describe("With failed: send the content again, as a new message. The customer may have both."),
});
const settledSchema = z.object({ message: messageSchema, resent: messageSchema.nullable() }).meta({ id: "SettledMessage" });

export function registerSettleMessages(api: ApiApp, { settleMessages }: SettleMessagesRoutesDeps): void {
  const list = {
    operationId: "listOpenMessages",
    summary: "List the messages that wait, are being sent, or may have been sent; the oldest first, at most 100",
    querystring: openQuery,
    response: { 200: openSchema, ...problemAnswers },
  };
  api.get("/messages", { schema: list }, async (request) => {
    const { status, conversationId } = request.query;
    const conversation = conversationId === undefined ? undefined : requireUuid(conversationId, "conversation");
    return { data: await settleMessages.listOpen(callerOf(request).businessId, status, conversation) };
  });

  const cancel = {
    operationId: "cancelMessage",
    summary: "Cancel a message that is scheduled or waits to be sent",
    params: idParams,
    response: { 200: messageSchema, ...problemAnswers },
  };
  api.post("/messages/:id/cancel", { schema: cancel }, async (request) => {
    const outcome = await settleMessages.cancel(callerOf(request).businessId, requireUuid(request.params.id, "message"));
    return doneOrThrow(
      outcome,
      "message_not_queued",
      (status) => `The message is ${status}: only a scheduled or queued one can be cancelled. Nothing was changed.`,
    );
  });

  const reschedule = {
    operationId: "rescheduleMessage",
    summary: "Change when a scheduled message leaves (a time that has passed means now), or what it says",
    params: idParams,
    body: editBody,
    response: { 200: messageSchema, ...problemAnswers },
  };
  api.patch("/messages/:id", { schema: reschedule }, async (request) => {
    const id = requireUuid(request.params.id, "message");
    const { sendAt, content } = request.body;
    const outcome = await settleMessages.edit(callerOf(request).businessId, id, {
      sendAt: sendAt === undefined ? undefined : readSendAt(sendAt),
      content: content === undefined ? undefined : jsonObjectOf(content),
    });
    if (outcome.outcome !== "done" && outcome.outcome !== "other_status") return acceptedOrThrow(outcome, "message");
    return doneOrThrow(outcome, "message_not_scheduled", (status) => `The message is ${status}: it is not scheduled. Nothing was changed.`);
  });

  const settle = {
    operationId: "settleMessage",
    summary: "Say what became of a message of which nobody knows whether it was sent",
    params: idParams,
    body: settleBody,
    response: { 200: settledSchema, ...problemAnswers },
  };
  api.post("/messages/:id/settle", { schema: settle }, async (request) => {
    const { businessId } = callerOf(request);
    const { as, resend } = request.body;
    if (resend && as === "accepted") throw new Fault("bad_request", "A message that was accepted is not sent again. Nothing was changed.");
    const outcome = await settleMessages.settle(businessId, requireUuid(request.params.id, "message"), as);
    const message = doneOrThrow(
      outcome,
      "message_not_unknown",
      (status) => `The message is ${status}: its outcome is known. Nothing was changed.`,
    );
    return { message, resent: resend ? await resendSettled(businessId, message.id) : null };
  });

  const again = {
    operationId: "retryMessage",
    summary: "Send the content of a failed or cancelled message as a new message; asked twice, it is one",
    params: idParams,
    response: { 202: messageSchema, ...problemAnswers },
  };
  api.post("/messages/:id/retry", { schema: again }, async (request, reply) => {
    const message = await retry(callerOf(request).businessId, requireUuid(request.params.id, "message"));
    return reply.code(202).send(message);
  });

  /** The settlement stays, also where the message may not be sent again. */
  async function resendSettled(businessId: BusinessId, messageId: string): Promise<MessageView> {
    try {
      return await retry(businessId, messageId);
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      throw new Fault(error.code, `The message counts as failed now, and was not sent again. ${error.message}`, { cause: error });
    }
  }

  async function retry(businessId: BusinessId, messageId: string): Promise<MessageView> {
    const outcome = await settleMessages.retry(businessId, messageId);
    if (outcome.outcome !== "other_status") return acceptedOrThrow(outcome, "message");
    throw new Fault(
      "message_not_failed",
      `The message is ${outcome.status}: only a failed or cancelled one can be sent again. Nothing was sent.`,
    );
  }
}

function doneOrThrow(outcome: SettleOutcome, code: FaultCode, sentence: (status: string) => string): MessageView {
  switch (outcome.outcome) {
    case "done":
      return outcome.message;
    case "not_found":
      throw notFound("message");
    case "other_status":
      throw new Fault(code, sentence(outcome.status));
  }
}
