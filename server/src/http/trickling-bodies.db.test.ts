// Proves that the time which a large file may take is that of its own route: a body that trickles in and is held is cut as before. The windows pass when the test says so.
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { afterAll, beforeAll, expect, test as it } from "vitest";
import { createTestBusiness } from "../../test/support/test-business.ts";
import { createTestDatabase, type TestDatabase } from "../../test/support/test-database.ts";
import { bearerFor, createTestHttp, createTestThread, type TestHttp } from "../../test/support/test-http.ts";

/** More than a body has to grow in a window. */
const TRICKLE = 6_000;
const ANNOUNCED = 900_000;
/** 60 s of windows of 10 s: the body is looked at in each, and was not there from the beginning of the first. */
const WINDOWS_UNTIL_LATE = 7;

let test: TestDatabase;
let http: TestHttp;
let port: number;
let bearer: string;
let thread: string;
/** Requests whose bodies are read. */
let reached = 0;
let look: () => void = () => undefined;
const received = new Map<number, Socket>();
const sockets: Socket[] = [];

beforeAll(async () => {
  test = await createTestDatabase();
  const database = test.open();
  const business = await createTestBusiness(test.superuser);
  thread = await createTestThread(test, business);
  ({ authorization: bearer } = await bearerFor(database, business.businessId));
  http = createTestHttp(database, test.log, {
    bodies: {
      maxBytes: 256 * 1024 * 1024,
      everyWindow: (given) => {
        look = given;
        return () => undefined;
      },
    },
    // It reads what comes, for as long as it comes.
    uploadMedia: async ({ body }) => {
      await Array.fromAsync(body, (piece) => piece.length);
      return "busy";
    },
  });
  // The bound's own hook is before this one.
  // oxlint-disable-next-line max-params -- Fastify's own form
  http.app.addHook("preParsing", (_request, _reply, payload, done) => {
    reached += 1;
    done(null, payload);
  });
  http.app.server.on("connection", (socket) => received.set(socket.remotePort ?? 0, socket));
  port = Number(new URL(await http.app.listen({ port: 0, host: "127.0.0.1" })).port);
});
afterAll(async () => {
  for (const socket of sockets) socket.destroy();
  await http.app.close();
  await test.close();
});

interface Trickle {
  /** As much again, and it has arrived. */
  more(): Promise<void>;
  readonly isOpen: () => boolean;
}

async function begin(request: string, type: string, start = ""): Promise<Trickle> {
  const socket = connect(port, "127.0.0.1");
  sockets.push(socket);
  socket.on("error", () => undefined);
  socket.resume();
  await once(socket, "connect");
  const head = `${request} HTTP/1.1\r\nhost: x\r\nauthorization: ${bearer}\r\ncontent-type: ${type}\r\ncontent-length: ${String(ANNOUNCED)}\r\n\r\n${start}`;
  let sent = 0;
  const write = async (bytes: string | Buffer): Promise<void> => {
    sent += bytes.length;
    socket.write(bytes);
    const other = received.get(socket.localPort ?? 0);
    while (!socket.destroyed && other?.destroyed !== true && (other?.bytesRead ?? 0) < sent) await new Promise(setImmediate);
  };
  await write(head);
  return { more: () => write(Buffer.alloc(TRICKLE, 32)), isOpen: () => received.get(socket.localPort ?? 0)?.destroyed === false };
}

const FORM = '--x\r\ncontent-disposition: form-data; name="file"; filename="a"\r\ncontent-type: image/png\r\n\r\n';

it("what comes before a body has a minute", () => {
  expect(http.app.server.headersTimeout).toBe(60_000);
});

it("a body that keeps growing slowly is cut after a minute on every route that holds it, and the upload of a file when it stalls", async () => {
  const upload = await begin("POST /api/v1/media", "multipart/form-data; boundary=x", FORM);
  const others = [
    await begin(`POST /api/v1/conversations/${thread}/messages`, "application/json", '{"type":"text",'),
    await begin("POST /api/v1/knowledge", "application/json", "{"),
  ];
  while (reached < 3) await new Promise(setImmediate);
  for (let window = 1; window < WINDOWS_UNTIL_LATE; window += 1) {
    for (const one of [upload, ...others]) await one.more();
    look();
    expect([upload, ...others].map((one) => one.isOpen())).toEqual([true, true, true]);
  }
  for (const one of [upload, ...others]) await one.more();
  look();
  expect([upload, ...others].map((one) => one.isOpen())).toEqual([true, false, false]);
  for (let window = 0; window < 10; window += 1) {
    await upload.more();
    look();
  }
  expect(upload.isOpen()).toBe(true);
  look();
  expect(upload.isOpen()).toBe(false);
});
