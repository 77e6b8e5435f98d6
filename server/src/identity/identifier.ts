// Owns: what names a person: the kinds of identifiers, those that one identity holds, the keys that a thread may begin with, and the address for replies.
// Refuses to know: databases, and who is who (decide-identity.ts).
import type { BusinessId } from "../kernel/ids.ts";

/** What one payload, or one request of the business, says of one person. */
export interface Identity {
  /** The record of the business's own CRM. */
  readonly leadId?: string | undefined;
  readonly parentUserId?: string | undefined;
  /** The business-scoped user id. */
  readonly userId?: string | undefined;
  /** International, with or without marks between its digits. */
  readonly phone?: string | undefined;
  readonly lid?: string | undefined;
  /** A group is a thread of its own, whoever writes in it. */
  readonly groupId?: string | undefined;
}

interface Kind {
  /** Where an identity holds it. */
  readonly field: keyof Identity;
  /** How a canonical key made of it begins. */
  readonly keyPrefix: string;
  /** It names an account, not a number: two different ones of one kind and scope are two people. */
  readonly isAccount: boolean;
  /** It stays with whomever it names; the others may lead to somebody else tomorrow. */
  readonly isPermanent: boolean;
  /** It means something only within the account of its channel. */
  readonly isScoped: boolean;
  /** Messages can be sent to it. */
  readonly isAddress: boolean;
}

/** In the order of proof: the first that is known decides. */
const KINDS = {
  lead: { field: "leadId", keyPrefix: "lead", isAccount: false, isPermanent: true, isScoped: false, isAddress: false },
  parent_user: { field: "parentUserId", keyPrefix: "user", isAccount: true, isPermanent: true, isScoped: true, isAddress: false },
  user: { field: "userId", keyPrefix: "user", isAccount: true, isPermanent: true, isScoped: true, isAddress: true },
  phone: { field: "phone", keyPrefix: "phone", isAccount: false, isPermanent: false, isScoped: false, isAddress: true },
  lid: { field: "lid", keyPrefix: "lid", isAccount: true, isPermanent: false, isScoped: false, isAddress: true },
  group: { field: "groupId", keyPrefix: "group", isAccount: false, isPermanent: true, isScoped: false, isAddress: true },
} as const satisfies Record<string, Kind>;

export type IdentifierKind = keyof typeof KINDS;

const IN_ORDER_OF_PROOF = Object.keys(KINDS) as readonly IdentifierKind[];

/** For the key of a new thread and for the address of a reply. The phone comes before the user ids, because writing to it keeps it visible to us. */
const IN_ORDER_OF_PREFERENCE: readonly IdentifierKind[] = ["group", "lead", "phone", "user", "parent_user", "lid"];

const GROUP_ALONE: readonly IdentifierKind[] = ["group"];

export interface Identifier {
  readonly kind: IdentifierKind;
  /** Of a phone its digits alone; of the others what was received, to the letter. Never empty. */
  readonly value: string;
  /** Within what a user id is unique, null when nobody knows; null for the other kinds. */
  readonly scope: string | null;
}

/** The preferred one first. */
export type Keys = readonly [string, ...string[]];

export const isAccount = ({ kind }: Identifier): boolean => KINDS[kind].isAccount;

export const isPermanent = ({ kind }: Identifier): boolean => KINDS[kind].isPermanent;

export const isSameIdentifier = (a: Identifier, b: Identifier): boolean => a.kind === b.kind && a.value === b.value;

/** The identifier as one text, for sets and caches; the raw log keeps those for which a change waits. */
export const labelOfIdentifier = ({ kind, value }: { readonly kind: string; readonly value: string }): string => `${kind}:${value}`;

const DIGITS = /^\d+$/;

/** The digits of a phone number; undefined when the text has none, or letters: a user id in the place of a number would share its digits with others. */
export function phoneDigits(phone: string | undefined): string | undefined {
  if (phone === undefined) return undefined;
  // As platforms write it.
  if (DIGITS.test(phone)) return phone;
  if (/\p{L}/u.test(phone)) return undefined;
  const digits = phone.replaceAll(/\D/g, "");
  return digits === "" ? undefined : digits;
}

export const phoneIdentifier = (digits: string): Identifier => ({ kind: "phone", value: digits, scope: null });

/** Strongest proof first; of a group the group alone: it is not its members. */
export function identifiersOf(identity: Identity, scope: string | null): readonly Identifier[] {
  const identifiers: Identifier[] = [];
  for (const kind of isGiven(identity.groupId) ? GROUP_ALONE : IN_ORDER_OF_PROOF) {
    const { field, isScoped } = KINDS[kind];
    const value = kind === "phone" ? phoneDigits(identity.phone) : identity[field];
    if (isGiven(value)) identifiers.push({ kind, value, scope: isScoped ? scope : null });
  }
  return identifiers;
}

/** Who somebody was and who they are, strongest proof first: a change says that both are one person. */
export function identifiersOfChange(before: Identity, after: Identity | undefined, scope: string | null): readonly Identifier[] {
  const identifiers = identifiersOf(before, scope);
  if (after === undefined) return identifiers;
  const placeOf = ({ kind }: Identifier): number => IN_ORDER_OF_PROOF.indexOf(kind);
  return [...identifiers, ...identifiersOf(after, scope)].sort((a, b) => placeOf(a) - placeOf(b));
}

/** The keys that a new thread of this person may get; undefined when nothing names anybody. A key never changes once it is stored. */
export function keysOf(businessId: BusinessId, identifiers: readonly Identifier[]): Keys | undefined {
  const [first, ...others] = IN_ORDER_OF_PREFERENCE.flatMap((kind) =>
    identifiers.filter((identifier) => identifier.kind === kind).map((identifier) => keyOf(businessId, identifier)),
  );
  return first === undefined ? undefined : [first, ...others];
}

function keyOf(businessId: BusinessId, { kind, value }: Identifier): string {
  return `${KINDS[kind].keyPrefix}:${businessId}:${kind === "phone" ? "+" : ""}${value}`;
}

export const isKeyOfGroup = (key: string): boolean => key.startsWith(`${KINDS.group.keyPrefix}:`);

/** The key of somebody who has a number with which others began a thread before: it says since when they have it. */
export function keyOfLaterHolder(businessId: BusinessId, digits: string, since: Date | null): string {
  return `${keyOf(businessId, phoneIdentifier(digits))}@${String(Math.floor((since?.getTime() ?? 0) / 1000))}`;
}

/** Where a reply goes; undefined when nothing that is known can be written to. */
export function addressOf(identifiers: readonly Identifier[]): Identifier | undefined {
  for (const kind of IN_ORDER_OF_PREFERENCE) {
    const identifier = KINDS[kind].isAddress ? identifiers.find((one) => one.kind === kind) : undefined;
    if (identifier !== undefined) return identifier;
  }
  return undefined;
}

function isGiven(text: string | undefined): text is string {
  return text !== undefined && text !== "";
}
