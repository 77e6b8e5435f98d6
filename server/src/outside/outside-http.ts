// Owns: every HTTP request to an address that a business has chosen (agents, tools, models, pages to read), within limits of time and size, and
// never to a machine inside our own network (guarded-agent.ts). Refuses to know: what is asked for.
import { fetch as undiciFetch } from "undici";
import { createGuardedAgent, type GuardedAgentOptions } from "./guarded-agent.ts";
import { OutsideError } from "./outside-error.ts";
import { createStreamFetch, type StreamLimits } from "./stream-fetch.ts";

export type OutsideHttpOptions = GuardedAgentOptions;

export interface OutsideRequest {
  readonly url: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** For everything, redirects and the whole answer included. */
  readonly timeoutMs: number;
  /** A longer answer is refused. */
  readonly maxBytes: number;
  /** 0: a redirect is the answer. Absent: a redirect is an error. */
  readonly maxRedirects?: number;
  readonly signal?: AbortSignal;
}

export interface OutsideAnswer {
  /** After redirects. */
  readonly url: string;
  readonly status: number;
  readonly headers: Headers;
  readonly body: Buffer;
}

export interface OutsideStreamRequest extends OutsideRequest {
  /** Without a byte for so long, at the beginning or in between, it is given up. */
  readonly idleMs: number;
}

/** An answer whose body is read a piece at a time. */
export interface OutsideStream {
  readonly status: number;
  readonly headers: Headers;
  /** Throws an `OutsideError` when it breaks off, hangs, or is longer than it may be. Read it, or `discard` it. */
  readonly body: AsyncIterable<Uint8Array>;
  /** Nobody wants the rest. */
  discard(): void;
}

export interface OutsideHttp {
  /** Answers whatever the server says, 500 too. Throws an `OutsideError` when there was no answer, or none that may be read. */
  request(request: OutsideRequest): Promise<OutsideAnswer>;
  /** The same for what is too long to be held: resolves when the answer begins. */
  stream(request: OutsideStreamRequest): Promise<OutsideStream>;
  /** The same guard behind the standard's `fetch`, for libraries that take one; it follows no redirect. */
  readonly fetch: typeof fetch;
  /** For libraries that read a long answer piece by piece: the same guard, at a fraction of the cost. */
  readonly streamFetch: (limits: StreamLimits) => typeof fetch;
  close(): Promise<void>;
}

/** Undici's own: the standard's in all but name. */
type Response = Awaited<ReturnType<typeof undiciFetch>>;

interface Step {
  readonly url: URL;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
}

const REDIRECTS = new Set([301, 302, 303, 307, 308]);

function readUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol))
    throw new OutsideError("invalid_url", "The address must begin with http:// or https://.");
  if (url.username !== "" || url.password !== "")
    throw new OutsideError("invalid_url", `The address of ${url.host} must not carry a login: put it into a header.`);
  return url;
}

/** What is meant for one host is not shown to another: headers stay behind, and a body is not carried on. */
function stepOn(step: Step, status: number, location: string): Step {
  const target = URL.canParse(location, step.url) ? new URL(location, step.url).href : location;
  const url = readUrl(target);
  const isSameHost = url.origin === step.url.origin;
  const isRead = status === 303 || (status < 307 && step.method === "POST");
  if (isRead) return { url, method: "GET", headers: isSameHost ? withoutBodyHeaders(step.headers) : {}, body: undefined };
  if (!isSameHost && step.body !== undefined)
    throw new OutsideError("not_allowed", `${step.url.host} wants its request to be sent on to ${url.host}, which was not done.`);
  return { ...step, url, headers: isSameHost ? step.headers : {} };
}

function withoutBodyHeaders(headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !/^content-/i.test(name)));
}

async function readBody(response: Response, maxBytes: number, host: string): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    const part = chunk as Uint8Array;
    bytes += part.length;
    if (bytes > maxBytes) throw new OutsideError("too_large", `The answer of ${host} is longer than ${String(maxBytes)} bytes.`);
    chunks.push(part);
  }
  return Buffer.concat(chunks);
}

interface Watch {
  readonly signal: AbortSignal;
  /** A piece has come. */
  touch(): void;
  giveUp(): void;
  /** It is over: no timer is left. */
  end(): void;
}

/** Ends a request that takes too long as a whole, or says nothing for too long. */
function createWatch(host: string, { timeoutMs, idleMs, signal }: OutsideStreamRequest): Watch {
  const ending = new AbortController();
  const late = (ms: number): void => {
    ending.abort(new OutsideError("timeout", `${host} did not answer within ${String(ms)} ms.`));
  };
  const whole = setTimeout(late, timeoutMs, timeoutMs);
  const idle = setTimeout(late, idleMs, idleMs);
  return {
    signal: signal === undefined ? ending.signal : AbortSignal.any([ending.signal, signal]),
    touch() {
      idle.refresh();
    },
    giveUp() {
      this.end();
      ending.abort(new OutsideError("aborted", `The request to ${host} was given up.`));
    },
    end() {
      clearTimeout(whole);
      clearTimeout(idle);
    },
  };
}

interface Reading {
  readonly watch: Watch;
  readonly request: OutsideStreamRequest;
  readonly host: string;
}

async function* piecesOf(response: Response, { watch, request, host }: Reading): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  try {
    for await (const chunk of response.body ?? []) {
      watch.touch();
      const part = chunk as Uint8Array;
      bytes += part.length;
      if (bytes > request.maxBytes)
        throw new OutsideError("too_large", `The answer of ${host} is longer than ${String(request.maxBytes)} bytes.`);
      yield part;
    }
  } catch (error) {
    throw explain(error, host, request);
  } finally {
    watch.giveUp();
  }
}

function explain(error: unknown, host: string, request: OutsideRequest): OutsideError {
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) if (cause instanceof OutsideError) return cause;
  if (request.signal?.aborted === true) return new OutsideError("aborted", `The request to ${host} was given up.`, { cause: error });
  if (error instanceof Error && error.name === "TimeoutError")
    return new OutsideError("timeout", `${host} did not answer within ${String(request.timeoutMs)} ms.`, { cause: error });
  return new OutsideError("unreachable", `${host} could not be reached.`, { cause: error });
}

export function createOutsideHttp(options: OutsideHttpOptions): OutsideHttp {
  const dispatcher = createGuardedAgent(options);

  async function follow(
    request: OutsideRequest,
    first: URL,
    signal: AbortSignal,
  ): Promise<{ readonly url: URL; readonly response: Response }> {
    let step: Step = { url: first, method: request.method ?? "GET", headers: request.headers ?? {}, body: request.body };
    for (let hop = 0; ; hop += 1) {
      const { url, method, headers, body } = step;
      const init = { method, headers, redirect: "manual", dispatcher, signal, ...(body === undefined ? {} : { body }) } as const;
      const response = await undiciFetch(url, init);
      const location = response.headers.get("location");
      if (!REDIRECTS.has(response.status) || location === null || request.maxRedirects === 0) return { url, response };
      await response.body?.cancel();
      if (hop >= (request.maxRedirects ?? 0)) throw new OutsideError("too_many_redirects", `${url.host} leads on to further addresses.`);
      step = stepOn(step, response.status, location);
    }
  }

  const guardedFetch = (input: unknown, init: unknown): Promise<unknown> =>
    undiciFetch(input as Parameters<typeof undiciFetch>[0], { ...(init as object), redirect: "error", dispatcher });

  return {
    async request(request) {
      const url = readUrl(request.url);
      const timeout = AbortSignal.timeout(request.timeoutMs);
      const signal = request.signal === undefined ? timeout : AbortSignal.any([timeout, request.signal]);
      try {
        const { url: last, response } = await follow(request, url, signal);
        const body = await readBody(response, request.maxBytes, last.host);
        return { url: last.href, status: response.status, headers: new Headers([...response.headers]), body };
      } catch (error) {
        throw explain(error, url.host, request);
      }
    },
    async stream(request) {
      const url = readUrl(request.url);
      const watch = createWatch(url.host, request);
      try {
        const { url: last, response } = await follow(request, url, watch.signal);
        const body = piecesOf(response, { watch, request, host: last.host });
        const { status, headers } = response;
        return {
          status,
          headers: new Headers([...headers]),
          body,
          discard: () => {
            watch.giveUp();
          },
        };
      } catch (error) {
        watch.end();
        throw explain(error, url.host, request);
      }
    },
    // undici's own types of the same standard differ in name only.
    fetch: guardedFetch as typeof fetch,
    streamFetch: (limits) => createStreamFetch(dispatcher, limits),
    close: () => dispatcher.destroy(),
  };
}
