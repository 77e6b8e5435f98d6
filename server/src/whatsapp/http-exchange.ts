// Owns: one HTTP request on a pool of kept connections, and the knowledge whether any of it can have reached the other side. Refuses to know: WhatsApp.
import type { LookupFunction } from "node:net";
import type { Readable } from "node:stream";
import { Agent, type Dispatcher, Pool } from "undici";

export type Exchange =
  | { readonly end: "answered"; readonly httpStatus: number; readonly retryAfter: string | undefined; readonly text: string }
  /** Not one byte of the request was written. */
  | { readonly end: "not-written"; readonly error: Error }
  /** The request, or a part of it, was written, and no whole answer came. */
  | { readonly end: "broken"; readonly error: Error };

export interface ExchangeRequest {
  readonly origin: string;
  readonly path: string;
  readonly headers: Record<string, string>;
  /** Absent: POST. */
  readonly method?: "GET" | "POST" | "PUT" | "DELETE";
  /** A stream is read once, and has a `content-length` among the headers. */
  readonly body?: string | Readable;
  /** For everything: waiting for a connection, the request, the answer. */
  readonly timeoutMs: number;
  /** Given up when it aborts. */
  readonly signal?: AbortSignal;
}

export interface PoolLimits {
  /** Of all requests; absent: each names its own. */
  readonly origin?: string;
  /** Open at once to one origin; further requests wait for a free one within their own time. */
  readonly connections: number;
  /** For one whole request. */
  readonly timeoutMs: number;
  /** How names are looked up; the system's look-up when absent. */
  readonly lookup?: LookupFunction | undefined;
}

const CONNECT_TIMEOUT_MS = 5_000;

export function createPool({ origin, connections, timeoutMs, lookup }: PoolLimits): Dispatcher {
  const options: Agent.Options & Pool.Options = {
    connections,
    // A second request on the same connection could not be told apart when the connection breaks.
    pipelining: 1,
    // A connection that the other side closes while we write makes the outcome uncertain, so idle ones are left early.
    keepAliveTimeout: 4_000,
    keepAliveTimeoutThreshold: 2_000,
    connect: { timeout: Math.min(CONNECT_TIMEOUT_MS, timeoutMs), ...(lookup === undefined ? {} : { lookup }) },
    // The exchange has its own, exact time limit.
    headersTimeout: 0,
    bodyTimeout: 0,
  };
  // An Agent forgets an origin whose connections have all ended, with its TLS sessions and its protocol; a Pool begins again with both.
  return origin === undefined ? new Agent(options) : new Pool(origin, options);
}

export interface BaseUrl {
  readonly origin: string;
  /** Without a slash at its end. */
  readonly path: string;
}

/** Undefined when it is not an http or https address. */
export function parseBaseUrl(baseUrl: string): BaseUrl | undefined {
  const url = URL.canParse(baseUrl) ? new URL(baseUrl) : undefined;
  if (url?.protocol !== "https:" && url?.protocol !== "http:") return undefined;
  return { origin: url.origin, path: url.pathname.replace(/\/+$/, "") };
}

/** The answer to a message is a few hundred bytes; a page of templates with cards is some hundred thousand. */
const ANSWER_LIMIT_BYTES = 2_000_000;

/** Never rejects. Follows no redirect and tries nothing twice. */
export function exchange(dispatcher: Dispatcher, { timeoutMs, signal, method = "POST", ...request }: ExchangeRequest): Promise<Exchange> {
  return new Promise((resolve) => {
    const handler = new ExchangeHandler((result) => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", stop);
      resolve(result);
    });
    const timer = setTimeout(() => {
      handler.giveUp(new Error(`no answer within ${timeoutMs} ms`));
    }, timeoutMs);
    const stop = (): void => {
      handler.giveUp(new Error("given up"));
    };
    signal?.addEventListener("abort", stop);
    // What has aborted already says so no more; nothing is written then.
    if (signal?.aborted === true) stop();
    try {
      dispatcher.dispatch({ ...request, method }, handler);
    } catch (error) {
      handler.giveUp(error instanceof Error ? error : new Error(String(error)));
    }
  });
}

class ExchangeHandler implements Dispatcher.DispatchHandler {
  readonly #settle: (result: Exchange) => void;
  #controller: Dispatcher.DispatchController | undefined;
  #settled = false;
  #httpStatus = 0;
  #retryAfter: string | undefined;
  #chunks: Buffer[] = [];
  #bytes = 0;

  constructor(settle: (result: Exchange) => void) {
    this.#settle = settle;
  }

  /** Called by undici just before it writes. An abort in here keeps the request from being written at all. */
  onRequestStart(controller: Dispatcher.DispatchController): void {
    if (this.#settled) controller.abort(new Error("given up before it was written"));
    else this.#controller = controller;
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    httpStatus: number,
    headers: Readonly<Record<string, string | string[] | undefined>>,
  ): void {
    const retryAfter = headers["retry-after"];
    this.#httpStatus = httpStatus;
    this.#retryAfter = typeof retryAfter === "string" ? retryAfter : undefined;
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#bytes += chunk.length;
    if (this.#bytes > ANSWER_LIMIT_BYTES) this.giveUp(new Error(`the answer is longer than ${ANSWER_LIMIT_BYTES} bytes`));
    else this.#chunks.push(chunk);
  }

  onResponseEnd(): void {
    this.#finish({
      end: "answered",
      httpStatus: this.#httpStatus,
      retryAfter: this.#retryAfter,
      text: Buffer.concat(this.#chunks).toString("utf8"),
    });
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.giveUp(error);
  }

  giveUp(error: Error): void {
    const controller = this.#controller;
    this.#finish({ end: controller === undefined ? "not-written" : "broken", error });
    if (controller?.aborted === false) controller.abort(error);
  }

  #finish(result: Exchange): void {
    if (this.#settled) return;
    this.#settled = true;
    this.#settle(result);
  }
}
