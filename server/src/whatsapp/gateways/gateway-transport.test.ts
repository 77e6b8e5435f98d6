import { randomBytes } from "node:crypto";
import { Readable } from "node:stream";
import { startEvolutionSimulator, startWahaSimulator, type GatewaySimulator } from "@onethread/simulator";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { toBaileysContent } from "../../../../sdk/src/baileys-outbound.ts";
import type { JsonObject } from "../../kernel/json.ts";
import { readFixture } from "../fixtures/fixtures.ts";
import { refusalBy, SENDABLE, sendKindOf } from "../sendable.ts";
import type { SendAddress } from "../send-address.ts";
import type { SendRequest, WhatsAppTransport } from "../transport.ts";
import { createGatewayHttp } from "./gateway-http.ts";
import { gatewayTransport } from "./gateway-transport.ts";

const http = createGatewayHttp({ timeoutMs: 5_000 });
const nowhere = "http://127.0.0.1:9";
const simulators: Record<"evolution" | "waha", GatewaySimulator | undefined> = { evolution: undefined, waha: undefined };

beforeAll(async () => {
  simulators.evolution = await startEvolutionSimulator({ webhookUrl: nowhere, instance: "aurora", apiKey: "key", retryDelaysMs: [0] });
  simulators.waha = await startWahaSimulator({ webhookUrl: nowhere, session: "aurora", apiKey: "key", hmacKey: "h", retryDelaysMs: [0] });
});

afterAll(async () => {
  await Promise.all([simulators.evolution?.stop(), simulators.waha?.stop()]);
  await http.close();
});

function request(content: JsonObject, to: SendAddress = { kind: "phone", value: "5547912345678" }, accessToken = "key"): SendRequest {
  return { channel: { key: "token", accessToken }, to, content, ownId: "m-1" };
}

const CONTENTS = readFixture("outbound-content.jsonl", z.record(z.string(), z.json())).map(
  (content) => [JSON.stringify(content).slice(0, 80), content] as const,
);
const TEXT = { type: "text", text: { body: "Yes" } };
const FILE_ID = "0198c000-0000-7000-8000-000000000001";
const FILES: readonly (readonly [string, JsonObject, string])[] = [
  ["image", { id: FILE_ID, caption: "Menu" }, "image/jpeg"],
  ["video", { id: FILE_ID }, "video/mp4"],
  ["audio", { id: FILE_ID, voice: true }, "audio/ogg"],
  ["document", { id: FILE_ID }, "application/pdf"],
  ["document", { id: FILE_ID, filename: "offer.pdf", caption: "Offer" }, "application/pdf"],
  ["sticker", { id: FILE_ID }, "image/webp"],
];

interface Enclosed {
  readonly mimeType: string;
  /** Undefined: the store does not have them. */
  readonly bytes: Buffer | undefined;
  /** Where reading fails. */
  readonly ends?: number;
}

function withFile(kind: string, node: JsonObject, { mimeType, bytes, ends }: Enclosed): SendRequest {
  async function* read(content: Buffer): AsyncGenerator<Buffer> {
    for (let at = 0; at < content.length; at += 65_536) {
      if (ends !== undefined && at > ends) throw new Error("the disk is gone");
      yield content.subarray(at, at + 65_536);
    }
  }
  const open = () => Promise.resolve(bytes === undefined ? undefined : Readable.from(read(bytes)));
  return { ...request({ type: kind, [kind]: node }), files: [{ id: FILE_ID, mimeType, bytes: bytes?.length ?? 1, open }] };
}

describe.each(["evolution", "waha"] as const)("%s", (gateway) => {
  const simulator = (): GatewaySimulator => {
    const started = simulators[gateway];
    if (started === undefined) throw new Error("not started");
    return started;
  };
  const transport = (instance = "aurora", baseUrl = simulator().url): WhatsAppTransport => {
    const made = gatewayTransport(http, gateway, { baseUrl, instance });
    if (made === undefined) throw new Error("no transport");
    return made;
  };
  const lastTo = (): string | undefined => simulator().outbox().at(-1)?.to;
  const phoneServer = gateway === "waha" ? "c.us" : "s.whatsapp.net";

  it("a text is accepted under the bare id, and its number is not rewritten", async () => {
    const outcome = await transport().sendMessage(request(TEXT));
    expect(outcome).toEqual({ outcome: "accepted", providerMessageId: simulator().outbox().at(-1)?.id });
    expect(lastTo()).toBe(`5547912345678@${phoneServer}`);
  });

  it("groups and linked ids are addressed as they are", async () => {
    await transport().sendMessage(request(TEXT, { kind: "group", value: "1203@g.us" }));
    expect(lastTo()).toBe("1203@g.us");
    expect(await transport().sendMessage(request(TEXT, { kind: "lid", value: "81203344556677" }))).toMatchObject({ outcome: "accepted" });
    expect(lastTo()).toBe("81203344556677@lid");
  });

  it.each(CONTENTS)(
    "what is not refused when it is accepted is taken by the strict gateway, and nothing else gets there: %s",
    async (_label, content) => {
      const before = simulator().outbox().length;
      const isSent = refusalBy(gateway, { content, isGroup: false }) === undefined;
      const outcome = await transport().sendMessage({ ...request(content), names: { id: "3EB0A1", isOurs: true } });
      expect(outcome).toMatchObject(isSent ? { outcome: "accepted" } : { outcome: "rejected", retry: "never", stopsChannel: false });
      expect(simulator().outbox()).toHaveLength(isSent ? before + 1 : before);
    },
  );

  it("of every kind that it sends there is one in these contents", () => {
    const seen = new Set(
      CONTENTS.filter(([, content]) => refusalBy(gateway, { content, isGroup: false }) === undefined).map(([, content]) =>
        sendKindOf(content),
      ),
    );
    const sent = Object.entries(SENDABLE).flatMap(([kind, row]) => (row[gateway] === false ? [] : [kind]));
    expect([...seen].toSorted()).toEqual(sent.toSorted());
  });

  it("a business-scoped user id is no address of a gateway", async () => {
    const outcome = await transport().sendMessage(request(TEXT, { kind: "user", value: "US.7Q2m9XkLp4" }));
    expect(outcome).toMatchObject({ outcome: "rejected", retry: "never" });
  });

  it("a wrong key and an unknown instance stop the channel", async () => {
    expect(await transport().sendMessage(request(TEXT, undefined, "wrong"))).toMatchObject({
      outcome: "rejected",
      stopsChannel: true,
      fault: { code: 401 },
    });
    expect(await transport("other").sendMessage(request(TEXT))).toMatchObject({
      outcome: "rejected",
      stopsChannel: true,
      fault: { code: 404 },
    });
  });

  it("a version without polls fails the poll and nothing else; without texts it is no gateway, and the channel stops", async () => {
    const message = "Cannot POST /api/sendPoll";
    const missing = { status: 404, body: gateway === "waha" ? { message } : { status: 404, response: { message: [message] } } };
    const poll = { type: "poll", poll: { name: "Day?", options: [{ name: "Tue" }, { name: "Thu" }] } };
    simulator().failSends(missing, missing);
    expect(await transport().sendMessage(request(poll))).toMatchObject({ outcome: "rejected", retry: "never", stopsChannel: false });
    expect(await transport().sendMessage(request(TEXT))).toMatchObject({ outcome: "rejected", stopsChannel: true });
  });

  it("an answer that never came leaves the outcome open: the message was sent", async () => {
    const before = simulator().outbox().length;
    simulator().failSends("drop", { status: 500 });
    expect(await transport().sendMessage(request(TEXT))).toMatchObject({ outcome: "uncertain" });
    expect(simulator().outbox()).toHaveLength(before + 1);
    expect(await transport().sendMessage(request(TEXT))).toMatchObject({ outcome: "uncertain" });
  });

  it("a gateway that is busy, away from WhatsApp or not there at all gets the message later", async () => {
    simulator().failSends({ status: 429 }, { status: 400, body: { response: { message: ["Error: Connection Closed"] } } });
    for (const sender of [transport(), transport(), transport("aurora", nowhere)]) {
      expect(await sender.sendMessage(request(TEXT))).toMatchObject({ outcome: "rejected", retry: "backoff", stopsChannel: false });
    }
  });

  it("a recipient without WhatsApp is final and said so", async () => {
    simulator().failSends({
      status: 400,
      body: { status: 400, response: { message: [{ jid: "1@s.whatsapp.net", exists: false, number: "1" }] } },
    });
    const outcome = await transport().sendMessage(request(TEXT));
    expect(outcome).toMatchObject({ outcome: "rejected", retry: "never", sentence: expect.stringContaining("no WhatsApp account") });
  });

  it.each(FILES)("a file of ours goes within the message: %s", async (kind, node, mimeType) => {
    const bytes = randomBytes(100_001);
    const outcome = await transport().sendMessage(withFile(kind, node, { mimeType, bytes }));
    // WAHA has no stickers.
    const isSent = refusalBy(gateway, { content: { type: kind, [kind]: node }, isGroup: false }) === undefined;
    expect(outcome.outcome).toBe(isSent ? "accepted" : "rejected");
    const { body = {} } = simulator().outbox().at(-1) ?? {};
    const handed =
      gateway === "evolution" ? (body["media"] ?? body["audio"] ?? body["sticker"]) : (body["file"] as JsonObject | undefined)?.["data"];
    if (isSent) expect(handed).toBe(bytes.toString("base64"));
    if (isSent && handed === body["media"]) expect(body).toMatchObject({ mediatype: kind, mimetype: mimeType });
    if (isSent && gateway === "waha") expect(body["file"]).toMatchObject({ mimetype: mimeType });
  });

  it("of a file that ends early, or that the store does not have, the gateway understands nothing: the message goes later, and is not unknown", async () => {
    const before = simulator().outbox().length;
    const node = { id: FILE_ID };
    const broken = withFile("image", node, { mimeType: "image/png", bytes: randomBytes(3_000_000), ends: 1_000_000 });
    const gone = withFile("image", node, { mimeType: "image/png", bytes: undefined });
    for (const asked of [broken, gone]) {
      expect(await transport().sendMessage(asked)).toMatchObject({ outcome: "rejected", retry: "backoff", stopsChannel: false });
    }
    expect(simulator().outbox()).toHaveLength(before);
    expect(await transport().sendMessage(request({ type: "image", image: node }))).toMatchObject({ outcome: "rejected", retry: "never" });
    simulator().failSends("drop");
    const whole = withFile("image", node, { mimeType: "image/png", bytes: randomBytes(3_000_000) });
    expect(await transport().sendMessage(whole)).toMatchObject({ outcome: "uncertain" });
    expect(simulator().outbox()).toHaveLength(before + 1);
  });

  it("read and typing need the chat", async () => {
    const read = { channel: { key: "token", accessToken: "key" }, providerMessageId: "3EB0A1", typing: true };
    const user = { kind: "user", value: "US.7Q2m9XkLp4" } as const;
    expect(await transport().markRead({ ...read, chat: user })).toMatchObject({ outcome: "rejected", retry: "never" });
    const phone = { kind: "phone", value: "12025550147" } as const;
    expect(await transport().markRead({ ...read, chat: phone })).toEqual({ outcome: "accepted" });
  });
});

describe("in the gateway's own words", () => {
  const sentBy = async (gateway: "evolution" | "waha", content: JsonObject, more: Partial<SendRequest> = {}): Promise<unknown> => {
    const simulator = simulators[gateway];
    const transport = gatewayTransport(http, gateway, { baseUrl: simulator?.url ?? "", instance: "aurora" });
    expect(await transport?.sendMessage({ ...request(content, { kind: "phone", value: "12025550147" }), ...more })).toMatchObject({
      outcome: "accepted",
    });
    const { operation, body } = simulator?.outbox().at(-1) ?? {};
    return { operation, ...body };
  };
  const jid = "12025550147@s.whatsapp.net";
  const chatId = "12025550147@c.us";
  const reaction = { type: "reaction", reaction: { message_id: "3EB0A1", emoji: "👍" } };
  const group: Partial<SendRequest> = {
    to: { kind: "group", value: "1203@g.us" },
    names: { id: "3EB0A1", isOurs: false, member: { kind: "lid", value: "81203344556677" }, text: "At 9?" },
  };
  const interactive = (node: JsonObject): JsonObject => ({ type: "interactive", interactive: node });
  const yes = [{ type: "reply", reply: { id: "y", title: "Yes" } }];

  it("a coordinate that came as text is a number, and a place has both of its texts", async () => {
    const place = { type: "location", location: { latitude: "-25.4", longitude: "-49.2", address: "Main St 1" } };
    expect(await sentBy("evolution", place)).toEqual({
      ...{ operation: "sendLocation", number: jid },
      ...{ latitude: -25.4, longitude: -49.2, name: "", address: "Main St 1" },
    });
    expect(await sentBy("waha", place)).toMatchObject({ latitude: -25.4, longitude: -49.2, title: "Main St 1" });
  });

  it("a reaction and a quote in a group name the member", async () => {
    expect(await sentBy("evolution", reaction, group)).toMatchObject({
      key: { remoteJid: "1203@g.us", fromMe: false, id: "3EB0A1", participant: "81203344556677@lid" },
      reaction: "👍",
    });
    const messageId = "false_1203@g.us_3EB0A1_81203344556677@lid";
    expect(await sentBy("waha", reaction, group)).toEqual({ operation: "reaction", session: "aurora", messageId, reaction: "👍" });
    expect(await sentBy("waha", TEXT, group)).toMatchObject({ reply_to: messageId });
    expect(await sentBy("evolution", TEXT, group)).toMatchObject({ quoted: { key: { id: "3EB0A1" } } });
  });

  it("a WAHA that knows reactions by POST alone is asked in that way, and a reaction without an id of its own is accepted", async () => {
    const simulator = await startWahaSimulator({
      ...{ webhookUrl: nowhere, session: "aurora", apiKey: "key", hmacKey: "h" },
      ...{ retryDelaysMs: [0], reactionMethod: "POST" },
    });
    const transport = gatewayTransport(http, "waha", { baseUrl: simulator.url, instance: "aurora" });
    expect(await transport?.sendMessage(request(reaction))).toEqual({ outcome: "accepted", providerMessageId: "reaction:m-1" });
    expect(simulator.outbox()).toHaveLength(1);
    await simulator.stop();
  });

  it("buttons and lists always have the title that Evolution writes", async () => {
    const buttons = [{ type: "reply", displayText: "Yes", id: "y" }];
    const body = { text: "Keep it?\nWe open at 9." };
    const base = { operation: "sendButtons", number: jid, buttons };
    expect(await sentBy("evolution", interactive({ type: "button", body, action: { buttons: yes } }))).toEqual({
      ...base,
      ...{ title: "Keep it?", description: "We open at 9." },
    });
    const header = { type: "text", text: "Booking" };
    expect(
      await sentBy("evolution", interactive({ type: "button", header, body, footer: { text: "Studio" }, action: { buttons: yes } })),
    ).toEqual({
      ...base,
      ...{ title: "Booking", description: body.text, footer: "Studio" },
    });
    const sections = [{ rows: [{ id: "s1", title: "09:00" }] }];
    expect(
      await sentBy("evolution", interactive({ type: "list", body: { text: "When?" }, action: { button: "Times", sections } })),
    ).toEqual({
      ...{ operation: "sendList", number: jid, title: "When?", description: "", footerText: "", buttonText: "Times" },
      sections: [{ title: "Times", rows: [{ title: "09:00", rowId: "s1" }] }],
    });
  });

  it("a poll allows one answer, or any number", async () => {
    const poll = (more: JsonObject): JsonObject => ({
      type: "poll",
      poll: { name: "Day?", options: [{ name: "Tue" }, { name: "Thu" }], ...more },
    });
    const values = ["Tue", "Thu"];
    expect(await sentBy("evolution", poll({}))).toEqual({ operation: "sendPoll", number: jid, name: "Day?", selectableCount: 1, values });
    expect(await sentBy("evolution", poll({ multiple_answers: true }))).toMatchObject({ selectableCount: 0 });
    expect(await sentBy("waha", poll({ multiple_answers: true }))).toEqual({
      ...{ operation: "sendPoll", session: "aurora", chatId },
      poll: { name: "Day?", options: values, multipleAnswers: true },
    });
  });

  it("an engine of WAHA that cannot do something at all has not done it", async () => {
    simulators.waha?.failSends({ status: 501, body: { message: "The method is not implemented by 'WEBJS' engine." } });
    const transport = gatewayTransport(http, "waha", { baseUrl: simulators.waha?.url ?? "", instance: "aurora" });
    expect(await transport?.sendMessage(request(TEXT))).toMatchObject({ outcome: "rejected", retry: "never", stopsChannel: false });
  });
});

it.each(CONTENTS)("what is not refused for Baileys has a form there: %s", (_label, content) => {
  const isSent = refusalBy("baileys", { content, isGroup: false }) === undefined;
  expect(toBaileysContent(content, "12025550147@s.whatsapp.net") !== undefined).toBe(isSent);
});

it("a contact card for Baileys has all of it, and no value begins a line of its own", () => {
  const name = { formatted_name: "Desk\nTEL:0;1", first_name: "Desk" };
  const phones = [{ phone: "+1 555 010 0200", wa_id: "15550100200" }];
  const card = {
    name,
    phones,
    org: { company: "Aurora, Inc" },
    emails: [{ email: "desk@example.com" }],
    urls: [{ url: "https://a.example" }],
  };
  const made = toBaileysContent({ type: "contacts", contacts: [card] }, "12025550147@s.whatsapp.net");
  const vcard = String.raw`BEGIN:VCARD
VERSION:3.0
FN:Desk\nTEL:0\;1
ORG:Aurora\, Inc
TEL;type=CELL;waid=15550100200:+1 555 010 0200
EMAIL:desk@example.com
URL:https://a.example
END:VCARD`;
  expect(made).toEqual({ contacts: { displayName: name.formatted_name, contacts: [{ displayName: name.formatted_name, vcard }] } });
});

it("a channel without an address, or with one that is none, sends nothing", async () => {
  expect(gatewayTransport(http, "evolution", { instance: "aurora" })).toBeUndefined();
  expect(gatewayTransport(http, "waha", { baseUrl: "http://127.0.0.1:9" })).toBeUndefined();
  const outcome = await gatewayTransport(http, "baileys", { baseUrl: "file:///x" })?.sendMessage(request(TEXT));
  expect(outcome).toMatchObject({ outcome: "rejected", retry: "never" });
});
