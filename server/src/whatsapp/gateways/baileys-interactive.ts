// Owns: messages with buttons and lists of WhatsApp Web (another business wrote them, or the WhatsApp app for ours) as the Cloud API's `interactive`.
// Refuses to know: the answers to them.
import type { Json, JsonObject } from "../../kernel/json.ts";
import { isObject, parseObject, readArray, readObject, readString } from "../../kernel/read-json.ts";
import { type CloudNode, present } from "./plain-message.ts";

interface Question {
  readonly header?: string | undefined;
  readonly body?: string | undefined;
  readonly footer?: string | undefined;
  readonly buttons?: readonly JsonObject[];
}

function interactiveOf({ header, body, footer, buttons: offered = [] }: Question): CloudNode {
  const text = (words: string | undefined): Json | undefined => (words === undefined ? undefined : { text: words });
  const head = header === undefined ? undefined : { type: "text", text: header };
  return {
    type: "interactive",
    node: present({ type: "button", header: head, body: text(body), footer: text(footer), action: { buttons: offered } }),
  };
}

const textIn = (node: JsonObject | undefined, key: string): string | undefined => readString(readObject(node, key), "text");

function objectsOf(node: JsonObject | undefined, key: string): readonly JsonObject[] {
  return (readArray(node, key) ?? []).filter(isObject);
}

export function template(node: JsonObject): CloudNode {
  const cards = readObject(node, "interactiveMessageTemplate");
  if (cards !== undefined) return carded(cards);
  const filled = readObject(node, "hydratedTemplate") ?? readObject(node, "hydratedFourRowTemplate") ?? node;
  const named = readObject(readObject(node, "fourRowTemplate"), "content") ?? node;
  return interactiveOf({
    header: readString(filled, "hydratedTitleText"),
    body: readString(filled, "hydratedContentText") ?? readString(named, "elementName"),
    footer: readString(filled, "hydratedFooterText"),
    buttons: objectsOf(filled, "hydratedButtons").map(hydratedButton),
  });
}

function hydratedButton(button: JsonObject): JsonObject {
  const own = readObject(button, "urlButton") ?? readObject(button, "callButton") ?? readObject(button, "quickReplyButton");
  return present({
    title: readString(own, "displayText"),
    url: readString(own, "url"),
    phone_number: readString(own, "phoneNumber"),
    id: readString(own, "id"),
  });
}

/** A card, or several side by side. */
export function carded(node: JsonObject): CloudNode {
  const cards = objectsOf(readObject(node, "carouselMessage"), "cards")
    .map(cardText)
    .filter((text) => text !== "");
  const header = readObject(node, "header");
  const offers = objectsOf(readObject(node, "nativeFlowMessage"), "buttons").map(offerText);
  const body = [textIn(node, "body"), ...cards, ...offers].filter((text) => text !== undefined).join("\n");
  return interactiveOf({
    header: readString(header, "title") ?? readString(header, "subtitle"),
    body: body === "" ? undefined : body,
    footer: textIn(node, "footer"),
    buttons: objectsOf(readObject(node, "nativeFlowMessage"), "buttons").map(flowButton),
  });
}

function cardText(card: JsonObject): string {
  return [readString(readObject(card, "header"), "title"), textIn(card, "body")].filter((text) => text !== undefined).join(": ");
}

function flowButton(button: JsonObject): JsonObject {
  const source = readString(button, "buttonParamsJson") ?? readString(button, "buttonParamsJSON");
  const parameters = parseObject(source);
  return present({
    title: readString(parameters, "display_text"),
    url: readString(parameters, "url"),
    phone_number: readString(parameters, "phone_number"),
  });
}

const OFFERS: ReadonlyMap<string, string> = new Map([
  ["review_and_pay", "Order to pay"],
  ["review_order", "Order"],
  ["cta_catalog", "Catalog"],
  ["send_location", "Asks for a location"],
  ["address_message", "Asks for an address"],
  ["call_permission_request", "Asks for permission to call"],
]);

/** What a button shows or asks for beside a link: a code to copy, a key to pay to, an order, rows to choose from. */
function offerText(button: JsonObject): string | undefined {
  const name = readString(button, "name") ?? "";
  const parameters = parseObject(readString(button, "buttonParamsJson") ?? readString(button, "buttonParamsJSON"));
  if (name === "cta_copy") return joined([readString(parameters, "display_text"), readString(parameters, "copy_code")], ": ");
  if (name === "payment_info") return paymentText(parameters);
  if (name === "single_select") return choiceText(parameters);
  const label = OFFERS.get(name);
  return label === undefined ? undefined : joined([label, readString(parameters, "reference_id")], ": ");
}

/** Brazil's Pix: to whom is paid, and by which key. */
function paymentText(parameters: JsonObject | undefined): string {
  const codes = objectsOf(parameters, "payment_settings").map((setting) => readObject(setting, "pix_static_code"));
  const lines = codes.map((code) => joined([readString(code, "merchant_name"), readString(code, "key")], ", "));
  return joined(["Payment details", joined(lines, "; ")], ": ") ?? "";
}

function choiceText(parameters: JsonObject | undefined): string | undefined {
  const rows = objectsOf(parameters, "sections").flatMap((section) => objectsOf(section, "rows"));
  return joined([readString(parameters, "title"), ...rows.map(rowText)], "\n");
}

function joined(parts: readonly (string | undefined)[], between: string): string | undefined {
  const text = parts.filter((part) => part !== undefined && part !== "").join(between);
  return text === "" ? undefined : text;
}

export function buttons(node: JsonObject): CloudNode {
  return interactiveOf({
    header: readString(node, "text"),
    body: readString(node, "contentText"),
    footer: readString(node, "footerText"),
    buttons: objectsOf(node, "buttons").map((button) =>
      present({ id: readString(button, "buttonId"), title: readString(readObject(button, "buttonText"), "displayText") }),
    ),
  });
}

export function list(node: JsonObject): CloudNode {
  const rows = objectsOf(node, "sections")
    .flatMap((section) => objectsOf(section, "rows"))
    .map(rowText);
  const body = [readString(node, "description"), ...rows].filter((text) => text !== undefined).join("\n");
  return interactiveOf({ header: readString(node, "title"), body: body === "" ? undefined : body, footer: readString(node, "footerText") });
}

function rowText(row: JsonObject): string {
  const title = readString(row, "title") ?? "";
  const description = readString(row, "description");
  return `- ${title}${description === undefined ? "" : ` (${description})`}`;
}
