// Owns the bodies that WAHA takes for each send (its documentation: "Send messages", "Polls"), stricter in that it refuses keys which it does not know.
import { anyText, base64, filledText, flag, link, list, number, object, oneShapeOf, type Shape, textLike } from "../gateway/strict-body.ts";

/** `<fromMe>_<chat>_<id>`, in a group with `_<author>`. */
const messageId = textLike(/^(?:true|false)_[^@_]+@[^_]+_[^_]+(?:_[^@_]+@[^_]+)?$/, "an id such as false_12025550147@c.us_3EB0A1");
/** WAHA knows phones by their legacy server only. */
const chatId = textLike(/^[\w.-]+@(?:c\.us|lid|g\.us)$/, "a chat such as 12025550147@c.us");
const chat = { session: filledText, chatId, "reply_to?": messageId };

const named = { "mimetype?": filledText, "filename?": filledText };
const file = oneShapeOf(object({ url: link, ...named }), object({ data: base64, mimetype: filledText, "filename?": filledText }));
const contact = oneShapeOf(
  object({ fullName: filledText, "organization?": anyText, phoneNumber: filledText, "whatsappId?": textLike(/^\d+$/, "digits") }),
  object({ vcard: filledText }),
);

export const wahaBodies: Readonly<Record<string, Shape>> = {
  sendText: object({ ...chat, text: filledText, "linkPreview?": flag }),
  sendImage: object({ ...chat, file, "caption?": anyText }),
  sendFile: object({ ...chat, file, "caption?": anyText }),
  sendVideo: object({ ...chat, file, "caption?": anyText, "convert?": flag }),
  sendVoice: object({ ...chat, file, "convert?": flag }),
  sendLocation: object({ ...chat, latitude: number, longitude: number, title: anyText }),
  sendContactVcard: object({ ...chat, contacts: list(contact, { min: 1 }) }),
  sendPoll: object({
    ...chat,
    poll: object({ name: filledText, options: list(filledText, { min: 2, max: 12 }), multipleAnswers: flag }),
  }),
  reaction: object({ session: filledText, messageId, reaction: anyText }),
};
