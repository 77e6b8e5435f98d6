import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { Pool } from "undici";
import { z } from "zod";
import { createGraphClient, type GraphClient } from "./graph-client.ts";
import type { SendOutcome, SendRequest } from "./transport.ts";

interface ReceivedRequest {
  readonly path: string | undefined;
  readonly headers: IncomingMessage["headers"];
  readonly body: unknown;
}

const TOKEN = "token-of-this-channel";
const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/** A real HTTP server that answers what it is told to, after the whole request has come in. */
async function startGraph(
  answer: (response: ServerResponse, socket: Socket, seen: ReceivedRequest) => void,
): Promise<{ baseUrl: string; seen: ReceivedRequest[] }> {
  const seen: ReceivedRequest[] = [];
  const listener: RequestListener = (request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const body: unknown = JSON.parse(Buffer.concat(chunks).toString());
      const one = { path: request.url, headers: request.headers, body };
      seen.push(one);
      answer(response, request.socket, one);
    });
  };
  const server = createServer(listener);
  const port = await listen(server);
  closers.push(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return { baseUrl: `http://127.0.0.1:${port}`, seen };
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("not listening on a port");
  return address.port;
}

function connect(baseUrl: string, options: { readonly timeoutMs?: number; readonly connections?: number } = {}): GraphClient {
  const client = createGraphClient({ baseUrl, version: "v26.0", ...options });
  closers.push(() => client.close());
  return client;
}

const content = { type: "text", text: { body: "Yes, 8 to 14 h" } };
const channel = { key: "555000111", accessToken: TOKEN };
const send = (client: GraphClient, extra: Partial<SendRequest> = {}): Promise<SendOutcome> =>
  client.sendMessage({ channel, to: { kind: "phone", value: "4917612345678" }, content, ownId: "ob_1", ...extra });

function json(status: number, answer: unknown, headers: Readonly<Record<string, string>> = {}): (response: ServerResponse) => void {
  return (response) => {
    response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(answer));
  };
}
const errorBody = (code: number, extra: object = {}): object => ({
  error: {
    message: `(#${code}) Refused`,
    type: "OAuthException",
    code,
    error_data: { messaging_product: "whatsapp", details: "Because." },
    fbtrace_id: "A",
    ...extra,
  },
});

describe("a sent message", () => {
  test("that was accepted names its id and the account it found", async () => {
    const { baseUrl, seen } = await startGraph(
      json(200, { contacts: [{ input: "+4917612345678", wa_id: "4917612345678" }], messages: [{ id: "wamid.B1" }] }),
    );
    expect(await send(connect(`${baseUrl}/`))).toEqual({ outcome: "accepted", providerMessageId: "wamid.B1", waId: "4917612345678" });
    expect(seen).toMatchObject([
      {
        path: "/v26.0/555000111/messages",
        headers: { authorization: `Bearer ${TOKEN}`, "content-type": "application/json" },
        body: {
          messaging_product: "whatsapp",
          recipient_type: "individual",
          to: "+4917612345678",
          biz_opaque_callback_data: "ob_1",
          ...content,
        },
      },
    ]);
  });

  test("to a user id names the user id", async () => {
    const { baseUrl } = await startGraph(json(200, { contacts: [{ input: "DE.1", user_id: "DE.1" }], messages: [{ id: "wamid.B3" }] }));
    expect(await send(connect(baseUrl))).toEqual({ outcome: "accepted", providerMessageId: "wamid.B3", userId: "DE.1" });
  });

  test("goes through below a path of its own, as behind a proxy", async () => {
    const { baseUrl, seen } = await startGraph(json(200, { messages: [{ id: "wamid.B1" }] }));
    expect(await send(connect(`${baseUrl}/graph/`))).toMatchObject({ outcome: "accepted" });
    expect(seen[0]?.path).toBe("/graph/v26.0/555000111/messages");
  });

  test.each([
    { status: 400, answer: errorBody(131047), retry: "after-window", stopsChannel: false },
    { status: 400, answer: errorBody(131056), retry: "backoff", stopsChannel: false },
    { status: 401, answer: errorBody(190, { error_subcode: 463 }), retry: "never", stopsChannel: true },
    { status: 200, answer: errorBody(100), retry: "never", stopsChannel: false },
  ])(
    "that was refused with HTTP $status and an error is rejected with the advice of its code",
    async ({ status, answer, retry, stopsChannel }) => {
      const { baseUrl } = await startGraph(json(status, answer));
      const outcome = await send(connect(baseUrl));
      expect(outcome).toMatchObject({ outcome: "rejected", retry, stopsChannel, fault: { details: "Because." } });
    },
  );

  test("that was refused for a while waits as long as the provider asks, or longer", async () => {
    const { baseUrl } = await startGraph((response, _socket, { body: given }) => {
      json(400, errorBody(JSON.stringify(given).includes("long") ? 80007 : 130429), { "retry-after": "30" })(response);
    });
    const client = connect(baseUrl);
    expect(await send(client)).toMatchObject({ retry: "backoff", minDelayMs: 30_000 });
    expect(await send(client, { content: { long: true } })).toMatchObject({ retry: "backoff", minDelayMs: 60_000 });
  });

  test.each([
    ["an unknown error", json(500, errorBody(131000))],
    ["no service for the moment", json(503, errorBody(2))],
    ["work on the number", json(500, errorBody(2494100))],
    ["HTTP 503 without an error body", json(503, "unavailable")],
    ["HTTP 200 with a text", (response: ServerResponse) => response.end("<html>")],
    ["HTTP 200 without an id", json(200, { messages: [] })],
    ["a reset instead of an answer", (_response: ServerResponse, socket: Socket) => socket.resetAndDestroy()],
    [
      "a reset in the middle of the answer",
      (response: ServerResponse, socket: Socket) =>
        response.writeHead(200, { "content-length": "999" }).write('{"mess', () => socket.resetAndDestroy()),
    ],
    [
      "a connection closed in the middle of the answer",
      (response: ServerResponse, socket: Socket) => response.writeHead(200).write('{"mess', () => socket.end()),
    ],
    ["an answer without end", (response: ServerResponse) => response.end("x".repeat(2_000_000))],
  ])("that got %s is uncertain, and was sent once", async (_case, answer) => {
    const { baseUrl, seen } = await startGraph(answer);
    expect(await send(connect(baseUrl))).toMatchObject({ outcome: "uncertain" });
    expect(seen).toHaveLength(1);
  });

  test.each([
    ["before the answer", () => undefined],
    ["in the middle of the answer", (response: ServerResponse) => response.writeHead(200).write('{"mess')],
  ])("whose provider hangs %s is uncertain after the time limit", async (_case, answer) => {
    const { baseUrl } = await startGraph(answer);
    expect(await send(connect(baseUrl, { timeoutMs: 80 }))).toMatchObject({ outcome: "uncertain" });
  });

  test("that found nobody listening is known not to have been accepted", async () => {
    const server = createServer();
    const port = await listen(server);
    await new Promise((resolve) => server.close(resolve));
    expect(await send(connect(`http://127.0.0.1:${port}`))).toMatchObject({
      outcome: "rejected",
      retry: "backoff",
      fault: { title: "ECONNREFUSED" },
    });
  });

  test("whose host has no address is known not to have been accepted", async () => {
    // A label of more than 63 characters fails in the resolver itself, without a network.
    const client = connect(`http://${"x".repeat(64)}.invalid`);
    expect(await send(client)).toMatchObject({ outcome: "rejected", retry: "backoff", fault: { title: "ENOTFOUND" } });
  });

  test("that waited for a connection in vain was never written", async () => {
    const { promise: firstArrived, resolve: arrived } = Promise.withResolvers<undefined>();
    const { promise: secondGaveUp, resolve: gaveUp } = Promise.withResolvers<undefined>();
    const { baseUrl, seen } = await startGraph((response) => {
      arrived(undefined);
      void secondGaveUp.then(() => {
        json(500, {})(response);
      });
    });
    // Two clients over one connection, so that only the second one's time is short.
    const dispatcher = new Pool(baseUrl, { connections: 1, pipelining: 1 });
    closers.push(() => dispatcher.close());
    const first = send(createGraphClient({ baseUrl, version: "v26.0", dispatcher }));
    await firstArrived;
    const second = await send(createGraphClient({ baseUrl, version: "v26.0", dispatcher, timeoutMs: 100 }));
    gaveUp(undefined);
    await first;
    expect(second).toMatchObject({ outcome: "rejected", retry: "backoff" });
    expect(seen).toHaveLength(1);
  });

  test("never follows a redirect, so the token stays with its host", async () => {
    const elsewhere = await startGraph(json(200, { messages: [{ id: "wamid.X" }] }));
    const { baseUrl } = await startGraph(json(307, {}, { location: `${elsewhere.baseUrl}/v26.0/555000111/messages` }));
    expect(await send(connect(baseUrl))).toMatchObject({ outcome: "rejected", retry: "never", stopsChannel: true });
    expect(elsewhere.seen).toEqual([]);
  });

  test.each([
    ["a phone number id that leaves its path", { ...channel, key: "../../me" }],
    ["a token with a line break", { ...channel, accessToken: "a\r\nx-evil: 1" }],
    ["a token outside ASCII", { ...channel, accessToken: "tök€n" }],
  ])("with %s is rejected and nothing is written", async (_case, wrong) => {
    const { baseUrl, seen } = await startGraph(json(200, { messages: [{ id: "wamid.X" }] }));
    const outcome = await send(connect(baseUrl), { channel: wrong });
    expect(outcome).toMatchObject({ outcome: "rejected", retry: "never" });
    expect(JSON.stringify(outcome)).not.toContain("evil");
    expect(seen).toEqual([]);
  });

  test("of many at once each gets its own answer", async () => {
    const { baseUrl } = await startGraph((response, _socket, { body: given }) => {
      json(200, { messages: [{ id: z.object({ biz_opaque_callback_data: z.string() }).parse(given).biz_opaque_callback_data }] })(response);
    });
    const client = connect(baseUrl, { connections: 8 });
    const outcomes = await Promise.all(Array.from({ length: 200 }, (_, index) => send(client, { ownId: `m-${index}` })));
    expect(outcomes).toEqual(Array.from({ length: 200 }, (_, index) => ({ outcome: "accepted", providerMessageId: `m-${index}` })));
  });
});

describe("marking read", () => {
  const mark = { channel, chat: { kind: "phone", value: "4917612345678" }, providerMessageId: "wamid.A1" } as const;

  test("names the message, and shows typing only when asked to", async () => {
    const { baseUrl, seen } = await startGraph(json(200, { success: true }));
    const client = connect(baseUrl);
    expect(await client.markRead({ ...mark, typing: false })).toEqual({ outcome: "accepted" });
    expect(await client.markRead({ ...mark, typing: true })).toEqual({ outcome: "accepted" });
    const read = { messaging_product: "whatsapp", status: "read", message_id: "wamid.A1" };
    expect(seen.map((one) => one.body)).toEqual([read, { ...read, typing_indicator: { type: "text" } }]);
  });

  test("of a wrong id is rejected", async () => {
    const { baseUrl } = await startGraph(json(400, errorBody(131009)));
    expect(await connect(baseUrl).markRead({ ...mark, typing: true })).toMatchObject({ outcome: "rejected", retry: "never" });
  });
});

test("a Graph address that is none is refused at once", () => {
  for (const baseUrl of ["graph.facebook.com", "ftp://graph.facebook.com", ""]) {
    expect(() => createGraphClient({ baseUrl, version: "v26.0" })).toThrow(`"${baseUrl}"`);
  }
});
