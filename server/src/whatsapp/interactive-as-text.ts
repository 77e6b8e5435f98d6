// Owns: buttons and lists as a text that says the same, for a channel that has none. Pure. Refuses to know: which channels those are.
import type { JsonObject } from "../kernel/json.ts";
import { isObject, readArray, readObject, readString } from "../kernel/read-json.ts";
import { firstOf, joinLines } from "./text-parts.ts";
import { TEXT_MAX } from "./validate-content.ts";

type Options = (action: JsonObject) => readonly string[];

const objectsOf = (node: JsonObject, key: string): readonly JsonObject[] => (readArray(node, key) ?? []).filter(isObject);

/** As a person would write it: the customer answers with the number or the words. */
function numbered(titles: readonly string[]): readonly string[] {
  return titles.map((title, index) => `${index + 1}. ${title}`);
}

function rowTitle(row: JsonObject): string {
  const description = readString(row, "description");
  const title = readString(row, "title") ?? "";
  return description === undefined ? title : `${title}: ${description}`;
}

const OPTIONS: ReadonlyMap<string, Options> = new Map<string, Options>([
  ["button", (action) => numbered(objectsOf(action, "buttons").map((button) => readString(readObject(button, "reply"), "title") ?? ""))],
  ["list", (action) => numbered(objectsOf(action, "sections").flatMap((section) => objectsOf(section, "rows").map(rowTitle)))],
  [
    "cta_url",
    (action) => {
      const link = readObject(action, "parameters");
      return [`${readString(link, "display_text") ?? ""}: ${readString(link, "url") ?? ""}`];
    },
  ],
]);

/** Undefined: a kind that no text can stand for, a header that is a file, or more than one text holds. */
export function interactiveAsText(interactive: JsonObject | undefined): string | undefined {
  const options = OPTIONS.get(readString(interactive, "type") ?? "");
  const header = readObject(interactive, "header");
  if (interactive === undefined || options === undefined || (header !== undefined && header["type"] !== "text")) return undefined;
  const part = (key: string): string | null => firstOf(interactive[key], ["text"]);
  const asked = joinLines([part("header"), part("body")]);
  const offered = options(readObject(interactive, "action") ?? {}).join("\n");
  const text = [asked, offered, part("footer")].filter((piece) => piece !== null && piece !== "").join("\n\n");
  return text.length > TEXT_MAX ? undefined : text;
}
