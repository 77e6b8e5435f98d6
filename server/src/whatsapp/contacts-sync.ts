// Owns: reading the address book of a WhatsApp Business app (Meta: "Onboarding business app users", field `smb_app_state_sync`). Refuses to know: whose threads these are.
import type { JsonObject } from "../kernel/json.ts";
import { isObject, readArray, readObject, readScalar, readString } from "../kernel/read-json.ts";
import { cleanObject, cleanString } from "../kernel/storable-json.ts";
import { type CloudItem, placeOf } from "./cloud-envelope.ts";
import { identityOf } from "./cloud-identity.ts";
import type { BookEntry, ContactsEvent } from "./events.ts";
import { notAhead, readTime } from "./provider-time.ts";

const MAX_NAME = 200;

/** Undefined: it names no contact. An entry without a number and a user id, and one without a name, are left out. */
export function readContacts(item: Extract<CloudItem, { kind: "change" }>, raw: string, receivedAt: Date): ContactsEvent | undefined {
  if (item.field !== "smb_app_state_sync") return undefined;
  const entries = (readArray(item.value, "state_sync") ?? []).flatMap((node) =>
    isObject(node) ? (entryOf(cleanObject(node), receivedAt) ?? []) : [],
  );
  return entries.length === 0 ? undefined : { kind: "contacts", provider: "cloud", entries, raw, ...placeOf(item) };
}

function entryOf(node: JsonObject, receivedAt: Date): BookEntry | undefined {
  const contact = readObject(node, "contact");
  if (readString(node, "type") !== "contact" || contact === undefined) return undefined;
  const phone = readScalar(contact, "phone_number")?.replaceAll(/\D/g, "");
  const customer = identityOf(phone === "" ? undefined : phone, readString(contact, "user_id"), readString(contact, "parent_user_id"));
  if (Object.keys(customer).length === 0) return undefined;
  // A word from the future would outweigh every later one.
  const at = notAhead(readTime(readObject(node, "metadata") ?? {}, "timestamp"), receivedAt);
  const isRemoved = readString(node, "action") === "remove";
  const name = readString(contact, "full_name") ?? readString(contact, "first_name");
  if (name === undefined && !isRemoved) return undefined;
  return { customer, name: isRemoved || name === undefined ? null : cleanString(name).slice(0, MAX_NAME), at };
}
