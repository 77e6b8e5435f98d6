// Owns: sending through one instance of Evolution API v2. Refuses to know: databases, windows, when to try again.
import type { JsonObject } from "../../kernel/json.ts";
import { readObject, readString } from "../../kernel/read-json.ts";
import type { SentBy } from "../sendable.ts";
import type { MarkReadRequest, SendRequest, WhatsAppTransport } from "../transport.ts";
import { concernsOnly, readGatewayDone, readGatewaySend } from "./gateway-answer.ts";
import type { GatewayHttp, GatewayPost } from "./gateway-http.ts";
import {
  cardsOf,
  fileNameOf,
  type GatewayMessage,
  jidOf,
  NO_CHAT,
  objectsOf,
  coordinatesOf,
  pollOf,
  reactedTo,
  readOutbound,
} from "./outbound-message.ts";
import { present } from "./plain-message.ts";

export interface EvolutionClientDeps {
  readonly http: GatewayHttp;
  readonly baseUrl: string;
  readonly instance: string;
}

interface EvolutionCall {
  readonly operation: string;
  readonly body: JsonObject;
}

/** The call blocks for as long as "typing" is shown. */
const TYPING_MS = 5_000;

export function createEvolutionClient({ http, baseUrl, instance }: EvolutionClientDeps): WhatsAppTransport {
  const post = (operation: string, accessToken: string, sent: Pick<GatewayPost, "body" | "enclosed">): ReturnType<GatewayHttp["post"]> =>
    http.post({ baseUrl, path: `/${operation}/${encodeURIComponent(instance)}`, headers: { apikey: accessToken }, ...sent });

  return {
    async sendMessage(request: SendRequest) {
      const message = readOutbound("evolution", request);
      if ("outcome" in message) return message;
      const { operation, body } = CALLS[message.kind](message);
      const answer = await post(`message/${operation}`, request.channel.accessToken, { body, enclosed: message.enclosed });
      return concernsOnly(
        message.kind,
        readGatewaySend(answer, (sent) => readString(readObject(sent, "key"), "id")),
      );
    },
    async markRead({ channel: { accessToken }, chat, providerMessageId, typing }: MarkReadRequest) {
      const jid = jidOf(chat);
      if (jid === undefined) return NO_CHAT;
      // Not waited for: it lasts as long as it shows, and a reply must not.
      if (typing) void post("chat/sendPresence", accessToken, { body: { number: jid, presence: "composing", delay: TYPING_MS } });
      const readMessages = [{ remoteJid: jid, fromMe: false, id: providerMessageId }];
      return readGatewayDone(await post("chat/markMessageAsRead", accessToken, { body: { readMessages } }));
    },
  };
}

const CALLS: Readonly<Record<SentBy<"evolution">, (message: GatewayMessage) => EvolutionCall>> = {
  text: (message) => {
    const { node } = message;
    const body = { ...chatOf(message), text: readString(node, "body") ?? "", linkPreview: node["preview_url"] === true };
    return { operation: "sendText", body };
  },
  image: (message) => media("image", message),
  video: (message) => media("video", message),
  document: (message) => media("document", message),
  audio: (message) => ({ operation: "sendWhatsAppAudio", body: { ...chatOf(message), audio: fileOf(message) } }),
  sticker: (message) => ({ operation: "sendSticker", body: { ...chatOf(message), sticker: fileOf(message) } }),
  location: (message) => {
    const { node } = message;
    // It insists on both texts.
    const place = { name: readString(node, "name") ?? "", address: readString(node, "address") ?? "" };
    return { operation: "sendLocation", body: { ...chatOf(message), ...coordinatesOf(message), ...place } };
  },
  contacts: (message) => {
    const contact = cardsOf(message).map(({ name, phone, digits, organization, email, url }) =>
      present({ fullName: name, wuid: digits.length < WUID_MIN ? undefined : digits, phoneNumber: phone, organization, email, url }),
    );
    return { operation: "sendContact", body: { ...chatOf(message), contact } };
  },
  reaction: (message) => {
    const { id, fromMe, participant } = reactedTo(message);
    const key = present({ remoteJid: message.jid, fromMe, id, participant });
    return { operation: "sendReaction", body: { key, reaction: readString(message.node, "emoji") ?? "" } };
  },
  poll: (message) => {
    const { name, options, isMultiple } = pollOf(message);
    return { operation: "sendPoll", body: { ...chatOf(message), name, selectableCount: isMultiple ? 0 : 1, values: options } };
  },
  "interactive.button": (message) => {
    const { node } = message;
    const buttons = objectsOf(readObject(node, "action"), "buttons").map((button) => {
      const reply = readObject(button, "reply");
      return { type: "reply", displayText: readString(reply, "title") ?? "", id: readString(reply, "id") ?? "" };
    });
    const thumbnailUrl = readString(readObject(readObject(node, "header"), "image"), "link");
    return {
      operation: "sendButtons",
      body: present({ ...chatOf(message), ...headed(node), footer: wordsIn(node, "footer"), thumbnailUrl, buttons }),
    };
  },
  "interactive.list": (message) => {
    const { node } = message;
    const action = readObject(node, "action");
    const buttonText = readString(action, "button") ?? "";
    const sections = objectsOf(action, "sections").map((section) => ({
      // It insists on one.
      title: readString(section, "title") ?? buttonText,
      rows: objectsOf(section, "rows").map(rowOf),
    }));
    const body = { ...chatOf(message), ...headed(node), buttonText, footerText: wordsIn(node, "footer") ?? "", sections };
    return { operation: "sendList", body };
  },
};

/** Evolution takes no shorter one (its schema of contacts). */
const WUID_MIN = 10;

/** Evolution rewrites bare Brazilian, Mexican and Argentinian numbers; an address with its server passes as it is. */
function chatOf({ jid, quote }: GatewayMessage): JsonObject {
  return { number: jid, ...(quote === undefined ? {} : { quoted: { key: { id: quote.id } } }) };
}

/** A link, which Evolution fetches, or base64 in the same place. */
function fileOf({ node, enclosed }: GatewayMessage): string {
  return enclosed?.slot ?? readString(node, "link") ?? "";
}

function media(mediatype: "image" | "video" | "document", message: GatewayMessage): EvolutionCall {
  // Of a link Evolution finds out the type itself; of base64 it would take every picture for a PNG.
  const mimetype = message.enclosed?.file.mimeType;
  const named = present({ mimetype, caption: readString(message.node, "caption"), fileName: fileNameOf(message) });
  return { operation: "sendMedia", body: { ...chatOf(message), mediatype, media: fileOf(message), ...named } };
}

function wordsIn(node: JsonObject, key: string): string | undefined {
  return readString(readObject(node, key), "text");
}

/** Evolution always writes a title, in bold: without a header it is the first line of the text. */
function headed(node: JsonObject): JsonObject {
  const header = wordsIn(node, "header");
  const body = wordsIn(node, "body") ?? "";
  if (header !== undefined) return { title: header, description: body };
  const [title = "", ...rest] = body.split("\n");
  return { title, description: rest.join("\n").trim() };
}

function rowOf(row: JsonObject): JsonObject {
  return present({ title: readString(row, "title"), description: readString(row, "description"), rowId: readString(row, "id") });
}
