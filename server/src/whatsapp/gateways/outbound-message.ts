// Owns: what every gateway needs of a message to send, read once from our request. Refuses to know: any gateway's own form.
import type { JsonObject } from "../../kernel/json.ts";
import { isObject, readArray, readObject, readScalar, readString } from "../../kernel/read-json.ts";
import { refusedHere } from "../graph-answer.ts";
import { ownFileId } from "../media-nodes.ts";
import { type NamedMessage, quotedBy } from "../named-message.ts";
import type { Gateway } from "../providers.ts";
import { isSentBy, phoneOf, refusalBy, type SendKind, sendKindOf, type SentBy } from "../sendable.ts";
import type { SendAddress } from "../send-address.ts";
import type { Rejection, SendRequest } from "../transport.ts";
import { encloseFile, type Enclosure } from "./enclose-file.ts";
import { classifyJid } from "./jid.ts";

/** How WhatsApp Web names a message within a chat. */
export interface NamedKey {
  readonly id: string;
  readonly fromMe: boolean;
  /** In a group: the address of who wrote it. */
  readonly participant?: string;
  readonly text?: string;
}

export interface GatewayMessage<Kind extends SendKind = SendKind> {
  /** A phone, a linked id (`…@lid`) or a group, as an address of WhatsApp Web. */
  readonly jid: string;
  readonly kind: Kind;
  readonly content: JsonObject;
  /** The node of the type; empty when there is none. */
  readonly node: JsonObject;
  /** The message that this one quotes. */
  readonly quote: NamedKey | undefined;
  /** The message that this one changes. */
  readonly target: NamedKey | undefined;
  /** The file of ours that its node names: handed over within the request. */
  readonly enclosed: Enclosure | undefined;
}

/** A rejection for what this gateway does not send. It is refused when it is accepted, so hardly anything is refused here. */
export function readOutbound<G extends Gateway>(gateway: G, request: SendRequest): GatewayMessage<SentBy<G>> | Rejection {
  const { to, content, names } = request;
  const jid = jidOf(to);
  if (jid === undefined) {
    return refusedHere(
      "no address",
      "A gateway reaches phones, linked ids and groups, and this message has none of them. It is kept unsent.",
    );
  }
  const kind = sendKindOf(content);
  const refusal = refusalBy(gateway, { content, isGroup: to.kind === "group" });
  if (kind === undefined || refusal !== undefined || !isSentBy(gateway, kind)) {
    const { why, instead } = refusal ?? { why: "This gateway does not know messages of this kind.", instead: "Send it as text." };
    return refusedHere("cannot send this", `${why} The message is kept unsent. ${instead}`);
  }
  const key = names === undefined ? undefined : keyOf(names);
  const isQuote = quotedBy(request) !== undefined;
  const node = readObject(content, readString(content, "type") ?? "") ?? {};
  const fileId = ownFileId(node);
  const file = request.files?.find(({ id }) => id === fileId);
  if (fileId !== undefined && file === undefined)
    return refusedHere(
      "file gone",
      "The file of this message is not there any more. The message is kept unsent. Upload the file and send it again.",
    );
  const enclosed = file === undefined ? undefined : encloseFile(file);
  return { jid, kind, content, node, enclosed, quote: isQuote ? key : undefined, target: isQuote ? undefined : key };
}

/** A document without a name of its own: gateways insist on one for what is handed over within the request. */
export function fileNameOf({ node, kind, enclosed }: GatewayMessage): string | undefined {
  return readString(node, "filename") ?? (kind === "document" && enclosed !== undefined ? "document" : undefined);
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

export const NO_CHAT = refusedHere(
  "no chat",
  "A gateway marks messages read in the chat of a phone, a linked id or a group, and this conversation has none of them.",
);

/** Gateways take numbers; the Cloud API's own form is a text. */
export function coordinatesOf({ node }: GatewayMessage): { readonly latitude: number; readonly longitude: number } {
  return { latitude: Number(readScalar(node, "latitude")), longitude: Number(readScalar(node, "longitude")) };
}

export interface OutboundPoll {
  readonly name: string;
  readonly options: readonly string[];
  /** Any number of them may be chosen; otherwise one. */
  readonly isMultiple: boolean;
}

export function pollOf({ node }: GatewayMessage): OutboundPoll {
  const options = (readArray(node, "options") ?? []).flatMap((option) => (isObject(option) ? [readString(option, "name") ?? ""] : []));
  return { name: readString(node, "name") ?? "", options, isMultiple: node["multiple_answers"] === true };
}

/** A contact card in the Cloud API's shape, with what gateways take of it. */
export interface OutboundCard {
  readonly name: string;
  readonly phone: string;
  readonly digits: string;
  readonly organization: string | undefined;
  readonly email: string | undefined;
  readonly url: string | undefined;
}

export function cardsOf({ content }: GatewayMessage): readonly OutboundCard[] {
  const cards = (readArray(content, "contacts") ?? []).filter(isObject);
  return cards.map((card) => {
    const { shown = "", waId } = phoneOf(card);
    return {
      name: readString(readObject(card, "name"), "formatted_name") ?? shown,
      phone: shown,
      digits: waId ?? shown.replaceAll(/\D/g, ""),
      organization: readString(readObject(card, "org"), "company"),
      email: readString(objectsOf(card, "emails")[0], "email"),
      url: readString(objectsOf(card, "urls")[0], "url"),
    };
  });
}

export function objectsOf(node: JsonObject | undefined, key: string): readonly JsonObject[] {
  return (readArray(node, key) ?? []).filter(isObject);
}
