// Owns: the table of WhatsApp Web's kinds of messages: what each is in the Cloud API's shape, or that it is no message. Refuses to know: wrappers,
// edits and revokes, who wrote it.
import type { JsonObject } from "../../kernel/json.ts";
import { isObject, readArray, readInteger, readObject, readScalar, readString } from "../../kernel/read-json.ts";
import { readVcard } from "../vcard.ts";
import { buttonReply, flowReply, listReply, templateReply } from "./baileys-answers.ts";
import { buttons, carded, list, template } from "./baileys-interactive.ts";
import { event, eventAnswer, invite, newsletterInvite, order, payment, product, scheduledCall } from "./baileys-trade.ts";
import { type CloudNode, present, readLong } from "./plain-message.ts";

type Converter = (node: JsonObject) => CloudNode;

const media =
  (type: "image" | "video" | "audio" | "document" | "sticker"): Converter =>
  (node) => ({ type, node: mediaNode(node) });

const KINDS: readonly (readonly [string, Converter])[] = [
  ["extendedTextMessage", linkText],
  ["questionResponseMessage", words],
  ["statusQuestionAnswerMessage", words],
  ["statusQuotedMessage", words],
  ["richResponseMessage", richText],
  ["imageMessage", media("image")],
  ["videoMessage", media("video")],
  ["ptvMessage", media("video")],
  ["audioMessage", media("audio")],
  ["documentMessage", media("document")],
  ["stickerMessage", media("sticker")],
  ["stickerPackMessage", media("sticker")],
  ["locationMessage", (node) => ({ type: "location", node: locationNode(node) })],
  ["liveLocationMessage", (node) => ({ type: "location", node: { ...locationNode(node), live: true } })],
  ["contactMessage", (node) => ({ type: "contacts", node: [contactNode(node)] })],
  ["contactsArrayMessage", contactsOf],
  ["reactionMessage", reaction],
  ["buttonsResponseMessage", buttonReply],
  ["templateButtonReplyMessage", templateReply],
  ["listResponseMessage", listReply],
  ["interactiveResponseMessage", flowReply],
  ["templateMessage", template],
  [
    "highlyStructuredMessage",
    (node) => template(readObject(readObject(node, "hydratedHsm"), "templateMessage") ?? readObject(node, "hydratedHsm") ?? node),
  ],
  ["interactiveMessage", carded],
  ["buttonsMessage", buttons],
  ["listMessage", list],
  ["orderMessage", order],
  ["productMessage", product],
  ["eventMessage", event],
  ["eventResponseMessage", eventAnswer],
  ["scheduledCallCreationMessage", scheduledCall],
  ["groupInviteMessage", invite],
  ["newsletterAdminInviteMessage", newsletterInvite],
  ["newsletterFollowerInviteMessage", newsletterInvite],
  ["newsletterFollowerInviteMessageV2", newsletterInvite],
  ["sendPaymentMessage", payment("Sent")],
  ["requestPaymentMessage", payment("Requested")],
  ["declinePaymentRequestMessage", payment("Request declined")],
  ["cancelPaymentRequestMessage", payment("Request cancelled")],
  ["paymentInviteMessage", payment("Invitation to payments")],
  ["splitPaymentMessage", payment("Split")],
  ["invoiceMessage", payment("Invoice")],
  ["pollUpdateMessage", pollVote],
  ["pollAddOptionMessage", pollOption],
  ["placeholderMessage", () => ({ type: "placeholder", node: {} })],
  ["conditionalRevealMessage", () => ({ type: "placeholder", node: {} })],
  // The protocol spells it with three s.
  ["callLogMesssage", callLog],
  ["callLogMessage", callLog],
  ["bcallMessage", callLog],
  ["call", callLog],
];
const CONVERTERS: ReadonlyMap<string, Converter> = new Map(KINDS);
const POLL = /^poll(Creation|ResultSnapshot)Message(V\d+)?$/;

/** Nothing that anybody wrote: headings of albums (their pictures come one by one), pins, keys, what is encrypted for the phone. */
const BOOKKEEPING: ReadonlySet<string> = new Set([
  "albumMessage",
  "pinInChatMessage",
  "keepInChatMessage",
  "encReactionMessage",
  "encCommentMessage",
  "encEventResponseMessage",
  "scheduledCallEditMessage",
  "stickerSyncRmrMessage",
  "requestPhoneNumberMessage",
  "messageHistoryBundle",
  "messageHistoryNotice",
  "fastRatchetKeySenderKeyDistributionMessage",
  "statusNotificationMessage",
  "statusStickerInteractionMessage",
  "chat",
]);

export function convertKind(key: string, node: JsonObject): CloudNode | undefined {
  return POLL.test(key) ? poll(node) : CONVERTERS.get(key)?.(node);
}

/** There are new kinds each year; the words of most of them are where they always were. */
export function convertUnnamed(node: JsonObject): CloudNode | undefined {
  const body = readString(node, "text") ?? readString(node, "caption") ?? readString(readObject(node, "body"), "text");
  return body === undefined ? undefined : { type: "text", node: { body } };
}

export function isBookkeeping(key: string): boolean {
  return BOOKKEEPING.has(key);
}

export function callNode(isVideo: boolean, isMissed: boolean, seconds?: number): JsonObject {
  const length = seconds === undefined || seconds <= 0 ? "" : `, ${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
  return {
    type: isVideo ? "video" : "voice",
    body: `${isMissed ? "Missed " : ""}${isVideo ? "video" : "voice"} call${length}`.replace(/^./, (first) => first.toUpperCase()),
  };
}

/** A text; of one that is only a link, what the link says. */
function linkText(node: JsonObject): CloudNode {
  const keys = ["text", "matchedText", "canonicalUrl", "title", "description"] as const;
  return { type: "text", node: { body: keys.map((key) => readString(node, key)).find((text) => text !== undefined) ?? "" } };
}

function words(node: JsonObject): CloudNode {
  return { type: "text", node: { body: readString(node, "text") ?? "" } };
}

/** What Meta's assistant wrote, in pieces. */
function richText(node: JsonObject): CloudNode {
  const pieces = objectsOf(node, "submessages").flatMap((piece) => readString(piece, "messageText") ?? []);
  return { type: "text", node: { body: pieces.join("\n") } };
}

function objectsOf(node: JsonObject, key: string): readonly JsonObject[] {
  return (readArray(node, key) ?? []).filter(isObject);
}

function mediaNode(node: JsonObject): JsonObject {
  return present({
    mime_type: readString(node, "mimetype"),
    caption: readString(node, "caption"),
    filename: readString(node, "fileName") ?? readString(node, "title"),
    sha256: readString(node, "fileSha256"),
    voice: node["ptt"] === true ? true : undefined,
    seconds: readInteger(node, "seconds"),
    animated: node["isAnimated"] === true ? true : undefined,
    gif: node["gifPlayback"] === true ? true : undefined,
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

function contactsOf(node: JsonObject): CloudNode {
  const cards = objectsOf(node, "contacts").map(contactNode);
  return { type: "contacts", node: cards.length === 0 ? [contactNode(node)] : cards };
}

function contactNode(node: JsonObject): JsonObject {
  return readVcard(readString(node, "vcard") ?? "", readString(node, "displayName"));
}

function reaction(node: JsonObject): CloudNode {
  const targetId = readString(readObject(node, "key"), "id");
  const cloud = present({ message_id: targetId, emoji: readString(node, "text") });
  return targetId === undefined ? { type: "reaction", node: cloud } : { type: "reaction", node: cloud, targetId };
}

function poll(node: JsonObject): CloudNode {
  const options = [...objectsOf(node, "options"), ...objectsOf(node, "pollVotes")].flatMap((option) => {
    const name = readString(option, "optionName");
    return name === undefined ? [] : [{ name }];
  });
  return { type: "poll", node: present({ name: readString(node, "name"), options }) };
}

/** What was chosen comes encrypted; some gateways decrypt it. A hash is no name of an option. */
const HASH = /^[A-Za-z0-9+/]{43}=$|^[0-9a-f]{64}$/i;

function pollVote(node: JsonObject): CloudNode {
  const pollId = readString(readObject(node, "pollCreationMessageKey"), "id");
  const chosen = readArray(readObject(node, "vote"), "selectedOptions") ?? [];
  const options = chosen.filter((option) => typeof option === "string" && option !== "" && !HASH.test(option));
  const vote = { type: "poll_vote", node: present({ poll_id: pollId, options }) } as const;
  return pollId === undefined ? vote : { ...vote, quotedId: pollId };
}

function pollOption(node: JsonObject): CloudNode {
  const pollId = readString(readObject(node, "pollCreationMessageKey"), "id");
  const added = readString(readObject(node, "addOption"), "optionName");
  const vote = { type: "poll_vote", node: present({ poll_id: pollId, added: added ?? "" }) } as const;
  return pollId === undefined ? vote : { ...vote, quotedId: pollId };
}

function callLog(node: JsonObject): CloudNode {
  const outcome = readScalar(node, "callOutcome") ?? "";
  const isMissed = ["1", "MISSED", "2", "FAILED", "5", "SILENCED_UNKNOWN_CALLER"].includes(outcome);
  return { type: "call", node: callNode(node["isVideo"] === true, isMissed, readLong(node, "durationSecs")) };
}
