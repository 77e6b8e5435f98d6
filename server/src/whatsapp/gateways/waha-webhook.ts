// Owns: the way from a webhook of WAHA to events. Refuses to know: signatures, whether the session is ours, databases.
import type { JsonObject } from "../../kernel/json.ts";
import type { WebhookEvent } from "../events.ts";
import { type OpenedWebhook, type ParsedWebhook, readAtOnce } from "../opened-webhook.ts";
import { readObject, readScalar, readString } from "../../kernel/read-json.ts";
import { cleanString } from "../../kernel/storable-json.ts";
import { readBaileysContent, revokeOf } from "./baileys-content.ts";
import { eventOf, skippedChat } from "./baileys-message.ts";
import { ownNumber } from "./chat.ts";
import { type GatewayDelivery, type GatewayItem, noticeOf, ofWhole, openBody, readItem, unreadableItem } from "./gateway-item.ts";
import { readWahaAck, statusEvent } from "./gateway-status.ts";
import { notAhead, readTime } from "../provider-time.ts";
import { readWahaContent } from "./waha-content.ts";
import { chatOfWaha, pushNameOf, wahaFromMe, wahaIdOf } from "./waha-chat.ts";
import { readWahaMessageId } from "./waha-message-id.ts";

type EventReader = (payload: JsonObject, item: GatewayItem) => WebhookEvent;

/** A message is answered within a day or not at all; what is older comes from a synchronisation. */
const HISTORY_AFTER_MS = 24 * 3_600_000;

const READERS: ReadonlyMap<string, EventReader> = new Map<string, EventReader>([
  ["message", readMessage],
  ["message.any", readMessage],
  ["message.ack", readAck],
  ["message.ack.group", readAck],
  ["message.reaction", readReaction],
  ["message.edited", readEdited],
  ["message.revoked", readRevoked],
  ["poll.vote", readVote],
]);

/** Never throws. */
export function parseWahaWebhook(rawBody: Buffer, delivery: GatewayDelivery): ParsedWebhook {
  return readAtOnce(openWahaWebhook(rawBody, delivery));
}

/** The same, an event at a time. */
export function openWahaWebhook(rawBody: Buffer, delivery: GatewayDelivery): OpenedWebhook {
  return openBody(rawBody, { ...delivery, instanceKey: "session" }, (body, wireText) => {
    const name = cleanString(readString(body, "event") ?? "").slice(0, 60);
    const me = readObject(body, "me");
    const item: GatewayItem = {
      channelKey: delivery.channelKey,
      // WAHA's own time of the event: a redelivery has the same.
      receivedAt: notAhead(readTime(body, "timestamp"), delivery.receivedAt),
      provider: "waha",
      own: ownNumber(readString(me, "id"), readString(me, "lid"), readString(me, "jid")),
      raw: wireText,
    };
    if (name === "") return ofWhole(unreadableItem(item, 'The body has no "event".'));
    const read = READERS.get(name);
    if (read === undefined) return ofWhole(noticeOf(item, name));
    return ofWhole(...readItem(body["payload"] ?? null, item, (payload) => [markedIfOld(read(payload, item), delivery.receivedAt)]));
  });
}

function markedIfOld(event: WebhookEvent, now: Date): WebhookEvent {
  if (event.kind !== "message" || now.getTime() - event.sentAt.getTime() <= HISTORY_AFTER_MS) return event;
  return { ...event, isHistory: true };
}

function readMessage(payload: JsonObject, item: GatewayItem): WebhookEvent {
  const id = wahaIdOf(payload);
  const fromMe = wahaFromMe(payload, id);
  const chat = chatOfWaha(payload, item.own);
  const skipped = skippedChat(chat, item);
  if (skipped !== undefined) return skipped;
  if (id === undefined) return unreadableItem(item, "no id: the message cannot be told from its own redelivery");
  // Sent through WAHA's API, by us or by another program: the proof of sending that it is, never a second message (it can be faster than the
  // answer to our request).
  if (fromMe && readString(payload, "source") === "api") {
    return statusEvent(item, {
      providerMessageId: id.bareId,
      status: "sent",
      at: readTime(payload, "timestamp") ?? item.receivedAt,
      chat,
    });
  }
  return eventOf(readWahaContent(payload), item, {
    chat,
    fromMe,
    providerMessageId: id.bareId,
    sentAt: readTime(payload, "timestamp"),
    pushName: pushNameOf(payload),
    isHistory: false,
  });
}

function readAck(payload: JsonObject, item: GatewayItem): WebhookEvent {
  const id = readWahaMessageId(payload["id"]);
  const status = readWahaAck(readScalar(payload, "ack"));
  // What is reported of the customer's own message is that we read it.
  if (status === undefined || !wahaFromMe(payload, id)) return noticeOf(item, "message.ack");
  if (id === undefined) return unreadableItem(item, "no id: the status does not say which message it is about");
  const chat = id.chat?.endsWith("@g.us") === true ? memberOfAck(payload, item) : chatOfAck(payload, item);
  return statusEvent(item, { providerMessageId: id.bareId, status, at: item.receivedAt, chat });
}

/** In a group, the member who received or read. */
function memberOfAck(payload: JsonObject, item: GatewayItem): ReturnType<typeof chatOfWaha> {
  const id = readWahaMessageId(payload["id"]);
  const participant = payload["participant"] ?? null;
  return chatOfWaha({ id: `false_${id?.chat ?? ""}_${id?.bareId ?? ""}`, fromMe: false, participant }, item.own);
}

/** Of an ack `from` may be the chat or ourselves, by engine: only the id is sure. */
function chatOfAck(payload: JsonObject, item: GatewayItem): ReturnType<typeof chatOfWaha> {
  return chatOfWaha({ id: payload["id"] ?? null, fromMe: true, _data: payload["_data"] ?? null }, item.own);
}

function readReaction(payload: JsonObject, item: GatewayItem): WebhookEvent {
  const reaction = readObject(payload, "reaction");
  const targetId = readWahaMessageId(reaction?.["messageId"])?.bareId;
  if (reaction === undefined || targetId === undefined) return noticeOf(item, "message.reaction");
  const own = readWahaMessageId(payload["id"]);
  const fromMe = wahaFromMe(payload, own);
  const chat = chatOfWaha(payload, item.own);
  if (fromMe && readString(payload, "source") === "api") return noticeOf(item, "message.reaction");
  const read = readBaileysContent({ reactionMessage: { text: reaction["text"] ?? "", key: { id: targetId } } });
  const sentAt = readTime(payload, "timestamp") ?? item.receivedAt;
  const facts = { fromMe, providerMessageId: own?.bareId, sentAt, pushName: pushNameOf(payload), isHistory: false };
  return skippedChat(chat, item) ?? eventOf(read, item, { chat, ...facts });
}

/** A vote that WAHA could decrypt. */
function readVote(payload: JsonObject, item: GatewayItem): WebhookEvent {
  const vote = readObject(payload, "vote");
  const own = vote === undefined ? undefined : wahaIdOf(vote);
  if (vote === undefined || own === undefined) return noticeOf(item, "poll.vote");
  const fromMe = wahaFromMe(vote, own);
  const pollId = readWahaMessageId(readObject(payload, "poll")?.["id"])?.bareId;
  const selected = { selectedOptions: vote["selectedOptions"] ?? [] };
  const read = readBaileysContent({ pollUpdateMessage: { vote: selected, ...(pollId && { pollCreationMessageKey: { id: pollId } }) } });
  const sentAt = readTime(payload, "timestamp") ?? item.receivedAt;
  const facts = { fromMe, providerMessageId: own.bareId, sentAt, pushName: pushNameOf(payload), isHistory: false };
  const chat = chatOfWaha(vote, item.own);
  return skippedChat(chat, item) ?? eventOf(read, item, { chat, ...facts });
}

function readEdited(payload: JsonObject, item: GatewayItem): WebhookEvent {
  const own = readWahaMessageId(payload["id"]);
  const targetId = readWahaMessageId(payload["editedMessageId"])?.bareId;
  const body = readString(payload, "body");
  if (own === undefined || targetId === undefined || body === undefined) return noticeOf(item, "message.edited");
  const chat = chatOfWaha(payload, item.own);
  const content = { type: "edit", edit: { original_message_id: targetId, message: { type: "text", text: { body } } } };
  const sentAt = readTime(payload, "timestamp") ?? item.receivedAt;
  const facts = {
    fromMe: wahaFromMe(payload, own),
    providerMessageId: own.bareId,
    sentAt,
    pushName: pushNameOf(payload),
    isHistory: false,
  };
  return skippedChat(chat, item) ?? eventOf({ kind: "content", type: "edit", content, text: body, targetId }, item, { chat, ...facts });
}

function readRevoked(payload: JsonObject, item: GatewayItem): WebhookEvent {
  const after = readObject(payload, "after");
  const before = readObject(payload, "before");
  const targetId = readWahaMessageId(payload["revokedMessageId"])?.bareId ?? readWahaMessageId(before?.["id"])?.bareId;
  const about = after ?? before;
  if (targetId === undefined || about === undefined) return noticeOf(item, "message.revoked");
  const chat = chatOfWaha(about, item.own);
  const sentAt = (after === undefined ? undefined : readTime(after, "timestamp")) ?? item.receivedAt;
  const facts = {
    fromMe: wahaFromMe(about, readWahaMessageId(about["id"])),
    providerMessageId: undefined,
    sentAt,
    pushName: undefined,
    isHistory: false,
  };
  return skippedChat(chat, item) ?? eventOf(revokeOf(targetId, {}), item, { chat, ...facts });
}
