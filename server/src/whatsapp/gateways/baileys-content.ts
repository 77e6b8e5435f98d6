// Owns: the content of a WhatsApp Web message (its protobuf as JSON) in the Cloud API's shape, the original beside it under "gateway". Refuses to
// know: who wrote it, when, and how a gateway packs it.
import type { Json, JsonObject } from "../../kernel/json.ts";
import type { MessageType } from "../events.ts";
import { isObject, readArray, readObject, readScalar, readString } from "../read-json.ts";
import { readableText } from "../readable-text.ts";
import { withoutBulk } from "./gateway-item.ts";
import { readTime } from "../provider-time.ts";
import { readVcard } from "../vcard.ts";

export interface ReadContent {
  readonly kind: "content";
  readonly type: MessageType;
  readonly content: JsonObject;
  readonly text: string | null;
  readonly quotedId?: string;
  readonly targetId?: string;
  /** An edit or a revoke has no id that is the same on every way it is told; this one is. */
  readonly changeId?: string;
  readonly changedAt?: Date;
}

/** `none`: nothing of a thread (keys, receipts, settings of the protocol), under the name by which it is counted. */
export type BaileysContent = ReadContent | { readonly kind: "none"; readonly field: string };

/** The Cloud API's node of a type, made of the gateway's. */
type Converter = (node: JsonObject) => { readonly type: MessageType; readonly node: Json; readonly targetId?: string };

const media =
  (type: "image" | "video" | "audio" | "document" | "sticker"): Converter =>
  (node) => ({ type, node: mediaNode(node) });

const CONVERTERS: ReadonlyMap<string, Converter> = new Map<string, Converter>([
  ["extendedTextMessage", (node) => ({ type: "text", node: { body: readString(node, "text") ?? "" } })],
  ["imageMessage", media("image")],
  ["videoMessage", media("video")],
  ["ptvMessage", media("video")],
  ["audioMessage", media("audio")],
  ["documentMessage", media("document")],
  ["stickerMessage", media("sticker")],
  ["locationMessage", (node) => ({ type: "location", node: locationNode(node) })],
  ["liveLocationMessage", (node) => ({ type: "location", node: locationNode(node) })],
  ["contactMessage", (node) => ({ type: "contacts", node: [contactNode(node)] })],
  [
    "contactsArrayMessage",
    (node) => ({ type: "contacts", node: (readArray(node, "contacts") ?? []).filter((card) => isObject(card)).map(contactNode) }),
  ],
  ["reactionMessage", reaction],
  ["buttonsResponseMessage", (node) => buttonReply(readString(node, "selectedButtonId"), readString(node, "selectedDisplayText"))],
  [
    "templateButtonReplyMessage",
    (node) => ({
      type: "button",
      node: present({ payload: readString(node, "selectedId"), text: readString(node, "selectedDisplayText") }),
    }),
  ],
  ["listResponseMessage", listReply],
  ["interactiveResponseMessage", formReply],
  ["pollCreationMessage", poll],
  ["pollCreationMessageV2", poll],
  ["pollCreationMessageV3", poll],
  ["pollUpdateMessage", () => unsupported("poll_update")],
  ["orderMessage", () => unsupported("order")],
]);

/** Wrappers around the message proper. */
const WRAPPERS = [
  "ephemeralMessage",
  "viewOnceMessage",
  "viewOnceMessageV2",
  "viewOnceMessageV2Extension",
  "documentWithCaptionMessage",
  "deviceSentMessage",
  "editedMessage",
  "lottieStickerMessage",
  "groupMentionedMessage",
] as const;
const DEEPEST_WRAPPING = 6;

/** These come along with a message, or alone; they are none. */
const COMPANIONS: ReadonlySet<string> = new Set(["messageContextInfo", "senderKeyDistributionMessage", "base64", "mediaUrl"]);

/** `outerContext`: Evolution rewrites a text with a quote to a plain one and puts the quote beside the message. */
export function readBaileysContent(message: JsonObject, outerContext?: JsonObject): BaileysContent {
  const inner = unwrap(message);
  const protocol = readObject(inner, "protocolMessage");
  if (protocol !== undefined) return readProtocol(protocol);
  const plain = readString(inner, "conversation");
  if (plain !== undefined) return finish({ type: "text", node: { body: plain } }, message, outerContext);
  for (const [key, node] of Object.entries(inner)) {
    const convert = CONVERTERS.get(key);
    if (convert !== undefined && isObject(node)) return finish(convert(node), message, readObject(node, "contextInfo") ?? outerContext);
  }
  const unknown = Object.keys(inner).find((key) => !COMPANIONS.has(key) && inner[key] !== null);
  if (unknown === undefined) return { kind: "none", field: "companion" };
  const content = { type: unknown, gateway: withoutBulk(message) };
  return { kind: "content", type: "unknown", content, text: readableText("unknown", content) };
}

/** A revoke of the message with this id; every gateway's way of telling it gives the same. */
export function revokeOf(targetId: string, gateway: JsonObject): ReadContent {
  const content = { type: "revoke", revoke: { original_message_id: targetId }, gateway: withoutBulk(gateway) };
  return { kind: "content", type: "revoke", content, text: null, targetId, changeId: `revoke:${targetId}` };
}

/** An edit of the message with this id. `changedAt` tells one edit from the next; without it the new text does. */
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

function readProtocol(protocol: JsonObject): BaileysContent {
  const kind = readScalar(protocol, "type") ?? "REVOKE";
  const targetId = readString(readObject(protocol, "key"), "id");
  if (targetId !== undefined && (kind === "REVOKE" || kind === "0")) return revokeOf(targetId, protocol);
  const edited = readObject(protocol, "editedMessage");
  const edit = targetId === undefined || edited === undefined ? undefined : editOf(targetId, edited, readTime(protocol, "timestampMs"));
  return edit ?? { kind: "none", field: `protocol.${kind}`.slice(0, 60) };
}

function unwrap(message: JsonObject): JsonObject {
  let inner = message;
  for (let depth = 0; depth < DEEPEST_WRAPPING; depth += 1) {
    const wrapper = WRAPPERS.find((key) => readObject(readObject(inner, key), "message") !== undefined);
    const next = wrapper === undefined ? undefined : readObject(readObject(inner, wrapper), "message");
    if (next === undefined) break;
    inner = next;
  }
  return inner;
}

function finish({ type, node, targetId }: ReturnType<Converter>, message: JsonObject, contextInfo: JsonObject | undefined): ReadContent {
  const quotedId = readString(contextInfo, "stanzaId");
  const content = {
    type,
    [type]: node,
    ...(quotedId === undefined ? {} : { context: { id: quotedId } }),
    gateway: withoutBulk(message),
  };
  return {
    kind: "content",
    type,
    content,
    text: type === "unsupported" ? (pollText(message) ?? readableText(type, content)) : readableText(type, content),
    ...(quotedId === undefined ? {} : { quotedId }),
    ...(targetId === undefined ? {} : { targetId }),
  };
}

function mediaNode(node: JsonObject): JsonObject {
  return present({
    mime_type: readString(node, "mimetype"),
    caption: readString(node, "caption"),
    filename: readString(node, "fileName") ?? readString(node, "title"),
    sha256: readString(node, "fileSha256"),
    voice: node["ptt"] === true ? true : undefined,
    animated: node["isAnimated"] === true ? true : undefined,
  });
}

function locationNode(node: JsonObject): JsonObject {
  return present({
    latitude: node["degreesLatitude"],
    longitude: node["degreesLongitude"],
    name: readString(node, "name") ?? readString(node, "caption"),
    address: readString(node, "address"),
    url: readString(node, "url"),
  });
}

function contactNode(node: JsonObject): JsonObject {
  return readVcard(readString(node, "vcard") ?? "", readString(node, "displayName"));
}

function reaction(node: JsonObject): ReturnType<Converter> {
  const targetId = readString(readObject(node, "key"), "id");
  const cloud = present({ message_id: targetId, emoji: readString(node, "text") });
  return targetId === undefined ? { type: "reaction", node: cloud } : { type: "reaction", node: cloud, targetId };
}

function buttonReply(id: string | undefined, title: string | undefined): ReturnType<Converter> {
  return { type: "interactive", node: { type: "button_reply", button_reply: present({ id, title }) } };
}

function listReply(node: JsonObject): ReturnType<Converter> {
  const id = readString(readObject(node, "singleSelectReply"), "selectedRowId");
  const row = present({ id, title: readString(node, "title"), description: readString(node, "description") });
  return { type: "interactive", node: { type: "list_reply", list_reply: row } };
}

function formReply(node: JsonObject): ReturnType<Converter> {
  const flow = readObject(node, "nativeFlowResponseMessage");
  const body = readString(readObject(node, "body"), "text");
  const answer = present({ name: readString(flow, "name"), body, response_json: readString(flow, "paramsJson") });
  return { type: "interactive", node: { type: "nfm_reply", nfm_reply: answer } };
}

function unsupported(kind: string): ReturnType<Converter> {
  return { type: "unsupported", node: { type: kind } };
}

function poll(): ReturnType<Converter> {
  return unsupported("poll_creation");
}

function pollText(message: JsonObject): string | null {
  const inner = unwrap(message);
  const key = Object.keys(inner).find((name) => name.startsWith("pollCreationMessage"));
  const node = key === undefined ? undefined : readObject(inner, key);
  const question = readString(node, "name");
  if (question === undefined) return null;
  const options = (readArray(node, "options") ?? []).flatMap((option) =>
    isObject(option) ? (readString(option, "optionName") ?? []) : [],
  );
  return [`Poll: ${question}`, ...options.map((option) => `- ${option}`)].join("\n");
}

function present(values: Readonly<Record<string, Json | undefined>>): JsonObject {
  return Object.fromEntries(Object.entries(values).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])));
}
