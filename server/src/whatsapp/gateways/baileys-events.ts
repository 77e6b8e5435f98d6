// Owns: the way from what our Baileys bridge posts to events: `{me, events: [{event, data}]}`, the data as Baileys 6.7 and 7 emit it. Refuses to
// know: who may post, databases.
import type { Json, JsonObject } from "../../kernel/json.ts";
import type { WebhookEvent } from "../events.ts";
import { eventsOfItems, type OpenedWebhook, type ParsedWebhook, readAtOnce } from "../opened-webhook.ts";
import { isArray, isObject, readArray, readObject, readString } from "../../kernel/read-json.ts";
import { cleanString } from "../../kernel/storable-json.ts";
import { readContact } from "./baileys-contacts.ts";
import { readBaileysMessage } from "./baileys-message.ts";
import { readBaileysReaction, readBaileysReceipt, readBaileysUpdate } from "./baileys-updates.ts";
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

type EventReader = (node: JsonObject, item: GatewayItem) => WebhookEvent;

interface Part {
  readonly event: string;
  readonly node: Json;
  /** The event's data with nothing but this node in it. */
  readonly alone: Json;
  readonly read: EventReader;
}

const LISTS: ReadonlyMap<string, EventReader> = new Map<string, EventReader>([
  ["messages.update", readBaileysUpdate],
  ["messages.reaction", readBaileysReaction],
  ["message-receipt.update", readBaileysReceipt],
  ["contacts.upsert", (node, item) => readContact(node, item, "contacts.upsert")],
  ["contacts.update", (node, item) => readContact(node, item, "contacts.update")],
  ["lid-mapping.update", (node, item) => readContact(node, item, "lid-mapping.update")],
]);

/** Never throws. An item that cannot be read becomes an `unreadable` event and leaves its neighbours alone. */
export function parseBaileysEvents(rawBody: Buffer, delivery: GatewayDelivery): ParsedWebhook {
  return readAtOnce(openBaileysEvents(rawBody, delivery));
}

/** The same, an event at a time. */
export function openBaileysEvents(rawBody: Buffer, delivery: GatewayDelivery): OpenedWebhook {
  return openBody(rawBody, delivery, (body, wireText) => {
    const events = readArray(body, "events");
    const me = readObject(body, "me");
    const own = ownNumber(readString(me, "id"), readString(me, "lid"), readString(me, "phoneNumber"));
    const itemWith = (raw: string): GatewayItem => ({ ...delivery, provider: "baileys", own, raw });
    if (events === undefined) return ofWhole(unreadableItem(itemWith(wireText), 'The body has no list "events".'));
    const parts = events.flatMap(partsOf);
    const frame = parts.length > 1 ? frameOf(body, { list: "events", keys: ["me"], itemCount: parts.length }) : body;
    const read = eventsOfItems(parts, ({ event, node, alone, read: readPart }) => {
      const raw = rawOf(() => ({ ...frame, events: [{ event, data: alone }] }), parts.length, wireText);
      return readItem(node, itemWith(raw), (object, item) => [readPart(object, item)]);
    });
    return { itemCount: parts.length, events: read };
  });
}

function partsOf(entry: Json): readonly Part[] {
  const event = isObject(entry) ? readString(entry, "event") : undefined;
  const data = isObject(entry) ? entry["data"] : undefined;
  if (event === undefined) {
    return [
      { event: "", node: entry, alone: entry, read: (_node, item) => unreadableItem(item, 'An element of "events" has no name "event".') },
    ];
  }
  if (event === "messages.upsert" && isObject(data)) return partsOfUpsert(event, data);
  if (event === "messaging-history.set" && isObject(data)) return partsOfHistory(event, data);
  const read = LISTS.get(event);
  if (read !== undefined) return itemsOf(data).map((node) => ({ event, node, alone: isArray(data) ? [node] : node, read }));
  return [{ event, node: {}, alone: data ?? null, read: (_node, item) => noticeOf(item, cleanString(event).slice(0, 60)) }];
}

function partsOfUpsert(event: string, data: JsonObject): readonly Part[] {
  const isHistory = data["type"] === "append";
  const messages = itemsOf(data["messages"]);
  const frame = frameOf(data, { list: "messages", keys: ["type"], itemCount: messages.length });
  return messages.map((node) => ({
    event,
    node,
    alone: { ...frame, messages: [node] },
    read: (message, item) => readBaileysMessage(message, item, isHistory),
  }));
}

const HISTORY_LISTS: readonly (readonly [string, EventReader])[] = [
  ["lidPnMappings", (node, item) => readContact(node, item, "lid-mapping.update")],
  ["contacts", (node, item) => readContact(node, item, "contacts.set")],
  ["messages", (node, item) => readBaileysMessage(node, item, true)],
];

function partsOfHistory(event: string, data: JsonObject): readonly Part[] {
  return HISTORY_LISTS.flatMap(([list, read]) => itemsOf(data[list]).map((node) => ({ event, node, alone: { [list]: [node] }, read })));
}
