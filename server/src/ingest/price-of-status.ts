// Owns: what a status means for the count of what a message costs: category, type, the recipient's market, the day. Refuses to know: what anything costs, and which of
// two prices of a message holds (ingest.queries.ts).
import { parsePhoneNumberFromString } from "libphonenumber-js";
import type { JsonObject } from "../kernel/json.ts";
import { localDay } from "../kernel/local-day.ts";
import { readString } from "../kernel/read-json.ts";
import type { CustomerIdentity, DeliveryStatus } from "../whatsapp/events.ts";
import { pricingCategoryOf } from "../whatsapp/pricing-category.ts";

export interface PricedStatus {
  readonly status: DeliveryStatus;
  readonly at: Date;
  readonly pricing?: JsonObject;
  readonly customer: CustomerIdentity;
}

/** As status_rank() has it: of two prices of a message the one of the higher status holds. What failed is charged to nobody. */
const RANKS: Readonly<Record<DeliveryStatus, number | undefined>> = { sent: 2, delivered: 4, read: 5, played: 6, failed: undefined };

/**
 * Undefined where it names no price; otherwise the words of the column `price`: "4 2026-11-25 service regular IN". A category or a type that is missing is `unknown`: the
 * message counts all the same. `paid_exempt` is a type here: beyond the free tier, and free for whom Meta exempts.
 */
export function priceOfStatus({ status, at, pricing, customer }: PricedStatus, timeZone: string): string | undefined {
  const rank = RANKS[status];
  if (pricing === undefined || rank === undefined) return undefined;
  const category = pricingCategoryOf(readString(pricing, "category") ?? "unknown");
  const type = readString(pricing, "subtype") === "paid_exempt" ? "paid_exempt" : (readString(pricing, "type")?.toLowerCase() ?? "unknown");
  return [String(rank), localDay(at, timeZone), oneWord(category), oneWord(type), marketOf(customer)].join(" ");
}

const oneWord = (text: string): string => text.trim().replaceAll(/\s+/g, "_");

/** The country of a business-scoped user id is written in front of it. */
const USER_ID = /^([A-Z]{2})\./;

/**
 * The recipient's country, as two letters; "" where it is not known. Meta's own word first: every status but a failed one has the user id, and a number that several
 * countries share is told apart by guessing.
 */
function marketOf({ phone, userId, parentUserId }: CustomerIdentity): string {
  const said = USER_ID.exec(userId ?? "")?.[1] ?? USER_ID.exec(parentUserId ?? "")?.[1];
  if (said !== undefined) return said;
  return phone === undefined || !/^\+?\d{6,15}$/.test(phone)
    ? ""
    : (parsePhoneNumberFromString(`+${phone.replace("+", "")}`)?.country ?? "");
}
