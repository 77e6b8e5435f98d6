// Owns: what a gateway's answer, or its absence, says about a request. No gateway knows idempotency: what may have been sent is never sent again.
// Refuses to know: connections, keys, when to try again.
import type { JsonObject } from "../../kernel/json.ts";
import type { Exchange } from "../http-exchange.ts";
import { isObject, parseObject, readArray, readObject, readString } from "../../kernel/read-json.ts";
import { cleanString } from "../../kernel/storable-json.ts";
import type { SendKind } from "../sendable.ts";
import type { MarkReadOutcome, Rejection, SendOutcome, Uncertain } from "../transport.ts";

/** The gateway's word for "not connected to WhatsApp right now": nothing was sent, and it passes. */
const NOT_CONNECTED = /connection closed|not connected|session status|is not open|timed out waiting for session/i;
const FIRST_DELAY_MS = 2_000;

export function readGatewaySend(result: Exchange | Rejection, readId: (body: JsonObject) => string | undefined): SendOutcome {
  const answer = readAnswer(result);
  if (answer.outcome !== "answered") return answer;
  const providerMessageId = readId(answer.body ?? {});
  if (providerMessageId !== undefined) return { outcome: "accepted", providerMessageId };
  return { outcome: "uncertain", reason: "The gateway took the message but named no id for it." };
}

/** An older gateway may not have them. */
const LATER_KINDS: ReadonlySet<SendKind> = new Set(["reaction", "sticker", "poll", "interactive.button", "interactive.list"]);
const NO_SUCH_ROUTE = /\bCannot (?:POST|PUT) \//;

/** What this gateway has no address for, of a kind that came later, says nothing of the channel: only this message cannot be sent. */
export function concernsOnly(kind: SendKind, outcome: SendOutcome): SendOutcome {
  const isMissing = outcome.outcome === "rejected" && outcome.fault.code === 404 && NO_SUCH_ROUTE.test(outcome.fault.title);
  return isMissing && LATER_KINDS.has(kind) ? { ...outcome, stopsChannel: false } : outcome;
}

export function readGatewayDone(result: Exchange | Rejection): MarkReadOutcome {
  const answer = readAnswer(result);
  return answer.outcome === "answered" ? { outcome: "accepted" } : answer;
}

type GatewayReply = { readonly outcome: "answered"; readonly body: JsonObject | undefined };

function readAnswer(result: Exchange | Rejection): GatewayReply | Rejection | Uncertain {
  if ("outcome" in result) return result;
  if (result.end === "not-written") return refused("backoff", -1, `The gateway could not be reached (${result.error.message}).`);
  if (result.end === "broken") {
    return { outcome: "uncertain", reason: `The connection to the gateway ended without a whole answer: ${result.error.message}.` };
  }
  const { httpStatus, text } = result;
  const body = parseObject(text);
  if (httpStatus >= 200 && httpStatus <= 299) return { outcome: "answered", body };
  const said = `The gateway answered ${httpStatus}${messageIn(body)}.`;
  if (httpStatus === 429 || httpStatus === 503 || (httpStatus < 500 && NOT_CONNECTED.test(text)))
    return refused("backoff", httpStatus, said);
  // The engine behind it does not have this at all (WAHA).
  if (httpStatus === 501) return refused("never", httpStatus, said);
  if (httpStatus >= 500 || httpStatus === 408) return { outcome: "uncertain", reason: said };
  const isOurAccess = httpStatus === 401 || httpStatus === 403 || httpStatus === 404;
  return { ...refused("never", httpStatus, said), stopsChannel: isOurAccess };
}

function refused(retry: "never" | "backoff", code: number, said: string): Rejection {
  const next =
    retry === "backoff"
      ? "The message is kept and is sent again later. Check the gateway if this lasts."
      : "The message is kept unsent. Check the address, the key and the instance of this channel, and the recipient.";
  return {
    outcome: "rejected",
    retry,
    fault: { code, title: said },
    stopsChannel: false,
    sentence: `${said} ${next}`,
    ...(retry === "backoff" ? { minDelayMs: FIRST_DELAY_MS } : {}),
  };
}

/** ": …" or nothing. Evolution: `response.message`, a list; WAHA: `message`, a text or a list; our bridge: `error`. */
function messageIn(body: JsonObject | undefined): string {
  const response = readObject(body, "response") ?? body;
  const list = readArray(response, "message") ?? [];
  const first = list[0];
  if (isObject(first) && first["exists"] === false) return ": the recipient has no WhatsApp account";
  const text = readString(response, "message") ?? (typeof first === "string" ? first : undefined) ?? readString(body, "error");
  return text === undefined ? "" : `: ${cleanString(text).slice(0, 200)}`;
}
