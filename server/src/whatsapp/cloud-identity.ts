// Owns: who the customer of a Cloud API item is, as far as that one payload says. Refuses to know: conversations, aliases, which person that is.
import type { Json, JsonObject } from "../kernel/json.ts";
import type { CustomerIdentity } from "./events.ts";
import { isObject, readObject, readScalar, readString } from "../kernel/read-json.ts";

type Draft = { -readonly [K in keyof CustomerIdentity]: CustomerIdentity[K] };
type Maybe = string | undefined;

export function senderOfMessage(message: JsonObject): CustomerIdentity {
  return identityOf(readScalar(message, "from"), readString(message, "from_user_id"), readString(message, "from_parent_user_id"));
}

export function recipientOfEcho(echo: JsonObject): CustomerIdentity {
  return identityOf(readScalar(echo, "to"), readString(echo, "to_user_id"), readString(echo, "to_parent_user_id"));
}

/** The identity before the change that a `system` message reports; the new one stays in its content. */
export function subjectOfSystemMessage(message: JsonObject): CustomerIdentity {
  const system = readObject(message, "system");
  const newUserId = readString(system, "user_id");
  const fromUserId = readString(message, "from_user_id");
  return identityOf(
    readScalar(message, "from") ?? readScalar(system, "customer"),
    readString(system, "previous_user_id") ?? (fromUserId === newUserId ? undefined : fromUserId),
    readString(system, "previous_parent_user_id") ?? readString(message, "from_parent_user_id"),
  );
}

/** Changes of the account; `*_identity_changed` is about a security key only, and proves no new identifier. */
const CHANGES_OF_ACCOUNT: ReadonlySet<string> = new Set(["user_changed_number", "user_changed_user_id", "customer_changed_number"]);

/** Who the customer is after a change; undefined when the system message is about something else. */
export function identityAfterChange(message: JsonObject): CustomerIdentity | undefined {
  const system = readObject(message, "system");
  if (!CHANGES_OF_ACCOUNT.has(readString(system, "type") ?? "")) return undefined;
  const identity = identityOf(
    readScalar(system, "wa_id") ?? readScalar(system, "new_wa_id"),
    readString(system, "user_id"),
    readString(system, "parent_user_id"),
  );
  return Object.keys(identity).length === 0 ? undefined : identity;
}

export function isGroupStatus(status: JsonObject): boolean {
  return status["recipient_type"] === "group" || participantOfStatus(status) !== "";
}

/** Meta's pages spell them in two orders. */
function userOfParticipant(status: JsonObject): Maybe {
  return readString(status, "recipient_participant_user_id") ?? readString(status, "participant_recipient_user_id");
}

function phoneOfParticipant(status: JsonObject): Maybe {
  return readScalar(status, "recipient_participant_id") ?? readScalar(status, "participant_recipient_id");
}

/** Whom of a group a status is about; "" when it is about no group. */
export function participantOfStatus(status: JsonObject): string {
  return userOfParticipant(status) ?? phoneOfParticipant(status) ?? "";
}

export function recipientOfStatus(status: JsonObject): CustomerIdentity {
  if (isGroupStatus(status)) {
    return identityOf(
      phoneOfParticipant(status),
      userOfParticipant(status),
      readString(status, "recipient_participant_parent_user_id") ?? readString(status, "participant_recipient_parent_user_id"),
    );
  }
  return identityOf(
    readScalar(status, "recipient_id"),
    readString(status, "recipient_user_id"),
    // Three spellings: renamed on 2026-05-05, and drafts live on.
    readString(status, "recipient_parent_user_id") ??
      readString(status, "parent_recipient_user_id") ??
      readString(status, "parent_user_id"),
  );
}

/** True when it names somebody: a name or a username alone is no address. */
export function isAddressable(identity: CustomerIdentity): boolean {
  return identity.phone !== undefined || identity.userId !== undefined || identity.parentUserId !== undefined;
}

/** The identity with what its contact knows besides; what the item itself says always wins. */
export function completeIdentity(identity: CustomerIdentity, contact: JsonObject | undefined): CustomerIdentity {
  if (contact === undefined) return identity;
  const profile = readObject(contact, "profile");
  const draft: Draft = identityOf(
    identity.phone ?? readScalar(contact, "wa_id"),
    identity.userId ?? readString(contact, "user_id"),
    identity.parentUserId ?? readString(contact, "parent_user_id"),
  );
  const username = (readString(profile, "username") ?? readString(contact, "username"))?.replace(/^@/, "");
  const name = readString(profile, "name");
  if (username !== undefined && username !== "") draft.username = username;
  if (name !== undefined) draft.name = name;
  return draft;
}

/** The only contact, or several by what names them. */
export type ContactIndex =
  | { readonly only: JsonObject }
  | { readonly byUserId: ReadonlyMap<string, JsonObject>; readonly byPhone: ReadonlyMap<string, JsonObject> };

export function indexContacts(contacts: readonly Json[]): ContactIndex {
  const only = contacts.length === 1 ? contacts[0] : undefined;
  if (isObject(only)) return { only };
  const byUserId = new Map<string, JsonObject>();
  const byPhone = new Map<string, JsonObject>();
  for (const contact of contacts) {
    if (!isObject(contact)) continue;
    const userId = readString(contact, "user_id");
    const phone = readScalar(contact, "wa_id");
    if (userId !== undefined && !byUserId.has(userId)) byUserId.set(userId, contact);
    if (phone !== undefined && !byPhone.has(phone)) byPhone.set(phone, contact);
  }
  return { byUserId, byPhone };
}

/** By user id, then by phone, else the only contact if nothing speaks against it. `isAlone`: the payload is about one item. */
export function findContact(contacts: ContactIndex, identity: CustomerIdentity, isAlone: boolean): JsonObject | undefined {
  if ("only" in contacts) return isSamePerson(identity, contacts.only, isAlone) ? contacts.only : undefined;
  const { userId, phone } = identity;
  const found = userId === undefined ? undefined : contacts.byUserId.get(userId);
  if (found !== undefined) return found;
  const samePhone = phone === undefined ? undefined : contacts.byPhone.get(phone);
  return samePhone !== undefined && agrees(userId, readString(samePhone, "user_id")) ? samePhone : undefined;
}

/** Two identifiers in one payload prove one person, so a contact of somebody else must never complete an identity. */
function isSamePerson(identity: CustomerIdentity, contact: JsonObject, alone: boolean): boolean {
  const userId = readString(contact, "user_id");
  if (!agrees(identity.userId, userId)) return false;
  if (userId !== undefined && userId === identity.userId) return true;
  const phone = readScalar(contact, "wa_id");
  if (phone !== undefined && phone === identity.phone) return true;
  // Only a payload about a single item is certain to carry that item's contact: batches also hold items without one.
  return alone;
}

function agrees(one: Maybe, other: Maybe): boolean {
  return one === undefined || other === undefined || one === other;
}

export function identityOf(phone: Maybe, userId: Maybe, parentUserId: Maybe): Draft {
  const identity: Draft = {};
  if (phone !== undefined) identity.phone = phone;
  if (userId !== undefined) identity.userId = userId;
  if (parentUserId !== undefined) identity.parentUserId = parentUserId;
  return identity;
}
