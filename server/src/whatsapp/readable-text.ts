// Owns: what a person or an AI reads of a message of any type. Refuses to know: who wrote it, when, and what becomes of it.
import type { JsonObject } from "../kernel/json.ts";
import { contactText } from "./contact-text.ts";
import { captionOf } from "./customer-words.ts";
import { interactiveText } from "./interactive-text.ts";
import type { MessageType } from "./message-kinds.ts";
import { isObject, readArray, readInteger, readObject, readScalar, readString } from "../kernel/read-json.ts";
import { firstOf, joinLines, joinParts, labelled } from "./text-parts.ts";

type Reader = (message: JsonObject) => string | null;

const ONLY_ON_THE_PHONE = "Something was sent that can be seen on the phone only.";
const EDIT_WITHOUT_WORDS = "Edited an earlier message. WhatsApp does not pass on what it says now.";

const READERS: Readonly<Record<MessageType, Reader>> = {
  text: (message) => readString(readObject(message, "text"), "body") ?? null,
  image: (message) => labelled("Photo", captionOf(readObject(message, "image"))),
  video: ({ video }) =>
    labelled(isObject(video) && video["gif"] === true ? "GIF" : "Video", captionOf(isObject(video) ? video : undefined)),
  audio: (message) => audioText(readObject(message, "audio")),
  document: (message) => documentText(readObject(message, "document")),
  sticker: () => "Sticker",
  location: (message) => locationText(readObject(message, "location")),
  contacts: (message) =>
    joinLines((readArray(message, "contacts") ?? []).map((card) => labelled("Contact", contactText(card)))) ?? "Contact",
  interactive: (message) => interactiveText(readObject(message, "interactive")),
  button: ({ button }) => firstOf(button, ["text", "payload"]) ?? "Tapped a button",
  reaction: (message) => readString(readObject(message, "reaction"), "emoji") ?? null,
  order: (message) => orderText(readObject(message, "order")),
  poll: (message) => pollText(readObject(message, "poll")),
  poll_vote: (message) => voteText(readObject(message, "poll_vote")),
  pin: (message) => pinText(readObject(message, "pin")),
  edit: (message) => editedText(readObject(message, "edit")),
  revoke: () => null,
  call: (message) => readString(readObject(message, "call"), "body") ?? "Call",
  placeholder: (message) => readString(readObject(message, "placeholder"), "body") ?? ONLY_ON_THE_PHONE,
  system: (message) => readString(readObject(message, "system"), "body") ?? "A notice of WhatsApp",
  template: ({ template }) => firstOf(template, ["name"]) ?? "Template",
  unsupported: unsupportedText,
  unknown: unknownText,
};

/** The readable text of a message in the Cloud API's shape, inbound or outbound: files and cards under a label. Null when there is nothing to read. */
export function readableText(type: MessageType, message: JsonObject): string | null {
  return READERS[type](message);
}

function audioText(audio: JsonObject | undefined): string {
  const seconds = readInteger(audio, "seconds");
  const length = seconds === undefined || seconds < 0 ? undefined : `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
  return joinParts([audio?.["voice"] === true ? "Voice note" : "Audio", length]);
}

function documentText(document: JsonObject | undefined): string {
  const filename = readString(document, "filename");
  const caption = captionOf(document);
  return filename === undefined ? labelled("Document", caption) : `Document: ${filename}${caption === undefined ? "" : `\n${caption}`}`;
}

function locationText(location: JsonObject | undefined): string {
  const latitude = readScalar(location, "latitude");
  const longitude = readScalar(location, "longitude");
  const place = joinParts([readString(location, "name"), readString(location, "address")]);
  const position = latitude === undefined || longitude === undefined ? "" : `(${latitude}, ${longitude})`;
  const label = location?.["live"] === true ? "Live location" : "Location";
  return labelled(label, [place, position].filter((part) => part !== "").join(" "));
}

function orderText(order: JsonObject | undefined): string {
  const products = (readArray(order, "product_items") ?? []).filter(isObject);
  const counted = products.reduce((sum, product) => sum + (readInteger(product, "quantity") ?? 1), 0);
  const count = readInteger(order, "item_count") ?? counted;
  const total = [readScalar(order, "total"), readScalar(order, "currency")].filter((part) => part !== undefined).join(" ");
  const items = count === 0 ? undefined : `${count} ${count === 1 ? "item" : "items"}`;
  return labelled("Order", joinLines([joinParts([items, total, readString(order, "text")]), ...products.map(productText)]));
}

function productText(product: JsonObject): string {
  const name = readScalar(product, "name") ?? readScalar(product, "product_retailer_id") ?? "product";
  const price = [readScalar(product, "item_price"), readString(product, "currency")].filter((part) => part !== undefined).join(" ");
  return `${readScalar(product, "quantity") ?? "1"} × ${name}${price === "" ? "" : ` at ${price}`}`;
}

function pollText(poll: JsonObject | undefined): string {
  const options = (readArray(poll, "options") ?? []).map((option) => (isObject(option) ? readString(option, "name") : undefined));
  const lines = options.filter((option) => option !== undefined).map((option) => `- ${option}`);
  return joinLines([labelled("Poll", readString(poll, "name")), ...lines]) ?? "Poll";
}

function voteText(vote: JsonObject | undefined): string {
  if (vote?.["added"] !== undefined) return labelled("Added an option to a poll", readString(vote, "added"));
  const chosen = (readArray(vote, "options") ?? []).flatMap((option) =>
    typeof option === "string" && option.trim() !== "" ? [option] : [],
  );
  return chosen.length === 0 ? "Voted in a poll" : `Voted: ${chosen.join(", ")}`;
}

function pinText(pin: JsonObject | undefined): string {
  if (readString(pin, "type") === "unpin") return "Unpinned a message";
  const days = readInteger(pin, "expiration_days");
  return days === undefined ? "Pinned a message" : `Pinned a message for ${days} ${days === 1 ? "day" : "days"}`;
}

const EDITABLE = ["text", "image", "video", "document", "location", "contacts", "interactive", "poll", "order"] as const;

/** Without words it is shown with the message that it names, and says nothing of its own; where it names none, it says at least that it came. */
function editedText(edit: JsonObject | undefined): string | null {
  const message = readObject(edit, "message");
  if (message === undefined) return readString(edit, "original_message_id") === undefined ? EDIT_WITHOUT_WORDS : null;
  const type = EDITABLE.find((editable) => editable === message["type"]);
  return type === undefined ? null : readableText(type, message);
}

/** A kind of next year: its words are where they are in the others. */
function unknownText(message: JsonObject): string {
  const type = readString(message, "type") ?? "no type";
  const node = readObject(message, type);
  const words = firstOf(node, ["text", "body", "caption", "title", "name"]) ?? firstOf(node?.["body"], ["text"]);
  return labelled(`Message of an unknown kind: ${type}`, words);
}

function unsupportedText(message: JsonObject): string {
  const kind = readString(readObject(message, "unsupported"), "type");
  const error = readArray(message, "errors")?.[0];
  const why = isObject(error) ? (readString(readObject(error, "error_data"), "details") ?? firstOf(error, ["title", "message"])) : null;
  return `Unsupported message${kind === undefined ? "" : ` (${kind})`}${why === null ? "" : `: ${why}`}`;
}
