import { expect, it } from "vitest";
import { classifyJid, normaliseJid } from "./jid.ts";

it("every spelling of one address is the same address", () => {
  const spellings = [
    "12025550147@s.whatsapp.net",
    "12025550147@c.us",
    "12025550147:12@s.whatsapp.net",
    "12025550147_1@S.WhatsApp.Net",
    "12025550147_1:3@c.us",
    "12025550147@hosted",
  ];
  expect(new Set(spellings.map(normaliseJid))).toEqual(new Set(["12025550147@s.whatsapp.net"]));
  expect(normaliseJid("81203344556677:4@hosted.lid")).toBe("81203344556677@lid");
});

it("the server decides what an address is, never its digits", () => {
  expect(classifyJid("12025550147@c.us")).toMatchObject({ kind: "phone", value: "12025550147" });
  expect(classifyJid("12025550147@lid")).toMatchObject({ kind: "lid", value: "12025550147" });
  expect(classifyJid("12025550147-1600000000@g.us")).toMatchObject({ kind: "group", value: "12025550147-1600000000@g.us" });
});

it.each([
  ["status@broadcast", "status"],
  ["12345@broadcast", "broadcast"],
  ["120363@newsletter", "newsletter"],
  ["867051314767696@bot", "bot"],
  ["13135550002@c.us", "bot"],
  ["0@c.us", "announcements"],
])("%s is no conversation", (jid, reason) => {
  expect(classifyJid(jid)).toMatchObject({ kind: "ignored", reason });
});

it.each(["", "@s.whatsapp.net", "12025550147", "12025550147@", ":3@lid", "ana@s.whatsapp.net", "1@elsewhere.example", undefined])(
  "%s is no address",
  (jid) => {
    expect(classifyJid(jid)).toBeUndefined();
  },
);
