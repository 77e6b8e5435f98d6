// Owns: which stored number somebody means who writes a number: the same one, else the one other spelling of it that the business knows.
import type { Queryable } from "../db/query.ts";
import type { BusinessId } from "../kernel/ids.ts";
import { listThreadsOfPhones } from "./find-phone.queries.ts";
import { phoneVariantsOf } from "./phone-variants.ts";

/** The stored spelling; undefined when the number is not known, or when two threads could be meant. */
export async function findPhone(db: Queryable, businessId: BusinessId, phone: string): Promise<string | undefined> {
  const variants = phoneVariantsOf(phone);
  const rows = await db.run(listThreadsOfPhones, [businessId, [phone, ...variants]]);
  if (rows.some(({ value }) => value === phone)) return phone;
  const threads = new Set(rows.map(({ conversation_id }) => conversation_id));
  return threads.size === 1 ? rows[0]?.value : undefined;
}
