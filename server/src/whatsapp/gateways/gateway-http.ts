// Owns: calls to the operators' own gateways over kept connections, each channel with an address of its own. Refuses to know: what any gateway's
// answer means.
import type { LookupFunction } from "node:net";
import type { JsonObject } from "../../kernel/json.ts";
import { createPool, type Exchange, exchange, type ExchangeRequest, parseBaseUrl } from "../http-exchange.ts";
import type { Rejection } from "../transport.ts";
import { refusedHere } from "../graph-answer.ts";

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
}

export interface GatewayHttp {
  /** Never rejects. `Rejection` when the request could not even be built. */
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

export function createGatewayHttp(deps: GatewayHttpDeps = {}): GatewayHttp {
  const timeoutMs = deps.timeoutMs ?? TIMEOUT_MS;
  const pool = createPool({ connections: CONNECTIONS_PER_GATEWAY, timeoutMs, lookup: deps.lookup });

  async function request({
    baseUrl,
    path,
    ...rest
  }: GatewayRequest & Pick<ExchangeRequest, "method" | "body">): Promise<Exchange | Rejection> {
    const base = parseBaseUrl(baseUrl);
    if (base === undefined) {
      return refusedHere(
        "bad gateway address",
        "The channel's gateway address is not an http or https address. The message is kept unsent. Correct the channel.",
      );
    }
    return exchange(pool, { ...rest, origin: base.origin, path: `${base.path}${path}`, timeoutMs });
  }

  return {
    post: ({ headers, body, ...rest }) =>
      request({ ...rest, headers: { "content-type": "application/json", ...headers }, body: JSON.stringify(body) }),
    get: (asked) => request({ ...asked, method: "GET" }),
    close: () => pool.close(),
  };
}
