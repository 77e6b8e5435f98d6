// Owns: {{column}} in the template of a campaign: which columns it asks for, and the message with what a row fills in. Refuses to know: what a template of WhatsApp takes.
import type { Json, JsonObject } from "../kernel/json.ts";
import { isArray, isObject } from "../kernel/read-json.ts";

const PLACEHOLDER = /\{\{\s*([^{}]+?)\s*\}\}/g;

/** How a column is compared: people write its name as they like. */
export const columnName = (written: string): string => written.normalize("NFC").trim().toLowerCase();

/** Each once. */
export function columnsOf(template: JsonObject): readonly string[] {
  const columns = new Set<string>();
  replaceIn(template, (column) => {
    columns.add(column);
    return "";
  });
  return [...columns];
}

/** The content of the message. What no field is there for is filled in as nothing, which WhatsApp does not take. */
export function fillPlaceholders(template: JsonObject, fields: JsonObject): JsonObject {
  const filled = replaceIn(template, (column) => {
    const value = Object.hasOwn(fields, column) ? fields[column] : "";
    return typeof value === "string" ? value : "";
  });
  return { type: "template", template: filled };
}

function replaceIn(node: JsonObject, valueOf: (column: string) => string): JsonObject {
  return Object.fromEntries(Object.entries(node).map(([key, value]) => [key, replaced(value, valueOf)]));
}

function replaced(value: Json, valueOf: (column: string) => string): Json {
  if (typeof value === "string") return value.replaceAll(PLACEHOLDER, (_whole, column: string) => valueOf(columnName(column)));
  if (isArray(value)) return value.map((one) => replaced(one, valueOf));
  return isObject(value) ? replaceIn(value, valueOf) : value;
}
