// Owns what a WhatsApp Business app hands over when its number is connected (coexistence): its chats in chunks, that it does not share them, and its address book.
import type { VirtualClock } from "./clock.ts";
import type { Identifiers } from "./identifiers.ts";
import {
  InputError,
  readBoolean,
  readInteger,
  readOneOf,
  readString,
  readUnixSeconds,
  rejectUnknownKeys,
  requireObject,
} from "./json-object.ts";
import type { JsonObject } from "./json-object.ts";
import { envelopeOf, metadataOf } from "./messages-webhook.ts";
import type { BusinessNumber, Settings } from "./settings.ts";

interface Deps {
  readonly settings: Settings;
  readonly clock: VirtualClock;
  readonly identifiers: Identifiers;
}

const hourMs = 3_600_000;
/** How old the newest message of a chunk is when nothing is said, by phase (days 0 to 1, 1 to 90, 90 to 180). */
const ages = [12 * hourMs, 30 * 24 * hourMs, 120 * 24 * hourMs] as const;
/** "History sync is turned off". */
const declined = 2593109;
const readings = ["SENT", "DELIVERED", "READ", "PLAYED", "ERROR", "PENDING"] as const;

function numberOf({ settings }: Deps, source: JsonObject): BusinessNumber {
  const number = settings.numbers.get(readString(source, "phoneNumberId") ?? settings.defaultNumber.phoneNumberId);
  if (number === undefined) throw new InputError('"phoneNumberId" is not one of the simulator\'s numbers.');
  return number;
}

function listOf(source: JsonObject, key: string): readonly JsonObject[] {
  const list = source[key];
  if (!Array.isArray(list) || list.length === 0) throw new InputError(`"${key}" must be a non-empty list.`);
  return list.map((item: unknown) => requireObject(item, `Each of "${key}"`));
}

/** Phone and user id of somebody, as `with`, `phone` and `userId` name them. */
function readPerson(source: JsonObject, key: string): { readonly phone: string | undefined; readonly userId: string | undefined } {
  const phone = readString(source, key)?.replace(/[+\s()-]/g, "");
  const userId = readString(source, "userId");
  if (phone === undefined && userId === undefined) throw new InputError(`Say whom it is about: "${key}" (a phone number) or "userId".`);
  return { phone, userId };
}

interface Past {
  readonly number: BusinessNumber;
  readonly phone: string | undefined;
  readonly userId: string | undefined;
  readonly endMs: number;
}

/** What was said, or `count` messages in turn; a minute apart unless a time is given, the newest last. */
function messagesOf(deps: Deps, thread: JsonObject, { number, phone, userId, endMs }: Past): readonly JsonObject[] {
  const count = readInteger(thread, "count", { min: 1, max: 10_000 });
  const said =
    count === undefined
      ? listOf(thread, "messages")
      : Array.from({ length: count }, (_, index): JsonObject => ({
          by: index % 2 === 0 ? "customer" : "business",
          text: `message ${String(index + 1)}`,
        }));
  return said.map((one, index) => {
    rejectUnknownKeys(one, ["by", "id", "text", "type", "timestamp", "status", String(one["type"])], "A message of the past");
    const by = readOneOf(one, "by", ["customer", "business"]) ?? "customer";
    const type = readString(one, "type") ?? "text";
    const node = type === "text" && typeof one["text"] === "string" ? { body: one["text"] } : one[type];
    const sides =
      by === "customer"
        ? { ...(phone !== undefined && { from: phone }), ...(userId !== undefined && { from_user_id: userId }) }
        : {
            from: number.displayPhoneNumber,
            ...(phone !== undefined && { to: phone }),
            ...(userId !== undefined && { to_user_id: userId }),
          };
    return {
      ...sides,
      id: readString(one, "id") ?? deps.identifiers.wamid(),
      timestamp: readUnixSeconds(one, "timestamp") ?? String(Math.floor(endMs / 1000) - (said.length - 1 - index) * 60),
      type,
      ...(node !== undefined && { [type]: node }),
      history_context: { status: readOneOf(one, "status", readings) ?? "READ" },
    };
  });
}

/** The webhook for a chunk `{threads: [{with|userId, messages | count}], phase?, chunkOrder?, progress?}`, or for `{declined: true}`. Throws InputError. */
export function createHistoryChunk(deps: Deps, source: JsonObject): { readonly webhook: JsonObject; readonly ids: readonly string[] } {
  rejectUnknownKeys(source, ["phoneNumberId", "threads", "phase", "chunkOrder", "progress", "declined"], "A chunk of the past");
  const number = numberOf(deps, source);
  const phase = readInteger(source, "phase", { min: 0, max: 2 }) ?? 0;
  const endMs = deps.clock.nowMs() - (ages[phase] ?? 0);
  const isDeclined = readBoolean(source, "declined") === true;
  const title = "History sync is turned off";
  const threads = isDeclined
    ? []
    : listOf(source, "threads").map((thread) => {
        rejectUnknownKeys(thread, ["with", "userId", "messages", "count"], "A thread of the past");
        const { phone, userId } = readPerson(thread, "with");
        const context = { ...(phone !== undefined && { wa_id: phone }), ...(userId !== undefined && { user_id: userId }) };
        return { ...(phone !== undefined && { id: phone }), context, messages: messagesOf(deps, thread, { number, phone, userId, endMs }) };
      });
  const chunk = isDeclined
    ? { errors: [{ code: declined, title, message: title, error_data: { details: "History sharing is turned off by the business" } }] }
    : {
        metadata: {
          phase,
          chunk_order: readInteger(source, "chunkOrder", { min: 1 }) ?? 1,
          progress: readInteger(source, "progress", { min: 0, max: 100 }) ?? 100,
        },
        threads,
      };
  const value = { messaging_product: "whatsapp", metadata: metadataOf(number), history: [chunk] };
  return {
    webhook: envelopeOf([{ id: number.wabaId, time: Number(deps.clock.nowSeconds()), changes: [{ field: "history", value }] }]),
    ids: threads.flatMap(({ messages }) => messages.map(({ id }) => String(id))),
  };
}

/** The webhook for `{contacts: [{phone|userId, name, firstName?, action?}]}`: what the app's address book has, or has no more. Throws InputError. */
export function createContactsSync(deps: Deps, source: JsonObject): { readonly webhook: JsonObject } {
  rejectUnknownKeys(source, ["phoneNumberId", "contacts"], "An address book");
  const number = numberOf(deps, source);
  const stateSync = listOf(source, "contacts").map((one) => {
    rejectUnknownKeys(one, ["phone", "userId", "name", "firstName", "action", "timestamp"], "A contact");
    const { phone, userId } = readPerson(one, "phone");
    const [name, firstName] = [readString(one, "name"), readString(one, "firstName")];
    return {
      type: "contact",
      contact: {
        ...(name !== undefined && { full_name: name }),
        ...(firstName !== undefined && { first_name: firstName }),
        ...(phone !== undefined && { phone_number: phone }),
        ...(userId !== undefined && { user_id: userId }),
      },
      action: readOneOf(one, "action", ["add", "remove"]) ?? "add",
      metadata: { timestamp: readUnixSeconds(one, "timestamp") ?? deps.clock.nowSeconds() },
    };
  });
  const value = { messaging_product: "whatsapp", metadata: metadataOf(number), state_sync: stateSync };
  return {
    webhook: envelopeOf([{ id: number.wabaId, time: Number(deps.clock.nowSeconds()), changes: [{ field: "smb_app_state_sync", value }] }]),
  };
}
