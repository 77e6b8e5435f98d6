// Owns: a message as the API shows it, with the edits, the revoke and the reactions that belong to it. JSON; instants as ISO 8601 text.
import { z } from "zod";
import type { Row } from "../db/query.ts";
import type { JsonObject } from "../kernel/json.ts";
import { direction, instant, isoOf, jsonObject, uuid } from "../kernel/shapes.ts";
import { mediaSchema, mediaViewOf } from "../media/media-view.ts";
import { MESSAGE_TYPES } from "../whatsapp/message-kinds.ts";
import { memberKeysOf, readParticipant } from "../whatsapp/participant.ts";
import { readObject, readString } from "../kernel/read-json.ts";
import { mayChange } from "./may-change.ts";
import { quoteOf } from "./quote-of.ts";
import type { findMessage, listChangesOfMessages } from "./message-reads.queries.ts";

const participant = z.object({
  phone: z.string().optional(),
  userId: z.string().optional(),
  lid: z.string().optional(),
  name: z.string().optional(),
});

/** The list is for those who read it: an answer is not refused for a type that is not in it. */
export const messageType = z
  .string()
  .meta({ enum: [...MESSAGE_TYPES], description: "Later versions may know more." })
  .meta({ id: "MessageType" });

export const messageSchema = z
  .object({
    id: uuid,
    conversationId: uuid,
    seq: z.int().describe("The position in the conversation, from 1; 0 while it is scheduled."),
    channelId: uuid,
    direction,
    author: z.string().describe("customer, ai, human, api, or system: what Onethread itself says, such as the confirmation of an opt-out."),
    participant: participant.nullable().describe("Of a group: the member who wrote it."),
    type: messageType,
    text: z.string().nullable().describe("What a person reads of it."),
    content: jsonObject.describe(
      "The content in the Cloud API's own shape; after a click on an advertisement with its `referral` (headline, body, source_url, source_id, source_type, ctwa_clid), also of gateways.",
    ),
    status: z
      .string()
      .describe("received; or scheduled, queued, sending, unknown, accepted, sent, delivered, read, played, failed, cancelled."),
    isHeld: z
      .boolean()
      .describe(
        "Of accepted: WhatsApp holds it until it has seen how others of its template are received. Then it is sent, or fails (132015); no time is promised.",
      ),
    providerMessageId: z.string().nullable(),
    quotedProviderMessageId: z.string().nullable(),
    quotedText: z
      .string()
      .nullable()
      .describe(
        "The beginning of the quoted message as it reads now, however far back; of one without words what it is, such as (a picture); null beside an id: it quotes an earlier message that is not known or was taken back.",
      ),
    targetProviderMessageId: z.string().nullable().describe("The message that this edit, revoke or reaction changes."),
    sentAt: instant,
    receivedAt: instant,
    acceptedAt: instant.nullable(),
    deliveredAt: instant.nullable(),
    readAt: instant.nullable(),
    failedAt: instant.nullable(),
    error: z.object({ code: z.string(), text: z.string().nullable() }).nullable(),
    turnId: uuid.nullable(),
    possibleDuplicateOf: uuid
      .nullable()
      .describe("It was sent again because nobody knew whether that message was sent: the customer may have both."),
    media: mediaSchema
      .nullable()
      .describe("Its file; null for a message without one, and for one that was stored before files were fetched."),
    edits: z.array(z.object({ text: z.string().nullable(), sentAt: instant })).readonly(),
    revokedAt: instant.nullable(),
    reactions: z.array(z.object({ emoji: z.string(), direction, participant: participant.nullable(), sentAt: instant })).readonly(),
  })
  .meta({ id: "Message" });

export type MessageView = Readonly<z.output<typeof messageSchema>>;

type MessageRow = Row<typeof findMessage>;
export type ChangeRow = Row<typeof listChangesOfMessages>;

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
    isHeld: row.status === "accepted" && row.held_at !== null,
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
    possibleDuplicateOf: row.possible_duplicate_of,
    media: row.media === null ? null : mediaViewOf(row.media),
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
function reactionsOf(changes: readonly ChangeRow[], memberKeyOf: MemberKeys): MessageView["reactions"] {
  const latest = new Map<string, MessageView["reactions"][number]>();
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
