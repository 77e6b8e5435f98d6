// Owns: which stored number is meant by a written one: the same, else the only other spelling of it that the business knows. For
// look-ups only: a variant is never stored, written to or a reason for a merge until a provider has confirmed it (learn-spelling.ts).
import type { Queryable } from "../db/query.ts";
import { listThreadsOfPhones } from "./find-phone.queries.ts";

interface Rule {
  readonly pattern: RegExp;
  readonly variant: string;
}

// A landline (Brazil: the local number begins with 2 to 5) has no variant. Neither has 54… in Argentina: the mobile 549… with the same digits can
// belong to somebody else than the landline.
const RULES: readonly Rule[] = [
  { pattern: /^55(\d{2})9([6-9]\d{7})$/, variant: "55$1$2" },
  { pattern: /^55(\d{2})([6-9]\d{7})$/, variant: "55$19$2" },
  { pattern: /^521(\d{10})$/, variant: "52$1" },
  { pattern: /^52(\d{10})$/, variant: "521$1" },
  { pattern: /^549(\d{10})$/, variant: "54$1" },
  { pattern: /^22901(\d{8})$/, variant: "229$1" },
  { pattern: /^229(\d{8})$/, variant: "22901$1" },
];

/** The other spellings that a number may have on WhatsApp, as `phone` itself in digits. At most a few, usually none. */
export function phoneVariantsOf(phone: string): readonly string[] {
  return RULES.flatMap(({ pattern, variant }) => (pattern.test(phone) ? [phone.replace(pattern, variant)] : []));
}

/** The stored spelling; undefined when the number is not known, or when two threads could be meant. */
export async function findPhone(db: Queryable, phone: string): Promise<string | undefined> {
  const rows = await db.run(listThreadsOfPhones, { phones: [phone, ...phoneVariantsOf(phone)] });
  if (rows.some(({ value }) => value === phone)) return phone;
  const threads = new Set(rows.map(({ conversation_id }) => conversation_id));
  return threads.size === 1 ? rows[0]?.value : undefined;
}
