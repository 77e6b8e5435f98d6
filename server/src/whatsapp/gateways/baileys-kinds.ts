// Owns: the table of WhatsApp Web's kinds of messages: what each is in the Cloud API's shape, or that it is no message. Refuses to know: wrappers,
// edits and revokes, who wrote it.
import type { JsonObject } from "../../kernel/json.ts";
import { isObject, readArray, readInteger, readObject, readScalar, readString } from "../read-json.ts";
import { readVcard } from "../vcard.ts";
import { buttons, carded, list, template } from "./baileys-asked.ts";
import { event, invite, newsletterInvite, order, payment, product, scheduledCall } from "./baileys-trade.ts";
import { type Converted, present } from "./plain-message.ts";

type Converter = (node: JsonObject) => Converted;

const media =
  (type: "image" | "video" | "audio" | "document" | "sticker"): Converter =>
  (node) => ({ type, node: mediaNode(node) });

const KINDS: readonly (readonly [string, Converter])[] = [
  ["extendedTextMessage", (node) => ({ type: "text", node: { body: readString(node, "text") ?? "" } })],
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
  ["contactsArrayMessage", (node) => ({ type: "contacts", node: objectsOf(node, "contacts").map(contactNode) })],
  ["reactionMessage", reaction],
  ["buttonsResponseMessage", (node) => buttonReply(readString(node, "selectedButtonId"), readString(node, "selectedDisplayText"))],
  ["templateButtonReplyMessage", templateReply],
  ["listResponseMessage", listReply],
  ["interactiveResponseMessage", formReply],
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
  ["invoiceMessage", payment("Invoice")],
  ["pollUpdateMessage", pollVote],
  ["placeholderMessage", () => ({ type: "placeholder", node: {} })],
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
]);

export function convertKind(key: string, node: JsonObject): Converted | undefined {
  return POLL.test(key) ? poll(node) : CONVERTERS.get(key)?.(node);
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

function contactNode(node: JsonObject): JsonObject {
  return readVcard(readString(node, "vcard") ?? "", readString(node, "displayName"));
}

function reaction(node: JsonObject): Converted {
  const targetId = readString(readObject(node, "key"), "id");
  const cloud = present({ message_id: targetId, emoji: readString(node, "text") });
  return targetId === undefined ? { type: "reaction", node: cloud } : { type: "reaction", node: cloud, targetId };
}

function buttonReply(id: string | undefined, title: string | undefined): Converted {
  return { type: "interactive", node: { type: "button_reply", button_reply: present({ id, title }) } };
}

function templateReply(node: JsonObject): Converted {
  return { type: "button", node: present({ payload: readString(node, "selectedId"), text: readString(node, "selectedDisplayText") }) };
}

function listReply(node: JsonObject): Converted {
  const id = readString(readObject(node, "singleSelectReply"), "selectedRowId");
  const row = present({ id, title: readString(node, "title"), description: readString(node, "description") });
  return { type: "interactive", node: { type: "list_reply", list_reply: row } };
}

function formReply(node: JsonObject): Converted {
  const flow = readObject(node, "nativeFlowResponseMessage");
  const body = readString(readObject(node, "body"), "text");
  const answer = present({ name: readString(flow, "name"), body, response_json: readString(flow, "paramsJson") });
  return { type: "interactive", node: { type: "nfm_reply", nfm_reply: answer } };
}

function poll(node: JsonObject): Converted {
  const options = [...objectsOf(node, "options"), ...objectsOf(node, "pollVotes")].flatMap((option) => {
    const name = readString(option, "optionName");
    return name === undefined ? [] : [{ name }];
  });
  return { type: "poll", node: present({ name: readString(node, "name"), options }) };
}

/** What was chosen comes encrypted; some gateways decrypt it. A hash is no name of an option. */
const HASH = /^[A-Za-z0-9+/]{43}=$|^[0-9a-f]{64}$/i;

function pollVote(node: JsonObject): Converted {
  const pollId = readString(readObject(node, "pollCreationMessageKey"), "id");
  const chosen = readArray(readObject(node, "vote"), "selectedOptions") ?? [];
  const options = chosen.filter((option) => typeof option === "string" && option !== "" && !HASH.test(option));
  const vote = { type: "poll_vote", node: present({ poll_id: pollId, options }) } as const;
  return pollId === undefined ? vote : { ...vote, quotedId: pollId };
}

function callLog(node: JsonObject): Converted {
  const outcome = readScalar(node, "callOutcome") ?? "";
  const isMissed = ["1", "MISSED", "2", "FAILED", "5", "SILENCED_UNKNOWN_CALLER"].includes(outcome);
  return { type: "call", node: callNode(node["isVideo"] === true, isMissed, readInteger(node, "durationSecs")) };
}
