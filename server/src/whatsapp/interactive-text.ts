// Owns: what is read of interactive messages: answers, and what was asked with buttons and lists. Refuses to know: who sent them.
import type { Json, JsonObject } from "../kernel/json.ts";
import { readFormAnswer } from "./form-answer.ts";
import { isObject, readArray, readObject, readString } from "../kernel/read-json.ts";
import { firstOf, joinLines, joinParts, labelled } from "./text-parts.ts";

/** Of the gateways: what has no type of its own on the Cloud API. */
const LABELS: ReadonlyMap<string, string> = new Map([
  ["product", "Product"],
  ["event", "Event"],
  ["event_answer", "Answer to an event"],
  ["payment", "Payment"],
  ["group_invite", "Invitation to a group"],
  ["newsletter_invite", "Invitation to a channel"],
]);

type Reader = (interactive: JsonObject) => string | null;

const parametersOf = (interactive: JsonObject): JsonObject | undefined => readObject(readObject(interactive, "action"), "parameters");

/** Kinds whose action says more than the texts around it. */
const SENT: ReadonlyMap<string, Reader> = new Map<string, Reader>([
  ["product", (interactive) => joinLines([askedText(interactive), labelled("Product", productOf(readObject(interactive, "action")))])],
  ["product_list", (interactive) => joinLines([askedText(interactive), ...productsOf(interactive)])],
  ["catalog_message", (interactive) => joinLines([askedText(interactive), "Catalog"])],
  ["address_message", (interactive) => joinLines([askedText(interactive), "Asks for an address"])],
  ["call_permission_request", (interactive) => joinLines([askedText(interactive), "Asks for permission to call"])],
  [
    "voice_call",
    (interactive) => joinLines([askedText(interactive), labelled("Call button", readString(parametersOf(interactive), "display_text"))]),
  ],
  ["order_details", orderText],
  ["order_status", orderText],
]);

function productOf(product: JsonObject | undefined): string | undefined {
  return readString(product, "product_retailer_id");
}

function productsOf(interactive: JsonObject): readonly (string | null)[] {
  const sections = (readArray(readObject(interactive, "action"), "sections") ?? []).filter(isObject);
  return sections.flatMap((section) => [
    readString(section, "title") ?? null,
    ...(readArray(section, "product_items") ?? []).filter(isObject).map((item) => `- ${productOf(item) ?? "product"}`),
  ]);
}

function orderText(interactive: JsonObject): string | null {
  return joinLines([askedText(interactive), labelled("Order", readString(parametersOf(interactive), "reference_id"))]);
}

/** Where nothing else can be read of it. */
const WORDLESS: ReadonlyMap<string, string> = new Map([
  ["button_reply", "Tapped a button"],
  ["list_reply", "Chose from a list"],
  ["nfm_reply", "Filled in a form"],
]);

export function interactiveText(interactive: JsonObject | undefined): string | null {
  if (interactive === undefined) return null;
  return wordsOf(interactive) ?? WORDLESS.get(readString(interactive, "type") ?? "") ?? "Message with buttons, a list or a form";
}

function wordsOf(interactive: JsonObject): string | null {
  const kind = readString(interactive, "type") ?? "";
  const answer = readObject(interactive, kind);
  const sent = SENT.get(kind);
  if (sent !== undefined && answer === undefined) return sent(interactive);
  const label = LABELS.get(kind);
  if (label !== undefined) return joinLines([labelled(label, describedText(answer)), readString(readObject(interactive, "body"), "text")]);
  if (kind === "nfm_reply") return joinLines([readString(answer, "body"), readFormAnswer(answer)]);
  if (kind === "call_permission_reply") return `Call permission: ${readString(answer, "response") ?? "no answer"}`;
  const title = firstOf(answer, ["title", "name", "id"]);
  const description = readString(answer, "description");
  if (title !== null) return description === undefined ? title : `${title} (${description})`;
  return askedText(interactive);
}

function describedText(node: JsonObject | undefined): string {
  const price = [readString(node, "price"), readString(node, "currency")].filter((part) => part !== undefined).join(" ");
  const keys = ["description", "note", "starts_at", "place", "url"] as const;
  const name = readString(node, "name") ?? readString(node, "product_retailer_id");
  return joinParts([name, price, ...keys.map((key) => readString(node, key))]);
}

/** What was asked: its heading, its text, and where its buttons lead. */
function askedText(interactive: JsonObject): string | null {
  const part = (key: string): string | null => firstOf(interactive[key], ["text"]);
  const links = (readArray(readObject(interactive, "action"), "buttons") ?? []).map(linkText);
  return joinLines([part("header"), part("body"), part("footer"), ...links]);
}

function linkText(button: Json): string | null {
  const target = firstOf(button, ["url", "phone_number"]);
  if (!isObject(button) || target === null) return null;
  return labelled(readString(button, "title") ?? "Link", target);
}
