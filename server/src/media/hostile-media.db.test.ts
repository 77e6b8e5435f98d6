// Proves that whatever a customer, a gateway or a broken platform says of a file, its message is there, its state is true, and nothing is fetched or kept that must not be.
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { deflateSync } from "node:zlib";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { startFakeClamd } from "../../test/support/fake-clamd.ts";
import { createMediaStack, type MediaStack } from "../../test/support/media-stack.ts";
import { createTestHttp } from "../../test/support/test-http.ts";
import { openUploads } from "../compose/media-work.ts";
import { noFailPoints } from "../kernel/fail-points.ts";

let stack: MediaStack;
/** A machine inside the network that must hear nothing. */
const inside = { heard: [] as IncomingHttpHeaders[], url: "" };
const server = createServer((request, response) => {
  inside.heard.push(request.headers);
  response.end("inside");
});

beforeAll(async () => {
  stack = await createMediaStack();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  inside.url = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
});
afterAll(async () => {
  await stack.close();
  await new Promise((resolve) => server.close(resolve));
});
beforeEach(() => {
  inside.heard.length = 0;
});

/** A PNG that says that it has so many pixels. */
function png(width: number, height: number): Buffer {
  const chunk = (name: string, content: Buffer): Buffer => {
    const head = Buffer.alloc(8);
    head.writeUInt32BE(content.length, 0);
    head.write(name, 4, "latin1");
    const sum = Buffer.alloc(4);
    sum.writeUInt32BE(crc32(Buffer.concat([head.subarray(4), content])), 0);
    return Buffer.concat([head, content, sum]);
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 0, 0, 0, 0], 8);
  const rows = deflateSync(Buffer.alloc(Math.min(height, 1_000) * (width + 1)));
  return Buffer.concat([
    Buffer.from("89504e470d0a1a0a", "hex"),
    chunk("IHDR", header),
    chunk("IDAT", rows),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

function crc32(bytes: Buffer): number {
  let sum = 0xffffffff;
  for (const byte of bytes) {
    sum ^= byte;
    for (let bit = 0; bit < 8; bit += 1) sum = sum & 1 ? (sum >>> 1) ^ 0xedb88320 : sum >>> 1;
  }
  return ~sum >>> 0;
}

const base64 = (content: string | Buffer): string => Buffer.from(content).toString("base64");
const EXECUTABLE = Buffer.concat([Buffer.from("MZ"), Buffer.alloc(200)]);

interface Trick {
  readonly what: string;
  readonly message: () => Readonly<Record<string, unknown>>;
  readonly state: "pending" | "failed" | "refused";
  readonly code: string;
  readonly attempts?: number;
}

const image = (node: object) => () => ({ type: "image", image: node });

test.for<Trick>([
  { what: "a server that says nothing", message: image({ tricks: { hang: "start" } }), state: "pending", code: "unreachable" },
  { what: "a server that stops half-way", message: image({ tricks: { hang: "middle" } }), state: "pending", code: "unreachable" },
  { what: "a download that is cut off", message: image({ tricks: { cut: "middle" } }), state: "pending", code: "unreachable" },
  { what: "a file that is longer than announced", message: image({ tricks: { fileSize: 10 } }), state: "pending", code: "incomplete" },
  {
    what: "a file that is shorter than announced",
    message: image({ tricks: { fileSize: 1_000_000 } }),
    state: "pending",
    code: "incomplete",
  },
  { what: "a file of too many bytes", message: image({ tricks: { fileSize: 900_000_000 } }), state: "refused", code: "too_large" },
  {
    what: "other bytes than announced",
    message: image({ tricks: { sha256: base64(Buffer.alloc(32, 7)) } }),
    state: "pending",
    code: "sha256_mismatch",
  },
  {
    what: "a redirect into the network",
    message: () => image({ tricks: { redirect: `${inside.url}/secret` } })(),
    state: "pending",
    code: "redirected",
  },
  {
    what: "a file inside the network",
    message: () => image({ tricks: { url: `${inside.url}/secret` } })(),
    state: "refused",
    code: "host_not_allowed",
  },
  {
    what: "a file on another host",
    message: image({ tricks: { url: "https://example.com/file" } }),
    state: "refused",
    code: "host_not_allowed",
  },
  {
    what: "the right host on another port",
    message: image({ tricks: { url: "https://lookaside.fbsbx.com:8443/file" } }),
    state: "refused",
    code: "host_not_allowed",
  },
  {
    what: "the right host without encryption",
    message: image({ tricks: { url: "http://lookaside.fbsbx.com/file" } }),
    state: "refused",
    code: "host_not_allowed",
  },
  {
    what: "an address that is none",
    message: image({ tricks: { url: "file:///etc/passwd" } }),
    state: "refused",
    code: "host_not_allowed",
  },
  {
    what: "a page that says to be a picture",
    message: image({ base64: base64("<!doctype html><script>alert(1)</script>") }),
    state: "refused",
    code: "wrong_type",
  },
  { what: "a program that says to be a picture", message: image({ base64: base64(EXECUTABLE) }), state: "refused", code: "wrong_type" },
  {
    what: "a drawing with scripts as a picture",
    message: image({ base64: base64('<svg xmlns="http://www.w3.org/2000/svg"/>') }),
    state: "refused",
    code: "wrong_type",
  },
  {
    what: "a picture that says to be a voice note",
    message: () => ({ type: "audio", audio: { base64: base64(png(4, 4)) } }),
    state: "refused",
    code: "wrong_type",
  },
  { what: "a decompression bomb", message: image({ base64: base64(png(60_000, 60_000)) }), state: "refused", code: "too_many_pixels" },
  { what: "an empty file", message: image({ base64: "" }), state: "pending", code: "incomplete" },
  { what: "an id that is a path", message: image({ id: "../../me?x=", mime_type: "image/jpeg" }), state: "failed", code: "not_provided" },
])("$what: $state with $code, and the message is there", async ({ what, message, state, code }) => {
  const id = await stack.send(message());
  // Only a server that says nothing is not waited for long: what a busy machine sends is.
  const idleMs = what.startsWith("a server") ? 200 : 10_000;
  await stack.openWork({ limits: { timeoutMs: 20_000, idleMs } }).runOnce();
  expect(await stack.view(id)).toMatchObject({
    id,
    state,
    url: null,
    thumbnailUrl: null,
    error: { code, text: expect.stringMatching(/.{20}/) },
  });
  expect(inside.heard).toEqual([]);
  expect(await stack.listStored()).toEqual([]);
});

test("a damaged picture is kept as it is, without a thumbnail", async () => {
  const id = await stack.send({
    type: "image",
    image: { base64: base64(Buffer.concat([Buffer.from("/9j/4AAQSkZJRg==", "base64"), Buffer.alloc(50)])) },
  });
  await stack.openWork().runOnce();
  expect(await stack.view(id)).toMatchObject({ state: "ready", mimeType: "image/jpeg", thumbnailUrl: null, width: null });
});

test("what is a document may be anything, and a bomb among them is a download that nobody opens by looking", async () => {
  const page = await stack.send({
    type: "document",
    document: { base64: base64("<!doctype html><script>alert(1)</script>"), mime_type: "text/html" },
  });
  const bomb = await stack.send({ type: "document", document: { base64: base64(png(60_000, 50_000)), mime_type: "image/png" } });
  const program = await stack.send({ type: "document", document: { base64: base64(EXECUTABLE), mime_type: "application/pdf" } });
  await stack.openWork().runOnce();
  for (const id of [page, bomb, program]) {
    const media = await stack.view(id);
    expect(media).toMatchObject({ state: "ready", thumbnailUrl: null });
    const { headers, status } = await fetch(`${stack.url}${media?.url ?? ""}`);
    expect([status, headers.get("content-type"), headers.get("x-content-type-options")]).toEqual([
      200,
      "application/octet-stream",
      "nosniff",
    ]);
    expect(headers.get("content-disposition")).toMatch(/^attachment/);
    expect(headers.get("content-security-policy")).toContain("sandbox");
  }
});

test("the access token is shown to the Graph API and to nobody else", async () => {
  const heard: string[] = [];
  const stranger = createServer((request, response) => {
    heard.push(request.headers.authorization ?? "");
    response.end();
  });
  await new Promise<void>((resolve) => stranger.listen(0, "127.0.0.1", resolve));
  const { port } = stranger.address() as AddressInfo;
  // The same machine under another port is another place.
  const id = await stack.send({ type: "image", image: { tricks: { url: `http://127.0.0.1:${String(port)}/file` } } });
  await stack.openWork({ privateHosts: ["*"] }).runOnce();
  expect(await stack.view(id)).toMatchObject({ state: "refused", error: { code: "host_not_allowed" } });
  expect(heard).toEqual([]);
  await new Promise((resolve) => stranger.close(resolve));
});

test("no attempt comes more often than its patience, and each later than the one before", async () => {
  const id = await stack.send({ type: "image", image: { tricks: { sha256: base64(Buffer.alloc(32, 9)) } } });
  const waits: number[] = [];
  for (let pass = 0; pass < 6; pass += 1) {
    const work = stack.openWork({
      backoffMs: (attempt) => {
        waits.push(attempt);
        return 0;
      },
    });
    await work.runOnce();
  }
  expect(waits).toEqual([1, 2, 3]);
  expect(await stack.view(id)).toMatchObject({ state: "failed", error: { code: "sha256_mismatch" } });
});

test("a virus is refused before anything looks at it; a scanner that is gone or unsure keeps the file waiting, and nothing of it", async () => {
  let word = "stream: OK";
  const scanned: number[] = [];
  const scanner = await startFakeClamd((file) => {
    scanned.push(file.length);
    return file.includes("EICAR") ? "stream: Eicar-Signature FOUND" : word;
  });
  const before = await stack.listStored();
  const content = Buffer.concat([Buffer.from("%PDF-1.4 EICAR"), Buffer.alloc(300_000, 7)]);
  const infected = await stack.send({ type: "document", document: { base64: base64(content) } });
  await stack.openWork({ scanner: scanner.address }).runOnce();
  expect(await stack.view(infected)).toMatchObject({
    state: "refused",
    url: null,
    error: { code: "infected", text: expect.stringContaining("Eicar") },
  });
  expect(scanned).toEqual([content.length]);

  const clean = await stack.send({ type: "document", document: { base64: base64("%PDF-1.4 a clean one") } });
  const tryWith = async (address: string): Promise<unknown> => {
    await stack.test.superuser.query("update media set due_at = now() where id = $1", [clean]);
    await stack.openWork({ scanner: address }).runOnce();
    return stack.view(clean);
  };
  const waits = { state: "pending", url: null, error: { code: "scanner_unavailable" } };
  word = "INSTREAM size limit exceeded. ERROR";
  expect(await tryWith(scanner.address)).toMatchObject(waits);
  word = "stream: OK, or so it seems";
  expect(await tryWith(scanner.address)).toMatchObject(waits);
  expect(await tryWith("127.0.0.1:1")).toMatchObject(waits);
  expect(await stack.listStored()).toEqual(before);
  word = "stream: OK";
  expect(await tryWith(scanner.address)).toMatchObject({ state: "ready", error: null });
  scanner.close();
});

test("what is uploaded is scanned too, after its request was read to the end; a form that is none, or is cut short, is refused as such", async () => {
  const scanner = await startFakeClamd((file) => (file.includes("EICAR") ? "stream: Eicar-Signature FOUND" : "stream: OK"));
  const {
    database,
    store,
    directory,
    test: { log },
  } = stack;
  const uploadMedia = openUploads({ database, store, directory, log, failPoints: noFailPoints, scanner: scanner.address });
  const { app } = createTestHttp(database, log, { uploadMedia });
  const url = `${await app.listen({ port: 0, host: "127.0.0.1" })}/api/v1/media`;
  const headers = await stack.headers();
  const post = async (body: BodyInit, type?: string): Promise<unknown> => {
    const said = type === undefined ? {} : { "content-type": type };
    const answer = await fetch(url, { method: "POST", body, headers: { ...headers, ...said } });
    return [answer.status, ((await answer.json()) as { readonly code?: string }).code];
  };
  const formWith = (text: string): FormData => {
    const form = new FormData();
    form.append("file", new Blob([text, Buffer.alloc(300_000, 7)], { type: "application/pdf" }), "a.pdf");
    return form;
  };
  const before = (await stack.listStored()).length;
  expect(await post(formWith("%PDF-1.4 clean"))).toEqual([201, undefined]);
  expect(await post(formWith("%PDF-1.4 EICAR"))).toEqual([422, "media_refused"]);
  const part = '--x\r\ncontent-disposition: form-data; name="file"; filename="a"\r\ncontent-type: image/png\r\n\r\n';
  expect(await post(`${part}cut short`, "multipart/form-data; boundary=x")).toEqual([400, "bad_request"]);
  expect(await post(part.slice(0, 20), "multipart/form-data; boundary=x")).toEqual([400, "bad_request"]);
  expect(await post("--x--\r\n", "multipart/form-data; boundary=x")).toEqual([400, "bad_request"]);
  expect(await post(`${part}a\r\n--x--\r\n`, "multipart/form-data")).toEqual([400, "bad_request"]);
  expect((await stack.listStored()).length).toBe(before + 1);
  await app.close();
  scanner.close();
});
