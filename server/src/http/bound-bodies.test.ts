// Proves that unfinished bodies cannot fill the memory, and keep no ordinary request out.
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { fastify, type FastifyInstance } from "fastify";
import { afterEach, expect, test as it } from "vitest";
import { createLog } from "../kernel/log.ts";
import { boundBodies, type BodyLimits } from "./bound-bodies.ts";
import { watchConnections } from "./connections.ts";
import { createErrorHandler } from "./error-mapper.ts";

const KB = 1024;
const apps: FastifyInstance[] = [];
const sockets: Socket[] = [];

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await Promise.all(apps.splice(0).map((app) => app.close()));
});

async function listen(limits: BodyLimits): Promise<URL> {
  const app = fastify({ forceCloseConnections: true });
  apps.push(app);
  app.setErrorHandler(createErrorHandler({ log: createLog({ level: "silent" }) }));
  boundBodies(app, { ...limits, connections: watchConnections(app.server) });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", { parseAs: "buffer" }, (_request, body, done) => {
    done(null, body);
  });
  app.post("/bodies", (request) => ({ bytes: (request.body as Buffer).length }));
  return new URL(await app.listen({ host: "127.0.0.1", port: 0 }));
}

const post = (url: URL, bytes: number): Promise<Response> =>
  fetch(new URL("/bodies", url), { method: "POST", headers: { "content-type": "x/y" }, body: Buffer.alloc(bytes) });

/** A body that stops one byte before its end. */
function begin({ hostname, port }: URL, bytes: number): Socket {
  const socket = connect(Number(port), hostname);
  sockets.push(socket);
  socket.on("error", () => undefined);
  socket.write(`POST /bodies HTTP/1.1\r\nhost: x\r\ncontent-type: x/y\r\ncontent-length: ${String(bytes)}\r\n\r\n`);
  socket.write(Buffer.alloc(bytes - 1));
  return socket;
}

async function answerOf(socket: Socket): Promise<string> {
  const [answer] = (await once(socket, "data")) as [Buffer];
  return answer.toString();
}

it("bodies that wait are held up to the bound; one more is 503 with Retry-After, and ordinary ones come in all the same", async () => {
  const url = await listen({ maxBytes: 300 * KB });
  const unfinished = Array.from({ length: 4 }, () => begin(url, 100 * KB));
  const refused = await Promise.race(unfinished.map(answerOf));
  expect(refused).toMatch(/^HTTP\/1.1 503 /);
  expect(refused).toMatch(/retry-after: 2/i);
  expect((await post(url, 90 * KB)).status).toBe(503);
  expect(await (await post(url, 16 * KB)).json()).toEqual({ bytes: 16 * KB });
  for (const socket of unfinished) socket.destroy();
  await expect.poll(async () => (await post(url, 250 * KB)).status).toBe(200);
});

it("a body gives its room back when it is answered, whatever the answer is", async () => {
  const url = await listen({ maxBytes: 120 * KB });
  for (let times = 0; times < 5; times += 1) {
    expect((await post(url, 100 * KB)).status).toBe(200);
    expect((await post(url, 200 * KB)).status).toBe(503);
  }
});

it("a stalled body is given up", async () => {
  const url = await listen({ maxBytes: 300 * KB, windowMs: 20 });
  const socket = begin(url, 100 * KB);
  await once(socket, "close");
  expect((await post(url, 250 * KB)).status).toBe(200);
});

it("the rest of a body that was refused for its size harms nobody", async () => {
  const url = await listen({ maxBytes: 1_200 * KB });
  const socket = connect(Number(url.port), url.hostname);
  sockets.push(socket);
  socket.write("POST /bodies HTTP/1.1\r\nhost: x\r\ncontent-type: x/y\r\ntransfer-encoding: chunked\r\n\r\n");
  const chunk = Buffer.concat([Buffer.from("100000\r\n"), Buffer.alloc(KB * KB), Buffer.from("\r\n")]);
  for (let times = 0; times < 3; times += 1) socket.write(chunk);
  expect(await answerOf(socket)).toMatch(/^HTTP\/1.1 413 /);
  expect((await post(url, 900 * KB)).status).toBe(200);
});
