// Owns: the natural key of a conversation, made from the strongest identity that is known when the thread begins. Refuses to know: databases.
import type { BusinessId } from "../kernel/ids.ts";

export interface Identity {
  readonly leadId?: string | undefined;
  /** Digits of the international number, with or without a leading plus. */
  readonly phone?: string | undefined;
  /** The business-scoped user id. */
  readonly userId?: string | undefined;
  readonly lid?: string | undefined;
  /** A group is a thread of its own, whoever writes in it. */
  readonly groupId?: string | undefined;
}

/** The digits of a phone number; undefined when the text has none, or letters: a user id in the place of a number would share its digits with others. */
export function phoneDigits(phone: string | undefined): string | undefined {
  if (phone === undefined || /\p{L}/u.test(phone)) return undefined;
  const digits = phone.replaceAll(/\D/g, "");
  return digits === "" ? undefined : digits;
}

/** The canonical key of a new conversation; undefined when nothing identifies anybody. Never changes once it is stored. */
export function canonicalKeyOf(businessId: BusinessId, identity: Identity): string | undefined {
  if (isGiven(identity.groupId)) return `group:${businessId}:${identity.groupId}`;
  if (isGiven(identity.leadId)) return `lead:${businessId}:${identity.leadId}`;
  const digits = phoneDigits(identity.phone);
  if (digits !== undefined) return `phone:${businessId}:+${digits}`;
  if (isGiven(identity.userId)) return `user:${businessId}:${identity.userId}`;
  if (isGiven(identity.lid)) return `lid:${businessId}:${identity.lid}`;
  return undefined;
}

/** The key of somebody who has a number for which others began a thread before: it says since when they have it. */
export function keyOfLaterHolder(phoneKey: string, since: Date | null): string {
  return `${phoneKey}@${String(Math.floor((since?.getTime() ?? 0) / 1000))}`;
}

function isGiven(text: string | undefined): text is string {
  return text !== undefined && text !== "";
}
