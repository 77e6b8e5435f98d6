// Owns: what an answer of the Graph API, or its absence, says about a request. Refuses to know: connections, tokens, when to try again.
import type { JsonObject } from "../kernel/json.ts";
import type { ProviderFault } from "./events.ts";
import type { Exchange } from "./http-exchange.ts";
import { classifyProviderError } from "./provider-errors.ts";
import { NO_CODE, readProviderFault } from "./provider-fault.ts";
import { isArray, isObject, parseObject, readInteger, readObject, readString } from "../kernel/read-json.ts";
import type { MarkReadOutcome, Rejection, SendAccepted, SendOutcome, Uncertain } from "./transport.ts";

/** Of templates (Meta: "Template pacing", "Portfolio pacing"). */
const HELD = "held_for_quality_assessment";
const LONGEST_RETRY_AFTER_S = 86_400;
const FIRST_DELAY_MS = 1000;

export function readSendAnswer(exchange: Exchange): SendOutcome {
  return readAnswer(exchange, (body): SendAccepted | undefined => {
    const message = firstObject(body, "messages");
    const providerMessageId = readString(message, "id");
    if (providerMessageId === undefined) return undefined;
    const contact = firstObject(body, "contacts");
    const waId = readString(contact, "wa_id");
    const userId = readString(contact, "user_id");
    return {
      outcome: "accepted",
      providerMessageId,
      ...(waId === undefined ? {} : { waId }),
      ...(userId === undefined ? {} : { userId }),
      ...(readString(message, "message_status") === HELD ? { isHeld: true as const } : {}),
    };
  });
}

export function readMarkReadAnswer(exchange: Exchange): MarkReadOutcome {
  return readAnswer(exchange, (body) => (body["success"] === true ? ({ outcome: "accepted" } as const) : undefined));
}

/** Of a request that asks for something: whatever object it answers. */
export function readGraphObject(exchange: Exchange): { readonly outcome: "answered"; readonly body: JsonObject } | Rejection | Uncertain {
  return readAnswer(exchange, (body) => ({ outcome: "answered", body }) as const);
}

/** For a request that we could not even build or address. */
export function refusedHere(title: string, sentence: string): Rejection {
  return { outcome: "rejected", retry: "never", fault: { code: NO_CODE, title }, stopsChannel: false, sentence };
}

function readAnswer<Accepted>(
  exchange: Exchange,
  readAccepted: (body: JsonObject) => Accepted | undefined,
): Accepted | Rejection | Uncertain {
  if (exchange.end === "not-written") return notWritten(exchange.error);
  if (exchange.end === "broken")
    return { outcome: "uncertain", reason: `The connection to WhatsApp ended without a whole answer: ${nameOf(exchange.error)}.` };
  const { httpStatus, retryAfter, text } = exchange;
  const body = parseObject(text);
  const errorNode = readObject(body, "error");
  if (errorNode !== undefined) return failed({ httpStatus, retryAfter, errorNode });
  if (httpStatus < 200 || httpStatus > 299) return failed({ httpStatus, retryAfter });
  const accepted = body === undefined ? undefined : readAccepted(body);
  return accepted ?? { outcome: "uncertain", reason: `WhatsApp answered HTTP ${httpStatus} with something that is no answer we know.` };
}

/** Undici reports these while it checks what we passed in, so another try would end the same way. */
const OUR_FAULTS: ReadonlySet<string> = new Set(["UND_ERR_INVALID_ARG", "UND_ERR_NOT_SUPPORTED"]);

function notWritten(error: Error): Rejection {
  const title = nameOf(error);
  if (OUR_FAULTS.has(codeOf(error) ?? "")) {
    return refusedHere(
      title,
      "The request could not be built. The message is kept unsent. Check the access token of this channel for stray characters.",
    );
  }
  return {
    outcome: "rejected",
    retry: "backoff",
    fault: { code: NO_CODE, title },
    minDelayMs: FIRST_DELAY_MS,
    stopsChannel: false,
    sentence: `WhatsApp could not be reached (${title}). The message is kept and is sent again later. Check the network if this lasts.`,
  };
}

interface FailedAnswer {
  readonly httpStatus: number;
  readonly retryAfter: string | undefined;
  readonly errorNode?: JsonObject;
}

function failed({ httpStatus, retryAfter, errorNode }: FailedAnswer): Rejection | Uncertain {
  const code = readInteger(errorNode, "code");
  const { advice, minDelayMs, delayFactor, stopsChannel, sentence, hold, stops } = classifyProviderError({
    httpStatus,
    code,
    subcode: readInteger(errorNode, "error_subcode"),
  });
  const fault: ProviderFault = readProviderFault(errorNode) ?? { code: NO_CODE, title: `HTTP ${httpStatus}` };
  const askedMs = retryAfterMs(retryAfter);
  const held = hold === undefined ? {} : { hold: { ...hold, forMs: Math.max(hold.forMs, askedMs) } };
  if (advice === "reconcile") return { outcome: "uncertain", reason: sentence, fault, ...held };
  const delayMs = advice === "backoff" ? Math.max(minDelayMs ?? 0, askedMs) : 0;
  return {
    outcome: "rejected",
    retry: advice,
    fault,
    stopsChannel,
    sentence,
    ...(delayMs === 0 ? {} : { minDelayMs: delayMs }),
    ...(delayFactor === undefined ? {} : { delayFactor }),
    ...(stops === undefined ? {} : { stops }),
    ...held,
  };
}

/** Seconds only: the other form, a date, would need a clock. */
function retryAfterMs(header: string | undefined): number {
  if (header === undefined || !/^\d{1,9}$/.test(header)) return 0;
  return Math.min(Number(header), LONGEST_RETRY_AFTER_S) * 1000;
}

function nameOf(error: Error): string {
  return codeOf(error) ?? (error.message === "" ? error.name : error.message);
}

function codeOf(error: Error): string | undefined {
  return "code" in error && typeof error.code === "string" ? error.code : undefined;
}

function firstObject(body: JsonObject, key: string): JsonObject | undefined {
  const list = body[key];
  const first = isArray(list) ? list[0] : undefined;
  return isObject(first) ? first : undefined;
}
