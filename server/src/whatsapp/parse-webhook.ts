// Owns: the way from the bytes of a Cloud API webhook to events: each item of the body becomes exactly one. Refuses to know: signatures, databases, tenants.
import type { JsonObject } from "../kernel/json.ts";
import {
  bodyOfItem,
  type CloudItem,
  handoverContextOf,
  type ItemList,
  keptContact,
  listCloudItems,
  placeOf,
  SHARED_MAX,
  type Surroundings,
} from "./cloud-envelope.ts";
import { readContacts } from "./contacts-sync.ts";
import { readHandover } from "./handover.ts";
import { readHistory } from "./history.ts";
import { readIdentityUpdate } from "./identity-update.ts";
import {
  completeIdentity,
  findContact,
  recipientOfEcho,
  recipientOfStatus,
  senderOfMessage,
  subjectOfSystemMessage,
} from "./cloud-identity.ts";
import type { CustomerIdentity, NoticeEvent, WebhookEvent } from "./events.ts";
import { type ItemSite, parseMessage, unreadable } from "./parse-message.ts";
import { parseStatus } from "./parse-status.ts";
import { isArray, isObject, parseJson, readObject } from "../kernel/read-json.ts";
import { eventsOfItems, type OpenedWebhook, type ParsedWebhook, readAtOnce } from "./opened-webhook.ts";
import { readPreferences } from "./user-preferences.ts";
import { writeJson } from "../kernel/write-json.ts";
import { cleanObject, isDeeperThan, MAX_DEPTH, mayHoldUnstorable } from "../kernel/storable-json.ts";

/** Meta sends 1,000 at most. */
const MAX_ITEMS = 20_000;

type ListedItem = Extract<CloudItem, { kind: "listed" }>;
type ItemPlace = Pick<NoticeEvent, "channelKey" | "accountKey">;

interface BodyReader {
  /** The whole body as it came. */
  readonly wireText: string;
  readonly itemCount: number;
  readonly surroundings: Surroundings;
  readonly needsCleaning: boolean;
  readonly receivedAt: Date;
}

/** Never throws. `receivedAt`: of a replay, when the webhook came. An item that cannot be read becomes an `unreadable` event and leaves its neighbours alone. */
export function parseCloudWebhook(rawBody: Buffer, receivedAt = new Date()): ParsedWebhook {
  return readAtOnce(openCloudWebhook(rawBody, receivedAt));
}

/** The same, an event at a time. */
export function openCloudWebhook(rawBody: Buffer, receivedAt = new Date()): OpenedWebhook {
  const wireText = rawBody.toString("utf8");
  const body = parseJson(wireText);
  if (body === undefined) return { outcome: "malformed", reason: "The body is not valid JSON." };
  if (!isObject(body)) return { outcome: "malformed", reason: "The body is JSON but not an object." };
  const entries = body["entry"];
  if (!isArray(entries)) return { outcome: "malformed", reason: 'The body has no list "entry".' };
  const items = listCloudItems(body, entries);
  if (items.length > MAX_ITEMS) return { outcome: "malformed", reason: `The body has more than ${String(MAX_ITEMS)} items.` };
  const needsCleaning = mayHoldUnstorable(wireText);
  const reader: BodyReader = { wireText, itemCount: items.length, surroundings: new Map(), needsCleaning, receivedAt };
  return { outcome: "events", events: eventsOfItems(items, (item) => readItem(item, reader)) };
}

function readItem(item: CloudItem, reader: BodyReader): WebhookEvent | readonly WebhookEvent[] {
  switch (item.kind) {
    case "listed":
      return readListedItem(item, reader);
    case "change":
      return readChange(item, rawOf(item, reader), reader.receivedAt);
    case "broken":
      return unreadable({ channelKey: item.channelKey, raw: rawOf(item, reader) }, item.reason);
  }
}

function readChange(item: Extract<CloudItem, { kind: "change" }>, raw: string, receivedAt: Date): WebhookEvent | readonly WebhookEvent[] {
  return (
    readIdentityUpdate(item, raw, receivedAt) ??
    readPreferences(item, raw, receivedAt) ??
    readHistory(item, raw) ??
    readContacts(item, raw, receivedAt) ??
    readHandover(item, raw, receivedAt) ??
    notice(item.field, item, raw)
  );
}

function readListedItem(item: ListedItem, reader: BodyReader): WebhookEvent {
  const { list, node: wireNode, scope } = item;
  if (list === "errors") return notice("errors", scope, rawOf(item, reader));
  if (!isObject(wireNode) || isDeeperThan(wireNode, MAX_DEPTH)) {
    const reason = isObject(wireNode)
      ? `The item nests deeper than ${MAX_DEPTH} levels.`
      : `"${list}" holds something that is not an object.`;
    return unreadable({ channelKey: scope.channelKey, raw: rawOf(item, reader) }, reason);
  }
  const node = clean(list === "message_echoes" ? withoutEnvelope(wireNode) : wireNode, reader);
  const { customer, contact } = identify(item, node, reader);
  const raw = rawOf(item, reader, contact);
  const site: ItemSite = { channelKey: scope.channelKey, customer, raw, receivedAt: reader.receivedAt };
  if (list === "statuses") return parseStatus(node, site) ?? notice("status", scope, site.raw);
  const mark = scope.field === "standby" ? asCopy : asItIs;
  if (list === "message_echoes") return mark(parseMessage(node, { ...site, direction: "out" }));
  const handover = handoverContextOf(scope);
  return mark(parseMessage(node, { ...site, direction: "in", ...(handover === undefined ? {} : { handover: clean(handover, reader) }) }));
}

const asItIs = (event: WebhookEvent): WebhookEvent => event;

/** Kept with the content too, for whoever reads the thread later. */
const asCopy = (event: WebhookEvent): WebhookEvent =>
  event.kind === "message" ? { ...event, standby: true, content: { ...event.content, standby: true } } : event;

/** What another app sent is written as its request was, beside its id and time. */
function withoutEnvelope(echo: JsonObject): JsonObject {
  const message = readObject(echo, "message");
  return message === undefined ? echo : { ...message, ...echo, message: null };
}

const clean = (node: JsonObject, { needsCleaning }: BodyReader): JsonObject => (needsCleaning ? cleanObject(node) : node);

interface ItemCustomer {
  readonly customer: CustomerIdentity;
  readonly contact: JsonObject | undefined;
}

const NAMED_BY: Readonly<Record<Exclude<ItemList, "errors">, (node: JsonObject) => CustomerIdentity>> = {
  messages: senderOfMessage,
  message_echoes: recipientOfEcho,
  statuses: recipientOfStatus,
};

function identify({ list, scope }: ListedItem, node: JsonObject, { needsCleaning, wireText, surroundings }: BodyReader): ItemCustomer {
  if (list === "errors") return { customer: {}, contact: undefined };
  // A contact could only be the new identity here, and a message of a change must find the thread of the old one.
  if (list === "messages" && node["type"] === "system") return { customer: subjectOfSystemMessage(node), contact: undefined };
  const named = NAMED_BY[list](node);
  const found = findContact(scope.contacts, named, scope.itemCount === 1);
  // Most bodies are so small that nothing in them needs to be measured.
  const contact = found === undefined || wireText.length <= SHARED_MAX ? found : keptContact(found, surroundings);
  if (contact === undefined || isDeeperThan(contact, MAX_DEPTH)) return { customer: named, contact: undefined };
  return { customer: completeIdentity(named, needsCleaning ? cleanObject(contact) : contact), contact };
}

function notice(field: string, place: ItemPlace, raw: string): NoticeEvent {
  return {
    kind: "notice",
    provider: "cloud",
    field,
    raw,
    ...placeOf(place),
  };
}

function rawOf(item: CloudItem, { wireText, itemCount, surroundings }: BodyReader, contact?: JsonObject): string {
  return itemCount === 1 ? wireText : writeJson(bodyOfItem(item, surroundings, contact));
}
