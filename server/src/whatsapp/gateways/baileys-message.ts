// Owns: one message record of WhatsApp Web (`{key, message, messageTimestamp, pushName}`), as Baileys and Evolution write it, as an event.
// Refuses to know: the envelope around it.
import type { JsonObject } from "../../kernel/json.ts";
import type { CustomerIdentity, MessageEvent, WebhookEvent } from "../events.ts";
import { readObject, readScalar, readString } from "../../kernel/read-json.ts";
import { type BaileysContent, missedCall, placeholderOf, readBaileysContent, type ReadContent } from "./baileys-content.ts";
import { type Chat, type OwnNumber, readChat } from "./chat.ts";
import { withParticipant } from "../participant.ts";
import { type GatewayItem, noticeOf, unreadableItem } from "./gateway-item.ts";
import { isBridgeSend, statusEvent } from "./gateway-status.ts";
import { readTime } from "../provider-time.ts";

type KeptChat = Extract<Chat, { kind: "person" | "group" }>;

export interface MessageFacts {
  /** Must have passed `skippedChat`. */
  readonly chat: Chat;
  readonly fromMe: boolean;
  readonly providerMessageId: string | undefined;
  readonly sentAt: Date | undefined;
  readonly pushName: string | undefined;
  readonly isHistory: boolean;
}

export function isFromMe(key: JsonObject | undefined): boolean {
  return key?.["fromMe"] === true;
}

/** The chat of a message key, in the spellings of Baileys 6.7 and 7 and of the Evolution versions that changed them. */
export function chatOfKey(key: JsonObject | undefined, own: OwnNumber): Chat {
  const fromMe = isFromMe(key);
  const read = (name: string): string | undefined => readString(key, name);
  // In what we sent, the sender is ourselves.
  const senders = fromMe ? [] : [read("senderPn"), read("senderLid")];
  return readChat({
    chat: read("remoteJid"),
    chatAlternatives: [read("remoteJidAlt"), ...senders, read("previousRemoteJid")],
    author: read("participant"),
    authorAlternatives: [read("participantAlt"), read("participantPn"), read("participantLid")],
    fromMe,
    own,
  });
}

/** Never throws. `isHistory`: it was written while nobody listened, or comes from an import. */
export function readBaileysMessage(node: JsonObject, item: GatewayItem, isHistory: boolean): WebhookEvent {
  const key = readObject(node, "key");
  const chat = chatOfKey(key, item.own);
  const skipped = skippedChat(chat, item);
  if (skipped !== undefined) return skipped;
  const providerMessageId = readString(key, "id");
  const sentAt = readTime(node, "messageTimestamp");
  if (isFromMe(key) && isBridgeSend(item, providerMessageId)) {
    return statusEvent(item, { providerMessageId, status: "sent", at: sentAt ?? item.receivedAt, chat });
  }
  const message = readObject(node, "message");
  const read =
    message === undefined || Object.keys(message).length === 0
      ? readStub(node, key)
      : readBaileysContent(message, readObject(node, "contextInfo"));
  return eventOf(read, item, {
    chat,
    fromMe: isFromMe(key),
    providerMessageId,
    sentAt,
    pushName: readString(node, "pushName"),
    isHistory,
  });
}

const MISSED_CALLS: ReadonlyMap<string, boolean> = new Map([
  ["40", false],
  ["CALL_MISSED_VOICE", false],
  ["45", false],
  ["CALL_MISSED_GROUP_VOICE", false],
  ["41", true],
  ["CALL_MISSED_VIDEO", true],
  ["46", true],
  ["CALL_MISSED_GROUP_VIDEO", true],
]);

/**
 * A message without content: what may be seen once stays on the phone. What could not be decrypted yet is sent again under the same id: stored now, it
 * would hide that one.
 */
function readStub(node: JsonObject, key: JsonObject | undefined): BaileysContent {
  const stub = readScalar(node, "messageStubType");
  const isMissedVideo = MISSED_CALLS.get(stub ?? "");
  if (isMissedVideo !== undefined) return missedCall(isMissedVideo, node);
  const isEmpty = stub === undefined && readObject(node, "message") !== undefined;
  if (key?.["isViewOnce"] === true || isEmpty) return placeholderOf(readString(key, "id"), node);
  return { kind: "none", field: `without-content.${stub ?? "none"}`.slice(0, 52) };
}

/** The event of a chat that is none: ignored on purpose, with a name to count by, or unreadable. */
export function skippedChat(chat: Chat, item: GatewayItem): WebhookEvent | undefined {
  if (chat.kind === "ignored") return noticeOf(item, `ignored:${chat.reason}`);
  return chat.kind === "unreadable" ? unreadableItem(item, chat.reason) : undefined;
}

/** What is only noted may be sent again under its own id, with its content. */
function noteIdOf({ type }: ReadContent, { providerMessageId: id }: MessageFacts): string | undefined {
  return type === "placeholder" && id !== undefined ? `placeholder:${id}` : undefined;
}

export function eventOf(read: BaileysContent, item: GatewayItem, facts: MessageFacts): WebhookEvent {
  const { chat } = facts;
  if (read.kind === "none") return noticeOf(item, `message.${read.field}`);
  if (chat.kind !== "person" && chat.kind !== "group") return skippedChat(chat, item) ?? unreadableItem(item, "no chat");
  const providerMessageId = read.changeId ?? noteIdOf(read, facts) ?? facts.providerMessageId;
  if (providerMessageId === undefined) return unreadableItem(item, "no id: the message cannot be told from its own redelivery");
  const sentAt = read.changedAt ?? facts.sentAt ?? item.receivedAt;
  return messageEvent({ read, chat, item, facts, providerMessageId, sentAt });
}

interface Readable {
  readonly read: ReadContent;
  readonly chat: KeptChat;
  readonly item: GatewayItem;
  readonly facts: MessageFacts;
  readonly providerMessageId: string;
  readonly sentAt: Date;
}

function messageEvent({ read, chat, item, facts, providerMessageId, sentAt }: Readable): MessageEvent {
  return {
    kind: "message",
    provider: item.provider,
    channelKey: item.channelKey,
    direction: facts.fromMe ? "out" : "in",
    providerMessageId,
    customer: named(chat.customer, facts),
    ...(chat.kind === "group" ? { groupId: chat.groupId } : {}),
    type: read.type,
    text: read.text,
    content: chat.kind === "group" ? withParticipant(read.content, named(chat.customer, facts)) : read.content,
    sentAt,
    ...(read.quotedId === undefined ? {} : { quotedProviderMessageId: read.quotedId }),
    ...(read.targetId === undefined ? {} : { targetProviderMessageId: read.targetId }),
    ...(facts.isHistory ? { isHistory: true as const } : {}),
    raw: item.raw,
  };
}

/** Of what we sent, the push name is our own. */
function named(customer: CustomerIdentity, { fromMe, pushName }: MessageFacts): CustomerIdentity {
  return fromMe || pushName === undefined ? customer : { ...customer, name: pushName };
}
