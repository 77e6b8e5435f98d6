// Owns: what a person or an AI reads of a message of any type. Refuses to know: who wrote it, when, and what becomes of it.
import type { Json, JsonObject } from "../kernel/json.ts";
import type { MessageType } from "./events.ts";
import { readFormAnswer } from "./form-answer.ts";
import { isObject, readArray, readObject, readScalar, readString } from "./read-json.ts";

type Reader = (message: JsonObject) => string | null;

const READERS: Readonly<Record<MessageType, Reader>> = {
  text: (message) => readString(readObject(message, "text"), "body") ?? null,
  image: (message) => readString(readObject(message, "image"), "caption") ?? null,
  video: (message) => readString(readObject(message, "video"), "caption") ?? null,
  audio: () => null,
  document: ({ document }) => firstOf(document, ["caption", "filename"]),
  sticker: () => null,
  location: (message) => locationText(readObject(message, "location")),
  contacts: (message) => joinLines((readArray(message, "contacts") ?? []).map(contactText)),
  interactive: (message) => interactiveText(readObject(message, "interactive")),
  button: ({ button }) => firstOf(button, ["text", "payload"]),
  reaction: (message) => readString(readObject(message, "reaction"), "emoji") ?? null,
  order: (message) => orderText(readObject(message, "order")),
  request_welcome: () => null,
  edit: (message) => editedText(readObject(readObject(message, "edit"), "message")),
  revoke: () => null,
  system: (message) => readString(readObject(message, "system"), "body") ?? null,
  template: ({ template }) => firstOf(template, ["name"]),
  unsupported: unsupportedText,
  unknown: (message) => `Message of an unknown kind: ${readString(message, "type") ?? "no type"}`,
};

/** The readable text of a message in the Cloud API's shape, inbound or outbound; null when there is nothing to read. */
export function readableText(type: MessageType, message: JsonObject): string | null {
  return READERS[type](message);
}

function firstOf(node: Json | undefined, keys: readonly string[]): string | null {
  if (!isObject(node)) return null;
  for (const key of keys) {
    const text = readString(node, key);
    if (text !== undefined) return text;
  }
  return null;
}

function joinLines(lines: readonly (string | null | undefined)[]): string | null {
  const text = lines.filter((line) => line !== null && line !== undefined && line !== "").join("\n");
  return text === "" ? null : text;
}

function locationText(location: JsonObject | undefined): string | null {
  const latitude = readScalar(location, "latitude");
  const longitude = readScalar(location, "longitude");
  const place = [readString(location, "name"), readString(location, "address")].filter((part) => part !== undefined).join(", ");
  const position = latitude === undefined || longitude === undefined ? "" : `(${latitude}, ${longitude})`;
  return joinLines([[place, position].filter((part) => part !== "").join(" ")]);
}

function contactText(contact: Json): string | null {
  if (!isObject(contact)) return null;
  const name = readObject(contact, "name");
  const parts = [readString(name, "first_name"), readString(name, "last_name")].filter((part) => part !== undefined);
  const phones = (readArray(contact, "phones") ?? []).flatMap((phone) => {
    const number = isObject(phone) ? (readScalar(phone, "phone") ?? readScalar(phone, "wa_id")) : undefined;
    return number === undefined ? [] : [number];
  });
  const label = readString(name, "formatted_name") ?? parts.join(" ");
  return joinLines([[label, phones.join(", ")].filter((part) => part !== "").join(": ")]);
}

/** A customer's answer, or what we (or a person in the WhatsApp app) asked with buttons and lists. */
function interactiveText(interactive: JsonObject | undefined): string | null {
  if (interactive === undefined) return null;
  const kind = readString(interactive, "type") ?? "";
  const answer = readObject(interactive, kind);
  if (kind === "nfm_reply") return joinLines([readString(answer, "body"), readFormAnswer(answer)]);
  if (kind === "call_permission_reply") return `Call permission: ${readString(answer, "response") ?? "no answer"}`;
  const title = firstOf(answer, ["title", "name", "id"]);
  const description = readString(answer, "description");
  if (title !== null) return description === undefined ? title : `${title} (${description})`;
  return firstOf(interactive["body"], ["text"]);
}

function orderText(order: JsonObject | undefined): string | null {
  const products = (readArray(order, "product_items") ?? []).map((product) => {
    if (!isObject(product)) return null;
    const name = readScalar(product, "product_retailer_id") ?? "product";
    const price = [readScalar(product, "item_price"), readString(product, "currency")].filter((part) => part !== undefined).join(" ");
    return `${readScalar(product, "quantity") ?? "1"} × ${name}${price === "" ? "" : ` at ${price}`}`;
  });
  return joinLines([readString(order, "text"), ...products]);
}

const EDITABLE = ["text", "image", "video", "document"] as const;

function editedText(message: JsonObject | undefined): string | null {
  const type = EDITABLE.find((editable) => editable === message?.["type"]);
  return message === undefined || type === undefined ? null : readableText(type, message);
}

function unsupportedText(message: JsonObject): string {
  const kind = readString(readObject(message, "unsupported"), "type");
  const error = readArray(message, "errors")?.[0];
  const why = isObject(error) ? (readString(readObject(error, "error_data"), "details") ?? firstOf(error, ["title", "message"])) : null;
  return `Unsupported message${kind === undefined ? "" : ` (${kind})`}${why === null ? "" : `: ${why}`}`;
}
