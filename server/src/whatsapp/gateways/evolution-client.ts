// Owns: sending through one instance of Evolution API v2. Refuses to know: databases, windows, when to try again.
import type { Json, JsonObject } from "../../kernel/json.ts";
import { readObject, readString } from "../../kernel/read-json.ts";
import type { MarkReadRequest, Rejection, SendRequest, WhatsAppTransport } from "../transport.ts";
import { readGatewayDone, readGatewaySend } from "./gateway-answer.ts";
import type { GatewayHttp } from "./gateway-http.ts";
import { cannotSend, cardsOf, type GatewayMessage, jidOf, NO_CHAT, NO_LINK, reactedTo, readOutbound } from "./outbound-message.ts";

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
  const post = (operation: string, accessToken: string, body: JsonObject): ReturnType<GatewayHttp["post"]> =>
    http.post({ baseUrl, path: `/${operation}/${encodeURIComponent(instance)}`, headers: { apikey: accessToken }, body });

  return {
    async sendMessage(request: SendRequest) {
      const { accessToken } = request.channel;
      const message = readOutbound(request);
      if ("outcome" in message) return message;
      const call = evolutionCall(message, request);
      if ("outcome" in call) return call;
      return readGatewaySend(await post(call.operation, accessToken, call.body), (answer) => readString(readObject(answer, "key"), "id"));
    },
    async markRead({ channel: { accessToken }, chat, providerMessageId, typing }: MarkReadRequest) {
      const jid = jidOf(chat);
      if (jid === undefined) return NO_CHAT;
      // Not waited for: it lasts as long as it shows, and a reply must not.
      if (typing) void post("chat/sendPresence", accessToken, { number: jid, presence: "composing", delay: TYPING_MS });
      const readMessages = [{ remoteJid: jid, fromMe: false, id: providerMessageId }];
      return readGatewayDone(await post("chat/markMessageAsRead", accessToken, { readMessages }));
    },
  };
}

function evolutionCall(message: GatewayMessage, { content }: SendRequest): EvolutionCall | Rejection {
  const { jid, type, node, quote } = message;
  // Evolution rewrites bare Brazilian, Mexican and Argentinian numbers; an address with its server passes as it is.
  const base = { number: jid, ...(quote === undefined ? {} : { quoted: { key: { id: quote.id } } }) };
  switch (type) {
    case "text":
      return {
        operation: "message/sendText",
        body: { ...base, text: readString(node, "body") ?? "", linkPreview: node["preview_url"] === true },
      };
    case "image":
    case "video":
    case "document":
    case "audio":
    case "sticker":
      return mediaCall(base, message);
    case "location": {
      const { latitude = null, longitude = null } = node;
      const place = { name: readString(node, "name") ?? "", address: readString(node, "address") ?? "" };
      return { operation: "message/sendLocation", body: { ...base, latitude, longitude, ...place } };
    }
    case "contacts": {
      const contact = cardsOf(content).map(({ name, phone, digits }) => ({ fullName: name, wuid: digits, phoneNumber: phone }));
      return { operation: "message/sendContact", body: { ...base, contact } };
    }
    case "reaction": {
      const { text: _text, ...key } = reactedTo(message);
      return { operation: "message/sendReaction", body: { key: { remoteJid: jid, ...key }, reaction: readString(node, "emoji") ?? "" } };
    }
    default:
      return cannotSend(type);
  }
}

function mediaCall(base: JsonObject, { type, node }: GatewayMessage): EvolutionCall | Rejection {
  const link = readString(node, "link");
  if (link === undefined) return NO_LINK;
  if (type === "audio") return { operation: "message/sendWhatsAppAudio", body: { ...base, audio: link } };
  if (type === "sticker") return { operation: "message/sendSticker", body: { ...base, sticker: link } };
  const named: Record<string, Json> = {};
  const caption = readString(node, "caption");
  const fileName = readString(node, "filename");
  if (caption !== undefined) named["caption"] = caption;
  if (fileName !== undefined) named["fileName"] = fileName;
  return { operation: "message/sendMedia", body: { ...base, mediatype: type, media: link, ...named } };
}
