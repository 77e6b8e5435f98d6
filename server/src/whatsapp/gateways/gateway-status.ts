// Owns: the acknowledgements of WhatsApp Web, as words or as numbers, on Onethread's scale of delivery. Refuses to know: the message they are about.
import type { CustomerIdentity, DeliveryStatus, StatusEvent } from "../events.ts";
import type { Chat } from "./chat.ts";
import type { GatewayItem } from "./gateway-item.ts";

const BAILEYS_WORDS: ReadonlyMap<string, DeliveryStatus> = new Map([
  ["ERROR", "failed"],
  ["0", "failed"],
  ["SERVER_ACK", "sent"],
  ["2", "sent"],
  ["DELIVERY_ACK", "delivered"],
  ["3", "delivered"],
  ["READ", "read"],
  ["4", "read"],
  ["PLAYED", "played"],
  ["5", "played"],
]);

const WAHA_ACKS: ReadonlyMap<string, DeliveryStatus> = new Map([
  ["-1", "failed"],
  ["1", "sent"],
  ["2", "delivered"],
  ["3", "read"],
  ["4", "played"],
]);

/** Of Baileys and Evolution. Undefined for "pending", which says nothing new, and for words that are not known. */
export function readBaileysStatus(word: string | undefined): DeliveryStatus | undefined {
  return word === undefined ? undefined : BAILEYS_WORDS.get(word);
}

export function readWahaAck(ack: string | undefined): DeliveryStatus | undefined {
  return ack === undefined ? undefined : WAHA_ACKS.get(ack);
}

export interface StatusFacts {
  readonly providerMessageId: string;
  readonly status: DeliveryStatus;
  readonly at: Date;
  readonly chat: Chat;
}

export function statusEvent({ provider, channelKey, raw }: GatewayItem, { providerMessageId, status, at, chat }: StatusFacts): StatusEvent {
  const customer: CustomerIdentity = chat.kind === "person" || chat.kind === "group" ? chat.customer : {};
  return {
    kind: "status",
    provider,
    channelKey,
    providerMessageId,
    status,
    at,
    participant: chat.kind === "group" ? (customer.phone ?? customer.lid ?? "") : "",
    customer,
    ...ourOwnId(provider, providerMessageId),
    ...(status === "failed" ? { fault: { code: -1, title: "The gateway reports that WhatsApp did not take the message." } } : {}),
    raw,
  };
}

const BRIDGE_ID = /^3EB0([0-9A-F]{8})([0-9A-F]{4})([0-9A-F]{4})([0-9A-F]{4})([0-9A-F]{12})$/;

/** Sent by our bridge, and reported as a message by the socket, perhaps after the bridge itself has forgotten. */
export function isBridgeSend({ provider }: GatewayItem, providerMessageId: string | undefined): providerMessageId is string {
  return provider === "baileys" && providerMessageId !== undefined && BRIDGE_ID.test(providerMessageId);
}

/** What our bridge sends carries the id of our own message in its key (baileys-client.ts), so a lost answer is settled by the first status. */
function ourOwnId(provider: GatewayItem["provider"], providerMessageId: string): { readonly callbackData?: string } {
  const match = provider === "baileys" ? BRIDGE_ID.exec(providerMessageId) : null;
  return match === null ? {} : { callbackData: match.slice(1).join("-").toLowerCase() };
}
