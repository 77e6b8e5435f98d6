// Owns: the content of a WAHA message in the Cloud API's shape. Where the engine passes WhatsApp's own message along, that is read; else what WAHA
// made of it. Refuses to know: who wrote it.
import type { Json, JsonObject } from "../../kernel/json.ts";
import type { MessageType } from "../events.ts";
import { isObject, readArray, readObject, readScalar, readString } from "../read-json.ts";
import { readableText } from "../readable-text.ts";
import { type BaileysContent, readBaileysContent } from "./baileys-content.ts";
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
  ["ptt", "audio"],
  ["audio", "audio"],
  ["document", "document"],
  ["sticker", "sticker"],
]);

export function readWahaContent(payload: JsonObject): BaileysContent {
  const data = readObject(payload, "_data");
  const original = readObject(data, "message") ?? readObject(data, "Message");
  const read = original === undefined ? undefined : readBaileysContent(original);
  if (read?.kind === "none" && readString(payload, "body") === undefined && payload["hasMedia"] !== true) return read;
  if (read?.kind === "content" && read.type !== "unknown") return withMedia(read, payload);
  return readPlain(payload);
}

/** The file that WAHA downloaded stands beside the content. */
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

function plainNode(payload: JsonObject): { readonly type: MessageType; readonly node: Json } {
  const body = readString(payload, "body");
  const cards = (readArray(payload, "vCards") ?? []).filter((card) => typeof card === "string");
  if (cards.length > 0) return { type: "contacts", node: cards.map((card) => readVcard(card)) };
  const location = readObject(payload, "location");
  if (location !== undefined) {
    const name = readString(location, "name") ?? readString(location, "title") ?? readString(location, "description");
    const position = { latitude: location["latitude"] ?? null, longitude: location["longitude"] ?? null };
    return { type: "location", node: name === undefined ? position : { ...position, name } };
  }
  if (payload["hasMedia"] === true) {
    const media = mediaOf(payload);
    return { type: mediaTypeOf(payload, media), node: body === undefined ? media : { ...media, caption: body } };
  }
  if (body !== undefined) return { type: "text", node: { body } };
  return { type: "unsupported", node: { type: readString(readObject(payload, "_data"), "type") ?? "empty" } };
}

function mediaTypeOf(payload: JsonObject, media: JsonObject): MediaType {
  const named = TYPES_OF_WEBJS.get(readString(readObject(payload, "_data"), "type") ?? "");
  const mimeType = readString(media, "mime_type") ?? "";
  return named ?? MEDIA_OF_MIME.find(([pattern]) => pattern.test(mimeType))?.[1] ?? "document";
}

function mediaOf(payload: JsonObject): JsonObject {
  const media = readObject(payload, "media");
  const parts = { mime_type: readString(media, "mimetype"), filename: readString(media, "filename"), link: readString(media, "url") };
  const node: Record<string, Json> = {};
  for (const [key, value] of Object.entries(parts)) if (value !== undefined) node[key] = value;
  return node;
}

function quotedIdOf(payload: JsonObject): string | undefined {
  const replyTo = payload["replyTo"];
  const id = isObject(replyTo) ? readScalar(replyTo, "id") : typeof replyTo === "string" ? replyTo : undefined;
  return readWahaMessageId(id)?.bareId;
}

function gatewayNode(payload: JsonObject): JsonObject {
  return withoutBulk(payload);
}
