// Owns: the list of all reply settings, read from their schema: for docs/reply-settings.md and for whoever names a setting by its path.
// Refuses to know: values.
import { z } from "zod";
import type { Json, JsonObject } from "../kernel/json.ts";
import { isObject, readArray, readObject, readString } from "../kernel/read-json.ts";
import { replySettingsSchema } from "./reply-settings.ts";

export interface DescribedSetting {
  /** `sessions.inactivityMs`. */
  readonly path: string;
  /** What it may be, for people. */
  readonly expected: string;
  /** A value is text, even when it looks like a number. */
  readonly isText: boolean;
  readonly default: Json | undefined;
  readonly meaning: string;
}

/** In the order of the schema; a group of settings comes before its members. */
export function describeReplySettings(): readonly DescribedSetting[] {
  const schema: unknown = JSON.parse(JSON.stringify(z.toJSONSchema(replySettingsSchema, { io: "input", reused: "inline" })));
  return isObject(schema) ? membersOf(schema, "") : [];
}

function membersOf(group: JsonObject, prefix: string): readonly DescribedSetting[] {
  return Object.entries(readObject(group, "properties") ?? {}).flatMap(([name, node]) => {
    if (!isObject(node)) return [];
    const path = prefix + name;
    const inner = withoutNull(node);
    const described: DescribedSetting = {
      path,
      expected: expectedOf(node),
      isText: inner["type"] === "string",
      default: node["default"],
      meaning: readString(node, "description") ?? readString(inner, "description") ?? "",
    };
    return [described, ...membersOf(inner, `${path}.`)];
  });
}

/** Of "this or null" the this. */
function withoutNull(node: JsonObject): JsonObject {
  const choices = (readArray(node, "anyOf") ?? []).filter(isObject).filter((choice) => choice["type"] !== "null");
  return choices.length === 1 ? (choices[0] ?? node) : node;
}

function expectedOf(node: JsonObject): string {
  const inner = withoutNull(node);
  return inner === node ? kindOf(inner) : `${kindOf(inner)}, or null`;
}

function kindOf(node: JsonObject): string {
  const choices = readArray(node, "enum");
  if (choices !== undefined)
    return choices.map((choice) => `\`${typeof choice === "string" ? choice : JSON.stringify(choice)}\``).join(", ");
  switch (node["type"]) {
    case "integer":
      return `whole number${rangeOf(node)}`;
    case "number":
      return `number${rangeOf(node)}`;
    case "boolean":
      return "`true` or `false`";
    case "string":
      return textOf(node);
    case "array":
      return `list${isObject(node["items"]) && node["prefixItems"] === undefined ? ` of: ${kindOf(node["items"])}` : ""}`;
    default:
      return readObject(node, "properties") === undefined ? "JSON" : "group";
  }
}

function textOf(node: JsonObject): string {
  if (node["format"] === "uri") return "http or https address";
  const most = node["maxLength"];
  return typeof most === "number" ? `text of at most ${String(most)} characters` : "text";
}

function rangeOf(node: JsonObject): string {
  const least = node["minimum"];
  const above = node["exclusiveMinimum"];
  const most = node["maximum"];
  const from = typeof least === "number" ? ` from ${String(least)}` : typeof above === "number" ? ` above ${String(above)}` : "";
  return typeof most === "number" && most < Number.MAX_SAFE_INTEGER ? `${from} to ${String(most)}` : from;
}

/** The text of docs/reply-settings.md. */
export function renderReplySettings(settings: readonly DescribedSetting[]): string {
  const rows = settings.map(({ path, expected, default: byDefault, meaning }) => {
    const shown = byDefault === undefined || isGroup(byDefault) ? "" : `\`${JSON.stringify(byDefault)}\``;
    return `| \`${path}\` | ${shown} | ${escaped(expected)} | ${escaped(meaning)} |`;
  });
  return [
    "# Reply settings",
    "",
    "How the customers of a business are answered: one document per business. `GET` and `PATCH /api/v1/reply-settings` (a JSON merge patch: null takes a setting back to its",
    "default), or `onethread replies show` and `onethread replies set <path>=<value>`. A change reaches every process within five seconds. A change with an error",
    "is refused as a whole, with a sentence for each problem.",
    "",
    "Keys and signing secrets are kept apart and never shown again: `PUT /api/v1/reply-secrets/{name}`, or `onethread replies secret set <name>`. The settings that",
    "end in `Secret` or `secretName` say which one is used. An address inside your own network is asked only when the operator allows it",
    "(`ONETHREAD_PRIVATE_HOSTS` in [settings.md](settings.md)).",
    "",
    "This file is made from the schema in `server/src/settings/reply-settings.ts`; a test compares the two",
    "(`npx vitest run server/src/settings/describe-reply-settings.test.ts -u` rewrites it).",
    "",
    "| setting | default | it must be | meaning |",
    "| --- | --- | --- | --- |",
    ...rows,
    "",
  ].join("\n");
}

const isGroup = (value: Json): boolean => isObject(value);
const escaped = (text: string): string => text.replaceAll("|", "\\|").replaceAll("\n", " ");
