// The bridge and our side of it, over real HTTP, around a socket that keeps to the part of Baileys' interface that the bridge uses.
import { randomBytes } from "node:crypto";
import { EventEmitter } from "node:events";
import { createServer, type Server } from "node:http";
import { Readable } from "node:stream";
import { afterEach, expect, expectTypeOf, it } from "vitest";
import { type BaileysBridge, createBaileysBridge } from "../../../../sdk/src/baileys-bridge.ts";
import { isRecord } from "../../../../sdk/src/baileys-outbound.ts";
import type { WebhookEvent } from "../events.ts";
import { createBaileysClient } from "./baileys-client.ts";
import { parseBaileysEvents } from "./baileys-events.ts";
import type { SendRequest } from "../transport.ts";
import { createGatewayHttp, type GatewayHttp } from "./gateway-http.ts";

const SECRET = "bridge-secret";

interface Loop {
  readonly ev: EventEmitter;
  readonly sent: { readonly jid: string; readonly content: unknown; readonly options: unknown }[];
  readonly read: unknown[];
  readonly bridge: BaileysBridge;
  readonly bridgeUrl: string;
  readonly events: WebhookEvent[];
  /** Answers of our side, first to last; then 200. */
  readonly answers: number[];
  readonly errors: Error[];
  failSends: boolean;
}

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  ends.push(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  return `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`;
}

async function bodyOf(request: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function startLoop(): Promise<Loop> {
  const events: WebhookEvent[] = [];
  const answers: number[] = [];
  const onethread = createServer((request, response) => {
    void bodyOf(request).then((body) => {
      const status = request.headers.authorization === `Bearer ${SECRET}` ? (answers.shift() ?? 200) : 401;
      const parsed = parseBaileysEvents(body, { channelKey: "token", receivedAt: new Date(1_790_003_060_000) });
      if (status === 200 && parsed.outcome === "events") events.push(...parsed.events);
      response.writeHead(status).end();
    });
  });
  const ev = new EventEmitter();
  const sent: Loop["sent"] = [];
  const read: unknown[] = [];
  const errors: Error[] = [];
  const sock = {
    ev,
    user: { id: "15550100200:4@s.whatsapp.net", lid: "90000000000001:4@lid" },
    async sendMessage(jid: string, content: unknown, options?: { readonly messageId?: string }): Promise<unknown> {
      if (loop.failSends) throw new Error("Connection Closed");
      sent.push({ jid, content, options });
      const messageId = options?.messageId ?? "";
      const key = { remoteJid: jid, fromMe: true, id: messageId };
      // As Baileys does: one's own message is told as an event too.
      ev.emit("messages.upsert", {
        type: "append",
        messages: [{ key, message: { conversation: "own" }, messageTimestamp: 1_790_003_000 }],
      });
      return { key };
    },
    readMessages: async (keys: never): Promise<unknown> => read.push(keys),
    sendPresenceUpdate: async (): Promise<unknown> => undefined,
  };
  const baseUrl = await listen(onethread);
  const bridge = createBaileysBridge(sock, {
    baseUrl,
    channelToken: "token",
    secret: SECRET,
    wait: () => Promise.resolve(),
    onError: (error) => errors.push(error),
  });
  ends.push(() => bridge.stop());
  const bridgeUrl = await listen(
    createServer((request, response) => {
      void bodyOf(request).then(async (body) => {
        const headers = { authorization: request.headers.authorization ?? "" };
        const answer = await bridge.handle(
          new Request(`http://bridge${request.url ?? ""}`, { method: request.method ?? "POST", headers, body: body.toString() }),
        );
        response.writeHead(answer.status, { "content-type": "application/json" }).end(await answer.text());
      });
    }),
  );
  const loop: Loop = { ev, sent, read, bridge, bridgeUrl, events, answers, errors, failSends: false };
  return loop;
}

function client(loop: Loop): ReturnType<typeof createBaileysClient> {
  const http: GatewayHttp = createGatewayHttp({ timeoutMs: 5_000 });
  ends.push(() => http.close());
  return createBaileysClient({ http, baseUrl: loop.bridgeUrl });
}

const OUR_ID = "0199a1b2-c3d4-7e8f-9a0b-1c2d3e4f5a6b";
const KEY_ID = "3EB00199A1B2C3D47E8F9A0B1C2D3E4F5A6B";
const PHONE = { kind: "phone", value: "12025550147" } as const;
const request = (accessToken = SECRET): SendRequest => ({
  channel: { key: "token", accessToken },
  to: PHONE,
  content: { type: "text", text: { body: "Yes" } },
  ownId: OUR_ID,
});

it("bytes and 64-bit times come through, and so do both identifiers of the customer", async () => {
  const loop = await startLoop();
  const key = { remoteJid: "81203344556677@lid", remoteJidAlt: "12025550147@s.whatsapp.net", fromMe: false, id: "3EB0A1" };
  const image = { mimetype: "image/jpeg", caption: "this", mediaKey: new Uint8Array([1, 2, 3]), jpegThumbnail: Buffer.alloc(10) };
  loop.ev.emit("messages.upsert", {
    type: "notify",
    messages: [{ key, message: { imageMessage: image }, messageTimestamp: { low: 1_790_003_000, high: 0, unsigned: true } }],
  });
  await loop.bridge.idle();
  expect(loop.events).toMatchObject([
    {
      kind: "message",
      text: "Photo: this",
      sentAt: new Date(1_790_003_000_000),
      customer: { phone: "12025550147", lid: "81203344556677" },
      content: { gateway: { imageMessage: { mediaKey: "AQID" } } },
    },
  ]);
});

it("events wait for Onethread in their order, through 503, 401 and a body that is too large", async () => {
  const loop = await startLoop();
  loop.answers.push(503, 401, 413);
  for (const id of ["A", "B", "C"]) {
    const key = { remoteJid: "12025550147@s.whatsapp.net", fromMe: false, id };
    loop.ev.emit("messages.upsert", {
      type: "notify",
      messages: [{ key, message: { conversation: id }, messageTimestamp: 1_790_003_000 }],
    });
  }
  await loop.bridge.idle();
  expect(loop.events.map((event) => (event.kind === "message" ? event.text : event.kind))).toEqual(["A", "B", "C"]);
  expect(loop.errors).toHaveLength(3);
});

it("a message that Onethread hands over twice leaves once, under an id that names it, and does not come back as a human's", async () => {
  const loop = await startLoop();
  const sender = client(loop);
  for (let time = 0; time < 2; time += 1)
    expect(await sender.sendMessage(request())).toEqual({ outcome: "accepted", providerMessageId: KEY_ID });
  await loop.bridge.idle();
  expect(loop.sent).toEqual([{ jid: "12025550147@s.whatsapp.net", content: { text: "Yes" }, options: { messageId: KEY_ID } }]);
  expect(loop.events).toEqual([]);
  loop.ev.emit("messages.update", [{ key: { remoteJid: "81203344556677@lid", fromMe: true, id: KEY_ID }, update: { status: 3 } }]);
  await loop.bridge.idle();
  expect(loop.events).toMatchObject([{ kind: "status", status: "delivered", providerMessageId: KEY_ID, callbackData: OUR_ID }]);
});

it("a quote reaches Baileys with its author and its words, and a reaction with the author of its message", async () => {
  const loop = await startLoop();
  const sender = client(loop);
  const group = { kind: "group", value: "1203630@g.us" } as const;
  const names = { id: "3EB0A1", isOurs: false, member: { kind: "lid", value: "81203344556677" }, text: "At 9?" } as const;
  const reaction = { type: "reaction", reaction: { message_id: "3EB0B1", emoji: "👍" } };
  const sends = [
    { ...request(), to: group, names },
    { ...request(), names: { id: "3EB0A2", isOurs: false } },
    { ...request(), content: reaction, names: { id: "3EB0B1", isOurs: true, text: "At 9" } },
    { ...request(), to: group, content: reaction, names: { ...names, id: "3EB0B1" } },
  ];
  for (const [index, one] of sends.entries()) {
    expect(await sender.sendMessage({ ...one, ownId: `${OUR_ID.slice(0, -1)}${String(index)}` })).toMatchObject({ outcome: "accepted" });
  }
  const chat = "12025550147@s.whatsapp.net";
  const member = { remoteJid: group.value, fromMe: false, participant: "81203344556677@lid" };
  expect(loop.sent.map(({ content, options }) => ({ content, quoted: isRecord(options) ? options["quoted"] : undefined }))).toEqual([
    { content: { text: "Yes" }, quoted: { key: { ...member, id: "3EB0A1" }, message: { conversation: "At 9?" } } },
    { content: { text: "Yes" }, quoted: { key: { remoteJid: chat, fromMe: false, id: "3EB0A2" }, message: { conversation: "" } } },
    { content: { react: { text: "👍", key: { remoteJid: chat, fromMe: true, id: "3EB0B1" } } }, quoted: undefined },
    { content: { react: { text: "👍", key: { ...member, id: "3EB0B1" } } }, quoted: undefined },
  ]);
});

it("a file of ours reaches Baileys as its bytes, with its type, and as a document with a name", async () => {
  const loop = await startLoop();
  const bytes = randomBytes(200_000);
  const fileId = "0198c000-0000-7000-8000-000000000001";
  const open = () => Promise.resolve(Readable.from([bytes.subarray(0, 70_001), bytes.subarray(70_001)]));
  const contents = [
    { type: "image", image: { id: fileId, caption: "Menu" } },
    { type: "document", document: { id: fileId, filename: "offer.pdf" } },
  ];
  for (const [index, content] of contents.entries()) {
    const files = [{ id: fileId, mimeType: index === 0 ? "image/png" : "application/pdf", bytes: bytes.length, open }];
    const ownId = `${OUR_ID.slice(0, -1)}${String(index)}`;
    expect(await client(loop).sendMessage({ ...request(), content, ownId, files })).toMatchObject({ outcome: "accepted" });
  }
  expect(loop.sent.map(({ content }) => content)).toEqual([
    { image: bytes, mimetype: "image/png", caption: "Menu" },
    { document: bytes, mimetype: "application/pdf", fileName: "offer.pdf" },
  ]);
});

it("a bridge that is told of a quote by its id alone quotes it", async () => {
  const loop = await startLoop();
  const body = JSON.stringify({ to: "12025550147@s.whatsapp.net", content: request().content, id: KEY_ID, quotedId: "3EB0A1" });
  const answer = await loop.bridge.handle(
    new Request("http://bridge/send", { method: "POST", headers: { authorization: `Bearer ${SECRET}` }, body }),
  );
  expect(answer.status).toBe(200);
  expect(loop.sent[0]?.options).toMatchObject({ messageId: KEY_ID, quoted: { key: { id: "3EB0A1", fromMe: false } } });
});

it("what failed in the socket is open, what cannot be sent is refused, and a stranger is told nothing", async () => {
  const loop = await startLoop();
  const sender = client(loop);
  expect(await sender.sendMessage(request("wrong"))).toMatchObject({ outcome: "rejected", stopsChannel: true });
  const template = { ...request(), content: { type: "template", template: { name: "x" } } };
  expect(await sender.sendMessage(template)).toMatchObject({ outcome: "rejected", retry: "never" });
  loop.failSends = true;
  expect(await sender.sendMessage(request())).toMatchObject({ outcome: "uncertain" });
  expect(loop.sent).toEqual([]);
});

it("read receipts go to the chat", async () => {
  const loop = await startLoop();
  const read = { channel: { key: "token", accessToken: SECRET }, chat: PHONE, providerMessageId: "3EB0A1", typing: true };
  expect(await client(loop).markRead(read)).toEqual({ outcome: "accepted" });
  expect(loop.read).toEqual([[{ remoteJid: "12025550147@s.whatsapp.net", id: "3EB0A1", fromMe: false }]]);
});

it("a socket typed as Baileys types it fits", () => {
  interface EventMap {
    readonly "messages.upsert": { readonly messages: readonly object[]; readonly type: "append" | "notify" };
    readonly "connection.update": { readonly connection?: "open" | "close" };
  }
  interface Socket {
    readonly ev: {
      on<T extends keyof EventMap>(event: T, listener: (data: EventMap[T]) => void): void;
      off<T extends keyof EventMap>(event: T, listener: (data: EventMap[T]) => void): void;
    };
    readonly user: { readonly id: string; readonly lid?: string } | undefined;
    readonly sendMessage: (
      jid: string,
      content: { text: string },
      options?: { messageId?: string },
    ) => Promise<{ key: { id?: string | null } } | undefined>;
    readonly readMessages: (keys: { remoteJid?: string | null; id?: string | null }[]) => Promise<void>;
    readonly sendPresenceUpdate: (type: "composing" | "paused", toJid?: string) => Promise<void>;
  }
  expectTypeOf<Socket>().toExtend<Parameters<typeof createBaileysBridge>[0]>();
});
