// Proves that the files of each gateway come through the same door: in every way in which it has them, and never with its key shown to somebody else.
import { createCipheriv, createHash, createHmac, hkdfSync, randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { createMediaStack, type MediaStack } from "../../test/support/media-stack.ts";
import { newId } from "../kernel/ids.ts";
import { findMedia, findMediaOrigin, findServedMedia } from "./media.queries.ts";

interface Listening {
  readonly url: string;
  readonly heard: { readonly path: string; readonly key: string | undefined; readonly body: string }[];
  answer: (request: IncomingMessage, response: ServerResponse) => void;
  close(): Promise<unknown>;
}

async function listen(): Promise<Listening> {
  const place: Listening = {
    url: "",
    heard: [],
    answer: (_request, response) => response.writeHead(404).end(),
    close: () => Promise.resolve(),
  };
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk: Buffer) => (body += chunk.toString()));
    request.on("end", () => {
      const key = request.headers["x-api-key"] ?? request.headers["apikey"] ?? request.headers.authorization;
      place.heard.push({ path: request.url ?? "", key: typeof key === "string" ? key : undefined, body });
      place.answer(request, response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return Object.assign(place, { url: `http://127.0.0.1:${String(port)}`, close: () => new Promise((resolve) => server.close(resolve)) });
}

let stack: MediaStack;
let gateway: Listening;
/** Some other machine, which a message may name. */
let elsewhere: Listening;
const PICTURE = Buffer.concat([Buffer.from("/9j/4AAQSkZJRgABAQAAAQABAAD/2wBD", "base64"), Buffer.from("a picture of a gateway")]);
const sha256 = createHash("sha256").update(PICTURE).digest("base64");

beforeAll(async () => {
  [stack, gateway, elsewhere] = [await createMediaStack(), await listen(), await listen()];
});
afterAll(async () => {
  await Promise.all([gateway.close(), elsewhere.close()]);
  await stack.close();
});
beforeEach(() => {
  gateway.heard.length = 0;
  elsewhere.heard.length = 0;
});

interface GatewayMessage {
  readonly provider: "evolution" | "waha" | "baileys";
  readonly node?: object;
  readonly gateway?: object;
  readonly raw?: object;
}

/** A message as the intake stores it, with its raw item and its file. */
async function store({ provider, node = {}, gateway: kept = {}, raw = {} }: GatewayMessage): Promise<string> {
  const { superuser } = stack.test;
  const { businessId } = stack.business;
  const [id, channelId, conversationId] = [newId(), newId(), newId()];
  await superuser.query("insert into channels (business_id, id, provider, external_id, name, settings) values ($1, $2, $3, $4, $3, $5)", [
    ...[businessId, channelId, provider, channelId],
    JSON.stringify({ baseUrl: gateway.url, instance: "aurora" }),
  ]);
  await superuser.query("insert into channel_secrets (business_id, channel_id, access_token) values ($1, $2, 'gateway-key')", [
    businessId,
    channelId,
  ]);
  await superuser.query(
    `insert into conversations (business_id, id, canonical_key, last_seq, last_message_at, created_at, updated_at) values ($1, $2, $3, 1, now(), now(), now())`,
    [businessId, conversationId, `lid:${businessId}:${conversationId}`],
  );
  const content = { type: "image", image: { mime_type: "image/jpeg", ...node }, gateway: kept };
  await superuser.query(
    `insert into messages (business_id, id, conversation_id, seq, channel_id, direction, author, provider_message_id, type, content, sent_at, received_at)
     values ($1, $2, $3, 1, $4, 'in', 'customer', '3EB0A1', 'image', $5, now(), now())`,
    [businessId, id, conversationId, channelId, JSON.stringify(content)],
  );
  await superuser.query(
    "insert into media (business_id, id, message_id, due_at, created_at, state_at) values ($1, $2, $2, now(), now(), now())",
    [businessId, id],
  );
  await superuser.query(
    "insert into webhook_log (business_id, id, received_at, state, provider, kind, body) values ($1, $2, now(), 'stored', $3, 'message', $4)",
    [...[businessId, id, provider], JSON.stringify(raw)],
  );
  return id;
}

const isReady = async (id: string): Promise<void> => {
  expect(await stack.view(id)).toMatchObject({ state: "ready", mimeType: "image/jpeg", bytes: PICTURE.length, error: null });
};
const json =
  (body: object, status = 200) =>
  (_request: IncomingMessage, response: ServerResponse) =>
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
const file = (_request: IncomingMessage, response: ServerResponse) => response.end(PICTURE);

test("Evolution: a file in the webhook is taken from there, whatever a customer writes beside it, and nobody is asked", async () => {
  const message = { imageMessage: { caption: 'see "base64":"AAAA"' }, base64: PICTURE.toString("base64") };
  const id = await store({ provider: "evolution", node: { sha256 }, raw: { event: "messages.upsert", data: { message } } });
  await stack.openWork().runOnce();
  await isReady(id);
  expect(gateway.heard).toEqual([]);
});

test("Evolution: a link into the network is not followed, and the gateway itself is asked", async () => {
  gateway.answer = json({ mediaType: "imageMessage", mimetype: "image/jpeg", base64: PICTURE.toString("base64") }, 201);
  const id = await store({ provider: "evolution", gateway: { mediaUrl: `${elsewhere.url}/bucket/file`, imageMessage: {} } });
  await stack.openWork().runOnce();
  await isReady(id);
  expect(elsewhere.heard).toEqual([]);
  expect(gateway.heard).toEqual([
    { path: "/chat/getBase64FromMediaMessage/aurora", key: "gateway-key", body: JSON.stringify({ message: { key: { id: "3EB0A1" } } }) },
  ]);
});

test("Evolution: a link to its store is fetched without its key", async () => {
  elsewhere.answer = file;
  const id = await store({ provider: "evolution", gateway: { mediaUrl: `${elsewhere.url}/bucket/file?signature=1` } });
  await stack.openWork({ privateHosts: [new URL(elsewhere.url).host] }).runOnce();
  await isReady(id);
  expect(elsewhere.heard).toEqual([{ path: "/bucket/file?signature=1", key: undefined, body: "" }]);
  expect(gateway.heard).toEqual([]);
});

test("WAHA: its own file is asked for with its key at its own address, whatever it calls itself", async () => {
  gateway.answer = file;
  const id = await store({ provider: "waha", node: { link: "http://localhost:3000/api/files/default/3EB0A1.jpeg?x=1" } });
  await stack.openWork().runOnce();
  await isReady(id);
  expect(gateway.heard).toEqual([{ path: "/api/files/default/3EB0A1.jpeg?x=1", key: "gateway-key", body: "" }]);
});

test("WAHA: a link that leads elsewhere gets no key, and one into the network is not followed", async () => {
  elsewhere.answer = file;
  gateway.answer = json({}, 404);
  const id = await store({ provider: "waha", node: { link: `${elsewhere.url}/file` }, gateway: { id: "false_12025550147@c.us_3EB0A1" } });
  await stack.openWork().runOnce();
  expect(elsewhere.heard).toEqual([]);
  expect(await stack.view(id)).toMatchObject({ state: "pending", error: { code: "not_found" } });
  await stack.test.superuser.query("update media set due_at = now() where id = $1", [id]);
  await stack.openWork({ privateHosts: [new URL(elsewhere.url).host] }).runOnce();
  await isReady(id);
  expect(elsewhere.heard).toEqual([{ path: "/file", key: undefined, body: "" }]);
});

test("WAHA: what it has not downloaded yet it is asked to download", async () => {
  gateway.answer = (request, response) => {
    if (request.url?.includes("/messages/") === true) json({ media: { url: "http://localhost:3000/api/files/a.jpeg" } })(request, response);
    else file(request, response);
  };
  const id = await store({ provider: "waha", gateway: { id: "false_12025550147@c.us_3EB0A1" } });
  await stack.openWork().runOnce();
  await isReady(id);
  expect(gateway.heard.map(({ path }) => path)).toEqual([
    "/api/aurora/chats/12025550147%40c.us/messages/false_12025550147%40c.us_3EB0A1?downloadMedia=true",
    "/api/files/a.jpeg",
  ]);
});

/** As WhatsApp's servers have a file. */
function encrypt(content: Buffer, mediaKey: Buffer): Buffer {
  const keys = Buffer.from(hkdfSync("sha256", mediaKey, Buffer.alloc(32), "WhatsApp Image Keys", 112));
  const cipher = createCipheriv("aes-256-cbc", keys.subarray(16, 48), keys.subarray(0, 16));
  const encrypted = Buffer.concat([cipher.update(content), cipher.final()]);
  const mac = createHmac("sha256", keys.subarray(48, 80)).update(keys.subarray(0, 16)).update(encrypted).digest();
  return Buffer.concat([encrypted, mac.subarray(0, 10)]);
}

test.for(["baileys", "evolution", "waha"] as const)(
  "%s: the key in the message opens the file on WhatsApp's own servers, and the host that the sender wrote is not believed",
  async (provider) => {
    const mediaKey = randomBytes(32);
    const encrypted = encrypt(PICTURE, mediaKey);
    elsewhere.answer = (_request, response) => response.end(encrypted);
    gateway.answer = json({}, 500);
    const imageMessage = {
      url: `${gateway.url}/trap`,
      directPath: "/v/t62.7118-24/1_n.enc?ccb=11-4&oh=01_Q&oe=66&_nc_sid=5e",
      mediaKey: mediaKey.toString("base64"),
    };
    const quoted = {
      contextInfo: { quotedMessage: { imageMessage: { directPath: "/quoted", mediaKey: randomBytes(32).toString("base64") } } },
    };
    const id = await store({ provider, node: { sha256 }, gateway: { imageMessage: { ...quoted, ...imageMessage } } });
    await stack.openWork({ webMediaUrl: elsewhere.url, privateHosts: [new URL(elsewhere.url).host] }).runOnce();
    await isReady(id);
    expect(elsewhere.heard).toMatchObject([{ path: imageMessage.directPath, key: undefined }]);
    expect(gateway.heard.filter(({ path }) => path === "/trap")).toEqual([]);
  },
);

test("Baileys: another file under the same path is noticed, also where the message has no hash", async () => {
  const mediaKey = randomBytes(32);
  elsewhere.answer = (_request, response) => response.end(encrypt(PICTURE, randomBytes(32)));
  const id = await store({
    provider: "baileys",
    gateway: { imageMessage: { directPath: "/v/1.enc", mediaKey: mediaKey.toString("base64") } },
  });
  await stack.openWork({ webMediaUrl: elsewhere.url, privateHosts: ["*"] }).runOnce();
  expect(await stack.view(id)).toMatchObject({ state: "pending", error: { code: "sha256_mismatch" } });
});

test("a gateway that does not hand a file out leaves a message that says so", async () => {
  const id = await store({ provider: "baileys" });
  await stack.openWork().runOnce();
  expect(await stack.view(id)).toMatchObject({ state: "failed", error: { code: "not_provided" } });
});

test("the files of one business are not there for another", async () => {
  const id = await store({ provider: "evolution", raw: { data: { message: { base64: PICTURE.toString("base64") } } } });
  await stack.openWork().runOnce();
  const other = stack.database.forBusiness(stack.otherBusiness.businessId);
  expect(await other.run(findMedia, { id })).toEqual([]);
  expect(await other.run(findMediaOrigin, { id })).toEqual([]);
  expect((await other.run(findServedMedia, { id })).filter((row) => row.state !== null)).toEqual([]);
});
