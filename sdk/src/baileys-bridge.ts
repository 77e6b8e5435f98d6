// Owns: the bridge between a Baileys socket (6.7 and 7) and Onethread: its events out, Onethread's messages in. Depends on the shape of a socket, not
// on Baileys. Refuses to know: logging in, sessions, reconnecting.
import { type Content, isRecord, readNamed, toBaileysContent, toQuoted } from "./baileys-outbound.ts";
import { toWire } from "./baileys-wire.ts";
import { createEventForwarder } from "./event-forwarder.ts";

/** What the bridge uses of a socket. */
export interface BaileysSocket {
  readonly ev: {
    on(event: never, listener: (data: unknown) => void): unknown;
    off(event: never, listener: (data: unknown) => void): unknown;
  };
  readonly user?: unknown;
  sendMessage(jid: string, content: never, options?: never): Promise<unknown>;
  readMessages(keys: never): Promise<unknown>;
  sendPresenceUpdate(type: never, jid?: string): Promise<unknown>;
}

export interface BaileysBridgeOptions {
  /** Where Onethread listens: `http://127.0.0.1:3000`. */
  readonly baseUrl: string;
  /** The token in the channel's webhook address. */
  readonly channelToken: string;
  /** The channel's secret: proves the bridge to Onethread, and Onethread to the bridge. */
  readonly secret: string;
  readonly onError?: (error: Error) => void;
  readonly fetch?: typeof globalThis.fetch;
  /** How to wait; for tests. */
  readonly wait?: (ms: number) => Promise<void>;
}

export interface BaileysBridge {
  /**
   * Answers Onethread: `POST /send` and `POST /read`. Put it behind any server that speaks fetch's Request and Response, at the address that is
   * entered as the channel's gateway address. A message that comes twice is sent once, as long as the process lives.
   */
  handle(request: Request): Promise<Response>;
  /** Resolves when Onethread has taken every event so far. */
  idle(): Promise<void>;
  /** Stops listening. For a new socket after a reconnect, make a new bridge. */
  stop(): void;
}

const EVENTS = [
  "messages.upsert",
  "messages.update",
  "messages.reaction",
  "message-receipt.update",
  "messaging-history.set",
  "contacts.upsert",
  "contacts.update",
  "lid-mapping.update",
  "connection.update",
] as const;
const REMEMBERED_SENDS = 5_000;

export function createBaileysBridge(sock: BaileysSocket, options: BaileysBridgeOptions): BaileysBridge {
  const socket = looseSocket(sock);
  const base = options.baseUrl.endsWith("/") ? options.baseUrl : `${options.baseUrl}/`;
  const onError = options.onError ?? (() => undefined);
  const forwarder = createEventForwarder({
    url: new URL(`webhooks/baileys/${encodeURIComponent(options.channelToken)}`, base).href,
    secret: options.secret,
    me: () => toWire(sock.user ?? {}),
    fetch: options.fetch ?? globalThis.fetch,
    wait: options.wait ?? ((ms) => new Promise((resolve) => setTimeout(resolve, ms))),
    onError,
  });
  const sends = new Map<string, Promise<string>>();

  const listeners = EVENTS.map((event) => {
    const listener = (data: unknown): void => {
      // Our own sends come back as events; Onethread knows them by the answer to its request.
      const wire = event === "messages.upsert" ? withoutOwnSends(toWire(data), sends) : toWire(data);
      if (wire !== undefined) forwarder.add({ event, data: wire });
    };
    socket.on(event, listener);
    return { event, listener };
  });

  /** One promise per id: whoever asks again gets the same outcome. */
  function sendOnce(id: string, send: () => Promise<string>): Promise<string> {
    const known = sends.get(id);
    if (known !== undefined) return known;
    // Remembered before it starts: the socket reports it in the same moment.
    const sending = Promise.resolve().then(send);
    sends.set(id, sending);
    const oldest = sends.size > REMEMBERED_SENDS ? sends.keys().next().value : undefined;
    if (oldest !== undefined) sends.delete(oldest);
    return sending;
  }

  async function answerSend(body: Content): Promise<Response> {
    const { to, content, id, quotedId } = body;
    if (typeof to !== "string" || !isRecord(content)) return refusal(400, 'A send needs "to" and "content".');
    const named = readNamed(body["named"]);
    const made = toBaileysContent(content, to, named);
    if (made === undefined) return refusal(422, `Baileys cannot send "${String(content["type"])}".`);
    const messageId = typeof id === "string" ? id : newId();
    const quoted = typeof quotedId === "string" ? { quoted: toQuoted(quotedId, to, named) } : {};
    try {
      const sentId = await sendOnce(messageId, () => socket.send(to, made, { messageId, ...quoted }));
      return Response.json({ id: sentId });
    } catch (error) {
      const failure = error instanceof Error ? error : new Error(String(error));
      onError(failure);
      // It may have left before it failed: 500 tells Onethread that the outcome is not known.
      return refusal(500, failure.message);
    }
  }

  async function answerRead(body: Content): Promise<Response> {
    const { to, id, typing } = body;
    if (typeof to !== "string" || typeof id !== "string") return refusal(400, 'Reading needs "to" and "id".');
    try {
      await socket.read({ remoteJid: to, id, fromMe: false });
      if (typing === true) await socket.showTyping(to);
      return Response.json({ ok: true });
    } catch (error) {
      return refusal(500, error instanceof Error ? error.message : String(error));
    }
  }

  return {
    async handle(request) {
      if (request.headers.get("authorization") !== `Bearer ${options.secret}`) return refusal(401, "The secret is missing or wrong.");
      const path = new URL(request.url).pathname;
      const body: unknown = await request.json().catch(() => undefined);
      if (request.method === "POST" && isRecord(body) && path.endsWith("/send")) return answerSend(body);
      if (request.method === "POST" && isRecord(body) && path.endsWith("/read")) return answerRead(body);
      return refusal(404, "There is POST /send and POST /read, with a JSON object.");
    },
    idle: () => forwarder.idle(),
    stop() {
      for (const { event, listener } of listeners) socket.off(event, listener);
      forwarder.stop();
    },
  };
}

interface LooseSocket {
  on(event: string, listener: (data: unknown) => void): void;
  off(event: string, listener: (data: unknown) => void): void;
  send(to: string, content: Content, options: { readonly messageId: string; readonly quoted?: Content }): Promise<string>;
  read(key: Content): Promise<unknown>;
  showTyping(to: string): Promise<unknown>;
}

/** The one place where the two versions' exact types are left behind: a socket of either takes these values. */
function looseSocket(sock: BaileysSocket): LooseSocket {
  return {
    on: (event, listener) => void sock.ev.on(event as never, listener),
    off: (event, listener) => void sock.ev.off(event as never, listener),
    async send(to, content, options) {
      const sent = await sock.sendMessage(to, content as never, options as never);
      const key = isRecord(sent) && isRecord(sent["key"]) ? sent["key"] : undefined;
      return typeof key?.["id"] === "string" ? key["id"] : options.messageId;
    },
    read: (key) => sock.readMessages([key] as never),
    showTyping: (to) => sock.sendPresenceUpdate("composing" as never, to),
  };
}

function withoutOwnSends(data: unknown, sends: ReadonlyMap<string, unknown>): unknown {
  if (!isRecord(data) || !Array.isArray(data["messages"])) return data;
  const messages = data["messages"].filter((message: unknown) => {
    const key = isRecord(message) && isRecord(message["key"]) ? message["key"] : {};
    return !(key["fromMe"] === true && typeof key["id"] === "string" && sends.has(key["id"]));
  });
  return messages.length === 0 ? undefined : { ...data, messages };
}

function newId(): string {
  return `3EB0${crypto.randomUUID().replaceAll("-", "").slice(0, 18).toUpperCase()}`;
}

function refusal(status: number, error: string): Response {
  return Response.json({ error }, { status });
}
