// Owns: messages with buttons and lists of WhatsApp Web (another business wrote them, or the WhatsApp app for ours) as the Cloud API's `interactive`.
// Refuses to know: the answers to them.
import type { Json, JsonObject } from "../../kernel/json.ts";
import { isObject, readArray, readObject, readString } from "../read-json.ts";
import { type Converted, present } from "./plain-message.ts";

interface Asked {
  readonly header?: string | undefined;
  readonly body?: string | undefined;
  readonly footer?: string | undefined;
  readonly buttons?: readonly JsonObject[];
}

function asked({ header, body, footer, buttons: offered = [] }: Asked): Converted {
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

export function template(node: JsonObject): Converted {
  const cards = readObject(node, "interactiveMessageTemplate");
  if (cards !== undefined) return carded(cards);
  const filled = readObject(node, "hydratedTemplate") ?? readObject(node, "hydratedFourRowTemplate") ?? node;
  return asked({
    header: readString(filled, "hydratedTitleText"),
    body: readString(filled, "hydratedContentText"),
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
export function carded(node: JsonObject): Converted {
  const cards = objectsOf(readObject(node, "carouselMessage"), "cards")
    .map(cardText)
    .filter((text) => text !== "");
  const header = readObject(node, "header");
  const body = [textIn(node, "body"), ...cards].filter((text) => text !== undefined).join("\n");
  return asked({
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
  const parameters = parseParameters(source);
  return present({
    title: readString(parameters, "display_text"),
    url: readString(parameters, "url"),
    phone_number: readString(parameters, "phone_number"),
  });
}

function parseParameters(source: string | undefined): JsonObject | undefined {
  try {
    const value: unknown = source === undefined ? undefined : JSON.parse(source);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

export function buttons(node: JsonObject): Converted {
  return asked({
    header: readString(node, "text"),
    body: readString(node, "contentText"),
    footer: readString(node, "footerText"),
    buttons: objectsOf(node, "buttons").map((button) =>
      present({ id: readString(button, "buttonId"), title: readString(readObject(button, "buttonText"), "displayText") }),
    ),
  });
}

export function list(node: JsonObject): Converted {
  const rows = objectsOf(node, "sections")
    .flatMap((section) => objectsOf(section, "rows"))
    .map(rowText);
  const body = [readString(node, "description"), ...rows].filter((text) => text !== undefined).join("\n");
  return asked({ header: readString(node, "title"), body: body === "" ? undefined : body, footer: readString(node, "footerText") });
}

function rowText(row: JsonObject): string {
  const title = readString(row, "title") ?? "";
  const description = readString(row, "description");
  return `- ${title}${description === undefined ? "" : ` (${description})`}`;
}
