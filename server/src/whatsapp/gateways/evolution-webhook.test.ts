import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { MessageEvent, WebhookEvent } from "../events.ts";
import { parseEvolutionWebhook } from "./evolution-webhook.ts";

const receivedAt = new Date(1_790_003_060_000);
const delivery = { channelKey: "token-1", receivedAt };

function parse(body: unknown): readonly WebhookEvent[] {
  const parsed = parseEvolutionWebhook(Buffer.from(JSON.stringify(body)), delivery);
  if (parsed.outcome !== "events") throw new Error(parsed.reason);
  return parsed.events;
}

const webhook = (event: string, data: unknown): Record<string, unknown> => ({
  event,
  instance: "aurora",
  data,
  sender: "15550100200@s.whatsapp.net",
  date_time: "2026-11-01T10:00:00.000Z",
  apikey: null,
});

interface UpsertRecord {
  readonly key?: Record<string, unknown>;
  readonly [part: string]: unknown;
}

const upsert = ({ key, ...rest }: UpsertRecord = {}): Record<string, unknown> =>
  webhook("messages.upsert", {
    key: { remoteJid: "12025550147@s.whatsapp.net", fromMe: false, id: "3EB0A1", ...key },
    pushName: "Ana",
    message: { conversation: "oi" },
    messageTimestamp: 1_790_003_000,
    ...rest,
  });

function only(body: unknown): WebhookEvent {
  const events = parse(body);
  expect(events).toHaveLength(1);
  const [event] = events;
  if (event === undefined) throw new Error("no event");
  return event;
}

function message(body: unknown): MessageEvent {
  const event = only(body);
  if (event.kind !== "message") throw new Error(`a ${event.kind}, not a message: ${JSON.stringify(event)}`);
  return event;
}

const LID = "81203344556677@lid";
const PHONE = "12025550147@s.whatsapp.net";

describe("who wrote", () => {
  it.each([
    [
      "a linked id with the phone beside it",
      { remoteJid: LID, remoteJidAlt: PHONE, addressingMode: "lid" },
      { phone: "12025550147", lid: "81203344556677" },
    ],
    ["the two swapped", { remoteJid: PHONE, remoteJidAlt: LID, addressingMode: "lid" }, { phone: "12025550147", lid: "81203344556677" }],
    ["the phone as version 6.7 has it", { remoteJid: LID, senderPn: PHONE }, { phone: "12025550147", lid: "81203344556677" }],
    ["a linked id alone", { remoteJid: LID }, { lid: "81203344556677" }],
    ["a phone alone, from a second device", { remoteJid: "12025550147:7@s.whatsapp.net" }, { phone: "12025550147" }],
    ["two phones: the second proves nothing", { remoteJid: PHONE, remoteJidAlt: "12025550199@s.whatsapp.net" }, { phone: "12025550147" }],
    ["our own number as the alternative", { remoteJid: LID, remoteJidAlt: "15550100200@s.whatsapp.net" }, { lid: "81203344556677" }],
  ])("%s", (_name, key, customer) => {
    expect(message(upsert({ key })).customer).toEqual({ ...customer, name: "Ana" });
  });

  it("what was typed on the phone is a human's message, without our own name or number", () => {
    const echo = upsert({
      key: { remoteJid: LID, remoteJidAlt: "15550100200:3@s.whatsapp.net", senderPn: "15550100200@s.whatsapp.net", fromMe: true },
      pushName: "Você",
    });
    expect(message(echo)).toMatchObject({ direction: "out", customer: { lid: "81203344556677" } });
    expect(message(echo).customer).toEqual({ lid: "81203344556677" });
  });

  it("of our own message an alternative counts only where our own number of that kind is known", () => {
    const key = { remoteJid: PHONE, remoteJidAlt: LID, fromMe: true };
    expect(message(upsert({ key })).customer).toEqual({ phone: "12025550147" });
  });

  it("a group is one thread with the member as author, and its name is the member's", () => {
    const key = { remoteJid: "120363000000000001@g.us", participant: LID, participantAlt: PHONE };
    expect(message(upsert({ key }))).toMatchObject({
      groupId: "120363000000000001@g.us",
      customer: { phone: "12025550147", lid: "81203344556677", name: "Ana" },
    });
  });

  it.each([
    ["status@broadcast", "ignored:status"],
    ["1203@newsletter", "ignored:newsletter"],
    ["15550100200@s.whatsapp.net", "ignored:own_number"],
  ])("%s is recorded as ignored, under a name to count by", (remoteJid, field) => {
    expect(only(upsert({ key: { remoteJid } }))).toMatchObject({ kind: "notice", field, channelKey: "token-1" });
  });
});

describe("what was written", () => {
  const jpeg = "/9j/".repeat(30_000);
  it.each<[string, Record<string, unknown>, Record<string, unknown>]>([
    ["text", { conversation: "oi" }, { type: "text", text: "oi" }],
    ["text with a link", { extendedTextMessage: { text: "see https://example.com" } }, { type: "text", text: "see https://example.com" }],
    ["a vanishing text", { ephemeralMessage: { message: { conversation: "oi" } } }, { type: "text", text: "oi" }],
    ["an image", { imageMessage: { mimetype: "image/jpeg", caption: "this" } }, { type: "image", text: "Photo: this" }],
    [
      "an image seen once",
      { viewOnceMessageV2: { message: { imageMessage: { caption: "once" } } } },
      { type: "image", text: "Photo: once" },
    ],
    ["a voice note", { audioMessage: { mimetype: "audio/ogg", ptt: true } }, { type: "audio", text: "Voice note" }],
    [
      "a document",
      { documentWithCaptionMessage: { message: { documentMessage: { fileName: "a.pdf" } } } },
      { type: "document", text: "Document: a.pdf" },
    ],
    [
      "a place",
      { locationMessage: { degreesLatitude: -25.4, degreesLongitude: -49.2, name: "Market" } },
      { type: "location", text: "Location: Market (-25.4, -49.2)" },
    ],
    [
      "a contact",
      { contactMessage: { displayName: "Leo", vcard: "BEGIN:VCARD\nTEL;waid=12025550199:+1 202-555-0199\nEND:VCARD" } },
      { type: "contacts", text: "Contact: Leo, +1 202-555-0199" },
    ],
    [
      "a button",
      { buttonsResponseMessage: { selectedButtonId: "b1", selectedDisplayText: "Confirm" } },
      { type: "interactive", text: "Confirm" },
    ],
    [
      "a row of a list",
      { listResponseMessage: { title: "15:00", singleSelectReply: { selectedRowId: "r1" }, description: "Tuesday" } },
      { type: "interactive", text: "15:00 (Tuesday)" },
    ],
    [
      "a template's button",
      { templateButtonReplyMessage: { selectedId: "s", selectedDisplayText: "Stop" } },
      { type: "button", text: "Stop" },
    ],
    [
      "a reaction",
      { reactionMessage: { key: { id: "3EB0B1" }, text: "👍" } },
      { type: "reaction", text: "👍", targetProviderMessageId: "3EB0B1" },
    ],
    [
      "a reaction taken back",
      { reactionMessage: { key: { id: "3EB0B1" }, text: "" } },
      { type: "reaction", text: null, targetProviderMessageId: "3EB0B1" },
    ],
    ["what nobody knows", { starfishMessage: { x: 1 } }, { type: "unknown", text: "Message of an unknown kind: starfishMessage" }],
    [
      "a file in the webhook",
      { imageMessage: { caption: "big", jpegThumbnail: jpeg }, base64: jpeg },
      { type: "image", text: "Photo: big" },
    ],
  ])("%s", (_name, content, expected) => {
    const event = message(upsert({ message: content }));
    expect(event).toMatchObject(expected);
    expect(event.content).toMatchObject({ gateway: expect.anything() });
    expect(JSON.stringify(event.content).length).toBeLessThan(2_000);
  });

  it("a quote keeps the bare id of what it quotes, also where the version moved it beside the message", () => {
    const contextInfo = { stanzaId: "3EB0B1", quotedMessage: { conversation: "Yes" } };
    expect(message(upsert({ message: { extendedTextMessage: { text: "why?", contextInfo } } })).quotedProviderMessageId).toBe("3EB0B1");
    expect(message(upsert({ contextInfo })).quotedProviderMessageId).toBe("3EB0B1");
  });

  it("a message that cannot be decrypted yet is not stored under the id under which it will come again", () => {
    expect(only(upsert({ message: null, messageStubType: 2 }))).toMatchObject({ kind: "notice" });
  });

  it.each([
    ["a number", 1_790_003_000],
    ["a string", "1790003000"],
    ["two halves", { low: 1_790_003_000, high: 0, unsigned: true }],
  ])("the time is read from %s", (_name, messageTimestamp) => {
    expect(message(upsert({ messageTimestamp })).sentAt).toEqual(new Date(1_790_003_000_000));
  });

  it("what is older than a day when it arrives comes from the past", () => {
    expect(message(upsert()).isHistory).toBeUndefined();
    expect(message(upsert({ messageTimestamp: 1_789_900_000 })).isHistory).toBe(true);
    expect(parse(webhook("messages.set", [upsert()["data"], upsert()["data"]]))).toMatchObject([{ isHistory: true }, { isHistory: true }]);
  });
});

describe("what became of messages", () => {
  const update = (status: string, rest: Record<string, unknown> = {}): Record<string, unknown> =>
    webhook("messages.update", { keyId: "3EB0B1", remoteJid: LID, fromMe: true, status, ...rest });

  it.each([
    ["SERVER_ACK", "sent"],
    ["DELIVERY_ACK", "delivered"],
    ["READ", "read"],
    ["PLAYED", "played"],
    ["ERROR", "failed"],
  ])("%s is %s, of the message with that id whatever the address says", (word, status) => {
    expect(only(update(word))).toMatchObject({ kind: "status", providerMessageId: "3EB0B1", status, at: receivedAt, participant: "" });
  });

  it("pending, and that we read the customer's message, are no delivery statuses", () => {
    expect(only(update("PENDING")).kind).toBe("notice");
    expect(only(update("READ", { fromMe: false })).kind).toBe("notice");
  });

  it("the echo of a send through the API is a proof of sending, never a second message nor a human", () => {
    const data = {
      key: { remoteJid: PHONE, fromMe: true, id: "3EB0B1" },
      pushName: "Você",
      status: "PENDING",
      message: { conversation: "Yes" },
      messageTimestamp: 1_790_003_030,
    };
    expect(only(webhook("send.message", data))).toMatchObject({ kind: "status", providerMessageId: "3EB0B1", status: "sent" });
  });

  it("every way of telling one deletion tells the same", () => {
    const ways = [
      webhook("messages.delete", { remoteJid: PHONE, fromMe: false, id: "3EB0A1" }),
      webhook("messages.delete", { id: "cm1", key: { remoteJid: PHONE, fromMe: false, id: "3EB0A1" }, status: "DELETED" }),
      webhook("messages.update", { keyId: "3EB0A1", remoteJid: PHONE, fromMe: false, status: "DELETED" }),
      upsert({ key: { id: "3EB0A9" }, message: { protocolMessage: { type: "REVOKE", key: { id: "3EB0A1" } } } }),
    ];
    for (const way of ways) {
      expect(message(way)).toMatchObject({
        type: "revoke",
        providerMessageId: "revoke:3EB0A1",
        targetProviderMessageId: "3EB0A1",
        direction: "in",
      });
    }
  });

  it("an edit names what it changes, and comes once on both ways", () => {
    const change = {
      key: { remoteJid: PHONE, fromMe: false, id: "3EB0A1" },
      type: "MESSAGE_EDIT",
      editedMessage: { conversation: "oi!" },
      timestampMs: "1790003020000",
    };
    const edits = [
      message(webhook("messages.edited", change)),
      message(upsert({ key: { id: "3EB0AA" }, message: { editedMessage: { message: { protocolMessage: change } } } })),
    ];
    for (const edit of edits)
      expect(edit).toMatchObject({ type: "edit", text: "oi!", targetProviderMessageId: "3EB0A1", sentAt: new Date(1_790_003_020_000) });
    expect(new Set(edits.map((edit) => edit.providerMessageId)).size).toBe(1);
  });
});

it("a contact card connects its identifiers, one that connects nothing is a notice", () => {
  const cards = [{ remoteJid: LID, remoteJidAlt: PHONE }, { remoteJid: PHONE, pushName: "Ana" }, { remoteJid: PHONE }, "x"];
  expect(parse(webhook("contacts.update", cards))).toMatchObject([
    { kind: "identity", customer: { phone: "12025550147", lid: "81203344556677" } },
    { kind: "identity", customer: { phone: "12025550147", name: "Ana" } },
    { kind: "notice" },
    { kind: "unreadable" },
  ]);
});

it("everything else is a notice under its own name, and the upper-case spelling of a name is the same", () => {
  expect(only(webhook("connection.update", { state: "close", statusReason: 401 }))).toMatchObject({
    kind: "notice",
    field: "connection.update",
  });
  expect(message({ ...upsert(), event: "MESSAGES_UPSERT" }).text).toBe("oi");
});

it("a broken item says why and leaves its neighbours alone; each raw is a body that reads the same again", () => {
  const good = upsert()["data"];
  const deep = JSON.parse(`${'{"a":'.repeat(200)}1${"}".repeat(200)}`) as unknown;
  const events = parse(webhook("messages.upsert", [good, 7, { key: {} }, deep, { ...upsert({ key: { id: "" } }) }["data"]]));
  expect(events.map(({ kind }) => kind)).toEqual(["message", "unreadable", "unreadable", "unreadable", "unreadable"]);
  const [first] = events;
  expect(only(JSON.parse(first?.raw ?? ""))).toEqual(first);
});

it("no body makes it throw, and each item of a body becomes an event that names the channel", () => {
  const names = fc.constantFrom(
    "messages.upsert",
    "messages.update",
    "messages.edited",
    "messages.delete",
    "send.message",
    "contacts.update",
    "messages.reaction",
    "x",
  );
  const keys = fc.constantFrom(
    "key",
    "message",
    "id",
    "remoteJid",
    "fromMe",
    "messageTimestamp",
    "status",
    "editedMessage",
    "protocolMessage",
    "update",
    "reaction",
    "conversation",
  );
  const node = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 5 },
      fc.string(),
      fc.integer(),
      fc.boolean(),
      fc.constant(null),
      fc.constant(PHONE),
      fc.array(tie("value")),
      fc.dictionary(keys, tie("value")),
    ),
  })).value;
  fc.assert(
    fc.property(names, node, (event, data) => {
      for (const made of parse(webhook(event, data))) expect(made).toMatchObject({ provider: "evolution", channelKey: "token-1" });
    }),
    { numRuns: 300 },
  );
  for (const bytes of ["", "{", "[]", "7", "null"]) expect(parseEvolutionWebhook(Buffer.from(bytes), delivery).outcome).toBe("malformed");
});

it.each([undefined, null, 0, -5, "soon", 1_790_003_000 + 86_400 * 30, 4_200_000_000])(
  "a message whose time is %o was written when it came in",
  (at) => {
    expect(message(upsert({ messageTimestamp: at }))).toMatchObject({ sentAt: receivedAt });
    const own = webhook("send.message", { key: { remoteJid: PHONE, fromMe: true, id: "3EB0A9" }, messageTimestamp: at });
    expect(only(own)).toMatchObject({ kind: "status", at: receivedAt });
  },
);

it.each([1_790_003_000_000, "1790003000", 1_790_003_000.5, { low: 1_790_003_000, high: 0 }])("the time %o is read by its size", (at) => {
  expect(Math.floor(message(upsert({ messageTimestamp: at })).sentAt.getTime() / 1000)).toBe(1_790_003_000);
});
