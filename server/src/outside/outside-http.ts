// Owns: every HTTP request to an address that a business has chosen (agents, tools, models, pages to read): none of them reaches a machine inside our
// own network. The address is checked where the connection is made, after the name was looked up, so that neither a redirect nor a name that
// changes its address gets around it. Refuses to know: what is asked for.
import { lookup } from "node:dns";
import type { LookupFunction } from "node:net";
import ipaddr from "ipaddr.js";
import { Agent, buildConnector, fetch as undiciFetch } from "undici";

export interface OutsideHttpOptions {
  /** Hosts inside our network that may be reached all the same: `host` or `host:port`; `*`: all. */
  readonly privateHosts: readonly string[];
  readonly connectTimeoutMs?: number;
}

export interface OutsideRequest {
  readonly url: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** For everything, redirects and the whole answer included. */
  readonly timeoutMs: number;
  /** A longer answer is refused. */
  readonly maxBytes: number;
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

export interface OutsideHttp {
  /** Answers whatever the server says, 500 too. Throws an `OutsideError` when there was no answer, or none that may be read. */
  request(request: OutsideRequest): Promise<OutsideAnswer>;
  /** The same guard behind the standard's `fetch`, for libraries that take one; it follows no redirect. */
  readonly fetch: typeof fetch;
  close(): Promise<void>;
}

/** `message` names the host and the reason, never the address's query or a header: it may be logged. */
export class OutsideError extends Error {
  readonly code: "not_allowed" | "unreachable" | "timeout" | "too_large" | "too_many_redirects" | "invalid_url";

  constructor(code: OutsideError["code"], message: string, options?: { cause: unknown }) {
    super(message, options);
    this.name = "OutsideError";
    this.code = code;
  }
}

function isPublic(address: string): boolean {
  return ipaddr.isValid(address) && ipaddr.process(address).range() === "unicast";
}

function refusal(host: string): OutsideError {
  return new OutsideError(
    "not_allowed",
    `${host} is an address inside this network and was not asked. The operator can allow it with ONETHREAD_PRIVATE_HOSTS.`,
  );
}

/** Every address that the name has must be public: which of them is taken is not ours to say. */
const guardedLookup: LookupFunction = (hostname, options, callback) => {
  lookup(hostname, { ...options, all: true }, (error, addresses) => {
    if (error !== null) callback(error, "", 4);
    else if (addresses.length === 0 || addresses.some(({ address }) => !isPublic(address))) callback(refusal(hostname), "", 4);
    else if (options.all === true) callback(null, addresses);
    else callback(null, addresses[0]?.address ?? "", addresses[0]?.family);
  });
};

function createGuardedAgent({ privateHosts, connectTimeoutMs = 5_000 }: OutsideHttpOptions): Agent {
  const open = buildConnector({ timeout: connectTimeoutMs });
  const guarded = buildConnector({ timeout: connectTimeoutMs, lookup: guardedLookup });
  const isAllowed = (host: string, port: string): boolean =>
    privateHosts.includes("*") || privateHosts.includes(host) || privateHosts.includes(`${host}:${port}`);
  return new Agent({
    connect(options, callback) {
      const host = options.hostname.replace(/^\[|\]$/g, "");
      const port = options.port === "" ? (options.protocol === "https:" ? "443" : "80") : options.port;
      if (isAllowed(host, port)) open(options, callback);
      else if (ipaddr.isValid(host) && !isPublic(host)) callback(refusal(host), null);
      else guarded(options, callback);
    },
  });
}

function readUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol))
    throw new OutsideError("invalid_url", "The address must begin with http:// or https://.");
  return url;
}

function explain(error: unknown, host: string, signal: AbortSignal): OutsideError {
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) if (cause instanceof OutsideError) return cause;
  if (signal.aborted) return new OutsideError("timeout", `${host} did not answer in time.`, { cause: error });
  return new OutsideError("unreachable", `${host} could not be reached.`, { cause: error });
}

const REDIRECTS = new Set([301, 302, 303, 307, 308]);

export function createOutsideHttp(options: OutsideHttpOptions): OutsideHttp {
  const dispatcher = createGuardedAgent(options);

  async function readBody(response: Awaited<ReturnType<typeof undiciFetch>>, { maxBytes }: OutsideRequest, host: string): Promise<Buffer> {
    const chunks: Uint8Array[] = [];
    let bytes = 0;
    for await (const chunk of response.body ?? []) {
      const part = chunk as Uint8Array;
      bytes += part.length;
      if (bytes > maxBytes) throw new OutsideError("too_large", `The answer of ${host} is longer than ${maxBytes} bytes.`);
      chunks.push(part);
    }
    return Buffer.concat(chunks);
  }

  async function follow(request: OutsideRequest, signal: AbortSignal): Promise<OutsideAnswer> {
    let url = readUrl(request.url);
    let { method = "GET", body } = request;
    for (let hop = 0; ; hop += 1) {
      // What is meant for one host is not shown to another.
      const headers = hop > 0 && url.origin !== readUrl(request.url).origin ? {} : (request.headers ?? {});
      const response = await undiciFetch(url, {
        method,
        headers,
        redirect: "manual",
        dispatcher,
        signal,
        ...(body === undefined ? {} : { body }),
      });
      const location = response.headers.get("location");
      if (!REDIRECTS.has(response.status) || location === null || request.maxRedirects === 0) {
        const read = await readBody(response, request, url.host);
        return { url: url.href, status: response.status, headers: new Headers([...response.headers]), body: read };
      }
      await response.body?.cancel();
      if (hop >= (request.maxRedirects ?? 0)) throw new OutsideError("too_many_redirects", `${url.host} leads on to further addresses.`);
      url = readUrl(new URL(location, url).href);
      if (response.status === 303 || (response.status < 307 && method === "POST")) [method, body] = ["GET", undefined];
    }
  }

  const guardedFetch = (input: unknown, init: unknown): Promise<unknown> =>
    undiciFetch(input as Parameters<typeof undiciFetch>[0], { ...(init as object), redirect: "error", dispatcher });

  return {
    async request(request) {
      const signals = [AbortSignal.timeout(request.timeoutMs), ...(request.signal === undefined ? [] : [request.signal])];
      const signal = AbortSignal.any(signals);
      try {
        return await follow(request, signal);
      } catch (error) {
        throw explain(error, URL.canParse(request.url) ? new URL(request.url).host : "the address", signal);
      }
    },
    // undici's own types of the same standard differ in name only.
    fetch: guardedFetch as typeof fetch,
    close: () => dispatcher.close(),
  };
}
