// Owns: reading a contact card (vCard text) into the shape of the Cloud API's `contacts`. Refuses to know: whose card it is.
import type { JsonObject } from "../kernel/json.ts";

interface Line {
  readonly name: string;
  readonly head: string;
  readonly value: string;
}

/** `{name, phones, emails?, org?, addresses?, urls?, birthday?, vcard}`. */
export function readVcard(vcard: string, displayName?: string): JsonObject {
  const lines = linesOf(vcard);
  const values = (name: string): readonly string[] =>
    lines.filter((line) => line.name === name && line.value !== "").map(({ value }) => value);
  const name = displayName ?? values("FN")[0] ?? nameOf(values("N")[0]);
  const org = present({ company: partsOf(values("ORG")[0])[0], title: unescaped(values("TITLE")[0]) });
  return present({
    name: name === undefined || name === "" ? {} : { formatted_name: unescaped(name) ?? name },
    phones: lines.filter((line) => line.name === "TEL").map(phoneOf),
    emails: listOf(values("EMAIL").map((email) => ({ email }))),
    org: Object.keys(org).length === 0 ? undefined : org,
    addresses: listOf(values("ADR").map(addressOf)),
    urls: listOf(values("URL").map((url) => ({ url: unescaped(url) ?? url }))),
    birthday: values("BDAY")[0],
    vcard,
  });
}

/** A long line goes on behind a blank; `item1.TEL;type=CELL:+1…` is the line TEL. */
function linesOf(vcard: string): readonly Line[] {
  return vcard
    .replaceAll(/\r?\n[ \t]/g, "")
    .split(/\r?\n/)
    .flatMap((line) => {
      const colon = line.indexOf(":");
      if (colon < 1) return [];
      const head = line.slice(0, colon);
      const name = (head.split(";", 1)[0] ?? "").replace(/^item\d+\./i, "").toUpperCase();
      return [{ name, head, value: line.slice(colon + 1).trim() }];
    });
}

function phoneOf({ head, value }: Line): JsonObject {
  const waId = /;waid=(\d+)/i.exec(head)?.[1];
  const phone = value.replace(/^tel:/i, "");
  return waId === undefined ? { phone } : { phone, wa_id: waId };
}

/** Family name first, then the given one. */
function nameOf(value: string | undefined): string | undefined {
  const [family, given] = partsOf(value);
  const name = [given, family].filter((part) => part !== undefined && part !== "").join(" ");
  return name === "" ? undefined : name;
}

function addressOf(value: string): JsonObject {
  const [, , street, city, state, zip, country] = partsOf(value).map((part) => (part === "" ? undefined : part));
  return present({ street, city, state, zip, country });
}

function partsOf(value: string | undefined): readonly string[] {
  return (value ?? "").split(/(?<!\\);/).map((part) => unescaped(part) ?? "");
}

function unescaped(value: string | undefined): string | undefined {
  return value?.replaceAll(/\\n/gi, " ").replaceAll(/\\([,;\\])/g, "$1");
}

function listOf(values: readonly JsonObject[]): readonly JsonObject[] | undefined {
  return values.length === 0 ? undefined : values;
}

function present(values: Readonly<Record<string, JsonObject[string] | undefined>>): JsonObject {
  return Object.fromEntries(Object.entries(values).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])));
}
