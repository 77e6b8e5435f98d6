// Owns: the way from a webhook of Evolution API v2 to events. Refuses to know: who may call, whether the instance is ours, databases.
import type { Json, JsonObject } from "../../kernel/json.ts";
import type { WebhookEvent } from "../events.ts";
import { eventsOfItems, type OpenedWebhook, type ParsedWebhook, readAtOnce } from "../opened-webhook.ts";
import { isArray, readObject, readScalar, readString } from "../../kernel/read-json.ts";
import { cleanString } from "../../kernel/storable-json.ts";
import { readContact } from "./baileys-contacts.ts";
import { editOf, revokeOf } from "./baileys-content.ts";
import { chatOfKey, readBaileysMessage } from "./baileys-message.ts";
import { readBaileysReaction, readBaileysUpdate, readChange, readStatusOf } from "./baileys-updates.ts";
import { ownNumber } from "./chat.ts";
import {
  frameOf,
  type GatewayDelivery,
  type GatewayItem,
  itemsOf,
  noticeOf,
  ofWhole,
  openBody,
  rawOf,
  readItem,
  unreadableItem,
} from "./gateway-item.ts";
import { statusEvent } from "./gateway-status.ts";
import { readTime } from "../provider-time.ts";

type EventReader = (node: JsonObject, item: GatewayItem) => WebhookEvent;

/** Evolution does not say what comes from the past. A message is answered within a day or not at all. */
const HISTORY_AFTER_MS = 24 * 3_600_000;

const READERS: ReadonlyMap<string, EventReader> = new Map<string, EventReader>([
  ["messages.upsert", (node, item) => readBaileysMessage(node, item, isOld(node, item))],
  ["messages.set", (node, item) => readBaileysMessage(node, item, true)],
  ["messages.update", readUpdate],
  ["messages.edited", readEdited],
  ["messages.delete", readDeleted],
  ["messages.reaction", readBaileysReaction],
  ["send.message", readOwnSend],
  ["contacts.upsert", (node, item) => readContact(node, item, "contacts.upsert")],
  ["contacts.update", (node, item) => readContact(node, item, "contacts.update")],
  ["contacts.set", (node, item) => readContact(node, item, "contacts.set")],
  ["lid.mapping.update", (node, item) => readContact(node, item, "lid.mapping.update")],
]);

/** Never throws. An item that cannot be read becomes an `unreadable` event and leaves its neighbours alone. */
export function parseEvolutionWebhook(rawBody: Buffer, delivery: GatewayDelivery): ParsedWebhook {
  return readAtOnce(openEvolutionWebhook(rawBody, delivery));
}

/** The same, an event at a time. */
export function openEvolutionWebhook(rawBody: Buffer, delivery: GatewayDelivery): OpenedWebhook {
  return openBody(rawBody, { ...delivery, instanceKey: "instance" }, (body, wireText) => {
    const name = cleanString(readString(body, "event") ?? "");
    // `sender` is the instance's own number, whatever its name says.
    const own = ownNumber(readString(body, "sender"), readString(readObject(body, "data"), "wuid"));
    const itemWith = (raw: string): GatewayItem => ({ ...delivery, provider: "evolution", own, raw });
    if (name === "") return ofWhole(unreadableItem(itemWith(wireText), 'The body has no "event".'));
    const read = READERS.get(name.toLowerCase().replaceAll(/[_-]/g, "."));
    if (read === undefined) return ofWhole(noticeOf(itemWith(wireText), name.slice(0, 60)));
    const data = body["data"];
    const nodes = itemsOf(messagesIn(data));
    if (nodes.length === 0) return ofWhole(noticeOf(itemWith(wireText), name.slice(0, 60)));
    const keys = ["event", "instance", "sender"];
    const frame = nodes.length > 1 ? frameOf(body, { list: "data", keys, itemCount: nodes.length }) : body;
    const events = eventsOfItems(nodes, (node) => {
      const raw = rawOf(() => ({ ...frame, data: isArray(data) ? [node] : node }), nodes.length, wireText);
      return readItem(node, itemWith(raw), (object, item) => [read(object, item)]);
    });
    return { itemCount: nodes.length, events };
  });
}

function messagesIn(data: Json | undefined): Json | undefined {
  const node = data !== undefined && !isArray(data) && typeof data === "object" ? data : undefined;
  const messages = node?.["messages"];
  return isArray(messages) ? messages : data;
}

function isOld(node: JsonObject, { receivedAt }: GatewayItem): boolean {
  const sentAt = readTime(node, "messageTimestamp");
  return sentAt !== undefined && receivedAt.getTime() - sentAt.getTime() > HISTORY_AFTER_MS;
}

/** Flat (`{keyId, remoteJid, fromMe, status}`), or as Baileys has it (`{key, update}`). */
function readUpdate(node: JsonObject, item: GatewayItem): WebhookEvent {
  if (readObject(node, "update") !== undefined) return readBaileysUpdate(node, item);
  const key = keyOf(node);
  const targetId = readString(node, "keyId") ?? readString(key, "id");
  const word = readScalar(node, "status");
  if (word === "DELETED" && targetId !== undefined) return readChange(revokeOf(targetId, node), key, item);
  return readStatusOf({ key, targetId, word, at: undefined }, item);
}

/** A deleted message by its bare key, or the record of one that was deleted through the API. */
function readDeleted(node: JsonObject, item: GatewayItem): WebhookEvent {
  const key = keyOf(node);
  const targetId = readString(readObject(node, "key"), "id") ?? readString(node, "keyId") ?? readString(node, "id");
  if (targetId === undefined) return unreadableItem(item, "no id: the deletion does not say which message it is about");
  return readChange(revokeOf(targetId, node), key, item);
}

function readEdited(node: JsonObject, item: GatewayItem): WebhookEvent {
  const source = readObject(readObject(node, "message"), "protocolMessage") ?? node;
  const key = readObject(source, "key");
  const targetId = readString(key, "id");
  const edited = readObject(source, "editedMessage");
  if (targetId === undefined || edited === undefined) return noticeOf(item, "messages.edited");
  const edit = editOf(targetId, edited, readTime(source, "timestampMs"));
  return edit === undefined ? noticeOf(item, "messages.edited") : readChange(edit, readObject(node, "key") ?? key, item);
}

/**
 * What was sent through Evolution's API: by us, then its id is or will be that of our own message, or by another program. It is taken as the
 * proof of sending that it is: as a message it could come before the answer to our request, and be in the thread twice.
 */
function readOwnSend(node: JsonObject, item: GatewayItem): WebhookEvent {
  const key = readObject(node, "key");
  const providerMessageId = readString(key, "id");
  if (providerMessageId === undefined) return unreadableItem(item, "no id: the sent message cannot be told from others");
  const at = readTime(node, "messageTimestamp") ?? item.receivedAt;
  return statusEvent(item, { providerMessageId, status: "sent", at, chat: chatOfKey(key, item.own) });
}

function keyOf(node: JsonObject): JsonObject {
  return readObject(node, "key") ?? node;
}
