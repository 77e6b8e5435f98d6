// Proves, with a real database, a real directory and the simulator, that a file which was uploaded goes out as often as it is wanted and is uploaded to WhatsApp once.
import { randomBytes, randomUUID } from "node:crypto";
import { rename } from "node:fs/promises";
import { request } from "node:http";
import { Readable } from "node:stream";
import { startEvolutionSimulator, startWahaSimulator, type GatewaySimulator } from "@onethread/simulator";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { startFakeClamd } from "../../test/support/fake-clamd.ts";
import { createMediaStack, type MediaStack } from "../../test/support/media-stack.ts";
import type { TestBusiness } from "../../test/support/test-business.ts";
import { createTestServices } from "../../test/support/test-services.ts";
import type { ConversationId } from "../kernel/ids.ts";
import { createTestHttp } from "../../test/support/test-http.ts";
import { openUploads } from "../compose/media-work.ts";
import { type FailPoints, noFailPoints } from "../kernel/fail-points.ts";
import type { MessageView } from "../conversations/message-view.ts";
import { newId } from "../kernel/ids.ts";
import { createProviderFiles } from "../media/provider-files.ts";
import { createRemoveUnsent } from "../media/remove-unsent.ts";
import type { UploadedMedia } from "../media/upload-media.ts";
import type { UploadFile } from "../whatsapp/upload-file.ts";

let stack: MediaStack;
let thread: string;
let customers = 0;
let made = 0;

const gateways = new Map<"evolution" | "waha", GatewaySimulator & { readonly channelId: string }>();

beforeAll(async () => {
  stack = await createMediaStack();
  const common = { webhookUrl: "http://127.0.0.1:9/none", apiKey: "key", retryDelaysMs: [] };
  gateways.set("evolution", await gatewayOf("evolution", await startEvolutionSimulator({ ...common, instance: "aurora" })));
  gateways.set("waha", await gatewayOf("waha", await startWahaSimulator({ ...common, session: "aurora", hmacKey: "key" })));
});
afterAll(async () => {
  await Promise.all([...gateways.values()].map((gateway) => gateway.stop()));
  await stack.close();
});

async function gatewayOf(provider: "evolution" | "waha", simulator: GatewaySimulator) {
  const made = await stack.services.channels.create({
    ...{ businessId: stack.business.businessId, provider, externalId: randomUUID(), name: provider },
    ...{ accessToken: "key", webhookSecret: "secret", gateway: { baseUrl: simulator.url, instance: "aurora" } },
  });
  if (made.outcome !== "created") throw new Error(made.outcome);
  return { ...simulator, channelId: made.channel.id };
}
beforeEach(async () => {
  stack.simulator.clearFailures();
  thread = await newThread();
});

async function newThread(business?: TestBusiness): Promise<string> {
  customers += 1;
  const id = await stack.send({ text: `hello ${String(customers)}` }, business);
  const { rows } = await stack.test.superuser.query<{ id: string }>("select conversation_id as id from messages where id = $1", [id]);
  return rows[0]?.id ?? "";
}

/** A PNG of one pixel that no other test has. */
function picture(): Buffer {
  made += 1;
  const pixel = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
  return Buffer.concat([Buffer.from(pixel, "base64"), Buffer.from(`picture ${String(made)}`)]);
}

async function post(
  content: Buffer,
  { type = "image/png", name = "a.png", part = "file", business = stack.business } = {},
): Promise<Response> {
  const form = new FormData();
  form.append(part, new Blob([new Uint8Array(content)], { type }), name);
  return fetch(`${stack.url}/api/v1/media`, { method: "POST", body: form, headers: await stack.headers(business) });
}

async function upload(content: Buffer, said?: Parameters<typeof post>[1]): Promise<UploadedMedia> {
  const answer = await post(content, said);
  const body: unknown = await answer.json();
  expect({ status: answer.status, body }).toMatchObject({ status: 201 });
  return body as UploadedMedia;
}

async function accept(content: object, { to = thread, business = stack.business } = {}) {
  const answer = await stack.app.inject({
    ...{ method: "POST", url: `/api/v1/conversations/${to}/messages`, payload: content, headers: await stack.headers(business) },
  });
  return { ...answer.json<MessageView & { readonly detail: string; readonly code: string }>(), status: answer.statusCode };
}

async function read(id: string): Promise<MessageView> {
  return (await stack.app.inject({ url: `/api/v1/messages/${id}`, headers: await stack.headers() })).json();
}

const again = (): Promise<unknown> => stack.test.superuser.query("update lanes set check_at = now() where check_at is not null");
const rowsOf = async (sql: string, values: readonly unknown[] = []): Promise<readonly Record<string, unknown>[]> =>
  (await stack.test.superuser.query<Record<string, unknown>>(sql, [...values])).rows;
/** Each upload to WhatsApp that the counted one made. */
function counting(): { readonly uploadFile: UploadFile; readonly ids: string[] } {
  const ids: string[] = [];
  return {
    ids,
    uploadFile: async (asked) => {
      const end = await stack.uploadFile(asked);
      if (end.outcome === "uploaded") ids.push(end.id);
      return end;
    },
  };
}
const sentIds = (): readonly unknown[] =>
  stack.simulator.outbox({}).flatMap(({ body }) => {
    const node = body["image"];
    return typeof node === "object" && node !== null && "id" in node ? [node.id] : [];
  });

test("a file that was uploaded is sent by its id, and is seen with its message", async () => {
  const bytes = picture();
  const file = await upload(bytes, { name: "../menu\u202e.png" });
  expect(file).toMatchObject({
    state: "ready",
    kind: "image",
    mimeType: "image/png",
    bytes: bytes.length,
    fileName: "menu.png",
    width: 1,
  });
  const message = await accept({ type: "image", image: { id: file.id, caption: "Menu" } });
  expect(message).toMatchObject({ status: 202, media: { id: file.id, state: "ready" } });
  const counted = counting();
  await stack.deliver(counted.uploadFile);
  const sent = await read(message.id);
  expect(sent).toMatchObject({ status: "accepted", content: { image: { id: file.id } }, media: { id: file.id, mimeType: "image/png" } });
  const seen = await fetch(`${stack.url}${sent.media?.url ?? ""}`);
  expect(Buffer.from(await seen.arrayBuffer()).equals(bytes)).toBe(true);
  expect(sentIds().at(-1)).toBe(counted.ids[0]);
  const at = await fetch(`${stack.simulator.url}/v26.0/${String(counted.ids[0])}`, { headers: { authorization: "Bearer test-token" } });
  expect(await at.json()).toMatchObject({ mime_type: "image/png", sha256: Buffer.from(file.sha256, "hex").toString("base64") });
  expect(await rowsOf("select attempts from messages where id = $1", [message.id])).toEqual([{ attempts: 1 }]);
});

test("the same bytes are uploaded to WhatsApp once, also by two messages at the same moment, and by another upload of them", async () => {
  const bytes = picture();
  const [one, two] = [await upload(bytes), await upload(bytes)];
  const other = await newThread();
  const counted = counting();
  const [begun, released] = [Promise.withResolvers<undefined>(), Promise.withResolvers<undefined>()];
  const first = await accept({ type: "image", image: { id: one.id } });
  const slow = stack.deliver(async (asked) => {
    begun.resolve(undefined);
    await released.promise;
    return counted.uploadFile(asked);
  });
  await begun.promise;
  const messages = [first, await accept({ type: "image", image: { id: two.id } }, { to: other })];
  await stack.deliver(counted.uploadFile);
  expect([counted.ids, (await read(messages[1]?.id ?? "")).status]).toEqual([[], "queued"]);
  expect(await rowsOf("select attempts from lanes where conversation_id = $1 and kind = 'send'", [other])).toEqual([{ attempts: 0 }]);
  released.resolve(undefined);
  await slow;
  await again();
  await stack.deliver(counted.uploadFile);
  for (const { id } of messages) expect(await read(id)).toMatchObject({ status: "accepted" });
  expect(counted.ids).toHaveLength(1);
  expect(sentIds().slice(-2)).toEqual([counted.ids[0], counted.ids[0]]);
});

test("an id that WhatsApp has forgotten is uploaded once more, and the message goes out; a fresh one that is refused is final", async () => {
  const file = await upload(picture());
  const counted = counting();
  await accept({ type: "image", image: { id: file.id } });
  await stack.deliver(counted.uploadFile);
  await fetch(`${stack.simulator.url}/v26.0/${String(counted.ids[0])}`, {
    method: "DELETE",
    headers: { authorization: "Bearer test-token" },
  });
  await stack.test.superuser.query("update media_uploads set uploaded_at = now() - interval '1 hour'");
  const next = await accept({ type: "image", image: { id: file.id } });
  await stack.deliver(counted.uploadFile);
  expect(await read(next.id)).toMatchObject({ status: "accepted" });
  expect(sentIds().slice(-2)).toEqual(counted.ids);
  await stack.test.superuser.query("update media_uploads set expires_at = now()");
  const third = await accept({ type: "image", image: { id: file.id } });
  await stack.deliver(counted.uploadFile);
  expect(counted.ids).toHaveLength(3);
  stack.simulator.addFailure({ match: { path: "messages" }, respond: { code: 131_053 } });
  const refused = await accept({ type: "image", image: { id: file.id } });
  await stack.deliver(counted.uploadFile);
  expect([(await read(third.id)).status, await read(refused.id), counted.ids.length]).toMatchObject(["accepted", { status: "failed" }, 3]);
});

test.for([
  { respond: { drop: "after" }, status: "queued" },
  { respond: { status: 502, body: "<html>" }, status: "queued" },
  { respond: { code: 4 }, status: "queued" },
  { respond: { code: 131_053 }, status: "failed" },
])("an upload that ends with $respond has sent nothing: the message is $status, and never unknown", async ({ respond, status }) => {
  const file = await upload(picture());
  stack.simulator.addFailure({ match: { path: "media" }, respond });
  const message = await accept({ type: "image", image: { id: file.id } });
  await stack.deliver();
  expect(await read(message.id)).toMatchObject({ status });
  await stack.test.superuser.query("update channels set held_until = null, slowed_until = null");
  await again();
  await stack.deliver();
  expect((await read(message.id)).status).toBe(status === "queued" ? "accepted" : "failed");
});

test("while it cannot be read or written what WhatsApp calls a file, its message waits, and is never unknown", async () => {
  const file = await upload(picture());
  const message = await accept({ type: "image", image: { id: file.id } });
  const change = (sql: string): Promise<unknown> => stack.test.superuser.query(sql);
  const waiting = { status: "queued", attempts: 0 };
  const state = async (id: string): Promise<unknown> => (await rowsOf("select status, attempts from messages where id = $1", [id]))[0];
  await change("revoke select on media_uploads from onethread_app");
  await stack.deliver();
  expect(await state(message.id)).toEqual(waiting);
  await change("grant select on media_uploads to onethread_app");
  await again();
  const counted = counting();
  await stack.deliver(counted.uploadFile);
  expect(await read(message.id)).toMatchObject({ status: "accepted" });
  // Refused for what WhatsApp has forgotten, and we cannot.
  const headers = { authorization: "Bearer test-token" };
  await fetch(`${stack.simulator.url}/v26.0/${String(counted.ids[0])}`, { method: "DELETE", headers });
  await change("update media_uploads set uploaded_at = now() - interval '1 hour' where uploaded_at is not null");
  const next = await accept({ type: "image", image: { id: file.id } });
  await change("revoke delete, update on media_uploads from onethread_app");
  await stack.deliver();
  expect(await state(next.id)).toEqual({ ...waiting, attempts: 1 });
  await change("grant delete, update on media_uploads to onethread_app");
  await again();
  await stack.deliver();
  expect(await read(next.id)).toMatchObject({ status: "accepted" });
});

test("a file that is gone is named as the reason, and the message can be sent once more when it is back", async () => {
  const file = await upload(picture());
  const message = await accept({ type: "image", image: { id: file.id } });
  await stack.test.superuser.query("update messages set attempts = 7 where id = $1", [message.id]);
  await rename(stack.directory, `${stack.directory}.away`);
  await stack.deliver();
  const { status, error } = await read(message.id);
  expect([status, error?.code]).toEqual(["failed", "file_unreadable"]);
  // It is not tried again by itself.
  expect(error?.text).toMatch(/could not be read .* was not sent\.$/);
  expect(error?.text).not.toContain("later");
  await rename(`${stack.directory}.away`, stack.directory);
  const url = `/api/v1/messages/${message.id}/retry`;
  const retried = (await stack.app.inject({ method: "POST", url, headers: await stack.headers() })).json<MessageView>();
  await stack.deliver();
  expect(await read(retried.id)).toMatchObject({ status: "accepted" });
  const lost = await accept({ type: "image", image: { id: file.id } });
  await stack.test.superuser.query("update media set id = gen_random_uuid() where id = $1", [file.id]);
  await stack.deliver();
  expect(await read(lost.id)).toMatchObject({ status: "failed", error: { code: "file_gone" } });
});

test("a business that uploads many files at once leaves room for others, and waits for its own", async () => {
  const ended = Promise.withResolvers<{ readonly outcome: "uploaded"; readonly id: string }>();
  let begun = 0;
  const files = createProviderFiles({
    database: stack.database,
    store: { open: () => Promise.resolve(Readable.from(["x"])) },
    uploadFile: () => {
      begun += 1;
      return ended.promise;
    },
  });
  const uploadTo = ({ businessId, channelId }: TestBusiness, n: number) =>
    files.upload(
      { businessId, channelId, channel: { key: "1", accessToken: "t" } },
      {
        id: newId(),
        sha256: `many-${String(n)}`,
        mimeType: "image/png",
        bytes: 1,
        isAnimated: false,
        isUpload: true,
        providerId: undefined,
        isFresh: false,
      },
      new AbortController().signal,
    );
  const first = Array.from({ length: 8 }, (_, n) => uploadTo(stack.business, n));
  expect(await uploadTo(stack.business, 8)).toEqual({ outcome: "busy" });
  const other = uploadTo(stack.otherBusiness, 0);
  await expect.poll(() => begun).toBe(9);
  ended.resolve({ outcome: "uploaded", id: "1" });
  expect(await Promise.all([...first, other])).toEqual(Array.from({ length: 9 }, () => ({ outcome: "uploaded" })));
  expect(await uploadTo(stack.business, 8)).toEqual({ outcome: "uploaded" });
});

test("a worker that dies while it uploads leaves the message queued, and its claim runs out", async () => {
  const file = await upload(picture());
  const message = await accept({ type: "image", image: { id: file.id } });
  const begun = Promise.withResolvers<undefined>();
  void stack.deliver(({ body }) => {
    begun.resolve(undefined);
    body.destroy();
    return new Promise(() => undefined);
  });
  await begun.promise;
  expect(await read(message.id)).toMatchObject({ status: "queued" });
  await again();
  await stack.deliver();
  // Somebody is still at it, as far as anybody knows.
  expect(await read(message.id)).toMatchObject({ status: "queued" });
  await stack.test.superuser.query("update media_uploads set claimed_until = now() where claim is not null");
  await again();
  await stack.deliver();
  expect(await read(message.id)).toMatchObject({ status: "accepted" });
});

test("the header of buttons and a document are sent by their ids; a document keeps the name of its file", async () => {
  const file = await upload(picture());
  const pdf = await upload(Buffer.from("%PDF-1.7 offer"), { type: "application/pdf", name: "offer.pdf" });
  const header = { type: "image", image: { id: file.id } };
  const action = { buttons: [{ type: "reply", reply: { id: "a", title: "Yes" } }] };
  const buttons = await accept({ type: "interactive", interactive: { type: "button", header, body: { text: "Well?" }, action } });
  const document = await accept({ type: "document", document: { id: pdf.id } });
  expect(document.content).toEqual({ type: "document", document: { id: pdf.id, filename: "offer.pdf" } });
  await stack.deliver();
  expect([(await read(buttons.id)).status, (await read(document.id)).status]).toEqual(["accepted", "accepted"]);
});

test("what WhatsApp would not take is refused before anything is stored, with the limit", async () => {
  const file = await upload(picture());
  const large = await upload(Buffer.concat([picture(), Buffer.alloc(6 * 1024 * 1024)]));
  const page = await upload(Buffer.from("<html>"), { type: "text/html", name: "a.html" });
  expect([page.kind, page.mimeType]).toEqual(["document", "text/html"]);
  const cases = [
    [{ type: "image", image: { id: large.id } }, /6 MB.*up to 5 MB/],
    [{ type: "video", video: { id: file.id } }, /image\/png; as video WhatsApp takes video\/mp4/],
    [{ type: "sticker", sticker: { id: file.id } }, /image\/webp/],
    [{ type: "image", image: { id: page.id } }, /text\/plain; as image/],
    [{ type: "image", image: { id: "0198c000-0000-7000-8000-000000000000" } }, /no file of this business/],
  ] as const;
  for (const [content, sentence] of cases) {
    const { status, code, detail } = await accept(content);
    expect({ status, code, detail }).toEqual({ status: 422, code: "invalid_content", detail: expect.stringMatching(sentence) });
  }
  const foreign = await accept(
    { type: "image", image: { id: file.id } },
    { to: await newThread(stack.otherBusiness), business: stack.otherBusiness },
  );
  expect(foreign).toMatchObject({ status: 422, detail: expect.stringContaining("no file of this business") });
});

test.for(["evolution", "waha"] as const)(
  "%s gets a file within the message; what is too long for that is refused with the limit, also when it was accepted for another channel",
  async (provider) => {
    const simulator = gateways.get(provider);
    const content = (id: string) => ({ type: "document", document: { id } });
    const bytes = Buffer.concat([Buffer.from("%PDF-1.7 offer"), randomBytes(70_000)]);
    const [pdf, large] = [await upload(bytes, { type: "application/pdf", name: "offer.pdf" }), await upload(picture())];
    await stack.test.superuser.query("update media set bytes = 17 * 1024 * 1024 where id = $1", [large.id]);
    const early = await accept(content(large.id));
    expect(early).toMatchObject({ status: 422, detail: expect.stringContaining("as document WhatsApp takes") });
    await stack.test.superuser.query("update media set mime_type = 'application/pdf' where id = $1", [large.id]);
    const moved = await accept(content(large.id));
    expect(moved.status).toBe(202);
    await stack.test.superuser.query("update conversations set reply_channel_id = $1 where id = $2", [simulator?.channelId, thread]);
    expect(await accept(content(large.id))).toMatchObject({
      ...{ status: 422, code: "invalid_content" },
      detail: expect.stringMatching(/17 MB\. A gateway is given files up to 16 MB/),
    });
    await stack.test.superuser.query("update messages set channel_id = $1 where id = $2", [simulator?.channelId, moved.id]);
    const message = await accept(content(pdf.id));
    await stack.deliver();
    expect(await read(moved.id)).toMatchObject({ status: "failed", error: { text: expect.stringContaining("16 MB") } });
    expect(await read(message.id)).toMatchObject({ status: "accepted" });
    const { body = {} } = simulator?.outbox().at(-1) ?? {};
    const base64 = bytes.toString("base64");
    expect(body).toMatchObject(
      provider === "evolution"
        ? { mediatype: "document", mimetype: "application/pdf", fileName: "offer.pdf", media: base64 }
        : { file: { mimetype: "application/pdf", filename: "offer.pdf", data: base64 } },
    );
  },
);

test("hostile uploads: a type that lies, nothing at all, another part, no form, one that is too large, one that is cut off; nothing is left of them", async () => {
  const before = await stack.listStored();
  const lies = [
    await upload(Buffer.from("MZ no picture"), { type: "image/png" }),
    await upload(Buffer.from("no picture"), { type: "image/png" }),
  ];
  expect(lies.map(({ kind, mimeType }) => [kind, mimeType])).toEqual([
    ["document", "application/x-msdownload"],
    ["document", "application/octet-stream"],
  ]);
  expect((await post(Buffer.alloc(0))).status).toBe(422);
  expect((await post(picture(), { part: "other" })).status).toBe(400);
  const headers = await stack.headers();
  const bare = await fetch(`${stack.url}/api/v1/media`, {
    method: "POST",
    body: new Uint8Array(picture()),
    headers: { ...headers, "content-type": "image/png" },
  });
  expect(bare.status).toBe(415);
  const begin = (length: number) =>
    request(`${stack.url}/api/v1/media`, {
      method: "POST",
      headers: { ...headers, "content-type": "multipart/form-data; boundary=x", "content-length": length },
    });
  const announced = begin(200 * 1024 * 1024);
  const status = new Promise((resolve) => announced.once("response", (answer) => resolve(answer.statusCode)));
  announced.on("error", () => undefined);
  announced.flushHeaders();
  expect(await status).toBe(413);
  announced.destroy();
  const cut = begin(1_000_000);
  const closed = new Promise((resolve) => cut.once("close", resolve));
  cut.on("error", () => undefined);
  cut.write('--x\r\ncontent-disposition: form-data; name="file"; filename="a"\r\ncontent-type: image/png\r\n\r\n');
  await new Promise((resolve) => cut.write(Buffer.alloc(300_000), resolve));
  cut.destroy();
  await closed;
  expect((await post(picture(), { business: stack.otherBusiness })).status).toBe(201);
  expect((await stack.listStored()).length).toBe(before.length + 4);
});

test("an upload in which the virus scanner finds something is refused, and one that it does not look at may be sent again; nothing stays of either", async () => {
  let word = "stream: Eicar-Signature FOUND";
  const scanner = await startFakeClamd(() => word);
  const { database, store, directory } = stack;
  const uploadMedia = openUploads({ database, store, directory, log: stack.test.log, failPoints: noFailPoints, scanner: scanner.address });
  const { app } = createTestHttp(database, stack.test.log, { uploadMedia });
  const url = await app.listen({ port: 0, host: "127.0.0.1" });
  const before = await stack.listStored();
  const answer = async (): Promise<unknown> => {
    const form = new FormData();
    form.append("file", new Blob([new Uint8Array(picture())]), "a.png");
    const response = await fetch(`${url}/api/v1/media`, { method: "POST", body: form, headers: await stack.headers() });
    return { status: response.status, json: (await response.json()) as unknown };
  };
  expect(await answer()).toMatchObject({
    ...{ status: 422, json: { code: "media_refused", detail: expect.stringMatching(/found Eicar-Signature.*Nothing was stored/) } },
  });
  word = "stream: no idea";
  expect(await answer()).toMatchObject({ status: 503, json: { code: "unavailable" } });
  expect(await stack.listStored()).toEqual(before);
  word = "stream: OK";
  expect(await answer()).toMatchObject({ status: 201 });
  scanner.close();
  await app.close();
});

const BEGUN = "select id from unsent_media u where not exists (select from media f where f.id = u.id)";

test.for(["media.before-store", "media.after-store"] as const)(
  "whoever dies at %s leaves nothing that stays: the removal finds every file of an upload, whether or not it has a row",
  async (point) => {
    const { database, store, directory } = stack;
    const failPoints: FailPoints = { hit: (at) => (at === point ? Promise.reject(new Error("died")) : undefined) };
    const [before, known] = [await stack.listStored(), new Set((await rowsOf(BEGUN)).map(({ id }) => id))];
    const uploadMedia = openUploads({ database, store, directory, log: stack.test.log, failPoints });
    const request = { mimeType: undefined, fileName: undefined, signal: new AbortController().signal };
    const { businessId } = stack.business;
    await expect(uploadMedia({ ...request, businessId, body: Readable.from([picture()]) })).rejects.toThrow("died");
    const begun = (await rowsOf(BEGUN)).filter(({ id }) => !known.has(id));
    expect(begun).toHaveLength(1);
    expect((await stack.listStored()).length).toBe(before.length + (point === "media.after-store" ? 2 : 0));
    await stack.test.superuser.query("update unsent_media set remove_at = now() where id = $1", [begun[0]?.["id"]]);
    expect(await createRemoveUnsent({ database, store, log: stack.test.log })()).toBe(1);
    expect(await stack.listStored()).toEqual(before);
    expect(await rowsOf("select id from unsent_media where id = $1", [begun[0]?.["id"]])).toEqual([]);
  },
);

test("a file that the store does not let go is named by nobody any more, and is removed later", async () => {
  const file = await upload(picture());
  const { database, store } = stack;
  const due = () => stack.test.superuser.query("update unsent_media set remove_at = now() where id = $1", [file.id]);
  await due();
  const stuck = { ...store, remove: () => Promise.reject(new Error("the disk is read-only")) };
  expect(await createRemoveUnsent({ database, store: stuck, log: stack.test.log })()).toBe(0);
  expect(await rowsOf("select state from media where id = $1", [file.id])).toEqual([{ state: "ready" }]);
  expect(await accept({ type: "image", image: { id: file.id } })).toMatchObject({ status: 422, code: "invalid_content" });
  await due();
  expect(await createRemoveUnsent({ database, store, log: stack.test.log })()).toBe(1);
  expect(await rowsOf("select state from media where id = $1", [file.id])).toEqual([]);
});

test("what was uploaded and never sent is removed after its time; what a message names, also for later, stays", async () => {
  const [unsent, sent, later, edited, offered] = [
    await upload(picture()),
    await upload(picture()),
    await upload(picture()),
    await upload(picture()),
    await upload(picture()),
  ];
  const { replySettings } = stack.services;
  const mediaFiles = [{ id: offered.id, about: "The menu" }];
  expect(await replySettings.change(stack.business.businessId, { tools: { mediaFiles } })).toMatchObject({ outcome: "changed" });
  await accept({ type: "image", image: { id: sent.id } });
  const sendAt = new Date(Date.now() + 86_400_000).toISOString();
  expect(await accept({ type: "image", image: { id: later.id }, sendAt })).toMatchObject({ status: 202, media: { id: later.id } });
  const { id: scheduled } = await accept({ type: "text", text: { body: "Tomorrow" }, sendAt });
  const edit = async (content: object) => {
    const url = `/api/v1/messages/${scheduled}`;
    const answer = await stack.app.inject({ method: "PATCH", url, payload: { content }, headers: await stack.headers() });
    return { status: answer.statusCode, body: answer.json<unknown>() };
  };
  const foreign = await upload(picture(), { business: stack.otherBusiness });
  expect(await edit({ type: "image", image: { id: foreign.id } })).toMatchObject({ status: 422, body: { code: "invalid_content" } });
  expect(await edit({ type: "video", video: { id: edited.id } })).toMatchObject({ status: 422, body: { code: "invalid_content" } });
  expect(await rowsOf("select from unsent_media where id = $1", [edited.id])).toHaveLength(1);
  expect(await edit({ type: "image", image: { id: edited.id } })).toMatchObject({ status: 200, body: { media: { id: edited.id } } });
  await stack.test.superuser.query("update unsent_media set remove_at = now()");
  // More than are taken at once.
  await stack.test.superuser.query(
    "insert into unsent_media (business_id, id, remove_at) select $1, gen_random_uuid(), now() from generate_series(1, 250)",
    [stack.business.businessId],
  );
  const { database, store } = stack;
  const remove = createRemoveUnsent({ database, store, log: stack.test.log });
  expect(await remove()).toBeGreaterThan(250);
  expect(await rowsOf("select count(*)::int as left from unsent_media where remove_at <= now()")).toEqual([{ left: 0 }]);
  const ids = [unsent.id, sent.id, later.id, edited.id, offered.id];
  const there = await rowsOf("select id from media where id = any ($1) order by id", [ids]);
  expect(there).toEqual([{ id: sent.id }, { id: later.id }, { id: edited.id }, { id: offered.id }]);
  const isStored = async (): Promise<readonly boolean[]> => {
    const stored = await stack.listStored();
    return ids.map((id) => stored.some((name) => name.startsWith(id)));
  };
  expect(await isStored()).toEqual([false, true, true, true, true]);
  await replySettings.change(stack.business.businessId, { tools: { mediaFiles: null } });
  await stack.test.superuser.query("update unsent_media set remove_at = now()");
  expect(await remove()).toBe(1);
  expect(await isStored()).toEqual([false, true, true, true, false]);
  expect(await accept({ type: "image", image: { id: unsent.id } })).toMatchObject({ status: 422 });
});

test("a file of ours in a template, a scheduled message that is changed, an answer and a campaign is looked at when it is named, and stays from then on", async () => {
  const [picture1, pdf] = [
    await upload(picture()),
    await upload(Buffer.from("%PDF-1.4\n%%EOF\n"), { type: "application/pdf", name: "offer.pdf" }),
  ];
  const services = createTestServices({ database: stack.database, log: stack.test.log });
  const { businessId, channelId } = stack.business;
  const kept = async (...files: readonly UploadedMedia[]): Promise<number> =>
    (await stack.test.superuser.query("select from unsent_media where id = any ($1)", [files.map(({ id }) => id)])).rowCount ?? 0;
  const template = (id: string) => ({
    name: "order_ready",
    language: { code: "pt_BR" },
    components: [{ type: "header", parameters: [{ type: "image", image: { id } }] }],
  });
  expect(await accept({ type: "template", template: template(pdf.id) })).toMatchObject({
    code: "invalid_content",
    detail: expect.stringContaining("application/pdf") as string,
  });
  expect((await accept({ type: "template", template: template(picture1.id) })).status).toBe(202);
  expect(await kept(picture1)).toBe(0);

  const later = await accept({ type: "text", text: { body: "later" }, sendAt: new Date(Date.now() + 3_600_000).toISOString() });
  expect(
    await services.settleMessages.edit(businessId, later.id, { content: { type: "document", document: { id: pdf.id } } }),
  ).toMatchObject({
    message: { content: { document: { id: pdf.id, filename: "offer.pdf" } } },
  });
  expect(await kept(pdf)).toBe(0);

  const [second, third] = [await upload(picture()), await upload(picture())];
  const check = (id: string) =>
    services.checkParts({ businessId, conversationId: thread as ConversationId }, [{ content: { type: "image", image: { id } } }], {
      maxScheduled: 5,
      scheduleWithinMs: 1,
    });
  expect(await check(pdf.id)).toMatchObject({ ok: false, problem: expect.stringContaining("application/pdf") as string });
  expect(await check(second.id)).toMatchObject({ ok: true });

  await stack.test.superuser.query(
    `insert into template_states (business_id, account_id, name, language, status, category, parameter_format, components)
     select business_id, account_id, 'order_ready', 'pt_BR', 'APPROVED', 'UTILITY', 'POSITIONAL', '[{"type":"HEADER","format":"IMAGE"},{"type":"BODY","text":"Ready"}]'
     from channels where id = $1`,
    [channelId],
  );
  const campaign = (id: string) => services.campaigns.create(businessId, { name: "Autumn", channelId, template: template(id) });
  expect(await campaign(pdf.id)).toMatchObject({ outcome: "refused", code: "invalid_content" });
  expect(await campaign(third.id)).toMatchObject({ outcome: "done" });
  const made = await campaign("{{file}}");
  const fourth = await upload(picture());
  const list = Readable.from([`phone,file\n+12025550111,${fourth.id}\n+12025550112,${pdf.id}\n+12025550113,${fourth.id}\n`]);
  expect(made.outcome === "done" && (await services.uploadList(businessId, made.campaign.id, list))).toMatchObject({
    counts: { ready: 2, bad: 1 },
  });
  expect(await kept(second, third, fourth)).toBe(0);
});
