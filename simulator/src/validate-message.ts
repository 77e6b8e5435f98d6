// Owns what the platform refuses in the body of a send, whatever the state of the conversation. Knows nothing of windows or rates.
import { mediaSourceProblem, optionalText, requiredText } from "./check-node.ts";
import type { Problem } from "./check-node.ts";
import { badValue, missingParameter, missingPart, tooLong } from "./graph-problem.ts";
import type { GraphProblem } from "./graph-problem.ts";
import { isJsonObject } from "./json-object.ts";
import type { JsonObject } from "./json-object.ts";
import { interactiveProblem } from "./validate-interactive.ts";

export interface Address {
  readonly kind: "phone" | "user" | "group";
  /** Digits, user id or group id. */
  readonly value: string;
  /** As the request had it. */
  readonly input: string;
}

export interface ValidMessage {
  readonly address: Address;
  readonly type: string;
  readonly node: JsonObject | readonly unknown[];
}

export type ValidatedMessage = ValidMessage | { readonly problem: GraphProblem };

/** `to` wins over `recipient`. */
export function readAddress(body: JsonObject): Address | { readonly problem: GraphProblem } {
  const { to, recipient } = body;
  if (to !== undefined && to !== null && to !== "") {
    // As everywhere in the Graph API, a number where a text is wanted is read as its digits.
    if (typeof to === "number") return readAddress({ ...body, to: String(to) });
    if (typeof to !== "string") return { problem: badValue("to must be a string") };
    if (body["recipient_type"] === "group") return { kind: "group", value: to, input: to };
    const digits = to.replace(/[+\s()-]/g, "");
    if (!/^\d{5,20}$/.test(digits)) return { problem: badValue("to is not a valid WhatsApp phone number") };
    return { kind: "phone", value: digits, input: to };
  }
  if (recipient === undefined || recipient === null || recipient === "") return { problem: missingParameter("to") };
  if (typeof recipient !== "string" || !/^[A-Z]{2}\.(ENT\.)?[A-Za-z0-9]{1,128}$/.test(recipient)) {
    return { problem: badValue("recipient is not a valid business-scoped user ID") };
  }
  return { kind: "user", value: recipient, input: recipient };
}

function mediaProblem(node: JsonObject, type: string): Problem {
  const source = mediaSourceProblem(node, type);
  if (source !== undefined) return source;
  if (type === "audio" || type === "sticker")
    return node["caption"] === undefined ? undefined : badValue(`${type} does not support a caption`);
  return optionalText(node, "caption", { max: 1024, name: `${type}['caption']` });
}

function locationProblem(node: JsonObject): Problem {
  for (const [key, limit] of [
    ["latitude", 90],
    ["longitude", 180],
  ] as const) {
    const value = node[key];
    if (value === undefined || value === "") return missingParameter(`location['${key}']`);
    const degrees = typeof value === "number" || typeof value === "string" ? Number(value) : Number.NaN;
    if (!(Math.abs(degrees) <= limit)) return badValue(`location['${key}'] must be from -${limit} to ${limit}`);
  }
  return undefined;
}

function contactsProblem(cards: readonly unknown[]): Problem {
  if (cards.length === 0) return missingParameter("contacts");
  if (cards.length > 257) return badValue("contacts must have at most 257 elements");
  for (const [index, card] of cards.entries()) {
    const name = isJsonObject(card) && isJsonObject(card["name"]) ? card["name"] : undefined;
    if (typeof name?.["formatted_name"] !== "string") return missingPart(`contacts[${index}]['name']['formatted_name'] is required`);
    const parts = ["first_name", "last_name", "middle_name", "prefix", "suffix"];
    if (!parts.some((part) => typeof name[part] === "string"))
      return missingPart(`contacts[${index}]['name'] needs one more part than formatted_name`);
  }
  return undefined;
}

function reactionProblem(node: JsonObject): Problem {
  if (typeof node["message_id"] !== "string" || node["message_id"] === "") return missingParameter("reaction['message_id']");
  return typeof node["emoji"] === "string" ? undefined : missingParameter("reaction['emoji']");
}

function pinProblem(node: JsonObject): Problem {
  const days = node["expiration_days"];
  if (node["type"] !== "pin" && node["type"] !== "unpin") return badValue("pin['type'] must be one of {pin, unpin}");
  if (typeof node["message_id"] !== "string" || node["message_id"] === "") return missingParameter("pin['message_id']");
  if (days === undefined) return node["type"] === "pin" ? missingParameter("pin['expiration_days']") : undefined;
  const isCount = typeof days === "number" && Number.isInteger(days) && days >= 1 && days <= 30;
  return isCount ? undefined : badValue("pin['expiration_days'] must be from 1 to 30");
}

function nodeProblem(type: string, node: JsonObject): Problem {
  switch (type) {
    case "text":
      return requiredText(node, "body", { max: 4096, name: "text['body']" });
    case "image":
    case "video":
    case "audio":
    case "document":
    case "sticker":
      return mediaProblem(node, type);
    case "location":
      return locationProblem(node);
    case "reaction":
      return reactionProblem(node);
    case "interactive":
      return interactiveProblem(node);
    case "pin":
      return pinProblem(node);
    case "template":
      return undefined;
    default:
      return { code: 131051, details: `Message type ${type} is not supported` };
  }
}

const mustBe = (parameter: string, what: string): GraphProblem => ({ code: 100, message: `(#100) Param ${parameter} must be ${what}.` });

function envelopeProblem(body: JsonObject): Problem {
  const callbackData = body["biz_opaque_callback_data"];
  const { context, recipient_type: recipientType } = body;
  if (body["messaging_product"] !== "whatsapp") return missingParameter("messaging_product");
  if (recipientType !== undefined && recipientType !== "individual" && recipientType !== "group")
    return badValue("recipient_type must be one of {individual, group}");
  if (callbackData !== undefined && typeof callbackData !== "string") return badValue("biz_opaque_callback_data must be a string");
  if (typeof callbackData === "string" && callbackData.length > 512) return tooLong("biz_opaque_callback_data", 512);
  if (context === undefined) return undefined;
  if (body["type"] === "reaction") return badValue("context is not allowed for reactions");
  return isJsonObject(context) && typeof context["message_id"] === "string" && context["message_id"] !== ""
    ? undefined
    : missingParameter("context['message_id']");
}

/** The parts of a send that the rest needs, or the first thing the platform would refuse. */
export function validateMessage(body: JsonObject): ValidatedMessage {
  const wrong = envelopeProblem(body);
  if (wrong !== undefined) return { problem: wrong };
  const address = readAddress(body);
  if ("problem" in address) return address;
  const type = body["type"] ?? "text";
  if (typeof type !== "string") return { problem: badValue("type must be a string") };
  const node = body[type];
  if (type === "contacts" && Array.isArray(node)) {
    const problem = contactsProblem(node);
    return problem === undefined ? { address, type, node } : { problem };
  }
  if (!isJsonObject(node)) {
    const unknown = type === "contacts" ? undefined : nodeProblem(type, {});
    if (unknown?.code === 131051) return { problem: unknown };
    return { problem: node === undefined || node === null ? missingParameter(type) : mustBe(type, "a JSON object") };
  }
  if (type === "contacts") return { problem: mustBe(type, "an array") };
  const problem = nodeProblem(type, node);
  return problem === undefined ? { address, type, node } : { problem };
}
