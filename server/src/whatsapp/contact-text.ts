// Owns: a contact card as a person reads it: names, numbers, addresses, all of it. Refuses to know: who sent it.
import type { Json, JsonObject } from "../kernel/json.ts";
import { isObject, readArray, readObject, readScalar, readString } from "../kernel/read-json.ts";
import { joinParts } from "./text-parts.ts";
import { readVcard } from "./vcard.ts";

const ADDRESS_PARTS = ["street", "city", "state", "zip", "country"] as const;

/** Null when the card says nothing at all. A card that came only as a vCard text is read from that. */
export function contactText(card: Json): string | null {
  if (!isObject(card)) return null;
  const vcard = readString(card, "vcard");
  const own = fieldsOf(card);
  const text = own === "" && vcard !== undefined ? fieldsOf(readVcard(vcard)) : own;
  return text === "" ? null : text;
}

function fieldsOf(card: JsonObject): string {
  return joinParts([
    nameOf(readObject(card, "name")),
    ...valuesOf(card, "phones", (phone) => readScalar(phone, "phone") ?? readScalar(phone, "wa_id")),
    ...valuesOf(card, "emails", (email) => readString(email, "email")),
    companyOf(readObject(card, "org")),
    ...valuesOf(card, "addresses", addressOf),
    ...valuesOf(card, "urls", (url) => readString(url, "url")),
    labelledBirthday(readString(card, "birthday")),
  ]);
}

function valuesOf(card: JsonObject, key: string, read: (node: JsonObject) => string | undefined): readonly (string | undefined)[] {
  return (readArray(card, key) ?? []).filter(isObject).map(read);
}

function nameOf(name: JsonObject | undefined): string | undefined {
  const parts = ["prefix", "first_name", "middle_name", "last_name", "suffix"].map((key) => readString(name, key));
  return readString(name, "formatted_name") ?? parts.filter((part) => part !== undefined).join(" ");
}

function companyOf(org: JsonObject | undefined): string {
  return joinParts([readString(org, "title"), readString(org, "department"), readString(org, "company")]);
}

function addressOf(address: JsonObject): string {
  return joinParts(ADDRESS_PARTS.map((key) => readString(address, key)));
}

function labelledBirthday(birthday: string | undefined): string | undefined {
  return birthday === undefined ? undefined : `born ${birthday}`;
}
