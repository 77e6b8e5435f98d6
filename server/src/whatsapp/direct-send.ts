// Owns: Direct Send, content that leaves outside the window without a template of the business's own (Meta: "Direct Send"): what may be sent so, in which form, and how its
// absence is told. Refuses to know: which account has it.
import type { JsonObject } from "../kernel/json.ts";
import { readObject, readString } from "../kernel/read-json.ts";
import type { ContentProblem } from "./content-check.ts";
import type { SendOutcome } from "./transport.ts";

/** What stands beside the type and its node. */
const KEYS = ["category", "ttl_seconds", "direct_send_config"] as const;
const ALL_KEYS: ReadonlySet<string> = new Set(KEYS);
const BODY_MAX = 1024;
const TTL_S = { min: 30, max: 43_200 };
const TEMPLATE_NAME = /^[a-z0-9_]{1,512}$/;
/** Meta names mixed buttons too; their shape is not documented. */
const INTERACTIVE: ReadonlySet<string> = new Set(["button", "cta_url", "voice_call"]);

export const isKeyOfDirectSend = (key: string): boolean => ALL_KEYS.has(key);

/** Of validated content. */
export function isDirectSend(content: JsonObject | null): boolean {
  return content?.["category"] !== undefined;
}

/** `service` is what is sent without a category. */
export function withoutServiceCategory({ category, ...content }: JsonObject): JsonObject {
  return category === undefined || category === "service" ? content : { ...content, category };
}

/** After the content itself fits. The first problem, as a sentence. */
export function checkDirectSend(type: string, content: JsonObject): ContentProblem {
  const { category } = content;
  if (category === undefined) {
    const stray = KEYS.find((key) => content[key] !== undefined);
    return stray === undefined ? undefined : `content.${stray} belongs to Direct Send only: it needs "category": "utility" beside it.`;
  }
  if (category === "authentication")
    return 'content.category "authentication" is not sent: Meta gives it to few accounts. Send a template of that category.';
  if (category !== "utility")
    return 'content.category must be "utility", for Direct Send, or "service", which is what is sent without a category.';
  return checkForm(type, content) ?? checkTtl(content) ?? checkConfig(content);
}

function checkForm(type: string, content: JsonObject): ContentProblem {
  const node = readObject(content, type);
  if (type === "text") {
    const { length } = readString(node, "body") ?? "";
    return length > BODY_MAX ? `content.text.body has ${length} characters; Direct Send takes ${BODY_MAX} at most.` : undefined;
  }
  const kind = readString(node, "type") ?? "";
  if (type !== "interactive" || !INTERACTIVE.has(kind))
    return 'content.category "utility" goes with a text, and with an interactive message of the type "button", "cta_url" or "voice_call", only; a picture, video or document may be its header.';
  return kind === "voice_call" && node?.["footer"] !== undefined
    ? "content.interactive.footer is not possible with a voice_call that is sent by Direct Send."
    : undefined;
}

function checkTtl({ ttl_seconds: ttl }: JsonObject): ContentProblem {
  const fits = typeof ttl === "number" && Number.isInteger(ttl) && ttl >= TTL_S.min && ttl <= TTL_S.max;
  return ttl === undefined || fits ? undefined : `content.ttl_seconds must be a whole number from ${TTL_S.min} to ${TTL_S.max}.`;
}

function checkConfig(content: JsonObject): ContentProblem {
  if (content["direct_send_config"] === undefined) return undefined;
  const config = readObject(content, "direct_send_config");
  const isNamed = Object.keys(config ?? {}).join() === "template_name" && TEMPLATE_NAME.test(readString(config, "template_name") ?? "");
  return isNamed
    ? undefined
    : 'content.direct_send_config must be {"template_name":"…"}: lower-case letters, digits and _, at most 512 characters.';
}

const NO_ACCESS =
  "WhatsApp says that this account has no Direct Send. The message is kept unsent. Send a template instead, or wait until the customer writes.";
const NAMES_DIRECT_SEND = /direct[\s_-]?send/i;
/** Then a value of the message is what was refused, and not the account. */
const NAMES_A_VALUE = /\bparam|ttl|template_name|character|length|must be/i;

/**
 * An account without access gets the code 100, as any wrong value does: only the details tell. In which words is not documented, so a refusal that may be about
 * a value says nothing of the account.
 */
export function readDirectRefusal(outcome: SendOutcome): SendOutcome {
  if (outcome.outcome !== "rejected" || outcome.fault.code !== 100) return outcome;
  const said = `${outcome.fault.title} ${outcome.fault.details ?? ""}`;
  if (!NAMES_DIRECT_SEND.test(said) || NAMES_A_VALUE.test(said.replaceAll(/\(#100\)|invalid parameter/gi, ""))) return outcome;
  return { ...outcome, sentence: NO_ACCESS, stops: "direct-send" };
}
