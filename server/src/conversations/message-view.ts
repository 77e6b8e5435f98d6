// Owns: a message as the API shows it, with the edits, the revoke and the reactions that belong to it. JSON; instants as ISO 8601 text.
import type { RowOf } from "../db/query.ts";
import type { JsonObject } from "../kernel/json.ts";
import { memberKeysOf, type Participant, readParticipant } from "../whatsapp/participant.ts";
import { readObject, readString } from "../kernel/read-json.ts";
import { isoOf } from "./conversation-view.ts";
import { mayChange } from "./may-change.ts";
import { quoteOf } from "./quote-of.ts";
import type { findMessage, listChangesOfMessages } from "./message-reads.queries.ts";

export interface MessageView {
  readonly id: string;
  readonly conversationId: string;
  readonly seq: number;
  readonly channelId: string;
  readonly direction: "in" | "out";
  readonly author: string;
  /** The member of a group who wrote it. */
  readonly participant: Participant | null;
  readonly type: string;
  readonly text: string | null;
  readonly content: JsonObject;
  readonly status: string;
  readonly providerMessageId: string | null;
  readonly quotedProviderMessageId: string | null;
  /** The beginning of the message that this one quotes, as it reads now and however far back it is, or "(a picture)" when it has no words; null: it quotes none, one that is not in this thread or was taken back. */
  readonly quotedText: string | null;
  readonly targetProviderMessageId: string | null;
  readonly sentAt: string;
  readonly receivedAt: string;
  readonly acceptedAt: string | null;
  readonly deliveredAt: string | null;
  readonly readAt: string | null;
  readonly failedAt: string | null;
  readonly error: { readonly code: string; readonly text: string | null } | null;
  readonly turnId: string | null;
  readonly edits: readonly MessageEditView[];
  readonly revokedAt: string | null;
  readonly reactions: readonly MessageReactionView[];
}

export interface MessageEditView {
  readonly text: string | null;
  readonly sentAt: string;
}

export interface MessageReactionView {
  readonly emoji: string;
  readonly direction: "in" | "out";
  /** The member of a group who reacted. */
  readonly participant: Participant | null;
  readonly sentAt: string;
}

type MessageRow = RowOf<typeof findMessage.columns>;
export type ChangeRow = RowOf<typeof listChangesOfMessages.columns>;

/** `changes` in the order in which they happened; `memberKeyOf`: of those who wrote them, and of whoever else may prove who is who. */
export function messageViewOf(row: MessageRow, changes: readonly ChangeRow[], memberKeyOf = membersOf(changes)): MessageView {
  const own = changes.filter((change) => mayChange(change, row));
  const edits = own.filter(({ type }) => type === "edit").map(({ text, sent_at }) => ({ text, sentAt: sent_at.toISOString() }));
  return {
    id: row.id,
    conversationId: row.conversation_id,
    seq: row.seq,
    channelId: row.channel_id,
    direction: row.direction === "in" ? "in" : "out",
    author: row.author,
    participant: readParticipant(row.content) ?? null,
    type: row.type,
    text: row.text,
    content: row.content,
    status: row.status,
    providerMessageId: row.provider_message_id,
    quotedProviderMessageId: row.quoted_provider_message_id,
    quotedText: quoteOf(row) ?? null,
    targetProviderMessageId: row.target_provider_message_id,
    sentAt: row.sent_at.toISOString(),
    receivedAt: row.received_at.toISOString(),
    acceptedAt: isoOf(row.accepted_at),
    deliveredAt: isoOf(row.delivered_at),
    readAt: isoOf(row.read_at),
    failedAt: isoOf(row.failed_at),
    error: row.error_code === null ? null : { code: row.error_code, text: row.error_text },
    turnId: row.turn_id,
    edits,
    revokedAt: isoOf(own.find(({ type }) => type === "revoke")?.sent_at ?? null),
    reactions: reactionsOf(changes, memberKeyOf),
  };
}

type MemberKeys = ReturnType<typeof memberKeysOf>;

export function membersOf(rows: readonly Pick<MessageRow, "content">[]): MemberKeys {
  return memberKeysOf(rows.map(({ content }) => readParticipant(content)));
}

/** Each person has one reaction at most (in a group each member): a new one replaces the old one, and an empty one takes it back. */
function reactionsOf(changes: readonly ChangeRow[], memberKeyOf: MemberKeys): readonly MessageReactionView[] {
  const latest = new Map<string, MessageReactionView>();
  for (const change of changes) {
    if (change.type !== "reaction") continue;
    const direction = change.direction === "in" ? "in" : "out";
    const participant = readParticipant(change.content);
    latest.set(`${direction} ${memberKeyOf(participant)}`, {
      emoji: emojiOf(change.content),
      direction,
      participant: participant ?? null,
      sentAt: change.sent_at.toISOString(),
    });
  }
  return [...latest.values()].filter(({ emoji }) => emoji !== "");
}

function emojiOf(content: JsonObject): string {
  return readString(readObject(content, "reaction"), "emoji") ?? "";
}
