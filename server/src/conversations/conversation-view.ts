// Owns: a conversation as the API shows it: JSON, instants as ISO 8601 text. Refuses to know: HTTP, SQL.
import { z } from "zod";
import type { Row } from "../db/query.ts";
import { direction, instant, isoOf, jsonObject, uuid } from "../kernel/shapes.ts";
import { THREAD_ACTIONS } from "../whatsapp/graph-thread-control.ts";
import type { findConversation } from "./conversation-reads.queries.ts";
import { displayNameOf } from "./display-name.ts";
import { messageType } from "./message-view.ts";
import { turnState } from "./turn-view.ts";

export const conversationSchema = z
  .object({
    id: uuid,
    canonicalKey: z.string(),
    displayName: z
      .string()
      .nullable()
      .describe(
        "What to call the customer: the lead's name, the business's own in its address book, the one that they gave themselves, the formatted number. Null when only a raw id is known.",
      ),
    contactName: z.string().nullable(),
    phone: z.string().nullable().describe("Digits, without a plus."),
    userId: z.string().nullable().describe("The business-scoped user id (BSUID)."),
    leadId: z.string().nullable(),
    isOpen: z.boolean(),
    aiPaused: z
      .object({
        at: instant,
        reason: z.string(),
        until: instant.nullable().describe("When the AI resumes automatically; null: only when it is resumed."),
      })
      .nullable()
      .describe("Set while a person answers instead of the AI."),
    threadOwner: z
      .object({
        owner: z.enum(["us", "other", "nobody"]).describe("nobody: the next message of the customer decides."),
        role: z.string().nullable().describe("Of the new owner, in WhatsApp's word, as far as it was told."),
        toldBy: z.string().describe("What said so last: standby, handover, refusal, or what we asked for: pass, release, take."),
        at: instant,
        context: jsonObject
          .nullable()
          .describe("What the app that had the thread before says of the conversation (WhatsApp's conversation_context, and its `note`)."),
      })
      .nullable()
      .describe("Who may answer, where several apps answer on one number. Null: nothing ever said that it is not us."),
    threadRequest: z
      .object({ action: z.enum(THREAD_ACTIONS), role: z.string().nullable(), at: instant })
      .nullable()
      .describe("WhatsApp was asked to pass, release or take the thread, and nobody knows whether it did: what comes next shows it."),
    optedOutAt: instant.nullable().describe("The customer asked not to be written to: nothing is sent unasked."),
    optOutForbids: z
      .boolean()
      .describe("The opt-out forbids even an answer: the customer has not written since, or the business does not answer then."),
    marketingStoppedAt: instant
      .nullable()
      .describe("The customer stopped marketing in WhatsApp: no template is sent that may be marketing."),
    channelId: uuid.nullable().describe("The channel through which the next message goes out."),
    lastMessageAt: instant,
    lastCustomerMessageAt: instant.nullable(),
    windowClosesAt: instant
      .nullable()
      .describe("Until then anything may be sent; afterwards templates only. Null without a window, or before the first message."),
    hasWindow: z.boolean().describe("False on gateways (Evolution, WAHA, Baileys): anything may be sent at any time."),
    lastMessage: z.object({ text: z.string().nullable(), direction, type: messageType, sentAt: instant }).nullable(),
    lastTurn: z
      .object({ id: uuid, state: turnState, reason: z.string().nullable(), finishedAt: instant })
      .nullable()
      .describe("How the customer's newest burst ended."),
    createdAt: instant,
  })
  .meta({ id: "Conversation" });

export type ConversationView = Readonly<z.output<typeof conversationSchema>>;

export function conversationViewOf(row: Row<typeof findConversation>): ConversationView {
  return {
    id: row.id,
    canonicalKey: row.canonical_key,
    displayName:
      displayNameOf({
        leadName: row.lead_name,
        contactName: row.book_name,
        pushName: row.contact_name,
        phone: row.phone,
        username: row.contact_username,
      }) ?? null,
    contactName: row.contact_name,
    phone: row.phone,
    userId: row.user_id,
    leadId: row.lead_id,
    isOpen: row.is_open,
    aiPaused:
      row.ai_paused_at === null
        ? null
        : { at: row.ai_paused_at.toISOString(), reason: row.ai_paused_reason ?? "", until: isoOf(row.ai_paused_until) },
    threadOwner: ownerOf(row),
    threadRequest: requestOf(row),
    optedOutAt: isoOf(row.opted_out_at),
    optOutForbids: row.opt_out_forbids,
    marketingStoppedAt: isoOf(row.marketing_stopped_at),
    channelId: row.channel_id,
    lastMessageAt: row.last_message_at.toISOString(),
    lastCustomerMessageAt: isoOf(row.last_customer_message_at),
    windowClosesAt: isoOf(row.window_closes_at),
    hasWindow: row.has_window,
    lastMessage: lastMessageOf(row),
    lastTurn: lastTurnOf(row),
    createdAt: row.created_at.toISOString(),
  };
}

const OWNERS = ["us", "other", "nobody"] as const;

function ownerOf(row: Row<typeof findConversation>): ConversationView["threadOwner"] {
  const owner = OWNERS.find((one) => one === row.owner);
  if (owner === undefined || row.owner_at === null) return null;
  return { owner, role: row.owner_role, toldBy: row.owner_told_by ?? "", at: row.owner_at.toISOString(), context: row.owner_context };
}

function requestOf(row: Row<typeof findConversation>): ConversationView["threadRequest"] {
  const action = THREAD_ACTIONS.find((one) => one === row.request_action);
  return action === undefined || row.request_at === null ? null : { action, role: row.request_role, at: row.request_at.toISOString() };
}

function lastMessageOf(row: Row<typeof findConversation>): ConversationView["lastMessage"] {
  if (row.last_type === null || row.last_sent_at === null) return null;
  return {
    text: row.last_text,
    direction: row.last_direction === "in" ? "in" : "out",
    type: row.last_type,
    sentAt: row.last_sent_at.toISOString(),
  };
}

function lastTurnOf(row: Row<typeof findConversation>): ConversationView["lastTurn"] {
  if (row.turn_id === null || row.turn_state === null || row.turn_finished_at === null) return null;
  return { id: row.turn_id, state: row.turn_state, reason: row.turn_reason, finishedAt: row.turn_finished_at.toISOString() };
}
