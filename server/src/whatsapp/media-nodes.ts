// Owns: where in a message a file can be named: its own node, a header, the parameter of a template, also on a card. Refuses to know: files.
import type { Json, JsonObject } from "../kernel/json.ts";
import { isUuid } from "../kernel/ids.ts";
import { isArray, isObject, readString } from "../kernel/read-json.ts";
import { MEDIA_KINDS, type MediaKind } from "./media-check.ts";

type Change = (kind: MediaKind, node: JsonObject) => JsonObject;

/** The same content with every node of a file replaced. Data of the business's own, as a flow has, is left alone whatever it is called. */
export function mapMediaNodes(content: JsonObject, change: Change): JsonObject {
  const kind = MEDIA_KINDS.find((known) => known === content["type"]);
  if (kind !== undefined) return inObject(content, kind, (node) => change(kind, node));
  const holder = (one: JsonObject): JsonObject => mapHolder(one, change);
  const components = (one: JsonObject): JsonObject =>
    inList(
      inList(one, "components", (component) => inList(component, "parameters", holder)),
      "components",
      (component) => inList(component, "cards", components),
    );
  const interactive = (one: JsonObject): JsonObject =>
    inObject(inObject(one, "header", holder), "action", (action) => inList(action, "cards", (card) => inObject(card, "header", holder)));
  if (content["type"] === "interactive") return inObject(content, "interactive", interactive);
  return content["type"] === "template" ? inObject(content, "template", components) : content;
}

/** What names a file of ours: a UUID, where WhatsApp's own ids are digits. In lower case; undefined: it names none. */
export function ownFileId(node: JsonObject): string | undefined {
  const id = readString(node, "id");
  return id !== undefined && isUuid(id) ? id.toLowerCase() : undefined;
}

/** Each once, in the order of the content. */
export function listOwnFiles(content: JsonObject): readonly string[] {
  const ids = new Set<string>();
  mapMediaNodes(content, (_kind, node) => {
    const id = ownFileId(node);
    if (id !== undefined) ids.add(id);
    return node;
  });
  return [...ids];
}

function mapHolder(holder: JsonObject, change: Change): JsonObject {
  const kind = MEDIA_KINDS.find((known) => holder["type"] === known);
  return kind === undefined ? holder : inObject(holder, kind, (node) => change(kind, node));
}

function inObject(holder: JsonObject, key: string, change: (value: JsonObject) => JsonObject): JsonObject {
  const value = holder[key];
  return isObject(value) ? { ...holder, [key]: change(value) } : holder;
}

function inList(holder: JsonObject, key: string, change: (value: JsonObject) => JsonObject): JsonObject {
  const list = holder[key];
  if (!isArray(list)) return holder;
  return { ...holder, [key]: list.map((item: Json): Json => (isObject(item) ? change(item) : item)) };
}
