// Owns: which kind of message each provider sends, and how it is refused where it does not: one table, in which no kind and no provider can be forgotten.
// Refuses to know: windows, opt-outs, templates' parameters, and how a provider writes any of it.
import type { JsonObject } from "../kernel/json.ts";
import { isObject, readArray, readObject, readString } from "../kernel/read-json.ts";
import { isDirectSend } from "./direct-send.ts";
import type { InteractiveKind } from "./interactive-check.ts";
import { MEDIA_KINDS } from "./media-check.ts";
import { ownFileId } from "./media-nodes.ts";
import type { Provider } from "./providers.ts";
import type { OutboundType } from "./validate-content.ts";

/** What is sent, an interactive message by its own type. */
export type SendKind = Exclude<OutboundType, "interactive"> | `interactive.${InteractiveKind}`;

/** `unseen`: the provider takes it, and the apps of many customers show nothing of it. */
type Sending = boolean | "unseen";

interface Sendable extends Readonly<Record<Provider, Sending>> {
  /** The Cloud API sends it to groups (Meta: texts, media and templates only, and pins). Gateways tell no difference. */
  readonly groups: boolean;
  /** What it is called, for people. */
  readonly called: string;
  /** What to send where it cannot be sent. */
  readonly instead: string;
}

const CLOUD_ONLY = { cloud: true, evolution: false, waha: false, baileys: false, groups: false } as const;
const EVERYWHERE = { cloud: true, evolution: true, waha: true, baileys: true, groups: true } as const;
const AS_TEXT = "Send it as text.";

/** Whatsapp-platform facts: Meta's message types; the calls of Evolution API 2.3.6 and of WAHA; what Baileys 6.7 and 7 make of a content. */
export const SENDABLE = {
  text: { ...EVERYWHERE, called: "texts", instead: AS_TEXT },
  image: { ...EVERYWHERE, called: "pictures", instead: AS_TEXT },
  video: { ...EVERYWHERE, called: "videos", instead: AS_TEXT },
  audio: { ...EVERYWHERE, called: "audio and voice notes", instead: AS_TEXT },
  document: { ...EVERYWHERE, called: "documents", instead: AS_TEXT },
  sticker: { ...EVERYWHERE, waha: false, called: "stickers", instead: "Send it as a picture." },
  location: { ...EVERYWHERE, groups: false, called: "locations", instead: "Write the address into a text." },
  contacts: { ...EVERYWHERE, groups: false, called: "contact cards", instead: "Write name and number into a text." },
  reaction: { ...EVERYWHERE, groups: false, called: "reactions", instead: "Send a text that quotes the message." },
  pin: { ...CLOUD_ONLY, groups: true, called: "pins", instead: "Pin the message on the phone." },
  poll: { ...EVERYWHERE, cloud: false, groups: false, called: "polls", instead: "Send buttons or a list." },
  template: { ...CLOUD_ONLY, groups: true, called: "templates", instead: "Send the text itself, which needs no template there." },
  "interactive.button": {
    ...CLOUD_ONLY,
    evolution: "unseen",
    called: "messages with buttons",
    instead: "Send a poll, or write the choices into a text.",
  },
  "interactive.list": {
    ...CLOUD_ONLY,
    evolution: "unseen",
    called: "lists to choose from",
    instead: "Send a poll, or write the choices into a text.",
  },
  "interactive.cta_url": { ...CLOUD_ONLY, called: "buttons that open a link", instead: "Write the link into a text." },
  "interactive.flow": { ...CLOUD_ONLY, called: "forms (flows)", instead: "Ask in a text." },
  "interactive.location_request_message": { ...CLOUD_ONLY, called: "requests for a location", instead: "Ask in a text." },
  "interactive.contact_request": { ...CLOUD_ONLY, called: "requests for a number", instead: "Ask in a text." },
  "interactive.request_contact_info": { ...CLOUD_ONLY, called: "requests for a number", instead: "Ask in a text." },
  "interactive.carousel": { ...CLOUD_ONLY, called: "carousels", instead: "Send each card as a picture with a caption." },
  "interactive.product": { ...CLOUD_ONLY, called: "products of a catalog", instead: "Send a picture with a caption." },
  "interactive.product_list": { ...CLOUD_ONLY, called: "lists of products", instead: "Write them into a text." },
  "interactive.catalog_message": { ...CLOUD_ONLY, called: "catalogs", instead: "Write a link to it into a text." },
  "interactive.address_message": { ...CLOUD_ONLY, called: "requests for an address", instead: "Ask in a text." },
  "interactive.call_permission_request": { ...CLOUD_ONLY, called: "requests to call", instead: "Ask in a text." },
  "interactive.voice_call": { ...CLOUD_ONLY, called: "call buttons", instead: "Write the number into a text." },
  "interactive.order_details": { ...CLOUD_ONLY, called: "orders to pay", instead: "Write the order and how to pay it into a text." },
  "interactive.order_status": { ...CLOUD_ONLY, called: "states of an order", instead: "Write it into a text." },
} as const satisfies Readonly<Record<SendKind, Sendable>>;

/** The kinds that a provider sends: its client has a translation of exactly these. */
export type SentBy<P extends Provider> = {
  [Kind in SendKind]: (typeof SENDABLE)[Kind][P] extends false ? never : Kind;
}[SendKind];

/** Where a file comes from: a public address, an id of ours, or Meta's id of one that was uploaded there. */
const FILES = {
  link: { cloud: true, evolution: true, waha: true, baileys: true },
  ours: { cloud: true, evolution: true, waha: true, baileys: true },
  metas: { cloud: true, evolution: false, waha: false, baileys: false },
} as const satisfies Readonly<Record<string, Readonly<Record<Provider, boolean>>>>;

const NAMES: Readonly<Record<Provider, string>> = { cloud: "The Cloud API", evolution: "Evolution API", waha: "WAHA", baileys: "Baileys" };

const KINDS: ReadonlyMap<string, Sendable> = new Map(Object.entries(SENDABLE));

/** Undefined for what validate-content.ts would not let through. */
export function sendKindOf(content: JsonObject): SendKind | undefined {
  const type = readString(content, "type") ?? "";
  const kind = type === "interactive" ? `interactive.${readString(readObject(content, type), "type") ?? ""}` : type;
  return isSendKind(kind) ? kind : undefined;
}

function isSendKind(kind: string): kind is SendKind {
  return KINDS.has(kind);
}

export function isSentBy<P extends Provider>(provider: P, kind: SendKind): kind is SentBy<P> {
  return SENDABLE[kind][provider] !== false;
}

/** Why a channel cannot send this, and what it can send instead. */
export interface ChannelRefusal {
  readonly why: string;
  readonly instead: string;
}

export interface ToSend {
  readonly content: JsonObject;
  readonly isGroup: boolean;
}

/** Undefined: the provider sends it. No time changes the answer: it depends on the provider and the content alone. */
export function refusalBy(provider: Provider, { content, isGroup }: ToSend): ChannelRefusal | undefined {
  const kind = sendKindOf(content);
  if (kind === undefined) return undefined;
  const { called, instead, groups, ...senders } = SENDABLE[kind];
  if (senders[provider] === false) return { why: `${NAMES[provider]} cannot send ${called}.`, instead };
  if (isGroup && provider === "cloud" && !groups) return { why: `${NAMES.cloud} sends no ${called} to groups.`, instead };
  if (isDirectSend(content) && (isGroup || provider !== "cloud")) return NO_DIRECT_SEND;
  return fileRefusal(provider, content) ?? DETAILS[provider]?.(kind, content);
}

const NO_DIRECT_SEND: ChannelRefusal = {
  why: "Direct Send is of the Cloud API, and to one customer.",
  instead: 'Send it without "category".',
};

function fileRefusal(provider: Provider, content: JsonObject): ChannelRefusal | undefined {
  const unknown = filesOf(content).find((file) => !FILES[originOf(file)][provider]);
  if (unknown === undefined) return undefined;
  const instead = 'Upload the file here (POST /api/v1/media) and send its id, or send it by a "link".';
  return { why: `${NAMES[provider]} does not have the files that were uploaded to the Cloud API.`, instead };
}

function originOf(file: JsonObject): keyof typeof FILES {
  if (file["id"] === undefined) return "link";
  return ownFileId(file) === undefined ? "metas" : "ours";
}

/** The files of a message: its own, or those of the headers of an interactive one. */
function filesOf(content: JsonObject): readonly JsonObject[] {
  const interactive = readObject(content, "interactive");
  const nodes = [content, readObject(interactive, "header")];
  return nodes.flatMap((node) => MEDIA_KINDS.map((kind) => readObject(node, kind)).filter((file) => file !== undefined));
}

/** What a provider sends of a kind in some forms only. */
const DETAILS: Readonly<Record<Provider, ((kind: SendKind, content: JsonObject) => ChannelRefusal | undefined) | undefined>> = {
  cloud: undefined,
  evolution: (kind, content) => contactWithoutPhone("evolution", content) ?? tooManyOptions(content) ?? headerOfEvolution(kind, content),
  waha: (_kind, content) => contactWithoutPhone("waha", content),
  baileys: undefined,
};

/** As Evolution's schema of contacts counts them, signs and blanks included. */
const EVOLUTION_PHONE_MIN = 10;

function contactWithoutPhone(provider: Provider, content: JsonObject): ChannelRefusal | undefined {
  const phones = (readArray(content, "contacts") ?? []).map((card) => phoneOf(isObject(card) ? card : {}).shown ?? "");
  const min = provider === "evolution" ? EVOLUTION_PHONE_MIN : 1;
  if (phones.every((phone) => phone.length >= min)) return undefined;
  const length = min > 1 ? ` of at least ${min} characters` : "";
  return { why: `${NAMES[provider]} sends contact cards with a phone number${length} only.`, instead: SENDABLE.contacts.instead };
}

/** The number of a card that gateways send: its first. */
export function phoneOf(card: JsonObject): { readonly shown: string | undefined; readonly waId: string | undefined } {
  const phones = (readArray(card, "phones") ?? []).filter(isObject);
  const phone = phones.find((one) => (readString(one, "phone") ?? readString(one, "wa_id")) !== undefined);
  const waId = readString(phone, "wa_id");
  return { shown: readString(phone, "phone") ?? (waId === undefined ? undefined : `+${waId}`), waId };
}

const EVOLUTION_OPTIONS = 10;

function tooManyOptions(content: JsonObject): ChannelRefusal | undefined {
  const count = readArray(readObject(content, "poll"), "options")?.length ?? 0;
  if (count <= EVOLUTION_OPTIONS) return undefined;
  return { why: `${NAMES.evolution} sends polls with at most ${EVOLUTION_OPTIONS} options.`, instead: "Leave some out." };
}

function headerOfEvolution(kind: SendKind, content: JsonObject): ChannelRefusal | undefined {
  if (kind !== "interactive.button") return undefined;
  const header = readObject(readObject(content, "interactive"), "header");
  const type = readString(header, "type") ?? "text";
  const instead = "Send it as a message of its own.";
  if (type !== "text" && type !== "image") return { why: `${NAMES.evolution} sends no ${type} above buttons.`, instead };
  // It takes an address there (thumbnailUrl).
  if (type === "text" || ownFileId(readObject(header, "image") ?? {}) === undefined) return undefined;
  return { why: `${NAMES.evolution} takes the picture above buttons by a link only.`, instead: 'Send the picture by a "link".' };
}
