// Owns: the calls of WAHA with which each kind of message is sent. Refuses to know: connections, sessions, answers.
import type { JsonObject } from "../../kernel/json.ts";
import { readString } from "../../kernel/read-json.ts";
import type { SentBy } from "../sendable.ts";
import { cardsOf, fileNameOf, type GatewayMessage, type NamedKey, coordinatesOf, pollOf, reactedTo } from "./outbound-message.ts";
import { present } from "./plain-message.ts";

export interface WahaCall {
  readonly operation: string;
  /** POST when absent. */
  readonly method?: "POST" | "PUT";
  readonly body: JsonObject;
}

export const WAHA_CALLS: Readonly<Record<SentBy<"waha">, (message: GatewayMessage) => WahaCall>> = {
  text: (message) => {
    const { node } = message;
    const body = { ...chatOf(message), text: readString(node, "body") ?? "", linkPreview: node["preview_url"] === true };
    return { operation: "sendText", body };
  },
  image: (message) => media("sendImage", message),
  video: (message) => media("sendVideo", message),
  document: (message) => media("sendFile", message),
  audio: (message) => {
    const { operation, body } = media("sendVoice", message);
    return { operation, body: { ...body, convert: true } };
  },
  location: (message) => {
    const title = [readString(message.node, "name"), readString(message.node, "address")].filter((part) => part !== undefined).join(", ");
    return { operation: "sendLocation", body: { ...chatOf(message), ...coordinatesOf(message), title } };
  },
  contacts: (message) => {
    const contacts = cardsOf(message).map(({ name, phone, digits, organization }) =>
      present({ fullName: name, organization, phoneNumber: phone, whatsappId: digits }),
    );
    return { operation: "sendContactVcard", body: { ...chatOf(message), contacts } };
  },
  reaction: (message) => {
    const messageId = messageIdOf(reactedTo(message), chatIdOf(message.jid));
    return { operation: "reaction", method: "PUT", body: { messageId, reaction: readString(message.node, "emoji") ?? "" } };
  },
  // WAHA documentation, "Polls". The engine WEBJS has none, and says so.
  poll: (message) => {
    const { name, options, isMultiple } = pollOf(message);
    return { operation: "sendPoll", body: { ...chatOf(message), poll: { name, options, multipleAnswers: isMultiple } } };
  },
};

function chatOf({ jid, quote }: GatewayMessage): JsonObject {
  const chatId = chatIdOf(jid);
  return { chatId, ...(quote === undefined ? {} : { reply_to: messageIdOf(quote, chatId) }) };
}

/** WAHA names a message by who sent it, its chat, its id and, in a group, its author. */
function messageIdOf({ id, fromMe, participant }: NamedKey, chatId: string): string {
  return [String(fromMe), chatId, id, ...(participant === undefined ? [] : [chatIdOf(participant)])].join("_");
}

/** WAHA writes phones with the legacy server. */
export function chatIdOf(jid: string): string {
  return jid.replace(/@s\.whatsapp\.net$/, "@c.us");
}

/** `file.url` is fetched by WAHA; `file.data`, in its place, is base64. */
function media(operation: string, message: GatewayMessage): WahaCall {
  const { node, enclosed } = message;
  const filename = fileNameOf(message);
  const file =
    enclosed === undefined
      ? present({ url: readString(node, "link"), mimetype: readString(node, "mime_type"), filename })
      : present({ data: enclosed.slot, mimetype: enclosed.file.mimeType, filename });
  return { operation, body: present({ ...chatOf(message), file, caption: readString(node, "caption") }) };
}
