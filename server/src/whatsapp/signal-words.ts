// Owns: WhatsApp's words in notices, in plain English. A word that is not listed is made readable, and follows as it came. Refuses to know:
// what follows from it.
import { short } from "./signal.ts";

const WORDS: ReadonlyMap<string, string> = new Map([
  // What a restricted account may not do.
  ["RESTRICTED_BIZ_INITIATED_MESSAGING", "it cannot begin conversations; customers who write can be answered"],
  ["RESTRICTED_CUSTOMER_INITIATED_MESSAGING", "it cannot answer customers who write"],
  ["RESTRICTED_UTILITY_TEMPLATES", "it cannot send utility templates"],
  ["RESTRICTED_DIRECT_SEND_UTILITY_TEMPLATES", "it cannot send utility templates that were not reviewed before"],
  ["RESTRICTED_ADD_PHONE_NUMBER_ACTION", "no numbers can be added to it"],
  // Why a template was refused.
  ["ABUSIVE_CONTENT", "its content is abusive"],
  ["INCORRECT_CATEGORY", "its category is wrong"],
  ["INVALID_FORMAT", "its format is wrong"],
  ["SCAM", "it looks like a scam"],
  ["PROMOTIONAL", "it advertises"],
  ["TAG_CONTENT_MISMATCH", "its content does not fit its category or language"],
  ["CATEGORY_NOT_AVAILABLE", "its category is not available here"],
  // Why it was paused.
  ["FIRST_PAUSE", "for the first time"],
  ["SECOND_PAUSE", "for the second time"],
  ["RATE_LIMITING_PAUSE", "because too many were sent"],
]);

/** `none`: what to say for a word that is missing. */
export function sayWord(raw: string | undefined, none: string): string {
  const word = short(raw);
  return word === "" ? none : (WORDS.get(word) ?? readable(word));
}

/** "NEW_KIND_OF_THING" becomes "new kind of thing (NEW_KIND_OF_THING)"; what people wrote stays as it is. */
export function readable(raw: string): string {
  const word = short(raw);
  return /^[A-Za-z0-9]+(?:_[A-Za-z0-9]+)*$/.test(word) && /[A-Z]{2}|_/.test(word)
    ? `${word.replaceAll("_", " ").toLowerCase()} (${word})`
    : word;
}

/** How many customers the business may write to first in 24 hours: a tier, or a number, where -1 is none. Undefined: it says nothing. */
export function sayLimit(raw: string): string | undefined {
  const [, count = "", thousands = ""] = /^(?:TIER_)?(\d{1,12})(K?)$/.exec(raw) ?? [];
  if (count !== "") return `to ${(Number(count) * (thousands === "" ? 1 : 1_000)).toLocaleString("en-US")} customers in 24 hours`;
  if (/^(?:TIER_)?(?:UNLIMITED|-1)$/.test(raw)) return "to any number of customers";
  return raw === "" || raw === "TIER_NOT_SET" ? undefined : `to as many customers as its limit says: ${readable(raw)}`;
}
