import { describe, expect, it } from "vitest";
import { customerWords } from "../customer-words.ts";
import type { MessageEvent, WebhookEvent } from "../events.ts";
import { readWahaMessageId } from "./waha-message-id.ts";
import { parseWahaWebhook } from "./waha-webhook.ts";

const delivery = { channelKey: "token-2", receivedAt: new Date(1_790_003_060_000) };

function only(body: unknown): WebhookEvent {
  const parsed = parseWahaWebhook(Buffer.from(JSON.stringify(body)), delivery);
  if (parsed.outcome !== "events" || parsed.events[0] === undefined) throw new Error("no event");
  expect(parsed.events).toHaveLength(1);
  return parsed.events[0];
}

function message(body: unknown): MessageEvent {
  const event = only(body);
  if (event.kind !== "message") throw new Error(`a ${event.kind}, not a message: ${JSON.stringify(event)}`);
  return event;
}

const webhook = (event: string, payload: unknown): Record<string, unknown> => ({
  id: "evt_01",
  timestamp: 1_790_003_000_123,
  event,
  session: "default",
  me: { id: "15550100200@c.us", lid: "90000000000001@lid", pushName: "Aurora" },
  payload,
  engine: "NOWEB",
});

const said = (payload: Record<string, unknown> = {}): Record<string, unknown> =>
  webhook("message", {
    id: "false_12025550147@c.us_3EB0A1",
    timestamp: 1_790_003_000,
    from: "12025550147@c.us",
    to: "15550100200@c.us",
    fromMe: false,
    source: "app",
    body: "oi",
    hasMedia: false,
    replyTo: null,
    _data: {},
    ...payload,
  });

it("the ids of one message come down to one", () => {
  const ids = [
    "false_12025550147@c.us_3EB0A1",
    "false_81203344556677@lid_3EB0A1",
    "false_1203@g.us_3EB0A1_12025550147@c.us",
    "3EB0A1",
    { _serialized: "false_1@c.us_3EB0A1" },
  ];
  expect(new Set(ids.map((id) => readWahaMessageId(id)?.bareId))).toEqual(new Set(["3EB0A1"]));
  expect(readWahaMessageId("")).toBeUndefined();
});

describe("a message", () => {
  it("the twins of one message are one message with two names", () => {
    const twin = said({ id: "false_81203344556677@lid_3EB0A1", from: "81203344556677@lid" });
    expect([message(said()), message(twin)]).toMatchObject([
      {
        providerMessageId: "3EB0A1",
        customer: { phone: "12025550147" },
        direction: "in",
        text: "oi",
        provider: "waha",
        channelKey: "token-2",
      },
      { providerMessageId: "3EB0A1", customer: { lid: "81203344556677" } },
    ]);
  });

  it.each([
    ["GOWS", { Info: { SenderAlt: "12025550147@s.whatsapp.net", PushName: "Ana" } }],
    ["NOWEB", { key: { remoteJid: "81203344556677@lid", remoteJidAlt: "12025550147@s.whatsapp.net" }, pushName: "Ana" }],
    ["NOWEB of old", { key: { remoteJid: "81203344556677@lid", senderPn: "12025550147@s.whatsapp.net" }, pushName: "Ana" }],
  ])("the phone behind a linked id is found where %s has it", (_engine, _data) => {
    const event = message(said({ id: "false_81203344556677@lid_3EB0A1", from: "81203344556677@lid", _data }));
    expect(event.customer).toEqual({ phone: "12025550147", lid: "81203344556677", name: "Ana" });
  });

  it("our own addresses are nobody's second name", () => {
    const _data = { Info: { SenderAlt: "90000000000001@lid", RecipientAlt: "15550100200@s.whatsapp.net" } };
    expect(message(said({ _data })).customer).toEqual({ phone: "12025550147" });
  });

  it("what was typed on the phone is a human's; what went through the API is a proof of sending", () => {
    const own = { id: "true_12025550147@c.us_3EB0B1", from: "15550100200@c.us", to: "12025550147@c.us", fromMe: true };
    expect(message(said({ ...own, source: "app" }))).toMatchObject({ direction: "out", customer: { phone: "12025550147" } });
    expect(only(said({ ...own, source: "api" }))).toMatchObject({ kind: "status", status: "sent", providerMessageId: "3EB0B1" });
  });

  it("a group is one thread with the member as author", () => {
    const group = said({ id: "false_1203@g.us_3EB0A4_81203344556677@lid", from: "1203@g.us", participant: "81203344556677@lid" });
    expect(message(group)).toMatchObject({ groupId: "1203@g.us", customer: { lid: "81203344556677" }, providerMessageId: "3EB0A4" });
  });

  it("a file keeps its address, type and caption, also while it is not downloaded", () => {
    const media = { url: "https://waha.example/file.jpg", mimetype: "image/jpeg", filename: null };
    expect(message(said({ hasMedia: true, media, body: "this" }))).toMatchObject({
      type: "image",
      text: "Photo: this",
      content: { image: { link: "https://waha.example/file.jpg", mime_type: "image/jpeg", caption: "this" } },
    });
    expect(message(said({ hasMedia: true, media: null, body: "", _data: { type: "ptt" } })).type).toBe("audio");
    const engine = { message: { imageMessage: { mimetype: "image/jpeg", caption: "this" } } };
    expect(message(said({ hasMedia: true, media, _data: engine })).content).toMatchObject({
      image: { link: "https://waha.example/file.jpg" },
    });
  });

  it.each([
    ["its name where a caption stands", { body: "order 12-set.xlsx", media: { url: null, mimetype: null, filename: "order 12-set.xlsx" } }],
    ["its name alone, not downloaded", { body: "order 12-set.xlsx", media: null, _data: { type: "document" } }],
    ["no body", { body: null, media: null, _data: { type: "document", filename: "order 12-set.xlsx" } }],
  ])("a file with %s has no caption", (_what, payload) => {
    const event = message(said({ hasMedia: true, ...payload }));
    expect(event).toMatchObject({ type: "document", text: "Document: order 12-set.xlsx" });
    expect(customerWords(event)).toBeNull();
  });

  it("the key of the engine GOWS is as good as WAHA's own id", () => {
    const key = { ID: "3EB0A7", RemoteJID: "12025550147@s.whatsapp.net", FromMe: false };
    const event = message(said({ id: undefined, from: undefined, fromMe: undefined, _data: { key, Message: { conversation: "oi" } } }));
    expect(event).toMatchObject({ providerMessageId: "3EB0A7", customer: { phone: "12025550147" }, direction: "in", text: "oi" });
  });

  it("a vote that WAHA decrypted names its poll and what was chosen", () => {
    const vote = { id: "false_12025550147@c.us_3EB0V1", from: "12025550147@c.us", fromMe: false, selectedOptions: ["Mon"] };
    expect(message(webhook("poll.vote", { timestamp: 1_790_003_000, vote, poll: { id: "true_12025550147@c.us_3EB0P1" } }))).toMatchObject({
      type: "poll_vote",
      text: "Voted: Mon",
      quotedProviderMessageId: "3EB0P1",
    });
  });

  it("a quote keeps the bare id", () => {
    expect(message(said({ replyTo: { id: "true_12025550147@c.us_3EB0B1", body: "Yes" } })).quotedProviderMessageId).toBe("3EB0B1");
  });

  it("statuses, channels and the chat with ourselves are recorded as ignored", () => {
    expect(only(said({ id: "false_status@broadcast_3EB0A1", from: "status@broadcast" }))).toMatchObject({
      kind: "notice",
      field: "ignored:status",
    });
    expect(only(said({ id: "true_15550100200@c.us_3EB0A1", fromMe: true }))).toMatchObject({ kind: "notice", field: "ignored:own_number" });
  });
});

describe("what became of messages", () => {
  it.each([
    [-1, "failed"],
    [1, "sent"],
    [2, "delivered"],
    [3, "read"],
    [4, "played"],
  ])("ack %i is %s, at WAHA's own time", (ack, status) => {
    const payload = { id: "true_81203344556677@lid_3EB0B1", from: "81203344556677@lid", fromMe: true, participant: null, ack };
    expect(only(webhook("message.ack", payload))).toMatchObject({
      kind: "status",
      status,
      providerMessageId: "3EB0B1",
      at: new Date(1_790_003_000_123),
      participant: "",
    });
  });

  it("pending, and that we read the customer's message, are no delivery statuses", () => {
    expect(only(webhook("message.ack", { id: "true_1@c.us_A", fromMe: true, ack: 0 })).kind).toBe("notice");
    expect(only(webhook("message.ack", { id: "false_12025550147@c.us_A", fromMe: false, ack: 3 })).kind).toBe("notice");
  });

  it("in a group the ack is one member's", () => {
    const payload = { id: "true_1203@g.us_3EB0B1_15550100200@c.us", fromMe: true, participant: "12025550147@c.us", ack: 3 };
    expect(only(webhook("message.ack.group", payload))).toMatchObject({ kind: "status", participant: "12025550147" });
  });

  it("reactions, edits and deletions name the bare id of what they change", () => {
    const from = { from: "12025550147@c.us", fromMe: false, timestamp: 1_790_003_100.5 };
    const reaction = webhook("message.reaction", {
      id: "false_12025550147@c.us_3EB0A9",
      ...from,
      reaction: { text: "👍", messageId: "true_12025550147@c.us_3EB0B1" },
    });
    expect(message(reaction)).toMatchObject({
      type: "reaction",
      text: "👍",
      targetProviderMessageId: "3EB0B1",
      providerMessageId: "3EB0A9",
      sentAt: new Date(1_790_003_100_500),
    });
    const edit = webhook("message.edited", { id: "false_12025550147@c.us_3EB0AB", editedMessageId: "3EB0A1", body: "oi!" });
    expect(message(edit)).toMatchObject({
      type: "edit",
      text: "oi!",
      targetProviderMessageId: "3EB0A1",
      customer: { phone: "12025550147" },
    });
    const revoke = webhook("message.revoked", { after: { id: "false_12025550147@c.us_3EB0AC" }, before: null, revokedMessageId: "3EB0A1" });
    expect(message(revoke)).toMatchObject({ type: "revoke", targetProviderMessageId: "3EB0A1", providerMessageId: "revoke:3EB0A1" });
  });
});

it("a message of last week comes from the past", () => {
  expect(message(said()).isHistory).toBeUndefined();
  expect(message(said({ timestamp: 1_789_400_000 })).isHistory).toBe(true);
});

it("a session's state and unknown events are notices, a broken payload says why", () => {
  expect(only(webhook("session.status", { status: "FAILED" }))).toMatchObject({ kind: "notice", field: "session.status" });
  expect(only(webhook("message", 7))).toMatchObject({ kind: "unreadable" });
  expect(only({ payload: {} })).toMatchObject({ kind: "unreadable" });
});

it("a message was written when it came in if its time is missing, absurd or in the future, whatever WAHA's own clock says", () => {
  for (const timestamp of [null, 0, -1, "soon", 1_790_003_000 + 86_400 * 30])
    expect(message(said({ timestamp })).sentAt.getTime()).toBeLessThanOrEqual(delivery.receivedAt.getTime());
  for (const timestamp of [1_790_003_000_000, "1790003000.25", 1_790_003_000_000_000])
    expect(Math.floor(message(said({ timestamp })).sentAt.getTime() / 1000)).toBe(1_790_003_000);
  const ahead = only({ ...said({ source: "api", fromMe: true, timestamp: 0 }), timestamp: 1_890_003_000_123 });
  expect(ahead).toMatchObject({ kind: "status", at: delivery.receivedAt });
});
