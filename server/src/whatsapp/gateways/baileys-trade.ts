// Owns: orders, products, payments, events and invitations of WhatsApp Web in the Cloud API's shape, or near it where the Cloud API has none.
// Refuses to know: whether a price is right.
import type { JsonObject } from "../../kernel/json.ts";
import { readObject, readScalar, readString } from "../../kernel/read-json.ts";
import { type CloudNode, present, readLong } from "./plain-message.ts";

/** Thousandths of the currency, unless another share is named. */
function priceOf(node: JsonObject | undefined, key: string, share = 1000): string | undefined {
  const shares = readLong(node, key);
  return shares === undefined || share <= 0 ? undefined : (shares / share).toFixed(2);
}

const timeOf = (seconds: number | undefined): string | undefined =>
  seconds === undefined || !(seconds > 0 && seconds < 4_102_444_800)
    ? undefined
    : `${new Date(seconds * 1000).toISOString().slice(0, 16).replace("T", " ")} UTC`;

/** `interactive` with a kind that only the gateways have, and what the sender wrote with it as its body. */
function special(kind: string, node: JsonObject, words?: string): CloudNode {
  return { type: "interactive", node: present({ type: kind, [kind]: node, body: words === undefined ? undefined : { text: words } }) };
}

export function order(node: JsonObject): CloudNode {
  const facts = {
    text: readString(node, "message"),
    title: readString(node, "orderTitle"),
    order_id: readString(node, "orderId"),
    item_count: readLong(node, "itemCount"),
    total: priceOf(node, "totalAmount1000"),
    currency: readString(node, "totalCurrencyCode"),
  };
  return { type: "order", node: present(facts) };
}

export function product(node: JsonObject): CloudNode {
  const own = readObject(node, "product");
  const shop = own === undefined ? readObject(node, "catalog") : undefined;
  const facts = {
    name: readString(own, "title") ?? readString(shop, "title"),
    description: readString(own, "description") ?? readString(shop, "description"),
    product_retailer_id: readString(own, "retailerId"),
    price: priceOf(own, "priceAmount1000"),
    currency: readString(own, "currencyCode"),
    url: readString(own, "url"),
  };
  return special("product", present(facts), readString(node, "body"));
}

export function event(node: JsonObject): CloudNode {
  const place = readObject(node, "location");
  const facts = {
    name: readString(node, "name"),
    description: readString(node, "description"),
    starts_at: timeOf(readLong(node, "startTime")),
    place: readString(place, "name") ?? readString(place, "address"),
    url: readString(node, "joinLink"),
    note: node["isCanceled"] === true ? "cancelled" : undefined,
  };
  return special("event", present(facts));
}

const EVENT_ANSWERS: ReadonlyMap<string, string> = new Map([
  ["1", "Going"],
  ["GOING", "Going"],
  ["2", "Not going"],
  ["NOT_GOING", "Not going"],
  ["3", "Maybe"],
  ["MAYBE", "Maybe"],
]);

export function eventAnswer(node: JsonObject): CloudNode {
  const guests = readLong(node, "extraGuestCount") ?? 0;
  const name = EVENT_ANSWERS.get(readScalar(node, "response") ?? "") ?? "Answered";
  return special("event_answer", present({ name, note: guests > 0 ? `and ${String(guests)} more` : undefined }));
}

export function scheduledCall(node: JsonObject): CloudNode {
  const startMs = readLong(node, "scheduledTimestampMs");
  const startsAt = timeOf(startMs === undefined ? undefined : startMs / 1000);
  return special("event", present({ name: readString(node, "title") ?? "Call", starts_at: startsAt }));
}

export function invite(node: JsonObject): CloudNode {
  const facts = { name: readString(node, "groupName"), group_id: readString(node, "groupJid"), code: readString(node, "inviteCode") };
  return special("group_invite", present(facts), readString(node, "caption"));
}

export function newsletterInvite(node: JsonObject): CloudNode {
  const facts = { name: readString(node, "newsletterName"), newsletter_id: readString(node, "newsletterJid") };
  return special("newsletter_invite", present(facts), readString(node, "caption"));
}

export const payment =
  (what: string) =>
  (node: JsonObject): CloudNode => {
    const note = readObject(node, "noteMessage");
    const words =
      readString(note, "conversation") ?? readString(readObject(note, "extendedTextMessage"), "text") ?? readString(node, "note");
    const amount = readObject(node, "amount");
    const facts = {
      name: what,
      price: priceOf(node, "amount1000") ?? priceOf(amount, "value", readLong(amount, "offset")),
      currency: readString(node, "currencyCodeIso4217") ?? readString(amount, "currencyCode"),
      note: words,
    };
    const requestId = readString(readObject(node, "requestMessageKey") ?? readObject(node, "key"), "id");
    return { ...special("payment", present(facts)), ...(requestId === undefined ? {} : { quotedId: requestId }) };
  };
