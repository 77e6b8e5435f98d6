// Owns: the content of a WhatsApp Web message (its protobuf as JSON) in the Cloud API's shape, the original beside it under "gateway". Refuses to
// know: who wrote it, when, and how a gateway packs it.
import type { JsonObject } from "../../kernel/json.ts";
import type { MessageType } from "../message-kinds.ts";
import { isObject, readObject, readScalar, readString } from "../../kernel/read-json.ts";
import { readableText } from "../readable-text.ts";
import { withoutBulk } from "./gateway-item.ts";
import { readTime } from "../provider-time.ts";
import { callNode, convertKind, convertUnnamed, isBookkeeping } from "./baileys-kinds.ts";
import { type CloudNode, present, unwrap } from "./plain-message.ts";

export interface ReadContent {
  readonly kind: "content";
  readonly type: MessageType;
  readonly content: JsonObject;
  readonly text: string | null;
  readonly quotedId?: string;
  readonly targetId?: string;
  /** An edit or a revoke has no id that is the same in every form in which it comes; this one is. */
  readonly changeId?: string;
  readonly changedAt?: Date;
}

/** `none`: nothing of a thread (keys, receipts, settings of the protocol), under the name by which it is counted. */
export type BaileysContent = ReadContent | { readonly kind: "none"; readonly field: string };

/** These come along with a message, or alone; they are none. */
const COMPANIONS: ReadonlySet<string> = new Set([
  "messageContextInfo",
  "senderKeyDistributionMessage",
  "base64",
  "mediaUrl",
  "conversation",
]);

/** `outerContext`: Evolution rewrites a text with a quote to a plain one and puts the quote beside the message. */
export function readBaileysContent(message: JsonObject, outerContext?: JsonObject): BaileysContent {
  const inner = unwrap(message);
  const protocol = readObject(inner, "protocolMessage");
  if (protocol !== undefined) return readProtocol(protocol);
  const plain = readString(inner, "conversation");
  if (plain !== undefined) return finish({ type: "text", node: { body: plain } }, message, outerContext);
  for (const [key, node] of Object.entries(inner)) {
    const converted = isObject(node) ? convertKind(key, node) : undefined;
    if (converted !== undefined && isObject(node)) return finish(converted, message, readObject(node, "contextInfo") ?? outerContext);
  }
  const secret = readObject(inner, "secretEncryptedMessage");
  if (secret !== undefined) return readSecretEdit(secret);
  const unknown = Object.keys(inner).find((key) => !COMPANIONS.has(key) && inner[key] !== null);
  if (isSeenOnce(message)) return placeholderOf(undefined, message);
  if (unknown === undefined) return { kind: "none", field: "companion" };
  if (isBookkeeping(unknown)) return { kind: "none", field: unknown };
  const unnamed = convertUnnamed(readObject(inner, unknown) ?? {});
  if (unnamed !== undefined) return finish(unnamed, message, readObject(readObject(inner, unknown), "contextInfo") ?? outerContext);
  const content = { type: unknown, gateway: withoutBulk(message) };
  return { kind: "content", type: "unknown", content, text: readableText("unknown", content) };
}

/** Its wrapper came, its content stayed on the phone. */
function isSeenOnce(message: JsonObject): boolean {
  return Object.keys(message).some(
    (key) => key.startsWith("viewOnceMessage") || isSeenOnce(readObject(readObject(message, key), "message") ?? {}),
  );
}

/** A revoke of the message with this id; every gateway's form of it gives the same. */
export function revokeOf(targetId: string, gateway: JsonObject): ReadContent {
  const content = { type: "revoke", revoke: { original_message_id: targetId }, gateway: withoutBulk(gateway) };
  return { kind: "content", type: "revoke", content, text: null, targetId, changeId: `revoke:${targetId}` };
}

/** An edit of the message with this id. `changedAt` distinguishes one edit from the next; without it the new text does. */
export function editOf(targetId: string, edited: JsonObject, changedAt: Date | undefined): ReadContent | undefined {
  const read = readBaileysContent(edited);
  if (read.kind === "none" || read.type === "edit") return undefined;
  const { gateway, ...message } = read.content;
  const content = { type: "edit", edit: { original_message_id: targetId, message }, ...(gateway === undefined ? {} : { gateway }) };
  const version = changedAt?.getTime() ?? read.text ?? "";
  const changeId = `edit:${targetId}:${version}`.slice(0, 200);
  return {
    kind: "content",
    type: "edit",
    content,
    text: readableText("edit", content),
    targetId,
    changeId,
    ...(changedAt && { changedAt }),
  };
}

/** An edit that only the phone can decrypt is noted on its message. */
function readSecretEdit(secret: JsonObject): BaileysContent {
  const kind = readScalar(secret, "secretEncType") ?? "none";
  const targetId = readString(readObject(secret, "targetMessageKey"), "id");
  if (targetId === undefined || (kind !== "2" && kind !== "MESSAGE_EDIT")) return { kind: "none", field: `secret.${kind}`.slice(0, 60) };
  const content = { type: "edit", edit: { original_message_id: targetId }, gateway: withoutBulk(secret) };
  return { kind: "content", type: "edit", content, text: null, targetId };
}

function readProtocol(protocol: JsonObject): BaileysContent {
  const kind = readScalar(protocol, "type") ?? "REVOKE";
  const targetId = readString(readObject(protocol, "key"), "id");
  if (targetId !== undefined && (kind === "REVOKE" || kind === "0")) return revokeOf(targetId, protocol);
  const edited = readObject(protocol, "editedMessage");
  const edit = targetId === undefined || edited === undefined ? undefined : editOf(targetId, edited, readTime(protocol, "timestampMs"));
  return edit ?? { kind: "none", field: `protocol.${kind}`.slice(0, 60) };
}

function finish({ type, node, ...named }: CloudNode, message: JsonObject, contextInfo: JsonObject | undefined): ReadContent {
  const commented = readObject(readObject(message, "commentMessage"), "targetMessageKey");
  const quotedId = readString(contextInfo, "stanzaId") ?? named.quotedId ?? readString(commented, "id");
  const referral = adOf(contextInfo);
  const context = present({ id: quotedId, referred_product: productOf(contextInfo) });
  const content = {
    type,
    [type]: node,
    ...(Object.keys(context).length === 0 ? {} : { context }),
    ...(referral === undefined ? {} : { referral }),
    gateway: withoutBulk(message),
  };
  return {
    kind: "content",
    type,
    content,
    text: readableText(type, content),
    ...(quotedId === undefined ? {} : { quotedId }),
    ...(named.targetId === undefined ? {} : { targetId: named.targetId }),
  };
}

/** The advertisement that the customer clicked, in the words of the Cloud API. */
function adOf(contextInfo: JsonObject | undefined): JsonObject | undefined {
  const ad = readObject(contextInfo, "externalAdReply");
  const referral = present({
    source_url: readString(ad, "sourceUrl"),
    source_id: readString(ad, "sourceId"),
    source_type: readString(ad, "sourceType"),
    headline: readString(ad, "title"),
    body: readString(ad, "body"),
    image_url: readString(ad, "originalImageUrl") ?? readString(ad, "thumbnailUrl"),
    video_url: readString(ad, "mediaUrl"),
    ctwa_clid: readString(ad, "ctwaClid"),
  });
  return Object.keys(referral).length === 0 ? undefined : referral;
}

/** The product of the catalog that is asked about, in the words of the Cloud API. */
function productOf(contextInfo: JsonObject | undefined): JsonObject | undefined {
  const product = readObject(readObject(readObject(contextInfo, "quotedMessage"), "productMessage"), "product");
  const id = readString(product, "retailerId") ?? readString(product, "title") ?? readString(product, "productId");
  return id === undefined ? undefined : { product_retailer_id: id };
}

/** Something came that this gateway cannot show. It may be sent again under its own id, so the note has another. */
export function placeholderOf(messageId: string | undefined, gateway: JsonObject): ReadContent {
  const content = { type: "placeholder", placeholder: {}, gateway: withoutBulk(gateway) };
  const changeId = messageId === undefined ? {} : { changeId: `placeholder:${messageId}` };
  return { kind: "content", type: "placeholder", content, text: readableText("placeholder", content), ...changeId };
}

/** A call that nobody took comes as a message without content. */
export function missedCall(isVideo: boolean, gateway: JsonObject): ReadContent {
  const content = { type: "call", call: callNode(isVideo, true), gateway: withoutBulk(gateway) };
  return { kind: "content", type: "call", content, text: readableText("call", content) };
}
