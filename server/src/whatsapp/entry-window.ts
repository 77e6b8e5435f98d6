// Owns: until when a status says that the conversation of an ad is open (Meta: "free entry point"). Refuses to know: what may be sent in it.
import type { JsonObject } from "../kernel/json.ts";
import { readScalar, readString } from "../kernel/read-json.ts";

/** As status-costs.ts keeps them. */
interface EntryWindowWords {
  readonly at: Date;
  readonly pricing?: JsonObject | null | undefined;
  readonly entryWindow?: JsonObject | null | undefined;
}

/** Meta says 7 days; what is far beyond is no time that it would report. */
const LONGEST_MS = 30 * 86_400_000;

/**
 * Undefined: it says nothing of one. Before v24 each conversation had such an object, with an end of its own that is no ad's: the words say which it is. The end is WhatsApp's own,
 * and never computed.
 */
export function entryWindowUntil({ at, pricing, entryWindow }: EntryWindowWords): Date | undefined {
  const isOfAd =
    readString(entryWindow ?? undefined, "origin") === "referral_conversion" ||
    readString(pricing ?? undefined, "type") === "free_entry_point";
  const written = readScalar(entryWindow ?? undefined, "expiration_timestamp") ?? "";
  if (!isOfAd || !/^\d{9,11}$/.test(written)) return undefined;
  const until = new Date(Number(written) * 1000);
  const aheadMs = until.getTime() - at.getTime();
  return aheadMs > 0 && aheadMs <= LONGEST_MS ? until : undefined;
}
