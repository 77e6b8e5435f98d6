import { describe, expect, it } from "vitest";
import type { WebhookEvent } from "../events.ts";
import { openBaileysEvents, parseBaileysEvents } from "./baileys-events.ts";
import { readInTurns } from "../opened-webhook.ts";
import { openEvolutionWebhook, parseEvolutionWebhook } from "./evolution-webhook.ts";

const delivery = { channelKey: "token-3", receivedAt: new Date(1_790_003_060_000) };
const LID = "81203344556677@lid";
const PHONE = "12025550147@s.whatsapp.net";
const me = { id: "15550100200:4@s.whatsapp.net", lid: "90000000000001:4@lid" };

function parse(...events: readonly unknown[]): readonly WebhookEvent[] {
  const parsed = parseBaileysEvents(Buffer.from(JSON.stringify({ me, events })), delivery);
  if (parsed.outcome !== "events") throw new Error(parsed.reason);
  return parsed.events;
}

const said = (key: Record<string, unknown> = {}, rest: Record<string, unknown> = {}): Record<string, unknown> => ({
  key: { remoteJid: PHONE, fromMe: false, id: "3EB0A1", ...key },
  messageTimestamp: 1_790_003_000,
  pushName: "Ana",
  message: { conversation: "oi" },
  ...rest,
});
const upsert = (type: string, ...messages: readonly unknown[]): unknown => ({ event: "messages.upsert", data: { messages, type } });

describe("messages", () => {
  it("the key shapes of 6.7 and 7 name the same person", () => {
    const events = parse(
      upsert(
        "notify",
        said({ remoteJid: LID, senderPn: PHONE }),
        said({ remoteJid: LID, remoteJidAlt: PHONE, addressingMode: "lid" }),
        said({ remoteJid: PHONE, senderLid: LID }),
      ),
    );
    for (const event of events)
      expect(event).toMatchObject({ kind: "message", customer: { phone: "12025550147", lid: "81203344556677", name: "Ana" } });
    expect(events).toHaveLength(3);
  });

  it("of our own message an alternative that is not ourselves counts: the bridge says who we are", () => {
    const [other, ourselves] = parse(
      upsert("notify", said({ fromMe: true, remoteJidAlt: LID }), said({ fromMe: true, remoteJidAlt: "90000000000001@lid" })),
    );
    expect(other).toMatchObject({ direction: "out", customer: { phone: "12025550147", lid: "81203344556677" } });
    expect(ourselves).toHaveProperty("customer", { phone: "12025550147" });
  });

  it("only `notify` is new; `append` and an imported history wake nobody", () => {
    const events = parse(upsert("notify", said()), upsert("append", said()), {
      event: "messaging-history.set",
      data: { messages: [said()], contacts: [], lidPnMappings: [{ lid: LID, pn: PHONE }] },
    });
    expect(events.map((event) => (event.kind === "message" ? event.isHistory === true : event.kind))).toEqual([
      false,
      true,
      "identity",
      true,
    ]);
  });

  it("each raw is a body that reads as the same event again", () => {
    const events = parse(upsert("append", said(), said({ id: "3EB0A2" })), {
      event: "messages.update",
      data: [{ key: { remoteJid: PHONE, fromMe: true, id: "B" }, update: { status: 3 } }],
    });
    expect(events).toHaveLength(3);
    for (const event of events) {
      const again = parseBaileysEvents(Buffer.from(event.raw), delivery);
      expect(again).toEqual({ outcome: "events", events: [event] });
    }
  });
});

describe("updates", () => {
  const update = (key: Record<string, unknown>, change: unknown): unknown => ({
    event: "messages.update",
    data: [{ key: { remoteJid: PHONE, fromMe: true, id: "3EB0B1", ...key }, update: change }],
  });

  it.each([
    [0, "failed"],
    [2, "sent"],
    [3, "delivered"],
    [4, "read"],
    [5, "played"],
  ])("status %i is %s", (status, word) => {
    expect(parse(update({ remoteJid: LID }, { status }))).toMatchObject([{ kind: "status", status: word, providerMessageId: "3EB0B1" }]);
  });

  it("a status of what the bridge sent names our own message: a lost answer is settled by it", () => {
    const id = "3EB00199A1B2C3D47E8F9A0B1C2D3E4F5A6B";
    expect(parse(update({ id }, { status: 3 }))).toMatchObject([{ callbackData: "0199a1b2-c3d4-7e8f-9a0b-1c2d3e4f5a6b" }]);
    expect(parse(update({}, { status: 3 }))[0]).not.toHaveProperty("callbackData");
    const told = parse(upsert("append", said({ fromMe: true, id })));
    expect(told).toMatchObject([{ kind: "status", status: "sent", providerMessageId: id }]);
  });

  it("a deletion, an edit and a late decryption come as updates", () => {
    const inbound = { fromMe: false, id: "3EB0A1" };
    expect(parse(update(inbound, { message: null, messageStubType: 1 }))).toMatchObject([
      { type: "revoke", direction: "in", targetProviderMessageId: "3EB0A1" },
    ]);
    expect(
      parse(update(inbound, { message: { editedMessage: { message: { conversation: "oi!" } } }, messageTimestamp: 1_790_003_020 })),
    ).toMatchObject([{ type: "edit", text: "oi!", targetProviderMessageId: "3EB0A1", sentAt: new Date(1_790_003_020_000) }]);
    expect(parse(update(inbound, { message: { conversation: "at last" }, messageTimestamp: 1_790_003_020 }))).toMatchObject([
      { type: "text", text: "at last", providerMessageId: "3EB0A1" },
    ]);
  });

  it("a reaction told twice has one id", () => {
    const key = { remoteJid: PHONE, fromMe: false, id: "3EB0A9" };
    const target = { remoteJid: PHONE, fromMe: true, id: "3EB0B1" };
    const [first, second] = parse(
      { event: "messages.reaction", data: [{ key: target, reaction: { key, text: "👍", senderTimestampMs: 1_790_003_000_000 } }] },
      upsert("notify", said(key, { message: { reactionMessage: { key: target, text: "👍" } } })),
    );
    for (const event of [first, second])
      expect(event).toMatchObject({ type: "reaction", direction: "in", providerMessageId: "3EB0A9", targetProviderMessageId: "3EB0B1" });
  });

  it("a receipt in a group is one member's", () => {
    const data = [
      { key: { remoteJid: "1203@g.us", fromMe: true, id: "3EB0B1" }, receipt: { userJid: PHONE, readTimestamp: 1_790_003_010 } },
    ];
    expect(parse({ event: "message-receipt.update", data })).toMatchObject([
      { kind: "status", status: "read", participant: "12025550147" },
    ]);
  });
});

it("mappings and cards with two names are identities", () => {
  const card = { id: LID, phoneNumber: PHONE, name: "Ana Prado" };
  expect(parse({ event: "lid-mapping.update", data: { lid: LID, pn: PHONE } }, { event: "contacts.upsert", data: [card] })).toMatchObject([
    { kind: "identity", customer: { phone: "12025550147", lid: "81203344556677" } },
    { kind: "identity", customer: { phone: "12025550147", lid: "81203344556677", name: "Ana Prado" } },
  ]);
});

it("what is broken stays alone, what is unknown is a notice", () => {
  expect(parse(7, { event: "presence.update", data: {} }, upsert("notify", "x", said())).map(({ kind }) => kind)).toEqual([
    "unreadable",
    "notice",
    "unreadable",
    "message",
  ]);
  expect(parseBaileysEvents(Buffer.from("{}"), delivery)).toMatchObject({ outcome: "events", events: [{ kind: "unreadable" }] });
});

it.each([
  ["is large", "x".repeat(500_000)],
  ["nests deep", "deep"],
])("what surrounds the items of a body is not repeated with each when it %s", (_how, extra) => {
  const messages = Array.from({ length: 50 }, (_, at) => ({
    key: { remoteJid: "12025550147@s.whatsapp.net", fromMe: false, id: `B${String(at)}` },
    messageTimestamp: 1_790_000_000,
    message: { conversation: "hi" },
  }));
  const deep = `${"[".repeat(20_000)}${"]".repeat(20_000)}`;
  const frame = extra === "deep" ? deep : JSON.stringify(extra);
  const list = JSON.stringify(messages);
  const baileys = `{"extra":${frame},"me":{"id":"15550100200@s.whatsapp.net"},"events":[{"event":"messages.upsert","data":{"extra":${frame},"type":"notify","messages":${list}}}]}`;
  const evolution = `{"extra":${frame},"event":"messages.upsert","instance":"main","data":${list}}`;
  const delivery = { channelKey: "t", receivedAt: new Date() };
  for (const parsed of [parseBaileysEvents(Buffer.from(baileys), delivery), parseEvolutionWebhook(Buffer.from(evolution), delivery)]) {
    const events = parsed.outcome === "events" ? parsed.events : [];
    expect(events.map(({ kind }) => kind)).toEqual(messages.map(() => "message"));
    expect(Math.max(...events.map(({ raw }) => raw.length))).toBeLessThan(6_000);
  }
});

const historyOf = (items: readonly string[]): { readonly baileys: Buffer; readonly evolution: Buffer } => ({
  baileys: Buffer.from(`{"events":[{"event":"messages.upsert","data":{"type":"append","messages":[${items.join()}]}}]}`),
  evolution: Buffer.from(`{"event":"messages.set","instance":"main","data":[${items.join()}]}`),
});

it("an item that nests too deep to be written is kept with itself, not with the whole body", () => {
  const deep = `{"key":{"id":"D"},"message":${"[".repeat(20_000)}${"]".repeat(20_000)}}`;
  const { baileys, evolution } = historyOf(Array.from({ length: 20 }, () => deep));
  const delivery = { channelKey: "t", receivedAt: new Date() };
  for (const parsed of [parseBaileysEvents(baileys, delivery), parseEvolutionWebhook(evolution, delivery)]) {
    const events = parsed.outcome === "events" ? parsed.events : [];
    expect(events.map(({ kind }) => kind)).toEqual(events.map(() => "unreadable"));
    expect(events.map(({ raw }) => raw.includes(deep) && raw.length < deep.length + 1_000)).toEqual(Array.from({ length: 20 }, () => true));
  }
});

it("a history is read in turns with everything else that the process has to do", async () => {
  const item = (at: number): string =>
    `{"key":{"remoteJid":"12025550147@s.whatsapp.net","fromMe":false,"id":"H${String(at)}"},"messageTimestamp":1790000000,"message":{"conversation":"hi"}}`;
  const { baileys, evolution } = historyOf(Array.from({ length: 20_000 }, (_, at) => item(at)));
  const delivery = { channelKey: "t", receivedAt: new Date() };
  for (const opened of [openBaileysEvents(baileys, delivery), openEvolutionWebhook(evolution, delivery)]) {
    let turns = 0;
    let next = setImmediate(function tick() {
      turns += 1;
      next = setImmediate(tick);
    });
    const parsed = await readInTurns(opened);
    clearImmediate(next);
    expect(parsed.outcome === "events" && parsed.events.length).toBe(20_000);
    expect(turns).toBeGreaterThan(2);
  }
});

it("a body of more items than any history has is one item, for a person to look at", () => {
  const { baileys, evolution } = historyOf(Array.from({ length: 100_001 }, () => "1"));
  const delivery = { channelKey: "t", receivedAt: new Date() };
  for (const parsed of [parseBaileysEvents(baileys, delivery), parseEvolutionWebhook(evolution, delivery)]) {
    expect(parsed).toMatchObject({ outcome: "malformed", reason: "The body has more than 100000 items." });
  }
});

it.each([undefined, 0, "soon", 1_790_003_000 + 86_400 * 30])(
  "a message whose time is %o was written when it came in",
  (messageTimestamp) => {
    expect(parse(upsert("notify", said({}, { messageTimestamp })))).toMatchObject([{ kind: "message", sentAt: delivery.receivedAt }]);
  },
);
