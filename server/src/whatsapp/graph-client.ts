// Owns: speaking to the Graph API over kept connections; the access token goes to the configured address and nowhere else. Refuses to know:
// databases, windows, when to try again.
import type { Dispatcher } from "undici";
import type { JsonObject } from "../kernel/json.ts";
import { readMarkReadAnswer, readSendAnswer, refusedHere } from "./graph-answer.ts";
import { buildGraphMessage } from "./graph-message.ts";
import { isDirectSend, readDirectRefusal } from "./direct-send.ts";
import { createPool, type Exchange, exchange, parseBaseUrl } from "./http-exchange.ts";
import type { Rejection, SendChannel, SendOutcome, SendRequest, WhatsAppTransport } from "./transport.ts";

export interface GraphClientDeps {
  /** Such as https://graph.facebook.com, without the version. */
  readonly baseUrl: string;
  /** Such as v26.0. */
  readonly version: string;
  /** For one whole request. */
  readonly timeoutMs?: number;
  /** Connections open at once; further requests wait for a free one within their own time. */
  readonly connections?: number;
  /** Instead of a pool of its own; then closing it is up to its owner. */
  readonly dispatcher?: Dispatcher;
}

export interface GraphClient extends WhatsAppTransport {
  /** Waits for the requests under way, then closes the connections. */
  close(): Promise<void>;
}

const TIMEOUT_MS = 15_000;
/** 1000 messages per second, the most that WhatsApp lets a number send, at a quarter of a second each. */
const CONNECTIONS = 256;
const PHONE_NUMBER_ID = /^[\w-]{1,64}$/;

/** Throws when `baseUrl` is no http(s) address; after that no method throws. */
export function createGraphClient(deps: GraphClientDeps): GraphClient {
  const base = parseBaseUrl(deps.baseUrl);
  if (base === undefined) throw new TypeError(`The Graph address "${deps.baseUrl}" is not an http or https address.`);
  const { origin } = base;
  const timeoutMs = deps.timeoutMs ?? TIMEOUT_MS;
  const pool = deps.dispatcher ?? createPool({ origin, connections: deps.connections ?? CONNECTIONS, timeoutMs });
  const prefix = `${base.path}/${deps.version}/`;

  async function post({ key, accessToken }: SendChannel, message: JsonObject, edge: Edge = "messages"): Promise<Exchange | Rejection> {
    if (!PHONE_NUMBER_ID.test(key)) {
      return refusedHere(
        "bad phone number id",
        "The channel's phone number id is not one. The message is kept unsent. Correct the channel.",
      );
    }
    const body = writeJson(message);
    if (body === undefined) {
      return refusedHere(
        "unwritable body",
        "The message cannot be written as JSON. The message is kept unsent. Send it with less nesting.",
      );
    }
    const headers = { authorization: `Bearer ${accessToken}`, "content-type": "application/json" };
    return exchange(pool, { origin, path: `${prefix}${key}/${edge}`, headers, body, timeoutMs });
  }

  async function sendTo(edge: Edge, { channel, ...message }: SendRequest): Promise<SendOutcome> {
    const body = buildGraphMessage(message);
    const result = await post(channel, edge === "messages" ? body : { ...body, product_policy: "CLOUD_API_FALLBACK" }, edge);
    const outcome = "end" in result ? readSendAnswer(result) : result;
    return isDirectSend(message.content) ? readDirectRefusal(outcome) : outcome;
  }

  return {
    async sendMessage(request) {
      const edge = request.isMarketing === true && request.to.kind !== "group" ? "marketing_messages" : "messages";
      const outcome = await sendTo(edge, request);
      if (!belongsElsewhere(outcome, edge)) return outcome;
      // Certainly refused there: a second request is no second message. It is made once.
      return { ...(await sendTo(edge === "messages" ? "marketing_messages" : "messages", request)), isElsewhere: true };
    },
    async markRead({ channel, providerMessageId, typing }) {
      const message = { messaging_product: "whatsapp", status: "read", message_id: providerMessageId };
      const result = await post(channel, typing ? { ...message, typing_indicator: { type: "text" } } : message);
      return "end" in result ? readMarkReadAnswer(result) : result;
    },
    async close() {
      if (deps.dispatcher === undefined) await pool.close();
    },
  };
}

type Edge = "messages" | "marketing_messages";

/** What each of the two addresses refuses because it is the other one's (Meta: "Marketing Messages API"). */
const OF_THE_OTHER: Readonly<Record<Edge, readonly number[]>> = { messages: [131061, 131063], marketing_messages: [131055, 134100] };

function belongsElsewhere(outcome: SendOutcome, edge: Edge): boolean {
  return outcome.outcome === "rejected" && OF_THE_OTHER[edge].includes(outcome.fault.code);
}

function writeJson(body: JsonObject): string | undefined {
  try {
    return JSON.stringify(body);
  } catch {
    return undefined;
  }
}
