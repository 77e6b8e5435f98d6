// Owns: sending through one session of WAHA. Refuses to know: databases, windows, when to try again.
import type { Json, JsonObject } from "../../kernel/json.ts";
import { readObject, readString } from "../../kernel/read-json.ts";
import type { MarkReadRequest, Rejection, SendRequest, WhatsAppTransport } from "../transport.ts";
import { readGatewayDone, readGatewaySend } from "./gateway-answer.ts";
import type { GatewayHttp } from "./gateway-http.ts";
import { cannotSend, cardsOf, type GatewayMessage, jidOf, type NamedKey, NO_CHAT, NO_LINK, readOutbound } from "./outbound-message.ts";
import { readWahaMessageId } from "./waha-message-id.ts";

export interface WahaClientDeps {
  readonly http: GatewayHttp;
  readonly baseUrl: string;
  readonly session: string;
}

interface WahaCall {
  readonly operation: string;
  readonly body: JsonObject;
}

export function createWahaClient({ http, baseUrl, session }: WahaClientDeps): WhatsAppTransport {
  const post = (operation: string, accessToken: string, body: JsonObject): ReturnType<GatewayHttp["post"]> =>
    http.post({ baseUrl, path: `/api/${operation}`, headers: { "x-api-key": accessToken }, body: { session, ...body } });

  return {
    async sendMessage(request: SendRequest) {
      const message = readOutbound(request);
      if ("outcome" in message) return message;
      const call = wahaCall(message, request);
      if ("outcome" in call) return call;
      return readGatewaySend(await post(call.operation, request.channel.accessToken, call.body), idOf);
    },
    async markRead({ channel: { accessToken }, chat: address, typing }: MarkReadRequest) {
      const jid = jidOf(address);
      if (jid === undefined) return NO_CHAT;
      const chat = { chatId: chatIdOf(jid) };
      const seen = readGatewayDone(await post("sendSeen", accessToken, chat));
      // Typing before the message was seen looks like a machine; WAHA ends it with the message.
      return typing && seen.outcome === "accepted" ? readGatewayDone(await post("startTyping", accessToken, chat)) : seen;
    },
  };
}

/** A string, an object around it, or a key, by engine. */
function idOf(answer: JsonObject): string | undefined {
  return readWahaMessageId(answer["id"])?.bareId ?? readString(readObject(answer, "key"), "id");
}

/** WAHA names a message by who sent it, its chat, its id and, in a group, its author. */
function messageIdOf({ id, fromMe, participant }: NamedKey, chatId: string): string {
  return [String(fromMe), chatId, id, ...(participant === undefined ? [] : [chatIdOf(participant)])].join("_");
}

/** WAHA writes phones with the legacy server. */
export function chatIdOf(jid: string): string {
  return jid.replace(/@s\.whatsapp\.net$/, "@c.us");
}

function wahaCall({ jid, type, node, quote }: GatewayMessage, { content }: SendRequest): WahaCall | Rejection {
  const chatId = chatIdOf(jid);
  const base = { chatId, ...(quote === undefined ? {} : { reply_to: messageIdOf(quote, chatId) }) };
  switch (type) {
    case "text":
      return { operation: "sendText", body: { ...base, text: readString(node, "body") ?? "", linkPreview: node["preview_url"] === true } };
    case "image":
      return mediaCall("sendImage", base, node);
    case "video":
      return mediaCall("sendVideo", base, node);
    case "document":
      return mediaCall("sendFile", base, node);
    case "audio": {
      const call = mediaCall("sendVoice", base, node);
      return "outcome" in call ? call : { ...call, body: { ...call.body, convert: true } };
    }
    case "location": {
      const { latitude = null, longitude = null } = node;
      return { operation: "sendLocation", body: { ...base, latitude, longitude, title: readString(node, "name") ?? "" } };
    }
    case "contacts": {
      const contacts = cardsOf(content).map(({ name, phone, digits }) => ({
        fullName: name,
        phoneNumber: phone,
        whatsappId: digits,
      }));
      return { operation: "sendContactVcard", body: { ...base, contacts } };
    }
    default:
      return cannotSend(type);
  }
}

function mediaCall(operation: string, base: JsonObject, node: JsonObject): WahaCall | Rejection {
  const link = readString(node, "link");
  if (link === undefined) return NO_LINK;
  const file: Record<string, Json> = { url: link };
  const mimetype = readString(node, "mime_type");
  const filename = readString(node, "filename");
  const caption = readString(node, "caption");
  if (mimetype !== undefined) file["mimetype"] = mimetype;
  if (filename !== undefined) file["filename"] = filename;
  return { operation, body: { ...base, file, ...(caption === undefined ? {} : { caption }) } };
}
