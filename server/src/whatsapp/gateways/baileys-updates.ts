// Owns: what WhatsApp Web reports of messages that exist already: statuses, edits, deletions, reactions, receipts in groups. Refuses to know: the
// envelope around it.
import type { JsonObject } from "../../kernel/json.ts";
import type { WebhookEvent } from "../events.ts";
import { readObject, readScalar, readString } from "../../kernel/read-json.ts";
import { editOf, type ReadContent, readBaileysContent, revokeOf } from "./baileys-content.ts";
import { chatOfKey, eventOf, isFromMe, readBaileysMessage, skippedChat } from "./baileys-message.ts";
import { type GatewayItem, noticeOf, unreadableItem } from "./gateway-item.ts";
import { readBaileysStatus, statusEvent } from "./gateway-status.ts";
import { readTime } from "../provider-time.ts";

/** One `{key, update}` of `messages.update`. */
export function readBaileysUpdate(node: JsonObject, item: GatewayItem): WebhookEvent {
  const key = readObject(node, "key");
  const update = readObject(node, "update");
  if (update === undefined) return noticeOf(item, "messages.update");
  const targetId = readString(key, "id");
  if (targetId !== undefined && update["message"] === null) return readChange(revokeOf(targetId, node), key, item);
  const message = readObject(update, "message");
  const edited = readObject(readObject(message, "editedMessage"), "message");
  if (targetId !== undefined && edited !== undefined && readObject(edited, "protocolMessage") === undefined) {
    const edit = editOf(targetId, edited, readTime(update, "timestampMs") ?? readTime(update, "messageTimestamp"));
    return edit === undefined ? noticeOf(item, "messages.update") : readChange(edit, key, item);
  }
  // A message that could not be decrypted at first comes here once it could.
  if (message !== undefined) return readBaileysMessage({ ...node, ...update }, item, false);
  return readStatusOf({ key, targetId, word: readScalar(update, "status"), at: readTime(update, "messageTimestamp") }, item);
}

/** A change of a message by whoever wrote it. Without a time of its own it happened when we heard of it. */
export function readChange(read: ReadContent, key: JsonObject | undefined, item: GatewayItem): WebhookEvent {
  const chat = chatOfKey(key, item.own);
  const facts = { providerMessageId: undefined, sentAt: item.receivedAt, pushName: undefined, isHistory: false };
  return skippedChat(chat, item) ?? eventOf(read, item, { chat, ...facts, fromMe: isFromMe(key) });
}

export interface RawStatus {
  readonly key: JsonObject | undefined;
  readonly targetId: string | undefined;
  readonly word: string | undefined;
  readonly at: Date | undefined;
}

export function readStatusOf({ key, targetId, word, at }: RawStatus, item: GatewayItem): WebhookEvent {
  const status = readBaileysStatus(word);
  // What is reported of the customer's own message is that we read it.
  if (status === undefined || key?.["fromMe"] === false) return noticeOf(item, `status.${word ?? "none"}`.slice(0, 60));
  if (targetId === undefined) return unreadableItem(item, "no id: the status does not say which message it is about");
  return statusEvent(item, { providerMessageId: targetId, status, at: at ?? item.receivedAt, chat: chatOfKey(key, item.own) });
}

/** One `{key, reaction}` of `messages.reaction`: `key` is the target's, `reaction.key` that of the reaction itself. */
export function readBaileysReaction(node: JsonObject, item: GatewayItem): WebhookEvent {
  const reaction = readObject(node, "reaction");
  const own = readObject(reaction, "key");
  const target = readObject(node, "key");
  if (reaction === undefined || own === undefined || target === undefined) return noticeOf(item, "messages.reaction");
  const chat = chatOfKey(own, item.own);
  const read = readBaileysContent({ reactionMessage: { ...reaction, key: target } });
  const facts = { pushName: undefined, isHistory: false, fromMe: isFromMe(own), providerMessageId: readString(own, "id") };
  return (
    skippedChat(chat, item) ?? eventOf(read, item, { chat, ...facts, sentAt: readTime(reaction, "senderTimestampMs") ?? item.receivedAt })
  );
}

/** One `{key, receipt}` of `message-receipt.update`: what one member of a group did with our message. */
export function readBaileysReceipt(node: JsonObject, item: GatewayItem): WebhookEvent {
  const receipt = readObject(node, "receipt");
  const key = readObject(node, "key");
  const targetId = readString(key, "id");
  const stages = [
    ["playedTimestamp", "played"],
    ["readTimestamp", "read"],
    ["receiptTimestamp", "delivered"],
  ] as const;
  for (const [name, status] of stages) {
    const at = receipt === undefined ? undefined : readTime(receipt, name);
    if (at === undefined || targetId === undefined || !isFromMe(key)) continue;
    const member = readString(receipt, "userJid");
    const chat = chatOfKey({ ...key, fromMe: false, ...(member === undefined ? {} : { participant: member }) }, item.own);
    return statusEvent(item, { providerMessageId: targetId, status, at, chat });
  }
  return noticeOf(item, "message-receipt.update");
}
