// Owns: turning one message of the Cloud API, inbound or echo, into a message event. Refuses to know: the envelope, databases, who the customer is to us.
import type { JsonObject } from "../kernel/json.ts";
import type { CustomerIdentity, MessageEvent, UnreadableEvent } from "./events.ts";
import { identityAfterChange, isAddressable } from "./cloud-identity.ts";
import { MESSAGE_KINDS, MESSAGE_TYPES, type MessageType } from "./message-kinds.ts";
import { withParticipant } from "./participant.ts";
import { isArray, isObject, readArray, readObject, readString } from "../kernel/read-json.ts";
import { readableText } from "./readable-text.ts";
import { notAhead, readTime } from "./provider-time.ts";

export interface ItemSite {
  readonly channelKey: string | undefined;
  readonly customer: CustomerIdentity;
  readonly raw: string;
  /** Stands in for a time that is missing, absurd or in the future. */
  readonly receivedAt: Date;
}

export interface MessageSite extends ItemSite {
  readonly direction: "in" | "out";
  /** What another app says of the chat that it hands over; kept with the content. */
  readonly handover?: JsonObject;
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

const KNOWN_TYPES: ReadonlyMap<string, MessageType> = new Map(MESSAGE_TYPES.map((type) => [type, type]));
/** These say all they have to say without a node of their own. */
const TYPES_WITHOUT_NODE: ReadonlySet<MessageType> = new Set(["unsupported"]);
const RIDERS = ["context", "referral", "errors"] as const;

/** Never throws: a message without id, sender or channel becomes an unreadable event. */
export function parseMessage(received: JsonObject, site: MessageSite): MessageEvent | UnreadableEvent {
  const message = withPlainType(received);
  const { channelKey, direction, raw } = site;
  const customer = withSharedPhone(site.customer, message);
  const providerMessageId = readString(message, "id");
  if (channelKey === undefined) return unreadable(site, "no channel: the message came without metadata.phone_number_id");
  if (providerMessageId === undefined) return unreadable(site, "no id: the message cannot be told from its own redelivery");
  if (!isAddressable(customer))
    return unreadable(site, `no ${direction === "in" ? "sender" : "recipient"}: nobody is named to whom it belongs`);
  const type = typeOf(message);
  const event: Writable<MessageEvent> = {
    kind: "message",
    provider: "cloud",
    channelKey,
    direction,
    providerMessageId,
    customer,
    type,
    text: readableText(type, message),
    content: site.handover === undefined ? contentOf(message, type) : { ...contentOf(message, type), conversation_context: site.handover },
    sentAt: notAhead(readTime(message, "timestamp"), site.receivedAt),
    raw,
  };
  addReferences(event, message);
  if (event.groupId !== undefined && direction === "in") event.content = withParticipant(event.content, customer);
  const becomes = type === "system" ? identityAfterChange(message) : undefined;
  return becomes === undefined ? event : { ...event, becomes };
}

/** A customer who answered our request shares their own number: the payload proves that it is theirs. */
function withSharedPhone(customer: CustomerIdentity, message: JsonObject): CustomerIdentity {
  const [contact] = readArray(message, "contacts") ?? [];
  const card = isObject(contact) ? contact : undefined;
  if (customer.phone !== undefined || (readString(card, "origin") ?? readString(message, "origin")) !== "contact_request") return customer;
  const [phone] = readArray(card, "phones") ?? [];
  const digits = isObject(phone) ? (readString(phone, "wa_id") ?? readString(phone, "phone"))?.replaceAll(/\D/g, "") : undefined;
  return digits === undefined || digits === "" ? customer : { ...customer, phone: digits };
}

export function unreadable({ channelKey, raw }: Pick<ItemSite, "channelKey" | "raw">, reason: string): UnreadableEvent {
  const event = { kind: "unreadable", provider: "cloud", reason, raw } as const;
  return channelKey === undefined ? event : { ...event, channelKey };
}

/** Some types say in another place what they are, or are no messages of the customer at all. */
function withPlainType(message: JsonObject): JsonObject {
  switch (readString(message, "type")) {
    // Meta no longer sends it: the chat was opened, and nobody had written anything.
    case "request_welcome":
      return { ...message, type: "system", system: { type: "request_welcome", body: "Opened the chat." } };
    case "media_placeholder":
      return { ...message, type: "placeholder", placeholder: { type: "media_placeholder" } };
    case "unknown":
    case "errors":
      return { ...message, type: "unsupported" };
    case "unsupported":
      return withoutUnsupportedChange(message);
    default:
      return message;
  }
}

/** Of an edit and of a vote only that they happened is passed on; neither is something new that was written. */
function withoutUnsupportedChange(message: JsonObject): JsonObject {
  const kind = readString(readObject(message, "unsupported"), "type");
  if (kind === "poll_update") return { ...message, type: "poll_vote", poll_vote: {} };
  if (kind !== "edit") return message;
  const target = readString(readObject(message, "context"), "id");
  return { ...message, type: "edit", edit: target === undefined ? {} : { original_message_id: target } };
}

/** A known type whose node is missing or of another shape is unknown too: then the message is kept whole. */
function typeOf(message: JsonObject): MessageType {
  const type = KNOWN_TYPES.get(readString(message, "type") ?? "");
  if (type === undefined) return "unknown";
  if (TYPES_WITHOUT_NODE.has(type)) return type;
  const node = message[type];
  return (type === "contacts" ? isArray(node) : isObject(node)) ? type : "unknown";
}

/** `{ type, <node of the type>, context?, referral?, errors? }`: the same shape in which outbound content is written. */
function contentOf(message: JsonObject, type: MessageType): JsonObject {
  if (type === "unknown") return message;
  const content: Writable<JsonObject> = { type };
  const node = message[type];
  if (node !== undefined) content[type] = node;
  for (const rider of RIDERS) {
    const value = message[rider];
    if (value !== undefined) content[rider] = value;
  }
  return content;
}

function addReferences(event: Writable<MessageEvent>, message: JsonObject): void {
  const groupId = readString(message, "group_id");
  if (groupId !== undefined) event.groupId = groupId;
  const quoted = readString(readObject(message, "context"), "id");
  if (quoted !== undefined) event.quotedProviderMessageId = quoted;
  const { target: key } = MESSAGE_KINDS[event.type];
  if (key === null) return;
  const target = readString(readObject(message, event.type), key);
  if (target !== undefined) event.targetProviderMessageId = target;
}
