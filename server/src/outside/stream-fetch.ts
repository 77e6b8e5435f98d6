// Owns: a `fetch` for libraries that read a long answer piece by piece, at little cost for each piece: what comes close together is handed on together.
// Refuses to know: what is asked, and which addresses are allowed (guarded-agent.ts).
import type { Dispatcher } from "undici";
import { boundStream, tooLong } from "./bound-fetch.ts";

export interface StreamLimits {
  /** Reading a longer answer, whatever its status, throws an `OutsideError`. */
  readonly maxBytes: number;
  /** So long may a piece wait for the next ones. The end of the answer is never waited for. */
  readonly gatherMs: number;
}

/** What is handed on at once, however soon; and, while nobody reads, what is taken from the connection at most (and one piece more). */
const ENOUGH_BYTES = 64_000;
const REDIRECTS = new Set([301, 302, 303, 307, 308]);
/** They have no body, and `Response` takes none for them. */
const WITHOUT_BODY = new Set([204, 205, 304]);
/** Not asked for; a server that packs its answer all the same is understood. */
const PACKINGS: Readonly<Record<string, "gzip" | "deflate">> = { gzip: "gzip", "x-gzip": "gzip", deflate: "deflate" };

type Bytes = Uint8Array<ArrayBuffer>;
type RawHeaders = Readonly<Record<string, string | readonly string[] | undefined>>;

interface Reader {
  readonly stream: ReadableStreamDefaultController<Bytes>;
  readonly done: () => void;
}

/** What is thrown when it ended before its answer began, and while it was read; "well": it is whole. */
type End = "well" | { readonly before: unknown; readonly within: unknown };

/** In the standard's own words: libraries look for them. */
const brokenBy = (cause: unknown): End => ({
  before: new TypeError("fetch failed", { cause }),
  within: new TypeError("terminated", { cause }),
});

function headersOf(raw: RawHeaders): Headers {
  const headers = new Headers();
  for (const [name, value] of Object.entries(raw))
    for (const one of typeof value === "string" ? [value] : (value ?? [])) headers.append(name, one);
  return headers;
}

class StreamedAnswer implements Dispatcher.DispatchHandler {
  readonly response: Promise<Response>;
  readonly #host: string;
  readonly #limits: StreamLimits;
  readonly #onEnd: () => void;
  readonly #answer = Promise.withResolvers<Response>();
  #controller: Dispatcher.DispatchController | undefined;
  #bytes = 0;
  #held: Buffer[] = [];
  #heldBytes = 0;
  #timer: NodeJS.Timeout | undefined;
  /** What is held has waited long enough. */
  #isRipe = false;
  #reader: Reader | undefined;
  #end: End | undefined;

  constructor(host: string, limits: StreamLimits, onEnd: () => void) {
    this.#host = host;
    this.#limits = limits;
    this.#onEnd = onEnd;
    this.response = this.#answer.promise;
  }

  /** Called by undici just before it writes. An abort in here keeps the request from being written at all. */
  onRequestStart(controller: Dispatcher.DispatchController): void {
    if (this.#end === undefined) this.#controller = controller;
    else controller.abort(new Error("given up before it was written"));
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, raw: RawHeaders): void {
    if (status < 200) return;
    try {
      if (REDIRECTS.has(status) && raw["location"] !== undefined) throw new Error("unexpected redirect");
      this.#answer.resolve(new Response(WITHOUT_BODY.has(status) ? null : this.#bodyOf(raw), { status, headers: headersOf(raw) }));
    } catch (error) {
      this.#giveUp(brokenBy(error));
    }
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#end !== undefined) return;
    this.#bytes += chunk.length;
    if (this.#bytes > this.#limits.maxBytes) {
      this.#giveUp(brokenBy(tooLong(this.#host, this.#limits.maxBytes)));
      return;
    }
    this.#held.push(chunk);
    this.#heldBytes += chunk.length;
    if (this.#heldBytes < ENOUGH_BYTES)
      this.#timer ??= setTimeout(() => {
        this.#ripen();
      }, this.#limits.gatherMs);
    else {
      this.#ripen();
      if (this.#heldBytes > 0) controller.pause();
    }
  }

  onResponseEnd(): void {
    this.#finish("well");
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#finish(brokenBy(error));
  }

  /** Before it was given to a connection. */
  refuse(error: unknown): void {
    this.#finish(brokenBy(error));
  }

  /** Who asked wants it no more: the exchange ends, and `reason` is thrown as it is. */
  abort(reason: unknown): void {
    this.#giveUp({ before: reason, within: reason });
  }

  /** What has come and was not read yet is not read any more. */
  #giveUp(end: End): void {
    this.#held = [];
    this.#heldBytes = 0;
    this.#finish(end);
    if (this.#controller?.aborted === false) this.#controller.abort(new Error("given up"));
  }

  #bodyOf(raw: RawHeaders): ReadableStream<Bytes> {
    const body = new ReadableStream<Bytes>(
      {
        pull: (stream) =>
          new Promise<void>((done) => {
            this.#reader = { stream, done };
            if (this.#isRipe || this.#end !== undefined) this.#handOn();
          }),
        cancel: (reason) => {
          this.abort(reason);
        },
      },
      { highWaterMark: 0 },
    );
    const packing = PACKINGS[String(raw["content-encoding"]).trim().toLowerCase()];
    return packing === undefined
      ? body
      : body.pipeThrough(new DecompressionStream(packing)).pipeThrough(boundStream(this.#host, this.#limits.maxBytes));
  }

  #ripen(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#isRipe = true;
    this.#handOn();
  }

  #finish(end: End): void {
    if (this.#end !== undefined) return;
    this.#end = end;
    clearTimeout(this.#timer);
    if (end !== "well") this.#answer.reject(end.before);
    this.#onEnd();
    this.#handOn();
  }

  /** To the one who reads, if somebody does. What came is read before the end that came after it. */
  #handOn(): void {
    if (this.#reader === undefined || (this.#heldBytes === 0 && this.#end === undefined)) return;
    const { stream, done } = this.#reader;
    this.#reader = undefined;
    if (this.#heldBytes > 0) stream.enqueue(this.#takeHeld());
    else if (this.#end === "well") stream.close();
    else stream.error(this.#end?.within);
    done();
  }

  #takeHeld(): Bytes {
    const taken = Buffer.concat(this.#held);
    this.#held = [];
    this.#heldBytes = 0;
    this.#isRipe = false;
    if (this.#controller?.paused === true) this.#controller.resume();
    return taken;
  }
}

/** As `dispatcher` lets it: its guard is the guard of this. Redirects are not followed. Takes an address and text, as clients of an API send it. */
export function createStreamFetch(dispatcher: Pick<Dispatcher, "dispatch">, limits: StreamLimits): typeof fetch {
  return async (input, { method = "GET", headers, body, signal } = {}) => {
    if (input instanceof Request || (typeof body !== "string" && body !== undefined && body !== null))
      throw new TypeError("only an address and text can be sent");
    const url = new URL(input);
    if (url.username !== "" || url.password !== "") throw new TypeError("a login in the address");
    signal?.throwIfAborted();
    const onAbort = (): void => {
      answer.abort(signal?.reason);
    };
    const answer = new StreamedAnswer(url.host, limits, () => signal?.removeEventListener("abort", onAbort));
    signal?.addEventListener("abort", onAbort);
    const { origin, pathname, search } = url;
    // Packed, small pieces would have to be unpacked one by one.
    const sent = { accept: "*/*", "accept-encoding": "identity", ...Object.fromEntries(new Headers(headers ?? {})) };
    try {
      dispatcher.dispatch({ origin, path: pathname + search, method, headers: sent, body: body ?? null }, answer);
    } catch (error) {
      answer.refuse(error);
    }
    return answer.response;
  };
}
