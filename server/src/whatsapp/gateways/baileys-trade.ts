// Owns: orders, products, payments, events and invitations of WhatsApp Web in the Cloud API's shape, or near it where the Cloud API has none.
// Refuses to know: whether a price is right.
import type { JsonObject } from "../../kernel/json.ts";
import { readObject, readString } from "../read-json.ts";
import { type Converted, present, readLong } from "./plain-message.ts";

/** Thousandths of the currency. */
function priceOf(node: JsonObject | undefined, key: string): string | undefined {
  const thousandths = readLong(node, key);
  return thousandths === undefined ? undefined : (thousandths / 1000).toFixed(2);
}

const timeOf = (seconds: number | undefined): string | undefined =>
  seconds === undefined || !(seconds > 0 && seconds < 4_102_444_800)
    ? undefined
    : `${new Date(seconds * 1000).toISOString().slice(0, 16).replace("T", " ")} UTC`;

/** `interactive` with a kind that only the gateways have, and what the sender wrote with it as its body. */
function special(kind: string, node: JsonObject, words?: string): Converted {
  return { type: "interactive", node: present({ type: kind, [kind]: node, body: words === undefined ? undefined : { text: words } }) };
}

export function order(node: JsonObject): Converted {
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

export function product(node: JsonObject): Converted {
  const own = readObject(node, "product");
  const facts = {
    name: readString(own, "title"),
    description: readString(own, "description"),
    product_retailer_id: readString(own, "retailerId"),
    price: priceOf(own, "priceAmount1000"),
    currency: readString(own, "currencyCode"),
    url: readString(own, "url"),
  };
  return special("product", present(facts), readString(node, "body"));
}

export function event(node: JsonObject): Converted {
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

export function scheduledCall(node: JsonObject): Converted {
  const startMs = readLong(node, "scheduledTimestampMs");
  const startsAt = timeOf(startMs === undefined ? undefined : startMs / 1000);
  return special("event", present({ name: readString(node, "title") ?? "Call", starts_at: startsAt }));
}

export function invite(node: JsonObject): Converted {
  const facts = { name: readString(node, "groupName"), group_id: readString(node, "groupJid"), code: readString(node, "inviteCode") };
  return special("group_invite", present(facts), readString(node, "caption"));
}

export function newsletterInvite(node: JsonObject): Converted {
  const facts = { name: readString(node, "newsletterName"), newsletter_id: readString(node, "newsletterJid") };
  return special("newsletter_invite", present(facts), readString(node, "caption"));
}

export const payment =
  (what: string) =>
  (node: JsonObject): Converted => {
    const note = readObject(node, "noteMessage");
    const words =
      readString(note, "conversation") ?? readString(readObject(note, "extendedTextMessage"), "text") ?? readString(node, "note");
    const facts = { name: what, price: priceOf(node, "amount1000"), currency: readString(node, "currencyCodeIso4217"), note: words };
    return special("payment", present(facts));
  };
