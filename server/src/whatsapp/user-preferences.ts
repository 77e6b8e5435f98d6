// Owns: reading the field `user_preferences`: a customer who stops or resumes marketing through WhatsApp itself (Meta: "user_preferences webhook").
// Refuses to know: what follows from it, and what customers say in their own words.
import { completeIdentity, findContact, identityOf, indexContacts, isAddressable } from "./cloud-identity.ts";
import { type CloudItem, placeOf } from "./cloud-envelope.ts";
import type { Preference, PreferenceEvent } from "./events.ts";
import { isArray, isObject, readArray, readScalar, readString } from "../kernel/read-json.ts";
import { notAhead, readTime } from "./provider-time.ts";
import { cleanObject, isDeeperThan, MAX_DEPTH } from "../kernel/storable-json.ts";

/** A sign-up is a consent, as a resume is one. */
const VALUES: ReadonlyMap<string, Preference["value"]> = new Map([
  ["stop", "stop"],
  ["resume", "resume"],
  ["signup", "resume"],
]);

/** Undefined when the change is of another field, or says nothing that can be read: it is then recorded as it is. */
export function readPreferences(item: Extract<CloudItem, { kind: "change" }>, raw: string, receivedAt: Date): PreferenceEvent | undefined {
  const { field, channelKey, accountKey, value } = item;
  if (field !== "user_preferences" || (channelKey === undefined && accountKey === undefined)) return undefined;
  if (value === undefined || isDeeperThan(value, MAX_DEPTH)) return undefined;
  const clean = cleanObject(value);
  const list = clean["user_preferences"];
  if (!isArray(list)) return undefined;
  const contacts = indexContacts(readArray(clean, "contacts") ?? []);
  const preferences = list.filter(isObject).flatMap((node): Preference[] => {
    const named = identityOf(readScalar(node, "wa_id"), readString(node, "user_id"), readString(node, "parent_user_id"));
    const customer = completeIdentity(named, findContact(contacts, named, list.length === 1));
    const word = VALUES.get(readString(node, "value")?.toLowerCase() ?? "");
    const reportedAt = readTime(node, "timestamp");
    // A refusal counts from when we heard of it; a consent that does not say when could undo a later refusal.
    const at = reportedAt === undefined && word !== "stop" ? undefined : notAhead(reportedAt, receivedAt);
    const isMarketing = (readString(node, "category") ?? "marketing_messages") === "marketing_messages";
    return word === undefined || at === undefined || !isMarketing || !isAddressable(customer) ? [] : [{ customer, value: word, at }];
  });
  return preferences.length === 0 ? undefined : { kind: "preference", provider: "cloud", ...placeOf(item), preferences, raw };
}
