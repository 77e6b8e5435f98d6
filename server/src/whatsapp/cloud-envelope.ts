// Owns: taking a Cloud API webhook body apart into its items, and making a body with one item only. Refuses to know: what the items say.
import type { Json, JsonObject } from "../kernel/json.ts";
import { type FindContact, indexContacts } from "./cloud-identity.ts";
import { isArray, isObject, readArray, readObject, readScalar, readString } from "./read-json.ts";
import { cleanString } from "./storable-json.ts";

const LISTS = ["messages", "message_echoes", "statuses", "errors"] as const;
export type ItemList = (typeof LISTS)[number];

/** JSON.stringify leaves undefined out. */
const WITHOUT_LISTS = { messages: undefined, message_echoes: undefined, statuses: undefined, errors: undefined };

/** The fields whose `value` holds lists of items. In the others the same names mean other things: `calls` has statuses too. */
const FIELDS_WITH_ITEMS: ReadonlySet<string> = new Set(["messages", "smb_message_echoes"]);

export interface ChangeScope {
  readonly field: string;
  readonly channelKey?: string;
  readonly accountKey?: string;
  readonly findContact: FindContact;
  /** How many items share the contacts of this change. */
  readonly itemCount: number;
  readonly body: JsonObject;
  readonly entry: JsonObject;
  readonly change: JsonObject;
  readonly value: JsonObject;
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
      readonly raw: () => string;
    }
  | { readonly kind: "broken"; readonly reason: string; readonly channelKey?: string; readonly raw: () => string };

/** Every item of the body, in its order. What is broken is an item too. */
export function listCloudItems(body: JsonObject, entries: readonly Json[]): readonly CloudItem[] {
  const items: CloudItem[] = [];
  for (const entry of entries) collectEntry(body, entry, items);
  return items;
}

/** A whole webhook body with this item and its contact only. */
export function rawOfListedItem({ scope, list, node }: Extract<CloudItem, { kind: "listed" }>, contact: JsonObject | undefined): string {
  const { body, entry, change, value } = scope.itemCount === 1 ? scope : frameOf(scope);
  const alone = { ...value, ...WITHOUT_LISTS, contacts: contact === undefined ? undefined : [contact], [list]: [node] };
  return rawOfChange(body, entry, { ...change, value: alone });
}

type Frame = Pick<ChangeScope, "body" | "entry" | "change" | "value">;
const frames = new WeakMap<JsonObject, Frame>();
/** What a thousand items share is repeated a thousand times: beyond this it is left to the keys that we know. */
const SHARED_MAX = 4_096;

/** What surrounds the items of a change, without the other lists beside it. */
function frameOf({ body, entry, change, value }: ChangeScope): Frame {
  const known = frames.get(value);
  if (known !== undefined) return known;
  const lists = new Set(["contacts", ...Object.keys(WITHOUT_LISTS)]);
  const shared = Object.fromEntries(Object.entries(value).filter(([key]) => !lists.has(key)));
  const whole: Frame = { body: { ...body, entry: null }, entry: { ...entry, changes: null }, change, value: shared };
  const frame =
    isSmall({ ...whole, change: { ...change, value: null } }) && isSmall(shared) ? whole : bareFrame({ body, entry, change, value });
  frames.set(value, frame);
  return frame;
}

/** False too when it nests too deep to be written. */
export function isSmall(frame: unknown): boolean {
  try {
    return JSON.stringify(frame).length <= SHARED_MAX;
  } catch {
    return false;
  }
}

const keep = (from: JsonObject, keys: readonly string[]): JsonObject =>
  Object.fromEntries(keys.flatMap((key) => (from[key] === undefined ? [] : [[key, from[key]]])));

function bareFrame({ body, entry, change, value }: Frame): Frame {
  return {
    body: keep(body, ["object"]),
    entry: keep(entry, ["id", "time"]),
    change: keep(change, ["field"]),
    value: keep(value, ["messaging_product", "metadata"]),
  };
}

function collectEntry(body: JsonObject, entry: Json, items: CloudItem[]): void {
  const changes = isObject(entry) ? readArray(entry, "changes") : undefined;
  if (!isObject(entry) || changes === undefined) {
    const reason = 'An element of "entry" has no list "changes".';
    items.push({ kind: "broken", reason, raw: () => JSON.stringify({ ...body, entry: [entry] }) });
    return;
  }
  for (const change of changes) collectChange({ body, entry, change }, items);
}

interface ChangeSite {
  readonly body: JsonObject;
  readonly entry: JsonObject;
  readonly change: Json;
}

function collectChange({ body, entry, change }: ChangeSite, items: CloudItem[]): void {
  const raw = (): string => rawOfChange(body, entry, change);
  const field = isObject(change) ? readString(change, "field") : undefined;
  if (!isObject(change) || field === undefined) {
    items.push({ kind: "broken", reason: 'An element of "changes" has no "field".', raw });
    return;
  }
  const value = readObject(change, "value");
  const keys = keysOf(entry, value);
  if (!FIELDS_WITH_ITEMS.has(field)) {
    items.push({ kind: "change", field: cleanString(field), ...keys, ...(value === undefined ? {} : { value }), raw });
  } else if (value === undefined) {
    items.push({ kind: "broken", reason: `A change of the field "${field}" has no object "value".`, raw });
  } else {
    collectValue({ body, entry, change, value, field, ...keys }, items);
  }
}

function collectValue(site: Omit<ChangeScope, "findContact" | "itemCount">, items: CloudItem[]): void {
  const { value, field } = site;
  const itemCount = LISTS.reduce((count, list) => count + (readArray(value, list)?.length ?? 0), 0);
  const scope = { ...site, itemCount, findContact: indexContacts(readArray(value, "contacts") ?? []) };
  const before = items.length;
  const keys = keysOf(site.entry, value);
  for (const list of LISTS) {
    const nodes = value[list];
    if (isArray(nodes)) {
      for (const node of nodes) items.push({ kind: "listed", list, node, scope });
    } else if (nodes !== undefined && nodes !== null) {
      const raw = (): string =>
        rawOfChange(site.body, site.entry, { ...site.change, value: { ...value, ...WITHOUT_LISTS, [list]: nodes } });
      items.push({ kind: "broken", reason: `"${list}" is not a list.`, ...channelOf(keys), raw });
    }
  }
  if (items.length === before) {
    items.push({ kind: "change", field, ...keys, raw: () => rawOfChange(site.body, site.entry, site.change) });
  }
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

function rawOfChange(body: JsonObject, entry: JsonObject, change: unknown): string {
  return JSON.stringify({ ...body, entry: [{ ...entry, changes: [change] }] });
}
