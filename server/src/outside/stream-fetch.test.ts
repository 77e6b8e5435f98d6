// Proves with real servers that an answer which comes in pieces is read whole, in order, in few pieces, and never longer than allowed.
import { getEventListeners, once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import type { Dispatcher } from "undici";
import { afterEach, expect, test } from "vitest";
import { createOutsideHttp } from "./outside-http.ts";
import { createStreamFetch, type StreamLimits } from "./stream-fetch.ts";

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

async function listen(answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<string> {
  const server = createServer(answer);
  await once(server.listen(0, "127.0.0.1"), "listening");
  closers.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
}

const LIMITS: StreamLimits = { maxBytes: 1_000_000, gatherMs: 60_000 };

function fetchWith(limits: Partial<StreamLimits> = {}, privateHosts: readonly string[] = ["127.0.0.1"]): typeof fetch {
  const outside = createOutsideHttp({ privateHosts });
  closers.push(() => outside.close());
  return outside.streamFetch({ ...LIMITS, ...limits });
}

/** Word after word, each in a packet of its own. */
async function speak(response: ServerResponse, words: readonly string[]): Promise<void> {
  for (const word of words) {
    await new Promise<void>((resolve) => response.write(word, () => resolve()));
    await new Promise((resolve) => setImmediate(resolve));
  }
}

async function piecesOf(response: Response): Promise<readonly string[]> {
  const pieces: string[] = [];
  for await (const piece of response.body ?? []) pieces.push(Buffer.from(piece).toString());
  return pieces;
}

const errorOf = (answer: Promise<unknown>): Promise<unknown> =>
  answer.then(
    () => "it was answered",
    (error: unknown) => error,
  );

test("what comes close together is read together, and the end is not waited for", async () => {
  const words = Array.from({ length: 30 }, (_, index) => `word ${String(index)} `);
  const at = await listen((_request, response) => void speak(response, words).then(() => response.end()));
  expect(await piecesOf(await fetchWith()(at))).toEqual([words.join("")]);
});

test("what has come is read while the rest is still to come", async () => {
  let finish = (): void => undefined;
  const at = await listen((_request, response) => {
    void speak(response, ["one ", "two "]);
    finish = () => response.end("three");
  });
  const response = await fetchWith({ gatherMs: 20 })(at);
  let text = "";
  for await (const piece of response.body ?? []) {
    text += Buffer.from(piece).toString();
    if (text === "one two ") finish();
  }
  expect(text).toBe("one two three");
});

test("the request is sent as it is given, and the answer's status and headers are read as they are", async () => {
  const seen: unknown[] = [];
  const at = await listen((request, response) => {
    let body = "";
    request.on("data", (part: Buffer) => (body += part.toString()));
    request.on("end", () => {
      const { method, url, headers } = request;
      seen.push({ method, url, body, key: headers["x-api-key"], packed: headers["accept-encoding"], length: headers["content-length"] });
      response.writeHead(429, { "retry-after": "7", "set-cookie": ["a=1", "b=2"] }).end("busy");
    });
  });
  const response = await fetchWith()(`${at}/v1/chat?alt=sse`, { method: "POST", headers: { "X-Api-Key": "k" }, body: "Olá" });
  expect(seen).toEqual([{ method: "POST", url: "/v1/chat?alt=sse", body: "Olá", key: "k", packed: "identity", length: "4" }]);
  expect([response.status, response.ok, response.headers.get("retry-after"), response.headers.getSetCookie()]).toEqual([
    429,
    false,
    "7",
    ["a=1", "b=2"],
  ]);
  expect(await response.text()).toBe("busy");
});

test("an answer without a body is one", async () => {
  const at = await listen((_request, response) => response.writeHead(204).end());
  const response = await fetchWith()(at);
  expect([response.status, response.body]).toEqual([204, null]);
});

test("a longer answer than allowed is given up, packed or not, whatever its status", async () => {
  const big = "x".repeat(200_000);
  const closed: Promise<unknown>[] = [];
  for (const status of [200, 500])
    for (const encoding of ["identity", "gzip"]) {
      const at = await listen((_request, response) => {
        closed.push(once(response, "close"));
        response.writeHead(status, { "content-encoding": encoding }).end(encoding === "gzip" ? gzipSync(big) : big);
      });
      const tooLong = await errorOf((await fetchWith({ maxBytes: 199_999 })(at)).text());
      const cause = tooLong instanceof TypeError ? tooLong.cause : tooLong;
      expect(cause).toMatchObject({ code: "too_large", message: expect.stringContaining("longer than 199999 bytes") });
      expect(await (await fetchWith({ maxBytes: 200_000 })(at)).text()).toBe(big);
    }
  await Promise.all(closed);
});

test("what was said before a connection breaks is read, and then that it broke", async () => {
  const at = await listen((_request, response) => void speak(response, ["one ", "two "]).then(() => response.destroy()));
  const reader = (await fetchWith()(at)).body?.getReader();
  expect(Buffer.from((await reader?.read())?.value ?? []).toString()).toBe("one two ");
  expect(await errorOf(reader?.read() ?? Promise.resolve())).toMatchObject({ name: "TypeError", message: "terminated" });
});

test("who asked can give up, before the answer and within it: the reason is thrown as it is, and the connection ends", async () => {
  const reason = new Error("a newer message came");
  for (const begins of [false, true]) {
    const asked = Promise.withResolvers<ServerResponse>();
    const at = await listen((_request, response) => {
      if (begins) response.write("one ");
      asked.resolve(response);
    });
    const giveUp = new AbortController();
    const answer = fetchWith()(at, { signal: giveUp.signal }).then((response) => response.text());
    const closed = once(await asked.promise, "close");
    giveUp.abort(reason);
    expect(await errorOf(answer)).toBe(reason);
    await closed;
    expect(getEventListeners(giveUp.signal, "abort")).toEqual([]);
  }
  const early = fetchWith()("http://127.0.0.1:1/", { signal: AbortSignal.abort(reason) });
  expect(await errorOf(early)).toBe(reason);
});

test("who reads can stop reading, and the connection ends", async () => {
  const asked = Promise.withResolvers<ServerResponse>();
  const at = await listen((_request, response) => {
    response.write("one ");
    asked.resolve(response);
  });
  const signal = new AbortController().signal;
  const response = await fetchWith({ gatherMs: 1 })(at, { signal });
  const closed = once(await asked.promise, "close");
  const reader = response.body?.getReader();
  await reader?.read();
  await reader?.cancel();
  await closed;
  expect(getEventListeners(signal, "abort")).toEqual([]);
});

test("it has the guard of all requests to outside, and follows no redirect", async () => {
  let inside = 0;
  const hidden = await listen((_request, response) => {
    inside += 1;
    response.end("inside");
  });
  const public_ = await listen((_request, response) => response.writeHead(302, { location: hidden }).end());
  const guarded = fetchWith({}, [new URL(public_).host]);
  expect(await errorOf(guarded(hidden))).toMatchObject({ message: "fetch failed", cause: { code: "not_allowed" } });
  expect(await errorOf(guarded(public_))).toMatchObject({ message: "fetch failed" });
  for (const address of ["http://user:hunter2@127.0.0.1/", "nonsense"]) expect(await errorOf(guarded(address))).toBeInstanceOf(TypeError);
  expect(inside).toBe(0);
});

test("a server that talks faster than it is listened to has to wait", async () => {
  const said: Dispatcher.DispatchHandler[] = [];
  const controller = {
    aborted: false,
    paused: false,
    reason: null,
    abort: () => undefined,
    pause: () => (controller.paused = true),
    resume: () => (controller.paused = false),
  };
  const asking = createStreamFetch({ dispatch: (_options, handler) => said.push(handler) > 0 }, LIMITS)("http://shop.example/");
  const [handler] = said;
  handler?.onRequestStart?.(controller, {});
  handler?.onResponseStart?.(controller, 200, {});
  const reader = (await asking).body?.getReader();
  handler?.onResponseData?.(controller, Buffer.alloc(63_999));
  expect(controller.paused).toBe(false);
  handler?.onResponseData?.(controller, Buffer.alloc(1));
  expect(controller.paused).toBe(true);
  expect((await reader?.read())?.value).toHaveLength(64_000);
  expect(controller.paused).toBe(false);
  // Somebody waits for it: so much is handed on at once.
  const next = reader?.read();
  handler?.onResponseData?.(controller, Buffer.alloc(64_000));
  expect([controller.paused, (await next)?.value?.length]).toEqual([false, 64_000]);
});
