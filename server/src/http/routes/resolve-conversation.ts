// Owns: the route that answers the one conversation of a person or a lead, and what each refusal is called. Refuses to know: who is who.
import { z } from "zod";
import { conversationSchema } from "../../conversations/conversation-view.ts";
import type { ConversationReader } from "../../conversations/read-conversations.ts";
import type { ResolveConversation, ResolveOutcome } from "../../conversations/resolve-conversation.ts";
import { Fault } from "../../kernel/faults.ts";

import { readWrittenPhone } from "../../kernel/written-phone.ts";
import { notFound, type ApiApp } from "../api-app.ts";
import { problemAnswers } from "../api-schemas.ts";
import { callerOf } from "../authenticate.ts";

export interface ResolveConversationRouteDeps {
  readonly conversations: ConversationReader;
  readonly resolveConversation: ResolveConversation;
}

const phone = z
  .string()
  .max(200)
  .transform((written, context) => {
    const read = readWrittenPhone(written);
    if (read.outcome === "read") return read.digits;
    context.issues.push({ code: "custom", message: read.reason, input: written });
    return z.NEVER;
  });

const resolveBody = z
  .object({
    phone: phone.optional().meta({ description: "International, in any spelling. A known other spelling of the same number is found." }),
    userId: z
      .string()
      .regex(/^[A-Z]{2}\.[A-Za-z0-9.]{1,128}$/, "It must be a business-scoped user id, such as US.7Q2m9XkLp4.")
      .optional()
      .meta({ description: "The business-scoped user id (BSUID)." }),
    lid: z
      .string()
      .regex(/^\d{5,30}(@lid)?$/, "It must be a LID: digits, with or without @lid.")
      .transform((text) => text.replace("@lid", ""))
      .optional(),
    leadId: z
      .string()
      .trim()
      .min(1)
      .max(200)
      .optional()
      .meta({ description: "The lead of your CRM. Linked when the conversation has none." }),
    name: z.string().trim().min(1).max(200).optional().meta({ description: "What you call the lead." }),
  })
  .refine(({ phone, userId, lid, leadId }) => [phone, userId, lid, leadId].some((given) => given !== undefined), {
    message: "Give at least one of phone, userId, lid and leadId.",
  })
  .meta({ id: "ResolveConversation" });

const resolvedConversationSchema = conversationSchema
  .extend({ isNew: z.boolean().describe("True for exactly one of all who ask at once.") })
  .meta({ id: "ResolvedConversation" });

export function registerResolveConversation(api: ApiApp, { conversations, resolveConversation }: ResolveConversationRouteDeps): void {
  const schema = {
    operationId: "resolveConversation",
    summary: "Get the one conversation of a person or a lead; started when there is none, merged when there are several",
    body: resolveBody,
    response: { 200: resolvedConversationSchema, ...problemAnswers },
  };
  api.post("/conversations/resolve", { schema }, async (request) => {
    const { businessId } = callerOf(request);
    const { name, ...identity } = request.body;
    const { conversationId, isNew } = resolvedOrThrow(await resolveConversation({ businessId, identity, leadName: name }));
    const conversation = await conversations.find(businessId, conversationId);
    if (conversation === undefined) throw notFound("conversation");
    return { ...conversation, isNew };
  });
}

function resolvedOrThrow(result: ResolveOutcome): { readonly conversationId: string; readonly isNew: boolean } {
  switch (result.outcome) {
    case "resolved":
      return { conversationId: result.conversationId, isNew: result.isNew };
    case "lead_conflict":
      throw new Fault(
        "lead_conflict",
        `Conversation ${result.conversationId} belongs to the lead ${result.leadId} already. Nothing was changed: a lead is never replaced.`,
      );
    case "identity_conflict":
      throw new Fault(
        "identity_conflict",
        "These identifiers lead to conversations that WhatsApp knows as different people. Nothing was changed. Ask for one of them alone.",
      );
  }
}
