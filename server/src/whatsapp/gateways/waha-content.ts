// Owns: the content of a WAHA message in the Cloud API's shape. Where the engine passes WhatsApp's own message along, that is read; else what WAHA
// made of it. Refuses to know: who wrote it.
import type { Json, JsonObject } from "../../kernel/json.ts";
import type { MessageType } from "../message-kinds.ts";
import { isObject, readArray, readInteger, readObject, readScalar, readString } from "../../kernel/read-json.ts";
import { readableText } from "../readable-text.ts";
import { type BaileysContent, readBaileysContent } from "./baileys-content.ts";
import { callNode } from "./baileys-kinds.ts";
import { inPlainSpelling, present } from "./plain-message.ts";
import { withoutBulk } from "./gateway-item.ts";
import { readVcard } from "../vcard.ts";
import { readWahaMessageId } from "./waha-message-id.ts";

type MediaType = Extract<MessageType, "image" | "video" | "audio" | "document" | "sticker">;

const MEDIA_OF_MIME: readonly (readonly [RegExp, MediaType])[] = [
  [/^image\/webp/, "sticker"],
  [/^image\//, "image"],
  [/^video\//, "video"],
  [/^audio\//, "audio"],
];
const TYPES_OF_WEBJS: ReadonlyMap<string, MediaType> = new Map([
  ["image", "image"],
  ["video", "video"],
  ["ptv", "video"],
  ["ptt", "audio"],
  ["audio", "audio"],
  ["document", "document"],
  ["sticker", "sticker"],
]);

/** Of the engine WEBJS: nothing that anybody wrote. */
const NOT_WRITTEN: ReadonlySet<string> = new Set([
  "album",
  "broadcast_notification",
  "ciphertext",
  "debug",
  "e2e_notification",
  "gp2",
  "keep_in_chat",
  "notification",
  "notification_template",
  "pinned_message",
  "protocol",
]);

export function readWahaContent(payload: JsonObject): BaileysContent {
  const data = readObject(payload, "_data");
  const original = readObject(data, "message") ?? readObject(data, "Message");
  const read = original === undefined || Object.keys(original).length === 0 ? undefined : readBaileysContent(inPlainSpelling(original));
  if (read?.kind === "none" && readString(payload, "body") === undefined && payload["hasMedia"] !== true) return read;
  if (read?.kind === "content" && read.type !== "unknown") return withMedia(read, payload);
  const kind = readString(data, "type") ?? "";
  if (NOT_WRITTEN.has(kind)) return { kind: "none", field: kind };
  return readPlain(payload);
}

/** The file that WAHA downloaded is beside the content. */
function withMedia(read: Extract<BaileysContent, { kind: "content" }>, payload: JsonObject): BaileysContent {
  const media = mediaOf(payload);
  const node = readObject(read.content, read.type);
  const quotedId = read.quotedId ?? quotedIdOf(payload);
  const content = {
    ...read.content,
    ...(node === undefined ? {} : { [read.type]: { ...media, ...node } }),
    ...(quotedId === undefined ? {} : { context: { id: quotedId } }),
    gateway: gatewayNode(payload),
  };
  return { ...read, content, ...(quotedId === undefined ? {} : { quotedId }) };
}

function readPlain(payload: JsonObject): BaileysContent {
  const { type, node } = plainNode(payload);
  const quotedId = quotedIdOf(payload);
  const context = quotedId === undefined ? {} : { context: { id: quotedId } };
  const content = { type, [type]: node, ...context, gateway: gatewayNode(payload) };
  return { kind: "content", type, content, text: readableText(type, content), ...(quotedId === undefined ? {} : { quotedId }) };
}

interface PlainNode {
  readonly type: MessageType;
  readonly node: Json;
}

function plainNode(payload: JsonObject): PlainNode {
  const body = readString(payload, "body");
  const cards = (readArray(payload, "vCards") ?? []).filter((card) => typeof card === "string");
  if (cards.length > 0) return { type: "contacts", node: cards.map((card) => readVcard(card)) };
  const location = readObject(payload, "location");
  if (location !== undefined) {
    const name = readString(location, "name") ?? readString(location, "title") ?? readString(location, "description");
    const position = { latitude: location["latitude"] ?? null, longitude: location["longitude"] ?? null };
    return { type: "location", node: name === undefined ? position : { ...position, name } };
  }
  if (payload["hasMedia"] === true) return fileNode(payload, body);
  return specialNode(readObject(payload, "_data"), body) ?? { type: "placeholder", node: {} };
}

/** WEBJS puts the name of a file where its caption is otherwise. */
function fileNode(payload: JsonObject, body: string | undefined): PlainNode {
  const media = mediaOf(payload);
  const type = mediaTypeOf(payload, media);
  const filename = readString(media, "filename") ?? (type === "document" && body !== undefined && FILE_NAME.test(body) ? body : undefined);
  const named = filename === undefined ? media : { ...media, filename };
  return { type, node: body === undefined || body === filename ? named : { ...named, caption: body } };
}

const FILE_NAME = /^[^\n/\\]{1,120}\.[A-Za-z0-9]{1,5}$/;

/** Kinds of the engine WEBJS, which passes no message of WhatsApp's own along. */
function specialNode(data: JsonObject | undefined, body: string | undefined): PlainNode | undefined {
  const kind = readString(data, "type") ?? "";
  if (kind === "call_log") return { type: "call", node: callNode(data?.["isVideoCall"] === true, false) };
  if (kind === "poll_creation") {
    const options = (readArray(data, "pollOptions") ?? []).filter(isObject).map((option) => ({ name: readString(option, "name") ?? "" }));
    return { type: "poll", node: present({ name: readString(data, "pollName") ?? body, options }) };
  }
  if (kind === "order")
    return { type: "order", node: present({ text: body, title: readString(data, "orderTitle"), item_count: data?.["itemCount"] }) };
  if (kind === "groups_v4_invite") {
    const invite = present({ name: readString(data, "inviteGrpName") });
    return {
      type: "interactive",
      node: present({ type: "group_invite", group_invite: invite, body: body === undefined ? undefined : { text: body } }),
    };
  }
  if (body !== undefined) return { type: "text", node: { body } };
  return kind === "" || kind === "chat" ? undefined : { type: "unsupported", node: { type: kind } };
}

function mediaTypeOf(payload: JsonObject, media: JsonObject): MediaType {
  const named = TYPES_OF_WEBJS.get(readString(readObject(payload, "_data"), "type") ?? "");
  const mimeType = readString(media, "mime_type") ?? "";
  return named ?? MEDIA_OF_MIME.find(([pattern]) => pattern.test(mimeType))?.[1] ?? "document";
}

function mediaOf(payload: JsonObject): JsonObject {
  const media = readObject(payload, "media");
  const data = readObject(payload, "_data");
  const voice = readString(data, "type") === "ptt";
  return present({
    mime_type: readString(media, "mimetype"),
    filename: readString(media, "filename") ?? readString(data, "filename"),
    link: readString(media, "url"),
    voice: voice ? true : undefined,
    seconds: readInteger(data, "duration"),
  });
}

function quotedIdOf(payload: JsonObject): string | undefined {
  const replyTo = payload["replyTo"];
  const id = isObject(replyTo) ? readScalar(replyTo, "id") : typeof replyTo === "string" ? replyTo : undefined;
  return readWahaMessageId(id)?.bareId;
}

function gatewayNode(payload: JsonObject): JsonObject {
  return withoutBulk(payload);
}
