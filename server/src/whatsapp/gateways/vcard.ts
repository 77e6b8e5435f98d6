// Owns: the names and numbers of a contact card (vCard text). Refuses to know: whose card it is.
import type { JsonObject } from "../../kernel/json.ts";

/** In the shape of the Cloud API's `contacts`: `{name, phones, vcard}`. */
export function readVcard(vcard: string, displayName?: string): JsonObject {
  const lines = vcard.replaceAll(/\r?\n[ \t]/g, "").split(/\r?\n/);
  const name = displayName ?? lines.find((line) => /^FN[;:]/i.test(line))?.replace(/^[^:]*:/, "");
  const phones = lines.filter((line) => /^(item\d+\.)?TEL[;:]/i.test(line)).map(phoneOf);
  return { name: name === undefined || name === "" ? {} : { formatted_name: name }, phones, vcard };
}

function phoneOf(line: string): JsonObject {
  const phone = line.slice(line.indexOf(":") + 1).trim();
  const waId = /;waid=(\d+)/i.exec(line)?.[1];
  return waId === undefined ? { phone } : { phone, wa_id: waId };
}
