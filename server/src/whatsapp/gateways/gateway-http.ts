// Owns: calls to the operators' own gateways over kept connections, each channel with an address of its own. Refuses to know: what any gateway's
// answer means.
import type { LookupFunction } from "node:net";
import { Readable } from "node:stream";
import type { JsonObject } from "../../kernel/json.ts";
import { createPool, type Exchange, exchange, type ExchangeRequest, parseBaseUrl } from "../http-exchange.ts";
import type { Rejection } from "../transport.ts";
import { uploadTimeMs } from "../upload-file.ts";
import { refusedHere } from "../graph-answer.ts";
import { type Enclosure, writeEnclosed } from "./enclose-file.ts";

interface GatewayRequest {
  /** Of the channel, such as https://evolution.example.com. */
  readonly baseUrl: string;
  /** Below it, beginning with a slash, already escaped. */
  readonly path: string;
  readonly headers: Record<string, string>;
}

export interface GatewayPost extends GatewayRequest {
  /** POST when absent. */
  readonly method?: "POST" | "PUT";
  readonly body: JsonObject;
  /** The file whose slot stands in the body. */
  readonly enclosed?: Enclosure | undefined;
}

export interface GatewayHttp {
  /** Never rejects. `Rejection` when the request could not even be built, or certainly not be understood. */
  post(request: GatewayPost): Promise<Exchange | Rejection>;
  /** The same of a request that asks. */
  get(request: GatewayRequest): Promise<Exchange | Rejection>;
  /** Waits for the requests under way, then closes the connections. */
  close(): Promise<void>;
}

export interface GatewayHttpDeps {
  /** For one whole request. A gateway answers after it has handed the message to WhatsApp, so this is generous. */
  readonly timeoutMs?: number;
  /** How a gateway's name is looked up; the system's look-up when absent. */
  readonly lookup?: LookupFunction;
}

const TIMEOUT_MS = 30_000;
const CONNECTIONS_PER_GATEWAY = 32;
/** Apart from those of all else: a large file holds up no text. */
const FILES_PER_GATEWAY = 4;
const FIRST_DELAY_MS = 2_000;

export function createGatewayHttp(deps: GatewayHttpDeps = {}): GatewayHttp {
  const timeoutMs = deps.timeoutMs ?? TIMEOUT_MS;
  const pool = createPool({ connections: CONNECTIONS_PER_GATEWAY, timeoutMs, lookup: deps.lookup });
  const filePool = createPool({ connections: FILES_PER_GATEWAY, timeoutMs, lookup: deps.lookup });

  async function request(
    { baseUrl, path, ...rest }: GatewayRequest & Pick<ExchangeRequest, "method" | "body">,
    through = { pool, timeoutMs },
  ): Promise<Exchange | Rejection> {
    const base = parseBaseUrl(baseUrl);
    if (base === undefined) {
      return refusedHere(
        "bad gateway address",
        "The channel's gateway address is not an http or https address. The message is kept unsent. Correct the channel.",
      );
    }
    const { pool: chosen, timeoutMs: within } = through;
    return exchange(chosen, { ...rest, origin: base.origin, path: `${base.path}${path}`, timeoutMs: within });
  }

  async function postWithFile(
    { headers, body, ...rest }: Omit<GatewayPost, "enclosed">,
    enclosed: Enclosure,
  ): Promise<Exchange | Rejection> {
    const content = await enclosed.file.open();
    if (content === undefined) return later("The file could not be read from where files are kept.");
    const { length, pieces, isWhole } = writeEnclosed(body, enclosed);
    try {
      const result = await request(
        {
          ...rest,
          headers: { "content-type": "application/json", ...headers, "content-length": String(length) },
          body: Readable.from(pieces(content), { objectMode: false }),
        },
        { pool: filePool, timeoutMs: Math.max(timeoutMs, uploadTimeMs(length)) },
      );
      const isCut = "end" in result && result.end === "broken" && !isWhole();
      return isCut ? later(`The file could not be handed to the gateway (${result.error.message}).`) : result;
    } finally {
      content.destroy();
    }
  }

  return {
    post({ enclosed, ...asked }) {
      if (enclosed !== undefined) return postWithFile(asked, enclosed);
      const { headers, body, ...rest } = asked;
      return request({ ...rest, headers: { "content-type": "application/json", ...headers }, body: JSON.stringify(body) });
    },
    get: (asked) => request({ ...asked, method: "GET" }),
    async close() {
      await Promise.all([pool.close(), filePool.close()]);
    },
  };
}

/** Certainly not sent: the gateway has at most the beginning of a JSON. */
function later(reason: string): Rejection {
  const sentence = `${reason} The message is kept and is sent again later.`;
  return { ...refusedHere("file not handed over", sentence), retry: "backoff", minDelayMs: FIRST_DELAY_MS };
}
