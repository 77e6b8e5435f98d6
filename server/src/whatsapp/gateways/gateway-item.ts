// Owns: what every gateway's parser needs beside the payload, taking a body apart safely, and the events that carry no message. Refuses to know:
// what any gateway's keys mean.
import type { Json, JsonObject } from "../../kernel/json.ts";
import type { CustomerIdentity, IdentityEvent, NoticeEvent, UnreadableEvent, WebhookEvent } from "../events.ts";
import type { OpenedWebhook } from "../opened-webhook.ts";
import type { Gateway } from "../providers.ts";
import { isSmall, writeJson } from "../../kernel/write-json.ts";
import { withoutFuture } from "../provider-time.ts";
import { isArray, isObject, parseJson, readString } from "../../kernel/read-json.ts";
import { cleanObject, isDeeperThan, MAX_DEPTH } from "../../kernel/storable-json.ts";
import type { OwnNumber } from "./chat.ts";

/** What the route knows and the body does not say. A replay passes the same again. */
export interface GatewayDelivery {
  /** What our address was called with: the channel's token. */
  readonly channelKey: string;
  /** For what a gateway gives no time of (most of its statuses). */
  readonly receivedAt: Date;
}

export interface GatewayItem extends GatewayDelivery {
  readonly provider: Gateway;
  readonly own: OwnNumber;
  /** A whole body with only this item in it. */
  readonly raw: string;
}

interface BodySource extends GatewayDelivery {
  /** Where the body says from which instance or session it comes. */
  readonly instanceKey?: string;
}

/** A history comes in one body; beyond this it is kept whole, for a person to look at. */
const MAX_ITEMS = 100_000;

interface BodyEvents {
  readonly itemCount: number;
  readonly events: Iterable<WebhookEvent>;
}

/** A body that is one item as a whole. */
export const ofWhole = (...events: readonly WebhookEvent[]): BodyEvents => ({ itemCount: 1, events });

export function openBody(
  rawBody: Buffer,
  { receivedAt, instanceKey }: BodySource,
  read: (body: JsonObject, wireText: string) => BodyEvents,
): OpenedWebhook {
  const wireText = rawBody.toString("utf8");
  const body = parseJson(wireText);
  if (body === undefined) return { outcome: "malformed", reason: "The body is not valid JSON." };
  if (!isObject(body)) return { outcome: "malformed", reason: "The body is JSON but not an object." };
  const instance = instanceKey === undefined ? undefined : readString(body, instanceKey);
  const { itemCount, events } = read(body, wireText);
  if (itemCount > MAX_ITEMS) return { outcome: "malformed", reason: `The body has more than ${String(MAX_ITEMS)} items.` };
  return { outcome: "events", events: noneInFuture(events, receivedAt), instance };
}

function* noneInFuture(events: Iterable<WebhookEvent>, receivedAt: Date): Generator<WebhookEvent> {
  for (const event of events) yield withoutFuture(event, receivedAt);
}

/** The items of a node that holds one or a list of them. */
export function itemsOf(node: Json | undefined): readonly Json[] {
  if (node === undefined || node === null) return [];
  return isArray(node) ? node : [node];
}

/** Reads one item; whatever is wrong with it stays with it. */
export function readItem(
  node: Json,
  item: GatewayItem,
  read: (node: JsonObject, item: GatewayItem) => readonly WebhookEvent[],
): readonly WebhookEvent[] {
  if (!isObject(node)) return [unreadableItem(item, "The item is not an object.")];
  if (isDeeperThan(node, MAX_DEPTH)) return [unreadableItem(item, `The item nests deeper than ${MAX_DEPTH} levels.`)];
  return read(cleanObject(node), item);
}

interface Items {
  readonly list: string;
  readonly keys: readonly string[];
  readonly itemCount: number;
}

const SHARED_MAX = 4_096;
const SCALAR_MAX = 1_024;
/** What surrounds them, of all items of a body together. */
const SHARED_BYTES = 8_000_000;

/** What surrounds the items of a list, to be repeated with each: when that is more than a few kB, or nests too deep, only the scalars of these keys. */
export function frameOf(body: JsonObject, { list, keys, itemCount }: Items): JsonObject {
  const frame = { ...body, [list]: null };
  const max = Math.min(SHARED_MAX, Math.max(SCALAR_MAX, SHARED_BYTES / itemCount));
  if (isSmall(frame, max)) return frame;
  return Object.fromEntries(
    keys.flatMap((key) => {
      const value = body[key];
      return value !== undefined && isSmall(value, SCALAR_MAX) ? [[key, value]] : [];
    }),
  );
}

/** The body again with one item only; the wire text itself when there was no other. */
export function rawOf(alone: () => unknown, itemCount: number, wireText: string): string {
  return itemCount <= 1 ? wireText : writeJson(alone());
}

export function noticeOf({ provider, channelKey, raw }: GatewayItem, field: string): NoticeEvent {
  return { kind: "notice", provider, channelKey, field, raw };
}

export function unreadableItem({ provider, channelKey, raw }: GatewayItem, reason: string): UnreadableEvent {
  return { kind: "unreadable", provider, channelKey, reason, raw };
}

/** Undefined when it says nothing new: an identity needs a second identifier or a name. */
export function identityEventOf({ provider, channelKey, raw, own }: GatewayItem, customer: CustomerIdentity): IdentityEvent | undefined {
  const { phone, lid, name } = customer;
  if (phone === undefined && lid === undefined) return undefined;
  if ([phone, lid, name].filter((part) => part !== undefined).length < 2) return undefined;
  if ((phone !== undefined && phone === own.phone) || (lid !== undefined && lid === own.lid)) return undefined;
  return { kind: "identity", provider, channelKey, customer, raw };
}

const LONGEST_KEPT = 16_384;

/** The node without its thumbnails and base64 files; the raw body keeps them. Needs a node no deeper than MAX_DEPTH. */
export function withoutBulk(node: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(node).flatMap(([key, value]) => (key === "jpegThumbnail" ? [] : [[key, trimmed(value)]])));
}

function trimmed(value: Json): Json {
  if (typeof value === "string") return value.length > LONGEST_KEPT ? `(${value.length} characters, in the raw webhook)` : value;
  if (isArray(value)) return value.map(trimmed);
  return isObject(value) ? withoutBulk(value) : value;
}
