// Owns what a customer writes: from a short description to the message and contact of a webhook. Delivers nothing.
import type { VirtualClock } from "./clock.ts";
import type { Customer, Customers } from "./customers.ts";
import type { Identifiers } from "./identifiers.ts";
import { InputError, isJsonObject, readBoolean, readInteger, readObject, readString, readUnixSeconds } from "./json-object.ts";
import type { JsonObject } from "./json-object.ts";
import type { MediaStore } from "./media-store.ts";
import { readMediaTricks } from "./media-tricks.ts";
import { SAMPLE_FILES } from "./sample-files.ts";
import type { BusinessNumber, Settings } from "./settings.ts";
import type { Threads } from "./threads.ts";

export interface PreparedMessage {
  readonly number: BusinessNumber;
  readonly customer: Customer;
  readonly wamid: string;
  readonly message: JsonObject;
  readonly contact: JsonObject | undefined;
  /** Another app has the thread: we get a copy. */
  readonly isCopy: boolean;
}

const ownKeys = new Set([
  "from",
  "text",
  "phoneNumberId",
  "userId",
  "parentUserId",
  "username",
  "name",
  "hidePhone",
  "id",
  "timestamp",
  "type",
  "count",
  "groupId",
]);
const typesWithNode = new Set(["text", "location", "contacts", "interactive", "button", "reaction", "order", "edit", "revoke", "system"]);
// Coexistence edits and revokes change what was said; only new words, taps and calls open the window.
const typesThatKeepTheWindow = new Set(["system", "edit", "revoke"]);

export const opensWindow = (type: unknown): boolean => typeof type === "string" && !typesThatKeepTheWindow.has(type);

function readPhone(source: JsonObject): string | undefined {
  const value = source["from"];
  if (value === undefined || value === null) return undefined;
  const digits = typeof value === "number" ? String(value) : typeof value === "string" ? value.replace(/[+\s().-]/g, "") : "";
  if (!/^\d{5,20}$/.test(digits)) throw new InputError('"from" must be a phone number in international form, such as "12025550147".');
  return digits;
}

function typeAndNode(source: JsonObject): { readonly type: string; readonly node: unknown } {
  const text = source["text"];
  const type = readString(source, "type") ?? (text === undefined ? undefined : "text");
  if (type === undefined) throw new InputError('Say what the customer writes: "text":"oi", or "type" with the node of that type.');
  if (type === "text" && typeof text === "string") return { type, node: { body: text } };
  const node = source[type];
  if (node === undefined && typesWithNode.has(type)) throw new InputError(`A message of type "${type}" needs a "${type}" node.`);
  return { type, node };
}

export interface InboundPreparer {
  /** The messages that this description stands for: one, or `count` of them. Throws InputError. */
  readonly prepare: (source: JsonObject) => readonly PreparedMessage[];
}

export function createInboundPreparer(deps: {
  readonly settings: Settings;
  readonly clock: VirtualClock;
  readonly identifiers: Identifiers;
  readonly customers: Customers;
  readonly media: MediaStore;
  readonly threads: Threads;
}): InboundPreparer {
  const { settings, clock, identifiers, customers, media, threads } = deps;

  const numberOf = (source: JsonObject): BusinessNumber => {
    const id = readString(source, "phoneNumberId");
    if (id === undefined) return settings.defaultNumber;
    // Also a number we do not know can be written to: how an engine treats an unknown channel is worth seeing.
    return settings.numbers.get(id) ?? { ...settings.defaultNumber, phoneNumberId: id };
  };

  const customerOf = (source: JsonObject): Customer => {
    const phone = readPhone(source);
    const given = source["userId"] === null ? undefined : readString(source, "userId");
    const known = phone === undefined ? undefined : customers.findByPhone(phone);
    const derived =
      phone !== undefined && source["userId"] !== null && settings.userIds ? (known?.userId ?? identifiers.userIdOf(phone)) : undefined;
    const userId = given ?? derived;
    if (phone === undefined && userId === undefined && source["type"] !== "system") {
      throw new InputError('Say who writes: "from" (a phone number) or "userId".');
    }
    return customers.remember({
      phone,
      userId: userId ?? (source["userId"] === null ? undefined : known?.userId),
      parentUserId: readString(source, "parentUserId"),
      username: readString(source, "username"),
      name: readString(source, "name"),
    });
  };

  /** A media node without an id gets one, with bytes to download: from `base64`, or a small real file. `tricks`: what is wrong with it. */
  const mediaNode = (type: string, node: unknown, phoneNumberId: string): unknown => {
    const sample = SAMPLE_FILES.get(type);
    if (sample === undefined || (node !== undefined && !isJsonObject(node))) return node;
    const given: JsonObject = node ?? {};
    if (given["id"] !== undefined) return given;
    const { base64, tricks: _, ...rest } = given;
    const bytes = typeof base64 === "string" ? Buffer.from(base64, "base64") : sample.bytes;
    const tricks = readMediaTricks(readObject(given, "tricks") ?? {});
    const stored = media.add({
      mimeType: readString(given, "mime_type") ?? sample.mimeType,
      bytes,
      origin: "webhook",
      phoneNumberId,
      tricks,
    });
    return { mime_type: stored.mimeType, sha256: tricks.sha256 ?? stored.sha256, id: stored.id, ...rest };
  };

  const contactOf = (customer: Customer, phone: string | undefined, userId: string | undefined): JsonObject => ({
    profile: { name: customer.name ?? phone ?? "Customer", ...(customer.username !== undefined && { username: customer.username }) },
    ...(phone !== undefined && { wa_id: phone }),
    ...(userId !== undefined && { user_id: userId }),
    ...(customer.parentUserId !== undefined && { parent_user_id: customer.parentUserId }),
  });

  /** Who changed number or id keeps the open window under the new identity. */
  const followChange = (before: Customer, system: JsonObject): void => {
    const facts = { phone: readString(system, "wa_id"), userId: readString(system, "user_id"), name: before.name };
    if (facts.phone === undefined && facts.userId === undefined) return;
    const after = customers.remember(facts);
    for (const [phoneNumberId, atMs] of before.lastWroteAtMs) after.lastWroteAtMs.set(phoneNumberId, atMs);
  };

  const prepareOne = (source: JsonObject, which: number): PreparedMessage => {
    const number = numberOf(source);
    const customer = customerOf(source);
    const { type, node } = typeAndNode(source);
    const hidden = readBoolean(source, "hidePhone") === true || source["from"] === undefined || source["from"] === null;
    const phone = hidden ? undefined : customer.phone;
    const userId = source["userId"] === null ? undefined : customer.userId;
    if (phone === undefined && userId === undefined && type !== "system")
      throw new InputError('With "hidePhone" the customer needs a user id.');
    const wamid = readString(source, "id") ?? identifiers.wamid();
    const riders = Object.entries(source).filter(([key, value]) => !ownKeys.has(key) && key !== type && value !== undefined);
    const groupId = readString(source, "groupId");
    const body =
      type === "text" && isJsonObject(node) && typeof node["body"] === "string"
        ? { ...node, body: node["body"].replaceAll("{n}", String(which)) }
        : node;
    const withMedia = mediaNode(type, body, number.phoneNumberId);
    const message: JsonObject = {
      ...(phone !== undefined && { from: phone }),
      ...(userId !== undefined && type !== "system" && { from_user_id: userId }),
      ...(customer.parentUserId !== undefined && type !== "system" && { from_parent_user_id: customer.parentUserId }),
      ...(groupId !== undefined && { group_id: groupId }),
      id: wamid,
      timestamp: readUnixSeconds(source, "timestamp") ?? clock.nowSeconds(),
      type,
      ...(withMedia !== undefined && { [type]: withMedia }),
      ...Object.fromEntries(riders),
    };
    if (type === "system" && isJsonObject(node)) followChange(customer, node);
    // The platform sends no contacts with system messages.
    const contact = type === "system" ? undefined : contactOf(customer, phone, userId);
    const key = { phoneNumberId: number.phoneNumberId, phone: customer.phone, userId: customer.userId };
    const isCopy = groupId === undefined && type !== "system" && threads.ofInbound(key) === "other";
    return { number, customer, wamid, message, contact, isCopy };
  };

  return {
    prepare(source) {
      const count = readInteger(source, "count", { min: 1, max: 100_000 }) ?? 1;
      if (count > 1 && source["id"] !== undefined)
        throw new InputError('"id" and "count" exclude each other: an id belongs to one message.');
      return Array.from({ length: count }, (_, index) => prepareOne(source, index + 1));
    },
  };
}
