// Owns: one request to the API, with its retries. Refuses to know: what the routes are.
import { problemErrorOf } from "./problem-error.ts";

export interface ClientOptions {
  /** Where Onethread listens: `http://127.0.0.1:3000`. */
  readonly baseUrl: string;
  readonly apiKey: string;
  readonly fetch?: typeof globalThis.fetch;
  /** After 429, 503 and lost connections, only where doing it twice is doing it once. Default 3. */
  readonly maxRetries?: number;
  /** How to wait; for tests. */
  readonly wait?: (ms: number) => Promise<void>;
}

export type Query = Readonly<Record<string, string | number | boolean | undefined>>;

export interface ApiRequest {
  readonly method: "GET" | "POST" | "PATCH";
  /** Below `/api/v1`. */
  readonly path: string;
  readonly query?: Query;
  readonly body?: unknown;
  /** In the place of a body. */
  readonly form?: FormData;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

export type SendRequest = (request: ApiRequest) => Promise<unknown>;

const LONGEST_WAIT_MS = 30_000;

function waitFor(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}

export function createSendRequest(options: ClientOptions): SendRequest {
  const { maxRetries = 3, wait = waitFor } = options;
  return async (request) => {
    for (let attempt = 0; ; attempt += 1) {
      request.signal?.throwIfAborted();
      const isLast = attempt >= maxRetries;
      const answer = await callOnce(options, request).catch((error: unknown) => {
        if (isLast || request.signal?.aborted === true) throw error;
        return undefined;
      });
      if (answer?.ok === true) return readJson(answer);
      const mayRetry = answer === undefined || answer.status === 429 || answer.status === 503;
      if (answer !== undefined && (isLast || !mayRetry)) throw await problemErrorOf(answer);
      await answer?.body?.cancel();
      await wait(delayOf(answer, attempt));
    }
  };
}

async function readJson(answer: Response): Promise<unknown> {
  const value: unknown = await answer.json();
  return value;
}

/** `path`: below `/api/v1`. */
export function addressOf({ baseUrl }: Pick<ClientOptions, "baseUrl">, path: string): URL {
  return new URL(`api/v1${path}`, baseUrl.endsWith("/") ? baseUrl : `${baseUrl}/`);
}

function callOnce({ baseUrl, apiKey, fetch = globalThis.fetch }: ClientOptions, request: ApiRequest): Promise<Response> {
  const url = addressOf({ baseUrl }, request.path);
  for (const [name, value] of Object.entries(request.query ?? {})) if (value !== undefined) url.searchParams.set(name, String(value));
  const headers = { accept: "application/json", authorization: `Bearer ${apiKey}`, ...request.headers };
  const asked = { method: request.method, headers, ...(request.signal === undefined ? {} : { signal: request.signal }) };
  if (request.form !== undefined) return fetch(url, { ...asked, body: request.form });
  if (request.body === undefined) return fetch(url, asked);
  return fetch(url, { ...asked, headers: { ...headers, "content-type": "application/json" }, body: JSON.stringify(request.body) });
}

function delayOf(answer: Response | undefined, attempt: number): number {
  const seconds = Number(answer?.headers.get("retry-after") ?? Number.NaN);
  const ms = Number.isFinite(seconds) ? seconds * 1000 : 200 * 2 ** attempt;
  return Math.min(Math.max(ms, 0), LONGEST_WAIT_MS);
}
