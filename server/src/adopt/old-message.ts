// Owns: from a row of an older database to a message of ours: its direction, type, author, status and content. Pure. Refuses to know: whose it is.
import type { JsonObject } from "../kernel/json.ts";
import type { CustomerIdentity } from "../whatsapp/events.ts";
import { MESSAGE_TYPES, type MessageType } from "../whatsapp/message-kinds.ts";
import { readBaileysContent, revokeOf, type ReadContent } from "../whatsapp/gateways/baileys-content.ts";
import { withParticipant } from "../whatsapp/participant.ts";
import { parseObject } from "../kernel/read-json.ts";
import { readableText } from "../whatsapp/readable-text.ts";
import { cleanObject, isDeeperThan, MAX_DEPTH } from "../kernel/storable-json.ts";
import type { IdentifierKind } from "../identity/identifier.ts";
import { readIdentifier } from "./read-identifier.ts";
import type { OldMessage } from "./old-rows.ts";

const MAX_NAME = 200;

export type OutboundStatus = "accepted" | "sent" | "delivered" | "read" | "played" | "failed";

export interface AdoptedMessage {
  readonly direction: "in" | "out";
  readonly author: "customer" | "ai" | "human" | "api";
  readonly providerMessageId: string | null;
  readonly type: MessageType;
  readonly text: string | null;
  readonly content: JsonObject;
  readonly quotedId: string | null;
  readonly targetId: string | null;
  readonly status: "received" | OutboundStatus;
  readonly errorCode: string | null;
  readonly errorText: string | null;
}

const DIRECTIONS: ReadonlyMap<string, "in" | "out"> = new Map([
  ...["in", "inbound", "incoming", "received", "receive", "customer", "from_customer"].map((word) => [word, "in"] as const),
  ...["out", "outbound", "outgoing", "sent", "send", "business", "to_customer"].map((word) => [word, "out"] as const),
]);

const STATUSES: ReadonlyMap<string, OutboundStatus> = new Map([
  ...["accepted", "submitted", "server_ack"].map((word) => [word, "accepted"] as const),
  ...["sent", "success", "ok"].map((word) => [word, "sent"] as const),
  ...["delivered", "delivery_ack"].map((word) => [word, "delivered"] as const),
  ...["read", "seen"].map((word) => [word, "read"] as const),
  ["played", "played"],
  ...["failed", "error", "undelivered", "rejected"].map((word) => [word, "failed"] as const),
]);
/** The old system was about to send it, and never recorded that it did. */
const UNSENT = new Set(["queued", "pending", "sending", "scheduled", "draft", "created"]);

const TYPES: ReadonlyMap<string, MessageType> = new Map([
  ...MESSAGE_TYPES.map((type) => [type, type] as const),
  ...["chat", "conversation", "extendedtextmessage", "string"].map((word) => [word, "text"] as const),
  ...["imagemessage", "photo", "picture"].map((word) => [word, "image"] as const),
  ["videomessage", "video"],
  ...["audiomessage", "ptt", "voice"].map((word) => [word, "audio"] as const),
  ...["documentmessage", "documentwithcaptionmessage", "file"].map((word) => [word, "document"] as const),
  ["stickermessage", "sticker"],
  ...["fallback", "share"].map((word) => [word, "unsupported"] as const),
  ["request_welcome", "system"],
  ["locationmessage", "location"],
  ...["contactmessage", "contactsarraymessage", "contact", "vcard"].map((word) => [word, "contacts"] as const),
]);

export function directionOf(row: Pick<OldMessage, "direction">): "in" | "out" | undefined {
  return DIRECTIONS.get(wordOf(row.direction));
}

/** Undefined: it is not a message. `fallbackId` is for one that was (or must have been) with the provider when the old system kept no id of the provider's. */
export function adoptMessage(row: OldMessage, direction: "in" | "out", fallbackId: string): AdoptedMessage | undefined {
  const own = row.providerMessageId?.trim() ?? "";
  const read = readOld(row, own);
  if (read === undefined) return undefined;
  const { id, ...words } = read;
  const known = id === "" ? null : id;
  const base = { direction, ...words, content: direction === "in" ? withParticipant(words.content, memberOf(row)) : words.content };
  if (direction === "in") {
    return { ...base, author: "customer", status: "received", providerMessageId: known ?? fallbackId, errorCode: null, errorText: null };
  }
  const author = row.author === "ai" || row.author === "human" ? row.author : "api";
  const word = wordOf(row.status);
  if (known === null && UNSENT.has(word)) {
    const errorText = `The older system left it as "${word}" and kept no sign that it was sent.`;
    return { ...base, author, status: "failed", providerMessageId: null, errorCode: "adopted_unsent", errorText };
  }
  const status = STATUSES.get(word) ?? "accepted";
  const failed = status === "failed";
  return {
    ...base,
    author,
    status,
    providerMessageId: known ?? (failed ? null : fallbackId),
    errorCode: failed ? "adopted_failed" : null,
    errorText: failed ? "It had failed in the older system." : null,
  };
}

const wordOf = (text: string | null): string => text?.trim().toLowerCase() ?? "";

type Words = Pick<AdoptedMessage, "type" | "text" | "content" | "quotedId" | "targetId"> & {
  /** The provider's; empty: none. */
  readonly id: string;
};

/** What WhatsApp Web made of it first, as a gateway's webhook would say it; else what the old system kept. Undefined: it is not a message. */
function readOld(row: OldMessage, id: string): Words | undefined {
  if (row.isRevoked === "true" && id !== "") return wordsOf(revokeOf(id, {}), row, id);
  const web = webMessageOf(row.webMessage);
  const read = web === undefined ? undefined : readBaileysContent(web, webMessageOf(row.webContext));
  if (read?.kind === "none") return undefined;
  if (read !== undefined && read.type !== "unknown") return wordsOf(read, row, id);
  const type = row.isRevoked === "true" ? "revoke" : typeOf(row);
  const content = contentOf(row, type);
  const text = type === "revoke" ? null : wordOf(row.body) === "" ? readableText(type, content) : row.body;
  return { id, type, text: text ?? row.body, content, quotedId: quotedIdOf(row), targetId: null };
}

function wordsOf(read: ReadContent, row: OldMessage, id: string): Words {
  const { body } = row;
  const isChange = read.changeId !== undefined;
  return {
    id: read.changeId ?? id,
    type: read.type,
    text: isChange || wordOf(body) === "" ? read.text : body,
    content: read.content,
    quotedId: read.quotedId ?? quotedIdOf(row),
    targetId: read.targetId ?? null,
  };
}

/** In a group; in a person's own chat the row names nobody else. */
function memberOf({ customer, member, otherMember, memberName }: OldMessage): CustomerIdentity {
  if (readIdentifier(customer)?.kind !== "group") return {};
  const ids = [member, otherMember].flatMap((text) => readIdentifier(text) ?? []);
  const find = (kind: IdentifierKind): string | undefined => ids.find((id) => id.kind === kind)?.value;
  const [phone, userId, lid, name] = [find("phone"), find("user"), find("lid"), memberName?.trim().slice(0, MAX_NAME)];
  return {
    ...(phone === undefined ? {} : { phone }),
    ...(userId === undefined ? {} : { userId }),
    ...(lid === undefined ? {} : { lid }),
    ...(name === undefined || name === "" || ids.length === 0 ? {} : { name }),
  };
}

function quotedIdOf({ quotedId }: OldMessage): string | null {
  const id = quotedId?.trim() ?? "";
  return id === "" ? null : id;
}

function webMessageOf(text: string | null): JsonObject | undefined {
  const json = text === null ? undefined : parseObject(text);
  return json !== undefined && !isDeeperThan(json, MAX_DEPTH) && Object.keys(json).length > 0 ? cleanObject(json) : undefined;
}

function typeOf(row: OldMessage): MessageType {
  const word = wordOf(row.attachment) === "" ? wordOf(row.type) : wordOf(row.attachment);
  return word === "" ? "text" : (TYPES.get(word) ?? "unknown");
}

/** What the old system kept is text; the node of another type is not invented. */
function contentOf(row: OldMessage, type: MessageType): JsonObject {
  if (type === "text") return { type, text: { body: row.body ?? "" } };
  const word = row.attachment ?? row.type;
  const adopted = { ...(word !== null && { type: word }), ...(row.body !== null && type !== "revoke" && { body: row.body }) };
  return { type, adopted };
}
