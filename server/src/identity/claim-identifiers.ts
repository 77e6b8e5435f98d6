// Owns: what the code paths that are not webhooks say of a person, as identifiers and keys. Refuses to know: databases.
import { canonicalKeyOf, phoneDigits, type Identity } from "./canonical-key.ts";
import type { BusinessId } from "../kernel/ids.ts";
import type { Identifier } from "./decide-identity.ts";

/** The strongest first; `scope` is where a user id is valid, null when nobody knows. A group's members are not the group. */
export function claimIdentifiersOf({ leadId, phone, userId, lid, groupId }: Identity, scope: string | null): readonly Identifier[] {
  if (isGiven(groupId)) return [{ kind: "group", value: groupId, scope: null }];
  const digits = phoneDigits(phone);
  return [
    ...(isGiven(leadId) ? [{ kind: "lead", value: leadId, scope: null } as const] : []),
    ...(isGiven(userId) ? [{ kind: "user", value: userId, scope } as const] : []),
    ...(digits !== undefined ? [{ kind: "phone", value: digits, scope: null } as const] : []),
    ...(isGiven(lid) ? [{ kind: "lid", value: lid, scope: null } as const] : []),
  ];
}

/** The keys that a new thread may have, the preferred one first. */
export function claimKeysOf(businessId: BusinessId, { leadId, phone, userId, lid, groupId }: Identity): readonly string[] {
  const identities = isGiven(groupId) ? [{ groupId }] : [{ leadId }, { phone }, { userId }, { lid }];
  return identities.map((identity) => canonicalKeyOf(businessId, identity)).filter((key) => key !== undefined);
}

function isGiven(text: string | undefined): text is string {
  return text !== undefined && text !== "";
}
