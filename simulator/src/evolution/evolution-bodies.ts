// Owns the bodies that Evolution API 2.3.6 takes for each send (its `validate/message.schema.ts`), stricter in that it refuses keys which it does not know.
import {
  anyText,
  filledText,
  flag,
  integer,
  link,
  linkOrBase64,
  list,
  number,
  object,
  oneOf,
  type Shape,
  textLike,
} from "../gateway/strict-body.ts";
import { isJsonObject } from "../json-object.ts";

const key = { id: filledText, "remoteJid?": filledText, "fromMe?": flag, "participant?": filledText };
const chat = {
  number: filledText,
  "delay?": integer(0, 3_600_000),
  "quoted?": object({ key: object(key), "message?": object({ "conversation?": anyText }) }),
};
const file = { ...chat, "caption?": anyText, "fileName?": filledText, "mimetype?": filledText };
const media = object({ ...file, mediatype: oneOf("image", "document", "video", "audio"), media: linkOrBase64 });

const contact = object({
  fullName: filledText,
  "wuid?": textLike(/^\d{10,}$/, "at least 10 digits"),
  phoneNumber: textLike(/^.{10,}$/, "at least 10 characters"),
  "organization?": anyText,
  "email?": anyText,
  "url?": anyText,
});
const row = object({ title: filledText, "description?": filledText, rowId: filledText });

export const evolutionBodies: Readonly<Record<string, Shape>> = {
  sendText: object({ ...chat, text: anyText, "linkPreview?": flag }),
  // Of a document in base64 it asks the name (platform sheet, section 8.2).
  sendMedia: (value, path) => {
    const problem = media(value, path);
    if (problem !== undefined || !isJsonObject(value) || value["mediatype"] !== "document" || value["fileName"] !== undefined)
      return problem;
    return link(value["media"], path) === undefined ? undefined : `${path} requires property "fileName"`;
  },
  sendWhatsAppAudio: object({ ...chat, audio: linkOrBase64 }),
  sendPtv: object({ ...chat, video: linkOrBase64 }),
  sendSticker: object({ ...chat, sticker: linkOrBase64 }),
  sendLocation: object({ ...chat, latitude: number, longitude: number, name: anyText, address: anyText }),
  sendContact: object({ ...chat, contact: list(contact, { min: 1 }) }),
  sendReaction: object({ key: object({ ...key, remoteJid: filledText, fromMe: flag }), reaction: anyText }),
  sendPoll: object({ ...chat, name: filledText, selectableCount: integer(0, 10), values: list(filledText, { min: 2, max: 10 }) }),
  sendList: object({
    ...chat,
    title: anyText,
    "description?": anyText,
    footerText: anyText,
    buttonText: filledText,
    sections: list(object({ title: filledText, rows: list(row, { min: 1 }) }), { min: 1 }),
  }),
  // Without a title Evolution writes "undefined" above the text.
  sendButtons: object({
    ...chat,
    title: filledText,
    "description?": anyText,
    "footer?": anyText,
    "thumbnailUrl?": linkOrBase64,
    buttons: list(object({ type: oneOf("reply"), displayText: filledText, id: filledText }), { min: 1, max: 3 }),
  }),
};
