// Owns: what every gateway needs of a message to send, and the reasons why a gateway cannot send it. Refuses to know: any gateway's own form.
import type { JsonObject } from "../../kernel/json.ts";
import { refusedHere } from "../graph-answer.ts";
import { isObject, readObject, readString } from "../../kernel/read-json.ts";
import { type NamedMessage, quotedBy } from "../named-message.ts";
import type { SendAddress } from "../send-address.ts";
import type { Rejection, SendRequest } from "../transport.ts";
import { classifyJid } from "./jid.ts";

/** How WhatsApp Web names a message within a chat. */
export interface NamedKey {
  readonly id: string;
  readonly fromMe: boolean;
  /** In a group: the address of who wrote it. */
  readonly participant?: string;
  readonly text?: string;
}

/** A phone, a linked id (`…@lid`) or a group, as an address of WhatsApp Web. */
export interface GatewayMessage {
  readonly jid: string;
  /** The message that this one quotes. */
  readonly quote: NamedKey | undefined;
  /** The message that this one changes. */
  readonly target: NamedKey | undefined;
  readonly type: string;
  /** The node of the type; empty when there is none. */
  readonly node: JsonObject;
}

export function readOutbound(request: SendRequest): GatewayMessage | Rejection {
  const { to, content, names } = request;
  const jid = jidOf(to);
  if (jid === undefined) {
    return refusedHere(
      "no address",
      "A gateway reaches phones, linked ids and groups, and this message has none of them. It is kept unsent.",
    );
  }
  const type = readString(content, "type") ?? "";
  const quote = quotedBy(request);
  const key = names === undefined ? undefined : keyOf(names);
  return { jid, type, node: readObject(content, type) ?? {}, quote: quote && key, target: quote === undefined ? key : undefined };
}

function keyOf({ id, isOurs: fromMe, member, text }: NamedMessage): NamedKey {
  const participant = member === undefined ? undefined : jidOf(member);
  return { id, fromMe, ...(participant === undefined ? {} : { participant }), ...(text === undefined ? {} : { text }) };
}

/** The message that a reaction is to; of one that nothing is known of, the customer's. */
export function reactedTo({ target, node }: GatewayMessage): NamedKey {
  return target ?? { id: readString(node, "message_id") ?? "", fromMe: false };
}

/** Undefined for what is no address of WhatsApp Web, such as a user id of the Cloud API. */
export function jidOf(address: SendAddress): string | undefined {
  const jid = classifyJid(writtenJid(address));
  return jid === undefined || jid.kind === "ignored" ? undefined : jid.jid;
}

function writtenJid({ kind, value }: SendAddress): string | undefined {
  switch (kind) {
    case "phone":
      return `${value.replaceAll(/\D/g, "")}@s.whatsapp.net`;
    case "lid":
      return `${value}@lid`;
    case "group":
      return value;
    case "user":
      return undefined;
  }
}

export function cannotSend(type: string): Rejection {
  const reasons: Readonly<Record<string, string>> = {
    template: "Templates exist on the Cloud API only. The message is kept unsent. Send it as text.",
    interactive: "Through a gateway, buttons and lists often do not appear. The message is kept unsent. Send it as text.",
  };
  return refusedHere(
    `cannot send ${type}`,
    reasons[type] ?? `This gateway cannot send "${type}". The message is kept unsent. Send it as text.`,
  );
}

export const NO_CHAT = refusedHere(
  "no chat",
  "A gateway marks messages read in the chat of a phone, a linked id or a group, and this conversation has none of them.",
);

export const NO_LINK = refusedHere(
  "media without link",
  "A gateway fetches media from a link, and this message has none. It is kept unsent. Send it with a link.",
);

/** The phone numbers of contact cards in the Cloud API's shape. */
export interface OutboundCard {
  readonly name: string;
  readonly phone: string;
  readonly digits: string;
}

export function cardsOf(content: JsonObject): readonly OutboundCard[] {
  const contacts = content["contacts"];
  if (!Array.isArray(contacts)) return [];
  return contacts.flatMap((contact: unknown): readonly OutboundCard[] => {
    if (!isObject(contact)) return [];
    const phones = contact["phones"];
    const first = Array.isArray(phones) ? (phones[0] as unknown) : undefined;
    const phone = isObject(first) ? readString(first, "phone") : undefined;
    const waId = isObject(first) ? readString(first, "wa_id") : undefined;
    const name = readString(readObject(contact, "name"), "formatted_name");
    if (phone === undefined && waId === undefined) return [];
    const shown = phone ?? `+${waId ?? ""}`;
    return [{ name: name ?? shown, phone: shown, digits: waId ?? shown.replaceAll(/\D/g, "") }];
  });
}
