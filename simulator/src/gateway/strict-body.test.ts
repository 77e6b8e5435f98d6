// The bodies of the platform sheet (8.2, 8.3) are taken, and what a gateway would choke on is refused with its name.
import { expect, test } from "vitest";
import { evolutionBodies } from "../evolution/evolution-bodies.ts";
import { wahaBodies } from "../waha/waha-bodies.ts";

const number = "12025550147";
const quoted = { key: { id: "3EB0A1" } };
const rows = [{ title: "09:00", description: "short", rowId: "slot-1" }];
const buttons = [{ type: "reply", displayText: "Keep", id: "yes" }];
const contact = [{ fullName: "Front Desk", wuid: "15550100200", phoneNumber: "+1 555 010 0200" }];
const reacted = { remoteJid: "12025550147@s.whatsapp.net", fromMe: false, id: "3EB0A1" };

test.each([
  ["sendText", { number, text: "Yes", delay: 1200, linkPreview: false, quoted }],
  [
    "sendMedia",
    { number, mediatype: "image", mimetype: "image/jpeg", media: "https://cdn.example/a.jpg", fileName: "a.jpg", caption: "this" },
  ],
  ["sendMedia", { number, mediatype: "document", media: "aGVsbG8=", fileName: "a.pdf" }],
  ["sendWhatsAppAudio", { number, audio: "https://cdn.example/a.ogg" }],
  ["sendSticker", { number, sticker: "https://cdn.example/a.webp" }],
  ["sendPtv", { number, video: "aGVsbG8=" }],
  ["sendLocation", { number, latitude: -25.4, longitude: -49.2, name: "Aurora", address: "Main St 1" }],
  ["sendContact", { number, contact }],
  ["sendReaction", { key: reacted, reaction: "👍" }],
  ["sendReaction", { key: reacted, reaction: "" }],
  ["sendPoll", { number, name: "Day?", selectableCount: 1, values: ["Tue", "Thu"] }],
  [
    "sendList",
    { number, title: "Times", description: "Choose", buttonText: "See", footerText: "Aurora", sections: [{ title: "Tue", rows }] },
  ],
  ["sendButtons", { number, title: "Booking", description: "Keep it?", footer: "Aurora", buttons }],
])("Evolution takes %s %j", (operation, body) => {
  expect(evolutionBodies[operation]?.(body, "instance")).toBeUndefined();
});

test.each([
  ["sendText", { number }, 'instance requires property "text"'],
  ["sendText", { number, text: "Yes", quote: "3EB0A1" }, 'instance does not know "quote"'],
  ["sendLocation", { number, latitude: "-25.4", longitude: -49.2, name: "", address: "" }, "instance.latitude must be a number"],
  [
    "sendContact",
    { number, contact: [{ fullName: "Leo", phoneNumber: "+49 112" }] },
    "instance.contact[0].phoneNumber must be at least 10 characters",
  ],
  ["sendPoll", { number, name: "Day?", selectableCount: 1, values: ["Tue", "Tue"] }, "instance.values must hold each element once"],
  ["sendButtons", { number, description: "Keep it?", buttons }, 'instance requires property "title"'],
  ["sendMedia", { number, mediatype: "image", media: "910000000000001!" }, "instance.media must be an address or base64"],
  ["sendMedia", { number, mediatype: "image", media: "aGVsbG8" }, "instance.media must be an address or base64"],
  ["sendMedia", { number, mediatype: "document", media: "aGVsbG8=" }, 'instance requires property "fileName"'],
])("Evolution refuses %s %j", (operation, body, problem) => {
  expect(evolutionBodies[operation]?.(body, "instance")).toBe(problem);
});

const chat = { session: "default", chatId: "12025550147@c.us" };
const link = { mimetype: "image/jpeg", filename: "a.jpg", url: "https://cdn.example/a.jpg" };
const data = { mimetype: "image/jpeg", filename: "a.jpg", data: "aGVsbG8=" };
const card = { fullName: "Front Desk", phoneNumber: "+1 555 010 0200", whatsappId: "15550100200" };

test.each([
  ["sendText", { ...chat, text: "Yes", reply_to: "false_12025550147@c.us_3EB0A1", linkPreview: false }],
  ["sendImage", { ...chat, file: link, caption: "this" }],
  ["sendFile", { ...chat, file: data }],
  ["sendVideo", { ...chat, file: link }],
  ["sendVoice", { ...chat, file: { url: "https://cdn.example/a.ogg" }, convert: true }],
  ["sendLocation", { ...chat, latitude: -25.4, longitude: -49.2, title: "Aurora" }],
  ["sendContactVcard", { ...chat, contacts: [card] }],
  ["sendPoll", { ...chat, poll: { name: "Day?", options: ["Tue", "Thu"], multipleAnswers: false } }],
  ["reaction", { session: "default", messageId: "false_12025550147@c.us_3EB0A1", reaction: "👍" }],
])("WAHA takes %s %j", (operation, body) => {
  expect(wahaBodies[operation]?.(body, "body")).toBeUndefined();
});

test.each([
  ["sendText", { ...chat, chatId: "12025550147@s.whatsapp.net", text: "Yes" }, "body.chatId must be a chat such as 12025550147@c.us"],
  ["sendText", { ...chat, text: "Yes", reply_to: "3EB0A1" }, "body.reply_to must be an id such as false_12025550147@c.us_3EB0A1"],
  ["sendImage", { ...chat, file: { id: "910000000000001" } }, 'body.file does not know "id"'],
  ["sendFile", { ...chat, file: { data: "aGVsbG8=" } }, 'body.file does not know "data"'],
  ["reaction", { ...chat, messageId: "false_12025550147@c.us_3EB0A1", reaction: "👍" }, 'body does not know "chatId"'],
])("WAHA refuses %s %j", (operation, body, problem) => {
  expect(wahaBodies[operation]?.(body, "body")).toBe(problem);
});
