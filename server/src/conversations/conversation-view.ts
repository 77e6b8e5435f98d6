// Owns: a conversation as the API shows it: JSON, instants as ISO 8601 text. Refuses to know: HTTP, SQL.
import type { RowOf } from "../db/query.ts";
import type { findConversation } from "./conversation-reads.queries.ts";
import { displayNameOf } from "./display-name.ts";

export interface ConversationView {
  readonly id: string;
  readonly canonicalKey: string;
  /** By one rule (display-name.ts); null when nothing but a raw identifier is known. */
  readonly displayName: string | null;
  readonly contactName: string | null;
  readonly phone: string | null;
  readonly userId: string | null;
  readonly leadId: string | null;
  readonly isOpen: boolean;
  /** `until`: when the AI answers again by itself; null where the business has set no time. */
  readonly aiPaused: { readonly at: string; readonly reason: string; readonly until: string | null } | null;
  readonly optedOutAt: string | null;
  readonly marketingStoppedAt: string | null;
  readonly channelId: string | null;
  readonly lastMessageAt: string;
  readonly lastCustomerMessageAt: string | null;
  /** Null: the customer has not written yet, or the channel has no window. */
  readonly windowClosesAt: string | null;
  /** False on gateways: anything may be sent at any time. */
  readonly hasWindow: boolean;
  readonly lastMessage: LastMessageView | null;
  readonly lastTurn: LastTurnView | null;
  readonly createdAt: string;
}

export interface LastMessageView {
  readonly text: string | null;
  readonly direction: "in" | "out";
  readonly type: string;
  readonly sentAt: string;
}

/** How the newest burst ended. */
export interface LastTurnView {
  readonly id: string;
  readonly state: string;
  readonly reason: string | null;
  readonly finishedAt: string;
}

export function isoOf(instant: Date | null): string | null {
  return instant?.toISOString() ?? null;
}

export function conversationViewOf(row: RowOf<typeof findConversation.columns>): ConversationView {
  return {
    id: row.id,
    canonicalKey: row.canonical_key,
    displayName:
      displayNameOf({ leadName: row.lead_name, contactName: row.contact_name, phone: row.phone, username: row.contact_username }) ?? null,
    contactName: row.contact_name,
    phone: row.phone,
    userId: row.user_id,
    leadId: row.lead_id,
    isOpen: row.is_open,
    aiPaused:
      row.ai_paused_at === null
        ? null
        : { at: row.ai_paused_at.toISOString(), reason: row.ai_paused_reason ?? "", until: isoOf(row.ai_paused_until) },
    optedOutAt: isoOf(row.opted_out_at),
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

function lastMessageOf(row: RowOf<typeof findConversation.columns>): LastMessageView | null {
  if (row.last_type === null || row.last_sent_at === null) return null;
  return {
    text: row.last_text,
    direction: row.last_direction === "in" ? "in" : "out",
    type: row.last_type,
    sentAt: row.last_sent_at.toISOString(),
  };
}

function lastTurnOf(row: RowOf<typeof findConversation.columns>): LastTurnView | null {
  if (row.turn_id === null || row.turn_state === null || row.turn_finished_at === null) return null;
  return { id: row.turn_id, state: row.turn_state, reason: row.turn_reason, finishedAt: row.turn_finished_at.toISOString() };
}
