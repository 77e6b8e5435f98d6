// Owns: taking a Cloud API webhook body apart into its items, and making a body with one item only. Refuses to know: what the items say.
import type { Json, JsonObject } from "../kernel/json.ts";
import { type ContactIndex, indexContacts } from "./cloud-identity.ts";
import { isArray, isObject, readArray, readObject, readScalar, readString } from "../kernel/read-json.ts";
import { cleanString } from "../kernel/storable-json.ts";
import { isSmall } from "../kernel/write-json.ts";

const LISTS = ["messages", "message_echoes", "statuses", "errors"] as const;
export type ItemList = (typeof LISTS)[number];

/** JSON.stringify leaves undefined out. */
const WITHOUT_LISTS = { messages: undefined, message_echoes: undefined, statuses: undefined, errors: undefined };

/** The fields whose `value` holds lists of items. In the others the same names mean other things: `calls` has statuses too. */
const FIELDS_WITH_ITEMS: ReadonlySet<string> = new Set(["messages", "smb_message_echoes", "standby"]);

export interface ChangeScope {
  readonly field: string;
  readonly channelKey?: string;
  readonly accountKey?: string;
  readonly contacts: ContactIndex;
  /** How many items share the contacts of this change. */
  readonly itemCount: number;
  readonly body: JsonObject;
  readonly entry: JsonObject;
  readonly change: JsonObject;
  readonly value: JsonObject;
}

/** What of the body an item is that is not an element of a list. */
interface Piece {
  readonly body: JsonObject;
  readonly entry: Json;
  /** Absent: the whole entry. A key that is undefined in it is not written. */
  readonly change?: unknown;
}

export type CloudItem =
  | { readonly kind: "listed"; readonly list: ItemList; readonly node: Json; readonly scope: ChangeScope }
  /** A change that is one item as a whole. */
  | {
      readonly kind: "change";
      readonly field: string;
      readonly channelKey?: string;
      readonly accountKey?: string;
      readonly value?: JsonObject;
      readonly piece: Piece;
    }
  | { readonly kind: "broken"; readonly reason: string; readonly channelKey?: string; readonly piece: Piece };

/** Every item of the body, in its order. What is broken is an item too. */
export function listCloudItems(body: JsonObject, entries: readonly Json[]): readonly CloudItem[] {
  const items: CloudItem[] = [];
  for (const entry of entries) collectEntry(body, entry, items);
  return items;
}

/** What the items of one body share, once it was cut down for the first of them. */
export type Surroundings = Map<JsonObject, JsonObject>;

/** A whole webhook body with this item and its contact only. */
export function bodyOfItem(item: CloudItem, surroundings: Surroundings, contact?: JsonObject): JsonObject {
  if (item.kind !== "listed") return bodyOfPiece(item.piece, surroundings);
  const { scope, list, node } = item;
  const { body, entry, change, value } = scope;
  const isAlone = scope.itemCount === 1;
  const around = isAlone ? value : surrounding(value, VALUE, surroundings);
  const others = Object.fromEntries(otherListsOf(value).map((key) => [key, undefined]));
  const alone = { ...around, ...WITHOUT_LISTS, ...others, contacts: contact === undefined ? undefined : [contact], [list]: [node] };
  const bare = isAlone ? change : surrounding(change, CHANGE, surroundings);
  return bodyOfPiece({ body, entry, change: { ...bare, value: alone } }, surroundings);
}

function bodyOfPiece({ body, entry, change }: Piece, surroundings: Surroundings): JsonObject {
  const single =
    change === undefined || !isObject(entry) ? entry : { ...surrounding(entry, ENTRY, surroundings), changes: [change as Json] };
  return { ...surrounding(body, BODY, surroundings), entry: [single] };
}

export const MAX_HANDOVER_CONTEXT = 16_384;

/** What a thousand items share is repeated a thousand times: beyond this, of each level only the keys that we know are. */
export const SHARED_MAX = 1_024;

interface Level {
  readonly without: readonly string[];
  readonly known: readonly string[];
}

const BODY: Level = { without: ["entry"], known: ["object"] };
const ENTRY: Level = { without: ["changes"], known: ["id", "time"] };
const CHANGE: Level = { without: ["value"], known: ["field"] };
const VALUE: Level = { without: ["contacts", ...LISTS], known: ["messaging_product", "metadata"] };

/** What of a level is repeated with each of its items. */
function surrounding(node: JsonObject, { without, known }: Level, surroundings: Surroundings): JsonObject {
  const cached = surroundings.get(node);
  if (cached !== undefined) return cached;
  const whole = Object.fromEntries(Object.entries(node).filter(([key]) => !without.includes(key)));
  const kept = isSmall(whole, SHARED_MAX) ? whole : keep(whole, known);
  surroundings.set(node, kept);
  return kept;
}

/** A contact is repeated with each message of its person: when it is large, only who they are. */
export function keptContact(contact: JsonObject, surroundings: Surroundings): JsonObject {
  const cached = surroundings.get(contact);
  if (cached !== undefined) return cached;
  const profile = readObject(contact, "profile");
  const bare = (): JsonObject => ({
    ...keep(contact, ["wa_id", "user_id", "parent_user_id", "username"]),
    ...(profile === undefined ? {} : { profile: keep(profile, ["name", "username"]) }),
  });
  const kept = isSmall(contact, SHARED_MAX) ? contact : bare();
  surroundings.set(contact, kept);
  return kept;
}

const keep = (from: JsonObject, keys: readonly string[]): JsonObject =>
  Object.fromEntries(
    keys.flatMap((key) => {
      const value = from[key];
      return value !== undefined && isSmall(value, SHARED_MAX) ? [[key, value]] : [];
    }),
  );

function collectEntry(body: JsonObject, entry: Json, items: CloudItem[]): void {
  const changes = isObject(entry) ? readArray(entry, "changes") : undefined;
  if (!isObject(entry) || changes === undefined) {
    const reason = 'An element of "entry" has no list "changes".';
    items.push({ kind: "broken", reason, piece: { body, entry } });
    return;
  }
  for (const change of changes) collectChange({ body, entry, change }, items);
}

interface ChangeSite {
  readonly body: JsonObject;
  readonly entry: JsonObject;
  readonly change: Json;
}

function collectChange(piece: ChangeSite, items: CloudItem[]): void {
  const { body, entry, change } = piece;
  const field = isObject(change) ? readString(change, "field") : undefined;
  if (!isObject(change) || field === undefined) {
    items.push({ kind: "broken", reason: 'An element of "changes" has no "field".', piece });
    return;
  }
  const received = readObject(change, "value");
  const value = field === "standby" ? withoutNesting(received) : received;
  const keys = keysOf(entry, value);
  if (!FIELDS_WITH_ITEMS.has(field)) {
    items.push({ kind: "change", field: cleanString(field), ...keys, ...(value === undefined ? {} : { value }), piece });
  } else if (value === undefined) {
    items.push({ kind: "broken", reason: `A change of the field "${field}" has no object "value".`, piece });
  } else {
    collectValue({ body, entry, change, value, field, ...keys }, items);
  }
}

/** Copies come one level deeper; so that they are taken apart, and written again, as the messages that they are copies of, their lists are put where those have theirs. */
function withoutNesting(value: JsonObject | undefined): JsonObject | undefined {
  const nested = readObject(value, "standby");
  if (value === undefined || nested === undefined) return value;
  const { standby: _, ...around } = value;
  return { ...around, ...nested };
}

function collectValue(site: Omit<ChangeScope, "contacts" | "itemCount">, items: CloudItem[]): void {
  const { body, entry, change, value, field } = site;
  const itemCount = LISTS.reduce((count, list) => count + (readArray(value, list)?.length ?? 0), 0);
  const scope = { ...site, itemCount, contacts: indexContacts(readArray(value, "contacts") ?? []) };
  const before = items.length;
  const keys = keysOf(entry, value);
  for (const list of LISTS) {
    const nodes = value[list];
    if (isArray(nodes)) {
      for (const node of nodes) items.push({ kind: "listed", list, node, scope });
    } else if (nodes !== undefined && nodes !== null) {
      const piece = { body, entry, change: { ...change, value: { ...value, ...WITHOUT_LISTS, [list]: nodes } } };
      items.push({ kind: "broken", reason: `"${list}" is not a list.`, ...channelOf(keys), piece });
    }
  }
  if (items.length === before) {
    items.push({ kind: "change", field, ...keys, piece: { body, entry, change } });
  } else if (otherListsOf(value).length > 0) {
    items.push({ kind: "change", field, ...keys, piece: { body, entry, change: { ...change, value: { ...value, ...WITHOUT_LISTS } } } });
  }
}

/** Such as clicks on marketing messages (`user_actions`): they belong to none of the items beside them, and are kept as a notice. */
function otherListsOf(value: JsonObject): readonly string[] {
  return Object.keys(value).filter((key) => key !== "contacts" && !Object.hasOwn(WITHOUT_LISTS, key) && isArray(value[key]));
}

/** What another app or agent says of the chat when it hands it over, beside the one message that is delivered with it. */
export function handoverContextOf({ value }: ChangeScope): JsonObject | undefined {
  const context = readObject(value, "conversation_context");
  const isOfOne = readArray(value, "messages")?.length === 1;
  return isOfOne && context !== undefined && isSmall(context, MAX_HANDOVER_CONTEXT) ? context : undefined;
}

type Names = Pick<ChangeScope, "channelKey" | "accountKey">;

/** The number and the account that an item names. */
export function placeOf({ channelKey, accountKey }: Names): Names {
  return { ...(channelKey === undefined ? {} : { channelKey }), ...(accountKey === undefined ? {} : { accountKey }) };
}

function channelOf({ channelKey }: { readonly channelKey?: string }): { readonly channelKey?: string } {
  return channelKey === undefined ? {} : { channelKey };
}

function keysOf(entry: JsonObject, value: JsonObject | undefined): { readonly channelKey?: string; readonly accountKey?: string } {
  // Hand-overs between apps name the number as their recipient instead.
  const channelKey =
    readScalar(readObject(value, "metadata"), "phone_number_id") ?? readScalar(readObject(value, "recipient"), "phone_number_id");
  const accountKey = readScalar(entry, "id");
  return {
    ...(channelKey === undefined ? {} : { channelKey: cleanString(channelKey) }),
    ...(accountKey === undefined ? {} : { accountKey: cleanString(accountKey) }),
  };
}
