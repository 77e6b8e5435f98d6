// Owns: what the Cloud API hands over of a number's past when a WhatsApp Business app is connected (Meta: "Onboarding business app users", field `history`): a chunk as an
// event, and the messages in it. Refuses to know: when they are imported, databases.
import type { Json, JsonObject } from "../kernel/json.ts";
import { isArray, isObject, parseObject, readArray, readInteger, readObject, readScalar, readString } from "../kernel/read-json.ts";
import { cleanObject, isDeeperThan, MAX_DEPTH, mayHoldUnstorable } from "../kernel/storable-json.ts";
import { writeJson } from "../kernel/write-json.ts";
import { type CloudItem, placeOf } from "./cloud-envelope.ts";
import { identityOf, recipientOfEcho, senderOfMessage } from "./cloud-identity.ts";
import type { CustomerIdentity, HistoryEvent, MessageEvent, UnreadableEvent } from "./events.ts";
import { parseMessage, unreadable } from "./parse-message.ts";

/** What became of a message of the business, in our words; of the customer's own there is nothing to tell. */
export type PastStatus = "accepted" | "sent" | "delivered" | "read" | "played" | "failed";

export interface PastMessage {
  readonly event: MessageEvent | UnreadableEvent;
  readonly status?: PastStatus;
  /** The file behind a `media_placeholder` that came, or will come, under the same id. */
  readonly isMedia: boolean;
}

const STATUSES: ReadonlyMap<string, PastStatus> = new Map([
  ["PENDING", "accepted"],
  ["SENT", "sent"],
  ["DELIVERED", "delivered"],
  ["READ", "read"],
  ["PLAYED", "played"],
  ["ERROR", "failed"],
]);

/** Undefined: it holds no messages (a refusal, or nothing), and is a notice. */
export function readHistory(item: Extract<CloudItem, { kind: "change" }>, raw: string): HistoryEvent | undefined {
  if (item.field !== "history") return undefined;
  const parts = objectsIn(item.value, "history");
  const threads = parts.flatMap((part) => objectsIn(part, "threads"));
  const inThreads = threads.reduce((count, thread) => count + (readArray(thread, "messages")?.length ?? 0), 0);
  const files = (readArray(item.value, "messages")?.length ?? 0) + (readArray(item.value, "message_echoes")?.length ?? 0);
  if (inThreads + files === 0) return undefined;
  const told = parts.map((part) => readObject(part, "metadata"));
  return {
    kind: "history",
    provider: "cloud",
    messages: inThreads + files,
    phase: greatest(told, "phase"),
    progress: greatest(told, "progress"),
    raw,
    ...placeOf(item),
  };
}

/** The messages of a chunk, in its order. Never throws. `raw`: of its event. */
export function* readPastMessages(raw: string, receivedAt: Date): Generator<PastMessage> {
  const body = parseObject(raw);
  if (body === undefined) return;
  const clean = mayHoldUnstorable(raw) ? cleanObject : (node: JsonObject): JsonObject => node;
  for (const entry of objectsIn(body, "entry")) {
    for (const change of objectsIn(entry, "changes")) {
      const value = readObject(change, "value");
      if (value === undefined || readString(change, "field") !== "history") continue;
      yield* messagesOfValue(value, { entryId: entry["id"], receivedAt, clean });
    }
  }
}

interface Site {
  readonly entryId: Json | undefined;
  readonly receivedAt: Date;
  readonly clean: (node: JsonObject) => JsonObject;
}

function* messagesOfValue(value: JsonObject, site: Site): Generator<PastMessage> {
  const metadata = readObject(value, "metadata");
  const channelKey = readScalar(metadata, "phone_number_id");
  const own = digits(readScalar(metadata, "display_phone_number"));
  const shared = { messaging_product: "whatsapp", ...(metadata === undefined ? {} : { metadata }) };
  const bodyWith = (rest: JsonObject): string =>
    writeJson({
      object: "whatsapp_business_account",
      entry: [
        { ...(site.entryId === undefined ? {} : { id: site.entryId }), changes: [{ field: "history", value: { ...shared, ...rest } }] },
      ],
    });
  const read = (node: Json, { customer, direction, raw, isMedia }: Read): PastMessage => {
    if (!isObject(node) || isDeeperThan(node, MAX_DEPTH))
      return { isMedia, event: unreadable({ channelKey, raw }, "A message of the past is not an object, or nests too deep.") };
    const message = site.clean(node);
    const event = parseMessage(message, { channelKey, customer, raw, receivedAt: site.receivedAt, direction });
    const status = direction === "out" ? STATUSES.get(readString(readObject(message, "history_context"), "status") ?? "") : undefined;
    return {
      isMedia,
      event: event.kind === "message" ? { ...event, isHistory: true } : event,
      ...(status === undefined ? {} : { status }),
    };
  };
  for (const part of objectsIn(value, "history")) {
    for (const thread of objectsIn(part, "threads")) {
      const context = readObject(thread, "context");
      for (const node of readArray(thread, "messages") ?? []) {
        const one = { ...thread, messages: [node] };
        const raw = bodyWith({ history: [{ ...part, threads: [one] }] });
        yield read(node, { customer: customerOf(thread, context), direction: directionOf(node, own), raw, isMedia: false });
      }
    }
  }
  for (const node of readArray(value, "messages") ?? []) {
    const message = isObject(node) ? node : {};
    const direction = directionOf(node, own);
    const customer = direction === "in" ? senderOfMessage(message) : recipientOfEcho(message);
    yield read(node, { customer, direction, raw: bodyWith({ messages: [node] }), isMedia: true });
  }
  for (const node of readArray(value, "message_echoes") ?? []) {
    const customer = recipientOfEcho(isObject(node) ? node : {});
    yield read(node, { customer, direction: "out", raw: bodyWith({ message_echoes: [node] }), isMedia: true });
  }
}

interface Read {
  readonly customer: CustomerIdentity;
  readonly direction: "in" | "out";
  readonly raw: string;
  readonly isMedia: boolean;
}

/** Whoever the thread is with: `id` is their number, and may be missing. */
function customerOf(thread: JsonObject, context: JsonObject | undefined): CustomerIdentity {
  const id = readScalar(thread, "id");
  const phone = readScalar(context, "wa_id") ?? (id !== undefined && /^\+?\d+$/.test(id) ? digits(id) : undefined);
  const userId = readString(context, "user_id") ?? (id !== undefined && /^[A-Z]{2}\.\w/.test(id) ? id : undefined);
  return identityOf(phone, userId, readString(context, "parent_user_id"));
}

/** A message of the customer names nobody to whom it goes, or our own number. */
function directionOf(node: Json, own: string | undefined): "in" | "out" {
  if (!isObject(node)) return "in";
  const from = digits(readScalar(node, "from"));
  if (from !== undefined && own !== undefined) return from === own ? "out" : "in";
  const to = readScalar(node, "to") ?? readString(node, "to_user_id");
  return to !== undefined && digits(to) !== own ? "out" : "in";
}

const digits = (text: string | undefined): string | undefined => text?.replaceAll(/\D/g, "");

function objectsIn(node: JsonObject | undefined, key: string): readonly JsonObject[] {
  const list = node?.[key];
  return isArray(list) ? list.filter(isObject) : [];
}

function greatest(nodes: readonly (JsonObject | undefined)[], key: string): number | undefined {
  const found = nodes.flatMap((node) => readInteger(node, key) ?? []).filter((value) => value >= 0 && value <= 100);
  return found.length === 0 ? undefined : Math.max(...found);
}
