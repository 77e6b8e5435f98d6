// Owns: whether content that somebody wants to send fits WhatsApp's rules, said in one sentence when it does not. Refuses to know: windows,
// opt-outs, the recipient, whether ids in it exist.
import type { JsonObject } from "../kernel/json.ts";
import {
  checkList,
  checkObject,
  checkOneOf,
  checkText,
  checkUnique,
  firstProblem,
  type ContentPlace,
  type ContentProblem,
} from "./content-check.ts";
import { checkDirectSend, isKeyOfDirectSend, withoutServiceCategory } from "./direct-send.ts";
import { checkInteractive } from "./interactive-check.ts";
import { checkMedia, MEDIA_KINDS } from "./media-check.ts";
import { isObject, readArray, readScalar } from "../kernel/read-json.ts";
import { cleanObject, isDeeperThan } from "../kernel/storable-json.ts";

export const OUTBOUND_TYPES = [
  "text",
  ...MEDIA_KINDS,
  "location",
  "contacts",
  "reaction",
  "pin",
  "poll",
  "interactive",
  "template",
] as const;
export type OutboundType = (typeof OUTBOUND_TYPES)[number];

export type ValidatedContent =
  /** `content` can be stored: without U+0000 and lone surrogates. */
  { readonly ok: true; readonly type: OutboundType; readonly content: JsonObject } | { readonly ok: false; readonly reason: string };

const DEPTH_LIMIT = 20;
/** Characters of a text that WhatsApp takes. */
export const TEXT_MAX = 4_096;
const MAX_CARDS = 257;
/** What a reaction may hold: one emoji, however many code points it is made of. */
const EMOJI_MAX = 64;

const CHECKS: Readonly<Record<OutboundType, (place: ContentPlace) => ContentProblem>> = {
  text: (place) => inNode(place, "text", (text) => checkText(text, "body", { max: TEXT_MAX })),
  image: (place) => inNode(place, "image", (node) => checkMedia("image", node)),
  video: (place) => inNode(place, "video", (node) => checkMedia("video", node)),
  audio: (place) => inNode(place, "audio", (node) => checkMedia("audio", node)),
  document: (place) => inNode(place, "document", (node) => checkMedia("document", node)),
  sticker: (place) => inNode(place, "sticker", (node) => checkMedia("sticker", node)),
  location: (place) => inNode(place, "location", checkLocation),
  contacts: (place) => checkList(place, "contacts", { min: 1, max: MAX_CARDS, each: checkCard }),
  reaction: (place) => inNode(place, "reaction", checkReaction),
  pin: (place) => inNode(place, "pin", checkPin),
  poll: (place) => inNode(place, "poll", checkPoll),
  interactive: (place) => inNode(place, "interactive", checkInteractive),
  template: (place) => inNode(place, "template", checkTemplate),
};

/** Never throws, whatever it is given. Takes the Cloud API's own shape, `{"type":"text","text":{"body":"…"}}`, and nothing beside it but what Direct Send has. */
export function validateOutboundContent(given: unknown): ValidatedContent {
  if (!isObject(given)) return { ok: false, reason: 'The content must be an object such as {"type":"text","text":{"body":"…"}}.' };
  if (isDeeperThan(given, DEPTH_LIMIT)) return { ok: false, reason: `The content nests deeper than ${DEPTH_LIMIT} levels.` };
  const content = withoutServiceCategory(cleanObject(given));
  const type = OUTBOUND_TYPES.find((known) => known === content["type"]);
  if (type === undefined) return { ok: false, reason: `content.type must be one of: ${OUTBOUND_TYPES.join(", ")}.` };
  const stranger = Object.keys(content).find((key) => key !== "type" && key !== type && !isKeyOfDirectSend(key));
  if (stranger !== undefined) {
    return { ok: false, reason: `The content of the type "${type}" holds "type" and "${type}" only; "${stranger}" does not belong there.` };
  }
  const reason = CHECKS[type]({ node: content, path: "content" }) ?? checkDirectSend(type, content);
  return reason === undefined ? { ok: true, type, content } : { ok: false, reason };
}

function inNode(place: ContentPlace, key: OutboundType, check: (place: ContentPlace) => ContentProblem): ContentProblem {
  return checkObject(place, key, check);
}

function checkLocation(place: ContentPlace): ContentProblem {
  return firstProblem(
    () => checkCoordinate(place, "latitude", 90),
    () => checkCoordinate(place, "longitude", 180),
    () => checkText(place, "name", { max: 1000, optional: true }),
    () => checkText(place, "address", { max: 1000, optional: true }),
  );
}

function checkCoordinate({ node, path }: ContentPlace, key: string, limit: number): ContentProblem {
  const text = readScalar(node, key)?.trim() ?? "";
  const value = text === "" ? Number.NaN : Number(text);
  return Math.abs(value) <= limit ? undefined : `${path}.${key} must be a number from -${limit} to ${limit}.`;
}

const NAME_PARTS = ["first_name", "last_name", "middle_name", "suffix", "prefix"] as const;

function checkCard(card: ContentPlace): ContentProblem {
  return checkObject(card, "name", (name) =>
    firstProblem(
      () => checkText(name, "formatted_name", { max: TEXT_MAX }),
      () =>
        NAME_PARTS.some((part) => typeof name.node[part] === "string")
          ? undefined
          : `${name.path} needs one of these beside formatted_name: ${NAME_PARTS.join(", ")}.`,
    ),
  );
}

function checkReaction(place: ContentPlace): ContentProblem {
  return firstProblem(
    () => checkText(place, "message_id", { max: 1024 }),
    // The empty text takes a reaction back.
    () => (place.node["emoji"] === "" ? undefined : checkText(place, "emoji", { max: EMOJI_MAX })),
  );
}

const MAX_PINNED_DAYS = 30;

/** Only in a group, which is for whoever knows the conversation to say. */
function checkPin(place: ContentPlace): ContentProblem {
  const { type, expiration_days: days } = place.node;
  const isCount = typeof days === "number" && Number.isInteger(days) && days >= 1 && days <= MAX_PINNED_DAYS;
  return firstProblem(
    () => checkOneOf(place, "type", ["pin", "unpin"]),
    () => checkText(place, "message_id", { max: 1024 }),
    () =>
      isCount || (type === "unpin" && days === undefined)
        ? undefined
        : `${place.path}.expiration_days must be a whole number from 1 to ${MAX_PINNED_DAYS}.`,
  );
}

const POLL_NAME_MAX = 255;
const POLL_OPTION_MAX = 100;
const MAX_POLL_OPTIONS = 12;

/** As the apps limit them; the Cloud API has none. */
function checkPoll(place: ContentPlace): ContentProblem {
  const { options, multiple_answers: isMultiple } = place.node;
  return firstProblem(
    () => checkText(place, "name", { max: POLL_NAME_MAX }),
    () =>
      checkList(place, "options", { min: 2, max: MAX_POLL_OPTIONS, each: (option) => checkText(option, "name", { max: POLL_OPTION_MAX }) }),
    () => checkUnique(options, `The names of ${place.path}.options`, (option) => option["name"]),
    () =>
      isMultiple === undefined || typeof isMultiple === "boolean" ? undefined : `${place.path}.multiple_answers must be true or false.`,
  );
}

const COMPONENT_TYPES = ["header", "body", "footer", "button", "carousel", "limited_time_offer", "order_status", "call_permission_request"];

function checkTemplate(template: ContentPlace): ContentProblem {
  return firstProblem(
    () => checkText(template, "name", { max: 512 }),
    () => checkObject(template, "language", (language) => checkText(language, "code", { max: 16 })),
    () =>
      template.node["components"] === undefined ? undefined : checkList(template, "components", { min: 0, max: 32, each: checkComponent }),
  );
}

function checkComponent(component: ContentPlace): ContentProblem {
  return firstProblem(
    () => checkOneOf({ ...component, node: lowerCaseType(component.node) }, "type", COMPONENT_TYPES),
    () => (component.node["type"] === "button" ? checkButtonComponent(component) : undefined),
    () =>
      readArray(component.node, "parameters") === undefined
        ? undefined
        : checkList(component, "parameters", { min: 0, max: 128, each: (parameter) => checkText(parameter, "type", { max: 64 }) }),
  );
}

function lowerCaseType(node: JsonObject): JsonObject {
  const type = node["type"];
  return typeof type === "string" ? { ...node, type: type.toLowerCase() } : node;
}

function checkButtonComponent(component: ContentPlace): ContentProblem {
  const index = readScalar(component.node, "index") ?? "";
  return firstProblem(
    () => checkText(component, "sub_type", { max: 64 }),
    () => (/^\d{1,2}$/.test(index) ? undefined : `${component.path}.index must be the number of the button, counted from 0.`),
  );
}
