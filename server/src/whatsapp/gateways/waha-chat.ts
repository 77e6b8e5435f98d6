// Owns: whom a WAHA payload is about, through the spellings of its engines. Refuses to know: content.
import type { JsonObject } from "../../kernel/json.ts";
import { readObject, readString } from "../../kernel/read-json.ts";
import { type Chat, type OwnNumber, readChat } from "./chat.ts";
import { inPlainSpelling } from "./plain-message.ts";
import { readWahaMessageId, type WahaMessageId } from "./waha-message-id.ts";

export function wahaFromMe(payload: JsonObject, id: WahaMessageId | undefined): boolean {
  const isFromUs = payload["fromMe"] ?? engineKey(payload)?.["fromMe"];
  return typeof isFromUs === "boolean" ? isFromUs : id?.fromMe === true;
}

/** The id of the message: WAHA's own, else that of the engine. */
export function wahaIdOf(payload: JsonObject): WahaMessageId | undefined {
  return readWahaMessageId(payload["id"]) ?? readWahaMessageId(engineKey(payload)?.["id"]);
}

/** The key of WhatsApp's own message; the engine GOWS spells it as Go does. */
function engineKey(payload: JsonObject): JsonObject | undefined {
  const data = readObject(payload, "_data");
  const key = readObject(data, "key") ?? readObject(data, "Key") ?? readObject(payload, "key");
  return key === undefined ? undefined : inPlainSpelling(key);
}

/** `from` and `to` are the chat and we, in the order of the direction; the id names the chat too. */
export function chatOfWaha(payload: JsonObject, own: OwnNumber): Chat {
  const id = wahaIdOf(payload);
  const fromMe = wahaFromMe(payload, id);
  const data = readObject(payload, "_data");
  const key = engineKey(payload);
  const info = readObject(data, "Info");
  const counterpart = readString(payload, fromMe ? "to" : "from");
  const senders = fromMe ? [] : [readString(info, "SenderAlt"), readString(key, "senderPn"), readString(key, "senderLid")];
  return readChat({
    chat: id?.chat ?? counterpart ?? readString(key, "remoteJid"),
    chatAlternatives: [
      counterpart,
      readString(key, "remoteJid"),
      readString(key, "remoteJidAlt"),
      readString(info, "Chat"),
      readString(info, "RecipientAlt"),
      ...senders,
    ],
    author: readString(payload, "participant") ?? id?.participant ?? readString(key, "participant") ?? readString(info, "Sender"),
    authorAlternatives: [
      readString(key, "participantAlt"),
      readString(key, "participantPn"),
      readString(key, "participantLid"),
      readString(info, "SenderAlt"),
    ],
    fromMe,
    own,
  });
}

export function pushNameOf(payload: JsonObject): string | undefined {
  const data = readObject(payload, "_data");
  const names: readonly (readonly [JsonObject | undefined, string])[] = [
    [data, "pushName"],
    [data, "notifyName"],
    [readObject(data, "Info"), "PushName"],
    [payload, "pushName"],
  ];
  return names.map(([node, key]) => readString(node, key)).find((name) => name !== undefined);
}
